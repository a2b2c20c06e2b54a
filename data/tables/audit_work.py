"""The auditors' own work on the trail: marks, sign-offs, comments and saved questions (C11).

Rows are only added; the last one of a person about the same thing is the one in force. What is written here is an
event of the trail as well, in the same transaction.
"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Flag, Int, String, Utc


class AuditMark(SQLModel, table=True):
    """Somebody looked at an event, or takes that back (`reviewed` false)."""

    __tablename__ = "audit_mark"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    event_id: int = Field(sa_type=Int, index=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id", index=True)
    reviewed: bool = Field(sa_type=Flag)
    at: datetime = Field(sa_type=Utc)


class AuditSignOff(SQLModel, table=True):
    """Somebody answers for a review: the marks of theirs after the last sign-off, up to `last_mark`."""

    __tablename__ = "audit_sign_off"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id", index=True)
    last_mark: int = Field(sa_type=Int)
    events: int = Field(sa_type=Int)
    sha256: str = Field(sa_type=String)  # over the marked events' bytes, in the order of their ids
    question: str = Field(sa_type=String)  # the filter line that was on the screen
    seed: str | None = Field(default=None, sa_type=String)  # of the sample that was reviewed
    at: datetime = Field(sa_type=Utc)


class AuditComment(SQLModel, table=True):
    """A line of the thread below an event."""

    __tablename__ = "audit_comment"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    event_id: int = Field(sa_type=Int, index=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")
    text: str = Field(sa_type=String)
    at: datetime = Field(sa_type=Utc)


class AuditQuestion(SQLModel, table=True):
    """A filter line with a name. An empty `line` takes the question of that name away."""

    __tablename__ = "audit_question"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id", index=True)
    name: str = Field(sa_type=String)
    line: str = Field(sa_type=String)
    shared: bool = Field(sa_type=Flag)
    at: datetime = Field(sa_type=Utc)
