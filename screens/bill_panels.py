"""What stands beside a biller's form: the billers by number, then what the chosen one says of the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rich.text import Text

from data.catalog.billers import Reference
from data.values.money import Money
from screens.bill_inputs import Choice, in_text
from screens.layout import labelled
from services.biller_payments import BillFound
from services.payment_options import Option
from widgets.text import PlainText, padded, safe


class BillerList(PlainText):
    """The billers that the text in the field may mean, under the numbers that name them."""

    DEFAULT_CSS = "BillerList { height: auto; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(multiline=True, id=id)

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Draw them."""
        self.show(Text("\n").join([safe(f"{choice.number:>2} {choice.text}") for choice in choices]))


class BillNote(PlainText):
    """What the chosen biller wants to be given; once it was asked, whose it is, what is due, what it takes."""

    DEFAULT_CSS = "BillNote { height: auto; margin-bottom: 1; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(multiline=True, id=id)
        self._again: Callable[[], None] | None = None

    def on_resize(self) -> None:
        """Fit to the new width."""
        if self._again is not None:
            self._again()

    def show_wanted(self, choice: Choice | None) -> None:
        """What the biller is asked by; nothing without one."""
        self._again = None
        if choice is None:
            self.show("")
            return
        lines = [safe(choice.text, "bold"), *map(_wanted, choice.references)]
        if choice.second is not None:
            lines.append(_wanted(choice.second, also="y también" if choice.second.required else "y si lo sabe"))
        if choice.biller.notice:
            lines.append(safe(f"! {choice.biller.notice}"))
        self.show(Text("\n").join(lines))

    def show_found(self, found: BillFound, choice: Choice, options: Sequence[Option], picked: Option | None) -> None:
        """What the biller said, and the usual amounts."""
        self._again = partial(self._draw_found, found, choice, options, picked)
        self._again()

    def _draw_found(self, found: BillFound, choice: Choice, options: Sequence[Option], picked: Option | None) -> None:
        rows = [(found.label, found.shown_reference)]
        if found.unchecked:
            rows += [("Titular", "SIN COMPROBAR"), ("Debe", "no se sabe")]
        if found.holder:
            rows.append(("Titular", found.holder))
        if found.amount_due is not None:
            rows.append(("Debe", Money(found.amount_due).with_symbol() if found.amount_due else "nada"))
        if found.due_on:
            rows.append(("Vence", found.due_on))
        if not found.denominations:
            rows.append(("Recibe", f"de {Money(found.minimum).with_symbol()} a {Money(found.maximum).with_symbol()}"))
        lines = [safe(choice.text, "bold"), labelled(rows, self.size.width or 40), *_options(options, picked)]
        lines += [safe(f"! {note}") for note in found.notes]
        self.show(Text("\n").join(lines))


def _wanted(reference: Reference, also: str = "") -> Text:
    label = in_text(reference.label) if also else reference.label
    return safe(f"{f'{also} ' if also else ''}{label}, por ejemplo {reference.example}")


def _options(options: Sequence[Option], picked: Option | None) -> list[Text]:
    width = max((len(option.word) for option in options), default=0)
    lines = []
    for option in options:
        mark, style = ("▸ ", "bold") if option == picked else ("  ", "")
        line = Text(mark).append_text(padded(option.word, width + 2, style or "underline"))
        line.append_text(safe(f"{Money(option.amount).format()}  {option.label}".rstrip(), style))
        lines.append(line)
    return lines
