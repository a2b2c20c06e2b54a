"""One statement, once: keys, rejections, holds, races, and what the database's words become (req. 40, 41)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from data.driver_sql import DriverSql
from data.values.uuid7 import uuid7
from services.errors import AccountUnusable, CoopError, InsufficientFunds, InvalidInput, KeyReused, StoreUnavailable
from services.ledger_check import check
from services.operations import Op
from services.operator import Operator, system_operator
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.posting import (
    HoldEnded,
    HoldPlaced,
    Leg,
    Posted,
    Posting,
    balance_of,
    evidence,
    find,
    post,
    reject,
    rejection,
)
from services.retries import TRIES, OutcomeUnknown, retrying
from services.rollups import roll_up
from tests.services.world import World

CLERK = system_operator("test")


def place(world: World, posting: Posting) -> Posted:
    """Post as the program itself and tell of it; a refusal for funds sticks to the key, as in the use cases."""
    try:
        with world.uow.begin_system(CLERK) as tx:
            done = post(tx, posting)
            if not done.existed:
                tx.record(posting.kind, about=done.id, detail=evidence(done))
                tx.commit()
    except (InsufficientFunds, AccountUnusable) as error:
        done = reject(world.uow, CLERK, posting, error, None)
        if done.outcome == "posted":
            return done
        raise
    if done.outcome == "rejected":
        raise rejection(done)
    return done


def move(debit: int, credit: int, amount: int, key: str | None = None, **more: Any) -> Posting:
    return Posting(key or uuid7(), "test", (Leg(debit, credit, amount),), **more)


def together(*works: Callable[[], object]) -> list[object]:
    """Run them at the same moment; answers or the codes of the refusals."""
    answers: list[object] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            answers.append(work())
        except CoopError as error:
            answers.append(error.code)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == len(works)
    return answers


# ---------------------------------------------------------------- one after the other


def test_one_statement_reaches_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    member = world.member()
    first, second = world.account(member, balance=10_00), world.account(member)
    seen: list[str] = []
    run = DriverSql.tuples

    def noted(self: DriverSql, connection: Any, values: Any) -> list[tuple[Any, ...]]:
        seen.append(self.text)
        return run(self, connection, values)

    with world.uow.begin_system(CLERK) as tx:
        event.listen(world.engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
        monkeypatch.setattr(DriverSql, "tuples", noted)
        post(tx, move(first, second, 1))
    assert len(seen) == 1 and seen[0].startswith("INSERT INTO operation") and "DO NOTHING RETURNING seq" in seen[0]


def test_several_legs_are_one_operation(world: World) -> None:
    member = world.member()
    a, b, c = (world.account(member, balance=n) for n in (100_00, 0, 0))
    done = place(world, Posting(uuid7(), "test", (Leg(a, b, 60_00), Leg(b, c, 25_00), Leg(a, c, 40_00))))
    assert [world.balance(account) for account in (a, b, c)] == [0, 35_00, 65_00]
    assert done.outcome == "posted" and not done.existed
    with pytest.raises(InsufficientFunds):
        place(world, Posting(uuid7(), "test", (Leg(b, a, 1), Leg(a, c, 2))))
    assert [world.balance(account) for account in (a, b, c)] == [0, 35_00, 65_00]
    assert check(world.uow) == ()


def test_the_same_key_answers_with_the_first_outcome(world: World) -> None:
    member, key = world.member(), uuid7()
    a, b = world.account(member, balance=10_00), world.account(member)
    first = place(world, move(a, b, 10_00, key))
    again = place(world, move(a, b, 10_00, key))
    assert again.existed and (again.seq, again.outcome, again.at) == (first.seq, "posted", first.at)
    for other in (move(a, b, 9_99, key), move(b, a, 10_00, key), move(a, b, 10_00, key, request={"memo": "x"})):
        with pytest.raises(KeyReused):
            place(world, other)
    shown = move(a, b, 10_00, key, shown={"what": "was on the screen"})
    assert place(world, shown).existed  # what was shown is not what was asked
    assert world.balance(b) == 10_00


def test_a_rejection_is_final(world: World) -> None:
    member, key = world.member(), uuid7()
    a, b = world.account(member), world.account(member)
    with pytest.raises(InsufficientFunds):
        place(world, move(a, b, 1, key))
    world.fund(a, 100_00)
    with pytest.raises(InsufficientFunds):
        place(world, move(a, b, 1, key))
    with pytest.raises(KeyReused):
        place(world, move(a, b, 2, key))
    assert world.balance(b) == 0
    (event,) = world.events("test")
    assert (event["result"], event["reason"], event["object"]) == ("rejected", "insufficient_funds", key)
    assert check(world.uow) == ()


def test_blocked_and_closed_accounts(world: World) -> None:
    member = world.member()
    a, b = world.account(member, balance=10_00), world.account(member)
    world.change("UPDATE account SET status = 'blocked' WHERE id = :id", id=a)
    with pytest.raises(AccountUnusable):
        place(world, move(a, b, 1))
    world.fund(a, 5)
    world.change("UPDATE account SET status = 'closed' WHERE id = :id", id=a)
    with pytest.raises(AccountUnusable):
        place(world, move(b, a, 1))


def test_holds_are_placed_used_and_released_once(world: World) -> None:
    member = world.member()
    a, b = world.account(member, balance=100_00), world.account(member)
    held = place(world, Posting(uuid7(), "test", outcome="held", hold=HoldPlaced(a, 60_00)))
    with pytest.raises(InsufficientFunds):
        place(world, move(a, b, 40_01))
    place(world, move(a, b, 40_00))
    used = move(a, b, 60_00, settles_hold=held.id)
    assert place(world, used).outcome == "posted" and place(world, used).existed
    for late in (
        move(a, b, 1, settles_hold=held.id),
        Posting(uuid7(), "test", outcome="released", settles_hold=held.id),
    ):
        with pytest.raises(HoldEnded):
            place(world, late)
    assert world.balance(b) == 100_00 and world.scalar("SELECT held FROM account WHERE id = :id", id=a) == 0
    assert check(world.uow) == ()


def test_a_reference_from_outside_is_good_once(world: World) -> None:
    member = world.member()
    a, b = world.account(member, balance=10_00), world.account(member)
    place(world, move(a, b, 1, external_ref="gateway:7"))
    with pytest.raises(KeyReused):
        place(world, move(a, b, 1, external_ref="gateway:7"))


def test_senseless_postings_are_not_sent() -> None:
    for senseless in (lambda: Leg(1, 2, 0), lambda: Leg(1, 2, -1), lambda: Leg(1, 1, 5), lambda: Posting(uuid7(), "t")):
        with pytest.raises(ValueError, match=r"a leg moves|lacks"):
            senseless()
    for key in ("", "x", "0190c0de-0000-4000-8000-00000000abcd", uuid7().upper()):
        with pytest.raises(InvalidInput):
            Posting(key, "t", (Leg(1, 2, 5),))


def test_hot_accounts_are_summed_up(world: World) -> None:
    member = world.member()
    a = world.account(member, balance=100_00)
    hot = world.account(None, product="control", tracked=False, affiliated_at=None)
    for _ in range(3):
        place(world, move(a, hot, 1_00))
    expected, counts = 3_00, []
    for _ in range(3):
        with world.uow.begin_system(CLERK) as tx:
            assert balance_of(tx, hot) == expected and balance_of(tx, a) == 100_00 - expected
        counts.append(roll_up(system_operator("worker"), world.uow).accounts)
        place(world, move(a, hot, 2_00))
        expected += 2_00
    with world.uow.begin_system(CLERK) as tx:
        assert balance_of(tx, hot) == expected
        with pytest.raises(LookupError):
            balance_of(tx, 9_999)
    assert counts == [2, 1, 1]  # the opening's own control account has one sum and then nothing new
    assert world.balance(hot) == 0 and check(world.uow) == ()


# ---------------------------------------------------------------- at the same time


def test_twenty_debits_at_once_never_overdraw(world: World) -> None:
    member = world.member()
    a, b = world.account(member, balance=100_00), world.account(member)
    works = [lambda n=n: place(world, move(a, b, 9_00 + n)).outcome for n in range(20)]
    answers = Counter(together(*works))
    assert answers.keys() == {"posted", "insufficient_funds"} and 9 <= answers["posted"] <= 11
    assert 0 <= world.balance(a) < 9_20 and world.balance(a) + world.balance(b) == 100_00
    assert check(world.uow) == ()


def test_twenty_agents_at_once_through_the_whole_use_case(world: World) -> None:
    """Each reviews and confirms until it is done or the money is gone: what was shown is always what was true."""
    member = world.member()
    a, b = world.account(member, balance=10_00), world.account(member)
    agents = [world.staff(f"agente{n}") for n in range(20)]
    for agent in agents:
        world.lease(agent, member, level=2)

    def work(agent: Operator) -> str:
        while True:
            shown = prepare(PreparePayment(Op.TRANSFER_OWN, member, a, b, 1_00), agent, world.uow)
            command = ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, member, a, b, 1_00)
            try:
                return confirm(command, agent, world.uow).outcome
            except CoopError as error:
                if error.code != "data_changed":
                    raise

    answers = Counter(together(*(lambda agent=agent: work(agent) for agent in agents)))
    assert answers == {"posted": 10, "insufficient_funds": 10}
    assert (world.balance(a), world.balance(b)) == (0, 10_00)
    assert len([event for event in world.events("transfer.own") if event["result"] == "ok"]) == 10
    assert check(world.uow) == ()


def test_one_key_sixteen_times_at_once_posts_once(world: World) -> None:
    member, agent = world.member(), world.staff()
    world.lease(agent, member, level=2)
    a, b = world.account(member, balance=100_00), world.account(member)
    shown = prepare(PreparePayment(Op.TRANSFER_OWN, member, a, b, 1_00), agent, world.uow)
    command = ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, member, a, b, 1_00)
    answers = together(*[lambda: confirm(command, agent, world.uow).existed] * 16)
    assert sorted(answers, key=str) == [False] + [True] * 15
    assert world.balance(b) == 1_00 and world.scalar("SELECT count(*) FROM outbox") == 1
    assert check(world.uow) == ()


def test_one_key_with_different_requests_at_once(world: World) -> None:
    member, key = world.member(), uuid7()
    a, b = world.account(member, balance=100_00), world.account(member)
    answers = together(*[lambda n=n: place(world, move(a, b, n, key)).existed for n in (1, 2, 3, 4)])
    assert sorted(answers, key=str) == [False, "key_reused", "key_reused", "key_reused"]
    assert world.balance(b) in (1, 2, 3, 4)


def test_there_and_back_at_once_do_not_wait_for_each_other_in_a_circle(world: World) -> None:
    member = world.member()
    a, b = world.account(member, balance=100_00), world.account(member, balance=100_00)
    works = [
        lambda n=n: (
            place(
                world, Posting(uuid7(), "test", (Leg(a, b, 1 + n), Leg(b, a, 1)) if n % 2 else (Leg(b, a, 1),))
            ).outcome
        )
        for n in range(12)
    ]
    assert together(*works) == ["posted"] * 12
    assert world.balance(a) + world.balance(b) == 200_00 and check(world.uow) == ()


# ---------------------------------------------------------------- when the database is in the way


class Trouble(Exception):
    """What a driver raises."""

    def __init__(self, state: str | None) -> None:
        super().__init__("trouble")
        self.sqlstate = state


def silent(state: str | None, times: int) -> Callable[[], str]:
    left = [times]

    def work() -> str:
        if left[0]:
            left[0] -= 1
            raise StoreUnavailable from OperationalError("INSERT", {}, Trouble(state))
        return "done"

    return work


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03", "57P01", "08006", "08003", None])
def test_passing_trouble_is_tried_again(state: str | None) -> None:
    pauses: list[float] = []
    assert retrying(silent(state, TRIES - 1), sleep=pauses.append) == "done"
    assert len(pauses) == TRIES - 1
    for number, pause in enumerate(pauses):
        assert 0.02 * 2**number <= pause < 0.04 * 2**number


@pytest.mark.parametrize(("state", "tries"), [("40001", TRIES), ("53100", 1), ("08006", TRIES)])
def test_trouble_that_stays_is_called_unknown(state: str, tries: int) -> None:
    pauses: list[float] = []
    with pytest.raises(OutcomeUnknown) as unknown:
        retrying(silent(state, 99), sleep=pauses.append)
    assert len(pauses) == tries - 1
    assert "resultado desconocido, se está comprobando" in unknown.value.user_text


def test_refusals_are_not_tried_again() -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        raise InsufficientFunds

    with pytest.raises(InsufficientFunds):
        retrying(work, sleep=lambda _: None)
    assert len(calls) == 1


@pytest.mark.postgresql
def test_a_backend_that_is_ended_in_the_middle_is_survived(world: World) -> None:
    """The server cuts the connection after the operation was inserted: the use case runs again and posts once."""
    if world.dialect == "sqlite":
        pytest.skip("no server to cut the connection")
    from services import faults

    member, agent = world.member(), world.staff()
    world.lease(agent, member, level=2)
    a, b = world.account(member, balance=100_00), world.account(member)
    shown = prepare(PreparePayment(Op.TRANSFER_OWN, member, a, b, 1_00), agent, world.uow)
    cut: list[str] = []

    def hook(name: str) -> None:
        if name == "after_operation_insert" and len(cut) < 2:
            cut.append(name)
            with world.engine.connect() as other:
                other.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
                    )
                )

    faults.hook = hook
    try:
        receipt = confirm(ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, member, a, b, 1_00), agent, world.uow)
    finally:
        faults.hook = None
    assert len(cut) == 2 and receipt.outcome == "posted" and not receipt.existed
    assert world.balance(b) == 1_00 and check(world.uow) == ()


def test_find_reads_what_was_written(world: World) -> None:
    member, key = world.member(), uuid7()
    a, b = world.account(member, balance=10_00), world.account(member)
    done = place(world, move(a, b, 5, key, member_id=member, request={"memo": "año"}))
    with world.uow.begin_system(CLERK) as tx:
        found = find(tx, key)
        assert found is not None and found.existed
        assert find(tx, uuid7()) is None
    for name in Posted.__dataclass_fields__.keys() - {"existed", "said"}:
        assert getattr(found, name) == getattr(done, name), name
    assert found.content == done.content and done.content["request"] == {"memo": "año"} and done.content["v"] == 1
