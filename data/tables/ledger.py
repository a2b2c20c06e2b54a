"""Accounts and the double-entry ledger. The tables, triggers and checks themselves are SQL: data/sql/ledger_*.sql.

The program inserts `operation` rows and nothing else; the database writes holds, transfers, entries and balances.
"""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from data.tables.base import BY_HAND
from data.types import Bytes, Day, Flag, Int, String, Utc


class Account(SQLModel, table=True):
    """A member's account or one of the cooperative's own (member_id None). Amounts in centésimos.

    balance = credits − debits: positive is what the cooperative owes (savings), negative what it is owed (loans,
    cards). balance − held never goes below min_balance; floor is where min_balance belongs (it lies lower only while
    imported history has left the account overdrawn). tracked False: no running balance is kept (hot accounts).
    """

    __tablename__ = "account"
    __table_args__ = BY_HAND

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    number: str = Field(sa_type=String, unique=True)
    member_id: int | None = Field(default=None, sa_type=Int, foreign_key="member.id", index=True)
    product: str = Field(sa_type=String)
    label: str = Field(sa_type=String)
    branch: str = Field(sa_type=String)
    opened_on: date | None = Field(default=None, sa_type=Day)
    status: str = Field(default="open", sa_type=String)  # open | blocked | closed
    affiliated_at: datetime | None = Field(default=None, sa_type=Utc)  # visible online (S74)
    card_token: str | None = Field(default=None, sa_type=String)
    card_last4: str | None = Field(default=None, sa_type=String)
    terms: str | None = Field(default=None, sa_type=String)  # canonical JSON of quota, rate, due day: by product
    tracked: bool = Field(default=True, sa_type=Flag)
    balance: int = Field(default=0, sa_type=Int)
    held: int = Field(default=0, sa_type=Int)
    floor: int = Field(default=0, sa_type=Int)
    min_balance: int = Field(default=0, sa_type=Int)
    version: int = Field(default=0, sa_type=Int)


class Operation(SQLModel, table=True):
    """One business operation. `id` is the idempotency key (UUIDv7); `body` the canonical JSON with its `legs`."""

    __tablename__ = "operation"
    __table_args__ = BY_HAND

    seq: int | None = Field(default=None, sa_type=Int, primary_key=True)  # the receipt number
    id: str = Field(sa_type=String, unique=True)
    request_hash: bytes = Field(sa_type=Bytes)
    kind: str = Field(sa_type=String)
    outcome: str = Field(sa_type=String)  # posted | rejected | held | released
    member_id: int | None = Field(default=None, sa_type=Int)
    actor: str = Field(sa_type=String)  # staff:7 | member:12 | system
    branch: str = Field(sa_type=String)
    terminal: str = Field(sa_type=String)
    channel: str = Field(sa_type=String)
    case_id: str | None = Field(default=None, sa_type=String)
    body: str = Field(sa_type=String)
    reversal_of: str | None = Field(default=None, sa_type=String, unique=True)
    settles_hold: str | None = Field(default=None, sa_type=String, unique=True)
    external_ref: str | None = Field(default=None, sa_type=String, unique=True)
    value_date: date = Field(sa_type=Day)
    at: datetime = Field(sa_type=Utc)


class Transfer(SQLModel, table=True):
    """One leg: one debit, one credit, an amount above zero. Written by the trigger."""

    __tablename__ = "transfer"
    __table_args__ = BY_HAND

    operation_id: str = Field(sa_type=String, primary_key=True)
    leg: int = Field(sa_type=Int, primary_key=True)
    debit: int = Field(sa_type=Int)
    credit: int = Field(sa_type=Int)
    amount: int = Field(sa_type=Int)


class Entry(SQLModel, table=True):
    """One side of a leg, signed, with the balance after it (None on untracked accounts). Written by the trigger."""

    __tablename__ = "entry"
    __table_args__ = BY_HAND

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    operation_id: str = Field(sa_type=String)
    leg: int = Field(sa_type=Int)
    account_id: int = Field(sa_type=Int)
    amount: int = Field(sa_type=Int)
    balance_after: int | None = Field(default=None, sa_type=Int)


class Hold(SQLModel, table=True):
    """Money set aside by an operation of outcome `held`. Written by the trigger."""

    __tablename__ = "hold"
    __table_args__ = BY_HAND

    id: str = Field(sa_type=String, primary_key=True)  # the operation that placed it
    account_id: int = Field(sa_type=Int)
    amount: int = Field(sa_type=Int)


class HoldRelease(SQLModel, table=True):
    """The one operation that ended a hold, by posting or releasing. Written by the trigger."""

    __tablename__ = "hold_release"
    __table_args__ = BY_HAND

    hold_id: str = Field(sa_type=String, primary_key=True)
    operation_id: str = Field(sa_type=String)


class RollUp(SQLModel, table=True):
    """The balance of an untracked account up to and including one entry."""

    __tablename__ = "rollup"
    __table_args__ = BY_HAND

    account_id: int = Field(sa_type=Int, primary_key=True)
    upto_entry: int = Field(sa_type=Int, primary_key=True)
    balance: int = Field(sa_type=Int)
    at: datetime = Field(sa_type=Utc)
