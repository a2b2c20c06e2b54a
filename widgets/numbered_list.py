"""A short list whose lines are picked by number; what the line under the cursor means stands beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message

from widgets.text import PlainText, safe


@dataclass(frozen=True)
class NumberedLine:
    """A line: what it is, its whole text or the reason against it, and how it is drawn."""

    text: str
    note: str = ""
    style: str = ""


class NumberedList(PlainText, can_focus=True):
    """Lines picked by number, or with the arrows and Enter or space."""

    DEFAULT_CSS = "NumberedList { height: auto; &:focus { background: $field-focus; } }"

    @dataclass
    class Picked(Message):
        """A line was picked."""

        list: NumberedList
        at: int

        @property
        def control(self) -> NumberedList:
            """The list, for `@on` selectors."""
            return self.list

    @dataclass
    class Marked(Message):
        """The cursor stands on another line."""

        list: NumberedList
        note: str

        @property
        def control(self) -> NumberedList:
            """The list, for `@on` selectors."""
            return self.list

    def __init__(self, *, id: str, help_text: str = "") -> None:
        super().__init__(multiline=True, id=id)
        self.help_text = help_text
        self.lines: tuple[NumberedLine, ...] = ()
        self.at = 0

    def show_lines(self, lines: Sequence[NumberedLine], at: int | None = None) -> None:
        """Replace the lines; `at`: where the cursor goes, else it stays."""
        self.lines = tuple(lines)
        self.at = max(0, min(self.at if at is None else at, len(self.lines) - 1))
        self._redraw()

    def on_resize(self) -> None:
        """Fit to the new width."""
        self._redraw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor and its note show only where the keys go."""
        super().watch_has_focus(has_focus)
        self._redraw()
        if not has_focus:
            self.post_message(self.Marked(self, ""))

    def on_key(self, event: events.Key) -> None:
        """Arrows move, a number or Enter picks."""
        number = int(event.character) if event.character and event.character in "123456789" else 0
        if event.key in ("up", "down") and self.lines:
            self.at = (self.at + (1 if event.key == "down" else -1)) % len(self.lines)
            self._redraw()
        elif event.key in ("enter", "space") and self.lines:
            self.post_message(self.Picked(self, self.at))
        elif 0 < number <= len(self.lines):
            self.at = number - 1
            self._redraw()
            self.post_message(self.Picked(self, self.at))
        else:
            return
        event.stop()

    def _redraw(self) -> None:
        columns = self.size.width
        drawn = []
        for at, line in enumerate(self.lines):
            mark = "▸" if at == self.at and self.has_focus else " "
            text = Text(f"{mark}{at + 1} ").append_text(safe(line.text, line.style))
            if columns:
                text.truncate(columns, overflow="ellipsis")
            drawn.append(text)
        self.show(Text("\n").join(drawn))
        if self.has_focus and self.lines:
            self.post_message(self.Marked(self, self.lines[self.at].note))
