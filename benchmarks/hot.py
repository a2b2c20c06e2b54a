"""(e) Everybody pays one biller, against payments to accounts at random, on PostgreSQL with 8 and with 32 clients.

An account that everybody pays keeps no running balance, so nobody waits for its row: posting to it is to be as fast as
posting anywhere. Clients are processes with a connection each: threads of one interpreter take turns at its lock, and
would stand in line whether the row makes them or not. Three levels: the bare driver (where the database is nearly all
there is, and a hot row shows at once: the same account with a running balance is there as a control), a small use case
with all that a payment's transaction has, and the payment of a bill from form to receipt.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.payers import Payer, bills, payers
from benchmarks.rounds import Figure, paired
from benchmarks.stores import Row, connect, fresh_uow, postgresql_store, raw_postgresql, raw_row, world_on
from data.values.uuid7 import uuid7
from services import outbox
from services.house_accounts import house_account
from services.operations import Op
from services.posting import Leg, Posting, evidence, post
from tests import postgresql
from tests.services.world import World

CLIENTS = (8, 32)
MEMBERS = 2  # of a client
OPERATIONS = {"raw": 960, "post": 480, "bill": 128}  # of all clients in a round
SILENCE_SECONDS = 120
GOAL = 0.85
SAVINGS = (("06", 100_00, 1),)
CLEARING, LABEL = "REC-ensa", "RECAUDADOR ENSA"
NOTICE = {
    "kind": "Pago",
    "number": "2026-0000001",
    "from_account": "AHORROS",
    "to_account": "ENSA",
    "amount": "B/.0.01",
}
ROWS = (
    ("driver, un recaudador", "raw hot", "raw random", "al azar", GOAL),
    ("driver, un recaudador con saldo corrido (control)", "raw tracked", "raw random", "al azar", None),
    ("caso de uso, un recaudador", "post hot", "post random", "al azar", GOAL),
    ("pago de factura, un recaudador", "bill hot", "bill spread", "a varios", GOAL),
)


@dataclass(frozen=True)
class Places:
    """Account ids: everybody's savings, the biller's account as it is, and one with a running balance."""

    savings: tuple[int, ...]
    clearing: int
    tracked: int


def measure(*, rounds: int = 5) -> list[Figure]:
    """Rates of all clients together, hot and random in turns."""
    figures: list[Figure] = []
    for clients in CLIENTS:
        with contextlib.suppress(postgresql.NoServer), postgresql_store() as (url,):
            world = world_on(url)
            people = payers(world, clients, MEMBERS, SAVINGS)
            places = _places(world, people)
            world.close()
            with _crowd(url, people, places) as rate:
                figures += [_figure(clients, rate, rounds, *row) for row in ROWS]
    return figures


def _figure(
    clients: int, rate: Callable[[str], float], rounds: int, name: str, hot: str, base: str, base_name: str,
    goal: float | None,
) -> Figure:  # fmt: skip
    rate(hot), rate(base)
    return paired(
        f"Caliente: {name}, {clients} procesos", "op/s", lambda: rate(hot), lambda: rate(base), base_name=base_name,
        rounds=rounds, at_least=goal,
    )  # fmt: skip


def _places(world: World, people: list[Payer]) -> Places:
    savings = tuple(party.accounts["06"][0] for payer in people for party in payer.parties)
    with world.uow.begin_system(people[0].agent) as tx:
        clearing = house_account(tx, CLEARING, LABEL)
        tx.record()
        tx.commit()
    return Places(savings, clearing, world.account(None, product="control", label=LABEL, number="REC-CONTROL"))


@contextlib.contextmanager
def _crowd(url: str, people: list[Payer], places: Places) -> Iterator[Callable[[str], float]]:
    """A function that lets everybody work in one way and answers operations a second."""
    context = multiprocessing.get_context("fork")
    pipes = [context.Pipe() for _ in people]
    wires = [ours for ours, _ in pipes]
    processes = [
        context.Process(target=_client, args=(url, payer, places, theirs, number), daemon=True)
        for number, (payer, (_, theirs)) in enumerate(zip(people, pipes, strict=True))
    ]
    for process in processes:
        process.start()

    def rate(way: str) -> float:
        count = OPERATIONS[way.split()[0]] // len(people)
        _everybody(wires, (way, count))  # they make their forms
        started = time.perf_counter()
        _everybody(wires, "go")
        return len(wires) * count / (time.perf_counter() - started)

    yield rate
    for wire in wires:
        wire.send(None)
    for process in processes:
        process.join()


def _everybody(wires: list[Any], order: object) -> None:
    """Tell all, then hear all. Raises TimeoutError if somebody died."""
    for wire in wires:
        wire.send(order)
    for wire in wires:
        if not wire.poll(SILENCE_SECONDS):
            raise TimeoutError("a client says nothing any more")
        wire.recv()


def _client(url: str, payer: Payer, places: Places, wire: Any, seed: int) -> None:
    """One process: forms on the first word, work on the second."""
    with connect(url) as connection:
        client = Client(replace(payer, uow=fresh_uow(url)), places, random.Random(seed), raw_postgresql(connection))
        while (order := wire.recv()) is not None:
            work = client.forms(*order)
            wire.send("ready")
            wire.recv()
            for send in work:
                send()
            wire.send("done")


@dataclass
class Client:
    """What a client can be told to do: a level and a place."""

    payer: Payer
    places: Places
    rng: random.Random
    raw: Callable[[Row], None]

    def forms(self, way: str, count: int) -> list[Callable[[], object]]:
        level, where = way.split()
        make = {"raw": self._raw, "post": self._post, "bill": self._bill}[level]
        return [make(number % MEMBERS, where) for number in range(count)]

    def _raw(self, number: int, where: str) -> Callable[[], object]:
        member, source, target = self._sides(number, where)
        row = raw_row(self.payer.agent, member, source, target)
        return lambda: self.raw(row)

    def _post(self, number: int, where: str) -> Callable[[], object]:
        member, source, target = self._sides(number, where)
        return lambda: self._payment(member, source, target)

    def _bill(self, number: int, where: str) -> Callable[[], object]:
        """With its review: a second form of the same account would show a balance that the first has changed."""
        known = bills()
        bill = known[0] if where == "hot" else self.rng.choice(known)

        def review_and_pay() -> object:
            return self.payer.form(Op.BILLER_PAY, number, bill)()

        return review_and_pay

    def _sides(self, number: int, where: str) -> tuple[int, int, int]:
        party = self.payer.parties[number]
        source = party.accounts["06"][0]
        others = [account for account in self.places.savings if account != source]
        fixed = {"hot": self.places.clearing, "tracked": self.places.tracked}
        return party.member, source, fixed.get(where) or self.rng.choice(others)

    def _payment(self, member: int, source: int, target: int) -> None:
        """A payment's transaction without its review: alone, authorised, posted, told, recorded."""
        with self.payer.uow.begin(self.payer.agent, Op.TRANSFER_THIRD, member_id=member, alone=True) as tx:
            done = post(tx, Posting(uuid7(), "hot", (Leg(source, target, 1),), member_id=member))
            outbox.notice(tx, member, "payment_done", NOTICE)
            tx.record(about=done.id, detail=evidence(done))
            tx.commit()
