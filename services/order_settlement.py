"""The end of a payment to a biller: the money that was set aside leaves, or goes back (architecture, «Money»).

Both are one transaction: the ledger, the order, the event, the notice. The operation's key follows from the order's,
and a hold ends once: a crash between the gateway's answer and this can't post twice.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

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

#: What billers charged beyond what was authorised, until they give it back.
CLAIMS = "DIF-RECAUDADORES"
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
class Charge:
    """Another amount than was ordered, above zero, in centésimos. `all_by_member`: they agreed to pay all of it;
    otherwise what they authorised is the most. `settled_by`: the user name of who decided it."""

    amount: int
    all_by_member: bool
    settled_by: str

    def paid_of(self, ordered: int) -> int:
        """What leaves the member's account."""
        return self.amount if self.all_by_member else min(self.amount, ordered)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gateway decided about an order. `decided_on`: the day of its file in which the order stands, None of one
    that it never took. `charge`: what it charged where that is not what was ordered."""

    accepted: bool
    gateway_ref: str | None
    code: str | None
    decided_on: date | None
    charge: Charge | None = None


def settle(uow: UnitOfWork, operator: Operator, order_id: str, decision: Decision) -> str:
    """Post or give back; answers the order's state, which is another's if somebody was first.

    Raises AccountUnusable and InsufficientFunds if the ledger can't take it in, HoldEnded, StoreUnavailable.
    """
    with uow.begin_system(operator) as tx:
        state, ours = settle_in(tx, order_id, decision)
        if ours:
            tx.commit()
    return state


def settle_in(tx: Transaction, order_id: str, decision: Decision) -> tuple[str, bool]:
    """The same in a transaction that the caller commits; with False if somebody was first: then nothing was done."""
    # The row's lock: of two who settle one order the second sees what the first did.
    order = tx.connection.execute(
        select(col(BillerOrder.state), col(BillerOrder.biller), col(BillerOrder.reference))
        .where(col(BillerOrder.id) == order_id)
        .with_for_update()
    ).one()
    if order.state in ("paid", "refused"):
        return str(order.state), False
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
            paid = decision.charge.paid_of(amount) if decision.charge else amount
            note_bill_use(tx, held.member_id, held.kind, order.biller, order.reference, paid, source)
        _tell(tx, held, done, decision)
    return state, True


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
    request: dict[str, Any] = {"order": held.id, "gateway_ref": decision.gateway_ref, "memo": memo}
    lines = [["Ref. del recaudador", decision.gateway_ref]] if decision.gateway_ref else []
    if not decision.accepted:
        lines.append(["Motivo", refusal(decision.code)])
    biller = load_billers().get(biller_id)
    name = biller.name if biller else biller_id
    if decision.charge:
        request |= {"charged": decision.charge.amount, "settled_by": decision.charge.settled_by}
        lines += _charge_lines(amount, decision.charge)
    clearing = house_account(tx, f"REC-{biller_id}", f"RECAUDADOR {name}".upper())
    return Posting(
        key=uuid7_after(held.id, PURPOSE),
        kind=held.kind,
        legs=_legs(tx, source, clearing, amount, decision.charge) if decision.accepted else (),
        request=request if decision.accepted else request | {"code": decision.code},
        shown={"receipt": lines},
        member_id=held.member_id,
        outcome="posted" if decision.accepted else "released",
        settles_hold=held.id,
        # Who registered it, from where: the program only carries out what they had agreed to.
        maker=Maker(held.actor, content["agent"], held.branch, held.terminal, held.channel, held.case_id),
    )


def _legs(tx: Transaction, source: int, clearing: int, ordered: int, charge: Charge | None) -> tuple[Leg, ...]:
    """The biller gets what it charged: the member gives what they agreed to, the house what it will claim back."""
    if charge is None:
        return (Leg(source, clearing, ordered),)
    paid = charge.paid_of(ordered)
    of_member = Leg(source, clearing, paid)
    if paid == charge.amount:
        return (of_member,)
    return of_member, Leg(house_account(tx, CLAIMS), clearing, charge.amount - paid)


def _charge_lines(ordered: int, charge: Charge) -> list[list[str]]:
    """What the receipt says of another amount: both, what left the account, and where the difference is."""
    paid = charge.paid_of(ordered)
    return [
        ["Monto ordenado", Money(ordered).with_symbol()],
        ["Cobró el recaudador", Money(charge.amount).with_symbol()],
        ["Salió de la cuenta", Money(paid).with_symbol()],
        ["Diferencia", difference_words(ordered, charge)],
    ]


def difference_words(ordered: int, charge: Charge) -> str:
    """Where the difference between what was ordered and what was charged is, in Spanish."""
    shown = Money(abs(charge.amount - ordered)).with_symbol()
    if charge.amount < ordered:
        return f"{shown} sigue en la cuenta"
    if charge.all_by_member:
        return f"{shown} aceptada por el asociado"
    return f"{shown} a cargo de la cooperativa"


def _tell(tx: Transaction, held: Posted, done: Posted, decision: Decision) -> None:
    ordered = held.content["hold"]["amount"]
    detail = evidence(done) | {"order": held.id, "amount": ordered}
    if decision.charge:
        charge = decision.charge
        more = {
            "charged": Money(charge.amount).with_symbol(),
            "paid": Money(charge.paid_of(ordered)).with_symbol(),
            "difference": difference_words(ordered, charge),
        }
        _notice(tx, held, "bill_charged", more)
        detail["charged"] = charge.amount
    else:
        _notice(tx, held, "bill_paid" if decision.accepted else "bill_refused", {"reason": refusal(decision.code)})
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
