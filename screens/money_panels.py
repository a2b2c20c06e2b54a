"""What stands beside a payment's form: the accounts, what the destination takes, the review of what was fixed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from data.values.money import Money
from screens.layout import labelled
from services.account_view import AccountRow
from services.payment_options import Option
from services.payments import Prepared
from widgets.text import PlainText, padded, safe

MASKED = "•••"
LABEL_AT_LEAST = 4


class AccountList(PlainText):
    """Number, account, product and balance of each account; balances only while the caller stands verified."""

    DEFAULT_CSS = "AccountList { height: auto; }"

    def __init__(self, rows: Sequence[AccountRow], *, id: str) -> None:
        super().__init__(multiline=True, id=id)
        self._rows, self.masked = tuple(rows), False
        self._cash = ""
        self._redraw()  # The first layout takes its height from this, before any width is known.

    def on_resize(self) -> None:
        """Fit to the new width."""
        self._redraw()

    def mask(self) -> None:
        """Nobody is verified any more."""
        self.masked = True
        self._redraw()

    def show_cash(self, text: str) -> None:
        """The cashier's drawer may be one side too: `c`."""
        self._cash = text
        self._redraw()

    def _redraw(self) -> None:
        columns, lines = self.size.width, []
        for row in self._rows:
            balance = MASKED if row.balance is None or self.masked else row.balance
            head = safe(f"{row.position:>2} {MASKED if self.masked else row.number}")
            room = columns - head.cell_len - len(balance) - 3
            label = safe(row.label)
            label.truncate(max(0, room), overflow="ellipsis")
            line = head.append("  ").append_text(label if room >= LABEL_AT_LEAST else Text())
            lines.append(line.append_text(padded(balance, max(1, columns - line.cell_len), right=True)))
        if self._cash:
            lines.append(safe(f"c {self._cash}"))
        self.show(Text("\n").join(lines))


class TargetNote(PlainText):
    """What the destination is, and the usual amounts of an own one, each with the word that names it."""

    DEFAULT_CSS = "TargetNote { height: auto; margin-bottom: 1; display: none; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(multiline=True, id=id)

    def show_target(
        self, text: str, options: Sequence[Option] = (), due: str = "", picked: Option | None = None
    ) -> None:
        """Draw it anew; nothing for an empty text."""
        lines = [safe(text, "bold")] if text else []
        width = max((len(option.word) for option in options), default=0)
        amounts = [Money(option.amount).format() for option in options]
        figures = max(map(len, amounts), default=0)
        for option, amount in zip(options, amounts, strict=True):
            mark, style = ("▸ ", "bold") if option is picked else ("  ", "")
            line = Text(mark).append_text(padded(option.word, width + 2, style or "underline"))
            line.append_text(padded(amount, figures, style, right=True)).append("  ")
            lines.append(line.append_text(safe(option.label, style)))
        if due:
            lines.append(safe(due))
        self.display = bool(lines)
        self.show(Text("\n").join(lines))


class ReviewLines(PlainText):
    """Warnings, label and value, and below them what Enter does, fitted to the width that there is."""

    DEFAULT_CSS = "ReviewLines { height: auto; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(multiline=True, id=id)
        self._rows: Sequence[tuple[str, str]] = ()
        self._warnings: Sequence[str] = ()
        self.hint = ""

    def on_resize(self) -> None:
        """Fit to the new width. Other lines may need another height: that is laid out after this one."""
        if self._rows:
            self.call_after_refresh(self.redraw, self.size.width)

    def fill(self, rows: Sequence[tuple[str, str]], warnings: Sequence[str], hint: str) -> None:
        """What is drawn from now on."""
        self._rows, self._warnings, self.hint = tuple(rows), tuple(warnings), hint

    def redraw(self, columns: int) -> None:
        """Draw it for a width."""
        lines = [safe(f"! {warning}", "bold") for warning in self._warnings]
        lines += [labelled(self._rows, columns), Text(), safe(self.hint, "bold reverse")]
        self.show(Text("\n").join(lines))


class Review(VerticalScroll, can_focus=True):
    """What the service fixed. It has the focus while it waits for Enter, so that no field takes the key."""

    DEFAULT_CSS = "Review { height: auto; max-height: 100%; &:focus { background: $field-focus; } }"
    help_text = "Lea en voz alta cuentas y monto. Enter o F2 aplica la operación; Esc vuelve a los datos."

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines = ReviewLines(id="review-lines")

    def compose(self) -> ComposeResult:
        """The lines."""
        yield self._lines

    def show(self, prepared: Prepared, columns: int, hint: str) -> None:
        """Draw the warnings, the summary, what is left for today, and what Enter does. `columns`: of the first drawing,
        before the panel was laid out."""
        rows = list(prepared.summary)
        if prepared.daily_left is not None:
            rows.append(("Queda hoy", f"{Money(prepared.daily_left).with_symbol()} de su límite"))
        self._lines.fill(rows, (*prepared.approval, *prepared.warnings), hint)
        self._lines.redraw(columns)
        self.scroll_home(animate=False)

    def say_hint(self, hint: str) -> None:
        """Replace what stands under the lines."""
        self._lines.hint = hint
        self._lines.redraw(self._lines.size.width)
