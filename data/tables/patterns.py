"""What the rules of C16 found in the trail, and how each line was closed. Rows are only added."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Int, String, Utc


class PatternLine(SQLModel, table=True):
    """One line for supervisors. `key` is what makes it this line: the same found again adds nothing.

    Whom an event names is taken as it stands: no reference that could stop the watch."""

    __tablename__ = "pattern_line"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    key: str = Field(sa_type=String, unique=True)
    rule: str = Field(sa_type=String)
    staff_id: int | None = Field(default=None, sa_type=Int, index=True)
    member_id: int | None = Field(default=None, sa_type=Int)
    events: str = Field(sa_type=String)  # ids of the events behind it, a JSON list in order
    params: str = Field(sa_type=String)  # the rule's parameters at that time, canonical JSON
    policy: str = Field(sa_type=String)  # SHA-256 of the policy that they came from
    happened_at: datetime = Field(sa_type=Utc)  # of the last event behind it
    at: datetime = Field(sa_type=Utc)


class PatternClosure(SQLModel, table=True):
    """Somebody looked into a line and says why it is closed."""

    __tablename__ = "pattern_closure"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    line_id: int = Field(sa_type=Int, foreign_key="pattern_line.id", unique=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")
    reason: str = Field(sa_type=String)
    at: datetime = Field(sa_type=Utc)
