"""(c) The own transfer through the whole use case against a bare driver that sends the ledger's one statement.

Ours: session, lease, rights, accounts, limits, review hash, idempotency key, posting, notice to the member, audit event
(on SQLite its seal too), commit. The base: BEGIN, the same INSERT with the same triggers behind it, COMMIT; the same
store, the same durability (SQLite synchronous=FULL, PostgreSQL fsync and synchronous_commit on).
"""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path

from benchmarks.rounds import Figure, paired
from benchmarks.stores import (
    Row,
    connect,
    postgresql_store,
    rate,
    raw_postgresql,
    raw_row,
    raw_sqlite,
    sqlite_store,
    together,
    world_on,
)
from data.values.uuid7 import uuid7
from services.operations import Op
from services.operator import Operator
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from tests import postgresql
from tests.services.world import World

THREADS = 8
AGENTS, MEMBERS = 5, 8  # of one desk, of one agent; a member has two accounts. An agent's day stays a day's work
GOAL = 0.4


class Desk:
    """Agents who take turns, each with verified members, who move one centésimo at a time."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.pairs: list[tuple[Operator, int, int, int]] = []
        for serial in range(AGENTS):
            agent = world.staff(f"agente{number}-{serial}")
            for _ in range(MEMBERS):
                member = world.member(str(50_000 + number * AGENTS * MEMBERS + len(self.pairs)))
                world.lease(agent, member, level=2)
                first = world.account(member, balance=100_00)
                self.pairs.append((agent, member, first, world.account(member, balance=100_00)))
        self.turns = itertools.cycle(self.pairs)

    def orders(self, count: int) -> list[tuple[ConfirmPayment, Operator]]:
        """Reviewed forms, each of another member until all had their turn: the review is not what is timed."""
        made = []
        for agent, member, first, second in itertools.islice(self.turns, count):
            shown = prepare(PreparePayment(Op.TRANSFER_OWN, member, first, second, 1), agent, self.world.uow)
            made.append((ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, member, first, second, 1), agent))
        return made

    def ours(self, orders: list[tuple[ConfirmPayment, Operator]]) -> None:
        for order, agent in orders:
            confirm(order, agent, self.world.uow)


def measure(folder: Path, *, rounds: int = 5, count: int = AGENTS * MEMBERS) -> list[Figure]:
    """The figures for both engines: transfers a second, medians of `rounds` turns of `count` a thread."""
    figures = [_sqlite(folder, rounds, count)]
    with contextlib.suppress(postgresql.NoServer):
        figures.append(_postgresql(rounds, count))
    return figures


def _sqlite(folder: Path, rounds: int, count: int) -> Figure:
    url = sqlite_store(folder, "transfer.db")
    world = world_on(url)
    desk = Desk(world, 0)
    raw = raw_sqlite(url)

    def base() -> float:
        rows = [raw_row(*pair) for pair in itertools.islice(desk.turns, count)]
        return rate(count, lambda: [raw(row) for row in rows])

    def ours() -> float:
        orders = desk.orders(count)
        return rate(count, lambda: desk.ours(orders))

    ours(), base()
    figure = paired(
        "Transferencia propia, SQLite, 1 hilo", "op/s", ours, base, base_name="sqlite3", rounds=rounds, at_least=GOAL
    )
    world.close()
    return figure


def _postgresql(rounds: int, count: int) -> Figure:
    with postgresql_store() as (url,), contextlib.ExitStack() as stack:
        world = world_on(url)
        desks = [Desk(world, number) for number in range(THREADS)]
        raw = [raw_postgresql(stack.enter_context(connect(url))) for _ in desks]

        def send(number: int, rows: list[Row]) -> None:
            for row in rows:
                raw[number](row)

        def base() -> float:
            rows = [[raw_row(*pair) for pair in itertools.islice(desk.turns, count)] for desk in desks]
            return together(count, [lambda n=n, r=r: send(n, r) for n, r in enumerate(rows)])

        def ours() -> float:
            work = [(desk, desk.orders(count)) for desk in desks]
            return together(count, [lambda d=d, o=o: d.ours(o) for d, o in work])

        ours(), base()
        figure = paired(
            f"Transferencia propia, PostgreSQL, {THREADS} hilos", "op/s", ours, base,
            base_name="psycopg", rounds=rounds, at_least=GOAL,
        )  # fmt: skip
        world.close()
    return figure
