"""Kill a desk that pays billers between its steps, start again, let the worker go on: each key is paid once or never.

The gateway is the sandbox in a process of its own, over HTTP, and fails now and then. After each kill the next process
asks for what the journal has open and takes the next step of every open order; then both sides' books are compared.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx
from sqlalchemy import text

from data.engine import make_engine
from data.values.uuid7 import uuid7
from services.biller_gateway import BillerGateway
from services.biller_orders import attempt
from services.biller_payments import ConfirmBill, PrepareBill, confirm_bill, prepare_bill, resubmit_bill
from services.errors import DataChanged, InsufficientFunds
from services.journal import Journal
from services.operations import Op
from services.operator import Operator
from services.policy import load_policy
from services.sandbox_billers import CONTROL, Fault, SandboxBillers
from services.unit_of_work import UnitOfWork
from tests.faults.billing_oracle import judge_bills
from tests.faults.issuing import Report, cheap_hasher, fixed_secrets
from tests.faults.posting import Plan, Wire, arm, in_child, start
from tests.services.world import FrozenClock, World

POINTS = (
    "id_saved",
    "before_begin",
    "before_commit",
    "after_commit",
    "hold_committed",
    "order_claimed",
    "biller_answered",
    "before_settle",
    "after_settle",
    "after_ack",
)
OPENING = 1_000_00
DESKS = 3
TURNS = 25  # of one process, if nobody kills it
AMOUNTS = (1_00, 2_00, 3_00, 5_00)
FAULTS = (Fault.ANSWER_LOST, Fault.DOWN, Fault.REFUSED, Fault.DUPLICATE, Fault.MALFORMED)
OPEN = text("SELECT id FROM biller_order WHERE state IN ('pending', 'sent') ORDER BY id")


@dataclass(frozen=True, slots=True)
class Desk:
    """One agent with one verified member who has savings."""

    agent: Operator
    member: int
    source: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A store, desks, and a gateway at `gateway_url`; holds no connection."""

    url: str
    folder: Path
    gateway_url: str
    desks: tuple[Desk, ...]

    @property
    def journal(self) -> Path:
        return self.folder / "journal-1.jsonl"

    @property
    def minted(self) -> Path:
        """Every key that a form ever had, one a line."""
        return self.folder / "minted.txt"

    @property
    def acks(self) -> Path:
        """What a screen had shown, one JSON object a line."""
        return self.folder / "acks.jsonl"

    @property
    def gateway(self) -> BillerGateway:
        return BillerGateway(self.gateway_url, step_seconds=5, whole_seconds=5)

    def open(self) -> UnitOfWork:
        policy = load_policy()
        wide = replace(policy.limits[Op.BILLER_TOP_UP], member_daily=OPENING, agent_daily=OPENING)
        policy = replace(policy, limits={**policy.limits, Op.BILLER_TOP_UP: wide})
        return UnitOfWork(
            make_engine(self.url), clock=FrozenClock(), policy=policy, secrets=fixed_secrets(), hasher=cheap_hasher()
        )


def run_billing(url: str, folder: Path, kills: int, seed: int, name: str) -> Report:
    """Kill, restart, judge; `kills` times. The seed repeats points, passings, faults and what the desks do."""
    rng = random.Random(seed)
    points = [POINTS[number % len(POINTS)] for number in range(kills)]
    rng.shuffle(points)
    killed: Counter[str] = Counter()
    problems: list[str] = []
    started = time.monotonic()
    with sandbox(folder / "sandbox") as gateway_url:
        stage = _set_up(url, folder, gateway_url)
        for number, point in enumerate(points):
            plan = Plan(point, rng.randint(1, 4), 1, rng.randrange(2**32))
            where = f"seed {seed}, cycle {number}, {plan}"
            status = in_child(partial(_work, stage, plan))
            if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
                problems.append(f"{where}: not killed, status {status}")
                continue
            killed[point] += 1
            verdict = folder / "verdict.json"
            verdict.unlink(missing_ok=True)
            status = in_child(lambda verdict=verdict: verdict.write_text(json.dumps(_restart(stage))))
            found = json.loads(verdict.read_text()) if verdict.exists() else [f"the restart failed, status {status}"]
            problems += [f"{where}: {problem}" for problem in found]
    return Report(name, kills, seed, dict(killed), tuple(problems), int(time.monotonic() - started))


def _set_up(url: str, folder: Path, gateway_url: str) -> Stage:
    world = World(url, fixed_secrets(), cheap_hasher())
    desks = []
    for number in range(DESKS):
        agent, member = world.staff(f"agente{number}"), world.member(str(50_000 + number))
        world.lease(agent, member, level=2)
        desks.append(Desk(agent, member, world.account(member, balance=OPENING)))
    world.close()
    return Stage(url, folder, gateway_url, tuple(desks))


@contextlib.contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """The gateway in a process of its own, so that the processes that are forked here have one thread each."""
    reading, writing = os.pipe()

    def serve() -> None:
        with SandboxBillers(folder, now=FrozenClock().now) as sandbox:
            os.write(writing, sandbox.url.encode())
            os.close(writing)
            signal.pause()

    child = start(serve)
    os.close(writing)
    try:
        with os.fdopen(reading) as stream:
            yield stream.read()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def switch(gateway_url: str, fault: Fault | None) -> None:
    """Put a fault on for the next request, or mend all."""
    wanted = {"fault": fault, "times": 1, "biller": None, "seconds": None}
    with httpx.Client(trust_env=False) as client:
        client.request(
            "POST" if fault else "DELETE",
            gateway_url + CONTROL,
            content=json.dumps(wanted),
            headers={"Content-Type": "application/json"},
        ).raise_for_status()


# ---------------------------------------------------------------- the process that is killed


def _work(stage: Stage, plan: Plan) -> None:
    uow, journal = stage.open(), Journal(stage.journal)
    minted, acks = (os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) for path in (stage.minted, stage.acks))
    wire = Wire(journal, minted, acks)
    arm(plan)
    rng = random.Random(plan.seed)
    for _ in range(TURNS):
        if rng.random() < 0.4:
            switch(stage.gateway_url, rng.choice(FAULTS))
        if rng.random() < 0.2:
            take_steps(stage.gateway, uow)
        desk = rng.choice(stage.desks)
        with contextlib.suppress(InsufficientFunds, DataChanged):
            form = _form(desk, uow, rng)
            send = partial(confirm_bill, form, desk.agent, stage.gateway, uow)
            for _ in range(rng.choice((1, 1, 2))):
                wire.send(form.key, "bill", form.payload(), send)


def _form(desk: Desk, uow: UnitOfWork, rng: random.Random) -> ConfirmBill:
    amount, reference = rng.choice(AMOUNTS), f"6{rng.randrange(10**7):07d}"
    what = (Op.BILLER_TOP_UP, desk.member, desk.source, "mas-movil", reference, amount)
    return ConfirmBill(uuid7(), prepare_bill(PrepareBill(*what), desk.agent, uow).hash, *what)


def take_steps(gateway: BillerGateway, uow: UnitOfWork) -> None:
    """What the worker does, when everything is due."""
    with uow.engine.connect() as connection:
        open_orders = list(connection.execute(OPEN).scalars())
    for order_id in open_orders:
        attempt(order_id, gateway, uow, at_once=True)


# ---------------------------------------------------------------- the process after it


def _restart(stage: Stage) -> list[str]:
    """Ask for what the journal has open, twice; let the worker go on; then judge. Answers the problems."""
    switch(stage.gateway_url, None)
    uow, journal = stage.open(), Journal(stage.journal)
    agents = {desk.member: desk.agent for desk in stage.desks}
    problems = []
    for item in journal.open_items():
        agent = agents[item.payload["member_id"]]
        first, second = (resubmit_bill(item.payload, agent, uow) for _ in range(2))
        if (second.number, second.outcome) != (first.number, first.outcome):
            problems.append(f"{item.key} answered differently the second time")
        journal.settle(item.key, first.outcome)
    take_steps(stage.gateway, uow)
    minted = set(stage.minted.read_text().split()) if stage.minted.exists() else set()
    acks = [json.loads(line) for line in stage.acks.read_text().splitlines()] if stage.acks.exists() else []
    return problems + judge_bills(uow, stage.folder / "sandbox", OPENING * DESKS, acks, minted)
