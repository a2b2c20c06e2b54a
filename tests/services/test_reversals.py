"""A transfer undone: a new linked operation, once, in time, by somebody else (req. 41, 43)."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from data.values.uuid7 import uuid7
from services.errors import (
    AlreadyReversed,
    CoopError,
    InsufficientFunds,
    InvalidInput,
    KeyReused,
    NotFound,
    NotPermitted,
    ReauthenticationNeeded,
)
from services.ledger_check import check
from services.operations import Op
from services.operator import Operator, Role
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.receipts import GetReceipt, get_receipt
from services.reversals import Reverse, reverse
from tests.services.world import World

REASON = "El asociado indicó otra cuenta"


@dataclass
class Done:
    """A posted transfer of 75.00 and a supervisor who did not make it."""

    world: World
    agent: Operator
    boss: Operator
    member: int
    first: int
    second: int
    operation_id: str
    number: str


@pytest.fixture
def done(world: World) -> Done:
    agent, boss = world.staff(), world.staff("jefa", roles=[Role.SUPERVISOR])
    member = world.member()
    world.lease(agent, member, level=2)
    first, second = world.account(member, balance=100_00), world.account(member)
    prepared = prepare(PreparePayment(Op.TRANSFER_OWN, member, first, second, 75_00), agent, world.uow)
    command = ConfirmPayment(uuid7(), prepared.hash, Op.TRANSFER_OWN, member, first, second, 75_00)
    receipt = confirm(command, agent, world.uow)
    return Done(world, agent, boss, member, first, second, receipt.operation_id, receipt.number)


def test_reversal_is_a_new_linked_operation(done: Done) -> None:
    world, key = done.world, uuid7()
    receipt = reverse(Reverse(done.operation_id, REASON, key), done.boss, world.uow)
    assert (world.balance(done.first), world.balance(done.second)) == (100_00, 0)
    (row,) = world.rows("SELECT * FROM operation WHERE reversal_of IS NOT NULL")
    assert (row["id"], row["reversal_of"], row["actor"]) == (key, done.operation_id, done.boss.actor)
    assert world.scalar("SELECT count(*) FROM operation WHERE kind = 'transfer.own'") == 1
    lines = dict(receipt.lines)
    assert lines["Reversa a"] == done.number and lines["Operación"] == "Reversa"
    assert lines["Monto"] == "B/.75.00" and lines["Agente"] == "jefa"
    (event,) = world.events("operation.reverse")
    assert (event["object"], event["reason"], event["member"]) == (key, REASON, done.member)
    assert event["detail"]["reverses"] == done.operation_id
    assert [row["template"] for row in world.rows("SELECT template FROM outbox ORDER BY id")] == [
        "transfer_done",
        "transfer_reversed",
    ]
    assert check(world.uow) == ()
    copy = get_receipt(GetReceipt(key), done.boss, world.uow)
    assert copy.copy and copy.lines == receipt.lines


def test_never_twice(done: Done) -> None:
    uow, key = done.world.uow, uuid7()
    first = reverse(Reverse(done.operation_id, REASON, key), done.boss, uow)
    again = reverse(Reverse(done.operation_id, REASON, key), done.boss, uow)
    assert again.existed and again.number == first.number
    done.world.fund(done.second, 500_00)
    with pytest.raises(AlreadyReversed):
        reverse(Reverse(done.operation_id, REASON, uuid7()), done.boss, uow)
    with pytest.raises(NotFound):  # and a reversal is not undone by a reversal
        reverse(Reverse(key, REASON, uuid7()), done.boss, uow)
    with pytest.raises(NotFound):
        reverse(Reverse(uuid7(), REASON, uuid7()), done.boss, uow)
    assert done.world.balance(done.first) == 100_00


def test_a_key_is_good_for_one_reversal(done: Done) -> None:
    with pytest.raises(KeyReused):
        reverse(Reverse(done.operation_id, REASON, done.operation_id), done.boss, done.world.uow)


def test_who_made_it_does_not_undo_it(done: Done) -> None:
    world = done.world
    both = world.staff("ambos", roles=[Role.SUPERVISOR, Role.CIS_AGENT])
    world.lease(both, done.member, level=2)
    prepared = prepare(PreparePayment(Op.TRANSFER_OWN, done.member, done.first, done.second, 5_00), both, world.uow)
    own = confirm(
        ConfirmPayment(uuid7(), prepared.hash, Op.TRANSFER_OWN, done.member, done.first, done.second, 5_00),
        both,
        world.uow,
    )
    with pytest.raises(NotPermitted) as refused:
        reverse(Reverse(own.operation_id, REASON, uuid7()), both, world.uow)
    assert refused.value.user_text.startswith("No puede aprobar una operación que usted registró.")
    with pytest.raises(NotPermitted):
        reverse(Reverse(done.operation_id, REASON, uuid7()), done.agent, world.uow)
    world.relative(done.boss, done.member)
    with pytest.raises(NotPermitted):
        reverse(Reverse(done.operation_id, REASON, uuid7()), done.boss, world.uow)


def test_reason_password_and_days(done: Done) -> None:
    world = done.world
    with pytest.raises(InvalidInput):
        reverse(Reverse(done.operation_id, " no ", uuid7()), done.boss, world.uow)
    world.clock.advance(minutes=4)
    with world.uow.begin(done.boss, _any_op(), member_id=None) as tx:
        tx.record()
        tx.commit()
    world.clock.advance(minutes=2)
    with pytest.raises(ReauthenticationNeeded):
        reverse(Reverse(done.operation_id, REASON, uuid7()), done.boss, world.uow)
    world.clock.advance(days=2)
    fresh = world.staff("otra", roles=[Role.SUPERVISOR])
    with pytest.raises(NotPermitted) as refused:
        reverse(Reverse(done.operation_id, REASON, uuid7()), fresh, world.uow)
    assert "plazo" in refused.value.user_text


def _any_op() -> object:
    from services.operations import Op

    return Op.STAFF_VIEW


def test_money_that_is_gone_is_not_brought_back(done: Done) -> None:
    world, key = done.world, uuid7()
    world.fund(done.second, -70_00)
    with pytest.raises(InsufficientFunds):
        reverse(Reverse(done.operation_id, REASON, key), done.boss, world.uow)
    world.fund(done.second, 70_00)
    with pytest.raises(InsufficientFunds):  # what was told stays
        reverse(Reverse(done.operation_id, REASON, key), done.boss, world.uow)
    assert reverse(Reverse(done.operation_id, REASON, uuid7()), done.boss, world.uow).outcome == "posted"
    assert check(world.uow) == ()


@pytest.mark.parametrize("same_key", [True, False])
def test_reversals_that_race(done: Done, same_key: bool) -> None:
    done.world.fund(done.second, 1_000_00)
    one, answers = uuid7(), []
    barrier = threading.Barrier(6)

    def run() -> None:
        barrier.wait()
        command = Reverse(done.operation_id, REASON, one if same_key else uuid7())
        try:
            answers.append(reverse(command, done.boss, done.world.uow).existed)
        except CoopError as error:
            answers.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=str) == [False, *([True] * 5 if same_key else ["already_reversed"] * 5)]
    assert done.world.balance(done.first) == 100_00
    assert check(done.world.uow) == ()
