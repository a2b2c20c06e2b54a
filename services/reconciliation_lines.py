"""The differences of a day: which there are, what they mean, what to do, and that somebody did it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from data.catalog.billers import load_billers
from data.tables import Operation, Reconciliation, ReconciliationLine
from data.values.money import Money
from services.biller_contract import OrderRecord, OrderState
from services.errors import NotFound
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.receipts import receipt_number
from services.unit_of_work import Transaction, UnitOfWork

STATES = {
    "pending": "en proceso",
    "sent": "en proceso",
    "paid": "pagada",
    "refused": "rechazada",
    OrderState.ACCEPTED.value: "aceptada",
}
TITLES = {
    "missing_there": "Falta en el archivo",
    "missing_here": "No salió de aquí",
    "amount": "Otro monto",
    "state": "Otro estado",
    "reference": "Otros datos",
}
ADVICE: Mapping[str, str] = {
    "missing_there": (
        "Aquí consta resuelta y el archivo del recaudador no la trae. Pida a la pasarela que la busque por su"
        " referencia; si no la tiene, avise a contabilidad y comuníquese con el asociado."
    ),
    "missing_here": (
        "La pasarela trae una orden que no salió de esta cooperativa. No la pague al conciliar: reclame a la pasarela y"
        " avise a seguridad."
    ),
    "amount": (
        "El recaudador cobró otro monto que el ordenado: pida a la pasarela que corrija el cobro. Si no lo corrige y"
        " aquí sigue en proceso, lo resuelve (L) en «Pagos en proceso» un supervisor que no lo registró."
    ),
    "state": (
        "Aquí terminó de otro modo que allá. Compare con la pasarela por su referencia antes de mover dinero; la"
        " corrección la hace contabilidad."
    ),
    "reference": (
        "El pedido coincide y sus datos no: el pago pudo llegar a otra cuenta o recaudador. Reclame a la pasarela con"
        " los dos datos."
    ),
}
NOTHING = "—"
LATEST = select(col(Reconciliation.id)).order_by(col(Reconciliation.at).desc(), col(Reconciliation.id).desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference as it is kept; `ours` and `theirs` are Spanish lines."""

    order_id: str
    difference: str  # missing_there | missing_here | amount | state | reference
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Line:
    """One difference as people see it. `number` is the receipt's, empty of an order that is not ours."""

    id: int
    order_id: str
    number: str
    difference: str
    title: str
    ours: str
    theirs: str
    advice: str
    attended_at: datetime | None
    attended_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One comparison. `ours` and `theirs` are the centésimos that each side says were paid."""

    id: int
    day: date
    at: datetime
    orders: int
    ours: int
    theirs: int
    file_sha256: str
    lines: tuple[Line, ...]

    @property
    def open_lines(self) -> int:
        """Differences that nobody has attended to."""
        return sum(line.attended_at is None for line in self.lines)


@dataclass(frozen=True, slots=True)
class ShowReconciliation:
    """The latest comparison of `day`, or of all."""

    day: date | None = None


@dataclass(frozen=True, slots=True)
class AttendLine:
    """`note`: what was done about it."""

    line_id: int
    note: str


def show_reconciliation(command: ShowReconciliation, operator: Operator, uow: UnitOfWork) -> Reconciled | None:
    """The latest comparison, None if there is none. Raises what authorisation raises."""
    with uow.begin(operator, Op.BILLER_RECONCILE) as tx:
        query = LATEST if command.day is None else LATEST.where(col(Reconciliation.day) == command.day)
        found = tx.connection.execute(query).scalar()
        shown = None if found is None else read_reconciliation(tx, int(found))
        tx.record("biller.reconciliation_view", about=f"reconciliation:{found}" if found is not None else None)
        tx.commit()
    return shown


def attend_line(command: AttendLine, operator: Operator, uow: UnitOfWork) -> Reconciled:
    """Mark a difference as attended to, with what was done; answers its comparison.

    Raises InvalidInput (note), NotFound for a line that is not there or was attended to, what authorisation raises.
    """
    with uow.begin(operator, Op.BILLER_ATTEND) as tx:
        note = check_reason(command.note)
        row = tx.connection.execute(
            update(ReconciliationLine)
            .where(col(ReconciliationLine.id) == command.line_id, col(ReconciliationLine.settled_at).is_(None))
            .values(settled_at=tx.now, settled_by=tx.operator.username, note=note)
            .returning(col(ReconciliationLine.reconciliation_id), col(ReconciliationLine.order_id))
        ).first()
        if row is None:
            raise NotFound("Esa diferencia ya fue atendida o no existe. Actualice la lista.")
        tx.record(about=row.order_id, reason=note, detail={"line": command.line_id})
        shown = read_reconciliation(tx, row.reconciliation_id)
        tx.commit()
    return shown


def read_reconciliation(tx: Transaction, reconciliation_id: int) -> Reconciled:
    """One comparison with its lines, those that wait first."""
    head = tx.connection.execute(
        select(Reconciliation.__table__).where(col(Reconciliation.id) == reconciliation_id)  # type: ignore[attr-defined]
    ).one()
    rows: Sequence[Any] = tx.connection.execute(
        select(ReconciliationLine.__table__, col(Operation.seq), col(Operation.at).label("made_at"))  # type: ignore[attr-defined]
        .outerjoin(Operation, col(Operation.id) == col(ReconciliationLine.order_id))
        .where(col(ReconciliationLine.reconciliation_id) == reconciliation_id)
        .order_by(col(ReconciliationLine.settled_at).is_not(None), col(ReconciliationLine.id))
    ).all()
    return Reconciled(
        head.id, head.day, head.at, head.orders, head.ours, head.theirs, head.file_sha256,
        tuple(_line(row) for row in rows),
    )  # fmt: skip


def compare(record: OrderRecord, ours: Any) -> Difference | None:
    """What differs between the gateway's record and our row of the same order (None: we have none)."""
    if ours is None:
        return Difference(record.id, "missing_here", NOTHING, _theirs(record))
    accepted = record.state is OrderState.ACCEPTED
    mine = (ours.biller, ours.mode, ours.reference, ours.extra)
    kind = None
    if mine != (record.biller, record.mode.value, record.reference, record.extra):
        kind = "reference"
    elif accepted and record.amount != int(ours.paid):
        kind = "amount"
    elif ours.state != ("paid" if accepted else "refused"):
        kind = "state"
    elif record.gateway_ref != ours.gateway_ref:
        kind = "reference"
    return Difference(record.id, kind, _ours(ours), _theirs(record)) if kind else None


def missing_there(ours: Any) -> Difference:
    """One that the gateway had decided on that day, by what it told us, and that its file hasn't got."""
    return Difference(ours.id, "missing_there", _ours(ours), NOTHING)


def _ours(row: Any) -> str:
    return _words(row.state, int(row.paid), row.biller, row.reference, row.gateway_ref)


def _theirs(record: OrderRecord) -> str:
    return _words(record.state.value, record.amount, record.biller, record.reference, record.gateway_ref)


def _words(state: str, amount: int | None, biller_id: str, reference: str, gateway_ref: str | None) -> str:
    biller = load_billers().get(biller_id)
    shown = Money(amount).with_symbol() if amount is not None else ""
    words = (STATES[state], shown, f"{biller.name if biller else biller_id} {reference}", gateway_ref or "")
    return " · ".join(word for word in words if word)


def _line(row: Any) -> Line:
    return Line(
        id=row.id,
        order_id=row.order_id,
        number=receipt_number(row.seq, row.made_at) if row.seq is not None else "",
        difference=row.difference,
        title=TITLES[row.difference],
        ours=row.ours,
        theirs=row.theirs,
        advice=ADVICE[row.difference],
        attended_at=row.settled_at,
        attended_by=row.settled_by or "",
        note=row.note or "",
    )
