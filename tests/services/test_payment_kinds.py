"""Every kind of payment inside the cooperative: where it goes, what it is divided into, what is told (S10–S17)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from data.catalog.products import load_products
from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.errors import (
    AccountUnusable,
    CoopError,
    DataChanged,
    InvalidInput,
    KeyReused,
    NotFound,
    NotPermitted,
    RateLimited,
    VerificationNeeded,
)
from services.ledger_check import check
from services.operations import Op
from services.operator import Operator, Role
from services.payees import FindPayees, find_payees
from services.payment_codes import CheckPaymentCode, CodeNeeded, SendPaymentCode, check_payment_code, send_payment_code
from services.payment_kinds import KINDS, kind_for
from services.payment_options import PaymentOptions, payment_options
from services.payments import ConfirmPayment, Prepared, PreparePayment, confirm, prepare
from services.receipts import Receipt
from services.reversals import Reverse, reverse
from tests.services.callers import check as check_caller
from tests.services.callers import last_code, sent_code
from tests.services.callers import send as send_caller
from tests.services.world import World

LOAN = {"rate": "12.00", "quota": 100_00, "due_day": 30, "interest_paid_to": "2026-10-30", "next_due": "2026-11-30"}


class Counter:
    """A verified member with savings of B/.5,000.00 and the accounts that a test asks for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.agent: Operator = world.staff()
        self.member = world.member()
        self.case = world.lease(self.agent, self.member, level=2, factors=["question", "code"])
        self.savings = world.account(self.member, balance=5_000_00)

    def account(self, product: str, balance: int = 0, terms: Any = None, member: int | None = None, **more: Any) -> int:
        lowest = min(0, balance * 2)
        return self.world.account(
            member or self.member, product=product, balance=balance, floor=lowest, min_balance=lowest,
            terms=json.dumps(terms) if terms else None, **more,
        )  # fmt: skip

    def prepare(self, op: Op, target: int, amount: int, memo: str = "") -> Prepared:
        return prepare(PreparePayment(op, self.member, self.savings, target, amount, memo), self.agent, self.world.uow)

    def form(self, op: Op, target: int, amount: int) -> ConfirmPayment:
        shown = self.prepare(op, target, amount)
        return ConfirmPayment(uuid7(), shown.hash, op, self.member, self.savings, target, amount)

    def pay(self, op: Op, target: int, amount: int) -> Receipt:
        return confirm(self.form(op, target, amount), self.agent, self.world.uow)

    def code(self, op: Op, target: int, amount: int) -> None:
        """The member says the code of this very payment."""
        wanted = SendPaymentCode(op, self.member, self.savings, target, amount, "email")
        send_payment_code(wanted, self.agent, self.world.uow)
        code = sent_code(self.world)
        assert check_payment_code(CheckPaymentCode(self.member, Secret(code)), self.agent, self.world.uow)


@pytest.fixture
def counter(world: World) -> Counter:
    return Counter(world)


OWN = {
    Op.TRANSFER_OWN: ("06", 0),
    Op.QUOTA_PAY: ("11", 0),
    Op.LOAN_PAY: ("21", -900_00),
    Op.CARD_PAY: ("41", -300_00),
    Op.SERVICE_PAY: ("31", -162_68),
}


@pytest.mark.parametrize("op", OWN)
def test_each_own_kind_pays_what_it_says_and_nothing_else(counter: Counter, op: Op) -> None:
    product, balance = OWN[op]
    target = counter.account(product, balance)
    receipt = counter.pay(op, target, 50_00)
    assert dict(receipt.lines)["Operación"] == KINDS[op].title and receipt.amount == 50_00
    assert counter.world.balance(target) == balance + 50_00 and counter.world.balance(counter.savings) == 4_950_00
    assert check(counter.world.uow) == ()
    (event,) = counter.world.events(op.value)
    assert event["detail"]["amount"] == 50_00
    for other in OWN:
        if other is not op:
            with pytest.raises(AccountUnusable):
                counter.prepare(other, target, 1_00)


@pytest.mark.parametrize("op", OWN)
def test_each_third_kind_wants_the_code_of_this_payment(counter: Counter, op: Op) -> None:
    product, balance = OWN[op]
    stranger = counter.world.member("50013", given_names="Rubén", surnames="Ñato")
    target = counter.account(product, balance, member=stranger)
    kind = kind_for(product, third=True)
    assert kind is not None
    shown = counter.prepare(kind.op, target, 50_00)
    assert shown.code_needed and dict(shown.summary)["Titular"] == "RUBÉN Ñ••••"
    assert not any("capital" in label for label, _ in shown.summary)  # how the other's loan stands is not told (S102)
    form = counter.form(kind.op, target, 50_00)
    with pytest.raises(CodeNeeded):
        confirm(form, counter.agent, counter.world.uow)
    counter.code(kind.op, target, 49_00)
    with pytest.raises(CodeNeeded):  # of another amount
        confirm(form, counter.agent, counter.world.uow)
    counter.code(kind.op, target, 50_00)
    assert not counter.prepare(kind.op, target, 50_00).code_needed
    receipt = confirm(form, counter.agent, counter.world.uow)
    assert receipt.outcome == "posted" and counter.world.balance(target) == balance + 50_00
    with pytest.raises(CodeNeeded):  # good once
        confirm(counter.form(kind.op, target, 50_00), counter.agent, counter.world.uow)
    told = {row["template"]: row["member_id"] for row in counter.world.rows("SELECT template, member_id FROM outbox")}
    assert told["payment_done"] == counter.member and told["payment_received"] == stranger
    assert check(counter.world.uow) == ()


def test_a_payments_code_proves_nothing_else_and_no_other_code_a_payment(counter: Counter) -> None:
    target = counter.account("06", member=counter.world.member("50013"))
    wanted = SendPaymentCode(Op.TRANSFER_THIRD, counter.member, counter.savings, target, 5_00, "email")
    send_payment_code(wanted, counter.agent, counter.world.uow)
    code = sent_code(counter.world)
    assert last_code(counter.world)["operation"] == "pagar B/.5.00 a ITZEL P••••"
    with pytest.raises(InvalidInput):
        check_caller(counter.world, counter.agent, counter.member, code)
    other = send_caller(counter.world, counter.agent, counter.member)
    with pytest.raises(InvalidInput):
        check_payment_code(CheckPaymentCode(counter.member, Secret(other)), counter.agent, counter.world.uow)
    with pytest.raises(CodeNeeded):
        confirm(counter.form(Op.TRANSFER_THIRD, target, 5_00), counter.agent, counter.world.uow)


def test_third_needs_level_two(counter: Counter) -> None:
    stranger = counter.account("06", member=counter.world.member("50013"))
    colleague = counter.world.staff("jcastillo")
    counter.world.lease(colleague, counter.member, level=1)
    wanted = PreparePayment(Op.TRANSFER_THIRD, counter.member, counter.savings, stranger, 1_00)
    with pytest.raises(VerificationNeeded):
        prepare(wanted, colleague, counter.world.uow)


def test_whose_account_it_is_cannot_be_talked_away(counter: Counter) -> None:
    world = counter.world
    stranger = world.account(world.member("50013"), balance=500_00)
    mine = world.account(counter.member)
    for op, source, target in (
        (Op.TRANSFER_OWN, counter.savings, stranger),
        (Op.TRANSFER_THIRD, counter.savings, mine),
        (Op.TRANSFER_THIRD, stranger, mine),
        (Op.TRANSFER_OWN, stranger, mine),
        (Op.CASH_DEPOSIT, counter.savings, mine),
        (Op.CASH_WITHDRAW, counter.savings, mine),
        (Op.QUOTA_PAY, counter.savings, 999_999),
    ):
        agent = world.staff(f"caja{op.value}{source}{target}", [Role.CASHIER])
        world.lease(agent, counter.member, level=3, factors=["question", "code"])
        with pytest.raises(NotFound):
            prepare(PreparePayment(op, counter.member, source, target, 1_00), agent, world.uow)


def test_nobody_pays_to_a_relatives_account(counter: Counter) -> None:
    relative = counter.world.member("50013")
    target = counter.account("06", member=relative)
    counter.world.relative(counter.agent, relative)
    with pytest.raises(NotPermitted):
        counter.prepare(Op.TRANSFER_THIRD, target, 1_00)


def test_aportaciones_never_let_money_out(counter: Counter) -> None:
    """Ley 17 of 1997, art. 65: quotas in, never a transfer out (L1)."""
    for code, product in load_products().by_code.items():
        if not product.transfer_out:
            counter.savings = counter.account(code, 100_00 if product.floor is not None else -100_00)
            with pytest.raises(CoopError) as refused:
                counter.prepare(Op.TRANSFER_OWN, counter.account("06"), 1_00)
            assert refused.value.field == "from_account"


# ---------------------------------------------------------------- loans


def test_a_loan_payment_is_divided_as_the_policy_says(counter: Counter) -> None:
    """1,200.00 at 12 %, 24 days since 30/10 (30-day months don't matter here: days of the calendar over 360)."""
    loan = counter.account("21", -1_200_00, LOAN | {"charges": 3_00}, opened_on=date(2025, 1, 30))
    interest = (1_200_00 * 24 * 12 + 18_000) // 36_000  # 9.60
    shown = dict(counter.prepare(Op.LOAN_PAY, loan, 103_00).summary)
    assert (shown["A cargos"], shown["A interés"]) == ("B/.3.00", "B/.9.60") and interest == 9_60
    assert shown["A capital"] == "B/.90.40" and shown["Resultado"] == "Cuota al día"
    receipt = counter.pay(Op.LOAN_PAY, loan, 103_00)
    lines = dict(receipt.lines)
    assert (lines["A interés"], lines["A capital"], lines["Monto"]) == ("B/.9.60", "B/.90.40", "B/.103.00")
    assert counter.world.balance(loan) == -(1_200_00 - 90_40)
    legs = counter.world.rows("SELECT debit, amount FROM transfer WHERE operation_id = :id", id=receipt.operation_id)
    assert sorted(leg["amount"] for leg in legs) == [3_00, 9_60, 90_40] and {leg["debit"] for leg in legs} == {
        counter.savings
    }
    income = counter.world.rows("SELECT number, label, tracked FROM account WHERE number LIKE 'ING-%' ORDER BY number")
    assert [row["number"] for row in income] == ["ING-CARGOS", "ING-INTERES"] and not any(r["tracked"] for r in income)
    assert check(counter.world.uow) == ()


def test_the_next_payment_goes_on_where_the_last_one_ended(counter: Counter) -> None:
    loan = counter.account("21", -1_200_00, LOAN, opened_on=date(2025, 1, 30))
    counter.pay(Op.LOAN_PAY, loan, 100_00)
    shown = dict(counter.prepare(Op.LOAN_PAY, loan, 50_00).summary)
    assert "A interés" not in shown and shown["A capital"] == "B/.50.00"  # no day has passed
    assert shown["Resultado"].startswith("Abono anticipado")


def test_a_loan_is_paid_off_to_the_centesimo_and_takes_no_more(counter: Counter) -> None:
    loan = counter.account("21", -1_200_00, LOAN, opened_on=date(2025, 1, 30))
    with pytest.raises(InvalidInput) as refused:
        counter.prepare(Op.LOAN_PAY, loan, 1_209_61)
    assert refused.value.field == "amount" and "B/.1,209.60" in refused.value.user_text
    assert dict(counter.prepare(Op.LOAN_PAY, loan, 1_209_60).summary)["Resultado"] == "Cancela el préstamo"
    counter.pay(Op.LOAN_PAY, loan, 1_209_60)
    assert counter.world.balance(loan) == 0 and check(counter.world.uow) == ()


def test_what_somebody_else_owes_is_not_told(counter: Counter) -> None:
    loan = counter.account("21", -1_200_00, LOAN, member=counter.world.member("50013"), opened_on=date(2025, 1, 30))
    with pytest.raises(InvalidInput) as refused:
        counter.prepare(Op.LOAN_PAY_THIRD, loan, 2_000_00)
    assert "B/." not in refused.value.user_text


def test_the_same_key_again_after_the_loan_moved_is_still_the_same_request(counter: Counter) -> None:
    loan = counter.account("21", -1_200_00, LOAN, opened_on=date(2025, 1, 30))
    form = counter.form(Op.LOAN_PAY, loan, 100_00)
    first = confirm(form, counter.agent, counter.world.uow)
    again = confirm(form, counter.agent, counter.world.uow)
    assert again.existed and again.number == first.number and counter.world.balance(counter.savings) == 4_900_00
    other = ConfirmPayment(form.key, form.prepared_hash, form.op, form.member_id, form.from_account, loan, 99_00)
    with pytest.raises(KeyReused):
        confirm(other, counter.agent, counter.world.uow)


def test_a_payment_between_review_and_confirmation_asks_again(counter: Counter) -> None:
    loan = counter.account("21", -1_200_00, LOAN, opened_on=date(2025, 1, 30))
    form = counter.form(Op.LOAN_PAY, loan, 100_00)
    counter.pay(Op.LOAN_PAY, loan, 20_00)
    with pytest.raises(DataChanged):
        confirm(form, counter.agent, counter.world.uow)


def test_only_the_last_payment_of_a_loan_is_reversed_and_it_gives_everything_back(counter: Counter) -> None:
    world = counter.world
    boss = world.staff("rsanjur", [Role.SUPERVISOR])
    loan = counter.account("21", -1_200_00, LOAN, opened_on=date(2025, 1, 30))
    before = payment_options(PaymentOptions(counter.member), counter.agent, world.uow)
    first, second = counter.pay(Op.LOAN_PAY, loan, 60_00), counter.pay(Op.LOAN_PAY, loan, 40_00)
    reason = "Cuenta equivocada por el agente"
    with pytest.raises(NotPermitted):
        reverse(Reverse(first.operation_id, reason, uuid7()), boss, world.uow)
    for done in (second, first):
        reverse(Reverse(done.operation_id, reason, uuid7()), boss, world.uow)
    assert world.balance(loan) == -1_200_00 and world.balance(counter.savings) == 5_000_00
    assert payment_options(PaymentOptions(counter.member), counter.agent, world.uow) == before
    assert check(world.uow) == ()


# ---------------------------------------------------------------- services, options, payees


def test_a_service_takes_no_more_than_is_owed(counter: Counter) -> None:
    insurance = counter.account("31", -62_68)
    with pytest.raises(InvalidInput):
        counter.prepare(Op.SERVICE_PAY, insurance, 62_69)
    counter.pay(Op.SERVICE_PAY, insurance, 62_68)
    assert counter.world.balance(insurance) == 0


def test_the_usual_amounts(counter: Counter) -> None:
    loan = counter.account("21", -1_200_00, LOAN, opened_on=date(2025, 1, 30))
    card = counter.account("41", -300_00, {"minimum": 15_00, "limit": 2_500_00})
    plan = counter.account("11", 0, {"quota": 25_00})
    paid = counter.account("31", 0, {"quota": 10_00})
    found = {
        row.account_id: row for row in payment_options(PaymentOptions(counter.member), counter.agent, counter.world.uow)
    }
    assert [(o.word, o.amount) for o in found[loan].options] == [("cuota", 100_00), ("total", 1_209_60)]
    assert found[loan].due == "vence 30/11/2026"
    assert [(o.word, o.amount) for o in found[card].options] == [("minimo", 15_00), ("total", 300_00)]
    assert [(o.word, o.amount) for o in found[plan].options] == [("cuota", 25_00)]
    assert found[paid].options == () and found[counter.savings].op is Op.TRANSFER_OWN
    assert found[card].option("min") == found[card].options[0] and found[card].option("x") is None
    for word in ("cuota", "total"):
        option = found[loan].option(word)
        assert option is not None
        counter.prepare(Op.LOAN_PAY, loan, option.amount)
    colleague = counter.world.staff("jcastillo")
    with pytest.raises(VerificationNeeded):
        payment_options(PaymentOptions(counter.member), colleague, counter.world.uow)


def test_a_payee_is_found_by_account_and_by_number(counter: Counter) -> None:
    world = counter.world
    other = world.member("50233", given_names="Rubén", surnames="Ñato")
    savings = world.account(other, number="06-018-50233-1", balance=91_357_13)
    loan = counter.account("21", -10_00, member=other, number="21-018-50233-1")
    world.account(other, number="06-018-50233-9", status="closed")
    world.account(other, number="06-018-50233-8", affiliated_at=None)

    def find(text: str) -> list[tuple[int, Op, int]]:
        rows = find_payees(FindPayees(counter.member, text), counter.agent, world.uow)
        assert all(row.holder == "RUBÉN Ñ••••" and "50233" not in row.number for row in rows)
        return [(row.account_id, row.op, row.position) for row in rows]

    both = [(savings, Op.TRANSFER_THIRD, 1), (loan, Op.LOAN_PAY_THIRD, 2)]
    assert find("50233") == both and find("050233") == both
    assert find("50233/2") == both[1:] and find("06-018-50233-1") == both[:1] and find("0601850233 1") == both[:1]
    own = world.scalar("SELECT number FROM account WHERE id = :id", id=counter.savings)
    for text in ("50012", own, "06-018-50233-9", "06-018-50233-8", "99999", "50233/3"):
        with pytest.raises(NotFound) as missing:
            find(text)
        assert missing.value.user_text == "No hay una cuenta con esos datos a la que se pueda pagar."
    for text in ("", "Rubén Ñato", "8-700-50233"):
        with pytest.raises(InvalidInput):
            find(text)
    told = json.dumps(world.events("payee.find"))
    assert not any(balance in told for balance in ("9135713", "91357.13", "91,357.13"))


def test_nobody_goes_through_the_members_by_paying(counter: Counter) -> None:
    for number in range(counter.world.uow.policy.lookup.per_window):
        with pytest.raises(NotFound):
            find_payees(FindPayees(counter.member, str(60_000 + number)), counter.agent, counter.world.uow)
    with pytest.raises(RateLimited):
        find_payees(FindPayees(counter.member, "60099"), counter.agent, counter.world.uow)
