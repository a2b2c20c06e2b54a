"""What must be true between forms, ledger, trail and the gateway's own book, once the worker has gone on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

from services.biller_contract import OrderState
from services.ledger_check import check
from services.sandbox_biller_book import OrderBook
from services.unit_of_work import UnitOfWork
from tests.faults.oracle import chain

OPERATIONS = text("SELECT id, outcome, settles_hold, seq FROM operation WHERE kind = 'biller.top_up'")
ORDERS = text("SELECT id, state, amount FROM biller_order")
TOLD = text(
    "SELECT object FROM audit_event WHERE action = 'biller.top_up' AND result IN ('ok', 'held', 'released', 'rejected')"
)
NOTICES = text("SELECT count(*) FROM outbox WHERE template <> 'bill_waiting'")
LEFT = text("SELECT sum(balance) AS balance, sum(held) AS held FROM account WHERE tracked")


def judge_bills(
    uow: UnitOfWork, book: Path, total: int, acks: Sequence[Mapping[str, Any]], minted: set[str]
) -> list[str]:
    """Everything that is wrong; empty if nothing is. `total` centésimos were there at the beginning."""
    with uow.engine.connect() as connection:
        operations = connection.execute(OPERATIONS).all()
        orders = connection.execute(ORDERS).all()
        events = Counter(connection.execute(TOLD).scalars())
        notices = connection.execute(NOTICES).scalar()
        left = connection.execute(LEFT).one()
    taken = [entry.record for entry in OrderBook(book).entries.values() if entry.record.state is OrderState.ACCEPTED]
    accepted = {record.id: record.amount for record in taken}
    paid = {row.id: row.amount for row in orders if row.state == "paid"}
    ends = {row.settles_hold: row.outcome for row in operations if row.settles_hold}
    first = {row.id: row for row in operations if not row.settles_hold}
    wrong = {
        f"here {len(paid)} paid, there {len(accepted)} accepted, or not the same": paid != accepted,
        "what the ledger posted is not what was accepted": accepted.keys()
        != {key for key, outcome in ends.items() if outcome == "posted"},
        f"{left.held} held, {len(orders)} orders, {len(ends)} ended": left.held
        or {row.id for row in orders} != ends.keys(),
        f"{left.balance} left of {total} after {sum(paid.values())}": left.balance != total - sum(paid.values()),
        f"{len(operations)} operations, told of {sum(events.values())} times": events
        != Counter(row.id for row in operations),
        f"{len(ends)} ended, {notices} notices": notices != len(ends),
    }
    problems = [f"ledger check: {finding}" for finding in check(uow)]
    problems += [words for words, is_wrong in wrong.items() if is_wrong]
    problems += [f"{key} is no form's key" for key in (first.keys() | accepted.keys()) - minted]
    return problems + [problem for ack in acks for problem in _told(ack, first, ends)] + chain(uow)


def _told(ack: Mapping[str, Any], first: Mapping[str, Any], ends: Mapping[str, str]) -> list[str]:
    """What was shown as done must be there; what was shown in process has ended either way."""
    row = first.get(ack["key"])
    if row is None or row.outcome != "held" or not ack["number"].endswith(f"{row.seq:07d}"):
        return [f"{ack['key']} was acknowledged and is lost"]
    if ack["outcome"] != "held" and ends.get(ack["key"]) != ack["outcome"]:
        return [f"{ack['key']} was told {ack['outcome']} and is {ends.get(ack['key'])}"]
    return []
