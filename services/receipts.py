"""The receipt of an operation: the same lines on the screen, on paper and in the PDF, today and in ten years (req. 44).

It is made from what the ledger keeps of the operation and from nothing that may change later.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from data.values.dates import format_datetime, to_panama
from data.values.money import Money
from services import authorisation, cash_kinds, member_authorisation
from services.errors import NotFound, NotPermitted
from services.operations import Op
from services.operator import Channel, Operator
from services.payment_kinds import KINDS
from services.posting import Posted, find
from services.unit_of_work import Transaction, UnitOfWork

CHANNEL_LABELS = {
    Channel.CIS: "CIS",
    Channel.BRANCH: "Sucursal",
    Channel.CHAPTER: "Capítulo",
    Channel.KIOSK: "Kiosco",
    Channel.WEB: "Web",
    Channel.SYSTEM: "Sistema",
}
BILLS = {Op.BILLER_PAY.value: "Pago a recaudador", Op.BILLER_TOP_UP.value: "Recarga"}
TITLES = {
    **{op.value: kind.title for op, kind in KINDS.items()},
    **BILLS,
    **cash_kinds.TITLES,
    Op.OPERATION_REVERSE.value: "Reversa",
}
FOOT = "Si usted no la solicitó, llame al 205-0911."
OUTCOMES = {"posted": "Aplicada", "rejected": "Rechazada"}
#: Of a payment to a biller, by what became of the money that was set aside.
BILL_OUTCOMES = {
    "held": "En proceso",
    "posted": "Pagada",
    "released": "Rechazada por el recaudador",
    "rejected": "Rechazada",
}
SETTLED_BY = text("SELECT id FROM operation WHERE settles_hold = :id")


@dataclass(frozen=True, slots=True)
class Receipt:
    """`lines` are label and value, in order, without secrets: accounts and holder are masked. `existed`: the operation
    had been applied before this request («ya aplicada»). `copy`: a reprint, marked COPIA."""

    number: str
    at: datetime  # UTC
    lines: tuple[tuple[str, str], ...]
    outcome: str  # posted | rejected; of a bill also held (in process) | released (the biller refused)
    existed: bool
    operation_id: str
    copy: bool = False
    member_id: int | None = None
    amount: int = 0  # centésimos
    kind: str = ""
    sealed: tuple[int, str] | None = None  # number in the ledger and digest of the body: what paper is tied to

    @property
    def kind_title(self) -> str:
        """What the operation is called."""
        return TITLES[self.kind]

    @property
    def foot(self) -> str:
        return FOOT

    @property
    def file_name(self) -> str:
        return f"comprobante-{self.number}"

    @property
    def title(self) -> str:
        return "COMPROBANTE — COPIA" if self.copy else "COMPROBANTE"


@dataclass(frozen=True, slots=True)
class GetReceipt:
    operation_id: str


def get_receipt(command: GetReceipt, operator: Operator, uow: UnitOfWork) -> Receipt:
    """The receipt of an operation again, marked as a copy; one event tells of it (req. 47).

    Raises NotFound for an operation that is not there or has no receipt, NotPermitted for the operator's own or a
    relative's.
    """
    with uow.begin(operator, Op.RECEIPT_VIEW) as tx:
        done = find(tx, command.operation_id)
        if done is None or done.kind not in TITLES or (done.kind not in BILLS and done.outcome not in OUTCOMES):
            raise NotFound("Ese movimiento no tiene comprobante.")
        concern(tx, done.member_id)
        receipt = receipt_now(tx, done, copy=True)
        tx.record(about=done.id)
        tx.commit()
    return receipt


def receipt_now(tx: Transaction, done: Posted, *, copy: bool = False) -> Receipt:
    """The receipt as things stand now: of a bill, whichever of its operations is asked for, that of the first."""
    if done.kind not in BILLS or done.outcome == "rejected":
        return receipt_of(done, copy=copy)
    first, last = done, None
    if done.outcome == "held":
        settled_by = tx.connection.execute(SETTLED_BY, {"id": done.id}).scalar()
        last = find(tx, settled_by) if settled_by is not None else None
    else:
        first, last = find(tx, done.content["request"]["settles_hold"]) or done, done
    return bill_receipt(first, last, copy=copy)


def concern(tx: Transaction, member_id: int | None, *, there: bool = True, touch: bool = True) -> None:
    """Decide once more, now that it is known whom the operation is about: nobody of staff serves themselves (req. 43),
    and a member sees their own alone. `there`: whether there is an operation at all. `touch`: a sign of life.

    Raises NotPermitted.
    """
    own = tx.operator.is_member
    if own and there and member_id != tx.operator.member_id:
        raise NotPermitted(member_authorisation.NOT_YOURS)
    if member_id is None or tx.op is None or own:
        return
    tx.member_id = member_id
    tx.standing = authorisation.standing(tx.connection, tx.operator, member_id, tx.now, tx.policy, touch=touch)
    authorisation.decide(tx.op, tx.rule, tx.standing, member_id=member_id, now=tx.now, policy=tx.policy)


def receipt_of(done: Posted, *, copy: bool = False) -> Receipt:
    """The receipt of an operation whose kind has one, and that ended when it began."""
    if done.kind in BILLS:
        return bill_receipt(done, None, copy=copy)
    return _receipt(done, _amount_of(done), done.outcome, _state(done, copy), copy=copy)


def bill_receipt(first: Posted, last: Posted | None, *, copy: bool = False) -> Receipt:
    """The receipt of a payment to a biller: `first` set the money aside, `last` paid it or gave it back."""
    outcome = last.outcome if last else first.outcome
    lines = [(label, value) for label, value in last.content["shown"]["receipt"]] if last else []
    if last:
        lines.append(("Resuelta", format_datetime(last.at)))
    return _receipt(first, _amount_of(first), outcome, BILL_OUTCOMES[outcome], lines, copy=copy)


def _receipt(
    done: Posted, amount: Money, outcome: str, state: str, more: list[tuple[str, str]] | None = None, *, copy: bool
) -> Receipt:
    content = done.content
    lines = [
        ("Comprobante", receipt_number(done.seq, done.at)),
        ("Fecha y hora", format_datetime(done.at)),
        ("Operación", TITLES[done.kind]),
        *((label, value) for label, value in content["shown"]["receipt"]),
        ("Monto", amount.with_symbol()),
        ("Son", amount.in_words()),
        ("Canal", CHANNEL_LABELS[Channel(done.channel)]),
        ("Sucursal", done.branch),
        ("Agente", content["agent"]),
        ("Referencia", short_reference(done.id)),
        *(more or ()),
        ("Estado", state),
    ]
    return Receipt(
        number=lines[0][1],
        at=done.at,
        lines=tuple(lines),
        outcome=outcome,
        existed=done.existed and not copy,
        operation_id=done.id,
        copy=copy,
        member_id=done.member_id,
        amount=amount.centesimos,
        kind=done.kind,
        sealed=(done.seq, done.digest),
    )


def _amount_of(done: Posted) -> Money:
    content = done.content
    set_aside = content["hold"]["amount"] if content.get("hold") else 0
    return Money(set_aside or sum(leg["amount"] for leg in content["legs"]))


def receipt_number(seq: int, at: datetime) -> str:
    """`2026-0000123`: the year in Panama and the operation's number in the ledger."""
    return f"{to_panama(at).year}-{seq:07d}"


def short_reference(operation_id: str) -> str:
    """The last twelve digits of the key: random, so that two of them are told apart at a glance."""
    return operation_id[-12:].upper()


def _state(done: Posted, copy: bool) -> str:
    if done.outcome == "posted" and done.existed and not copy:
        return "Ya aplicada"
    return OUTCOMES[done.outcome]
