"""Watching recorded sessions: the list, one session with its steps and events, and who watched (C5).

Everybody who may watch sees every recording, their own too, and nobody can hide, change or delete one.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select, text
from sqlmodel import col

from data.tables import Recording, RecordingChunk, Staff
from data.types import utc_text
from data.values.dates import panama_midnight
from services.audit_body import AuditRow
from services.audit_log import rows_of
from services.errors import InvalidInput, NotFound
from services.operations import Op
from services.operator import Operator
from services.recording_frames import Step
from services.recording_proof import examine, missing
from services.recordings import about
from services.seen_lists import record_once
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

WATCHED: Final = "recording.watched"
VERIFIED: Final = "recording.verify"
GONE: Final = "La auditoría tiene su inicio, y la grabación ya no está."
MOST: Final = 200
_BATCH: Final = 1000
_SESSION_EVENTS = text(
    "SELECT id, at, body FROM audit_event WHERE actor = :actor AND at >= :since AND at <= :until ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class ListRecordings:
    """Newest first, at most 200; of one user name, of one day in Panama, of one session (its first 16 characters)."""

    username: str = ""
    day: date | None = None
    session: str = ""


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """`state`: open | closed | lost | purged. `kept_until`: the day on which it is deleted."""

    recording_id: str
    session: str
    username: str
    full_name: str
    terminal: str
    started_at: datetime
    ended_at: datetime | None
    steps: int
    state: str
    kept_until: datetime


@dataclass(frozen=True, slots=True)
class WatchRecording:
    recording_id: str


@dataclass(frozen=True, slots=True)
class StepEvent:
    """An event that the session left, and the index of the step during which it did."""

    step: int
    row: AuditRow


@dataclass(frozen=True, slots=True)
class Watched:
    """`numbers`: the number of each of `steps` (one that could not be read is missing). `problems`: see
    recording_proof; empty: as the desk wrote it."""

    row: RecordingRow
    numbers: tuple[int, ...]
    steps: tuple[Step, ...] = field(repr=False)
    events: tuple[StepEvent, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """One recording that was proved; no `problems`: it is what its desk wrote."""

    recording_id: str
    username: str
    steps: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeaveRecording:
    """Which steps were looked at, by number."""

    recording_id: str
    first: int
    last: int


def list_recordings(command: ListRecordings, operator: Operator, uow: UnitOfWork) -> tuple[RecordingRow, ...]:
    """The recordings there are. A new list leaves an event (see record_once)."""
    with uow.begin(operator, Op.RECORDING_WATCH, touch=False) as tx:
        query = _query()
        if command.username:
            query = query.where(col(Staff.username) == clean(command.username, 60).lower())
        if command.session:
            query = query.where(col(Recording.session_id).startswith(clean(command.session, 64), autoescape=True))
        if command.day is not None:
            since, until = panama_midnight(command.day), panama_midnight(command.day + timedelta(days=1))
            query = query.where(col(Recording.started_at) >= since, col(Recording.started_at) < until)
        rows = tuple(_row(tx, row) for row in tx.connection.execute(query.limit(MOST)))
        record_once(tx, "recordings", [row.recording_id for row in rows])
    return rows


def all_recordings(operator: Operator, uow: UnitOfWork) -> tuple[RecordingRow, ...]:
    """Every recording, for the command line, which asks for nobody; the look is an event."""
    with uow.begin_system(operator) as tx:
        rows = tuple(_row(tx, row) for row in tx.connection.execute(_query()))
        tx.record(Op.RECORDING_WATCH.value, detail={"rows": len(rows)})
        tx.commit()
    return rows


def verify_recordings(only: str | None, operator: Operator, uow: UnitOfWork) -> tuple[Checked, ...]:
    """Prove every recording, or one by its id, and that none was taken away; an event. Raises NotFound."""
    with uow.begin_system(operator) as tx:
        rows = [row for row in tx.connection.execute(_query()) if only in (None, row.id)]
        if only is not None and not rows:
            raise NotFound("Esa grabación no existe.")
        checked = [_checked(tx, row) for row in rows]
        if only is None:
            gone = missing(tx.connection, {row.id for row in rows})
            checked += [Checked(one, "", 0, (GONE,)) for one in gone]
        bad = sum(bool(one.problems) for one in checked)
        detail = {"rows": len(checked), "findings": bad}
        tx.record(VERIFIED, about=about(only) if only else None, result="failed" if bad else "ok", detail=detail)
        tx.commit()
    return tuple(checked)


def _checked(tx: Transaction, row: Any) -> Checked:
    examined = examine(tx.connection, tx.secrets, tx.session.get_one(Recording, row.id), keep=False)
    return Checked(row.id, row.username, examined.last_step, examined.problems)


def watch_recording(command: WatchRecording, operator: Operator, uow: UnitOfWork) -> Watched:
    """Open a recording; an event says who opened whose. Raises NotFound, also where its days are over."""
    with uow.begin(operator, Op.RECORDING_WATCH) as tx:
        found = tx.connection.execute(_query().where(col(Recording.id) == command.recording_id)).first()
        if found is None:
            raise NotFound("Esa grabación no existe.")
        row = _row(tx, found)
        if row.state == "purged":
            raise NotFound("Esa grabación ya cumplió su plazo y se borró.")
        examined = examine(tx.connection, tx.secrets, tx.session.get_one(Recording, command.recording_id))
        numbers = tuple(sorted(examined.steps))
        steps = tuple(examined.steps[number] for number in numbers)
        events = _events(tx, found, steps)
        detail: dict[str, Any] = {"subject": row.username, "steps": len(steps)}
        tx.record(about=about(row.recording_id), detail=detail | ({"findings": 1} if examined.problems else {}))
        tx.commit()
    return Watched(row, numbers, steps, events, examined.problems)


def leave_recording(command: LeaveRecording, operator: Operator, uow: UnitOfWork) -> None:
    """Say which steps were on show. Raises InvalidInput, NotFound."""
    if not 1 <= command.first <= command.last:
        raise InvalidInput("Los pasos vistos van del primero al último.")
    with uow.begin(operator, Op.RECORDING_WATCH, touch=False) as tx:
        found = tx.connection.execute(_query().where(col(Recording.id) == command.recording_id)).first()
        if found is None:
            raise NotFound("Esa grabación no existe.")
        detail = {"subject": found.username, "from": command.first, "to": command.last}
        tx.record(WATCHED, about=about(command.recording_id), detail=detail)
        tx.commit()


def _query() -> Select[Any]:
    steps = (
        select(func.coalesce(func.sum(col(RecordingChunk.steps)), 0))
        .where(col(RecordingChunk.recording_id) == col(Recording.id))
        .scalar_subquery()
    )
    columns = (Recording.__table__, col(Staff.username), col(Staff.full_name), steps.label("steps"))  # type: ignore[attr-defined]
    query: Select[Any] = select(*columns).join(Staff, col(Staff.id) == col(Recording.staff_id))
    return query.order_by(col(Recording.started_at).desc(), col(Recording.id).desc())


def _row(tx: Transaction, row: Any) -> RecordingRow:
    return RecordingRow(
        recording_id=row.id,
        session=row.session_id[:16],
        username=row.username,
        full_name=row.full_name,
        terminal=row.terminal,
        started_at=row.started_at,
        ended_at=row.ended_at,
        steps=int(row.steps),
        state="purged" if row.purged_at is not None else row.ending or "open",
        kept_until=row.started_at + timedelta(days=tx.policy.recording.kept_days),
    )


def _events(tx: Transaction, row: Any, steps: Sequence[Step]) -> tuple[StepEvent, ...]:
    """The session's events by the step in which they were written: the last one that had begun."""
    if not steps:
        return ()
    until = (row.ended_at or steps[-1].at) + timedelta(minutes=1)
    since = min(row.started_at, steps[0].at)  # its row is written a moment after its first step
    values = {"actor": f"staff:{row.staff_id}", "since": utc_text(since), "until": utc_text(until)}
    session = f'"session":"{row.session_id[:16]}"'
    ids = [event.id for event in tx.connection.execute(_SESSION_EVENTS, values) if session in event.body]
    moments = [step.at for step in steps]
    rows = [row for at in range(0, len(ids), _BATCH) for row in rows_of(tx, ids[at : at + _BATCH])]
    found = [StepEvent(_step_of(steps, bisect.bisect_right(moments, row.at) - 1), row) for row in rows]
    return tuple(sorted(found, key=lambda event: (event.step, event.row.event_id)))


def _step_of(steps: Sequence[Step], last: int) -> int:
    """The last step that had begun, `last`; among those of one moment the key before what it set off."""
    while last > 0 and not steps[last].key and steps[last - 1].at == steps[last].at:
        last -= 1
    return max(0, last)


def events_by_step(watched: Watched) -> Mapping[int, tuple[AuditRow, ...]]:
    """The events of each step that has any."""
    found: dict[int, list[AuditRow]] = {}
    for event in watched.events:
        found.setdefault(event.step, []).append(event.row)
    return {step: tuple(rows) for step, rows in found.items()}
