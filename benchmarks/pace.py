"""(f) Twenty payments a second, whether the last one is done or not, from forty tellers, half of them to one biller.

Open loop: each payment has its moment, and its time counts from that moment, so that a stall is charged to all who
waited behind it. Two stores take turns, second by second: an empty one and one with years of history in the accounts of
the very members who pay. What follows from the history alone (a balance that is summed, a limit that is searched) shows
as their ratio. The review is made before and not timed; of a bill the time holds setting aside, ordering at a gateway
that accepts at once, settling, and the receipt. Between two payments the bare driver sends its one statement into the
same store, timed alike: how the machine was just then.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import insert, text

from benchmarks.payers import Payer, payers
from benchmarks.rounds import Figure, quantile
from benchmarks.stores import (
    Row,
    connect,
    postgresql_store,
    raw_postgresql,
    raw_row,
    raw_sqlite,
    sqlite_store,
    world_on,
)
from data.engine import writing
from data.tables import Operation
from data.values.uuid7 import uuid7
from services.audit_trail import INSERT_EVENT, canonical, event_body, seal_pending
from services.operations import Op
from services.posting import Leg, Posting, request_hash
from tests import postgresql
from tests.services.world import World

TELLERS = 40
PER_SECOND = 20
AHEAD = 0.4  # seconds before its moment that a form is made
BLOCKS = 5
AT_MOST = {"SQLite": 10, "PostgreSQL": 15}  # ms, of the 99th percentile
HISTORY_COSTS = 1.2
DAY = timedelta(days=1)
DAYS = 700
SAVINGS = (("06", 1_000_00, 2),)
KINDS = (Op.TRANSFER_OWN, Op.BILLER_PAY)
BASE: Literal["raw"] = "raw"
Kind = Op | Literal["raw"]


@dataclass
class Store:
    """One store and what was measured on it: milliseconds by block and kind."""

    world: World
    people: list[Payer]
    raw: Callable[[Row], None]
    taken: list[dict[Kind, list[float]]] = field(default_factory=list)

    def every(self, *kinds: Kind) -> list[float]:
        return [value for block in self.taken for kind in kinds for value in block[kind]]


def measure(folder: Path, *, seconds: int, entries: int) -> list[Figure]:
    """Figures for both engines: 99th percentiles with history and without, and what the history costs."""
    urls = [sqlite_store(folder, name) for name in ("pace.db", "history.db")]
    figures = _engine("SQLite", [_store(url, raw_sqlite(url)) for url in urls], seconds, entries)
    with contextlib.suppress(postgresql.NoServer), contextlib.ExitStack() as stack:
        urls = stack.enter_context(postgresql_store(2))
        stores = [_store(url, raw_postgresql(stack.enter_context(connect(url)))) for url in urls]
        figures += _engine("PostgreSQL", stores, seconds, entries)
    return figures


def _store(url: str, raw: Callable[[Row], None]) -> Store:
    world = world_on(url)
    return Store(world, payers(world, TELLERS, 1, SAVINGS), raw)


def _engine(name: str, stores: list[Store], seconds: int, entries: int) -> list[Figure]:
    small, large = stores
    _history(large, entries)
    _block(stores, 2)  # warms up
    for store in stores:
        store.taken.clear()
    for _ in range(BLOCKS):
        _block(stores, seconds // BLOCKS)
    for store in stores:
        store.world.close()
    title, at_most = f"{PER_SECOND}/s de {TELLERS} cajas, {name}", AT_MOST[name]
    figures = []
    for store, history in ((small, "sin historia"), (large, f"{entries:,} asientos")):
        figures.append(_slowest(f"{title}, {history}", store, KINDS, at_most))
        figures += [_slowest(f"{title}, {history}, {kind.value}", store, (kind,), None) for kind in KINDS]
    return [*figures, *(_cost(title, small, large, kind) for kind in KINDS)]


def _slowest(name: str, store: Store, kinds: tuple[Op, ...], at_most: int | None) -> Figure:
    ours, base = (quantile(store.every(*which), 0.99) for which in (kinds, (BASE,)))
    goal, met = ("", True) if at_most is None else (f"≤ {at_most} ms", ours <= at_most)
    return Figure(f"{name}, p99", "ms", ours, base, "driver", ours / base, ours / base, ours / base, goal, met)


def _cost(title: str, small: Store, large: Store, kind: Op) -> Figure:
    """Medians of the same block in turns: the 99th percentile of so few is one stall more or less."""
    ratios = [
        statistics.median(much[kind]) / statistics.median(none[kind])
        for none, much in zip(small.taken, large.taken, strict=True)
    ]
    ratio = statistics.median(ratios)
    return Figure(
        f"{title}, con historia, {kind.value}, p50", "ms", quantile(large.every(kind), 0.5),
        quantile(small.every(kind), 0.5), "sin historia", ratio, min(ratios), max(ratios),
        f"razón ≤ {HISTORY_COSTS}", ratio <= HISTORY_COSTS,
    )  # fmt: skip


def _block(stores: list[Store], seconds: int) -> None:
    """Payments at their moments, a second in one store and a second in the next, the same kinds in each."""
    blocks: list[dict[Kind, list[float]]] = [{kind: [] for kind in (*KINDS, BASE)} for _ in stores]
    step = 1 / PER_SECOND
    begun = time.perf_counter() + 2 * AHEAD

    def timed(which: int, kind: Kind, moment: float, send: Callable[[], object]) -> None:
        _until(moment)
        send()
        blocks[which][kind].append((time.perf_counter() - moment) * 1000)

    def pay(which: int, teller: int, moment: float) -> None:
        kind = KINDS[teller % len(KINDS)]
        timed(which, kind, moment, stores[which].people[teller].form(kind, 0))

    def compare(which: int, teller: int, moment: float) -> None:
        payer = stores[which].people[teller]
        row = raw_row(payer.agent, payer.parties[0].member, *reversed(payer.parties[0].accounts["06"]))
        timed(which, BASE, moment, lambda: stores[which].raw(row))

    with ThreadPoolExecutor(max_workers=TELLERS) as desks, ThreadPoolExecutor(max_workers=1) as driver:
        waiting = []
        for number in range(seconds * PER_SECOND * len(stores)):
            turn, place = divmod(number, PER_SECOND)
            which = turn % len(stores)
            teller = (turn // len(stores) * PER_SECOND + place) % TELLERS
            moment = begun + number * step
            _until(moment - AHEAD)
            waiting.append(desks.submit(pay, which, teller, moment))
            # Of a teller who is not about to pay: what a form was shown must hold.
            waiting.append(driver.submit(compare, which, (teller + PER_SECOND) % TELLERS, moment + step / 2))
        for each in waiting:
            each.result()
    for store, block in zip(stores, blocks, strict=True):
        store.taken.append(block)


def _until(moment: float) -> None:
    """An open loop is made of moments; nothing else is waited for."""
    if (left := moment - time.perf_counter()) > 0:
        time.sleep(left)


def _history(store: Store, entries: int) -> None:
    """Own transfers of earlier days, two entries each, with their events, of the members who pay."""
    rows = _past(store, entries // 2)
    with writing(store.world.engine).connect() as connection:
        while batch := list(itertools.islice(rows, 5000)):
            with connection.begin():
                connection.execute(insert(Operation), batch)
                for row in batch:
                    event = event_body(
                        at=row["at"], operator=store.people[0].agent, action=row["kind"], result="ok",
                        member=row["member_id"], about=row["id"],
                    )  # fmt: skip
                    INSERT_EVENT.run(connection, {"body": event})
                if connection.dialect.name == "sqlite":
                    seal_pending(connection)
        if connection.dialect.name == "postgresql":
            with connection.begin():
                connection.execute(text("ANALYZE"))


def _past(store: Store, count: int) -> Iterator[dict[str, Any]]:
    now = store.world.clock.now()
    for number in range(count):
        payer = store.people[number % TELLERS]
        agent, party = payer.agent, payer.parties[0]
        source, target = party.accounts["06"][:: 1 if number // TELLERS % 2 else -1]
        posting = Posting(uuid7(), "transfer.own", (Leg(source, target, 1),), member_id=party.member)
        core, at = posting.core(), now - DAY * (1 + number % DAYS)
        yield {
            "id": posting.key, "request_hash": request_hash(core), "kind": posting.kind, "outcome": "posted",
            "member_id": party.member, "actor": agent.actor, "branch": agent.branch, "terminal": agent.terminal,
            "channel": agent.channel.value, "body": canonical({"v": 1, "shown": {}} | core), "value_date": at.date(),
            "at": at,
        }  # fmt: skip
