"""(d) Every kind of payment through the whole use case, one at a time, against the bare driver in the same rounds.

Timed is `confirm` alone: session, lease, rights, accounts, limits, review hash, code, key, posting, notices, event (on
SQLite its seal too), commit; of a bill both phases. The base sends the very operations that ours had posted, a moment
later and under new keys, through the same triggers: the same legs, the same bodies, as many statements.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.payers import payers
from benchmarks.rounds import Figure, latency
from benchmarks.stores import (
    COLUMNS,
    Row,
    connect,
    postgresql_store,
    raw_postgresql,
    raw_sqlite,
    sqlite_store,
    world_on,
)
from data.values.uuid7 import uuid7
from services.operations import Op
from tests import postgresql

AGENTS, MEMBERS = 5, 4
KINDS = (
    Op.TRANSFER_OWN, Op.TRANSFER_THIRD, Op.QUOTA_PAY, Op.LOAN_PAY, Op.CARD_PAY, Op.SERVICE_PAY, Op.CASH_DEPOSIT,
    Op.CASH_WITHDRAW, Op.BILLER_PAY,
)  # fmt: skip
#: The goal of benchmarks/transfer.py for one client, the other way round: so many times what the base takes.
AT_MOST = {("SQLite", Op.TRANSFER_OWN): 2.5}
ID, KIND, SETTLES = (COLUMNS.split(", ").index(name) for name in ("id", "kind", "settles_hold"))
SINCE = f"SELECT {COLUMNS} FROM operation WHERE kind = '%s' AND seq > %s ORDER BY seq"
LAST = "SELECT coalesce(max(seq), 0) FROM operation"


def measure(folder: Path, *, rounds: int = 10) -> list[Figure]:
    """Two figures a kind and engine: the median and the 99th percentile of one payment, in milliseconds."""
    url = sqlite_store(folder, "kinds.db")
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as reading:
        figures = _engine("SQLite", url, raw_sqlite(url), lambda sql: reading.execute(sql).fetchall(), rounds)
    with contextlib.suppress(postgresql.NoServer), postgresql_store() as (url,), connect(url) as connection:

        def read(sql: str) -> list[Row]:
            found = connection.execute(sql).fetchall()
            connection.commit()
            return found

        figures += _engine("PostgreSQL", url, raw_postgresql(connection), read, rounds)
    return figures


def _engine(
    engine: str, url: str, raw: Callable[[Row], None], read: Callable[[str], list[Any]], rounds: int
) -> list[Figure]:
    world = world_on(url)
    agents = payers(world, AGENTS, MEMBERS)
    taken: dict[Op, list[tuple[list[float], list[float]]]] = {op: [] for op in KINDS}
    for number in range(-1, rounds):  # the first one warms up
        for op in KINDS:
            last = read(LAST)[0][0]
            forms = [agent.form(op, member) for agent in agents for member in range(MEMBERS)]
            ours = [_timed(form) for form in forms]
            base = [_timed(partial(raw, row)) for row in _again(read(SINCE % (op.value, last)))]
            per = len(base) // len(ours)  # statements of one payment
            if number >= 0:
                taken[op].append((ours, [sum(base[at : at + per]) for at in range(0, len(base), per)]))
    world.close()
    driver = "sqlite3" if engine == "SQLite" else "psycopg"
    return [
        figure
        for op in KINDS
        for figure in latency(f"{op.value}, {engine}", taken[op], base_name=driver, at_most=AT_MOST.get((engine, op)))
    ]


def _again(rows: list[Row]) -> list[Row]:
    """The same operations under new keys, of a kind that counts for no limit; an order's end after its beginning."""
    keys: dict[Any, str] = {row[ID]: uuid7() for row in rows}
    made = []
    for row in rows:
        new = list(row)
        new[ID], new[KIND], new[SETTLES] = keys[row[ID]], "raw", keys.get(row[SETTLES])
        made.append(tuple(new))
    return made


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
