"""The people who work here, their sessions and whom they are related to (req. 10–15, 43)."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Bytes, Flag, Int, String, Utc


class Staff(SQLModel, table=True):
    """A member of staff. `roles` holds role names parted by one blank; one person may have several."""

    __tablename__ = "staff"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    username: str = Field(sa_type=String, unique=True)  # lower case
    full_name: str = Field(sa_type=String)
    roles: str = Field(sa_type=String)
    branch: str = Field(sa_type=String)
    password_hash: str = Field(sa_type=String)
    password_expires_at: datetime | None = Field(default=None, sa_type=Utc)  # set on a temporary password
    totp_sealed: bytes | None = Field(default=None, sa_type=Bytes)  # sealed with the data key
    totp_last_step: int | None = Field(default=None, sa_type=Int)  # a code is good once
    enabled: bool = Field(default=True, sa_type=Flag)
    failed_count: int = Field(default=0, sa_type=Int)
    locked_until: datetime | None = Field(default=None, sa_type=Utc)
    member_id: int | None = Field(default=None, sa_type=Int, foreign_key="member.id")
    created_at: datetime = Field(sa_type=Utc)
    hours: str | None = Field(default=None, sa_type=String)  # `L-V 07:30-18:00; S 08:00-12:00`; None: at any time
    single_limit: int | None = Field(
        default=None, sa_type=Int
    )  # centésimos, alone in one transaction; None: the role's
    daily_limit: int | None = Field(default=None, sa_type=Int)  # centésimos, alone in a day, of each kind


class StaffRelative(SQLModel, table=True):
    """A member whom this person of staff may not serve because they are related (req. 43)."""

    __tablename__ = "staff_relative"
    __table_args__ = STRICT

    staff_id: int = Field(sa_type=Int, primary_key=True, foreign_key="staff.id")
    member_id: int = Field(sa_type=Int, primary_key=True, foreign_key="member.id")


class StaffSession(SQLModel, table=True):
    """A signed-in session. The token itself is never stored, only its SHA-256."""

    __tablename__ = "staff_session"
    __table_args__ = STRICT

    id: str = Field(sa_type=String, primary_key=True)  # hex SHA-256 of the token
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id", index=True)
    terminal: str = Field(sa_type=String)
    channel: str = Field(sa_type=String)
    branch: str = Field(sa_type=String)
    started_at: datetime = Field(sa_type=Utc)
    last_seen_at: datetime = Field(sa_type=Utc)
    authenticated_at: datetime = Field(sa_type=Utc)  # last time the password was given
    locked_at: datetime | None = Field(default=None, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    end_reason: str | None = Field(default=None, sa_type=String)
