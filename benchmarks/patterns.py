"""(f) The rules over the trail (C16): seconds for 100,000 events, beside reading their bytes; and in the store."""

from __future__ import annotations

import json
import time
from pathlib import Path

from sqlalchemy import text

from benchmarks.rounds import Figure, alone, paired
from benchmarks.stores import sqlite_store, world_on
from data.engine import writing
from services.audit_trail import seal_pending
from services.pattern_events import seen
from services.pattern_run import PatternWatch
from services.pattern_watch import Watch
from services.policy import load_policy
from tests.services.branch_life import Life
from tests.services.branch_plants import plant

PER = 100_000


def measure(folder: Path, *, rounds: int, events: int) -> list[Figure]:
    """A month of some `events` events with everything planted, in memory and through the worker."""
    life = Life(7, agents=max(2, events // 7_200), days=26)
    life.ordinary()
    plant(life, 2)
    bodies = [event.body for event in life.in_order()]
    policy = load_policy()

    def rules() -> float:
        start = time.perf_counter()
        found = {line.key for line in Watch(policy, life.kin).see(seen(at, body) for at, body in enumerate(bodies))}
        assert found
        return (time.perf_counter() - start) * PER / len(bodies)

    def reading() -> float:
        start = time.perf_counter()
        for body in bodies:
            json.loads(body)
        return (time.perf_counter() - start) * PER / len(bodies)

    speed = paired(
        f"señales: {len(bodies):,} eventos por las reglas, cada 100,000",
        "s",
        rules,
        reading,
        base_name="JSON",
        rounds=rounds,
    )
    return [
        speed,
        alone("señales: por el obrero, con SQLite, cada 100,000 eventos", "s", [_stored(folder, bodies)], at_most=30),
    ]


def _stored(folder: Path, bodies: list[str]) -> float:
    world = world_on(sqlite_store(folder, "patterns.db"))
    with writing(world.engine).begin() as connection:
        connection.execute(text("INSERT INTO audit_event (body) VALUES (:body)"), [{"body": body} for body in bodies])
        while seal_pending(connection, limit=20_000):
            pass
    start = time.perf_counter()
    assert PatternWatch().run_all(world.uow)
    taken = (time.perf_counter() - start) * PER / len(bodies)
    world.close()
    return taken
