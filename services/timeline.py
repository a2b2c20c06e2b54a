"""What happened with a member, newest first: staff, the member, the program; read from the audit trail."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlmodel import col

from data.tables import AuditEvent, Member
from services.errors import NotFound, refusal_text
from services.operations import Op
from services.operator import Operator
from services.text_cleaning import clean
from services.timeline_words import CHANNELS, LOOKS, RESULTS, STEPS, WORDS
from services.unit_of_work import UnitOfWork
from services.view_limit import check_views

MOST = 200
Kind = Literal["personal", "asociado", "sistema"]
KINDS: Mapping[str, Kind] = {"staff": "personal", "member": "asociado"}


@dataclass(frozen=True, slots=True)
class MemberTimeline:
    """The last `limit` things (at most 200); with `views` also who looked at the record and when."""

    member_id: int
    limit: int = 50
    views: bool = False


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One thing: when (UTC), who (username), on whose side, what, how it ended, where; all in Spanish.

    `reason` is what the agent gave or why it was refused; empty if neither.
    """

    at: datetime
    who: str
    kind: Kind
    what: str
    result: str
    channel: str
    reason: str


def member_timeline(command: MemberTimeline, operator: Operator, uow: UnitOfWork) -> tuple[TimelineRow, ...]:
    """Read a member's history, newest first. Raises NotFound and the errors of authorisation."""
    with uow.begin(operator, Op.TIMELINE_VIEW, member_id=command.member_id) as tx:
        check_views(tx)
        there = select(col(Member.id)).where(col(Member.id) == command.member_id)
        if tx.connection.execute(there).first() is None:
            raise NotFound
        query = select(col(AuditEvent.body)).where(col(AuditEvent.member_id) == command.member_id)
        if not command.views:
            query = query.where(~(col(AuditEvent.action).in_(LOOKS) & (col(AuditEvent.result) == "ok")))
        bodies = tx.connection.execute(
            query.order_by(col(AuditEvent.id).desc()).limit(max(1, min(command.limit, MOST)))
        ).scalars()
        rows = tuple(timeline_row(json.loads(body)) for body in bodies)
        tx.record(detail={"rows": len(rows)} | ({"views": True} if command.views else {}))
        tx.commit()
    return rows


def timeline_row(event: Mapping[str, Any]) -> TimelineRow:
    """One event's body in words."""
    result = str(event["result"])
    return TimelineRow(
        at=datetime.fromisoformat(event["at"]),
        who=clean(str(event["user"]), 60),
        kind=KINDS.get(str(event["actor"]).partition(":")[0], "sistema"),
        what=what_text(str(event["action"]), event.get("detail", {})),
        result=RESULTS.get(result, clean(result, 40)),
        channel=CHANNELS.get(str(event["channel"]), clean(str(event["channel"]), 20)),
        reason=_reason(str(event.get("reason", "")), result),
    )


def what_text(action: str, detail: Mapping[str, Any] | None = None) -> str:
    """The action in words, of a step of verification which one; an action without words is shown by its
    name.
    """
    words = WORDS.get(action) or clean(action, 60)
    step = STEPS.get(str((detail or {}).get("kind"))) if action == "verification.step" else None
    if action == "portal.image_report" and detail:
        step = "vio la suya" if detail.get("answered") else "vio una ajena"
    return f"{words}: {step}" if step else words


def _reason(reason: str, result: str) -> str:
    """What the agent wrote, or for a refusal the words of its code."""
    if result == "ok":
        return clean(reason, 200)
    return refusal_text(reason) or clean(reason, 200)
