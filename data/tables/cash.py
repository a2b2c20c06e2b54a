"""Cash at the counter: drawers from opening to closing, and the cash that law asks about (req. 45)."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Bytes, Day, Int, String, Utc


class Drawer(SQLModel, table=True):
    """One cashier's drawer from opening to closing, one at a time (an index sees to it); its account stays the same.
    Amounts in centésimos."""

    __tablename__ = "drawer"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")
    account_id: int = Field(sa_type=Int, foreign_key="account.id", index=True)
    branch: str = Field(sa_type=String)
    opened_at: datetime = Field(sa_type=Utc)
    opening: int = Field(sa_type=Int)
    opening_count: str = Field(sa_type=String)  # canonical JSON: denomination → pieces
    opening_key: str = Field(sa_type=String, unique=True)  # UUIDv7 of the request, and of its posting if there is one
    opened_after: int = Field(sa_type=Int)  # the account's last entry then: the drawer's own come after it
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
    closing_key: str | None = Field(default=None, sa_type=String, unique=True)
    closed_with: int | None = Field(default=None, sa_type=Int)  # the last entry before those of the closing
    counted: int | None = Field(default=None, sa_type=Int)
    count: str | None = Field(default=None, sa_type=String)
    expected: int | None = Field(default=None, sa_type=Int)
    kept: int | None = Field(default=None, sa_type=Int)  # what stayed in it; the rest went to the vault
    tries: int = Field(default=0, sa_type=Int)  # blind counts
    trail: str | None = Field(default=None, sa_type=String)  # head of the audit trail, as the report prints it


class CashHandover(SQLModel, table=True):
    """Cash that one cashier hands to another; it moves when the other accepts. `id` is the posting's key."""

    __tablename__ = "cash_handover"
    __table_args__ = (Index("ix_cash_handover_to", "to_drawer", "state"), STRICT)

    id: str = Field(sa_type=String, primary_key=True)  # UUIDv7
    from_drawer: int = Field(sa_type=Int, foreign_key="drawer.id", index=True)
    to_drawer: int = Field(sa_type=Int, foreign_key="drawer.id")
    amount: int = Field(sa_type=Int)
    count: str = Field(sa_type=String)  # canonical JSON: denomination → pieces
    state: str = Field(default="waiting", sa_type=String)  # waiting | accepted | refused | withdrawn
    at: datetime = Field(sa_type=Utc)
    settled_at: datetime | None = Field(default=None, sa_type=Utc)


class CashMark(SQLModel, table=True):
    """Cash of one operation that reaches, alone or with others of the week, what is reported (L4, req. 45)."""

    __tablename__ = "cash_mark"
    __table_args__ = STRICT

    operation_id: str = Field(sa_type=String, primary_key=True, foreign_key="operation.id")
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    week: date = Field(sa_type=Day, index=True)  # its Monday
    amount: int = Field(sa_type=Int)
    week_total: int = Field(sa_type=Int)
    source_sealed: bytes | None = Field(default=None, sa_type=Bytes)  # what the person said of the funds' source
    at: datetime = Field(sa_type=Utc)
