"""Recording a session: begun, added to, closed by the desk itself (C5, req. 47, 53).

What is kept is what the person saw and pressed, never a secret. Each chunk is sealed before it reaches the database and
carries the hash of the one before; the trail gets the head every few minutes and at the end, so that a recording that
was changed, cut or exchanged is found out (services/recording_proof.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from data.secrets import Secrets, box
from data.tables import Recording, RecordingChunk, StaffSession
from data.types import utc_text
from services.audit_policy import RecordingPolicy
from services.audit_trail import canonical
from services.errors import CoopError, SessionEnded
from services.operator import Operator
from services.recording_frames import Step, encode
from services.unit_of_work import Transaction, UnitOfWork

START: Final = "recording.start"
MARK: Final = "recording.mark"
END: Final = "recording.end"
LOST: Final = "recording.lost"
_DOMAIN_FIRST: Final = b"coop-tui recording 1\0"
_DOMAIN_LINK: Final = b"coop-tui recording chunk 1\0"


class RecordingOver(CoopError):
    """Nothing is added to a recording that has ended, is not one's own, or does not go on where it stood."""

    code = "recording_over"
    default = "La grabación de esta sesión ya terminó."


@dataclass(frozen=True, slots=True)
class StartRecording:
    """`recording_id`: UUIDv7 of the desk's own. Asked again it is the same recording."""

    recording_id: str


@dataclass(frozen=True, slots=True)
class SealedChunk:
    """Chunk `number` (from 1) of a recording; steps `first_step` (from 1) to `first_step + steps - 1`."""

    recording_id: str
    number: int
    first_step: int
    steps: int
    sealed: bytes
    hash: bytes

    @property
    def last_step(self) -> int:
        return self.first_step + self.steps - 1


@dataclass(frozen=True, slots=True)
class KeepChunk:
    """`mark`: the trail gets the head too."""

    chunk: SealedChunk
    mark: bool = False


@dataclass(frozen=True, slots=True)
class EndRecording:
    """Close it after `last` (None: nothing was kept). `lost`: steps that could not be kept."""

    recording_id: str
    last: SealedChunk | None
    head: bytes
    lost: int = 0


def is_recorded(operator: Operator, policy: RecordingPolicy) -> bool:
    """Whether this person's desk is recorded."""
    return policy.enabled and not operator.is_member and not operator.roles.isdisjoint(policy.roles)


def first_hash(recording_id: str, session_id: str, staff_id: int, terminal: str, started_at: datetime) -> bytes:
    """What the first chunk hangs on: whose recording it is."""
    facts = {
        "recording": recording_id,
        "session": session_id,
        "staff": staff_id,
        "terminal": terminal,
        "started": utc_text(started_at),
    }
    return hashlib.sha256(_DOMAIN_FIRST + canonical(facts).encode()).digest()


def link(before: bytes, number: int, first_step: int, steps: int, sealed: bytes) -> bytes:
    """The hash of a chunk. Every part has a fixed length but the last: nothing can move from one into another."""
    place = b"".join(value.to_bytes(8) for value in (number, first_step, steps))
    return hashlib.sha256(_DOMAIN_LINK + before + place + sealed).digest()


def seal_chunk(
    secrets: Secrets, recording_id: str, number: int, first_step: int, steps: Sequence[Step], before: bytes
) -> SealedChunk:
    """Pack and encrypt steps; `before` is the hash of the chunk before."""
    sealed = box.seal(secrets.data_key, encode(steps), context(recording_id, number))
    hashed = link(before, number, first_step, len(steps), sealed)
    return SealedChunk(recording_id, number, first_step, len(steps), sealed, hashed)


def context(recording_id: str, number: int) -> str:
    """What a chunk's encryption is bound to."""
    return f"recording:{recording_id}:{number}"


def start_recording(command: StartRecording, operator: Operator, uow: UnitOfWork) -> bytes:
    """Begin; answers the hash that the first chunk hangs on. A session may be over before its first steps are written.

    Raises SessionEnded (no such session of this person), RecordingOver, StoreUnavailable.
    """
    with uow.begin_system(operator) as tx:
        row = _row(tx, command.recording_id)
        if row is None:
            session = tx.session.get(StaffSession, operator.session_id)
            if session is None or session.staff_id != operator.staff_id:
                raise SessionEnded
            values = {
                "id": command.recording_id,
                "session_id": session.id,
                "staff_id": session.staff_id,
                "terminal": session.terminal,
                "started_at": tx.now,
            }
            tx.connection.execute(insert(Recording).values(**values))
            tx.record(START, about=about(command.recording_id), detail={"days": tx.policy.recording.kept_days})
            row = _row(tx, command.recording_id)
            tx.commit()
    if row is None or row.session_id != operator.session_id:
        raise RecordingOver
    return first_hash(row.id, row.session_id, row.staff_id, row.terminal, row.started_at)


def keep_chunk(command: KeepChunk, operator: Operator, uow: UnitOfWork) -> None:
    """Add a chunk; the same one again changes nothing. No event, being there is not an act; a mark is one.

    Raises RecordingOver, StoreUnavailable, AuditUnavailable.
    """
    chunk = command.chunk
    with uow.begin_system(operator) as tx:
        row = _row(tx, chunk.recording_id)
        if row is None or row.session_id != operator.session_id:
            raise RecordingOver
        if _is_kept(tx, chunk):
            return
        if row.ended_at is not None:
            raise RecordingOver
        values = {
            "recording_id": chunk.recording_id,
            "number": chunk.number,
            "first_step": chunk.first_step,
            "steps": chunk.steps,
            "at": tx.now,
            "sealed": chunk.sealed,
            "hash": chunk.hash,
        }
        try:
            tx.connection.execute(insert(RecordingChunk).values(**values))
        except IntegrityError as error:  # it was ended meanwhile, or the place is taken
            raise RecordingOver from error
        if command.mark:
            tx.record(MARK, about=about(chunk.recording_id), detail=standing(chunk, chunk.hash))
            tx.commit()
        else:
            tx.connection.commit()
            tx.committed = True


def end_recording(command: EndRecording, operator: Operator, uow: UnitOfWork) -> None:
    """Close it: the trail gets the head. Ended already: nothing happens. Raises RecordingOver, StoreUnavailable."""
    with uow.begin_system(operator) as tx:
        row = _row(tx, command.recording_id)
        if row is None or row.session_id != operator.session_id:
            raise RecordingOver
        if close(tx, command.recording_id, "closed"):
            detail = standing(command.last, command.head) | ({"lost": command.lost} if command.lost else {})
            tx.record(END, about=about(command.recording_id), detail=detail)
            tx.commit()


def close(tx: Transaction, recording_id: str, ending: str) -> bool:
    """Write how a recording ended, once; answers whether it was still open."""
    return bool(
        tx.connection.execute(
            update(Recording)
            .where(col(Recording.id) == recording_id, col(Recording.ended_at).is_(None))
            .values(ended_at=tx.now, ending=ending)
        ).rowcount
    )


def standing(last: SealedChunk | None, head: bytes) -> dict[str, int | str]:
    """How far a recording got, as events tell it."""
    return {"chunks": last.number if last else 0, "steps": last.last_step if last else 0, "head": head.hex()}


def about(recording_id: str) -> str:
    """A recording as the object of an event."""
    return f"recording:{recording_id}"


def _row(tx: Transaction, recording_id: str) -> Recording | None:
    return tx.session.get(Recording, recording_id, populate_existing=True)


def _is_kept(tx: Transaction, chunk: SealedChunk) -> bool:
    query = select(col(RecordingChunk.hash)).where(
        col(RecordingChunk.recording_id) == chunk.recording_id, col(RecordingChunk.number) == chunk.number
    )
    found = tx.connection.execute(query).scalar()
    if found is not None and bytes(found) != chunk.hash:
        raise RecordingOver
    return found is not None
