"""One step of one order at the billers' gateway: claim it, ask, write down what came of it (architecture, «Money»).

The form's confirmation and the worker take the same step. What the gateway accepts is posted, what it refuses is given
back; what it leaves unanswered stays set aside and is asked for again, as often as it takes: nobody but the gateway
knows whether the money moved. Sending twice is safe, since an order's id is the gateway's key too; posting twice is
impossible, since a hold ends once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import col

from data.catalog.billers import PaymentKind
from data.engine import writing
from data.tables import BillerOrder
from data.values.dates import panama_date
from services.biller_contract import GatewayFailure, GatewayUnavailable, Order, OrderAnswer, OrderState
from services.biller_gateway import BillerGateway
from services.errors import AccountUnusable, InsufficientFunds, StoreUnavailable
from services.faults import fault
from services.operator import system_operator
from services.order_settlement import Decision, settle, tell_waiting
from services.policy import BillersPolicy
from services.posting import HoldEnded
from services.retries import retrying
from services.unit_of_work import UnitOfWork

WORKER = "recaudadores"
OPEN = ("pending", "sent")
ROUND = 50  # orders of one round of the worker
#: Troubles that no repetition mends: somebody has to talk to the gateway.
WRONG_AMOUNT, CONFLICT = "wrong_amount", "conflict"


@dataclass(frozen=True, slots=True)
class Attempted:
    """How an order stands after a step. `taken`: this step was ours; otherwise somebody else has it, or it is over."""

    state: str  # pending | sent | paid | refused
    error: str | None = None
    taken: bool = True


@dataclass(frozen=True, slots=True)
class Claimed:
    """An order that this step has. `was_sent`: an earlier step may have reached the gateway. `attempts` is the claim's
    own number."""

    id: str
    member_id: int
    biller: str
    mode: str
    reference: str
    extra: str | None
    amount: int
    attempts: int
    was_sent: bool
    day: date

    def order(self) -> Order:
        return Order(self.id, self.biller, PaymentKind(self.mode), self.reference, self.extra, self.amount)


def attempt(order_id: str, gateway: BillerGateway, uow: UnitOfWork, *, at_once: bool = False) -> Attempted:
    """Take the next step of an order that is due, or of any that is open with `at_once`. Several may try at once.

    Raises StoreUnavailable and OutcomeUnknown (the step is taken again later), LookupError if there is no such order;
    nothing of what the gateway does.
    """
    return _step(order_id, uow, lambda order: _ask(gateway, order), at_once=at_once)


def withdraw(order_id: str, gateway: BillerGateway, uow: UnitOfWork) -> Attempted:
    """The step of a person who gives an open order up: the gateway closes its id if it never saw it, and answers how
    it stands if it did. Raises what `attempt` raises."""
    return _step(order_id, uow, lambda order: gateway.withdraw(order.id), at_once=True)


def _step(order_id: str, uow: UnitOfWork, ask: Callable[[Claimed], OrderAnswer], *, at_once: bool) -> Attempted:
    order = _claim(uow, order_id, at_once=at_once)
    if order is None:
        return _standing(uow, order_id)
    fault("order_claimed")
    try:
        answer = ask(order)
    except GatewayFailure as failure:
        return _put_off(uow, order, failure.code, unsent=isinstance(failure, GatewayUnavailable))
    fault("biller_answered")
    return _conclude(uow, order, answer)


def _conclude(uow: UnitOfWork, order: Claimed, answer: OrderAnswer) -> Attempted:
    """Post or give back what the gateway decided, unless it decided on something else than what was ordered: then
    nothing moves and a person has to look."""
    if trouble := _trouble(order, answer):
        return _put_off(uow, order, trouble, answer=answer)
    fault("before_settle")
    try:
        state = retrying(lambda: settle(uow, system_operator(WORKER), order.id, _decision(answer, uow)))
    except (AccountUnusable, InsufficientFunds, HoldEnded) as error:
        # It was paid there and the ledger can't take it in (the account was closed meanwhile): for a person to mend.
        return _put_off(uow, order, error.code, answer=answer)
    fault("after_settle")
    return Attempted(state)


def settle_due(uow: UnitOfWork, gateway: BillerGateway | None) -> int:
    """Take the next step of the orders that are due, oldest first; answers how many ended. A worker's task.

    A gateway that fails is left alone until the next round: the rest would wait for it one by one.
    """
    if gateway is None:
        return 0
    ended = 0
    for order_id in _due(uow):
        done = attempt(order_id, gateway, uow)
        if done.state not in OPEN:
            ended += 1
        elif done.taken and done.error not in (WRONG_AMOUNT, CONFLICT):
            break
    return ended


def next_pause(policy: BillersPolicy, attempts: int) -> timedelta:
    """Until an order is asked for again after so many steps: twice as long each time, up to the policy's most."""
    seconds = policy.first_retry_seconds << min(attempts - 1, 20)
    return min(timedelta(seconds=seconds), timedelta(minutes=policy.most_retry_minutes))


def _ask(gateway: BillerGateway, order: Claimed) -> OrderAnswer:
    """What the gateway made of it. What may have got there before is asked for first; what is unknown there is ordered
    again under its id."""
    if order.was_sent:
        known = gateway.status(order.id)
        if known.state is not OrderState.UNKNOWN:
            return known
    return gateway.order(order.order())


def told_otherwise(order: Any, answer: OrderAnswer) -> bool:
    """Whether the gateway's record of an order's id is about something else than was ordered."""
    record = answer.record
    if record is None:
        return False
    theirs = (record.biller, record.mode.value, record.reference, record.extra)
    return theirs != (order.biller, order.mode, order.reference, order.extra)


def _trouble(order: Claimed, answer: OrderAnswer) -> str | None:
    if told_otherwise(order, answer):
        return CONFLICT
    if answer.state is OrderState.ACCEPTED and answer.amount != order.amount:
        return WRONG_AMOUNT
    return None


def _decision(answer: OrderAnswer, uow: UnitOfWork) -> Decision:
    at = answer.record.at if answer.record else uow.clock.now()
    return Decision(
        accepted=answer.state is OrderState.ACCEPTED,
        gateway_ref=answer.gateway_ref,
        code=answer.code or (answer.state.value if answer.state is OrderState.WITHDRAWN else None),
        decided_on=panama_date(at) if answer.record else None,
    )


def _due(uow: UnitOfWork) -> list[str]:
    query = (
        select(col(BillerOrder.id))
        .where(col(BillerOrder.state).in_(OPEN), col(BillerOrder.next_at) <= uow.clock.now())
        .order_by(col(BillerOrder.next_at), col(BillerOrder.id))
        .limit(ROUND)
    )
    try:
        with uow.engine.connect() as connection:
            return list(connection.execute(query).scalars())
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error


def _claim(uow: UnitOfWork, order_id: str, *, at_once: bool) -> Claimed | None:
    """Take the order for a step, or None if it is not to be had. It is put off first, so that a step whose process
    dies is taken again; bookkeeping, which the trail does not tell of."""
    now = uow.clock.now()
    try:
        with writing(uow.engine).begin() as connection:
            row = connection.execute(
                select(
                    *(col(getattr(BillerOrder, name)) for name in Claimed.__slots__ if name != "was_sent"),
                    col(BillerOrder.state),
                    col(BillerOrder.next_at),
                ).where(col(BillerOrder.id) == order_id, col(BillerOrder.state).in_(OPEN))
            ).first()
            if row is None or (row.next_at > now and not at_once):
                return None
            fields = {name: value for name, value in row._mapping.items() if name in Claimed.__slots__}
            order = Claimed(**fields | {"attempts": row.attempts + 1, "was_sent": row.state == "sent"})
            taken = _write(
                connection, order_id, row.attempts, state="sent", attempts=order.attempts,
                next_at=now + next_pause(uow.policy.billers, order.attempts),
            )  # fmt: skip
            return order if taken.rowcount == 1 else None
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error


def _put_off(
    uow: UnitOfWork, order: Claimed, code: str, *, unsent: bool = False, answer: OrderAnswer | None = None
) -> Attempted:
    """Leave it for later and say why. `unsent`: this step reached nobody."""
    state = "pending" if unsent and not order.was_sent else "sent"
    values: dict[str, Any] = {"state": state, "error": code}
    if answer is not None:
        values["gateway_ref"] = answer.gateway_ref
    with uow.begin_system(system_operator(WORKER), member_id=order.member_id) as tx:
        if _write(tx.connection, order.id, order.attempts, **values).rowcount != 1:
            return Attempted(state, code, taken=False)
        if order.attempts == 1:
            tell_waiting(tx, order.id)
        tx.record("biller.wait", result="failed", about=order.id, reason=code, detail={"attempt": order.attempts})
        tx.commit()
    return Attempted(state, code)


def _write(connection: Any, order_id: str, claim: int, **values: Any) -> CursorResult[Any]:
    """Change an open order, unless somebody took another step with it meanwhile."""
    done: CursorResult[Any] = connection.execute(
        update(BillerOrder)
        .where(
            col(BillerOrder.id) == order_id,
            col(BillerOrder.attempts) == claim,
            col(BillerOrder.state).in_(OPEN),
        )
        .values(**values)
    )
    return done


def _standing(uow: UnitOfWork, order_id: str) -> Attempted:
    try:
        with uow.engine.connect() as connection:
            row = connection.execute(
                select(col(BillerOrder.state), col(BillerOrder.error)).where(col(BillerOrder.id) == order_id)
            ).first()
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error
    if row is None:
        raise LookupError("no such order")
    return Attempted(row.state, row.error, taken=False)
