"""What a member may want to pay, in one list: favourites by number, what is due, the billers (S10–S31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option as Line

from data.values.money import Money
from data.values.text import fold
from screens.bill_inputs import MODE_NAMES, Choice, choices
from screens.dialogs.palette import NextEntry, PreviousEntry
from screens.member_screen import MemberScreen
from services.account_view import AccountRow
from services.favourites import FavouriteRow
from services.payment_kinds import KINDS
from services.payment_options import Payable
from widgets.command import CommandClass
from widgets.house_input import TextInput
from widgets.panel import Panel
from widgets.text import padded, safe, safe_content

BY_DIGIT = 9
"""Favourites that a single digit pays."""
FAVOURITES, DUE, BILLERS = "Favoritos", "Por pagar", "Recaudadores"
NAME_WIDTH = 26
AROUND = 8
"""Columns that the frame, its padding and the scroll bar take."""

Wanted = FavouriteRow | Payable | Choice
"""What is to be paid."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `words`: what it is found by, folded."""

    group: str
    wanted: Wanted
    mark: str
    name: str
    more: str
    words: str


class PayList(MemberScreen[Wanted]):
    """Answers with what was chosen. It calls no service: what it shows was read by the record."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (NextEntry, PreviousEntry)
    AUTO_FOCUS = "#pay-text"
    HELP = (
        "Una cifra paga ese favorito. Con letras se busca: parte del nombre de un favorito, de una cuenta o de un"
        " recaudador, también de antes. Las flechas marcan, Enter abre, Esc vuelve."
    )
    CSS = """
    PayList Panel { height: 1fr; }
    PayList OptionList { height: 1fr; border: none; padding: 0; background: $surface; }
    """

    def __init__(
        self,
        rows: Sequence[AccountRow],
        favourites: Sequence[FavouriteRow],
        payables: Sequence[Payable],
        day: date,
    ) -> None:
        super().__init__()
        self._entries = entries(rows, favourites, payables, day)
        self._shown: list[Entry | None] = []

    def compose_body(self) -> ComposeResult:
        """What is looked for, and the lines."""
        with Panel("Pagar"):
            yield TextInput(placeholder="Número de favorito, o parte del nombre", id="pay-text", help_text=self.HELP)
            options = OptionList(id="pay-list", markup=False)
            options.can_focus = False
            yield options

    def on_mount(self) -> None:
        """All lines."""
        super().on_mount()
        self.shows_verified = True
        self._fill("")

    def on_resize(self) -> None:
        """Fit to the new width; the cursor stays where it was."""
        if self.is_mounted:
            at = self.query_one(OptionList).highlighted
            self._fill(self.query_one("#pay-text", TextInput).value)
            self.query_one(OptionList).highlighted = at

    def verification_ended(self) -> None:
        """Nobody stands verified: what is due is not for their eyes."""
        self.dismiss(None)

    @on(Input.Changed, "#pay-text")
    def _typed(self, event: Input.Changed) -> None:
        typed = event.value.strip()
        if len(typed) == 1 and typed in "123456789":
            self._by_number(int(typed))
        else:
            self._fill(typed)

    def _by_number(self, number: int) -> None:
        found = next(
            (e for e in self._entries if isinstance(e.wanted, FavouriteRow) and e.wanted.position == number), None
        )
        with self.prevent(Input.Changed):
            self.query_one("#pay-text", TextInput).value = ""
        if found is None:
            self.say(f"No hay un favorito número {number}.", "warning")
        else:
            self._answer(found)

    def _fill(self, typed: str) -> None:
        words = fold(typed).split()
        found = [entry for entry in self._entries if all(f" {word}" in entry.words for word in words)]
        options, self._shown = self.query_one(OptionList), []
        options.clear_options()
        for group in (FAVOURITES, DUE, BILLERS):
            lines = [entry for entry in found if entry.group == group]
            if lines:
                self._shown += [None, *lines]
                options.add_options([Line(safe_content(group, "bold"), disabled=True)])
                options.add_options([Line(safe_content(_line(entry, self.size.width))) for entry in lines])
        options.highlighted = 1 if self._shown else None
        if typed and not found:
            self.say("Nada por pagar se llama así.", "warning")
        else:
            self.hush()

    def action_next_entry(self) -> None:
        """Arrow down."""
        self.query_one(OptionList).action_cursor_down()

    def action_previous_entry(self) -> None:
        """Arrow up."""
        self.query_one(OptionList).action_cursor_up()

    @on(Input.Submitted, "#pay-text")
    def _submitted(self) -> None:
        self._choose()

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self._choose()

    def _choose(self) -> None:
        at = self.query_one(OptionList).highlighted
        entry = self._shown[at] if at is not None and at < len(self._shown) else None
        if entry is not None:
            self._answer(entry)

    def _answer(self, entry: Entry) -> None:
        if isinstance(entry.wanted, FavouriteRow) and entry.wanted.obstacle:
            self.say(entry.wanted.obstacle, "warning")
        else:
            self.dismiss(entry.wanted)


def entries(
    rows: Sequence[AccountRow], favourites: Sequence[FavouriteRow], payables: Sequence[Payable], day: date
) -> tuple[Entry, ...]:
    """The favourites, the most used first; the own accounts with something due; the billers that can be paid."""
    by_id = {row.account_id: row for row in rows}
    due = [(by_id[each.account_id], each) for each in payables if each.options and each.account_id in by_id]
    return (
        *map(_favourite, favourites),
        *(_due(row, payable) for row, payable in due),
        *map(_biller, choices(None, day)),
    )


def _favourite(row: FavouriteRow) -> Entry:
    what = row.target if row.biller is None else f"{row.target} {row.reference_shown}"
    whose = row.holder if row.kind in KINDS and KINDS[row.kind].third else ""
    parts = [what, whose, f"último {Money(row.last_amount).format()}" if row.last_amount else "", row.obstacle]
    mark = str(row.position) if row.position <= BY_DIGIT else ""
    more = " · ".join(part for part in parts if part)
    return Entry(FAVOURITES, row, mark, row.label, more, _words(row.label, what, row.kind_title))


def _due(row: AccountRow, payable: Payable) -> Entry:
    first = payable.options[0]
    more = f"{first.word} {Money(first.amount).format()}" + (f" · {payable.due}" if payable.due else "")
    return Entry(DUE, payable, "", f"{row.position} {row.label}", more, _words(row.label, str(row.position)))


def _biller(choice: Choice) -> Entry:
    names = choice.biller.search_names
    before = [name for name in names if fold(name) != fold(choice.biller.name)]
    more = f"{MODE_NAMES[choice.op]} · {', '.join(before)}" if before else MODE_NAMES[choice.op]
    return Entry(BILLERS, choice, "", choice.biller.name, more, _words(*names, choice.biller.id, MODE_NAMES[choice.op]))


def _words(*texts: str) -> str:
    return "".join(f" {fold(text)}" for text in texts)


def _line(entry: Entry, columns: int) -> Text:
    name = safe(entry.name)
    name.truncate(NAME_WIDTH, overflow="ellipsis")
    line = Text(f"{entry.mark:>2} ").append_text(padded(name, NAME_WIDTH)).append("  ").append_text(safe(entry.more))
    line.truncate(max(NAME_WIDTH, columns - AROUND), overflow="ellipsis")
    return line
