"""Orders that the biller charged with another amount than was ordered: seen by a person, then settled (req. 8, 41, 43).

The gateway goes on saying the same, so no repetition ends such an order; a supervisor who did not register it does, by
what the gateway says at that moment. From the member goes what they authorised at most. What the biller charged beyond
it the cooperative carries and claims back, or the member pays it by a new decision, on the line and verified
(docs/decisions/2026-11-25-wrong-charge.md).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.tables import BillerOrder
from data.values.dates import panama_date
from data.values.money import Money
from services.approval_rules import check_other_person, check_share
from services.biller_contract import GatewayFailure, OrderAnswer, OrderState
from services.biller_gateway import BillerGateway
from services.biller_orders import OPEN, told_otherwise
from services.biller_payments import BillerSilent, NoGateway
from services.bills import stored_name
from services.errors import DataChanged, InvalidInput, NotFound
from services.operations import Op
from services.operator import Operator
from services.order_settlement import Charge, Decision, settle_in
from services.payment_limits import check_amount
from services.posting import Posted, find
from services.reasons import check_reason
from services.receipts import Receipt, receipt_now, receipt_number
from services.retries import retrying
from services.unit_of_work import Transaction, UnitOfWork

OWN_ORDER = "No puede resolver un pago que usted registró. Lo resuelve otro supervisor."


class Way(StrEnum):
    """Who pays what the biller charged."""

    APPLY = "apply"  # less was charged: the member pays that, the rest is theirs again
    HOUSE = "house"  # more was charged: the member pays what they authorised, the cooperative claims the rest
    MEMBER = "member"  # more was charged: the member, on the line and verified, agrees to pay all of it


OPS = {Way.APPLY: Op.BILLER_SETTLE, Way.HOUSE: Op.BILLER_SETTLE, Way.MEMBER: Op.BILLER_SETTLE_MORE}


class AsOrdered(NotFound):
    """No other amount any more: the ordinary step ends it."""

    code = "charged_as_ordered"
    default = "El recaudador ya no dice otro monto. Pregunte por el pago (P): se resuelve solo."


@dataclass(frozen=True, slots=True)
class LookAtCharge:
    order_id: str


@dataclass(frozen=True, slots=True)
class WrongCharge:
    """What was ordered and what was charged, in centésimos, and the ways in which it can be settled."""

    order_id: str
    number: str
    biller: str
    ordered: int
    charged: int

    @property
    def ways(self) -> tuple[Way, ...]:
        return (Way.APPLY,) if self.charged < self.ordered else (Way.HOUSE, Way.MEMBER)


@dataclass(frozen=True, slots=True)
class SettleCharge:
    """`charged`: the centésimos that the person saw; if the gateway says another amount now, nothing moves."""

    order_id: str
    charged: int
    way: Way
    reason: str


def look_at_charge(
    command: LookAtCharge, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork
) -> WrongCharge:
    """Ask the gateway what it charged. Moves nothing.

    Raises NotFound, AsOrdered, NotPermitted (own work), NoGateway, BillerSilent, and what authorisation raises.
    """
    with uow.begin(operator, Op.BILLER_SETTLE, member_id=_member_of(uow, command.order_id)) as tx:
        order, held = _open_order(tx, command.order_id)
        if gateway is None:
            raise NoGateway
        tx.record("biller.charge_view", about=command.order_id)
        tx.commit()
    charged = _charged(gateway, order)[1]
    name = " ".join(stored_name(Op(held.kind), order.biller, order.reference))
    return WrongCharge(order.id, receipt_number(held.seq, held.at), name, order.amount, charged)


def settle_charge(command: SettleCharge, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork) -> Receipt:
    """End the order by what the biller charged, once; answers its receipt, which tells both amounts.

    Raises InvalidInput (reason, way), NotFound for an order that ended meanwhile, AsOrdered, DataChanged (another
    amount than was seen), NotPermitted (own work), LimitExceeded, InsufficientFunds, AccountUnusable, NoGateway,
    BillerSilent, OutcomeUnknown, and what authorisation raises.
    """
    op, member_id = OPS[command.way], _member_of(uow, command.order_id)
    with uow.begin(operator, op, member_id=member_id) as tx:  # the right first; nothing is kept of it
        check_reason(command.reason)
        order, held = _open_order(tx, command.order_id)
        _check_way(tx, order, held, command)
        if gateway is None:
            raise NoGateway
    answer, charged = _charged(gateway, order)
    if charged != command.charged:
        raise DataChanged
    return retrying(lambda: _settle(command, operator, member_id, answer, uow))


def _settle(
    command: SettleCharge, operator: Operator, member_id: int | None, answer: OrderAnswer, uow: UnitOfWork
) -> Receipt:
    op, reason = OPS[command.way], check_reason(command.reason)
    with uow.begin(operator, op, member_id=member_id) as tx:
        order, held = _open_order(tx, command.order_id)
        _check_way(tx, order, held, command)
        day = panama_date(answer.record.at if answer.record else tx.now)
        charge = Charge(command.charged, all_by_member=command.way is Way.MEMBER, settled_by=operator.username)
        _state, ours = settle_in(tx, order.id, Decision(True, answer.gateway_ref, None, day, charge))
        if not ours:
            raise _gone()
        amounts = {"ordered": order.amount, "charged": command.charged, "way": command.way.value}
        tx.record(about=order.id, reason=reason, detail=amounts)
        receipt = receipt_now(tx, held)
        tx.commit()
    return receipt


def _member_of(uow: UnitOfWork, order_id: str) -> int | None:
    with uow.engine.connect() as connection:
        found = connection.execute(select(col(BillerOrder.member_id)).where(col(BillerOrder.id) == order_id)).scalar()
    return None if found is None else int(found)


def _open_order(tx: Transaction, order_id: str) -> tuple[Any, Posted]:
    """The order's row and the operation that set its money aside. Raises NotFound, NotPermitted for who registered
    it, under whatever user name."""
    query = select(BillerOrder.__table__)  # type: ignore[attr-defined]
    row: Any = tx.connection.execute(
        query.where(col(BillerOrder.id) == order_id, col(BillerOrder.state).in_(OPEN))
    ).first()
    held = find(tx, order_id) if row is not None else None
    if row is None or held is None:
        raise _gone()
    kind, _, number = held.actor.partition(":")
    if kind == "staff" and tx.operator.staff_id is not None:
        check_other_person(tx, tx.operator.staff_id, int(number), OWN_ORDER)
    return row, held


def _check_way(tx: Transaction, order: Any, held: Posted, command: SettleCharge) -> None:
    """More than was authorised leaves the account only by the member's own new decision, within the limits of such a
    payment and the share of who signs. Raises InvalidInput, LimitExceeded."""
    if (command.charged < order.amount) != (command.way is Way.APPLY):
        raise InvalidInput("Esa forma de resolver no es la de este cobro. Vuelva a abrirlo.")
    if command.way is Way.MEMBER:
        op = Op(held.kind)
        check_amount(command.charged, tx.policy.limits[op])
        own = tx.standing.single_limit if tx.standing else None
        check_share(tx.policy, op, command.charged, tx.operator.roles, own)


def _charged(gateway: BillerGateway, order: Any) -> tuple[OrderAnswer, int]:
    """What the gateway says now. Raises AsOrdered, BillerSilent, NotFound if it has something else under that id."""
    try:
        answer = gateway.status(order.id)
    except GatewayFailure:
        raise BillerSilent from None
    if told_otherwise(order, answer):
        raise NotFound("La pasarela tiene otro pedido con ese número. No se movió nada: reclame a la pasarela.")
    if answer.state is not OrderState.ACCEPTED or answer.amount in (None, order.amount):
        raise AsOrdered
    return answer, answer.amount or 0


def _gone() -> NotFound:
    return NotFound("Esa orden ya se resolvió o no existe. Actualice la lista.")


def way_words(way: Way, charge: WrongCharge) -> str:
    """What a way does, as it is chosen from."""
    ordered, charged = Money(charge.ordered).with_symbol(), Money(charge.charged).with_symbol()
    return {
        Way.APPLY: f"Cobrar {charged} y devolver la diferencia a la cuenta",
        Way.HOUSE: f"Cobrar lo autorizado, {ordered}; la cooperativa reclama la diferencia",
        Way.MEMBER: f"El asociado, en línea y verificado, acepta pagar {charged}",
    }[way]
