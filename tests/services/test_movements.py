"""The last movements of an account, and of nobody else's (S88)."""

from __future__ import annotations

import pytest

from services.errors import InvalidInput, NotPermitted, VerificationNeeded
from services.movements import LastMovements, last_movements
from services.operator import Operator, Role
from tests.services.world import World


@pytest.fixture
def agent(world: World) -> Operator:
    return world.staff("mrodriguez")


@pytest.mark.parametrize("count", [10, 20, 30])
def test_the_three_sizes_newest_first(world: World, agent: Operator, count: int) -> None:
    member = world.member()
    account = world.account(member, number="06-018-50012-1")
    for turn in range(1, 33):
        world.fund(account, turn * 100)
    world.lease(agent, member, 1)
    found = last_movements(LastMovements(account, count), agent, world.uow)  # type: ignore[arg-type]
    assert len(found.rows) == count
    assert (found.account_number, found.label) == ("06-018-50012-1", "AHORROS")
    first = found.rows[0]
    assert (first.credit, first.debit, first.balance) == ("32.00", "", "528.00")
    assert (first.date, first.description) == ("15/01/2020", "Saldo inicial")
    assert found.rows[1].balance == "496.00"
    assert [row.number for row in found.rows] == sorted((row.number for row in found.rows), reverse=True)
    (event,) = world.events("movements.view")
    assert (event["member"], event["object"], event["detail"]) == (
        member,
        f"account:{account}",
        {"count": count, "rows": count},
    )


def test_debits_and_debts(world: World, agent: Operator) -> None:
    member = world.member()
    savings = world.account(member, balance=10_000)
    world.fund(savings, -2_550)
    loan = world.account(member, product="21", floor=-90_000, min_balance=-90_000, balance=-50_000)
    world.lease(agent, member, 1)
    debit = last_movements(LastMovements(savings), agent, world.uow).rows[0]
    assert (debit.debit, debit.credit, debit.balance) == ("25.50", "", "74.50")
    assert last_movements(LastMovements(loan), agent, world.uow).rows[0].balance == "500.00"


def test_only_three_sizes(world: World, agent: Operator) -> None:
    member = world.member()
    account = world.account(member)
    world.lease(agent, member, 1)
    for count in (0, 11, -10, 10**9):
        with pytest.raises(InvalidInput):
            last_movements(LastMovements(account, count), agent, world.uow)  # type: ignore[arg-type]


def test_an_account_of_another_and_of_nobody_are_refused_alike(world: World, agent: Operator) -> None:
    verified, stranger = world.member("50012"), world.member("50013")
    world.lease(agent, verified, 3)
    others = [world.account(stranger), world.account(None, number="CTL-1"), 9_999_999]
    refusals = set()
    for account in others:
        with pytest.raises(VerificationNeeded) as refused:
            last_movements(LastMovements(account), agent, world.uow)
        refusals.add(refused.value.user_text)
    assert len(refusals) == 1


def test_level_and_role(world: World, agent: Operator) -> None:
    member = world.member()
    account = world.account(member)
    with pytest.raises(VerificationNeeded):
        last_movements(LastMovements(account), agent, world.uow)
    auditor = world.staff("auditora", roles=(Role.AUDITOR,))
    with pytest.raises(NotPermitted):
        last_movements(LastMovements(account), auditor, world.uow)


def test_a_flag_asks_for_one_level_more(world: World, agent: Operator) -> None:
    member = world.member()
    account = world.account(member)
    case = world.case(agent, member, flags="urgencia")
    world.lease(agent, member, 1, case_id=case)
    with pytest.raises(VerificationNeeded):
        last_movements(LastMovements(account), agent, world.uow)
