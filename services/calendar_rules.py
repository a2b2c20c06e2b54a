"""When something that repeats falls due: month ends that do not drift, business days by rule (req. 7, F10).

Pure calendar: which day it is, and which days are off, the caller says. A date here is a day in Panama.
"""

import itertools
from calendar import monthrange
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum

from data.values.dates import is_business_day

DAY = timedelta(days=1)
HALF_MONTH = 15


class Every(StrEnum):
    """How often. `FORTNIGHT` is the quincena of Panama's payrolls: twice a month, fifteen days apart."""

    ONCE = "once"
    MONTH = "month"
    WEEK = "week"
    FORTNIGHT = "fortnight"


class BusinessRule(StrEnum):
    """What becomes of a date that is no business day: it stays, or the next or previous business day stands for it."""

    SAME = "same"
    NEXT = "next"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A repetition from `first` on, which ends after `until` or after `count` times, whatever comes first."""

    first: date
    every: Every
    until: date | None = None
    count: int | None = None
    rule: BusinessRule = BusinessRule.SAME


@dataclass(frozen=True, slots=True)
class Run:
    """One time of a schedule: the `number`-th (from 1), `due` by the calendar, carried out on `day`."""

    number: int
    due: date
    day: date


def day_in_month(year: int, month: int, day: int) -> date:
    """That day of the month, or the last one of a month that is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def first_on_day(day: int, not_before: date) -> date:
    """The first date from `not_before` on that falls on `day` of its month (the last day of shorter months)."""
    return next(found for found in _days_of_months(not_before, (day,)) if found >= not_before)


def due_dates(
    first: date, every: Every, until: date | None = None, count: int | None = None, *, anchor_day: int | None = None
) -> Iterator[date]:
    """`first` and what follows it, ascending; without `until` and `count` it does not end before the calendar does.

    Each month is reckoned from the day that was meant, never from the month before: 31/01, 28/02, 31/03.
    `anchor_day` tells that day where `first` was cut short itself (28/02 of something that falls due on the 31st).
    """
    days = itertools.islice(_endless(first, every, anchor_day or first.day), count)
    return itertools.takewhile(lambda day: until is None or day <= until, days)


def business_day(day: date, rule: BusinessRule, holidays: Container[date]) -> date:
    """The day on which something due on `day` is carried out; `holidays`: the catalogue, or its `.banking` days."""
    if rule is BusinessRule.SAME:
        return day
    step = DAY if rule is BusinessRule.NEXT else -DAY
    while not is_business_day(day, holidays):
        day += step
    return day


def next_run(schedule: Schedule, done: date | None, holidays: Container[date]) -> Run | None:
    """The first time that is due after `done` (the `due` of the last one that ran, None before the first).

    None: the schedule has ended. It may lie in the past: what was missed is for the caller to run or to skip.
    """
    dates = due_dates(schedule.first, schedule.every, schedule.until, schedule.count)
    for number, due in enumerate(dates, start=1):
        if done is None or due > done:
            return Run(number, due, business_day(due, schedule.rule, holidays))
    return None


def _endless(first: date, every: Every, anchor: int) -> Iterator[date]:
    if every is Every.ONCE:
        return iter((first,))
    if every is Every.WEEK:
        return (date.fromordinal(ordinal) for ordinal in range(first.toordinal(), date.max.toordinal() + 1, 7))
    days = (anchor,) if every is Every.MONTH else _fortnight(anchor)
    return (day for day in _days_of_months(first, days) if day >= first)


def _fortnight(day: int) -> tuple[int, int]:
    """The two days of a month: 15 goes with 30, 1 with 16, and the last day (31) with 15."""
    if day <= HALF_MONTH:
        return day, day + HALF_MONTH
    return min(day, 2 * HALF_MONTH) - HALF_MONTH, day


def _days_of_months(start: date, days: tuple[int, ...]) -> Iterator[date]:
    """Those days of every month, from the month of `start` to the end of the calendar."""
    for month in range(start.year * 12 + start.month - 1, (MAXYEAR + 1) * 12):
        for day in days:
            yield day_in_month(month // 12, month % 12 + 1, day)
