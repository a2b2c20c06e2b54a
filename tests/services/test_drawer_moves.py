"""Cash between drawers and the vault: four hands where the policy says, both sides where two drawers meet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.drawer_handovers import (
    Handover,
    HandoverSettled,
    OfferCash,
    SettleHandover,
    handovers,
    offer_cash,
    settle_handover,
)
from services.drawer_moves import MoveCash, MoveVault, move_cash, move_vault, vault_of
from services.drawer_rows import DrawerClosed, NotEnoughCash
from services.errors import (
    InvalidInput,
    KeyReused,
    NotFound,
    NotPermitted,
    ReauthenticationNeeded,
    SecondPersonNeeded,
    SignInRefused,
)
from services.ledger_check import check
from services.operator import Channel, Operator, Role
from services.receipts import GetReceipt, get_receipt
from services.vault_hands import SecondPerson
from tests.services.counters import Counter, in_notes, pieces
from tests.services.world import World


@pytest.fixture
def counter(world: World) -> Counter:
    counter = Counter(world)
    counter.open(500_00)
    return counter


@pytest.fixture
def other(counter: Counter) -> Operator:
    """A second cashier with B/.100.00 in her drawer."""
    other = counter.world.staff("otra", [Role.CASHIER], branch="018", channel=Channel.BRANCH)
    counter.open(100_00, operator=other)
    return other


def test_from_the_vault_and_back(counter: Counter) -> None:
    uow = counter.world.uow
    command = MoveCash(uuid7(), "from_vault", in_notes(200_00))
    receipt = move_cash(command, counter.cashier, uow)
    assert receipt.kind_title == "Traslado de la bóveda a la caja" and receipt.amount == 200_00
    assert (counter.cash(), counter.vault()) == (700_00, 49_300_00)
    assert move_cash(command, counter.cashier, uow).existed and counter.cash() == 700_00
    with pytest.raises(KeyReused):
        move_cash(replace(command, count=pieces(b1=200)), counter.cashier, uow)  # the same amount in other pieces
    move_cash(MoveCash(uuid7(), "to_vault", in_notes(650_00)), counter.cashier, uow)
    assert (counter.cash(), counter.vault()) == (50_00, 49_950_00)
    assert [event["result"] for event in counter.world.events("drawer.from_vault")] == ["ok", "repeated"]
    assert get_receipt(GetReceipt(receipt.operation_id), counter.cashier, uow).copy
    assert counter.close(50_00).difference == 0 and check(uow) == ()


def test_neither_gives_what_it_has_not(counter: Counter) -> None:
    uow = counter.world.uow
    with pytest.raises(NotEnoughCash):
        move_cash(MoveCash(uuid7(), "to_vault", in_notes(501_00)), counter.cashier, uow)
    with pytest.raises(NotEnoughCash):
        move_cash(MoveCash(uuid7(), "from_vault", in_notes(49_501_00), counter.second()), counter.cashier, uow)
    with pytest.raises(InvalidInput):
        move_cash(MoveCash(uuid7(), "to_vault", pieces()), counter.cashier, uow)
    counter.close(500_00)
    with pytest.raises(DrawerClosed):
        move_cash(MoveCash(uuid7(), "from_vault", in_notes(1_00)), counter.cashier, uow)


def test_above_the_policy_s_amount_a_supervisor_stands_by(counter: Counter) -> None:
    uow, world = counter.world.uow, counter.world
    command = MoveCash(uuid7(), "from_vault", in_notes(1_000_01 // 100 * 100 + 1_00))
    with pytest.raises(SecondPersonNeeded):
        move_cash(command, counter.cashier, uow)
    with pytest.raises(SignInRefused):
        move_cash(replace(command, second=SecondPerson("jefa", Secret("no es esta"))), counter.cashier, uow)
    with pytest.raises(NotPermitted):  # oneself is no second person
        move_cash(replace(command, second=SecondPerson("caja", Secret("x"))), counter.cashier, uow)
    assert counter.cash() == 500_00
    receipt = move_cash(replace(command, second=counter.second()), counter.cashier, uow)
    assert dict(receipt.lines)["Segunda persona"] == "jefa" and counter.cash() == 1_501_00
    assert [event["result"] for event in world.events("second_person.give")] == ["refused", "refused", "ok"]


def test_the_vault_is_the_supervisor_s(counter: Counter) -> None:
    uow = counter.world.uow
    assert vault_of(counter.boss, uow).cash == 49_500_00
    command = MoveVault(uuid7(), "out", in_notes(40_000_00), "Envío al banco, boleta 7711")
    assert move_vault(command, counter.boss, uow).kind_title == "Salida de efectivo de la bóveda"
    assert move_vault(command, counter.boss, uow).existed
    assert vault_of(counter.boss, uow).cash == 9_500_00
    with pytest.raises(NotEnoughCash):
        move_vault(replace(command, key=uuid7()), counter.boss, uow)
    with pytest.raises(InvalidInput):
        move_vault(replace(command, key=uuid7(), reason=""), counter.boss, uow)
    with pytest.raises(NotPermitted):
        move_vault(replace(command, key=uuid7()), counter.cashier, uow)
    counter.world.clock.advance(minutes=4)
    vault_of(counter.boss, uow)
    counter.world.clock.advance(minutes=2)
    with pytest.raises(ReauthenticationNeeded):
        move_vault(replace(command, key=uuid7()), counter.boss, uow)


def offer(counter: Counter, amount: int = 80_00, to: str = "otra") -> Handover:
    return offer_cash(OfferCash(uuid7(), to, in_notes(amount)), counter.cashier, counter.world.uow)


def test_cash_moves_when_the_other_cashier_accepts(counter: Counter, other: Operator) -> None:
    uow = counter.world.uow
    made = offer(counter)
    assert (counter.cash(), counter.cash(other)) == (500_00, 100_00)
    (mine,), (theirs,) = handovers(counter.cashier, uow), handovers(other, uow)
    assert (mine.mine, mine.other, theirs.mine, theirs.other) == (True, "otra", False, "caja")
    assert theirs.amount == 80_00 and theirs.count == in_notes(80_00)
    with pytest.raises(InvalidInput):
        counter.close(500_00)
    receipt = settle_handover(SettleHandover(made.handover_id, "accept"), other, uow)
    assert receipt is not None and dict(receipt.lines)["Hacia"] == "Caja otra"
    assert (counter.cash(), counter.cash(other)) == (420_00, 180_00)
    again = settle_handover(SettleHandover(made.handover_id, "accept"), other, uow)
    assert again is not None and again.existed and counter.cash(other) == 180_00
    assert handovers(other, uow) == () and counter.close(420_00).difference == 0


@pytest.mark.parametrize("answer", ["refuse", "withdraw"])
def test_an_offer_may_come_to_nothing(counter: Counter, other: Operator, answer: str) -> None:
    uow, made = counter.world.uow, offer(counter)
    who, wrong = (other, counter.cashier) if answer == "refuse" else (counter.cashier, other)
    with pytest.raises(NotFound):
        settle_handover(SettleHandover(made.handover_id, answer), wrong, uow)  # type: ignore[arg-type]
    assert settle_handover(SettleHandover(made.handover_id, answer), who, uow) is None  # type: ignore[arg-type]
    with pytest.raises(HandoverSettled):
        settle_handover(SettleHandover(made.handover_id, "accept"), other, uow)
    assert (counter.cash(), counter.cash(other)) == (500_00, 100_00)
    assert counter.close(500_00).closed


def test_nobody_accepts_their_own_offer_or_a_stranger_s(counter: Counter, other: Operator) -> None:
    uow, made = counter.world.uow, offer(counter)
    with pytest.raises(NotFound):
        settle_handover(SettleHandover(made.handover_id, "accept"), counter.cashier, uow)
    third = counter.world.staff("tercera", [Role.CASHIER], branch="018", channel=Channel.BRANCH)
    counter.open(0, operator=third)
    for answer in ("accept", "refuse", "withdraw"):
        with pytest.raises(NotFound):
            settle_handover(SettleHandover(made.handover_id, answer), third, uow)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        settle_handover(SettleHandover(uuid7(), "accept"), other, uow)


def test_an_offer_needs_cash_and_an_open_drawer_there(counter: Counter, other: Operator) -> None:
    with pytest.raises(NotEnoughCash):
        offer(counter, 501_00)
    for to in ("caja", "nadie", "jefa"):
        with pytest.raises(NotFound):
            offer(counter, to=to)
    with pytest.raises(InvalidInput):
        offer(counter, 0)
    made = offer(counter, 450_00)
    counter.withdraw(100_00)
    with pytest.raises(NotEnoughCash):
        settle_handover(SettleHandover(made.handover_id, "accept"), other, counter.world.uow)
    command = OfferCash(made.handover_id, "otra", in_notes(450_00))
    assert offer_cash(command, counter.cashier, counter.world.uow).handover_id == made.handover_id
    with pytest.raises(KeyReused):
        offer_cash(replace(command, count=in_notes(451_00)), counter.cashier, counter.world.uow)
