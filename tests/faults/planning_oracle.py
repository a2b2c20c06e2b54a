"""What must be true of plans, baskets, ledger and the gateway's own book, once the worker has gone on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from data.values.dates import panama_date
from services.biller_contract import OrderState
from services.sandbox_biller_book import OrderBook
from services.schedule_runs import Due
from services.unit_of_work import UnitOfWork
from tests.faults.oracle import judge

RUNS = text("SELECT schedule_id, due_on, state, attempts, operation_id FROM schedule_run ORDER BY schedule_id, due_on")
OPERATIONS = text("SELECT id, outcome, channel, settles_hold FROM operation WHERE kind <> 'opening'")
MOVED = text("SELECT operation_id, sum(amount) AS amount FROM transfer GROUP BY operation_id")
ORDERS = text("SELECT id, state, amount FROM biller_order")
NOTICES = text("SELECT template, count(*) FROM outbox WHERE template LIKE 'schedule%' GROUP BY template")
HELD = text("SELECT coalesce(sum(held), 0) FROM account")
LIVE = ("posted", "held")


def judge_plans(
    uow: UnitOfWork, book: Path, total: int, acks: Sequence[Mapping[str, Any]], notes: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Everything that is wrong; empty if nothing is. `total` centésimos were there at the beginning; `notes` tell of
    every schedule that was made and every basket that was sent (planning.py)."""
    today = panama_date(uow.clock.now())
    plans = {note["schedule"]: note for note in notes if "schedule" in note}
    baskets = [note["keys"] for note in notes if "basket" in note]
    with uow.engine.connect() as connection:
        rows = connection.execute(OPERATIONS).all()
        runs = connection.execute(RUNS).all()
        moved = {row.operation_id: int(row.amount) for row in connection.execute(MOVED)}
        orders = {row.id: row for row in connection.execute(ORDERS)}
        notices = {row[0]: row[1] for row in connection.execute(NOTICES)}
        held = connection.execute(HELD).scalar()
    operations = {row.id: row.outcome for row in rows if row.settles_hold is None}
    by_program = {row.id for row in rows if row.channel == "sistema" and row.outcome in LIVE and not row.settles_hold}
    problems = _plans(plans, runs, today)
    done = {run.operation_id: plans.get(run.schedule_id, {}).get("amount") for run in runs if run.state == "done"}
    paid = {key: orders[key].amount if key in orders else moved.get(key) for key in by_program}
    if paid != done:
        problems.append(f"{len(done)} dates are told as paid, {len(paid)} payments of the program, or not the same")
    for keys in baskets:
        found = {operations.get(key) in LIVE for key in keys}
        if len(found) != 1:
            problems.append(f"a basket was paid in part: {[operations.get(key) for key in keys]}")
    problems += _orders(orders, book, held)
    failed = sum(run.state == "failed" for run in runs)
    if Counter(notices) != Counter({"schedule_created": len(plans), "schedule_failed": failed}):
        problems.append(f"{len(plans)} plans, {failed} failed dates, and the notices are {notices}")
    minted = {key for keys in baskets for key in keys} | {key for plan in plans.values() for key in _keys(plan, runs)}
    return problems + judge(uow, total, list(map(dict, acks)), [], minted)


def _plans(plans: Mapping[str, Any], runs: Sequence[Any], today: date) -> list[str]:
    """Each date until today was taken once, by the plan's own arithmetic, and none before its day."""
    taken = defaultdict(list)
    for run in runs:
        taken[run.schedule_id].append(date.fromisoformat(str(run.due_on)))
    problems = [f"plan {key} was never made" for key in taken.keys() - plans.keys()]
    for key, plan in plans.items():
        wanted = [day for day in _days(plan) if day <= today]
        if taken[key] != wanted:
            problems.append(f"plan {key}: due {[*map(str, wanted)]}, done {[*map(str, taken[key])]}")
    return problems


def _days(plan: Mapping[str, Any]) -> list[date]:
    first = date.fromisoformat(plan["first"])
    return [first + timedelta(weeks=number) for number in range(plan["times"])]


def _keys(plan: Mapping[str, Any], runs: Sequence[Any]) -> Iterator[str]:
    """The key of every try that was made, as whoever makes it finds it."""
    for run in runs:
        if run.schedule_id == plan["schedule"]:
            on = date.fromisoformat(str(run.due_on))
            yield from (Due(run.schedule_id, plan["member"], on, attempt).key for attempt in range(1, run.attempts + 1))


def _orders(orders: Mapping[str, Any], book: Path, held: int) -> list[str]:
    """Nothing is open or set aside, and the gateway's own book says the same."""
    taken = [entry.record for entry in OrderBook(book).entries.values() if entry.record.state is OrderState.ACCEPTED]
    problems = [f"{held} centésimos are still set aside"] if held else []
    problems += [f"order {key} is {row.state}" for key, row in orders.items() if row.state not in ("paid", "refused")]
    paid = {key: row.amount for key, row in orders.items() if row.state == "paid"}
    if paid != {record.id: record.amount for record in taken}:
        problems.append(f"here {len(paid)} orders are paid, there {len(taken)} accepted, or not the same")
    return problems
