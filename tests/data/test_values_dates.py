"""Dates, business days and time-ordered ids (req. 6, 7; S73, S77)."""

import threading
import uuid
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalog.holidays import load_holidays
from data.values import dates
from data.values.errors import InvalidValue
from data.values.uuid7 import Uuid7Mint, is_uuid7, uuid7, uuid7_after

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("14/02/1986", date(1986, 2, 14)),
        ("1/2/1986", date(1986, 2, 1)),
        ("11/01/2019", date(2019, 1, 11)),
        ("14-02-1986\n", date(1986, 2, 14)),
        ("14021986", date(1986, 2, 14)),
        ("29/02/2024", date(2024, 2, 29)),
    ],
)
def test_date_accepts(typed: str, expected: date) -> None:
    assert dates.parse_date(typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "31/02/2026",
            "29/02/2026",
            "00/01/2026",
            "01/13/2026",
            "2026-01-11",
            "1/1/26",
            "01/02-2026",
            "01/01/0986",
        ),
        *(
            "",
            "hoy",
            "1422026",
            "٠١/٠١/٢٠٢٦",
            "01/01/2026\x00",
            "\x1b01/01/2026",
            "01/\n01/2026",
            "1" * 10_000,
        ),
    ],
)
def test_date_rejects(typed: str) -> None:
    with pytest.raises(InvalidValue, match=r"Fecha no válida \(dd/mm/aaaa\)\."):
        dates.parse_date(typed)


@given(st.dates(date(1800, 1, 1), date(2200, 12, 31)))
def test_date_round_trips(day: date) -> None:
    assert dates.parse_date(dates.format_date(day)) == day
    assert dates.parse_date(dates.format_date(day).replace("/", "")) == day


def test_birth_dates() -> None:
    assert dates.parse_birth_date("23/11/2026", TODAY) == TODAY
    assert dates.parse_birth_date("24/11/1905", TODAY) == date(1905, 11, 24)
    for typed, message in (
        ("24/11/2026", dates.FUTURE_BIRTH_MESSAGE),
        ("23/11/1905", dates.OLD_BIRTH_MESSAGE),
        ("31/02/1980", dates.MESSAGE),
    ):
        with pytest.raises(InvalidValue) as caught:
            dates.parse_birth_date(typed, TODAY)
        assert caught.value.message_es == message


def test_ages() -> None:
    assert dates.age_on(date(1986, 2, 14), TODAY) == 40
    assert dates.age_on(date(1986, 11, 24), TODAY) == 39
    assert dates.age_on(date(2000, 2, 29), date(2026, 2, 28)) == 25
    assert dates.age_on(date(2000, 2, 29), date(2026, 3, 1)) == 26


def test_times_are_shown_in_panama() -> None:
    moment = datetime(2026, 11, 24, 3, 41, tzinfo=UTC)
    assert dates.format_datetime(moment) == "23/11/2026 22:41"
    assert dates.format_datetime_with_weekday(moment) == "lun 23/11/2026 22:41"
    assert dates.panama_date(moment) == TODAY
    assert dates.format_last_visit(datetime(2019, 1, 11, 16, 31, tzinfo=UTC)) == "11/01/2019|11:31 am"
    assert dates.format_last_visit(datetime(2019, 1, 11, 5, 5, tzinfo=UTC)) == "11/01/2019|12:05 am"
    assert dates.format_last_visit(datetime(2019, 1, 11, 17, 5, tzinfo=UTC)) == "11/01/2019|12:05 pm"
    assert dates.format_last_visit(datetime(2019, 1, 11, 18, 5, tzinfo=UTC)) == "11/01/2019|01:05 pm"
    assert dates.greeting(moment) == "Buenas noches,"
    assert dates.greeting(datetime(2026, 1, 1, 12, tzinfo=UTC)) == "Buenos días,"
    assert dates.greeting(datetime(2026, 1, 1, 17, tzinfo=UTC)) == "Buenas tardes,"


def test_naive_times_are_refused() -> None:
    for use in (dates.to_panama, dates.to_utc, dates.format_datetime, dates.format_last_visit):
        with pytest.raises(ValueError, match="naive"):
            use(datetime(2026, 1, 1))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 14))
def test_storage_and_display_are_one_instant(naive: datetime, hours: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert dates.to_utc(moment) == moment == dates.to_panama(moment)
    assert dates.to_utc(moment).tzinfo is UTC
    day = dates.panama_date(moment)
    assert dates.panama_midnight(day) <= moment < dates.panama_midnight(day + timedelta(days=1))


def test_contract_date() -> None:
    assert dates.long_date(date(2018, 12, 27)) == "27 días del mes Diciembre del año 2018"
    assert dates.long_date(date(2027, 9, 1)) == "1 día del mes Septiembre del año 2027"


def test_business_days_use_the_table() -> None:
    holidays = load_holidays()
    assert dates.add_business_days(date(2026, 12, 18), 1, holidays) == date(2026, 12, 22)
    assert dates.add_business_days(date(2026, 12, 18), 1, frozenset()) == date(2026, 12, 21)
    assert dates.add_business_days(date(2026, 12, 18), 10, holidays) == date(2027, 1, 6)
    assert dates.add_business_days(TODAY, 0, holidays) == TODAY
    with pytest.raises(ValueError, match="forward"):
        dates.add_business_days(TODAY, -1, holidays)


@given(st.dates(date(2026, 1, 1), date(2027, 11, 1)), st.integers(1, 30))
def test_business_days_count_back(start: date, days: int) -> None:
    holidays = load_holidays()
    end = dates.add_business_days(start, days, holidays)
    between = [start + timedelta(days=offset) for offset in range(1, (end - start).days + 1)]
    assert sum(dates.is_business_day(day, holidays) for day in between) == days
    assert dates.is_business_day(end, holidays)


@given(st.lists(st.integers(0, 2**48 - 2), min_size=1, max_size=50))
def test_ids_grow_whatever_the_clock_does(clock: list[int]) -> None:
    ticks = iter(clock)
    mint = Uuid7Mint(lambda: next(ticks))
    ids = [mint.mint() for _ in clock]
    assert ids == sorted(set(ids))
    for text in ids:
        parsed = uuid.UUID(text)
        assert str(parsed) == text and is_uuid7(text)
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)


def test_id_carries_the_time() -> None:
    assert uuid.UUID(Uuid7Mint(lambda: 1_700_000_000_123).mint()).int >> 80 == 1_700_000_000_123


def test_threads_get_different_ids() -> None:
    ids: list[str] = []
    workers = [threading.Thread(target=lambda: ids.extend(uuid7() for _ in range(500))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(ids)) == 2_000


def test_only_canonical_ids_are_ids() -> None:
    good = uuid7()
    assert is_uuid7(good)
    for bad in (good.upper() + "x", good + "\n", good.replace("-", ""), str(uuid.uuid4()), ""):
        assert not is_uuid7(bad)


def test_what_follows_from_a_key_has_one_id_and_its_moment() -> None:
    key, other = uuid7(), uuid7()
    found = uuid7_after(key, "settlement")
    assert is_uuid7(found) and found == uuid7_after(key, "settlement") and found[:13] == key[:13] and found != key
    assert len({found, uuid7_after(other, "settlement"), uuid7_after(key, "another")}) == 3
    with pytest.raises(ValueError, match="UUIDv7"):
        uuid7_after(key.upper(), "settlement")
