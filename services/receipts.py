"""The receipt of an operation: the same lines on the screen, on paper and in the PDF, today and in ten years (req. 44).

It is made from what the ledger keeps of the operation and from nothing that may change later.
"""

from dataclasses import dataclass
from datetime import datetime

from data.values.dates import format_datetime, to_panama
from data.values.money import Money
from services import authorisation, cash_kinds
from services.errors import NotFound
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
TITLES = {op.value: kind.title for op, kind in KINDS.items()} | {
    Op.OPERATION_REVERSE.value: "Reversa",
    **cash_kinds.TITLES,
}
FOOT = "Si usted no la solicitó, llame al 205-0911."
OUTCOMES = {"posted": "Aplicada", "rejected": "Rechazada"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """`lines` are label and value, in order, without secrets: accounts and holder are masked. `existed`: the operation
    had been applied before this request («ya aplicada»). `copy`: a reprint, marked COPIA."""

    number: str
    at: datetime  # UTC
    lines: tuple[tuple[str, str], ...]
    outcome: str  # posted | rejected
    existed: bool
    operation_id: str
    copy: bool = False
    member_id: int | None = None
    amount: int = 0  # centésimos
    kind: str = ""

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
        if done is None or done.kind not in TITLES or done.outcome not in OUTCOMES:
            raise NotFound("Ese movimiento no tiene comprobante.")
        concern(tx, done.member_id)
        tx.record(about=done.id)
        tx.commit()
    return receipt_of(done, copy=True)


def concern(tx: Transaction, member_id: int | None) -> None:
    """Decide once more, now that it is known whom the operation is about: nobody serves themselves (req. 43).

    Raises NotPermitted.
    """
    if member_id is None or tx.op is None:
        return
    tx.member_id = member_id
    tx.standing = authorisation.standing(tx.connection, tx.operator, member_id, tx.now, tx.policy)
    authorisation.decide(tx.op, tx.rule, tx.standing, member_id=member_id, now=tx.now, policy=tx.policy)


def receipt_of(done: Posted, *, copy: bool = False) -> Receipt:
    """The receipt of an operation whose kind has one."""
    content = done.content
    shown = content["shown"]
    amount = Money(sum(leg["amount"] for leg in content["legs"]))
    lines = [
        ("Comprobante", receipt_number(done.seq, done.at)),
        ("Fecha y hora", format_datetime(done.at)),
        ("Operación", TITLES[done.kind]),
        *((label, value) for label, value in shown["receipt"]),
        ("Monto", amount.with_symbol()),
        ("Son", amount.in_words()),
        ("Canal", CHANNEL_LABELS[Channel(done.channel)]),
        ("Sucursal", done.branch),
        ("Agente", content["agent"]),
        ("Referencia", short_reference(done.id)),
        ("Estado", _state(done, copy)),
    ]
    return Receipt(
        number=lines[0][1],
        at=done.at,
        lines=tuple(lines),
        outcome=done.outcome,
        existed=done.existed and not copy,
        operation_id=done.id,
        copy=copy,
        member_id=done.member_id,
        amount=amount.centesimos,
        kind=done.kind,
    )


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
