"""The bank of eight tellers on PostgreSQL: killed at any moment, their answers lost on the way, their server sessions
ended from outside, and every coin where it belongs.

Each teller is a process with a journal of its own. It pays for random members in every kind that the house has and at
billers, and is killed by a real SIGKILL after a random number of payments of the others, wherever it is just then; the
next life works off the journal. So are the workers that go on with orders which the billers' gateway left unanswered
(bank_gateway.py). The wire (cutter.py) loses requests and answers at COMMIT. A reader looks at the whole ledger all the
while, in one snapshot each time (the bank of Jepsen). The seed repeats what is tried, not the moments.
"""

from __future__ import annotations

import json
import logging
import os
import random
import select
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from data.engine import is_outage
from services.journal import Journal
from services.ledger_check import check
from services.unit_of_work import UnitOfWork
from tests.faults import bank_gateway, bank_tellers, cutter
from tests.faults.bank_stage import ALL_MONEY, BankStage, set_up_bank
from tests.faults.cutter import Cutter
from tests.faults.issuing import Report
from tests.faults.oracle import judge
from tests.faults.posting import in_child, start

ANSWERS_BETWEEN = (2, 10)  # payments of all tellers from one blow to the next
SILENCE_SECONDS = 60
WORKERS = 2
SESSIONS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend' ORDER BY state = 'idle', pid"
)
CODES = text(
    "SELECT (SELECT count(*) FROM verification_factor WHERE kind = 'payment_code' AND result = 'used'),"
    " (SELECT count(*) FROM operation WHERE kind LIKE '%third' AND outcome = 'posted')"
)


@dataclass
class Pipe:
    """`inside` is read by whoever waits, `outside` written."""

    inside: int = -1
    outside: int = -1

    def __post_init__(self) -> None:
        self.inside, self.outside = os.pipe()


@dataclass(frozen=True)
class Seat:
    """Somebody who is replaced when killed: `serve` is one life with the seed that it gets."""

    name: str
    serve: Callable[[int], None]


@dataclass
class Bank:
    """The processes of one run; the parent's side. Children get the pipes by fork."""

    stage: BankStage
    rng: random.Random
    stop: Pipe = field(default_factory=Pipe)  # the tellers' end of the day
    dusk: Pipe = field(default_factory=Pipe)  # that of the wire and the reader, who leave last
    answered: Pipe = field(default_factory=Pipe)
    children: dict[int, Seat] = field(default_factory=dict)
    others: dict[int, str] = field(default_factory=dict)
    blows: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    answers: int = 0

    def fork(self, work: Callable[[], object]) -> int:
        """A child that sees the end of the day: it must not hold the other ends itself."""

        def inside() -> None:
            os.close(self.stop.outside)
            os.close(self.dusk.outside)
            work()

        return start(inside)

    def hire(self, seat: Seat) -> None:
        seed = self.rng.randrange(2**32)
        self.children[self.fork(lambda: seat.serve(seed))] = seat

    def open_day(self) -> None:
        """Everybody at their seats."""
        gateway, stop, answered = bank_gateway.client(self.stage.gateway), self.stop.inside, self.answered.outside
        for teller in self.stage.tellers:
            life = partial(bank_tellers.serve, self.stage, teller, stop=stop, answered=answered)
            self.hire(Seat(f"teller {teller.number}", life))
        for number in range(WORKERS):
            self.hire(Seat(f"worker {number}", lambda _seed: bank_gateway.work(self.stage, gateway, stop)))

    def await_answers(self, count: int) -> None:
        """Until tellers have been answered so often. Raises TimeoutError when all are stuck."""
        while count > 0:
            if not select.select([self.answered.inside], [], [], SILENCE_SECONDS)[0]:
                raise TimeoutError(f"nobody was answered for {SILENCE_SECONDS} s")
            got = len(os.read(self.answered.inside, count))
            count, self.answers = count - got, self.answers + got

    def strike(self) -> None:
        """Kill somebody and put the next one at the seat, or end a session of the server from outside."""
        if self.rng.random() < 0.7:
            child = self.rng.choice(list(self.children))
            os.kill(child, signal.SIGKILL)
            self.blows[f"{self.children[child].name.split()[0]} killed"] += 1
            self.hire(self._buried(child, signal.SIGKILL))
            return
        with psycopg.connect(self.stage.url.replace("+psycopg", ""), autocommit=True) as connection:
            sessions = [pid for (pid,) in connection.execute(SESSIONS).fetchall()]
            if sessions:
                victim = sessions[min(self.rng.randrange(4), len(sessions) - 1)]
                connection.execute("SELECT pg_terminate_backend(%s)", (victim,))
                self.blows["session ended"] += 1

    def _buried(self, child: int, by: int) -> Seat:
        """Wait for a child's end; a problem if it did not end by this signal (0: by itself and well)."""
        status = os.waitpid(child, 0)[1]
        seat = self.children.pop(child)
        if status != by:
            self.problems.append(f"{seat.name} ended with status {status}")
        return seat

    def close(self) -> None:
        """Tell everybody to go home and wait until they have."""
        os.close(self.stop.outside)
        for child in list(self.children):
            self._buried(child, 0)
        os.close(self.dusk.outside)
        for child, name in self.others.items():
            if status := os.waitpid(child, 0)[1]:
                self.problems.append(f"the {name} ended with status {status}")


def run_bank(url: str, folder: Path, blows: int, seed: int) -> Report:
    """Strike `blows` times at a bank on an empty migrated PostgreSQL store, then judge."""
    started = time.monotonic()
    tally = os.open(folder / "cuts", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    reads = os.open(folder / "reads", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    wire = Cutter(url, folder, tally, seed)
    billers, listening = bank_gateway.sandbox(folder), wire.listen()
    bank = Bank(replace(set_up_bank(url, wire.address(), folder), gateway=billers.url), random.Random(seed))
    bank.others[bank.fork(lambda: wire.serve(listening, bank.dusk.inside))] = "wire"
    bank.others[bank.fork(lambda: _read(bank.stage, bank.dusk.inside, reads))] = "reader"
    bank.others[bank.fork(lambda: bank_gateway.serve_gateway(billers, seed, bank.dusk.inside))] = "gateway"
    try:
        bank.open_day()
        for _ in range(blows):
            bank.await_answers(bank.rng.randint(*ANSWERS_BETWEEN))
            bank.strike()
    finally:
        bank.close()
    cuts = Counter((folder / "cuts").read_bytes())
    bank.blows |= {"request lost": cuts[cutter.CUT_BEFORE[0]], "answer lost": cuts[cutter.CUT_AFTER[0]]}
    bank.problems += [f"{kind}: never happened" for kind, count in bank.blows.items() if not count]
    bank.problems += _verdict(bank.stage)
    name = f"bank of {len(bank.stage.tellers)} ({bank.answers} answers, {(folder / 'reads').stat().st_size} reads)"
    return Report(
        name, sum(bank.blows.values()), seed, dict(bank.blows), tuple(bank.problems), int(time.monotonic() - started)
    )


def _read(stage: BankStage, stop: int, reads: int) -> None:
    """Money neither comes nor goes, and the whole ledger stands, at any moment that anybody can see."""
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # of its sessions that are ended
    uow, count = stage.open(stage.url), 0
    while not select.select([stop], [], [], 0.02)[0]:
        try:
            with uow.engine.connect() as connection:
                money = connection.execute(ALL_MONEY).scalar()
            assert money == 0, f"{money} centésimos from nowhere"
            found = check(uow) if count % 10 == 0 else ()
            assert not found, f"in the middle of it: {found}"
        except DBAPIError as error:
            if not is_outage(error):
                raise
            continue  # its own session was ended
        count += 1
        os.write(reads, b".")


def _verdict(stage: BankStage) -> list[str]:
    """Work off what is left, by a wire that holds, and look at everything; in a process of its own."""
    path = stage.folder / "verdict.json"
    status = in_child(lambda: path.write_text(json.dumps(_judged(stage))))
    found: list[str] = json.loads(path.read_text()) if path.exists() else [f"the judge failed, status {status}"]
    return found


def _judged(stage: BankStage) -> list[str]:
    uow = stage.open(stage.url)
    for teller in stage.tellers:
        journal = Journal(stage.journal(teller))
        bank_tellers.settle_open(stage, teller, journal, uow)
        journal.close()
    with bank_gateway.sandbox(stage.folder) as billers:
        problems = bank_gateway.finish(stage, billers)
    acks, again = _lines(stage.acks), _lines(stage.resubmitted)
    there = [answer["key"] for answer in again if answer["outcome"] != "refused"]
    minted = set(stage.minted.read_text().split())
    problems += judge(uow, stage.total, [ack for ack in acks if ack["outcome"] != "refused"], there, minted)
    refused = {answer["key"] for answer in (*acks, *again) if answer["outcome"] == "refused"}
    return problems + _refused(uow, refused) + _codes(uow)


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _refused(uow: UnitOfWork, keys: set[str]) -> list[str]:
    """What a desk was told will not happen has not happened."""
    with uow.engine.connect() as connection:
        posted = connection.execute(text("SELECT id FROM operation WHERE outcome = 'posted'")).scalars()
        return [f"{key} was refused and is posted" for key in keys & set(posted)]


def _codes(uow: UnitOfWork) -> list[str]:
    """A code for each payment to somebody else, and none twice."""
    with uow.engine.connect() as connection:
        used, paid = connection.execute(CODES).one()
    return [] if used == paid else [f"{used} codes were used for {paid} payments"]
