"""Kill a desk at a named point of posting, start again, resubmit from its journal: nothing lost, doubled or half done.

Each cycle is a real process with a real SIGKILL, on SQLite or PostgreSQL, with one or several desks at work in it. The
next process reads the journal, asks again under the same keys, and then the oracle looks at everything (oracle.py).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text

from data.engine import make_engine
from data.values.uuid7 import uuid7
from services import faults
from services.errors import InsufficientFunds
from services.journal import Journal, OpenItem, submit
from services.operations import Op
from services.operator import Operator, Role
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare, resubmit
from services.policy import load_policy
from services.receipts import Receipt
from services.reversals import Reverse, reverse
from services.unit_of_work import UnitOfWork
from tests.faults.issuing import Report, cheap_hasher, fixed_secrets
from tests.faults.oracle import judge
from tests.services.world import FrozenClock, World

POINTS = (
    "id_saved",
    "before_begin",
    "after_operation_insert",
    "after_audit",
    "before_commit",
    "after_commit",
    "after_ack",
)
OPENING = 1_000_00
DESKS = 4
TURNS = 40  # of one desk in one process, if nobody kills it
REVERSAL = "operation.reverse"
WRONG_TOTAL = 9


@dataclass(frozen=True, slots=True)
class Desk:
    """One agent with one verified member and their three accounts."""

    agent: Operator
    member: int
    accounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A store with desks at work; safe to carry over a fork, since it holds no connection."""

    url: str
    folder: Path
    desks: tuple[Desk, ...]
    boss: Operator

    @property
    def total(self) -> int:
        return OPENING * 3 * len(self.desks)

    @property
    def journal(self) -> Path:
        return self.folder / "journal-1.jsonl"

    @property
    def minted(self) -> Path:
        """Every key that a form ever had, one a line."""
        return self.folder / "minted.txt"

    @property
    def acks(self) -> Path:
        """What a screen had shown as done, one JSON object a line."""
        return self.folder / "acks.jsonl"

    def open(self) -> UnitOfWork:
        engine = make_engine(self.url)
        return UnitOfWork(
            engine, clock=FrozenClock(), policy=load_policy(), secrets=fixed_secrets(), hasher=cheap_hasher()
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """One cycle: where the process dies, at which passing of that point, how many desks work in it."""

    point: str
    passing: int
    desks: int
    seed: int


@dataclass(frozen=True, slots=True)
class Wire:
    """How a desk sends: through the journal, noting each key that it minted and each answer that it showed."""

    journal: Journal
    minted: int
    acks: int

    def send(self, key: str, kind: str, payload: dict[str, Any], send: Callable[[], Receipt]) -> None:
        os.write(self.minted, f"{key}\n".encode())
        receipt = submit(self.journal, key, kind, payload, send)
        shown = {"key": key, "outcome": receipt.outcome, "number": receipt.number, "payload": payload}
        os.write(self.acks, json.dumps(shown).encode() + b"\n")


def set_up(url: str, folder: Path) -> Stage:
    """Desks, members and accounts in a migrated store."""
    world = World(url, fixed_secrets(), cheap_hasher())
    desks = []
    for number in range(DESKS):
        agent, member = world.staff(f"agente{number}"), world.member(str(50_000 + number))
        world.lease(agent, member, level=2)
        desks.append(Desk(agent, member, tuple(world.account(member, balance=OPENING) for _ in range(3))))
    boss = world.staff("jefa", roles=[Role.SUPERVISOR])
    world.close()
    return Stage(url, folder, tuple(desks), boss)


def run_posting(stage: Stage, kills: int, seed: int, name: str) -> Report:
    """Kill, restart, judge; `kills` times. The seed repeats points, passings and what the desks do."""
    rng = random.Random(seed)
    points = [POINTS[number % len(POINTS)] for number in range(kills)]
    rng.shuffle(points)
    killed: Counter[str] = Counter()
    problems: list[str] = []
    started = time.monotonic()
    for number, point in enumerate(points):
        plan = Plan(point, rng.randint(1, 6), rng.choice((1, 1, 3)), rng.randrange(2**32))
        where = f"seed {seed}, cycle {number}, {plan}"
        status = in_child(lambda plan=plan: _work(stage, plan))
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            problems.append(f"{where}: not killed, status {status}")
            continue
        killed[point] += 1
        if point == "id_saved" and plan.desks == 1 and rng.random() < 0.5:
            _tear(stage.journal, rng.randint(1, 30))
        verdict = stage.folder / "verdict.json"
        verdict.unlink(missing_ok=True)
        status = in_child(lambda verdict=verdict: verdict.write_text(json.dumps(_restart(stage))))
        found = json.loads(verdict.read_text()) if verdict.exists() else [f"the restart failed, status {status}"]
        problems += [f"{where}: {problem}" for problem in found]
    return Report(name, kills, seed, dict(killed), tuple(problems), int(time.monotonic() - started))


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a process of its own; its wait status."""
    return os.waitpid(start(work), 0)[1]


def start(work: Callable[[], object]) -> int:
    """Begin `work` in a process of its own; its id. It ends with 0, or with 1 and a traceback."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            if code:
                sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
            os._exit(code)
    return child


def _tear(path: Path, count: int) -> None:
    """The last line was being written when the power went: its request had not been sent."""
    content = path.read_bytes()
    last = len(content) - content[:-1].rfind(b"\n") - 1
    path.write_bytes(content[: -min(count, last)] if content else content)


# ---------------------------------------------------------------- the process that is killed


def _work(stage: Stage, plan: Plan) -> None:
    uow, journal = stage.open(), Journal(stage.journal)
    minted, acks = (os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) for path in (stage.minted, stage.acks))
    wire = Wire(journal, minted, acks)
    arm(plan)
    rng = random.Random(plan.seed)
    done = threading.Event()
    reader = threading.Thread(target=_read_totals, args=(stage, uow, done), daemon=True)
    reader.start()
    desks = rng.sample(stage.desks, plan.desks)
    threads = [threading.Thread(target=_serve, args=(stage, desk, uow, wire, rng.randrange(2**32))) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()


def arm(plan: Plan) -> None:
    """Let the process die where and when the plan says."""
    left, lock = [plan.passing], threading.Lock()

    def hook(name: str) -> None:
        if name == plan.point:
            with lock:
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

    faults.hook = hook


def _read_totals(stage: Stage, uow: UnitOfWork, done: threading.Event) -> None:
    """Money neither comes nor goes, at any moment that anybody can see."""
    while not done.is_set():
        with uow.engine.connect() as connection:
            total = connection.execute(text("SELECT sum(balance) FROM account WHERE tracked")).scalar()
        if total != stage.total:
            os._exit(WRONG_TOTAL)


def _serve(stage: Stage, desk: Desk, uow: UnitOfWork, wire: Wire, seed: int) -> None:
    """Transfers, some sent twice, some reversed: each remembered, sent, settled and then shown."""
    rng = random.Random(seed)
    done: list[str] = []
    for _ in range(TURNS):
        try:
            if done and rng.random() < 0.25:
                undo = Reverse(done.pop(rng.randrange(len(done))), "Cuenta equivocada por el agente", uuid7())
                wire.send(undo.key, REVERSAL, asdict(undo), partial(reverse, undo, stage.boss, uow))
                continue
            source, target = rng.sample(desk.accounts, 2)
            amount = rng.randint(1, 200_00)
            shown = prepare(PreparePayment(Op.TRANSFER_OWN, desk.member, source, target, amount), desk.agent, uow)
            order = ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, desk.member, source, target, amount)
            for _ in range(rng.choice((1, 1, 2))):
                wire.send(order.key, "transfer.own", order.payload(), partial(confirm, order, desk.agent, uow))
            done.append(order.key)
        except InsufficientFunds:
            continue


# ---------------------------------------------------------------- the process after it


def _restart(stage: Stage) -> list[str]:
    """Resubmit what the journal has open, twice; then judge. Answers the problems."""
    uow, journal = stage.open(), Journal(stage.journal)
    problems = []
    items = journal.open_items()
    agents = {desk.member: desk.agent for desk in stage.desks}
    for item in items:
        first = _again(stage, agents, item, uow)
        second = _again(stage, agents, item, uow)
        if not second.existed or second.number != first.number or second.outcome != first.outcome:
            problems.append(f"{item.key} answered differently the second time")
        journal.settle(item.key, first.outcome)
    acks = [json.loads(line) for line in stage.acks.read_text().splitlines()] if stage.acks.exists() else []
    minted = set(stage.minted.read_text().split()) if stage.minted.exists() else set()
    return problems + judge(uow, stage.total, acks, [item.key for item in items], minted)


def _again(stage: Stage, agents: dict[int, Operator], item: OpenItem, uow: UnitOfWork) -> Receipt:
    if item.kind == REVERSAL:
        return reverse(Reverse(**item.payload), stage.boss, uow)
    return resubmit(item.payload, agents[item.payload["member_id"]], uow)
