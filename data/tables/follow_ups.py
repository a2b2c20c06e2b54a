"""What somebody should come back to with a member, and what was attended to. Rows are only added.

What the program notices by itself (a credential nobody used, an order in process, …) has no row: it is there as long as
its cause is. `FollowUpEnd` attends to either kind, by key.
"""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Day, Int, String, Utc


class FollowUp(SQLModel, table=True):
    """One date with a member that an agent wrote down."""

    __tablename__ = "follow_up"
    __table_args__ = STRICT

    key: str = Field(sa_type=String, primary_key=True)  # UUIDv7, minted where the form opened
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id", index=True)
    case_id: str | None = Field(default=None, sa_type=String)
    due_on: date = Field(sa_type=Day)
    text: str = Field(sa_type=String)
    at: datetime = Field(sa_type=Utc)


class FollowUpEnd(SQLModel, table=True):
    """It was attended to, and how."""

    __tablename__ = "follow_up_end"
    __table_args__ = STRICT

    key: str = Field(sa_type=String, primary_key=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id")
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")
    note: str = Field(sa_type=String)
    at: datetime = Field(sa_type=Utc)
