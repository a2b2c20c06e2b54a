"""Rights over personal data and breaches of them: two registers and their steps (L8, req. 54).

Rows are only added. Where a request or a breach stands is its last step; the first one comes with it.
"""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Day, Int, String, Utc


class PrivacyRequest(SQLModel, table=True):
    """Somebody asks for access, rectification, cancellation, opposition or portability. `due_on`: ten business days
    after the day on which it was received."""

    __tablename__ = "privacy_request"
    __table_args__ = STRICT

    id: str = Field(sa_type=String, primary_key=True)  # UUIDv7
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    kind: str = Field(sa_type=String)  # acceso | rectificacion | cancelacion | oposicion | portabilidad
    received_on: date = Field(sa_type=Day)
    due_on: date = Field(sa_type=Day, index=True)
    asked: str = Field(sa_type=String)  # in the person's words
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")
    branch: str = Field(sa_type=String)
    channel: str = Field(sa_type=String)
    at: datetime = Field(sa_type=Utc)


class PrivacyStep(SQLModel, table=True):
    """What was done about a request; `closed` once (an index sees to it), with its outcome and why."""

    __tablename__ = "privacy_step"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    request_id: str = Field(sa_type=String, foreign_key="privacy_request.id", index=True)
    state: str = Field(sa_type=String)  # registered | attending | exported | closed
    outcome: str | None = Field(default=None, sa_type=String)  # of `closed`: granted | partly | denied
    note: str = Field(sa_type=String)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")
    at: datetime = Field(sa_type=Utc)


class Breach(SQLModel, table=True):
    """A breach of personal data. `due_at`: 72 hours after it was known."""

    __tablename__ = "breach"
    __table_args__ = STRICT

    id: str = Field(sa_type=String, primary_key=True)  # UUIDv7
    known_at: datetime = Field(sa_type=Utc)
    due_at: datetime = Field(sa_type=Utc)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")
    at: datetime = Field(sa_type=Utc)


class BreachStep(SQLModel, table=True):
    """What was found out or done. `facts`: canonical JSON of all that is known from then on (services/breaches.py)."""

    __tablename__ = "breach_step"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    breach_id: str = Field(sa_type=String, foreign_key="breach.id", index=True)
    state: str = Field(sa_type=String)  # registered | updated | told_authority | told_people | closed
    facts: str = Field(sa_type=String)
    note: str = Field(sa_type=String)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")
    at: datetime = Field(sa_type=Utc)
