"""A bill or a recarga as the catalogue reads it: at whom, for which number, in which amounts (req. 8, 9, B1-B3)."""

from dataclasses import dataclass
from datetime import date

from data.catalog.billers import Biller, Mode, PaymentKind, Reference, load_billers
from data.values.card_number import NOTE_MESSAGE, contains_card_number
from data.values.errors import InvalidValue
from data.values.money import Money
from data.values.phone import Phone
from services.errors import CoopError, InvalidInput
from services.operations import Op

MODES = {Op.BILLER_PAY: PaymentKind.BILL, Op.BILLER_TOP_UP: PaymentKind.TOP_UP}
MOBILE, LANDLINE = "celular", "fijo"  # ids of references that are phone numbers
PHONES = (MOBILE, LANDLINE)


class BillerUnavailable(CoopError):
    code = "biller_unavailable"
    default = "Ese recaudador no está disponible. Elija otro."


@dataclass(frozen=True, slots=True)
class Bill:
    """`reference` and `extra` as the biller wants them, `label` what the reference is called."""

    op: Op
    biller: Biller
    mode: Mode
    label: str
    reference: str
    extra: str | None
    is_phone: bool

    @property
    def name(self) -> str:
        """What it is called until somebody gives it a name: «ENSA 1234567»."""
        return f"{self.biller.name} {self.shown_reference}"

    @property
    def shown_reference(self) -> str:
        """`6123-4567`, `205-0911`; of anything else what the biller wants, as its paper has it."""
        return Phone.parse(self.reference).format() if self.is_phone else self.reference

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Whom and what for, as summary and receipt say it: operator and number stand out (req. 9)."""
        company = "Compañía" if self.op is Op.BILLER_TOP_UP else "Recaudador"
        lines = [(company, self.biller.name), (self.label, self.shown_reference)]
        if self.extra is not None and self.biller.extra_reference is not None:
            lines.append((self.biller.extra_reference.label, self.extra))
        return lines


def read_bill(op: Op, biller_id: str, reference: str, extra: str, day: date) -> Bill:
    """What was typed, by the catalogue of `day`.

    Raises InvalidInput at the field, BillerUnavailable with the catalogue's text; ValueError for another operation.
    """
    kind = MODES.get(op)
    if kind is None:
        raise ValueError("not an operation of billers")
    biller = load_billers().get(biller_id)
    if biller is None:
        raise InvalidInput("Elija un recaudador de la lista.", field="biller")
    if not biller.payable_on(day):
        raise BillerUnavailable(biller.unavailable_message or None, field="biller")
    mode = biller.mode(kind)
    if mode is None:
        other = "no admite recargas" if kind is PaymentKind.TOP_UP else "solo admite recargas"
        raise BillerUnavailable(f"{biller.name} {other}.", field="biller")
    chosen, parsed = _reference(biller, kind, reference)
    return Bill(op, biller, mode, chosen.label, parsed, _extra(biller, kind, extra), chosen.id in PHONES)


def stored_name(op: Op, biller_id: str, reference: str) -> tuple[str, str]:
    """Of a bill that was kept earlier: its biller by today's name, and the number as a receipt shows it. Raises
    nothing: what the catalogue has no more stands as it was kept."""
    biller, kind = load_billers().get(biller_id), MODES.get(op)
    if biller is None or kind is None:
        return biller_id, reference
    try:
        chosen, parsed = _reference(biller, kind, reference)
    except InvalidInput:
        return biller.name, reference
    mode = biller.mode(kind)
    if mode is None:
        return biller.name, reference
    return biller.name, Bill(op, biller, mode, chosen.label, parsed, None, chosen.id in PHONES).shown_reference


def check_bill_amount(bill: Bill, amount: int) -> None:
    """Raises InvalidInput for an amount that the biller does not take in this mode."""
    mode = bill.mode
    if mode.allows(Money(amount)):
        return
    if mode.denominations:
        choices = ", ".join(each.format() for each in mode.denominations)
        raise InvalidInput(f"{bill.biller.name} solo recarga estos montos: {choices}.", field="amount")
    least, most = mode.minimum.with_symbol(), mode.maximum.with_symbol()
    raise InvalidInput(f"{bill.biller.name} recibe de {least} a {most}.", field="amount")


def _reference(biller: Biller, kind: PaymentKind, typed: str) -> tuple[Reference, str]:
    """The first reference of the biller that what was typed can be."""
    if contains_card_number(typed):
        raise InvalidInput(NOTE_MESSAGE, field="reference")
    messages = []
    for one in biller.references_for(kind):
        try:
            return one, Phone.parse_mobile(typed).national if one.id == MOBILE else one.parse(typed)
        except InvalidValue as error:
            messages.append(error.message_es)
    raise InvalidInput(" ".join(messages), field="reference")


def _extra(biller: Biller, kind: PaymentKind, typed: str) -> str | None:
    second = biller.extra_reference
    if second is None or kind not in second.kinds:
        return None
    if not typed.strip():
        if second.required:
            raise InvalidInput(f"Escriba también: {second.label}. Ejemplo: {second.example}.", field="extra")
        return None
    if contains_card_number(typed):
        raise InvalidInput(NOTE_MESSAGE, field="extra")
    try:
        return second.parse(typed)
    except InvalidValue as error:
        raise InvalidInput(error.message_es, field="extra") from None
