"""How much each role may alone, by kind, in one transaction and in a day; what is over waits for a second person."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

from services.errors import InvalidInput, LimitExceeded
from services.operations import MONEY_OPS, Op
from services.operator import Role
from services.payment_limits import approval_reasons, check_amount, day_left
from services.policy import load_policy

POLICY = load_policy()
OPS = sorted(MONEY_OPS)
PAYERS = (Role.CIS_AGENT, Role.CASHIER, Role.SUPERVISOR)


@dataclass(frozen=True)
class Day:
    """What was moved today, in centésimos."""

    member_day: int = 0
    agent_day: int = 0


@pytest.mark.parametrize("op", OPS)
def test_nobody_goes_below_or_above(op: Op) -> None:
    limits = POLICY.limits[op]
    check_amount(limits.minimum, limits)
    check_amount(limits.maximum, limits)
    with pytest.raises(InvalidInput):
        check_amount(limits.minimum - 1, limits)
    with pytest.raises(LimitExceeded) as over:
        check_amount(limits.maximum + 1, limits)
    assert over.value.code == "limit_exceeded"  # no second person helps


@pytest.mark.parametrize(("op", "role"), list(product(OPS, PAYERS)))
def test_each_role_has_its_share_of_each_kind(op: Op, role: Role) -> None:
    limits, roles = POLICY.limits[op], frozenset({role})
    share = limits.single.get(role, 0)
    within = min(share, limits.member_daily, limits.agent_daily)
    if within:
        assert approval_reasons(Day(), within, limits, roles) == ()
    reasons = approval_reasons(Day(), share + 1, limits, roles)
    assert reasons[0].startswith("Pasa lo que su rol puede solo")


@pytest.mark.parametrize("op", OPS)
def test_more_roles_may_what_the_largest_may(op: Op) -> None:
    limits = POLICY.limits[op]
    assert limits.single_of(frozenset(PAYERS)) == max(limits.single.get(role, 0) for role in PAYERS)
    assert limits.single_of(frozenset({Role.AUDITOR, Role.ADMINISTRATOR})) == 0
    assert limits.single_of(frozenset()) == 0


@pytest.mark.parametrize("op", OPS)
def test_the_day_of_the_member_and_the_day_of_the_agent(op: Op) -> None:
    limits, roles = POLICY.limits[op], frozenset(PAYERS)
    one = limits.minimum
    full = Day(member_day=limits.member_daily, agent_day=limits.agent_daily)
    last = Day(member_day=limits.member_daily - one, agent_day=limits.agent_daily - one)
    assert approval_reasons(last, one, limits, roles) == ()
    member, agent = approval_reasons(full, one, limits, roles)
    assert "día del asociado" in member and "B/.0.00" in member and "día de quien la registra" in agent
    assert approval_reasons(full, one, limits, None) == (member,)  # the program has no share and no day
    assert day_left(limits.member_daily, limits.member_daily + 1) == 0


@pytest.mark.parametrize("op", OPS)
def test_what_is_over_the_desks_share_can_be_approved(op: Op) -> None:
    """The policy leaves no gap: whoever approves may more than whoever asks."""
    limits = POLICY.limits[op]
    approvers = POLICY.operations[Op.APPROVAL_GIVE].roles
    asking = [limits.single[role] for role in limits.single if role not in approvers]
    assert limits.single_of(approvers) > max(asking)
