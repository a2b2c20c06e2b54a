"""Changes of rights, of the policy and of a member's access that wait for a second person (req. 11, 43)."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Int, String, Utc


class Proposal(SQLModel, table=True):
    """A change that somebody asks for and another person decides. What was asked for and what was decided stays.

    Its effect is written in the transaction that decides it.
    """

    __tablename__ = "proposal"
    __table_args__ = (Index("ix_proposal_state", "state", "requested_at"), STRICT)

    id: str = Field(sa_type=String, primary_key=True)  # UUIDv7, minted by who asks
    kind: str = Field(sa_type=String)  # `staff.rights`
    subject: str = Field(sa_type=String)  # what it is about, as the list shows it
    concerns: int | None = Field(default=None, sa_type=Int, foreign_key="staff.id")  # whose rights it changes
    member_id: int | None = Field(default=None, sa_type=Int, foreign_key="member.id", index=True)
    staff_id: int = Field(sa_type=Int, foreign_key="staff.id", index=True)  # the maker
    maker: str = Field(sa_type=String)  # canonical JSON: actor, username, branch, terminal, channel, case
    command: str = Field(sa_type=String)  # canonical JSON of what was asked for
    lines: str = Field(sa_type=String)  # canonical JSON: label, before, after, as the maker saw them
    prepared_hash: str = Field(sa_type=String)
    reason: str = Field(sa_type=String)
    evidence: str = Field(sa_type=String)  # level and factors of the caller's lease, `N0` where nobody calls
    requested_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc)
    state: str = Field(default="waiting", sa_type=String)  # waiting | approved | refused | expired | withdrawn
    decided_by: int | None = Field(default=None, sa_type=Int, foreign_key="staff.id")
    decided_at: datetime | None = Field(default=None, sa_type=Utc)
    decision: str | None = Field(default=None, sa_type=String)  # the reason of a refusal
