"""(d) Verification of the audit trail against bare SHA-256 over the same bytes; memory must not grow with the trail."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks.rounds import Figure, alone, paired
from data import schema
from data.engine import make_engine, writing
from services.audit_proof import verify
from services.audit_trail import event_body, seal_pending
from services.operator import Channel, Operator, Role

AGENT = Operator("staff:7", "mrodriguez", frozenset({Role.CIS_AGENT}), "001", "T-1", Channel.CIS, "ab" * 32)
MEASURE_MEMORY = """
import resource, sys
from data.engine import make_engine
from services.audit_proof import verify
proof = verify(make_engine(sys.argv[1]), [], b"k" * 32)
assert proof.intact
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure(folder: Path, *, rounds: int, events: int) -> list[Figure]:
    """A trail of `events` events, and one of a hundredth of them for the memory."""
    engine, bodies = trail(folder / "audit.db", events)
    small, _ = trail(folder / "audit-small.db", max(1000, events // 100))

    def ours() -> float:
        start = time.perf_counter()
        assert verify(engine, [], b"k" * 32).intact
        return (time.perf_counter() - start) * 1e6 / events

    def bare() -> float:
        start = time.perf_counter()
        for body in bodies:
            hashlib.sha256(body).digest()
        return (time.perf_counter() - start) * 1e6 / events

    speed = paired(
        f"auditoría: verificar {events:,} eventos",
        "µs/evento",
        bare,
        ours,
        base_name="verificación",
        rounds=rounds,
        at_least=0.3,
    )
    growth = _peak(engine) - _peak(small)
    return [speed, alone("auditoría: memoria de más al verificar 100 veces más eventos", "MB", [growth], at_most=8)]


def trail(path: Path, events: int) -> tuple[Engine, list[bytes]]:
    """A store with a sealed trail, and the bodies in order."""
    url = f"sqlite:///{path.as_posix()}"
    schema.upgrade(url)
    engine = make_engine(url)
    bodies = [
        event_body(
            at=datetime.now(UTC), operator=AGENT, action="record.view", result="ok", member=n % 5000, about=str(n)
        )
        for n in range(events)
    ]
    with writing(engine).begin() as connection:
        connection.execute(text("INSERT INTO store_meta VALUES ('store_id', 'bench')"))
        connection.execute(text("INSERT INTO audit_event (body) VALUES (:body)"), [{"body": body} for body in bodies])
        while seal_pending(connection, limit=50_000):
            pass
    return engine, [body.encode() for body in bodies]


def _peak(engine: Engine) -> float:
    output = subprocess.run(
        [sys.executable, "-c", MEASURE_MEMORY, str(engine.url)], capture_output=True, text=True, check=True
    )
    return float(output.stdout)
