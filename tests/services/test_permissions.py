"""Every operation with every role, level and age of password, through the one gate (req. 10, 15, 17, 48)."""

from __future__ import annotations

import pytest

from services.errors import (
    CoopError,
    NotPermitted,
    ReauthenticationNeeded,
    SessionEnded,
    SessionLocked,
    SetupNeeded,
    VerificationNeeded,
)
from services.operations import Op
from services.operator import Operator, Role
from tests.services.world import World

NOT_OF_MEMBERS = (
    *("staff.", "policy.", "import.", "ledger.", "audit.", "report.", "breach."),
    *("pattern.", "looks.", "cases.", "recording."),
)
OF_MEMBERS = frozenset(op for op in Op if not op.value.startswith(NOT_OF_MEMBERS))


def attempt(world: World, operator: Operator, op: Op, member: int | None) -> type[CoopError] | None:
    """What the gate answers; what got through leaves an event as a use case would."""
    try:
        with world.uow.begin(operator, op, member_id=member if op in OF_MEMBERS else None) as tx:
            tx.record()
            tx.commit()
    except CoopError as error:
        return type(error)
    return None


@pytest.mark.parametrize("role", Role)
def test_each_role_may_exactly_what_the_policy_says(world: World, role: Role) -> None:
    operator, member = world.staff(roles=[role]), world.member()
    world.lease(operator, member, level=3, factors=["in_person"])
    rules = world.uow.policy.operations
    assert set(rules) == set(Op)
    answers = {op: attempt(world, operator, op, member) for op in Op}
    assert answers == {op: None if role in rules[op].roles else NotPermitted for op in Op}
    trail = {event["action"]: (event["result"], event.get("reason"), event["actor"]) for event in world.events()}
    assert trail == {
        op.value: ("ok", None, operator.actor)
        if role in rules[op].roles
        else ("refused", "not_permitted", operator.actor)
        for op in Op
    }


def test_two_roles_may_what_either_may(world: World) -> None:
    operator, member = world.staff(roles=[Role.CASHIER, Role.AUDITOR]), world.member()
    world.lease(operator, member, level=3, factors=["in_person"])
    for op, rule in world.uow.policy.operations.items():
        allowed = bool(rule.roles & {Role.CASHIER, Role.AUDITOR})
        assert attempt(world, operator, op, member) is (None if allowed else NotPermitted), op


def test_without_a_role_nothing(world: World) -> None:
    operator, member = world.staff(roles=[]), world.member()
    world.lease(operator, member, level=3, factors=["in_person"])
    assert {attempt(world, operator, op, member) for op in Op} == {NotPermitted}


def test_the_role_on_record_counts_not_the_one_in_hand(world: World) -> None:
    operator, member = world.staff(roles=[Role.CASHIER]), world.member()
    world.lease(operator, member, level=3)
    forged = Operator(
        operator.actor, operator.username, frozenset(Role), "001", "T-1", operator.channel, operator.session_id
    )
    assert attempt(world, forged, Op.STAFF_MANAGE, None) is NotPermitted
    world.change("UPDATE staff SET roles = 'auditor'")
    world.change("UPDATE staff SET totp_sealed = :any", any=b"any")
    assert attempt(world, operator, Op.NOTE_ADD, member) is NotPermitted


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_each_level_opens_exactly_what_the_policy_says(world: World, level: int) -> None:
    operators = {role: world.staff(role.value, [role]) for role in Role}
    member = world.member()
    for operator in operators.values():
        if level:
            world.lease(operator, member, level=level, factors=["question"])
    for op, rule in world.uow.policy.operations.items():
        if not rule.roles:
            continue  # the member's own, in the portal
        operator = operators[min(rule.roles)]
        wanted = None if rule.level <= level else VerificationNeeded
        assert attempt(world, operator, op, member) is wanted, op


def test_each_grave_operation_wants_a_fresh_password(world: World) -> None:
    operators = {role: world.staff(role.value, [role]) for role in Role}
    member = world.member()
    for operator in operators.values():
        world.lease(operator, member, level=3, factors=["in_person"])
    world.clock.advance(minutes=4)
    world.change("UPDATE staff_session SET last_seen_at = :now", now=_stored(world))
    world.clock.advance(minutes=1, microseconds=1)
    for op, rule in world.uow.policy.operations.items():
        if not rule.roles:
            continue
        wanted = ReauthenticationNeeded if rule.reauthenticate else None
        assert attempt(world, operators[min(rule.roles)], op, member) is wanted, op
    assert {op for op, rule in world.uow.policy.operations.items() if rule.reauthenticate} >= {
        Op.ACCESS_ACTIVATE,
        Op.CREDENTIAL_ISSUE,
        Op.QUESTIONS_RESET,
        Op.CONTACT_CHANGE,
        Op.AUDIT_EXPORT,
        Op.STAFF_MANAGE,
    }


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("ended", SessionEnded),
        ("disabled", SessionEnded),
        ("locked", SessionLocked),
        ("temporary", SetupNeeded),
        ("no factor", SetupNeeded),
        ("no session", SessionEnded),
    ],
)
def test_no_operation_passes_an_unfit_session(world: World, state: str, error: type[CoopError]) -> None:
    operator, member = world.staff(roles=list(Role)), world.member()
    world.lease(operator, member, level=3, factors=["in_person"])
    world.change(
        {
            "ended": "UPDATE staff_session SET ended_at = started_at",
            "disabled": "UPDATE staff SET enabled = (1 = 0)",
            "locked": "UPDATE staff_session SET locked_at = started_at",
            "temporary": "UPDATE staff SET password_expires_at = created_at",
            "no factor": "UPDATE staff SET totp_sealed = NULL",
            "no session": "UPDATE staff_session SET id = 'another'",
        }[state]
    )
    assert {attempt(world, operator, op, member) for op in Op} == {error}
    assert {event["result"] for event in world.events()} == {"refused"}


def test_the_matrix_keeps_the_duties_apart(world: World) -> None:
    """Pinned by hand, so that a slip of the pen in the policy shows (req. 10, 16, 17, 51)."""
    rules = world.uow.policy.operations
    may = {role: {op for op, rule in rules.items() if role in rule.roles} for role in Role}
    assert may[Role.ADMINISTRATOR] & OF_MEMBERS == {Op.APPROVAL_VIEW}  # changes of rights; of money only their own
    assert may[Role.AUDITOR] & OF_MEMBERS == {
        Op.MEMBER_FIND,
        Op.RECORD_VIEW,
        Op.TIMELINE_VIEW,
        Op.NOTES_VIEW,
        Op.RECEIPT_VIEW,
        Op.APPROVAL_VIEW,
        Op.BILLER_RECONCILE,
        Op.DRAWER_REVIEW,
        Op.PRIVACY_VIEW,
    }
    assert may[Role.COMPLIANCE] == {
        Op.CASH_MARKS_VIEW,
        Op.REPORT_CHANNELS,
        Op.PRIVACY_REGISTER,
        Op.PRIVACY_VIEW,
        Op.PRIVACY_ATTEND,
        Op.PRIVACY_EXPORT,
        Op.BREACH_VIEW,
        Op.BREACH_REGISTER,
        Op.POLICY_VIEW,
    }
    assert rules[Op.CASH_MARKS_VIEW].roles == {Role.COMPLIANCE}
    assert Op.MEMBER_FIND_BY_NAME not in may[Role.CIS_AGENT]
    only_supervisors = {
        Op.SECOND_PERSON,
        Op.VERIFICATION_UNBLOCK,
        Op.ISSUE_LIMIT_LIFT,
        Op.OPERATION_REVERSE,
        Op.APPROVAL_GIVE,
        Op.BILLER_ATTEND,
        Op.BILLER_WITHDRAW,
        Op.BILLER_SETTLE,
        Op.BILLER_SETTLE_MORE,
    }
    assert all(rules[op].roles == {Role.SUPERVISOR} for op in only_supervisors)
    assert rules[Op.STAFF_MANAGE].roles == {Role.ADMINISTRATOR}
    assert rules[Op.STAFF_APPROVE].roles == {Role.ADMINISTRATOR, Role.SUPERVISOR}
    assert {op for op in Op if not rules[op].roles} == {op for op in Op if op.value.startswith("portal.")}
    for op, level in {
        Op.BALANCES_VIEW: 1,
        Op.MOVEMENTS_VIEW: 1,
        Op.TRANSFER_OWN: 2,
        Op.TRANSFER_THIRD: 2,
        Op.QUOTA_PAY: 1,
        Op.LOAN_PAY: 1,
        Op.BILLER_PAY: 2,
        Op.BILLER_TOP_UP: 2,
        Op.ACCOUNT_AFFILIATE: 2,
        Op.ACCESS_UNLOCK: 2,
        Op.ACCESS_ACTIVATE: 3,
        Op.CREDENTIAL_ISSUE: 3,
        Op.CREDENTIAL_FALLBACK: 3,
        Op.QUESTIONS_RESET: 3,
        Op.CONTACT_CHANGE: 3,
    }.items():
        assert rules[op].level == level, op


def _stored(world: World) -> object:
    """The present moment as the engine keeps it."""
    from data.types import utc_text

    return utc_text(world.clock.now()) if world.dialect == "sqlite" else world.clock.now()
