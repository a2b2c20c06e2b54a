"""Affiliating an account is a staff act with a reason (S74)."""

from __future__ import annotations

import pytest

from services.affiliation import Affiliate, affiliate
from services.errors import AccountUnusable, InvalidInput, NotFound, VerificationNeeded
from services.operator import Operator
from tests.services.world import World

WHY = "El asociado lo pidió"


@pytest.fixture
def agent(world: World) -> Operator:
    return world.staff("mrodriguez")


def test_on_and_off_with_reason_and_event(world: World, agent: Operator) -> None:
    member = world.member()
    account = world.account(member, number="06-018-50012-1", affiliated_at=None)
    world.lease(agent, member, 2)
    done = affiliate(Affiliate(member, account, True, f" {WHY} "), agent, world.uow)
    assert done.text == "Cuenta 06-018-50012-1 afiliada; el asociado la ve en línea."
    assert world.scalar("SELECT affiliated_at FROM account WHERE id = :id", id=account) is not None
    affiliate(Affiliate(member, account, False, WHY), agent, world.uow)
    assert world.scalar("SELECT affiliated_at FROM account WHERE id = :id", id=account) is None
    on, off = world.events("account.affiliate")
    assert (on["object"], on["reason"], on["member"]) == (f"account:{account}", WHY, member)
    assert on["detail"] == {"before": {"affiliated": False}, "after": {"affiliated": True}}
    assert off["detail"]["after"] == {"affiliated": False}


def test_nothing_to_change_is_said(world: World, agent: Operator) -> None:
    member = world.member()
    account = world.account(member)
    world.lease(agent, member, 2)
    with pytest.raises(InvalidInput) as refused:
        affiliate(Affiliate(member, account, True, WHY), agent, world.uow)
    assert "ya está afiliada" in refused.value.user_text


def test_whose_account_and_how_well_verified(world: World, agent: Operator) -> None:
    member, other = world.member("50012"), world.member("50013")
    foreign = world.account(other, affiliated_at=None)
    closed = world.account(member, affiliated_at=None, status="closed")
    with pytest.raises(VerificationNeeded):
        affiliate(Affiliate(member, closed, True, WHY), agent, world.uow)
    world.lease(agent, member, 2)
    for account in (foreign, 9_999_999):
        with pytest.raises(NotFound):
            affiliate(Affiliate(member, account, True, WHY), agent, world.uow)
    with pytest.raises(AccountUnusable):
        affiliate(Affiliate(member, closed, True, WHY), agent, world.uow)
    with pytest.raises(InvalidInput) as refused:
        affiliate(Affiliate(member, closed, True, "ya"), agent, world.uow)
    assert refused.value.field == "reason"
    assert world.scalar("SELECT count(*) FROM account WHERE affiliated_at IS NOT NULL") == 0
