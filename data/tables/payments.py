"""What surrounds payments: approvals, favourites, schedules, orders at the billers' gateway (req. 8, 42, 43)."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Day, Int, String, Utc


class ApprovalRequest(SQLModel, table=True):
    """A transaction that waits for a second person. `id` is the operation's key; a decided row stays (req. 43)."""

    __tablename__ = "approval_request"
    __table_args__ = (Index("ix_approval_request_state", "state", "requested_at"), STRICT)

    id: str = Field(sa_type=String, primary_key=True)
    kind: str = Field(sa_type=String)  # value of the Op
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id")  # the maker
    maker: str = Field(sa_type=String)  # canonical JSON: actor, username, branch, terminal, channel, case
    command: str = Field(sa_type=String)  # canonical JSON of what was asked for
    summary: str = Field(sa_type=String)  # canonical JSON: the lines that the maker and the member saw
    prepared_hash: str = Field(sa_type=String)
    amount: int = Field(sa_type=Int)  # centésimos
    reasons: str = Field(sa_type=String)  # canonical JSON: why a second person
    note: str = Field(sa_type=String)  # the maker's own reason
    evidence: str = Field(sa_type=String)  # level and factors of the lease: `N2 question code`
    requested_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    state: str = Field(default="waiting", sa_type=String)  # waiting | approved | refused | expired | withdrawn
    decided_by: int | None = Field(default=None, sa_type=Int, foreign_key="staff.id")
    decided_at: datetime | None = Field(default=None, sa_type=Utc)
    decision: str | None = Field(default=None, sa_type=String)  # the reason of a refusal, the code of a failure


class Favourite(SQLModel, table=True):
    """Whom or what a member pays often. Either `to_account` or biller, mode and reference are set."""

    __tablename__ = "favourite"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    kind: str = Field(sa_type=String)  # value of the Op
    label: str = Field(sa_type=String)
    from_account: int | None = Field(default=None, sa_type=Int, foreign_key="account.id")
    to_account: int | None = Field(default=None, sa_type=Int, foreign_key="account.id")
    biller: str | None = Field(default=None, sa_type=String)
    reference: str | None = Field(default=None, sa_type=String)
    extra: str | None = Field(default=None, sa_type=String)
    last_amount: int | None = Field(default=None, sa_type=Int)  # centésimos
    uses: int = Field(default=0, sa_type=Int)
    created_at: datetime = Field(sa_type=Utc)
    last_used_at: datetime | None = Field(default=None, sa_type=Utc)
    removed_at: datetime | None = Field(default=None, sa_type=Utc)


class Schedule(SQLModel, table=True):
    """A payment on a date or every month. `command` is what is asked for each time, without key and hash."""

    __tablename__ = "schedule"
    __table_args__ = (Index("ix_schedule_next_on", "state", "next_on"), STRICT)

    id: str = Field(sa_type=String, primary_key=True)  # UUIDv7
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    kind: str = Field(sa_type=String)  # value of the Op
    label: str = Field(sa_type=String)
    command: str = Field(sa_type=String)  # canonical JSON
    every: str = Field(sa_type=String)  # once | month | week | fortnight
    first_on: date = Field(sa_type=Day)
    day: int | None = Field(default=None, sa_type=Int)  # of the month, as it was meant: 31 with a first_on of 28/02
    until: date | None = Field(default=None, sa_type=Day)
    runs_left: int | None = Field(default=None, sa_type=Int)
    holidays: str = Field(sa_type=String)  # same | next | previous
    state: str = Field(sa_type=String)  # active | ended | cancelled
    next_on: date | None = Field(default=None, sa_type=Day)  # the nominal date of the next run
    staff_id: int | None = Field(default=None, sa_type=Int, foreign_key="staff.id")  # None: the member, in the portal
    case_id: str | None = Field(default=None, sa_type=String)
    created_at: datetime = Field(sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)


class ScheduleRun(SQLModel, table=True):
    """What became of one date of a schedule. One row a date: it runs once (req. 40)."""

    __tablename__ = "schedule_run"
    __table_args__ = STRICT

    schedule_id: str = Field(sa_type=String, primary_key=True, foreign_key="schedule.id")
    due_on: date = Field(sa_type=Day, primary_key=True)
    state: str = Field(sa_type=String)  # trying | done | failed | skipped
    attempts: int = Field(default=0, sa_type=Int)
    operation_id: str | None = Field(default=None, sa_type=String)  # of the last attempt
    reason: str | None = Field(default=None, sa_type=String)  # the code of the last refusal
    next_try_on: date | None = Field(default=None, sa_type=Day)
    at: datetime = Field(sa_type=Utc)


class BillerOrder(SQLModel, table=True):
    """An order to the billers' gateway. `id` is the operation that holds the money and the order's own id there."""

    __tablename__ = "biller_order"
    __table_args__ = (Index("ix_biller_order_state", "state", "next_at"), STRICT)

    id: str = Field(sa_type=String, primary_key=True, foreign_key="operation.id")
    member_id: int = Field(sa_type=Int, foreign_key="member.id", index=True)
    biller: str = Field(sa_type=String)
    mode: str = Field(sa_type=String)  # P | R
    reference: str = Field(sa_type=String)
    extra: str | None = Field(default=None, sa_type=String)
    amount: int = Field(sa_type=Int)  # centésimos
    state: str = Field(sa_type=String)  # pending | sent | paid | refused
    day: date = Field(sa_type=Day, index=True)  # in Panama, when it was asked for
    attempts: int = Field(default=0, sa_type=Int)
    next_at: datetime = Field(sa_type=Utc)
    error: str | None = Field(default=None, sa_type=String)  # code of the last trouble
    gateway_ref: str | None = Field(default=None, sa_type=String)
    decided_on: date | None = Field(default=None, sa_type=Day, index=True)  # in Panama, by the gateway's own clock
    settled_at: datetime | None = Field(default=None, sa_type=Utc)


class Reconciliation(SQLModel, table=True):
    """One comparison of a day's ledger with the gateway's file."""

    __tablename__ = "reconciliation"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    day: date = Field(sa_type=Day, index=True)
    at: datetime = Field(sa_type=Utc)
    actor: str = Field(sa_type=String)
    orders: int = Field(sa_type=Int)
    file_sha256: str = Field(sa_type=String)
    ours: int = Field(sa_type=Int)  # centésimos that we say were paid
    theirs: int = Field(sa_type=Int)


class ReconciliationLine(SQLModel, table=True):
    """One difference and what to do about it. A line that was attended to stays."""

    __tablename__ = "reconciliation_line"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    reconciliation_id: int = Field(sa_type=Int, foreign_key="reconciliation.id", index=True)
    order_id: str = Field(sa_type=String)
    difference: str = Field(sa_type=String)  # missing_there | missing_here | amount | state | reference
    ours: str = Field(sa_type=String)
    theirs: str = Field(sa_type=String)
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    settled_by: str | None = Field(default=None, sa_type=String)
    note: str | None = Field(default=None, sa_type=String)
