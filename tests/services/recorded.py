"""A desk that records itself, without a screen: steps made up, written as the recorder writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Engine, text
from sqlmodel import Session

from data.tables import Recording
from data.values.uuid7 import uuid7
from services.operator import Operator
from services.recording_frames import Frame, Step
from services.recording_proof import Examined, examine
from services.recordings import (
    EndRecording,
    KeepChunk,
    SealedChunk,
    StartRecording,
    end_recording,
    keep_chunk,
    seal_chunk,
    start_recording,
)
from services.unit_of_work import UnitOfWork
from tests.services.world import World


def frame(*texts: str) -> Frame:
    """A small screen: the first characters of each line are bold."""
    return tuple(((text[:3], "bold #d0d0d0 on #101010"), (text[3:], "")) for text in texts)


@dataclass
class RecordedDesk:
    """One session and its recording."""

    world: World
    operator: Operator
    recording_id: str = field(default_factory=uuid7)
    head: bytes = b""
    last: SealedChunk | None = None
    kept: list[Step] = field(default_factory=list)

    def start(self) -> RecordedDesk:
        self.head = start_recording(StartRecording(self.recording_id), self.operator, self.world.uow)
        return self

    def step(self, key: str, *texts: str) -> Step:
        """A step a second later."""
        self.world.clock.advance(seconds=1)
        return Step(self.world.clock.now(), key, frame(*texts))

    def keep(self, *steps: Step, mark: bool = False) -> SealedChunk:
        number, first = (self.last.number + 1, self.last.last_step + 1) if self.last else (1, 1)
        secrets = self.world.uow.secrets
        chunk = seal_chunk(secrets, self.recording_id, number, first, steps, self.head)
        keep_chunk(KeepChunk(chunk, mark), self.operator, self.world.uow)
        self.last, self.head = chunk, chunk.hash
        self.kept += steps
        return chunk

    def keep_some(self, chunks: int = 4, each: int = 3) -> RecordedDesk:
        for at in range(chunks):
            keys = "abcdefgh"[:each]
            self.keep(*[self.step(key, "top line", f"chunk {at} key {key}", "ñandú ✓") for key in keys])
        return self

    def end(self, lost: int = 0) -> RecordedDesk:
        end_recording(EndRecording(self.recording_id, self.last, self.head, lost), self.operator, self.world.uow)
        return self

    def examine(self) -> Examined:
        return examined(self.world, self.recording_id)

    def sql(self, statement: str, **values: object) -> None:
        """As somebody who owns the database and takes its guards away first."""
        break_in(self.world.engine, statement, **values)


def examined(world: World, recording_id: str) -> Examined:
    return examined_in(world.uow, recording_id)


def examined_in(uow: UnitOfWork, recording_id: str) -> Examined:
    """The recording as it stands in the store."""
    with Session(uow.engine) as session:
        row = session.get_one(Recording, recording_id)
        return examine(session.connection(), uow.secrets, row)


def break_in(engine: Engine, statement: str, **values: object) -> None:
    tables = ("recording", "recording_chunk")
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            names = (
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('recording', 'recording_chunk')"
            )
            for name in connection.execute(text(names)).scalars().all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            for table in tables:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(text(statement), values)
        if engine.dialect.name != "sqlite":
            for table in tables:
                connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def age(world: World, days: int) -> None:
    """Time goes by."""
    world.clock.moment += timedelta(days=days)
