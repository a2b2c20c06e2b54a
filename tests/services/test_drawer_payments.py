"""Cash over the counter: payments through one's own open drawer, and nobody else's (req. 40–43)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.values.uuid7 import uuid7
from services.errors import AccountUnusable, InsufficientFunds, NotFound, NotPermitted, VerificationNeeded
from services.ledger_check import check
from services.operations import Op
from services.operator import Channel, Role
from services.payment_limits import ApprovalNeeded
from services.payments import confirm
from services.reversals import Reverse, reverse
from tests.services.counters import Counter
from tests.services.world import World


@pytest.fixture
def counter(world: World) -> Counter:
    counter = Counter(world)
    counter.open(500_00)
    return counter


def test_a_deposit_and_a_withdrawal(counter: Counter) -> None:
    prepared = counter.prepare(Op.CASH_DEPOSIT, 75_00)
    shown = dict(prepared.summary)
    assert shown["Desde"] == "CAJA caja" and shown["Titular"] == "ITZEL P••••"
    assert prepared.balance_after is None and "Saldo después" not in shown
    receipt = counter.deposit(75_00)
    assert receipt.kind_title == "Depósito en efectivo" and dict(receipt.lines)["Monto"] == "B/.75.00"
    assert (counter.cash(), counter.world.balance(counter.savings)) == (575_00, 1_075_00)
    receipt = counter.withdraw(30_00)
    assert dict(receipt.lines)["Hacia"] == "CAJA caja"
    assert (counter.cash(), counter.world.balance(counter.savings)) == (545_00, 1_045_00)
    assert check(counter.world.uow) == ()


def test_a_quota_and_a_loan_are_paid_in_cash(counter: Counter) -> None:
    world = counter.world
    quota = world.account(counter.member, product="01")
    assert counter.confirm(counter.form(Op.QUOTA_PAY, 10_00, to_account=quota)).outcome == "posted"
    assert (counter.cash(), world.balance(quota)) == (510_00, 10_00)


def test_a_deposit_wants_no_verified_caller_and_a_withdrawal_does(counter: Counter) -> None:
    counter.world.change("UPDATE verification_lease SET ended_at = granted_at")
    counter.deposit(75_00)
    with pytest.raises(VerificationNeeded):
        counter.prepare(Op.CASH_WITHDRAW, 10_00)


def test_a_drawer_gives_what_it_has(counter: Counter) -> None:
    with pytest.raises(InsufficientFunds) as refused:
        counter.prepare(Op.CASH_WITHDRAW, 500_01)
    assert "caja" in refused.value.user_text.lower()
    reviewed = counter.form(Op.CASH_WITHDRAW, 400_00)
    counter.withdraw(200_00)
    counter.deposit(200_00)
    counter.close(0)  # a count changes nothing
    first = counter.form(Op.CASH_WITHDRAW, 300_00)
    counter.world.fund(counter.savings, 300_00)
    assert counter.withdraw(300_00).outcome == "posted"  # both of them were reviewed with B/.500.00 in the drawer
    for late in (first, reviewed):
        with pytest.raises(InsufficientFunds):
            counter.confirm(late)
        with pytest.raises(InsufficientFunds):  # the refusal sticks to the key
            counter.confirm(late)
    assert counter.cash() == 200_00


def test_the_database_itself_refuses_cash_that_is_not_there(counter: Counter) -> None:
    from services.posting import Leg, Posting, post

    vault = counter.world.scalar("SELECT id FROM account WHERE number = 'BOV-018'")
    counter.world.fund(counter.savings, 60_000_00)
    for account, amount in ((counter.drawer(), 500_01), (vault, 49_500_01)):
        with pytest.raises(InsufficientFunds), counter.world.uow.begin_system(counter.cashier) as tx:
            post(tx, Posting(uuid7(), "test", (Leg(counter.savings, account, amount),)))
    with counter.world.uow.begin_system(counter.cashier) as tx:
        post(tx, Posting(uuid7(), "test", (Leg(counter.savings, counter.drawer(), 500_00),)))
        tx.record("test")
        tx.commit()
    assert (counter.cash(), counter.vault()) == (0, 49_500_00)


def test_only_one_s_own_open_drawer(counter: Counter) -> None:
    world = counter.world
    other = world.staff("otra", [Role.CASHIER], branch="018", channel=Channel.BRANCH)
    world.lease(other, counter.member, level=2)
    form = counter.form(Op.CASH_DEPOSIT, 75_00)
    with pytest.raises(AccountUnusable):
        confirm(form, other, world.uow)
    counter.open(100_00, operator=other)
    with pytest.raises(AccountUnusable):  # hers is open now, but this is not hers
        confirm(replace(form, key=uuid7()), other, world.uow)
    assert counter.close(500_00).closed
    with pytest.raises(AccountUnusable) as refused:
        counter.confirm(replace(form, key=uuid7()))
    assert "Abra primero su caja" in refused.value.user_text
    with pytest.raises(AccountUnusable):
        counter.prepare(Op.CASH_DEPOSIT, 75_00)


def test_a_drawer_that_is_no_drawer(counter: Counter) -> None:
    vault = counter.world.scalar("SELECT id FROM account WHERE number = 'BOV-018'")
    for sides in ({"from_account": vault}, {"from_account": counter.savings, "to_account": counter.drawer()}):
        with pytest.raises(NotFound):
            counter.prepare(Op.CASH_DEPOSIT, 10_00, **sides)
    foreign = counter.world.account(counter.world.member("50013"), balance=100_00)
    with pytest.raises(NotFound):
        counter.prepare(Op.CASH_WITHDRAW, 10_00, from_account=foreign)
    with pytest.raises(NotFound):
        counter.prepare(Op.TRANSFER_THIRD, 10_00, to_account=foreign)


def test_more_than_a_cashier_may_alone_waits_for_a_second_person(counter: Counter) -> None:
    counter.world.fund(counter.savings, 10_000_00)
    counter.world.fund(counter.drawer(), -10_000_00)
    assert counter.prepare(Op.CASH_WITHDRAW, 3_000_01).approval
    with pytest.raises(ApprovalNeeded):
        counter.withdraw(3_000_01)


def test_cash_is_reversed_while_its_drawer_is_open(counter: Counter) -> None:
    world = counter.world
    first, second = counter.deposit(75_00), counter.withdraw(30_00)
    for done in (first, second):
        reverse(Reverse(done.operation_id, "Monto equivocado", uuid7()), counter.boss, world.uow)
    assert (counter.cash(), world.balance(counter.savings)) == (500_00, 1_000_00)
    late = counter.deposit(75_00)
    assert counter.close(575_00, keep=True).closed
    for _ in range(2):  # closed, and then open again: it is another drawer's day
        with pytest.raises(NotPermitted) as refused:
            reverse(Reverse(late.operation_id, "Monto equivocado", uuid7()), counter.boss, world.uow)
        assert "ya se cerró" in refused.value.user_text
        if not world.scalar("SELECT count(*) FROM drawer WHERE closed_at IS NULL"):
            counter.open(575_00)
    assert counter.cash() == 575_00


def test_a_reversal_gives_only_cash_that_is_there(counter: Counter) -> None:
    done = counter.deposit(75_00)
    counter.world.fund(counter.drawer(), 575_00)
    with pytest.raises(InsufficientFunds):
        reverse(Reverse(done.operation_id, "Monto equivocado", uuid7()), counter.boss, counter.world.uow)
    assert counter.cash() == 0


def test_a_transfer_is_reversed_whatever_the_drawers_do(counter: Counter) -> None:
    second = counter.world.account(counter.member)
    form = counter.form(Op.TRANSFER_OWN, 10_00, from_account=counter.savings, to_account=second)
    done = counter.confirm(form)
    assert counter.close(500_00).closed
    reverse(Reverse(done.operation_id, "Monto equivocado", uuid7()), counter.boss, counter.world.uow)
    assert counter.world.balance(second) == 0
