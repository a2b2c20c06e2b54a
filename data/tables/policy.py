"""The versions of the policy document: who proposed each, who approved it, from when it holds (req. 48)."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from data.tables.base import STRICT
from data.types import Int, String, Utc


class PolicyVersion(SQLModel, table=True):
    """One version. Rows are only added; in force is the newest whose time has come."""

    __tablename__ = "policy_version"
    __table_args__ = STRICT

    id: int | None = Field(default=None, sa_type=Int, primary_key=True)
    name: str = Field(sa_type=String, unique=True)  # the document's own `version`, or one that the program gave it
    sha256: str = Field(sa_type=String)  # of the text
    text: str = Field(sa_type=String)
    source: str = Field(sa_type=String)  # packaged | file | proposal | fallback
    from_at: datetime = Field(sa_type=Utc)
    at: datetime = Field(sa_type=Utc)
    proposed_by: int | None = Field(default=None, sa_type=Int, foreign_key="staff.id")
    approved_by: int | None = Field(default=None, sa_type=Int, foreign_key="staff.id")
    proposal_id: str | None = Field(default=None, sa_type=String, foreign_key="proposal.id")
    reason: str = Field(sa_type=String)
