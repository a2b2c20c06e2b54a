"""The people whom the cooperative serves: asociados and terceros (S4), their contacts, notes and names."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Day, Int, String, Utc


class Member(SQLModel, table=True):
    """An asociado or tercero. `number` is the número de asociado o cliente that people type (S33)."""

    __tablename__ = "member"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    number: str = Field(sa_type=String, unique=True)
    kind: str = Field(sa_type=String)  # asociado | tercero
    cedula: str = Field(sa_type=String, unique=True)
    given_names: str = Field(sa_type=String)
    surnames: str = Field(sa_type=String)
    birth_date: date = Field(sa_type=Day)
    email: str | None = Field(default=None, sa_type=String)
    email_since: datetime | None = Field(default=None, sa_type=Utc)
    phone: str | None = Field(default=None, sa_type=String)  # E.164
    phone_since: datetime | None = Field(default=None, sa_type=Utc)
    branch: str = Field(sa_type=String)
    joined_on: date | None = Field(default=None, sa_type=Day)


class ContactChange(SQLModel, table=True):
    """A new e-mail or phone that waits its 72 hours before anything secret goes there (req. 26)."""

    __tablename__ = "contact_change"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    field: str = Field(sa_type=String)  # email | phone
    old: str | None = Field(default=None, sa_type=String)
    new: str = Field(sa_type=String)
    state: str = Field(sa_type=String)  # waiting | applied | cancelled
    requested_at: datetime = Field(sa_type=Utc)
    effective_at: datetime = Field(sa_type=Utc)
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    staff_id: int | None = Field(default=None, sa_type=Int)


class MemberNote(SQLModel, table=True):
    """What staff wrote about a member. Append-only: a trigger refuses UPDATE and DELETE."""

    __tablename__ = "member_note"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    staff_id: int = Field(sa_type=Int)
    at: datetime = Field(sa_type=Utc)
    text: str = Field(sa_type=String)


class NameToken(SQLModel, table=True):
    """One folded word of a member's name, for lookup by name."""

    __tablename__ = "name_token"
    __table_args__ = (Index("ix_name_token_member_id", "member_id"), STRICT)

    token: str = Field(sa_type=String, primary_key=True)
    member_id: int = Field(sa_type=Int, primary_key=True, foreign_key="member.id")


class NameVariant(SQLModel, table=True):
    """A name word with one letter left out: how typing errors find their word without a scan."""

    __tablename__ = "name_variant"
    __table_args__ = STRICT

    variant: str = Field(sa_type=String, primary_key=True)
    token: str = Field(sa_type=String, primary_key=True)


class ImportedFile(SQLModel, table=True):
    """A file that was imported whole; the same bytes again change nothing."""

    __tablename__ = "imported_file"
    __table_args__ = STRICT

    sha256: str = Field(sa_type=String, primary_key=True)
    name: str = Field(sa_type=String)
    kind: str = Field(sa_type=String)
    rows: int = Field(sa_type=Int)
    at: datetime = Field(sa_type=Utc)


class StoreMeta(SQLModel, table=True):
    """Facts about this store: its id, when it was made, whether it is a demonstration."""

    __tablename__ = "store_meta"
    __table_args__ = STRICT

    key: str = Field(sa_type=String, primary_key=True)
    value: str = Field(sa_type=String)


__all__ = [
    "ContactChange",
    "ImportedFile",
    "Member",
    "MemberNote",
    "NameToken",
    "NameVariant",
    "StoreMeta",
]
