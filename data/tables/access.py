"""A member's online access: where the first access stands, credentials, questions, devices, consents."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Flag, Int, String, Utc


class Access(SQLModel, table=True):
    """One row a member who asked for online access; `state` is the machine of req. 25, times are the X-ray."""

    __tablename__ = "access"
    __table_args__ = STRICT

    member_id: int = Field(sa_type=Int, primary_key=True, foreign_key="member.id")
    state: str = Field(sa_type=String, index=True)
    state_before_block: str | None = Field(default=None, sa_type=String)
    route: str = Field(sa_type=String)  # web | sucursal | capitulo | cis: how the request came (S32)
    request_kind: str = Field(sa_type=String)  # acceso | activacion (S32)
    requested_at: datetime = Field(sa_type=Utc, index=True)
    verified_at: datetime | None = Field(default=None, sa_type=Utc)
    activated_at: datetime | None = Field(default=None, sa_type=Utc)
    activated_by: int | None = Field(default=None, sa_type=Int)
    username: str | None = Field(default=None, sa_type=String)
    username_folded: str | None = Field(default=None, sa_type=String, unique=True)
    password_hash: str | None = Field(default=None, sa_type=String)
    password_at: datetime | None = Field(default=None, sa_type=Utc)
    username_at: datetime | None = Field(default=None, sa_type=Utc)
    image_id: str | None = Field(default=None, sa_type=String)
    image_name: str | None = Field(default=None, sa_type=String)
    image_at: datetime | None = Field(default=None, sa_type=Utc)
    questions_at: datetime | None = Field(default=None, sa_type=Utc)
    services_at: datetime | None = Field(default=None, sa_type=Utc)
    relogin_at: datetime | None = Field(default=None, sa_type=Utc)
    contract_at: datetime | None = Field(default=None, sa_type=Utc)
    last_visit_at: datetime | None = Field(default=None, sa_type=Utc)
    failed_count: int = Field(default=0, sa_type=Int)
    blocked_at: datetime | None = Field(default=None, sa_type=Utc)
    blocked_reason: str | None = Field(default=None, sa_type=String)
    suspended_at: datetime | None = Field(default=None, sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)


class TemporaryCredential(SQLModel, table=True):
    """A temporary password: a hash, one use, short life; a newer one ends it (req. 27)."""

    __tablename__ = "temporary_credential"
    __table_args__ = STRICT  # one live row a member: data/sql/indexes.sql

    id: str = Field(sa_type=String, primary_key=True)  # UUIDv7, minted where the form opened
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    secret_hash: str = Field(sa_type=String)
    delivery: str = Field(sa_type=String)  # mail | slip | halves
    outbox_id: int | None = Field(default=None, sa_type=Int)
    issued_at: datetime = Field(sa_type=Utc)
    issued_by: int = Field(sa_type=Int)
    expires_at: datetime = Field(sa_type=Utc)
    used_at: datetime | None = Field(default=None, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    end_reason: str | None = Field(default=None, sa_type=String)


class SecurityAnswer(SQLModel, table=True):
    """The hash of an answer, by question id and catalogue version (G4, req. 18–19)."""

    __tablename__ = "security_answer"
    __table_args__ = STRICT

    member_id: int = Field(sa_type=Int, primary_key=True, foreign_key="member.id")
    position: int = Field(sa_type=Int, primary_key=True)  # 1..3
    question_id: str = Field(sa_type=String)
    catalogue: str = Field(sa_type=String)
    answer_hash: str = Field(sa_type=String)
    set_at: datetime = Field(sa_type=Utc)


class RememberedDevice(SQLModel, table=True):
    """A device that the member asked us to remember (S68)."""

    __tablename__ = "remembered_device"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    name: str = Field(sa_type=String)
    token_hash: str = Field(sa_type=String)
    added_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    forgotten_at: datetime | None = Field(default=None, sa_type=Utc)


class Consent(SQLModel, table=True):
    """One yes or no to one of the three services (S62), with the text it answered (L9). Append-only."""

    __tablename__ = "consent"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    service: str = Field(sa_type=String)
    text_version: str = Field(sa_type=String)
    given: bool = Field(sa_type=Flag)
    at: datetime = Field(sa_type=Utc)
    channel: str = Field(sa_type=String)
