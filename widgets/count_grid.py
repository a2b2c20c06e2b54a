"""Cash counted by denomination: pieces on the numeric keypad, what they are worth beside them, the sum beneath."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from data.catalog.denominations import Denomination, load_denominations
from data.values.money import Money
from services.cash_count import CashCount, parse_count
from services.errors import InvalidInput
from widgets.house_input import HouseInput
from widgets.text import PlainText

PIECES = 5
HELP = "Cuántas piezas hay. Enter o ↓ pasa a la siguiente, ↑ vuelve; vacío es ninguna."


class CountGrid(Vertical):
    """One line a denomination in use. Enter on the last line posts `Counted`."""

    DEFAULT_CSS = """
    CountGrid { height: auto; width: 44; }
    CountGrid Horizontal { height: 1; }
    CountGrid .piece-name { width: 25; height: 1; color: $text-muted; }
    CountGrid Horizontal:focus-within .piece-name { color: $text-accent; text-style: bold; }
    CountGrid Input { width: 7; background: $field; &:focus { background: $field-focus; } }
    CountGrid .piece-value { width: 12; height: 1; text-align: right; }
    CountGrid #count-total { height: 1; width: 44; text-align: right; text-style: bold; }
    """

    @dataclass
    class Counted(Message):
        """Enter on the last line."""

        grid: CountGrid

    def __init__(self, day: date, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: tuple[Denomination, ...] = load_denominations().in_use(day)
        self._day = day
        self.inputs = [_pieces(at) for at in range(len(self.rows))]
        self._values = [PlainText(classes="piece-value") for _ in self.rows]
        self._total = PlainText(id="count-total")

    def compose(self) -> ComposeResult:
        """The lines and their sum."""
        for row, field, value in zip(self.rows, self.inputs, self._values, strict=True):
            with Horizontal():
                yield PlainText(row.name, classes="piece-name")
                yield field
                yield value
        yield self._total

    def on_mount(self) -> None:
        """Nothing is counted yet."""
        self._add_up()

    @property
    def typed(self) -> bool:
        """Whether anything stands in the form."""
        return any(field.value for field in self.inputs)

    @property
    def count(self) -> CashCount:
        """What was counted. Raises InvalidInput (field: the denomination)."""
        texts = {row.id: field.value for row, field in zip(self.rows, self.inputs, strict=True)}
        return parse_count(texts, self._day)

    def blame(self, denomination: str) -> None:
        """Put the cursor where something is wrong."""
        for row, field in zip(self.rows, self.inputs, strict=True):
            if row.id == denomination:
                field.focus()

    @on(Input.Changed)
    def _add_up(self) -> None:
        for row, field, value in zip(self.rows, self.inputs, self._values, strict=True):
            pieces = int(field.value or "0")
            value.show(Money(pieces * row.value.centesimos).format() if pieces else "")
        try:
            self._total.show(f"Contado  {Money(self.count.total).with_symbol()}")
        except InvalidInput as error:
            self._total.show(error.user_text)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        at = self.inputs.index(event.input)  # type: ignore[arg-type]
        if at + 1 < len(self.inputs):
            self.inputs[at + 1].focus()
        else:
            self.post_message(self.Counted(self))

    def on_key(self, event: events.Key) -> None:
        """Up and down go between the lines."""
        step = {"up": -1, "down": 1}.get(event.key)
        if step is None or self.screen.focused not in self.inputs:
            return
        event.stop()
        at = self.inputs.index(self.screen.focused) + step
        if 0 <= at < len(self.inputs):
            self.inputs[at].focus()


def _pieces(at: int) -> HouseInput[str]:
    return HouseInput(
        str.strip,
        id=f"pieces-{at}",
        max_length=PIECES,
        restrict=r"[0-9]*",
        refusal="Solo van cifras: cuántas piezas hay.",
        help_text=HELP,
        passthrough=":",
    )
