"""The member's accounts as the guide shows them: groups, four columns, «+» before each row (S79–S92).

One cursor goes through all groups. What a row leads to stands in its last column: «Últimos 10, 20, 30», «Ver detalle»
or «Extracto de tarjeta».
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.text import Text
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from widgets.text import PlainText, padded, safe

NUMBER: Final = 20
BALANCE: Final = 12
LINK: Final = 19
HEADINGS: Final = ("No. cuenta", "Descripción", "Saldo", "Movimientos")
COUNTS: Final = (10, 20, 30)
LAST: Final = "Últimos 10, 20, 30"


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account. `link`: the words of its last column; `more`: what «+» shows, label and value."""

    key: str
    number: str
    label: str
    balance: str
    link: str
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """A title and its accounts."""

    title: str
    lines: tuple[AccountLine, ...]


class AccountGroups(PlainText, can_focus=True):
    """Arrows move, + opens and closes a row, 1, 2 and 3 are «10, 20, 30», Enter does what the last column says."""

    DEFAULT_CSS = "AccountGroups { height: auto; width: 1fr; }"
    help_text = (
        "Muévase con las flechas. Enter abre lo que dice la última columna; 1, 2 y 3 muestran los últimos 10, 20 o 30 "
        "movimientos; + muestra más de la cuenta."
    )

    @dataclass
    class Opened(Message):
        """A row's link was taken. `count`: how many movements, where it leads to movements."""

        groups: AccountGroups
        key: str
        count: int

        @property
        def control(self) -> AccountGroups:
            """The list, for `@on` selectors."""
            return self.groups

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(multiline=True, id=id)
        self._groups: tuple[AccountGroup, ...] = ()
        self._at = 0
        self._open: set[str] = set()
        self._rows: dict[int, int] = {}  # line on the screen → account

    def show_groups(self, groups: Sequence[AccountGroup]) -> None:
        """Replace everything; the cursor stays where it can."""
        self._groups = tuple(groups)
        self._at = min(self._at, max(0, len(self.accounts) - 1))
        self._draw()

    @property
    def accounts(self) -> tuple[AccountLine, ...]:
        """All accounts, in the order of the screen."""
        return tuple(line for group in self._groups for line in group.lines)

    @property
    def current(self) -> AccountLine | None:
        """The account under the cursor."""
        accounts = self.accounts
        return accounts[self._at] if accounts else None

    # Keys and mouse ---------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Move, open, choose."""
        current = self.current
        if current is None:
            return
        if event.key in ("up", "down", "k", "j"):
            self._move(1 if event.key in ("down", "j") else -1)
        elif event.key in ("home", "end"):
            self._at = 0 if event.key == "home" else len(self.accounts) - 1
            self._draw()
        elif event.key in ("plus", "space", "right", "left"):
            self._open ^= {current.key}
            self._draw()
        elif event.key == "enter":
            self.post_message(self.Opened(self, current.key, COUNTS[0]))
        elif event.character in ("1", "2", "3"):
            self.post_message(self.Opened(self, current.key, COUNTS[int(event.character) - 1]))
        else:
            return
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """«+» opens the row, its last column leads on, the rest puts the cursor there."""
        at = self._rows.get(event.y)
        if at is None:
            return
        event.stop()
        self.focus()
        self._at = at
        line = self.accounts[at]
        link_starts = self.size.width - LINK
        if event.x < 2:
            self._open ^= {line.key}
        elif event.x >= link_starts:
            count = self._count_at(event.x - link_starts, line)
            self.post_message(self.Opened(self, line.key, count))
        self._draw()

    @staticmethod
    def _count_at(x: int, line: AccountLine) -> int:
        """Which of «10, 20, 30» stands at this column."""
        if line.link != LAST:
            return COUNTS[0]
        starts = [LAST.index(str(count)) for count in COUNTS]
        return max((count for count, start in zip(COUNTS, starts, strict=True) if start <= x), default=COUNTS[0])

    def _move(self, by: int) -> None:
        self._at = max(0, min(self._at + by, len(self.accounts) - 1))
        self._draw()

    # Drawing ----------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Fit to the new width."""
        self._draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor shows where the keys go."""
        super().watch_has_focus(has_focus)
        self._draw()

    def _draw(self) -> None:
        width = self.size.width
        if not width:
            return
        lines: list[Text] = []
        self._rows = {}
        at = 0
        for group in self._groups:
            if lines:
                lines.append(Text())
            lines += [safe(group.title, "bold underline"), self._row("  ", *HEADINGS, width, "dim")]
            for line in group.lines:
                self._rows[len(lines)] = at
                mark = "− " if line.key in self._open else "+ "
                style = "bold reverse" if at == self._at and self.has_focus else ""
                lines.append(self._row(mark, line.number, line.label, line.balance, line.link, width, style))
                if line.key in self._open:
                    lines += [Text("    ").append_text(safe(f"{label}: {value}")) for label, value in line.more]
                at += 1
        self.show(Text("\n").join(lines))
        self._follow()

    def _row(self, mark: str, number: str, label: str, balance: str, link: str, width: int, style: str) -> Text:
        room = max(4, width - len(mark) - NUMBER - BALANCE - LINK - 4)
        name = safe(label)
        name.truncate(room, overflow="ellipsis", pad=True)
        row = Text(mark).append_text(padded(number, NUMBER)).append(" ").append_text(name).append(" ")
        row.append_text(padded(balance, BALANCE, right=True)).append("  ").append_text(padded(link, LINK))
        row.truncate(width)
        row.stylize(style)
        return row

    def _follow(self) -> None:
        """Keep the cursor's row on the screen."""
        row = next((y for y, at in self._rows.items() if at == self._at), None)
        if row is not None and self.has_focus and self.is_attached:
            self.call_after_refresh(self._show_row, row)

    def _show_row(self, row: int) -> None:
        if isinstance(self.parent, Widget):
            self.parent.scroll_to_region(
                Region(0, max(0, row - 2), 1, 4).translate(self.virtual_region.offset), animate=False, force=True
            )
