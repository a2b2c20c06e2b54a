"""The sessions of members: opened, looked at, ended (req. 13, 14; ASVS 7)."""

import hashlib
import secrets as random_source
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection, insert, update
from sqlmodel import col

from data.tables import MemberSession
from services.operator import Operator
from services.portal_place import PortalPlace, member_operator

TOKEN_BYTES: Final = 32  # 256 bits


class Writing(Protocol):
    """What this room needs of a transaction (services/unit_of_work.py stands above it)."""

    @property
    def connection(self) -> Connection: ...
    @property
    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """Who comes in, how: `stage` wizard or full; `answered`: a question was answered right on the way."""

    member_id: int
    number: str
    full_name: str
    stage: str
    answered: bool
    device_id: int | None = None
    previous_visit_at: datetime | None = None


def open_session(tx: Writing, opening: Opening, place: PortalPlace) -> Operator:
    """A new row under the hash of 256 random bits; the member's former sessions end: one at a time.

    The random bits are dropped: inside one process the Operator is the proof.
    """
    end_sessions_of_member(tx, opening.member_id, "replaced")
    session_id = hashlib.sha256(random_source.token_bytes(TOKEN_BYTES)).hexdigest()
    operator = member_operator(opening.member_id, opening.number, place, session_id, opening.full_name)
    tx.connection.execute(
        insert(MemberSession).values(
            id=session_id,
            member_id=opening.member_id,
            stage=opening.stage,
            channel=place.channel.value,
            branch=operator.branch,
            terminal=operator.terminal,
            origin=place.origin,
            device_id=opening.device_id,
            previous_visit_at=opening.previous_visit_at,
            started_at=tx.now,
            last_seen_at=tx.now,
            authenticated_at=tx.now,
            answered_at=tx.now if opening.answered else None,
        )
    )
    return operator


def change_session(tx: Writing, session_id: str, **values: Any) -> None:
    """Write columns of one session that has not ended."""
    tx.connection.execute(
        update(MemberSession)
        .where(col(MemberSession.id) == session_id, col(MemberSession.ended_at).is_(None))
        .values(**values)
    )


def end_session(tx: Writing, session_id: str, reason: str) -> None:
    """End one session."""
    change_session(tx, session_id, ended_at=tx.now, end_reason=reason)


def end_sessions_of_member(tx: Writing, member_id: int, reason: str, *, but: str = "") -> int:
    """End the open sessions of a member, all or all but one; answers how many."""
    return tx.connection.execute(
        update(MemberSession)
        .where(
            col(MemberSession.member_id) == member_id,
            col(MemberSession.ended_at).is_(None),
            col(MemberSession.id) != but,
        )
        .values(ended_at=tx.now, end_reason=reason)
    ).rowcount
