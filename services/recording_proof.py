"""Is a recording what its desk wrote? Every chunk is opened and the chain compared with what the trail says (C5).

Found, with the steps named: a changed byte, a missing or exchanged chunk, a cut end, a closing that the trail does not
know, chunks that went before their time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select, text
from sqlmodel import col

from data.secrets import Secrets, box
from data.secrets.errors import SealBroken
from data.tables import Recording, RecordingChunk
from data.types import utc_text
from services import recordings
from services.recording_frames import BadChunk, Step, decode

PURGE: Final = "recording.purge"
_EVENTS = text(
    "SELECT id, body FROM audit_event WHERE action IN ('recording.start', 'recording.mark', 'recording.end',"
    " 'recording.lost', 'recording.purge') AND at >= :since AND object = :object ORDER BY id"
)

_STARTS = text("SELECT object FROM audit_event WHERE action = 'recording.start' ORDER BY id")


@dataclass(frozen=True, slots=True)
class Examined:
    """`steps` by their number, those that could be read. `problems` in Spanish, none: as its desk wrote it. `head` and
    `chunks`: how far the rows go."""

    steps: dict[int, Step]
    problems: tuple[str, ...]
    head: bytes
    chunks: int
    last_step: int

    @property
    def intact(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class Told:
    """What the trail says of a recording. `marks`: chunks → (steps, head)."""

    started: bool
    ended: str | None  # the action that closed it
    purged: bool
    marks: dict[int, tuple[int, str]]


def examine(connection: Connection, secrets: Secrets, row: Recording, *, keep: bool = True) -> Examined:
    """Read all of a recording. `keep` False: the steps are opened, but not handed on."""
    told = _told(connection, row)
    head = recordings.first_hash(row.id, row.session_id, row.staff_id, row.terminal, row.started_at)
    hashes = {0: (0, head.hex())}
    steps: dict[int, Step] = {}
    problems: list[str] = []
    number = last_step = 0
    for chunk in _chunks(connection, row.id):
        if chunk.number != number + 1 or chunk.first_step != last_step + 1:
            problems.append(f"{span(last_step + 1, chunk.first_step - 1)}: falta lo grabado.")
        sealed = bytes(chunk.sealed)
        where = span(chunk.first_step, chunk.first_step + chunk.steps - 1)
        if recordings.link(head, chunk.number, chunk.first_step, chunk.steps, sealed) != bytes(chunk.hash):
            problems.append(f"{where}: no es lo que se grabó; fue cambiado, o lo anterior.")
        read = _open(secrets, row.id, chunk.number, sealed)
        if read is None or len(read) != chunk.steps:
            problems.append(f"{where}: no se puede abrir.")
        elif keep:
            steps.update(enumerate(read, chunk.first_step))
        number, last_step, head = chunk.number, chunk.first_step + chunk.steps - 1, bytes(chunk.hash)
        hashes[number] = (last_step, head.hex())
    if row.purged_at is None or not told.purged:
        problems += _against_trail(row, told, hashes, last_step)
    return Examined(steps, tuple(problems), head, number, last_step)


def missing(connection: Connection, known: set[str]) -> list[str]:
    """Recordings that the trail saw begin and that have no row."""
    objects = [str(row.object).partition(":")[2] for row in connection.execute(_STARTS)]
    return [one for one in objects if one not in known]


def span(first: int, last: int) -> str:
    """`paso 4`, `pasos 4–9`."""
    return f"Paso {first}" if last <= first else f"Pasos {first}–{last}"


def _chunks(connection: Connection, recording_id: str) -> Iterator[Any]:
    query = select(RecordingChunk).where(col(RecordingChunk.recording_id) == recording_id)
    yield from connection.execute(query.order_by(col(RecordingChunk.number)).execution_options(yield_per=50))


def _open(secrets: Secrets, recording_id: str, number: int, sealed: bytes) -> list[Step] | None:
    try:
        return decode(box.open_(secrets.data_key, sealed, recordings.context(recording_id, number)))
    except (SealBroken, BadChunk):
        return None


def _told(connection: Connection, row: Recording) -> Told:
    values = {"since": utc_text(_floor(row.started_at)), "object": recordings.about(row.id)}
    bodies = [json.loads(event.body) for event in connection.execute(_EVENTS, values)]
    marks = {}
    for body in bodies:
        if body["action"] in (recordings.MARK, recordings.END, recordings.LOST):
            detail = body["detail"]
            marks[int(detail["chunks"])] = (int(detail["steps"]), str(detail["head"]))
    actions = [body["action"] for body in bodies]
    ended = next((action for action in actions if action in (recordings.END, recordings.LOST)), None)
    return Told(recordings.START in actions, ended, PURGE in actions, marks)


def _floor(moment: datetime) -> datetime:
    return moment - timedelta(seconds=1)


def _against_trail(row: Recording, told: Told, hashes: dict[int, tuple[int, str]], last_step: int) -> list[str]:
    problems = []
    if not told.started:
        problems.append("La auditoría no tiene el inicio de esta grabación.")
    if row.purged_at is not None:
        problems.append("Fue borrada sin que la auditoría lo diga.")
        return problems
    for chunks, (steps, head) in sorted(told.marks.items()):
        if chunks not in hashes:
            problems.append(f"{span(last_step + 1, steps)}: falta el final; la auditoría dice que hubo {steps} pasos.")
        elif hashes[chunks] != (steps, head):
            problems.append(f"{span(1, steps)}: la cadena no llega a la huella que guarda la auditoría.")
    if told.ended and max(told.marks, default=0) < max(hashes):
        steps = max(steps for steps, _ in told.marks.values())
        problems.append(f"{span(steps + 1, last_step)}: se agregaron después del cierre.")
    if (row.ended_at is None) != (told.ended is None):
        problems.append("El cierre no concuerda con la auditoría.")
    return problems
