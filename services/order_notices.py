"""What a desk is told of payments at billers without asking: what of a member is in process, and what has ended of
those that a screen shows. Looks without an event and without a sign of life; the receipt itself leaves its event."""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlmodel import col

from data.catalog.billers import load_billers
from data.tables import BillerOrder
from data.values.money import Money
from services import authorisation
from services.biller_orders import OPEN
from services.errors import NotFound
from services.operations import Op
from services.operator import Operator
from services.posting import find
from services.receipts import BILLS, Receipt, concern, receipt_now
from services.staff_proof import reading
from services.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class EndedOrders:
    """The orders that screens of this desk show as in process."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class FollowReceipt:
    """`copy` as the receipt on show was: a reprint, or the first one."""

    operation_id: str
    copy: bool = False


@dataclass(frozen=True, slots=True)
class InProcess:
    """Of one member: the orders' ids, and a line for people."""

    ids: frozenset[str] = frozenset()
    lines: tuple[str, ...] = ()


def ended_orders(command: EndedOrders, operator: Operator, uow: UnitOfWork) -> frozenset[str]:
    """Which of them have ended. Raises SessionEnded, SessionLocked."""
    with reading(uow) as connection:
        authorisation.standing(connection, operator, None, uow.clock.now(), uow.policy, touch=False)
        query = select(col(BillerOrder.id)).where(
            col(BillerOrder.id).in_(command.ids), col(BillerOrder.state).not_in(OPEN)
        )
        return frozenset(connection.execute(query).scalars())


def follow_receipt(command: FollowReceipt, operator: Operator, uow: UnitOfWork) -> Receipt:
    """The receipt of a payment to a biller as it stands now, read by the screen itself. Raises NotFound, and what
    authorisation raises."""
    with uow.begin(operator, Op.RECEIPT_VIEW, touch=False) as tx:
        done = find(tx, command.operation_id)
        if done is None or done.kind not in BILLS:
            raise NotFound("Ese movimiento no tiene comprobante.")
        concern(tx, done.member_id, touch=False)
        receipt = receipt_now(tx, done, copy=command.copy)
        tx.record(about=done.id, detail={"refresh": True})
        tx.commit()
    return replace(receipt, existed=False)


def orders_of(tx: Transaction, member_id: int, level: int) -> InProcess:
    """What of a member is in process, for their record; whose and how much only with a verified caller (req. 16)."""
    query = (
        select(col(BillerOrder.id), col(BillerOrder.biller), col(BillerOrder.reference), col(BillerOrder.amount))
        .where(col(BillerOrder.member_id) == member_id, col(BillerOrder.state).in_(OPEN))
        .order_by(col(BillerOrder.id))
    )
    rows = tx.connection.execute(query).all()
    if not rows:
        return InProcess()
    ids = frozenset(row.id for row in rows)
    if level < 1:
        many = "1 pago" if len(rows) == 1 else f"{len(rows)} pagos"
        return InProcess(ids, (f"{many} en proceso",))
    billers = load_billers()
    lines = []
    for row in rows:
        biller = billers.get(row.biller)
        lines.append(f"En proceso: {biller.name if biller else row.biller} {Money(row.amount).with_symbol()}")
    return InProcess(ids, tuple(lines))
