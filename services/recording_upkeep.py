"""The worker's part in recordings: those that nobody closed are closed, old ones go (C5, req. 53)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlmodel import col

from data.tables import Recording, RecordingChunk, StaffSession
from services import recordings
from services.operator import system_operator
from services.recording_proof import PURGE
from services.unit_of_work import Transaction, UnitOfWork

SILENT: Final = timedelta(minutes=5)
"""A desk whose session has ended closes its recording within seconds; one that has not by then is gone."""


def end_lost(uow: UnitOfWork) -> int:
    """Close recordings whose session is over and whose desk did not do it (killed, cut off); answers how many.

    A task of the worker. The trail gets the head as it was found, and says that nobody closed it.
    """
    now = uow.clock.now()
    limit = now - timedelta(hours=uow.policy.session.absolute_hours) - SILENT
    query = (
        select(col(Recording.id))
        .join(StaffSession, col(StaffSession.id) == col(Recording.session_id))
        .where(
            col(Recording.ended_at).is_(None),
            or_(col(StaffSession.ended_at) < now - SILENT, col(StaffSession.started_at) < limit),
        )
        .limit(100)
    )
    with uow.engine.connect() as connection:
        found = list(connection.execute(query).scalars())
    return sum(_end_one(uow, recording_id) for recording_id in found)


def _end_one(uow: UnitOfWork, recording_id: str) -> int:
    with uow.begin_system(system_operator("grabaciones")) as tx:
        if not recordings.close(tx, recording_id, "lost"):
            return 0
        row = tx.session.get_one(Recording, recording_id)
        last = _last(tx, recording_id)
        head = (
            last.hash
            if last
            else recordings.first_hash(row.id, row.session_id, row.staff_id, row.terminal, row.started_at)
        )
        tx.record(recordings.LOST, about=recordings.about(recording_id), detail=recordings.standing(last, head))
        tx.commit()
        return 1


def _last(tx: Transaction, recording_id: str) -> recordings.SealedChunk | None:
    query = (
        select(RecordingChunk)
        .where(col(RecordingChunk.recording_id) == recording_id)
        .order_by(col(RecordingChunk.number).desc())
        .limit(1)
    )
    row = tx.session.execute(query).scalar()
    if row is None:
        return None
    return recordings.SealedChunk(
        recording_id, row.number, row.first_step, row.steps, bytes(row.sealed), bytes(row.hash)
    )


def purge_recordings(uow: UnitOfWork) -> int:
    """Delete what recordings held whose days are over; each is an event; answers how many. A task of the worker.

    That there was one, whose and when, stays. An open one is closed first.
    """
    due = uow.clock.now() - timedelta(days=uow.policy.recording.kept_days)
    query = select(col(Recording.id)).where(
        col(Recording.started_at) < due, col(Recording.purged_at).is_(None), col(Recording.ended_at).is_not(None)
    )
    with uow.engine.connect() as connection:
        found = list(connection.execute(query.order_by(col(Recording.started_at)).limit(100)).scalars())
    return sum(_purge_one(uow, recording_id) for recording_id in found)


def _purge_one(uow: UnitOfWork, recording_id: str) -> int:
    with uow.begin_system(system_operator("grabaciones")) as tx:
        mine = (col(Recording.id) == recording_id, col(Recording.purged_at).is_(None))
        if not tx.connection.execute(update(Recording).where(*mine).values(purged_at=tx.now)).rowcount:
            return 0
        gone = tx.connection.execute(delete(RecordingChunk).where(col(RecordingChunk.recording_id) == recording_id))
        detail = {"chunks": gone.rowcount, "days": tx.policy.recording.kept_days}
        tx.record(PURGE, about=recordings.about(recording_id), detail=detail)
        tx.commit()
        return 1
