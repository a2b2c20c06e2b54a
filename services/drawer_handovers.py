"""Cash from one cashier's drawer to another's: it moves when the other accepts it in their own session (req. 43).

Until then it belongs to the drawer of who offers it, and neither drawer can be closed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import column, text
from sqlmodel import col, select

from data.tables import CashHandover, Drawer, Staff
from data.types import Int, String, Utc
from data.values.uuid7 import is_uuid7
from services import cash_kinds
from services.cash_count import CashCount
from services.drawer_rows import (
    NO_DRAWER_CASH,
    DrawerClosed,
    NotEnoughCash,
    cash_in,
    count_of,
    count_text,
    id_of,
    own_drawer,
)
from services.errors import CoopError, InvalidInput, KeyReused, NotFound
from services.faults import fault
from services.operations import Op
from services.operator import Operator
from services.posting import Leg, Posting, evidence, find, post
from services.receipts import Receipt, receipt_of
from services.retries import retrying
from services.staff_proof import known_username
from services.unit_of_work import Transaction, UnitOfWork

WAITING = text(
    "SELECT h.id, h.amount, h.count AS pieces, h.at, p.id AS giver_id, p.username AS giver, q.username AS receiver"
    " FROM cash_handover h JOIN drawer g ON g.id = h.from_drawer JOIN staff p ON p.id = g.staff_id"
    " JOIN drawer r ON r.id = h.to_drawer JOIN staff q ON q.id = r.staff_id"
    " WHERE h.state = 'waiting' AND (p.id = :me OR q.id = :me) ORDER BY h.at"
).columns(
    column("id", String()), column("amount", Int()), column("pieces", String()), column("at", Utc()),
    column("giver_id", Int()), column("giver", String()), column("receiver", String()),
)  # fmt: skip


class HandoverSettled(CoopError):
    code = "handover_settled"
    default = "Ese traslado ya fue aceptado, rechazado o anulado. Actualice la pantalla."


@dataclass(frozen=True, slots=True)
class OfferCash:
    """`to` is the other cashier's user name; `key` the UUIDv7 minted when the form opened."""

    key: str
    to: str
    count: CashCount


@dataclass(frozen=True, slots=True)
class SettleHandover:
    """The receiver's «accept» or «refuse», or the giver's «withdraw»."""

    handover_id: str
    answer: Literal["accept", "refuse", "withdraw"]


@dataclass(frozen=True, slots=True)
class Handover:
    """Cash on its way. `mine`: the operator offers it; else they are to receive it. `other`: the other cashier."""

    handover_id: str
    mine: bool
    other: str
    amount: int
    count: CashCount
    at: datetime


def offer_cash(command: OfferCash, operator: Operator, uow: UnitOfWork) -> Handover:
    """Offer it; nothing moves yet. The same key again answers with the first offer.

    Raises DrawerClosed, NotEnoughCash, NotFound (nobody else has an open drawer at this branch by that name),
    InvalidInput, KeyReused, and the errors of authorisation.
    """
    if not is_uuid7(command.key) or command.count.total <= 0:
        raise InvalidInput("Escriba cuántas piezas entrega.")

    def work() -> Handover:
        with uow.begin(operator, Op.DRAWER_WORK, alone=True) as tx:
            mine, cash = own_drawer(tx)
            other = _drawer_at(tx, mine, command.to)
            row = tx.session.get(CashHandover, command.key)
            asked = (mine.id, other.id, count_text(command.count))
            if row is not None and (row.from_drawer, row.to_drawer, row.count) != asked:
                raise KeyReused
            if row is None:
                if command.count.total > cash[mine.account_id]:
                    raise NotEnoughCash(NO_DRAWER_CASH)
                amount = command.count.total
                row = CashHandover(
                    id=command.key,
                    from_drawer=id_of(mine),
                    to_drawer=id_of(other),
                    amount=amount,
                    count=asked[2],
                    at=tx.now,
                )
                tx.session.add(row)
                tx.record("drawer.offer", about=row.id, detail={"to": f"drawer:{other.id}", "amount": amount})
                tx.commit()
            return Handover(row.id, True, known_username(command.to), row.amount, command.count, row.at)

    return retrying(work)


def settle_handover(command: SettleHandover, operator: Operator, uow: UnitOfWork) -> Receipt | None:
    """Accept (the cash moves, and the receipt of that is answered), refuse or withdraw (None). Once accepted, accepting
    again answers with the same receipt.

    Raises DrawerClosed, NotFound (not for this drawer), HandoverSettled, NotEnoughCash (the giver's drawer by now), and
    the errors of authorisation.
    """

    def work() -> Receipt | None:
        with uow.begin(operator, Op.DRAWER_WORK, alone=True) as tx:
            row = tx.session.get(CashHandover, command.handover_id)
            if row is None:
                raise NotFound
            giver = tx.session.get_one(Drawer, row.from_drawer)
            receiver = tx.session.get_one(Drawer, row.to_drawer)
            cash = cash_in(tx, (giver.account_id, receiver.account_id))
            tx.session.refresh(row, with_for_update=True)
            tx.session.refresh(giver)
            _check_whose(tx, giver if command.answer == "withdraw" else receiver)
            if row.state == "accepted" and command.answer == "accept":
                done = find(tx, row.id)
                return receipt_of(done) if done else None
            if row.state != "waiting" or giver.closed_at is not None:
                raise HandoverSettled
            if command.answer == "accept":
                return _accept(tx, row, giver, receiver, cash[giver.account_id])
            row.state = "refused" if command.answer == "refuse" else "withdrawn"
            row.settled_at = tx.now
            tx.session.add(row)
            tx.record("drawer.decline", about=row.id, detail={"state": row.state, "amount": row.amount})
            tx.commit()
            return None

    return retrying(work)


def handovers(operator: Operator, uow: UnitOfWork) -> tuple[Handover, ...]:
    """What waits for or from the operator's open drawer. Nothing about a member, so no event."""
    with uow.begin(operator, Op.DRAWER_WORK, touch=False) as tx:
        rows = tx.connection.execute(WAITING, {"me": operator.staff_id})
        return tuple(
            Handover(
                row.id,
                row.giver_id == operator.staff_id,
                row.receiver if row.giver_id == operator.staff_id else row.giver,
                row.amount,
                count_of(row.pieces),
                row.at,
            )
            for row in rows
        )


def _drawer_at(tx: Transaction, mine: Drawer, username: str) -> Drawer:
    """The open drawer of another cashier at the same branch. Raises NotFound."""
    query = (
        select(Drawer)
        .join(Staff, col(Staff.id) == col(Drawer.staff_id))
        .where(col(Staff.username) == known_username(username), col(Drawer.closed_at).is_(None))
        .where(col(Drawer.branch) == mine.branch, col(Drawer.id) != mine.id)
    )
    found = tx.session.exec(query).one_or_none()
    if found is None:
        raise NotFound("Esa persona no tiene una caja abierta en esta sucursal.", field="to")
    return found


def _check_whose(tx: Transaction, drawer: Drawer) -> None:
    """Only who the drawer belongs to, while it is open. Raises NotFound, DrawerClosed."""
    if drawer.staff_id != tx.operator.staff_id:
        raise NotFound
    if drawer.closed_at is not None:
        raise DrawerClosed


def _accept(tx: Transaction, row: CashHandover, giver: Drawer, receiver: Drawer, held: int) -> Receipt:
    if row.amount > held:
        raise NotEnoughCash("La otra caja ya no tiene ese efectivo. Pida que anule el traslado.")
    names = [tx.session.get_one(Staff, drawer.staff_id).username for drawer in (giver, receiver)]
    lines = [["Desde", f"Caja {names[0]}"], ["Hacia", f"Caja {names[1]}"]]
    legs = (Leg(receiver.account_id, giver.account_id, row.amount),)
    request = {"count": count_of(row.count).to_body(), "from_drawer": giver.id, "to_drawer": receiver.id}
    done = post(tx, Posting(row.id, cash_kinds.HANDOVER, legs, request, {"receipt": lines}))
    row.state, row.settled_at = "accepted", tx.now
    tx.session.add(row)
    tx.record(cash_kinds.HANDOVER, about=row.id, detail={"amount": row.amount, "from": names[0]} | evidence(done))
    fault("after_audit")
    tx.commit()
    return receipt_of(done)
