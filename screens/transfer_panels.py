"""What stands beside the transfer form: the accounts, and the review of what the service fixed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from data.values.money import Money
from screens.layout import labelled
from services.account_view import AccountRow
from services.payments import Prepared
from widgets.house_input import HouseInput
from widgets.text import PlainText, padded, safe

MASKED = "•••"
LABEL_AT_LEAST = 4


class AccountInput(HouseInput[AccountRow]):
    """The number that an account has in the list. The field is left by itself once no longer number could follow."""

    def __init__(self, rows: Sequence[AccountRow], **options: Any) -> None:
        self._rows = rows
        super().__init__(
            self._find,
            max_length=3,
            restrict="[0-9]*",
            refusal="Escriba el número de la cuenta en la lista.",
            help_text="El número que la cuenta tiene en la lista de la derecha.",
            **options,
        )

    def _find(self, text: str) -> AccountRow:
        row = next((row for row in self._rows if text.isdecimal() and row.position == int(text)), None)
        if row is None:
            raise ValueError(f"No hay una cuenta número {text}. Mire la lista.")
        return row

    @property
    def settled(self) -> bool:
        """What was typed names one account and starts no other number."""
        longer = [row for row in self._rows if str(row.position).startswith(self.value)]
        return bool(self.value) and [str(row.position) for row in longer] == [self.value]


class AccountList(PlainText):
    """Number, account, product and balance of each account; balances only while the caller stands verified."""

    DEFAULT_CSS = "AccountList { height: auto; }"

    def __init__(self, rows: Sequence[AccountRow], *, id: str) -> None:
        super().__init__(multiline=True, id=id)
        self._rows, self._masked = tuple(rows), False

    def on_resize(self) -> None:
        """Fit to the new width."""
        self._redraw()

    def mask(self) -> None:
        """Nobody is verified any more."""
        self._masked = True
        self._redraw()

    def _redraw(self) -> None:
        columns, lines = self.size.width, []
        for row in self._rows:
            balance = MASKED if row.balance is None or self._masked else row.balance
            head = safe(f"{row.position:>2} {MASKED if self._masked else row.number}")
            room = columns - head.cell_len - len(balance) - 3
            label = safe(row.label)
            label.truncate(max(0, room), overflow="ellipsis")
            line = head.append("  ").append_text(label if room >= LABEL_AT_LEAST else Text())
            lines.append(line.append_text(padded(balance, max(1, columns - line.cell_len), right=True)))
        self.show(Text("\n").join(lines))


class Review(VerticalScroll, can_focus=True):
    """What the service fixed. It has the focus while it waits for Enter, so that no field takes the key."""

    DEFAULT_CSS = "Review { height: auto; max-height: 100%; &:focus { background: $field-focus; } }"
    help_text = "Lea en voz alta cuentas y monto. Enter o F2 aplica la transferencia; Esc vuelve a los datos."

    def compose(self) -> ComposeResult:
        """The lines."""
        yield PlainText(multiline=True, id="review-lines")

    def show(self, prepared: Prepared, columns: int) -> None:
        """Draw the summary, what is left for today, the warnings, and what Enter does."""
        rows = [*prepared.summary, ("Queda hoy", f"{Money(prepared.daily_left).with_symbol()} de su límite")]
        parts = [safe(f"! {warning}", "bold") for warning in prepared.warnings]
        parts += [labelled(rows, columns), Text(), safe("Enter aplica · Esc corrige", "bold reverse")]
        self.query_one("#review-lines", PlainText).show(Text("\n").join(parts))
