"""What has to leave the house: mail and text messages, written in the transaction that causes them."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Bytes, Int, String, Utc


class Outbox(SQLModel, table=True):
    """One message. `sealed` is address, subject and body under the data key; gone once sent or expired (req. 28)."""

    __tablename__ = "outbox"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    kind: str = Field(sa_type=String)  # mail | sms
    template: str = Field(sa_type=String)
    member_id: int | None = Field(default=None, sa_type=Int, foreign_key="member.id", index=True)
    destination: str = Field(sa_type=String)  # masked, for people to read
    message_id: str = Field(sa_type=String, unique=True)  # deterministic, so that a second send is the same message
    sealed: bytes | None = Field(default=None, sa_type=Bytes)
    state: str = Field(sa_type=String, index=True)  # pending | sending | sent | failed | expired | void
    attempts: int = Field(default=0, sa_type=Int)
    created_at: datetime = Field(sa_type=Utc)
    next_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    error: str | None = Field(default=None, sa_type=String)  # a code, never a body
