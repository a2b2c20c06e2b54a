"""Does the audit trail stand as it was written? Walks the chain and the signed checkpoints (req. 50, C1).

Every seal is checked against the one stored before it, so the first bad event is named and one bad event does not hide
another. The walk streams: memory does not grow with the trail.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from services.audit_chain import BATCH, BEFORE, MAX_FINDINGS, STRETCH, Stretch, first_hash, walk, walk_file
from services.audit_period import Period, reach
from services.checkpoints import Checkpoint, bad_checkpoint


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `seq` is the event that is named; 0 where no single event is to blame."""

    code: str  # edited | missing | inserted | broken_link | truncated | rewritten | checkpoint
    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a verification found. It walked from event `first` to event `events`, whose hash is `head`; `pending` wait
    for their seal."""

    events: int
    head: str
    pending: int
    checkpoints: int
    anchored: int  # the last event that a good checkpoint covers
    findings: tuple[Finding, ...]
    first: int = 1

    @property
    def intact(self) -> bool:
        return not self.findings

    @property
    def summary(self) -> str:
        """One line for people."""
        if self.findings:
            return self.findings[0].text
        if self.first > 1:
            return f"Íntegra del evento {self.first} al {self.events}."
        return f"Íntegra hasta el evento {self.events}."


def verify(
    engine: Engine,
    checkpoints: list[Checkpoint],
    public_key: bytes,
    *,
    period: Period | None = None,
    progress: Callable[[int, int], bool] | None = None,
    workers: int | None = None,
) -> Proof:
    """Walk the whole trail, or the part that holds a period, from the signed checkpoint before it to the one behind it.
    `progress(done, total)` is called once a stretch; when it answers False the walk stops.

    Long trails are walked by `workers` processes (default: one a core), a stretch each. The findings of a walk that was
    stopped say so. Only reads: a copy of the database and the public key are enough.
    """
    with engine.connect() as connection:
        store = connection.execute(text("SELECT value FROM store_meta WHERE key = 'store_id'")).scalar() or ""
        total, events = connection.execute(
            text("SELECT (SELECT coalesce(max(seq), 0) FROM audit_seal), (SELECT count(*) FROM audit_event)")
        ).one()
        pending = _pending(connection)
    wrong = bad_checkpoint(checkpoints, public_key)
    good = checkpoints[: wrong[0] - 1] if wrong else checkpoints
    anchors = {point.seq: point.head for point in good if point.store == store}
    findings = [Finding("checkpoint", 0, f"Punto de control, línea {wrong[0]}: {wrong[1]}.")] if wrong else []
    start, end = (1, total) if period is None else reach(engine, period, list(anchors), total)
    found, last, head, met = 0, start - 1, first_hash(store), []
    walkers = workers or min(4, os.cpu_count() or 1)
    for stretch in _stretches(engine, range(start, end + 1), head, list(anchors), walkers):
        findings += [Finding(*row) for row in stretch.findings]
        found, last, head = found + stretch.found, stretch.seq, stretch.head
        met += stretch.met
        if progress is not None and not progress(last, total):
            findings.append(Finding("stopped", last, f"Verificación cancelada en el evento {last}."))
            break
    else:
        findings += _end(anchors, last) if end >= total else []
        if period is not None or events - pending != found:
            findings += _unsealed(engine)
    anchored, rewritten = _compare(anchors, met)
    findings = sorted(findings + rewritten, key=lambda finding: (finding.seq == 0, finding.seq))
    return Proof(last, head.hex(), pending, len(checkpoints), anchored, tuple(findings[:MAX_FINDINGS]), start)


def _stretches(engine: Engine, reach: range, first: bytes, anchors: list[int], workers: int) -> Iterator[Stretch]:
    """Every stretch in order. A long trail in a file is walked by several processes; a server's is its own process."""
    starts = reach[::STRETCH] or range(reach.start, reach.start + 1)
    ends = [min(start + STRETCH, max(reach.stop, start + 1)) for start in starts]
    parts = list(zip(starts, ends, strict=True))
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path:
        yield from (_walk_server(engine, start, first, anchors, end) for start, end in parts)
    elif len(starts) == 1 or workers == 1:
        yield from (walk_file(path, start, first, anchors, end) for start, end in parts)
    else:
        from concurrent.futures import ProcessPoolExecutor  # long trails only: the app starts without it
        from multiprocessing import get_context

        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            work = [pool.submit(walk_file, path, start, first, anchors, end) for start, end in parts]
            try:
                yield from (future.result() for future in work)
            finally:
                for future in work:
                    future.cancel()


def _walk_server(engine: Engine, start: int, first: bytes, anchors: list[int], end: int) -> Stretch:
    with engine.connect() as connection:
        before = connection.execute(text(BEFORE), {"start": start}).first()
        result = connection.execution_options(yield_per=BATCH).execute(WALK_SERVER, {"start": start, "end": end})
        return walk(result.partitions(), (before.seq, before.hash) if before else (0, first), anchors)


def _compare(anchors: dict[int, bytes], met: list[tuple[int, bytes]]) -> tuple[int, list[Finding]]:
    """The last event that a checkpoint covers, and a finding where the trail and a checkpoint part."""
    anchored = 0
    for seq, stored in sorted(met):
        if anchors[seq] != stored:
            text_ = (
                f"La cadena fue escrita de nuevo entre los eventos {anchored + 1} y {seq}:"
                " no coincide con el punto de control firmado."
            )
            return anchored, [Finding("rewritten", anchored + 1, text_)]
        anchored = seq
    return anchored, []


def _end(anchors: dict[int, bytes], last: int) -> list[Finding]:
    """What the checkpoints know beyond the last event."""
    signed = max(anchors, default=0)
    if signed <= last:
        return []
    what = f"Faltan los eventos {last + 1} a {signed}: hay un punto de control firmado del evento {signed}."
    return [Finding("truncated", last + 1, what)]


def check_printed(engine: Engine, printed: str) -> Finding | None:
    """What is wrong with the trail by a head that stands on paper, `1234 9f86d081884c7d65` (reports of drawers print
    it); None if event 1234 is still the one whose hash began so. Raises ValueError for any other text."""
    match = re.fullmatch(r"([1-9][0-9]{0,17}) ([0-9a-f]{16,64})", " ".join(printed.lower().split()))
    if match is None:
        raise ValueError("a number and sixteen hexadecimal digits or more")
    seq = int(match[1])
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT hash FROM audit_seal WHERE seq = :seq"), {"seq": seq}).scalar()
    if stored is None:
        return Finding("truncated", seq, f"Falta el evento {seq}, que está impreso: la cadena fue cortada.")
    if not stored.hex().startswith(match[2]):
        return Finding("rewritten", seq, f"El evento {seq} no es el que se imprimió: la cadena fue escrita de nuevo.")
    return None


WALK_SERVER = text(
    "SELECT s.seq, s.hash, convert_to(e.body, 'UTF8') FROM audit_seal s LEFT JOIN audit_event e ON e.id = s.event_id"
    " WHERE s.seq >= :start AND s.seq < :end ORDER BY s.seq"
)
UNSEALED_FILE = text(
    "SELECT e.id FROM audit_event e LEFT JOIN audit_seal s ON s.event_id = e.id"
    " WHERE s.seq IS NULL ORDER BY e.id LIMIT 20"
)
UNSEALED_SERVER = text(
    "SELECT e.id FROM audit_event e LEFT JOIN audit_seal s ON s.event_id = e.id WHERE s.seq IS NULL"
    " AND (e.xid, e.id) < (SELECT a.xid, a.id FROM audit_event a JOIN audit_seal z ON z.event_id = a.id"
    " ORDER BY z.seq DESC LIMIT 1) ORDER BY e.id LIMIT 20"
)


def _unsealed(engine: Engine) -> list[Finding]:
    """Events that no seal points at although later ones are sealed: put in behind the sealer's back."""
    query = UNSEALED_FILE if engine.dialect.name == "sqlite" else UNSEALED_SERVER
    with engine.connect() as connection:
        ids = connection.execute(query).scalars().all()
    return [Finding("inserted", 0, f"El registro {row} de la auditoría no tiene sello: fue insertado.") for row in ids]


def _pending(connection: Connection) -> int:
    """Events that wait for the sealer (PostgreSQL); SQLite seals in the writing transaction."""
    if connection.dialect.name == "sqlite":
        return 0
    return int(
        connection.execute(
            text(
                "SELECT count(*) FROM audit_event e"
                " WHERE (e.xid, e.id) > coalesce((SELECT (a.xid, a.id) FROM audit_event a"
                " JOIN audit_seal z ON z.event_id = a.id ORDER BY z.seq DESC LIMIT 1), ('0'::xid8, 0::bigint))"
            )
        ).scalar()
        or 0
    )
