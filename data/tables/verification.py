"""Who is on the line: cases, factors, one-time codes and the lease that a proven caller opens (req. 16–24)."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Int, String, Utc


class Case(SQLModel, table=True):
    """One contact with one member by one person of staff."""

    __tablename__ = "service_case"
    __table_args__ = (Index("ix_service_case_staff_id", "staff_id", "opened_at"), STRICT)

    id: str = Field(sa_type=String, primary_key=True)  # UUIDv7
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")
    session_id: str = Field(sa_type=String)
    channel: str = Field(sa_type=String)
    branch: str = Field(sa_type=String)
    opened_at: datetime = Field(sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
    outcome: str | None = Field(default=None, sa_type=String)
    questions: str | None = Field(default=None, sa_type=String)  # the drawn positions, e.g. "1 3": drawn once
    flags: str = Field(default="", sa_type=String)  # red-flag ids parted by one blank (req. 23)
    reopens: str | None = Field(default=None, sa_type=String)  # the case that this one takes up again


class Factor(SQLModel, table=True):
    """One step of verification and how it ended; what was said is never kept."""

    __tablename__ = "verification_factor"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    case_id: str = Field(sa_type=String, foreign_key="service_case.id", index=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    staff_id: int = Field(sa_type=Int)
    kind: str = Field(sa_type=String)  # question | record | in_person | code | callback | second_person
    detail: str | None = Field(default=None, sa_type=String)  # question position, where the code went, approver
    result: str = Field(sa_type=String)  # passed | failed
    at: datetime = Field(sa_type=Utc)


class OneTimeCode(SQLModel, table=True):
    """A code that went to a contact on record, hashed; single use, ten minutes, three tries (req. 22)."""

    __tablename__ = "one_time_code"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    case_id: str = Field(sa_type=String, foreign_key="service_case.id", index=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id")
    purpose: str = Field(sa_type=String)
    destination: str = Field(sa_type=String)  # email | phone
    code_hash: str = Field(sa_type=String)
    outbox_id: int | None = Field(default=None, sa_type=Int)
    sent_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    tries: int = Field(default=0, sa_type=Int)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)


class Lease(SQLModel, table=True):
    """What a verified caller opens: a level, for one agent and session, one member, some minutes (C7)."""

    __tablename__ = "verification_lease"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    case_id: str = Field(sa_type=String, foreign_key="service_case.id", index=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id")
    staff_id: int = Field(sa_type=Int)
    session_id: str = Field(sa_type=String)
    level: int = Field(sa_type=Int)  # 1..3
    factors: str = Field(sa_type=String)
    granted_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    end_reason: str | None = Field(default=None, sa_type=String)


class VerificationBlock(SQLModel, table=True):
    """Verification by phone is closed for this member until somebody lifts it (req. 20)."""

    __tablename__ = "verification_block"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    since: datetime = Field(sa_type=Utc)
    lifted_at: datetime | None = Field(default=None, sa_type=Utc)
    lifted_by: int | None = Field(default=None, sa_type=Int)
