"""The end of a payment to a biller: the money that was set aside leaves, or goes back (architecture, «Money»).

Both are one transaction: the ledger, the order, the event, the notice. The operation's key follows from the order's,
and a hold ends once: a crash between the gateway's answer and this can't post twice.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlmodel import col

from data.catalog.billers import load_billers
from data.tables import BillerOrder
from data.values.money import Money
from data.values.uuid7 import uuid7_after
from services import outbox
from services.favourite_uses import note_bill_use
from services.house_accounts import house_account
from services.operator import Operator
from services.posting import Leg, Maker, Posted, Posting, evidence, find, post
from services.receipts import TITLES, receipt_number
from services.unit_of_work import Transaction, UnitOfWork

PURPOSE = "coop-tui settlement v1"
#: Why a biller refused, as people are told.
REFUSALS = {
    "unknown_reference": "El recaudador no conoce ese número.",
    "amount_not_allowed": "El recaudador no admite ese monto.",
    "nothing_due": "No hay nada que pagar con ese número.",
    "biller_unavailable": "El recaudador no está disponible.",
    "duplicate": "El recaudador ya tiene un pago igual.",
    "rejected": "El recaudador no aceptó el pago.",
    "withdrawn": "La orden se retiró antes de que el recaudador la tomara.",
}
OTHER_REFUSAL = "El recaudador no aceptó el pago."


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gateway decided about an order, for the amount that was ordered. `decided_on`: the day of its file in
    which the order stands, None of one that it never took."""

    accepted: bool
    gateway_ref: str | None
    code: str | None
    decided_on: date | None


def settle(uow: UnitOfWork, operator: Operator, order_id: str, decision: Decision) -> str:
    """Post or give back; answers the order's state, which is another's if somebody was first.

    Raises AccountUnusable and InsufficientFunds if the ledger can't take it in, HoldEnded, StoreUnavailable.
    """
    with uow.begin_system(operator) as tx:
        # The row's lock: of two who settle one order the second sees what the first did.
        order = tx.connection.execute(
            select(col(BillerOrder.state), col(BillerOrder.biller), col(BillerOrder.reference))
            .where(col(BillerOrder.id) == order_id)
            .with_for_update()
        ).one()
        if order.state in ("paid", "refused"):
            return str(order.state)
        held = find(tx, order_id)
        if held is None:
            raise LookupError("an order without its hold")
        tx.member_id = held.member_id
        done = post(tx, _posting(tx, held, order.biller, decision))
        state = "paid" if decision.accepted else "refused"
        tx.connection.execute(
            update(BillerOrder)
            .where(col(BillerOrder.id) == order_id)
            .values(
                state=state,
                error=decision.code,
                gateway_ref=decision.gateway_ref,
                decided_on=decision.decided_on,
                settled_at=tx.now,
            )
        )
        if done.existed:  # the ledger had it already, and only the order's row had not
            tx.record(held.kind, result="repeated", about=done.id)
        else:
            if decision.accepted and held.member_id is not None:
                source, amount = held.content["hold"]["account"], held.content["hold"]["amount"]
                note_bill_use(tx, held.member_id, held.kind, order.biller, order.reference, amount, source)
            _tell(tx, held, done, decision)
        tx.commit()
    return state


def refusal(code: str | None) -> str:
    """Why a biller refused, in Spanish; a gateway's own code says nothing to people."""
    return REFUSALS.get(code or "", OTHER_REFUSAL)


def tell_waiting(tx: Transaction, order_id: str) -> None:
    """Tell the member of a payment that stays in process."""
    if (held := find(tx, order_id)) is not None:
        _notice(tx, held, "bill_waiting", {})


def _posting(tx: Transaction, held: Posted, biller_id: str, decision: Decision) -> Posting:
    content = held.content
    source, amount = content["hold"]["account"], content["hold"]["amount"]
    memo = f"{content['shown']['biller']} {content['shown']['reference']}"
    request = {"order": held.id, "gateway_ref": decision.gateway_ref, "memo": memo}
    lines = [["Ref. del recaudador", decision.gateway_ref]] if decision.gateway_ref else []
    if not decision.accepted:
        lines.append(["Motivo", refusal(decision.code)])
    biller = load_billers().get(biller_id)
    name = biller.name if biller else biller_id
    clearing = house_account(tx, f"REC-{biller_id}", f"RECAUDADOR {name}".upper())
    return Posting(
        key=uuid7_after(held.id, PURPOSE),
        kind=held.kind,
        legs=(Leg(source, clearing, amount),) if decision.accepted else (),
        request=request if decision.accepted else request | {"code": decision.code},
        shown={"receipt": lines},
        member_id=held.member_id,
        outcome="posted" if decision.accepted else "released",
        settles_hold=held.id,
        # Who registered it, from where: the program only carries out what they had agreed to.
        maker=Maker(held.actor, content["agent"], held.branch, held.terminal, held.channel, held.case_id),
    )


def _tell(tx: Transaction, held: Posted, done: Posted, decision: Decision) -> None:
    _notice(tx, held, "bill_paid" if decision.accepted else "bill_refused", {"reason": refusal(decision.code)})
    detail = evidence(done) | {"order": held.id, "amount": held.content["hold"]["amount"]}
    result = "ok" if decision.accepted else "released"
    tx.record(held.kind, result=result, about=done.id, reason=decision.code, detail=detail)


def _notice(tx: Transaction, held: Posted, template: str, more: dict[str, str]) -> None:
    if held.member_id is None:
        return
    context = {
        "kind": TITLES[held.kind],
        "number": receipt_number(held.seq, held.at),
        "biller": held.content["shown"]["biller"],
        "reference": held.content["shown"]["reference"],
        "amount": Money(held.content["hold"]["amount"]).with_symbol(),
    }
    outbox.notice(tx, held.member_id, template, context | more)
