"""The member's own side: doors, sessions, codes, challenges, throttles, the signed contract, what was mailed."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Bytes, Flag, Int, String, Utc


class MemberDoor(SQLModel, table=True):
    """One step of a sign-in under way. The ticket itself is never stored, only its SHA-256; good once, some minutes,
    where it was given out. `member_id` None: nobody has that user, and the steps are the same."""

    __tablename__ = "member_door"
    __table_args__ = STRICT

    id: str = Field(sa_type=String, primary_key=True)  # hex SHA-256 of the ticket
    member_id: int | None = Field(default=None, sa_type=Int, foreign_key="member.id", index=True)
    user_mark: str = Field(sa_type=String, index=True)  # keyed mark of the folded user
    kind: str = Field(sa_type=String)  # question | image | temporary | forgotten | renew
    position: int | None = Field(default=None, sa_type=Int)  # of the question that is asked
    answered: bool = Field(default=False, sa_type=Flag)  # the question was answered right, or the device is known
    channel: str = Field(sa_type=String)
    terminal: str = Field(sa_type=String)
    origin: str = Field(sa_type=String)
    made_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Utc)


class MemberSession(SQLModel, table=True):
    """A member who is inside. The token itself is never stored, only its SHA-256."""

    __tablename__ = "member_session"
    __table_args__ = STRICT

    id: str = Field(sa_type=String, primary_key=True)  # hex SHA-256 of the token
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    stage: str = Field(sa_type=String)  # wizard: the first access alone; full: signed in with the member's own data
    channel: str = Field(sa_type=String)
    branch: str = Field(sa_type=String)
    terminal: str = Field(sa_type=String)
    origin: str = Field(sa_type=String)
    device_id: int | None = Field(default=None, sa_type=Int)
    previous_visit_at: datetime | None = Field(default=None, sa_type=Utc)  # «Última visita»: the one before this (S77)
    started_at: datetime = Field(sa_type=Utc)
    last_seen_at: datetime = Field(sa_type=Utc)
    authenticated_at: datetime = Field(sa_type=Utc)  # last time the password was given
    answered_at: datetime | None = Field(default=None, sa_type=Utc)  # last time a question was answered right
    asked: int | None = Field(default=None, sa_type=Int)  # the question that this session asks, by position: drawn once
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    end_reason: str | None = Field(default=None, sa_type=String)


class MemberCode(SQLModel, table=True):
    """A code that went to the member's contact on record, hashed; for one purpose, single use (req. 22, 42).

    `holder` is the session or door that asked for it."""

    __tablename__ = "member_code"
    __table_args__ = (Index("ix_member_code_holder", "holder", "purpose"), STRICT)

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    holder: str = Field(sa_type=String)
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    purpose: str = Field(sa_type=String)
    destination: str = Field(sa_type=String)  # email | phone
    code_hash: str = Field(sa_type=String)
    outbox_id: int | None = Field(default=None, sa_type=Int)
    sent_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc, index=True)
    tries: int = Field(default=0, sa_type=Int)
    passed_at: datetime | None = Field(default=None, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)


class AnswerFailure(SQLModel, table=True):
    """A wrong answer at the portal: it counts with those on the phone, over all channels (req. 20)."""

    __tablename__ = "answer_failure"
    __table_args__ = (Index("ix_answer_failure_member_id", "member_id", "at"), STRICT)

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id")
    at: datetime = Field(sa_type=Utc)


class PortalTry(SQLModel, table=True):
    """One try that a throttle counts. `mark` is a keyed mark of an origin, a number or a user: not the thing itself."""

    __tablename__ = "portal_try"
    __table_args__ = (Index("ix_portal_try_mark", "kind", "mark", "at"), STRICT)

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    kind: str = Field(sa_type=String)
    mark: str = Field(sa_type=String)
    at: datetime = Field(sa_type=Utc, index=True)


class Challenge(SQLModel, table=True):
    """A challenge of pictures (S34): a keyed mark of the right choice. Good once, some minutes, for one origin."""

    __tablename__ = "portal_challenge"
    __table_args__ = STRICT

    id: str = Field(sa_type=String, primary_key=True)  # random
    origin_mark: str = Field(sa_type=String)
    subject: str = Field(sa_type=String)  # id of what must be chosen
    answer_mark: str = Field(sa_type=String)
    made_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Utc)


class ImageReport(SQLModel, table=True):
    """A member did not recognise the security image (S69): somebody of the CIS attends to it."""

    __tablename__ = "image_report"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    at: datetime = Field(sa_type=Utc)
    channel: str = Field(sa_type=String)
    terminal: str = Field(sa_type=String)
    answered: bool = Field(sa_type=Flag)  # whether the question had been answered right: else the image was a false one
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    settled_by: int | None = Field(default=None, sa_type=Int, foreign_key="staff.id")
    note: str | None = Field(default=None, sa_type=String)


class ContractSignature(SQLModel, table=True):
    """A signed contract and its evidence (E1, req. 36). Append-only: a trigger refuses UPDATE and DELETE."""

    __tablename__ = "contract_signature"
    __table_args__ = STRICT

    id: str = Field(sa_type=String, primary_key=True)  # UUIDv7
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    version: str = Field(sa_type=String)
    template_sha256: str = Field(sa_type=String)
    text: str = Field(sa_type=String)  # as it was shown, NFC
    text_sha256: str = Field(sa_type=String)
    evidence: str = Field(sa_type=String)  # canonical JSON
    evidence_sha256: str = Field(sa_type=String)
    seal: bytes = Field(sa_type=Bytes)  # Ed25519 over the evidence
    signed_at: datetime = Field(sa_type=Utc)


class StatementMail(SQLModel, table=True):
    """A statement that was queued for a member: one row a period, so that none goes out twice (S62)."""

    __tablename__ = "statement_mail"
    __table_args__ = STRICT

    member_id: int = Field(sa_type=Int, primary_key=True, foreign_key="member.id")
    subject: str = Field(sa_type=String, primary_key=True)  # general | card:12
    period: str = Field(sa_type=String, primary_key=True)  # 2026-11, or the card's cut 2026-11-15
    outbox_id: int | None = Field(default=None, sa_type=Int)
    at: datetime = Field(sa_type=Utc)
