"""The audit trail. The tables are SQL: data/sql/audit_*.sql. Only `body` is written; what is searched is generated
from it by the database, so that a column can't say anything else than the bytes that were hashed."""

from sqlmodel import Field, SQLModel

from data.tables.base import BY_HAND
from data.types import Bytes, Int, String


class AuditEvent(SQLModel, table=True):
    """One event. `body` is its canonical JSON, exactly the bytes that are hashed (req. 47)."""

    __tablename__ = "audit_event"
    __table_args__ = BY_HAND

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    body: str = Field(sa_type=String)
    at: str = Field(sa_type=String)
    action: str = Field(sa_type=String)
    actor: str = Field(sa_type=String)
    member_id: int | None = Field(sa_type=Int)
    case_id: str | None = Field(sa_type=String)
    object: str | None = Field(sa_type=String)
    result: str = Field(sa_type=String)


class AuditSeal(SQLModel, table=True):
    """The place of one event in the chain: seq without gaps, hash over the former hash and the event's bytes."""

    __tablename__ = "audit_seal"
    __table_args__ = BY_HAND

    seq: int = Field(sa_type=Int, primary_key=True)
    event_id: int = Field(sa_type=Int, unique=True)
    hash: bytes = Field(sa_type=Bytes)
