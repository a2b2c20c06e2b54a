"""What the parts about payments share: durable stores of both engines, the bare drivers, threads that begin together.

The bare driver sends the ledger's one statement, BEGIN and COMMIT round it, into the same store with the same
triggers behind it and the same durability (SQLite synchronous=FULL, PostgreSQL fsync and synchronous_commit on).
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from data.engine import make_engine
from data.schema import upgrade
from data.secrets import Argon2Params, Hasher, Secrets
from data.values.uuid7 import uuid7
from services.audit_trail import canonical
from services.operator import Operator
from services.policy import load_policy
from services.unit_of_work import UnitOfWork
from tests import postgresql
from tests.services.world import FrozenClock, World

DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=128MB", "max_connections=100")
COLUMNS = (
    "id, request_hash, kind, outcome, member_id, actor, branch, terminal, channel, body, settles_hold, external_ref,"
    " value_date, at"
)
SECRETS = Secrets(pepper=b"p" * 32, data_key=b"d" * 32, signing_key=b"s" * 32)
BODY = (
    '{"hold":null,"kind":"transfer.own","outcome":"posted","request":{"memo":""},"rules":"3f833525585b","shown":'
    '{"receipt":[["Desde","AHORROS 06-018-•••12-1"],["Hacia","AHORROS 06-018-•••12-2"],["Titular","ITZEL P••••"],'
    '["Cargo","Sin cargo"]]},"v":1}'
)
Row = tuple[Any, ...]


def raw_row(agent: Operator, member: int, source: int, target: int) -> Row:
    """A row of COLUMNS as ours, body and all, of a kind that counts for no limit."""
    said = json.loads(BODY) | {"agent": agent.username, "member": member}
    body = canonical(said | {"legs": [{"amount": 1, "credit": target, "debit": source}]})
    return (
        uuid7(), b"0" * 32, "raw", "posted", member, agent.actor, "001", "T-1", "cis", body, None, None, "2026-11-23",
        "2026-11-23T14:00:00.000000Z",
    )  # fmt: skip


def _statement(mark: str) -> str:
    marks = ", ".join([mark] * len(COLUMNS.split(", ")))
    return f"INSERT INTO operation ({COLUMNS}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING RETURNING seq"


def world_on(url: str) -> World:
    """A test world on a migrated store."""
    return World(url, SECRETS, Hasher(SECRETS.pepper, Argon2Params(time_cost=1, memory_cost=8, parallelism=1)))


def fresh_uow(url: str) -> UnitOfWork:
    """Another way into the store of a test world, for a process of its own."""
    hasher = Hasher(SECRETS.pepper, Argon2Params(time_cost=1, memory_cost=8, parallelism=1))
    return UnitOfWork(make_engine(url), clock=FrozenClock(), policy=load_policy(), secrets=SECRETS, hasher=hasher)


def sqlite_store(folder: Path, name: str) -> str:
    """The address of a new migrated file."""
    url = f"sqlite:///{(folder / name).as_posix()}"
    upgrade(url)
    return url


@contextlib.contextmanager
def postgresql_store(stores: int = 1) -> Iterator[list[str]]:
    """The addresses of new migrated databases on one durable server. Raises: postgresql.NoServer."""
    with postgresql.server(DURABLE) as server:
        databases = postgresql.Databases(server)
        with contextlib.ExitStack() as stack:
            urls = [stack.enter_context(databases.fresh()) for _ in range(stores)]
            for url in urls:
                upgrade(url)
            yield urls
        databases.close()


def raw_sqlite(url: str) -> Callable[[Row], None]:
    """Posts one row of COLUMNS in a transaction of its own."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "wal_autocheckpoint=4000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    statement = _statement("?")

    def post(row: Row) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(statement, row).fetchone()
        connection.execute("COMMIT")

    return post


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection of the bare driver."""
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"))


def raw_postgresql(connection: psycopg.Connection[Any]) -> Callable[[Row], None]:
    """Posts one row of COLUMNS in a transaction of its own."""
    statement = _statement("%s")

    def post(row: Row) -> None:
        connection.execute(statement, row).fetchone()
        connection.commit()

    return post


def rate(count: int, work: Callable[[], object]) -> float:
    """Things done a second, `work` doing `count` of them."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def together(count: int, works: list[Callable[[], None]]) -> float:
    """Things done a second by threads that begin together and do `count` each."""
    barrier = threading.Barrier(len(works) + 1)

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    barrier.wait()
    return rate(count * len(works), lambda: [thread.join() for thread in threads])
