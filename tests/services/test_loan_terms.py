"""What a loan asks for and how a payment is divided (S15), by example and by what always holds."""

import itertools
import json
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import AccountUnusable, InvalidInput
from services.loan_terms import LoanState, allocate, carried, due_on, loan_state, pay_off
from services.policy import LOAN_PARTS, LoanPolicy, PolicyError, load_policy

POLICY = LoanPolicy(("charges", "overdue_interest", "interest", "principal"), 360, 5, 200)
#: B/.6,000.00 at 12 % a year is B/.2.00 a day.
LOAN = LoanState(
    principal=6_000_00,
    annual_rate_bp=1200,
    quota=150_00,
    due_day=30,
    interest_paid_to=date(2026, 10, 30),
    next_due=date(2026, 11, 30),
)


# ---------------------------------------------------------------- what is due


def test_the_quota_that_comes_next() -> None:
    due = due_on(LOAN, date(2026, 11, 23), POLICY)
    assert (due.charges, due.overdue_interest, due.interest, due.principal_of_quota) == (0, 0, 48_00, 102_00)
    assert (due.total, due.quotas, due.next_due, due.days_overdue) == (150_00, 1, date(2026, 11, 30), 0)


def test_nothing_is_overdue_within_the_days_of_grace() -> None:
    within, after = date(2026, 12, 5), date(2026, 12, 6)
    assert due_on(LOAN, within, POLICY).days_overdue == 0
    assert due_on(LOAN, within, POLICY).overdue_interest == 0
    late = due_on(LOAN, after, POLICY)
    # One day after the grace, 2.00 % a year on B/.150.00 is less than a centésimo: 0.83, rounded up to one.
    assert (late.days_overdue, late.overdue_interest) == (6, 1)


def test_quotas_that_were_missed_are_asked_together() -> None:
    due = due_on(LOAN, date(2027, 1, 4), POLICY)
    assert (due.quotas, due.days_overdue, due.interest) == (2, 35, 132_00)
    assert due.interest + due.principal_of_quota == 300_00
    # B/.150.00 for 30 days after its grace; the December quota has its own grace until 4 January.
    assert due.overdue_interest == 25


def test_a_month_without_the_due_day_ends_with_its_last() -> None:
    paid = allocate(replace(LOAN, next_due=date(2027, 1, 30)), 150_00, date(2027, 1, 30), POLICY)
    assert paid.after.next_due == date(2027, 2, 28)
    again = allocate(paid.after, 150_00, date(2027, 2, 28), POLICY)
    assert again.after.next_due == date(2027, 3, 30)


def test_the_last_quota_is_no_more_than_what_is_owed() -> None:
    small = replace(LOAN, principal=30_00)
    due = due_on(small, date(2026, 11, 30), POLICY)
    assert due.total == pay_off(small, date(2026, 11, 30), POLICY) == 30_31


def test_without_a_quota_only_interest_falls_due() -> None:
    free = replace(LOAN, quota=0)
    today = date(2026, 11, 30)
    assert due_on(free, today, POLICY).total == 62_00
    half = allocate(free, 31_00, today, POLICY)
    assert (half.case, half.after.next_due) == ("partial", date(2026, 11, 30))
    whole = allocate(half.after, 31_00, today, POLICY)
    assert (whole.case, whole.after.next_due) == ("quota", date(2026, 12, 30))


# ---------------------------------------------------------------- a payment


def test_a_payment_goes_to_its_parts_in_order() -> None:
    state = replace(LOAN, charges=10_00, overdue_unpaid=2_00)
    today = date(2026, 11, 23)
    assert allocate(state, 9_00, today, POLICY).parts == (("charges", 9_00),)
    assert allocate(state, 11_00, today, POLICY).parts == (("charges", 10_00), ("overdue_interest", 1_00))
    quota = allocate(state, 162_00, today, POLICY)
    assert quota.parts == (
        ("charges", 10_00),
        ("overdue_interest", 2_00),
        ("interest", 48_00),
        ("principal", 102_00),
    )
    assert (quota.case, quota.paid_to, quota.principal_after) == ("quota", today, 5_898_00)
    assert (quota.after.next_due, quota.after.charges, quota.after.charges_paid) == (date(2026, 12, 30), 0, 10_00)


def test_the_order_is_the_policy_s() -> None:
    state = replace(LOAN, charges=10_00)
    other = replace(POLICY, allocation=("interest", "charges", "overdue_interest", "principal"))
    assert allocate(state, 50_00, date(2026, 11, 23), other).parts == (("interest", 48_00), ("charges", 2_00))


def test_what_is_above_the_quota_goes_to_principal_and_the_next_stays_due() -> None:
    today = date(2026, 11, 23)
    early = allocate(LOAN, 1_150_00, today, POLICY)
    assert (early.case, early.parts) == ("early", (("interest", 48_00), ("principal", 1_102_00)))
    assert early.after.next_due == date(2026, 12, 30)
    after = due_on(early.after, date(2026, 12, 30), POLICY)
    assert (after.quotas, after.total) == (1, 150_00)


def test_a_quota_paid_early_is_not_asked_again() -> None:
    first = allocate(LOAN, 150_00, date(2026, 11, 10), POLICY)
    due = due_on(first.after, date(2026, 11, 11), POLICY)
    assert (due.quotas, due.principal_of_quota, due.next_due) == (0, 0, date(2026, 12, 30))
    assert due.total == due.interest == 1_96  # one day on what is left
    assert due_on(first.after, date(2026, 12, 1), POLICY).quotas == 1


def test_the_pay_off_ends_the_loan() -> None:
    today = date(2027, 1, 4)
    everything = pay_off(replace(LOAN, charges=10_00), today, POLICY)
    assert everything == 6_000_00 + 132_00 + 25 + 10_00
    done = allocate(replace(LOAN, charges=10_00), everything, today, POLICY)
    assert (done.case, done.principal_after) == ("payoff", 0)
    assert pay_off(done.after, today + timedelta(days=400), POLICY) == 0
    with pytest.raises(InvalidInput) as refused:
        allocate(done.after, 1, today, POLICY)
    assert "no tiene saldo por pagar" in refused.value.user_text


@pytest.mark.parametrize(("amount", "text"), [(0, "mayor que cero"), (-5, "mayor que cero"), (6_048_01, "B/.6,048.00")])
def test_an_amount_that_cannot_be_taken_is_refused(amount: int, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        allocate(LOAN, amount, date(2026, 11, 23), POLICY)
    assert refused.value.field == "amount"
    assert text in refused.value.user_text


def test_a_day_that_was_reckoned_already_asks_for_no_interest() -> None:
    assert pay_off(LOAN, date(2026, 10, 1), POLICY) == 6_000_00
    assert allocate(LOAN, 1_00, date(2026, 10, 1), POLICY).paid_to == LOAN.interest_paid_to


# ---------------------------------------------------------------- what always holds

TODAY = date(2027, 3, 17)
ORDERS = [(*order, "principal") for order in itertools.permutations(LOAN_PARTS[:3])]
MONEY = st.integers(0, 50_000_00)


@st.composite
def policies(draw: st.DrawFn) -> LoanPolicy:
    return LoanPolicy(
        draw(st.sampled_from(ORDERS)), draw(st.sampled_from([360, 365])), draw(st.integers(0, 15)), draw(MONEY) % 1000
    )


@st.composite
def states(draw: st.DrawFn) -> LoanState:
    day = draw(st.integers(1, 31))
    paid_to = TODAY - timedelta(days=draw(st.integers(0, 500)))
    quota = draw(st.integers(0, 2_000_00))
    told = {"due_day": day, "quota": quota, "charges": draw(st.integers(0, 90_00)), "rate": f"{draw(MONEY) % 40}.25"}
    last = {
        "paid_to": paid_to.isoformat(),
        "next_due": (paid_to + timedelta(days=draw(st.integers(-60, 60)))).isoformat(),
        "quota_paid": draw(st.integers(0, max(0, quota - 1))),
        "interest_unpaid": draw(st.integers(0, 300_00)),
        "overdue_unpaid": draw(st.integers(0, 30_00)),
    }
    return loan_state(json.dumps(told), -draw(MONEY), None, TODAY, last)


@st.composite
def payments(draw: st.DrawFn) -> tuple[LoanState, LoanPolicy, int]:
    """A loan that owes something, and an amount that can be paid; the amounts at the edges come often."""
    policy, state = draw(policies()), draw(states())
    everything = pay_off(state, TODAY, policy)
    if everything == 0:
        state = replace(state, charges=1_00)
        everything = 1_00
    total = due_on(state, TODAY, policy).total
    edges = [amount for amount in (1, total - 1, total, total + 1, everything) if 0 < amount <= everything]
    return state, policy, draw(st.one_of(st.sampled_from(edges), st.integers(1, everything)))


@given(payment=payments())
def test_parts_are_above_zero_and_sum_to_the_payment(payment: tuple[LoanState, LoanPolicy, int]) -> None:
    state, policy, amount = payment
    found = allocate(state, amount, TODAY, policy)
    assert sum(part for _, part in found.parts) == amount
    assert all(part > 0 for _, part in found.parts)
    assert pay_off(found.after, TODAY, policy) == pay_off(state, TODAY, policy) - amount
    assert found.paid_to == TODAY
    assert min(found.after.principal, found.after.charges, found.after.interest_unpaid, found.after.quota_paid) >= 0
    assert found.after.quota == 0 or found.after.quota_paid < found.after.quota


@given(payment=payments())
def test_no_part_is_paid_before_the_one_before_it_is_full(payment: tuple[LoanState, LoanPolicy, int]) -> None:
    state, policy, amount = payment
    due = due_on(state, TODAY, policy)
    full = {"charges": due.charges, "overdue_interest": due.overdue_interest, "interest": due.interest}
    paid = dict(allocate(state, amount, TODAY, policy).parts)
    for before, name in itertools.pairwise(policy.allocation):
        assert name not in paid or paid.get(before, 0) == full[before]


@given(payment=payments())
def test_the_case_says_how_the_payment_compares(payment: tuple[LoanState, LoanPolicy, int]) -> None:
    state, policy, amount = payment
    found, due = allocate(state, amount, TODAY, policy), due_on(state, TODAY, policy)
    if found.case == "payoff":
        assert found.principal_after == 0 and due_on(found.after, TODAY, policy).total == 0
    elif found.case == "partial":
        assert amount < due.total
        assert due_on(found.after, TODAY, policy).next_due >= due.next_due
    else:
        # What fell due is paid: nothing is late any more.
        assert (amount == due.total) == (found.case == "quota")
        after = due_on(found.after, TODAY, policy)
        assert (after.charges, after.overdue_interest, after.interest, after.days_overdue) == (0, 0, 0, 0)


@given(payment=payments(), share=st.integers(1, 99))
def test_two_payments_of_one_day_are_one(payment: tuple[LoanState, LoanPolicy, int], share: int) -> None:
    state, policy, amount = payment
    first = amount * share // 100
    if not 0 < first < amount:
        return
    once = allocate(state, amount, TODAY, policy)
    one = allocate(state, first, TODAY, policy)
    two = allocate(one.after, amount - first, TODAY, policy)
    assert two.after == once.after
    together = {name: dict(one.parts).get(name, 0) + dict(two.parts).get(name, 0) for name in LOAN_PARTS}
    assert together == dict.fromkeys(LOAN_PARTS, 0) | dict(once.parts)


@given(payment=payments(), other=st.integers(1, 60_000_00))
def test_who_pays_more_owes_no_more_anywhere(payment: tuple[LoanState, LoanPolicy, int], other: int) -> None:
    state, policy, amount = payment
    less, more = sorted((amount, min(other, pay_off(state, TODAY, policy))))
    small, large = allocate(state, less, TODAY, policy), allocate(state, more, TODAY, policy)
    assert all(dict(large.parts).get(name, 0) >= part for name, part in small.parts)
    assert large.principal_after <= small.principal_after
    assert large.after.next_due >= small.after.next_due


@given(state=states(), policy=policies(), days=st.integers(0, 200))
def test_waiting_never_makes_it_cheaper(state: LoanState, policy: LoanPolicy, days: int) -> None:
    later = TODAY + timedelta(days=days)
    assert pay_off(state, later, policy) >= pay_off(state, TODAY, policy)
    assert due_on(state, later, policy).total <= pay_off(state, later, policy)


@given(payment=payments(), days=st.integers(1, 90))
def test_what_a_payment_carries_is_read_again(payment: tuple[LoanState, LoanPolicy, int], days: int) -> None:
    """The body of the operation and the row of the account give the state back, whatever the terms said at first."""
    state, policy, amount = payment
    after = allocate(state, amount, TODAY, policy).after
    rate = f"{state.annual_rate_bp // 100}.{state.annual_rate_bp % 100:02d}"
    terms = {"rate": rate, "quota": state.quota, "due_day": state.due_day, "charges": state.charges}
    read = loan_state(
        json.dumps(terms | {"interest_paid_to": "2020-01-01"}),
        -after.principal,
        date(2019, 5, 5),
        TODAY + timedelta(days=days),
        json.loads(json.dumps(carried(after))),
    )
    assert read == after


# ---------------------------------------------------------------- reading


def test_absent_terms_have_defaults() -> None:
    bare = loan_state(None, -500_00, date(2019, 5, 12), date(2026, 11, 23))
    assert (bare.principal, bare.annual_rate_bp, bare.quota, bare.due_day) == (500_00, 0, 0, 12)
    # Nothing says how far it was paid: up to its last due day.
    assert (bare.interest_paid_to, bare.next_due) == (date(2026, 11, 12), date(2026, 12, 12))
    new = loan_state('{"due_day": 15}', -500_00, date(2026, 11, 20), date(2026, 11, 23))
    assert (new.interest_paid_to, new.next_due) == (date(2026, 11, 20), date(2026, 12, 15))


@pytest.mark.parametrize("day", [1, 28, 29, 30, 31])
@pytest.mark.parametrize("today", [date(2027, 2, 28), date(2027, 3, 1), date(2027, 3, 31), date(2028, 2, 29)])
def test_a_loan_without_history_is_not_overdue(day: int, today: date) -> None:
    state = loan_state(json.dumps({"due_day": day, "quota": 100, "rate": "9.50"}), -500_00, date(2001, 1, 1), today)
    assert state.interest_paid_to < today <= state.next_due
    assert (today - state.interest_paid_to).days <= 31
    assert due_on(state, today, replace(POLICY, grace_days=0)).days_overdue == 0


def test_told_dates_and_charges_count() -> None:
    told = '{"due_day": 5, "rate": "9.5", "charges": 700, "interest_paid_to": "2026-09-05"}'
    state = loan_state(told, -1_00, None, date(2026, 11, 23), {"charges_paid": 200})
    assert (state.annual_rate_bp, state.charges, state.charges_paid) == (950, 500, 200)
    assert (state.interest_paid_to, state.next_due) == (date(2026, 9, 5), date(2026, 10, 5))


def test_a_balance_in_favour_owes_nothing() -> None:
    assert loan_state(None, 12_00, None, date(2026, 11, 23)).principal == 0


@pytest.mark.parametrize(
    "terms",
    [
        "[]",
        "{",
        '{"rate": 9.5}',
        '{"rate": "9,50"}',
        '{"rate": "-1"}',
        '{"rate": "1.234"}',
        '{"quota": "100"}',
        '{"quota": -1}',
        '{"quota": true}',
        '{"quota": 1.5}',
        '{"due_day": 0}',
        '{"due_day": 32}',
        '{"charges": -1}',
        '{"interest_paid_to": "23/11/2026"}',
        '{"next_due": 5}',
    ],
)
def test_wrong_terms_stop_the_payment(terms: str) -> None:
    with pytest.raises(AccountUnusable, match="account_unusable") as refused:
        loan_state(terms, -1_00, None, date(2026, 11, 23))
    assert "no están bien registradas" in refused.value.user_text


# ---------------------------------------------------------------- the policy


def test_the_shipped_policy_orders_the_parts() -> None:
    loan = load_policy().loan
    assert loan.allocation == LOAN_PARTS
    assert loan.day_basis >= 360


@pytest.mark.parametrize(
    "order",
    [
        '["charges", "interest", "principal"]',
        '["charges", "charges", "interest", "principal"]',
        '["charges", "overdue_interest", "interest", "fees"]',
        '["principal", "charges", "overdue_interest", "interest"]',
    ],
)
def test_an_order_that_leaves_something_out_is_refused(tmp_path: Path, order: str) -> None:
    shipped = (files("data") / "catalog" / "policy.toml").read_text("utf-8")
    path = tmp_path / "policy.toml"
    path.write_text(shipped.replace('["charges", "overdue_interest", "interest", "principal"]', order), "utf-8")
    with pytest.raises(PolicyError, match="allocation"):
        load_policy(path)
