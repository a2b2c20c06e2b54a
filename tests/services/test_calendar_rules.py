"""Dates that repeat: month ends that do not drift, the quincena, business days with the catalogue (req. 7)."""

import itertools
from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalog.holidays import load_holidays
from services.calendar_rules import (
    BusinessRule,
    Every,
    Run,
    Schedule,
    business_day,
    day_in_month,
    due_dates,
    first_on_day,
    next_run,
)

DATES = st.dates(date(2000, 1, 1), date(2200, 12, 31))


def some(first: date, every: Every, number: int = 24) -> list[date]:
    return list(due_dates(first, every, count=number))


# ---------------------------------------------------------------- repetition


def test_a_month_end_does_not_drift() -> None:
    assert some(date(2026, 12, 31), Every.MONTH, 5) == [
        date(2026, 12, 31),
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]
    assert some(date(2028, 1, 30), Every.MONTH, 3) == [date(2028, 1, 30), date(2028, 2, 29), date(2028, 3, 30)]


def test_an_anchor_tells_the_day_that_was_meant() -> None:
    cut = list(due_dates(date(2027, 2, 28), Every.MONTH, count=3, anchor_day=31))
    assert cut == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


@pytest.mark.parametrize(
    ("first", "following"),
    [
        (date(2027, 1, 15), [date(2027, 1, 30), date(2027, 2, 15), date(2027, 2, 28), date(2027, 3, 15)]),
        (date(2027, 1, 30), [date(2027, 2, 15), date(2027, 2, 28), date(2027, 3, 15), date(2027, 3, 30)]),
        (date(2027, 1, 31), [date(2027, 2, 15), date(2027, 2, 28), date(2027, 3, 15), date(2027, 3, 31)]),
        (date(2027, 1, 1), [date(2027, 1, 16), date(2027, 2, 1), date(2027, 2, 16), date(2027, 3, 1)]),
        (date(2027, 1, 20), [date(2027, 2, 5), date(2027, 2, 20), date(2027, 3, 5), date(2027, 3, 20)]),
    ],
)
def test_the_quincena(first: date, following: list[date]) -> None:
    assert some(first, Every.FORTNIGHT, 5) == [first, *following]


def test_once_and_weekly() -> None:
    assert some(date(2026, 11, 23), Every.ONCE) == [date(2026, 11, 23)]
    assert some(date(2026, 12, 28), Every.WEEK, 3) == [date(2026, 12, 28), date(2027, 1, 4), date(2027, 1, 11)]


def test_until_is_included_and_the_earlier_end_counts() -> None:
    first, until = date(2027, 1, 31), date(2027, 3, 31)
    assert list(due_dates(first, Every.MONTH, until)) == [first, date(2027, 2, 28), until]
    assert list(due_dates(first, Every.MONTH, until - timedelta(days=1))) == [first, date(2027, 2, 28)]
    assert list(due_dates(first, Every.MONTH, until, 2)) == [first, date(2027, 2, 28)]
    assert list(due_dates(first, Every.MONTH, first - timedelta(days=1))) == []
    assert list(due_dates(first, Every.MONTH, count=0)) == []


@pytest.mark.parametrize("every", list(Every))
def test_the_calendar_ends_without_an_error(every: Every) -> None:
    assert list(due_dates(date(9999, 12, 1), every))[-1] <= date.max


@given(first=DATES, every=st.sampled_from(list(Every)))
def test_dates_begin_with_the_first_and_ascend(first: date, every: Every) -> None:
    found = some(first, every)
    assert found[0] == first
    assert all(one < other for one, other in itertools.pairwise(found))


@given(first=DATES)
def test_every_month_has_its_day_or_its_last(first: date) -> None:
    for place, day in enumerate(some(first, Every.MONTH)):
        months = first.year * 12 + first.month - 1 + place
        assert (day.year, day.month) == (months // 12, months % 12 + 1)
        assert day.day == min(first.day, monthrange(day.year, day.month)[1])


@given(first=DATES)
def test_a_quincena_comes_twice_a_month(first: date) -> None:
    months = [(day.year, day.month) for day in some(first, Every.FORTNIGHT, 50)]
    full = [len(list(group)) for _, group in itertools.groupby(months)][1:-1]
    assert set(full) == {2}


@given(first=DATES, every=st.sampled_from(list(Every)), number=st.integers(1, 30))
def test_ending_by_date_is_ending_by_number(first: date, every: Every, number: int) -> None:
    counted = some(first, every, number)
    assert list(due_dates(first, every, counted[-1])) == counted


@given(day=st.integers(1, 31), since=DATES)
def test_the_first_on_a_day_is_less_than_a_month_and_a_bit_away(day: int, since: date) -> None:
    found = first_on_day(day, since)
    assert found == day_in_month(found.year, found.month, day)
    assert 0 <= (found - since).days <= 31
    before = [since + timedelta(days=step) for step in range((found - since).days)]
    assert all(one != day_in_month(one.year, one.month, day) for one in before)


# ---------------------------------------------------------------- business days


def test_the_bridge_day_of_december_2026() -> None:
    """20/12/2026 is a holiday on a Sunday; its Monday is the día puente (req. 7)."""
    sunday = date(2026, 12, 20)
    holidays = load_holidays()
    assert business_day(sunday, BusinessRule.NEXT, holidays) == date(2026, 12, 22)
    assert business_day(date(2026, 12, 21), BusinessRule.NEXT, holidays) == date(2026, 12, 22)
    assert business_day(sunday, BusinessRule.PREVIOUS, holidays) == date(2026, 12, 18)
    assert business_day(sunday, BusinessRule.SAME, holidays) == sunday
    assert business_day(sunday, BusinessRule.NEXT, frozenset()) == date(2026, 12, 21)


def test_banks_close_on_more_days() -> None:
    symbols = date(2026, 11, 4)
    assert business_day(symbols, BusinessRule.NEXT, load_holidays()) == symbols
    assert business_day(symbols, BusinessRule.NEXT, load_holidays().banking) == date(2026, 11, 6)


@given(day=DATES, off=st.sets(st.integers(-12, 12)))
def test_a_moved_day_is_the_nearest_business_day(day: date, off: set[int]) -> None:
    holidays = {day + timedelta(days=step) for step in off}
    after = business_day(day, BusinessRule.NEXT, holidays)
    before = business_day(day, BusinessRule.PREVIOUS, holidays)
    assert before <= day <= after
    for found in (before, after):
        assert found.weekday() < 5 and found not in holidays
    inside = [before + timedelta(days=step) for step in range(1, (after - before).days)]
    assert all(one.weekday() > 4 or one in holidays for one in inside)


# ---------------------------------------------------------------- the next run


def test_the_next_run_moves_the_day_and_keeps_the_date() -> None:
    schedule = Schedule(date(2026, 10, 20), Every.MONTH, rule=BusinessRule.NEXT)
    holidays = load_holidays()
    assert next_run(schedule, None, holidays) == Run(1, date(2026, 10, 20), date(2026, 10, 20))
    assert next_run(schedule, date(2026, 11, 20), holidays) == Run(3, date(2026, 12, 20), date(2026, 12, 22))
    # Moved to the 22nd, the month after it is due on the 20th again.
    assert next_run(schedule, date(2026, 12, 20), holidays) == Run(4, date(2027, 1, 20), date(2027, 1, 20))


def test_a_schedule_that_ended_has_no_next_run() -> None:
    first = date(2026, 11, 23)
    assert next_run(Schedule(first, Every.ONCE), first, ()) is None
    assert next_run(Schedule(first, Every.WEEK, count=2), first + timedelta(days=7), ()) is None
    assert next_run(Schedule(first, Every.WEEK, until=first), first, ()) is None


@given(first=DATES, every=st.sampled_from(list(Every)), rule=st.sampled_from(list(BusinessRule)))
def test_running_one_after_the_other_meets_every_date_once(first: date, every: Every, rule: BusinessRule) -> None:
    schedule = Schedule(first, every, count=12, rule=rule)
    runs: list[Run] = []
    done: date | None = None
    while run := next_run(schedule, done, load_holidays()):
        runs.append(run)
        done = run.due
    assert [run.due for run in runs] == some(first, every, 12)
    assert [run.number for run in runs] == list(range(1, len(runs) + 1))
