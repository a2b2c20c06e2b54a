"""(c) The own transfer through the whole use case against a bare driver that sends the ledger's one statement.

Ours: session, lease, rights, accounts, limits, review hash, idempotency key, posting, notice to the member, audit event
(on SQLite its seal too), commit. The base: BEGIN, the same INSERT with the same triggers behind it, COMMIT; the same
store, the same durability (SQLite synchronous=FULL, PostgreSQL fsync and synchronous_commit on).
"""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.rounds import Figure, paired
from data.schema import upgrade
from data.secrets import Argon2Params, Hasher, Secrets
from data.values.uuid7 import uuid7
from services.audit_trail import canonical
from services.operations import Op
from services.operator import Operator
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from tests import postgresql
from tests.services.world import World

DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=128MB", "max_connections=60")
THREADS = 8
AGENTS, MEMBERS = 5, 8  # of one desk, of one agent; a member has two accounts. An agent's day stays a day's work
GOAL = 0.4
BODY = (
    '{"hold":null,"kind":"transfer.own","outcome":"posted","request":{"memo":""},"rules":"3f833525585b","shown":'
    '{"receipt":[["Desde","AHORROS 06-018-•••12-1"],["Hacia","AHORROS 06-018-•••12-2"],["Titular","ITZEL P••••"],'
    '["Cargo","Sin cargo"]]},"v":1}'
)
COLUMNS = "id, request_hash, kind, outcome, member_id, actor, branch, terminal, channel, body, value_date, at"


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


def _world(url: str) -> World:
    secrets = Secrets(pepper=b"p" * 32, data_key=b"d" * 32, signing_key=b"s" * 32)
    return World(url, secrets, Hasher(secrets.pepper, Argon2Params(time_cost=1, memory_cost=8, parallelism=1)))


def _sqlite(folder: Path, rounds: int, count: int) -> Figure:
    url = f"sqlite:///{(folder / 'transfer.db').as_posix()}"
    upgrade(url)
    world = _world(url)
    desk = Desk(world, 0)
    raw = _raw_sqlite(url)

    def base() -> float:
        rows = [_row(pair) for pair in itertools.islice(desk.turns, count)]
        return _rate(count, lambda: [raw(row) for row in rows])

    def ours() -> float:
        orders = desk.orders(count)
        return _rate(count, lambda: desk.ours(orders))

    ours(), base()
    figure = paired(
        "Transferencia propia, SQLite, 1 hilo", "op/s", ours, base, base_name="sqlite3", rounds=rounds, at_least=GOAL
    )
    world.close()
    return figure


def _postgresql(rounds: int, count: int) -> Figure:
    with postgresql.server(DURABLE) as server:
        databases = postgresql.Databases(server)
        with databases.fresh() as url:
            upgrade(url)
            world = _world(url)
            desks = [Desk(world, number) for number in range(THREADS)]
            with _raw_postgresql(url, desks) as raw:

                def base() -> float:
                    rows = [[_row(pair) for pair in itertools.islice(desk.turns, count)] for desk in desks]
                    return _together(count, [lambda n=n, r=r: raw(n, r) for n, r in enumerate(rows)])

                def ours() -> float:
                    work = [(desk, desk.orders(count)) for desk in desks]
                    return _together(count, [lambda d=d, o=o: d.ours(o) for d, o in work])

                ours(), base()
                figure = paired(
                    f"Transferencia propia, PostgreSQL, {THREADS} hilos", "op/s", ours, base,
                    base_name="psycopg", rounds=rounds, at_least=GOAL,
                )  # fmt: skip
            world.close()
        databases.close()
    return figure


def _row(pair: tuple[Operator, int, int, int]) -> tuple[Any, ...]:
    """What the base sends: a row as ours, body and all, of a kind that counts for no limit."""
    agent, member, first, second = pair
    said = json.loads(BODY) | {"agent": agent.username, "member": member}
    body = canonical(said | {"legs": [{"amount": 1, "credit": second, "debit": first}]})
    return (
        uuid7(), b"0" * 32, "raw", "posted", member, agent.actor, "001", "T-1", "cis", body, "2026-11-23",
        "2026-11-23T14:00:00.000000Z",
    )  # fmt: skip


def _raw_sqlite(url: str) -> Callable[[tuple[Any, ...]], None]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "wal_autocheckpoint=4000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    marks = ", ".join("?" * 12)
    statement = f"INSERT INTO operation ({COLUMNS}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING RETURNING seq"

    def post(row: tuple[Any, ...]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(statement, row).fetchone()
        connection.execute("COMMIT")

    return post


@contextlib.contextmanager
def _raw_postgresql(url: str, desks: list[Desk]) -> Iterator[Callable[[int, list[tuple[Any, ...]]], None]]:
    address = url.replace("postgresql+psycopg://", "postgresql://")
    marks = ", ".join(["%s"] * 12)
    statement = f"INSERT INTO operation ({COLUMNS}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING RETURNING seq"
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(psycopg.connect(address)) for _ in desks]

        def post(number: int, rows: list[tuple[Any, ...]]) -> None:
            for row in rows:
                connections[number].execute(statement, row).fetchone()
                connections[number].commit()

        yield post


def _rate(count: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def _together(count: int, works: list[Callable[[], None]]) -> float:
    barrier = threading.Barrier(len(works) + 1)

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    barrier.wait()
    return _rate(count * len(works), lambda: [thread.join() for thread in threads])
