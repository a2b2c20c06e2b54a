"""What a person of staff saw and pressed in one session, sealed (C5). Rows are only added until they are old."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Bytes, Int, String, Utc


class Recording(SQLModel, table=True):
    """One session's recording. After its last chunk `ended_at` and `ending` are written once, `purged_at` when its days
    are over and the chunks are gone."""

    __tablename__ = "recording"
    __table_args__ = STRICT

    id: str = Field(sa_type=String, primary_key=True)  # UUIDv7
    session_id: str = Field(sa_type=String, foreign_key="staff_session.id", index=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id", index=True)
    terminal: str = Field(sa_type=String)
    started_at: datetime = Field(sa_type=Utc, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    ending: str | None = Field(default=None, sa_type=String)  # closed | lost: the program died and nobody closed it
    purged_at: datetime | None = Field(default=None, sa_type=Utc)


class RecordingChunk(SQLModel, table=True):
    """Some steps of a recording, in order. `hash` covers the chunk before, the place and the sealed bytes."""

    __tablename__ = "recording_chunk"
    __table_args__ = STRICT

    recording_id: str = Field(sa_type=String, primary_key=True, foreign_key="recording.id")
    number: int = Field(sa_type=Int, primary_key=True)  # from 1, without gaps
    first_step: int = Field(sa_type=Int)  # from 1
    steps: int = Field(sa_type=Int)
    at: datetime = Field(sa_type=Utc)
    sealed: bytes = Field(sa_type=Bytes)  # under the data key, bound to recording and number
    hash: bytes = Field(sa_type=Bytes)
