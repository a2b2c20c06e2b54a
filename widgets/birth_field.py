"""A date of birth in three boxes, day, month and year, as the guide's form has it (S36)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from data.values.dates import parse_date
from widgets.fields import REQUIRED, Complaining, Field
from widgets.house_input import HouseInput
from widgets.text import PlainText

BOXES = (("day", "Día", 2), ("month", "Mes", 2), ("year", "Año", 4))


class BirthField(Complaining):
    """Day, month, year; a full box leads to the next one, the last to what `follows`. `given` reads the date;
    `submitted` is called for Enter in the last box.
    """

    DEFAULT_CSS = (
        Field.DEFAULT_CSS.replace("Field", "BirthField")
        + """
    BirthField Horizontal Input { width: 8; margin-right: 2; }
    BirthField Horizontal #birth-year { width: 10; }
    """
    )

    def __init__(self, label: str = "Fecha de Nacimiento", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.label = label
        self.boxes: dict[str, HouseInput[str]] = {
            name: HouseInput(
                str,
                placeholder=title,
                max_length=length,
                restrict=r"[0-9]*",
                refusal="Solo van cifras.",
                help_text="Día, mes y año de su nacimiento, en cifras: 14 02 1986.",
                id=f"birth-{name}",
            )
            for name, title, length in BOXES
        }
        for box in self.boxes.values():
            box.error_listener = self.show_error
        self.submitted: Callable[[], object] | None = None
        self.follows: Widget | None = None

    @property
    def input(self) -> HouseInput[str]:
        """The first box."""
        return self.boxes["day"]

    def compose(self) -> ComposeResult:
        """Label and boxes on one line, the error beneath."""
        with Horizontal():
            yield PlainText(self.label, classes="field-label")
            yield from self.boxes.values()
        yield self._error

    @property
    def given(self) -> date:
        """The date. Raises ValueError with a Spanish text."""
        typed = [box.value.strip() for box in self.boxes.values()]
        if not all(typed):
            raise ValueError(REQUIRED)
        return parse_date("/".join(typed))

    @property
    def value(self) -> date | None:
        """The same: it is always needed."""
        return self.given

    def look(self) -> None:
        """Read the date."""
        _ = self.given

    def clear(self) -> None:
        """Empty the boxes."""
        for box in self.boxes.values():
            box.value = ""

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.clear_error()
        if event.input.max_length and len(event.input.value) == event.input.max_length and event.input.has_focus:
            self._go_on(event.input, submit=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._go_on(event.input, submit=True)

    def _go_on(self, box: Input, *, submit: bool) -> None:
        boxes = list(self.boxes.values())
        at = next(n for n, known in enumerate(boxes) if known is box)
        if at + 1 < len(boxes):
            boxes[at + 1].focus()
        elif not submit and self.follows is not None:
            self.follows.focus()
        elif submit and self.submitted is not None:
            self.submitted()
