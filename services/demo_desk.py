"""What happened at the demo's desk before today: notes, cases with their verification, blocks, contact changes."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import col, update

from data.demo_figures import MemberFigure
from data.tables import Case, ContactChange, Factor, Lease, Member, MemberNote, VerificationBlock
from services.demo_access import moment_uuid
from services.unit_of_work import Transaction

WRONG_ANSWERS = 3


def add_desk(
    tx: Transaction, members: Mapping[str, int], figures: Sequence[MemberFigure], staff: Mapping[str, int]
) -> None:
    """Insert what the cast's stories ask for."""
    agent = staff["mrodriguez"]
    for figure in figures:
        member_id = members[figure.number]
        if "note" in figure.more:
            at = tx.now - timedelta(days=12)
            values = {"member_id": member_id, "staff_id": agent, "at": at, "text": figure.more["note"]}
            tx.connection.execute(insert(MemberNote).values(values))
        if figure.more.get("last_case"):
            _verified_case(tx, member_id, agent, figure.number)
        if "verification_block" in figure.more:
            _blocked(tx, member_id, staff["jcastillo"], figure)
        if "waiting" in figure.more:
            _waiting_email(tx, member_id, agent, figure)
        if "phone_changed" in figure.more:
            since = tx.now - timedelta(minutes=int(figure.more["phone_changed"]))
            tx.connection.execute(update(Member).where(col(Member.id) == member_id).values(phone_since=since))


def _case(member_id: int, agent: int, opened: datetime, minutes: int, name: str) -> dict[str, Any]:
    return {
        "id": moment_uuid(opened, f"case {name}"),
        "member_id": member_id,
        "staff_id": agent,
        "session_id": hashlib.sha256(b"demo session").hexdigest(),
        "channel": "cis",
        "branch": "001",
        "opened_at": opened,
        "closed_at": opened + timedelta(minutes=minutes),
        "outcome": "closed",
        "flags": "",
    }


def _factor(case: Mapping[str, Any], kind: str, detail: str, result: str, after: int) -> dict[str, Any]:
    return {
        "case_id": case["id"],
        "member_id": case["member_id"],
        "staff_id": case["staff_id"],
        "kind": kind,
        "detail": detail,
        "result": result,
        "at": case["opened_at"] + timedelta(minutes=after),
    }


def _verified_case(tx: Transaction, member_id: int, agent: int, number: str) -> None:
    """Yesterday's call: two answers and a code, so N2 until the case was closed."""
    case = _case(member_id, agent, tx.now - timedelta(days=1, minutes=8), 6, number) | {"questions": "1 2"}
    tx.connection.execute(insert(Case), [case])
    steps = [("question", "1", 1), ("question", "2", 2), ("code", "email", 4)]
    tx.connection.execute(insert(Factor), [_factor(case, kind, detail, "passed", at) for kind, detail, at in steps])
    granted = case["opened_at"] + timedelta(minutes=4)
    lease = {
        "case_id": case["id"],
        "member_id": member_id,
        "staff_id": agent,
        "session_id": case["session_id"],
        "level": 2,
        "factors": "code question",
        "granted_at": granted,
        "expires_at": granted + timedelta(minutes=tx.policy.verification.lease_minutes),
        "ended_at": case["closed_at"],
        "end_reason": "closed",
    }
    tx.connection.execute(insert(Lease), [lease])


def _blocked(tx: Transaction, member_id: int, agent: int, figure: MemberFigure) -> None:
    """Three wrong answers close verification by phone (req. 20)."""
    since = tx.now - timedelta(minutes=int(figure.more["verification_block"]))
    case = _case(member_id, agent, since - timedelta(minutes=4), 5, figure.number) | {"questions": "1 2"}
    tx.connection.execute(insert(Case), [case])
    wrong = [_factor(case, "question", "1", "failed", place + 1) for place in range(WRONG_ANSWERS)]
    tx.connection.execute(insert(Factor), wrong)
    tx.connection.execute(insert(VerificationBlock), [{"member_id": member_id, "since": since}])


def _waiting_email(tx: Transaction, member_id: int, agent: int, figure: MemberFigure) -> None:
    """A new e-mail that waits its 72 hours since yesterday (req. 26)."""
    asked = tx.now - timedelta(days=1)
    change = {
        "member_id": member_id,
        "field": "email",
        "old": figure.email,
        "new": figure.more["waiting"],
        "state": "waiting",
        "requested_at": asked,
        "effective_at": asked + timedelta(hours=tx.policy.verification.contact_wait_hours),
        "staff_id": agent,
    }
    tx.connection.execute(insert(ContactChange), [change])
