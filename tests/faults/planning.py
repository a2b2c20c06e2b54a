"""Kill the worker while it pays what is scheduled, and a desk while it confirms a basket: each date and each basket is
paid once or not at all, never in part, and the next worker or the same form again ends what was begun.

Each cycle is a day of its own with a real SIGKILL at one write point, while billers fail at a gateway in another
process (billing.py). What is judged: planning_oracle.py.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from data.values.dates import panama_date
from data.values.uuid7 import uuid7
from services import faults
from services.baskets import (
    BasketPaid,
    ConfirmBasket,
    KeyedItem,
    PrepareBasket,
    basket_of,
    confirm_basket,
    prepare_basket,
    resubmit_basket,
)
from services.biller_payments import PrepareBill
from services.calendar_rules import BusinessRule, Every
from services.errors import DataChanged, InsufficientFunds
from services.journal import Journal, submit
from services.operations import Op
from services.payments import PreparePayment
from services.schedule_runs import run_due
from services.schedule_subjects import PlannedPayment
from services.schedules import CreateSchedule, PrepareSchedule, create_schedule, prepare_schedule
from services.unit_of_work import UnitOfWork
from tests.faults.billing import FAULTS, sandbox, switch, take_steps
from tests.faults.issuing import Report
from tests.faults.planning_oracle import judge_plans
from tests.faults.planning_stage import Desk, Stage, set_up_plans
from tests.faults.posting import Plan, arm, in_child

OUTSIDE = ("order_claimed", "biller_answered", "before_settle", "after_settle")
WORKER_POINTS = (
    "schedule_before_begin",
    "after_operation_insert",
    "schedule_before_commit",
    "schedule_refused",
    "before_commit",
    "after_commit",
    *OUTSIDE,
)
BASKET_POINTS = (
    "id_saved",
    "before_begin",
    "after_operation_insert",
    "after_audit",
    "basket_item",
    "before_commit",
    "after_commit",
    "basket_committed",
    "after_ack",
    *OUTSIDE,
)
#: One of each in turn, so that a short run has both.
POINTS = tuple(
    point
    for pair in itertools.zip_longest(
        (f"basket {name}" for name in BASKET_POINTS), (f"worker {name}" for name in WORKER_POINTS)
    )
    for point in pair
    if point
)
TOO_MUCH = 900_000_00  # of a schedule that finds no funds
TURNS = 30  # of one process, if nobody kills it
AMOUNTS = (1_00, 2_00, 3_00, 5_00)


def run_planning(url: str, folder: Path, kills: int, seed: int, name: str) -> Report:
    """Kill, restart, judge; `kills` times, a day each. The seed repeats points, passings and what is planned."""
    rng = random.Random(seed)
    points = [POINTS[number % len(POINTS)] for number in range(kills)]
    rng.shuffle(points)
    killed: Counter[str] = Counter()
    problems: list[str] = []
    started = time.monotonic()
    with sandbox(folder / "sandbox") as gateway_url:
        stage = set_up_plans(url, folder, gateway_url)
        for number, point in enumerate(points):
            stage = replace(stage, day=stage.day + rng.choice((1, 1, 3)))
            plan = Plan(point, rng.randint(1, 3), 1, rng.randrange(2**32))
            where = f"seed {seed}, cycle {number}, {plan}"
            status = in_child(partial(_work, stage, plan))
            if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
                problems.append(f"{where}: not killed, status {status}")
                continue
            killed[point] += 1
            verdict = folder / "verdict.json"
            verdict.unlink(missing_ok=True)
            status = in_child(partial(_judge, stage, plan, verdict))
            found = json.loads(verdict.read_text()) if verdict.exists() else [f"the restart failed, status {status}"]
            problems += [f"{where}: {problem}" for problem in found]
    return Report(name, kills, seed, dict(killed), tuple(problems), int(time.monotonic() - started))


# ---------------------------------------------------------------- the process that is killed


def _work(stage: Stage, plan: Plan) -> None:
    use, point = plan.point.split()
    uow, journal = stage.open(), Journal(stage.journal)
    rng = random.Random(plan.seed)
    armed = _hook(replace(plan, point=point))
    for turn in range(TURNS):
        if rng.random() < 0.4:
            switch(stage.gateway_url, rng.choice(FAULTS))
        _schedule(stage, uow, rng, too_much=turn % 4 == 1)
        with _only(armed, use == "worker"):
            _worker_round(stage, uow, both=rng.random() < 0.3)
        for _ in range(2):
            with contextlib.suppress(InsufficientFunds, DataChanged):
                form = _basket(rng.choice(stage.desks), uow, rng)
                with _only(armed, use == "basket"):
                    _send(stage, journal, form, uow)


def _hook(plan: Plan) -> Callable[[str], None]:
    arm(plan)
    hook, faults.hook = faults.hook, None
    if hook is None:
        raise LookupError("nothing was armed")
    return hook


@contextlib.contextmanager
def _only(hook: Callable[[str], None], wanted: bool) -> Iterator[None]:
    """Die nowhere but in here, if at all."""
    faults.hook = hook if wanted else None
    try:
        yield
    finally:
        faults.hook = None


def _worker_round(stage: Stage, uow: UnitOfWork, *, both: bool) -> None:
    """One worker, or two at once: of what is due, then of the orders."""
    rounds = [threading.Thread(target=run_due, args=(uow,), kwargs={"bills": True}) for _ in range(1 + both)]
    for one in rounds:
        one.start()
    for one in rounds:
        one.join()
    take_steps(stage.gateway, uow)


def _schedule(stage: Stage, uow: UnitOfWork, rng: random.Random, *, too_much: bool) -> None:
    """One more plan, whose first date is today, or one that no account can pay."""
    desk, today = rng.choice(stage.desks), panama_date(uow.clock.now())
    ways: tuple[dict[str, Any], ...] = (
        {"op": Op.TRANSFER_OWN, "to_account": desk.second},
        {"op": Op.QUOTA_PAY, "to_account": desk.quota},
        {"op": Op.CARD_PAY, "to_account": desk.card},
        {"op": Op.BILLER_TOP_UP, "biller": "mas-movil", "reference": f"6{rng.randrange(10**7):07d}"},
    )
    where = ways[0] if too_much else rng.choice(ways)
    amount = TOO_MUCH if too_much else rng.choice(AMOUNTS)
    every = rng.choice((Every.ONCE, Every.WEEK))
    times = None if every is Every.ONCE else rng.randint(1, 3)
    payment = PlannedPayment(
        member_id=desk.member, from_account=desk.savings, first_on=today, every=every, amount=amount, times=times,
        rule=BusinessRule.SAME.value, **where,
    )  # fmt: skip
    key = uuid7()
    note = {"schedule": key, "first": today.isoformat(), "times": times or 1, "amount": amount, "member": desk.member}
    shown = prepare_schedule(PrepareSchedule(payment), desk.agent, uow)
    create_schedule(CreateSchedule(key, shown.hash, payment), desk.agent, uow)
    _note(stage.minted, note)


def _basket(desk: Desk, uow: UnitOfWork, rng: random.Random) -> ConfirmBasket:
    number = f"6{rng.randrange(10**7):07d}"
    items: tuple[PreparePayment | PrepareBill, ...] = (
        PreparePayment(Op.TRANSFER_OWN, desk.member, desk.savings, desk.second, rng.choice(AMOUNTS)),
        PrepareBill(Op.BILLER_TOP_UP, desk.member, desk.savings, "mas-movil", number, rng.choice(AMOUNTS)),
        PreparePayment(Op.QUOTA_PAY, desk.member, desk.savings, desk.quota, rng.choice(AMOUNTS)),
    )
    chosen = rng.sample(items, rng.randint(2, 3))
    shown = prepare_basket(PrepareBasket(desk.member, tuple(chosen)), desk.agent, uow)
    return ConfirmBasket(uuid7(), shown.hash, desk.member, tuple(KeyedItem(uuid7(), item) for item in chosen))


def _send(stage: Stage, journal: Journal, form: ConfirmBasket, uow: UnitOfWork) -> None:
    agent = next(desk.agent for desk in stage.desks if desk.member == form.member_id)
    _note(stage.minted, {"basket": form.key, "keys": [item.key for item in form.items]})
    send = partial(confirm_basket, form, agent, stage.gateway, uow)
    _show(stage, form, submit(journal, form.key, "basket", json.loads(json.dumps(form.payload())), send))


def _show(stage: Stage, form: ConfirmBasket, paid: BasketPaid) -> None:
    plain = json.loads(json.dumps(form.payload()))
    for item, receipt in zip(plain["items"], paid.receipts, strict=True):
        shown = {"key": item["key"], "outcome": receipt.outcome, "number": receipt.number, "payload": item["payment"]}
        _note(stage.acks, shown)


def _note(path: Path, value: dict[str, object]) -> None:
    """One line in one write: the death of the process can't tear it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, json.dumps(value).encode() + b"\n")
    os.close(descriptor)


# ---------------------------------------------------------------- the process after it


def _judge(stage: Stage, plan: Plan, verdict: Path) -> None:
    verdict.write_text(json.dumps(_restart(stage, random.Random(plan.seed))))


def _restart(stage: Stage, rng: random.Random) -> list[str]:
    """End what was begun: the open baskets by the same form again or given up, the plans and orders by the worker, all
    of it twice; then judge. Answers the problems."""
    switch(stage.gateway_url, None)
    uow, journal = stage.open(), Journal(stage.journal)
    agents = {desk.member: desk.agent for desk in stage.desks}
    problems = []
    for item in journal.open_items():
        form, agent = basket_of(item.payload), agents[item.payload["member_id"]]
        if rng.random() < 0.5:
            _show(stage, form, confirm_basket(form, agent, stage.gateway, uow))
        first, second = (resubmit_basket(item.payload, agent, uow).receipts for _ in range(2))
        if [one.number for one in first] != [one.number for one in second]:
            problems.append(f"{item.key} answered differently the second time")
        journal.settle(item.key, "answered")
    run_due(uow, bills=True)
    if run_due(uow, bills=True):
        problems.append("a second round of the worker found something to pay")
    take_steps(stage.gateway, uow)
    notes = [json.loads(line) for line in stage.minted.read_text().splitlines()] if stage.minted.exists() else []
    acks = [json.loads(line) for line in stage.acks.read_text().splitlines()] if stage.acks.exists() else []
    return problems + judge_plans(uow, stage.folder / "sandbox", stage.total, acks, notes)
