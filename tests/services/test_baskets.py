"""Several payments at once: all or nothing inside, once, item by item in rights, limits and codes (req. 40–43)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services import faults
from services.baskets import (
    BasketPaid,
    BasketPrepared,
    ConfirmBasket,
    KeyedItem,
    PrepareBasket,
    basket_of,
    confirm_basket,
    prepare_basket,
    resubmit_basket,
)
from services.biller_payments import NoGateway, PrepareBill
from services.errors import (
    AccountUnusable,
    CoopError,
    DataChanged,
    InsufficientFunds,
    InvalidInput,
    KeyReused,
    NotFound,
    NotPermitted,
    VerificationNeeded,
)
from services.ledger_check import check
from services.operations import Op
from services.operator import Role
from services.payment_codes import CheckPaymentCode, CodeNeeded, SendPaymentCode, check_payment_code, send_payment_code
from services.payment_limits import ApprovalNeeded
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.sandbox_billers import Fault
from tests.services.biller_desk import ENSA, MOBILE, BillerDesk, biller_desk
from tests.services.callers import sent_code
from tests.services.test_payments_own import tighten
from tests.services.test_posting import together
from tests.services.world import World

LOAN = {"rate": "12.00", "quota": 100_00, "due_day": 30, "interest_paid_to": "2026-10-30", "next_due": "2026-11-30"}
Item = PreparePayment | PrepareBill


class Basket:
    """A biller's desk whose member also has a second savings account, a quota account, a loan and a card."""

    def __init__(self, desk: BillerDesk) -> None:
        self.desk, self.world, self.agent, self.member = desk, desk.world, desk.agent, desk.member
        self.savings = desk.source
        self.second = self.world.account(self.member)
        self.quota = self.world.account(self.member, product="11", label="NAVIDAD")
        self.loan = self._debt("21", -900_00, json.dumps(LOAN))
        self.card = self._debt("41", -300_00, None)

    def _debt(self, product: str, balance: int, terms: str | None) -> int:
        return self.world.account(
            self.member, product=product, balance=balance, floor=balance * 2, min_balance=balance * 2, terms=terms
        )

    def pay(self, op: Op, to: int, amount: int, source: int | None = None) -> PreparePayment:
        return PreparePayment(op, self.member, source or self.savings, to, amount)

    def bill(self, amount: int, **more: Any) -> PrepareBill:
        return PrepareBill(Op.BILLER_PAY, self.member, self.savings, "ensa", ENSA, amount, **more)

    def four(self) -> tuple[Item, ...]:
        return (
            self.pay(Op.TRANSFER_OWN, self.second, 200_00),
            self.pay(Op.LOAN_PAY, self.loan, 150_00),
            self.bill(12_34),
            self.pay(Op.QUOTA_PAY, self.quota, 50_00, source=self.second),
        )

    def prepare(self, *items: Item) -> BasketPrepared:
        return prepare_basket(PrepareBasket(self.member, items), self.agent, self.world.uow)

    def form(self, *items: Item) -> ConfirmBasket:
        keyed = tuple(KeyedItem(uuid7(), item) for item in items)
        return ConfirmBasket(uuid7(), self.prepare(*items).hash, self.member, keyed)

    def confirm(self, form: ConfirmBasket) -> BasketPaid:
        return confirm_basket(form, self.agent, self.desk.gateway, self.world.uow)

    def outcomes(self, form: ConfirmBasket) -> list[str | None]:
        sql = "SELECT outcome FROM operation WHERE id = :id"
        return [self.world.scalar(sql, id=item.key) for item in form.items]

    def balances(self) -> dict[str, int]:
        names = ("savings", "second", "quota", "loan", "card")
        return {name: self.world.balance(getattr(self, name)) for name in names}


@pytest.fixture
def basket(world: World, tmp_path: Path) -> Iterator[Basket]:
    with biller_desk(world, tmp_path / "sandbox") as desk:
        yield Basket(desk)


def test_each_item_is_shown_behind_the_earlier_ones(basket: Basket) -> None:
    before = basket.balances()
    shown = basket.prepare(*basket.four())
    assert shown.total == 412_34 and [item.amount for item in shown.items] == [200_00, 150_00, 12_34, 50_00]
    # Savings: 1,000.00 − 200.00 − 150.00, then what can be spared; the second account has what the first item gave it.
    assert [item.balance_after for item in shown.items] == [800_00, 650_00, 637_66, 150_00]
    assert [item.title for item in shown.items] == [
        "Transferencia entre cuentas propias", "Pago de préstamo", "Pago a recaudador", "Pago de cuota",
    ]  # fmt: skip
    assert dict(shown.items[3].summary)["Saldo después"] == "B/.150.00" and not shown.code_needed
    assert basket.balances() == before
    assert [event["action"] for event in basket.world.events()][-1] == "basket.prepare"


def test_all_of_it_is_paid_with_a_receipt_each(basket: Basket) -> None:
    form = basket.form(*basket.four())
    paid = basket.confirm(form)
    assert not paid.existed and [receipt.outcome for receipt in paid.receipts] == ["posted"] * 4
    assert [receipt.operation_id for receipt in paid.receipts] == [item.key for item in form.items]
    assert [dict(receipt.lines)["Canasta"] for receipt in paid.receipts] == [f"{n} de 4" for n in range(1, 5)]
    states = [dict(receipt.lines)["Estado"] for receipt in paid.receipts]
    assert states == ["Aplicada", "Aplicada", "Pagada", "Aplicada"]
    balances = basket.balances()
    assert (balances["savings"], balances["second"], balances["quota"]) == (637_66, 150_00, 50_00)
    assert check(basket.world.uow) == ()
    (event,) = basket.world.events("basket.confirm")
    assert event["detail"] == {"operations": [item.key for item in form.items], "total": 412_34}
    again = basket.confirm(form)
    assert again.existed and [receipt.number for receipt in again.receipts] == [r.number for r in paid.receipts]
    assert basket.balances() == balances and len(basket.desk.sandbox.orders()) == 1


def test_a_bill_goes_its_own_way(basket: Basket) -> None:
    items = basket.four()
    basket.desk.sandbox.faults.add(Fault.REFUSED, times=1)
    paid = basket.confirm(basket.form(*items))
    assert [receipt.outcome for receipt in paid.receipts] == ["posted", "posted", "released", "posted"]
    assert basket.world.balance(basket.savings) == 650_00 and basket.desk.held() == 0
    basket.desk.sandbox.fault = Fault.DOWN
    form = basket.form(basket.pay(Op.CARD_PAY, basket.card, 10_00), basket.bill(1_00))
    assert [receipt.outcome for receipt in basket.confirm(form).receipts] == ["posted", "held"]
    assert [receipt.outcome for receipt in basket.confirm(form).receipts] == ["posted", "held"]
    assert basket.desk.held() == 1_00 and check(basket.world.uow) == ()
    with pytest.raises(NoGateway):
        confirm_basket(basket.form(basket.bill(2_00)), basket.agent, None, basket.world.uow)


@pytest.mark.parametrize("place", range(4))
def test_one_that_fails_takes_all_with_it(basket: Basket, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every position: what the ledger says no to after the review, closes every key."""
    form = basket.form(*basket.four())
    before = basket.balances()
    made = iter(range(4))

    def spoil(name: str) -> None:
        if name == "basket_item" and next(made) == place - 1:
            raise InsufficientFunds

    if place:
        monkeypatch.setattr(faults, "hook", spoil)
    else:
        basket.world.change("UPDATE account SET status = 'blocked' WHERE id = :id", id=basket.savings)
    with pytest.raises((InsufficientFunds, AccountUnusable)):
        basket.confirm(form)
    monkeypatch.setattr(faults, "hook", None)
    basket.world.change("UPDATE account SET status = 'open' WHERE id = :id", id=basket.savings)
    assert basket.outcomes(form) == ["rejected"] * 4 and basket.balances() == before and basket.desk.held() == 0
    with pytest.raises((InsufficientFunds, AccountUnusable)) as refused:
        basket.confirm(form)
    assert "ya quedó rechazada" in refused.value.user_text
    assert basket.outcomes(form) == ["rejected"] * 4 and basket.balances() == before
    assert basket.world.scalar("SELECT count(*) FROM biller_order") == 0


@pytest.mark.parametrize("place", range(3))
def test_an_item_that_can_not_be_is_named(basket: Basket, place: int) -> None:
    good = [
        basket.pay(Op.TRANSFER_OWN, basket.second, 1_00),
        basket.pay(Op.CARD_PAY, basket.card, 1_00),
        basket.pay(Op.LOAN_PAY, basket.loan, 1_00),
    ]
    refusals: list[tuple[Item, type[CoopError]]] = [
        (basket.pay(Op.QUOTA_PAY, basket.quota, 5_000_00), InsufficientFunds),
        (basket.pay(Op.QUOTA_PAY, basket.card, 1_00), AccountUnusable),
        (basket.pay(Op.QUOTA_PAY, 999_999, 1_00), NotFound),
        (replace(basket.bill(1_00), reference="no"), InvalidInput),
        (basket.pay(Op.QUOTA_PAY, basket.quota, 0), InvalidInput),
        (basket.pay(Op.CASH_DEPOSIT, basket.savings, 1_00), InvalidInput),
    ]
    for bad, error in refusals:
        items: list[Item] = [*good]
        items[place] = bad
        with pytest.raises(error) as refused:
            basket.prepare(*items)
        assert refused.value.field == f"item{place + 1}"


def test_what_a_basket_may_not_hold(basket: Basket) -> None:
    item = basket.pay(Op.TRANSFER_OWN, basket.second, 1_00)
    other = basket.world.member("50233")
    baskets: tuple[tuple[Item, ...], ...] = (
        (), (item, item), (item, replace(item, member_id=other)), (basket.bill(1_00), basket.bill(2_00)),
    )  # fmt: skip
    for items in baskets:
        with pytest.raises(InvalidInput):
            basket.prepare(*items)
    many = [basket.pay(Op.TRANSFER_OWN, basket.world.account(basket.member), 1_00) for _ in range(11)]
    with pytest.raises(InvalidInput):
        basket.prepare(*many)
    assert len(basket.prepare(*many[:10]).items) == 10


def test_rights_are_those_of_every_item(basket: Basket) -> None:
    """A quota needs N1, a transfer N2: in whichever order they stand."""
    weak, auditor = basket.world.staff("jcastillo"), basket.world.staff("aud", [Role.AUDITOR])
    basket.world.lease(weak, basket.member, level=1)
    basket.world.lease(auditor, basket.member, level=3)
    quota, transfer = basket.pay(Op.QUOTA_PAY, basket.quota, 1_00), basket.pay(Op.TRANSFER_OWN, basket.second, 1_00)
    assert prepare_basket(PrepareBasket(basket.member, (quota,)), weak, basket.world.uow).total == 1_00
    form = basket.form(quota, transfer)
    for items in ((quota, transfer), (transfer, quota)):
        with pytest.raises(VerificationNeeded):
            prepare_basket(PrepareBasket(basket.member, items), weak, basket.world.uow)
    with pytest.raises(VerificationNeeded):
        confirm_basket(form, weak, basket.desk.gateway, basket.world.uow)
    with pytest.raises(NotPermitted):
        confirm_basket(form, auditor, basket.desk.gateway, basket.world.uow)
    assert basket.outcomes(form) == [None, None]


def test_limits_add_up_across_items(basket: Basket) -> None:
    third = basket.world.account(basket.member)
    tighten(basket.world, member_daily=100_00)
    one, two = basket.pay(Op.TRANSFER_OWN, basket.second, 60_00), basket.pay(Op.TRANSFER_OWN, third, 41_00)
    basket.prepare(one)
    with pytest.raises(ApprovalNeeded) as refused:
        basket.prepare(one, two)
    assert "Envíela sola" in refused.value.user_text and refused.value.field == "item2"
    form = basket.form(one, replace(two, amount=40_00))
    tighten(basket.world, member_daily=99_99)
    with pytest.raises(ApprovalNeeded):
        basket.confirm(form)
    assert basket.outcomes(form) == [None, None] and basket.world.balance(basket.second) == 0
    tighten(basket.world, member_daily=200_00, single={Role.CIS_AGENT: 50_00})
    with pytest.raises(ApprovalNeeded) as alone:
        basket.prepare(two, one)
    assert alone.value.field == "item2" and "rol" in alone.value.user_text


def test_bills_count_in_the_day_too(basket: Basket) -> None:
    tighten(basket.world, Op.BILLER_TOP_UP, member_daily=10_00)
    first = PrepareBill(Op.BILLER_TOP_UP, basket.member, basket.savings, "mas-movil", MOBILE, 5_00)
    second = replace(first, reference="61234568", amount=10_00)
    with pytest.raises(ApprovalNeeded):
        basket.prepare(first, second)
    assert basket.prepare(first, replace(second, amount=5_00)).total == 10_00


def test_each_payment_to_somebody_else_wants_its_own_code(basket: Basket) -> None:
    world = basket.world
    world.change("UPDATE verification_lease SET factors = 'question code'")
    stranger = world.member("50233", given_names="Rubén", surnames="Ñato")
    theirs = [world.account(stranger), world.account(stranger)]
    items = [basket.pay(Op.TRANSFER_THIRD, target, 10_00) for target in theirs]
    shown = basket.prepare(*items, basket.pay(Op.CARD_PAY, basket.card, 1_00))
    assert [item.code_needed for item in shown.items] == [True, True, False] and shown.code_needed
    form = basket.form(*items)
    for number, item in enumerate(items):
        with pytest.raises(CodeNeeded) as refused:
            basket.confirm(form)
        assert refused.value.field == f"item{number + 1}"
        send = SendPaymentCode(item.op, basket.member, item.from_account, item.to_account, item.amount, "email")
        send_payment_code(send, basket.agent, world.uow)
        command = CheckPaymentCode(basket.member, Secret(sent_code(world)))
        assert check_payment_code(command, basket.agent, world.uow)
    assert basket.outcomes(form) == [None, None]
    assert len(basket.confirm(form).receipts) == 2 and world.balance(theirs[0]) == 10_00
    with pytest.raises(CodeNeeded):
        basket.confirm(basket.form(*items))


def test_what_changed_since_the_review_is_not_paid(basket: Basket) -> None:
    form = basket.form(*basket.four())
    asked = PreparePayment(Op.CARD_PAY, basket.member, basket.savings, basket.card, 1_00)
    shown = prepare(asked, basket.agent, basket.world.uow)
    single = ConfirmPayment(uuid7(), shown.hash, Op.CARD_PAY, basket.member, basket.savings, basket.card, 1_00)
    confirm(single, basket.agent, basket.world.uow)
    with pytest.raises(DataChanged):
        basket.confirm(form)
    first, *rest = basket.form(*basket.four()).items
    for items in ((first, *rest[:2]), (rest[0], first, *rest[1:])):  # one less, another order
        with pytest.raises(DataChanged):
            basket.confirm(replace(basket.form(*basket.four()), items=items))
    assert basket.balances()["quota"] == 0


def test_keys_are_used_together_or_not_at_all(basket: Basket) -> None:
    form = basket.form(basket.pay(Op.CARD_PAY, basket.card, 1_00), basket.pay(Op.QUOTA_PAY, basket.quota, 2_00))
    paid = basket.confirm(form)
    fresh = basket.form(basket.pay(Op.CARD_PAY, basket.card, 1_00), basket.pay(Op.QUOTA_PAY, basket.quota, 3_00))
    mixed = replace(fresh, items=(form.items[0], fresh.items[1]))
    pairs = zip(fresh.items, form.items, strict=True)
    other_amounts = replace(fresh, items=tuple(replace(new, key=old.key) for new, old in pairs))
    twice = replace(fresh, items=tuple(replace(item, key=form.items[0].key) for item in fresh.items))
    for reused in (mixed, other_amounts, twice):
        with pytest.raises(KeyReused):
            basket.confirm(reused)
    assert basket.confirm(form).receipts[0].number == paid.receipts[0].number
    assert basket.world.balance(basket.quota) == 2_00


def test_one_key_for_two_items_pays_nothing(basket: Basket) -> None:
    form = basket.form(basket.pay(Op.CARD_PAY, basket.card, 1_00), basket.pay(Op.QUOTA_PAY, basket.quota, 2_00))
    same = replace(form, items=tuple(replace(item, key=form.items[0].key) for item in form.items))
    with pytest.raises(KeyReused):
        basket.confirm(same)
    assert basket.world.balance(basket.card) == -300_00 and basket.outcomes(form) == [None, None]


def test_sent_twice_at_once_it_is_paid_once(basket: Basket) -> None:
    form = basket.form(*basket.four())
    answers = together(*[partial(basket.confirm, form)] * 4)
    assert all(isinstance(answer, BasketPaid) for answer in answers), answers
    assert sum(not answer.existed for answer in answers) == 1  # type: ignore[attr-defined]
    assert basket.world.balance(basket.quota) == 50_00 and len(basket.desk.sandbox.orders()) == 1
    assert check(basket.world.uow) == ()


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(
    ("step", "after", "arrived"),
    [
        ("before_begin", 0, False),
        ("after_operation_insert", 0, False),
        ("after_operation_insert", 3, False),
        ("basket_item", 3, False),
        ("before_commit", 0, False),
        ("after_commit", 0, True),
        ("basket_committed", 0, True),
    ],
)
def test_killed_before_or_after_the_commit(
    basket: Basket, step: str, after: int, arrived: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = basket.form(*basket.four())
    before, count = basket.balances(), iter(range(99))

    def hook(name: str) -> None:
        if name == step and next(count) == after:
            raise Killed

    monkeypatch.setattr(faults, "hook", hook)
    with pytest.raises(Killed):
        basket.confirm(form)
    monkeypatch.setattr(faults, "hook", None)
    assert basket_of(json.loads(json.dumps(form.payload()))) == form
    found = resubmit_basket(form.payload(), basket.agent, basket.world.uow)
    if arrived:
        assert [receipt.outcome for receipt in found.receipts] == ["posted", "posted", "held", "posted"]
        assert basket.confirm(form).existed and basket.world.balance(basket.quota) == 50_00
    else:
        assert [receipt.outcome for receipt in found.receipts] == ["rejected"] * 4
        assert basket.balances() == before
        with pytest.raises(CoopError):  # it can't arrive late
            basket.confirm(form)
        assert basket.balances() == before and basket.desk.sandbox.orders() == []
    assert check(basket.world.uow) == ()
