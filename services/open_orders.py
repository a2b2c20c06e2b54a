"""Orders at billers that are in process: which ones, since when, which of them a person should look into."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from data.tables import BillerOrder, Member, Operation
from services.biller_gateway import BillerGateway
from services.biller_orders import CONFLICT, OPEN, WRONG_AMOUNT, Attempted, attempt, withdraw
from services.biller_payments import NoGateway
from services.bills import stored_name
from services.errors import AccountUnusable, InsufficientFunds, NotFound
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.posting import HoldEnded
from services.reasons import check_reason
from services.receipts import TITLES, receipt_number
from services.unit_of_work import UnitOfWork

#: Why an order is still open, as people are told.
TROUBLES = {
    "unreachable": "La pasarela no responde.",
    "unavailable": "La pasarela no está disponible.",
    "timeout": "La pasarela no respondió a tiempo.",
    "closed": "La pasarela cortó la conexión.",
    "malformed": "La pasarela respondió algo que no se entiende.",
    WRONG_AMOUNT: "El recaudador cobró otro monto que el ordenado.",
    CONFLICT: "La pasarela tiene otro pedido con ese número.",
    AccountUnusable.code: "El recaudador la aceptó, y la cuenta de origen está bloqueada o cerrada.",
    InsufficientFunds.code: "El recaudador la aceptó, y el libro mayor no pudo aplicarla.",
    HoldEnded.code: "La retención terminó por otro camino.",
}
#: Troubles that no repetition mends.
FOR_A_PERSON = frozenset({WRONG_AMOUNT, CONFLICT, AccountUnusable.code, InsufficientFunds.code, HoldEnded.code})
OTHER_TROUBLE = "La pasarela respondió con un error."
NOT_YET = "Aún no hay respuesta."
MOST = 200


@dataclass(frozen=True, slots=True)
class OpenOrders:
    """Those in process, oldest first."""


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """One order in process. `amount` centésimos; `attention`: for longer than the policy says, or beyond repetition."""

    id: str
    number: str
    kind_title: str
    biller: str
    reference: str
    holder: str  # masked
    member_number: str
    amount: int
    since: datetime
    attempts: int
    next_at: datetime
    trouble: str
    attention: bool


@dataclass(frozen=True, slots=True)
class AskAgain:
    order_id: str


@dataclass(frozen=True, slots=True)
class WithdrawOrder:
    order_id: str
    reason: str


def open_orders(command: OpenOrders, operator: Operator, uow: UnitOfWork) -> tuple[OpenOrder, ...]:
    """Those in process, at most 200. Raises what authorisation raises."""
    del command
    with uow.begin(operator, Op.BILLER_RECONCILE) as tx:
        rows = read_open_orders(tx.connection, tx.now, tx.policy.billers.alert_after_minutes)
        tx.record("biller.orders_view", detail={"rows": len(rows)})
        tx.commit()
    return rows


def ask_again(command: AskAgain, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork) -> Attempted:
    """Take the next step of an order now. Raises NotFound, NoGateway, and what authorisation raises."""
    way = _decided(uow, operator, Op.BILLER_ATTEND, command.order_id, None, gateway)
    return attempt(command.order_id, way, uow, at_once=True)


def withdraw_order(
    command: WithdrawOrder, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork
) -> Attempted:
    """Ask the gateway to close an order that it never saw, and give the money back if it did so; an order that it knows
    ends as it stands there. Without its answer nothing is given back.

    Raises InvalidInput (reason), NotFound, NoGateway, and what authorisation raises.
    """
    way = _decided(uow, operator, Op.BILLER_WITHDRAW, command.order_id, command.reason, gateway)
    return withdraw(command.order_id, way, uow)


def read_open_orders(connection: Connection, now: datetime, alert_after_minutes: int) -> tuple[OpenOrder, ...]:
    """Those in process; asks for no right."""
    query = (
        select(
            BillerOrder.__table__,  # type: ignore[attr-defined]
            col(Operation.seq),
            col(Operation.at),
            col(Operation.kind),
            col(Member.number),
            col(Member.given_names),
            col(Member.surnames),
        )
        .join(Operation, col(Operation.id) == col(BillerOrder.id))
        .join(Member, col(Member.id) == col(BillerOrder.member_id))
        .where(col(BillerOrder.state).in_(OPEN))
        .order_by(col(Operation.seq))
        .limit(MOST)
    )
    late = now - timedelta(minutes=alert_after_minutes)
    return tuple(_row(row, late) for row in connection.execute(query))


def _decided(
    uow: UnitOfWork, operator: Operator, op: Op, order_id: str, reason: str | None, gateway: BillerGateway | None
) -> BillerGateway:
    """The right and the event of what a person decided; the step itself is the program's. Answers the gateway."""
    with uow.begin(operator, op) as tx:
        checked = check_reason(reason) if reason is not None else None
        row = tx.connection.execute(
            select(col(BillerOrder.member_id)).where(col(BillerOrder.id) == order_id, col(BillerOrder.state).in_(OPEN))
        ).first()
        if row is None:
            raise NotFound("Esa orden ya se resolvió o no existe. Actualice la lista.")
        if gateway is None:
            raise NoGateway
        tx.record(member=row.member_id, about=order_id, reason=checked)
        tx.commit()
    return gateway


def _row(row: Any, late: datetime) -> OpenOrder:
    biller, reference = stored_name(Op(row.kind), row.biller, row.reference)
    trouble = TROUBLES.get(row.error, OTHER_TROUBLE) if row.error else NOT_YET
    return OpenOrder(
        id=row.id,
        number=receipt_number(row.seq, row.at),
        kind_title=TITLES[row.kind],
        biller=biller,
        reference=reference,
        holder=masked_name(row.given_names, row.surnames),
        member_number=row.number,
        amount=row.amount,
        since=row.at,
        attempts=row.attempts,
        next_at=row.next_at,
        trouble=trouble,
        attention=row.at <= late or row.error in FOR_A_PERSON,
    )
