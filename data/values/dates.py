"""Dates and times as people in Panama write them (req. 6): dd/mm/aaaa, stored UTC, shown UTC-05:00.

No locale formats: the CLDR short date for es_PA puts the month first.
"""

import functools
import re
from collections.abc import Container
from datetime import UTC, date, datetime, timedelta, timezone

from data.values.errors import InvalidValue
from data.values.typed import trim

MESSAGE = "Fecha no válida (dd/mm/aaaa)."
FUTURE_BIRTH_MESSAGE = "La fecha de nacimiento no puede estar en el futuro."
OLD_BIRTH_MESSAGE = "La fecha de nacimiento da más de 120 años. Revise el año."
MAX_AGE = 120
# Panama has kept UTC-05:00 without summer time since 1908: no zone database is needed.
PANAMA = timezone(timedelta(hours=-5), "America/Panama")
MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_TYPED = re.compile(r"([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4})")
_BARE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_YEARS = range(1800, 2201)


def parse_date(text: str) -> date:
    """Read ``14/02/1986``, also ``14-2-1986`` and, for the keypad, ``14021986``; the day comes first.

    Raises: InvalidValue, also for a date that no calendar has (31/02).
    """
    typed = trim(text, MESSAGE)
    if match := _TYPED.fullmatch(typed):
        day, _, month, year = match.groups()
    elif match := _BARE.fullmatch(typed):
        day, month, year = match.groups()
    else:
        raise InvalidValue(MESSAGE)
    if int(year) not in _YEARS:
        raise InvalidValue(MESSAGE)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise InvalidValue(MESSAGE) from None


def format_date(value: date) -> str:
    """``14/02/1986``. Give it a date; a datetime goes through ``panama_date`` first."""
    return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"


def parse_birth_date(text: str, today: date) -> date:
    """Read a birth date: not after ``today`` (a day in Panama) and at most 120 years before it.

    Raises: InvalidValue.
    """
    return check_birth_date(parse_date(text), today)


def check_birth_date(born: date, today: date) -> date:
    """Return ``born`` if somebody alive can have been born then.

    Raises: InvalidValue.
    """
    if born > today:
        raise InvalidValue(FUTURE_BIRTH_MESSAGE)
    if age_on(born, today) > MAX_AGE:
        raise InvalidValue(OLD_BIRTH_MESSAGE)
    return born


def age_on(born: date, today: date) -> int:
    """Whole years lived; who was born on 29 February turns on 1 March of common years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@functools.lru_cache(maxsize=64)  # a transaction has one moment and asks for its day, its year and its texts
def to_panama(moment: datetime) -> datetime:
    """The same instant on a Panamanian clock.

    Raises: ValueError for a naive datetime.
    """
    return _aware(moment).astimezone(PANAMA)


def to_utc(moment: datetime) -> datetime:
    """The same instant in UTC, the form that is stored.

    Raises: ValueError for a naive datetime.
    """
    return _aware(moment).astimezone(UTC)


def panama_date(moment: datetime) -> date:
    """The day that it is in Panama at an instant (after 19:00 it differs from the UTC day)."""
    return to_panama(moment).date()


def panama_midnight(day: date) -> datetime:
    """The instant, in UTC, at which a Panamanian day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=PANAMA).astimezone(UTC)


def format_time(moment: datetime) -> str:
    """``09:41``."""
    local = to_panama(moment)
    return f"{local.hour:02d}:{local.minute:02d}"


def format_datetime(moment: datetime) -> str:
    """``23/11/2026 09:41``."""
    local = to_panama(moment)
    return f"{format_date(local)} {local.hour:02d}:{local.minute:02d}"


def format_datetime_with_weekday(moment: datetime) -> str:
    """``lun 23/11/2026 09:41``, for the top bar."""
    return f"{WEEKDAYS[panama_date(moment).weekday()][:3]} {format_datetime(moment)}"


def format_last_visit(moment: datetime) -> str:
    """``11/01/2019|11:31 am``, the form of the guide (S77)."""
    local = to_panama(moment)
    half = "am" if local.hour < 12 else "pm"
    return f"{format_date(local.date())}|{(local.hour - 1) % 12 + 1:02d}:{local.minute:02d} {half}"


def long_date(value: date) -> str:
    """``27 días del mes Diciembre del año 2018``, the form of the contract (S73)."""
    days = "día" if value.day == 1 else "días"
    return f"{value.day} {days} del mes {MONTHS[value.month - 1].capitalize()} del año {value.year}"


def greeting(moment: datetime) -> str:
    """«Buenos días,», «Buenas tardes,» from noon, «Buenas noches,» from six (S76)."""
    hour = to_panama(moment).hour
    return "Buenos días," if hour < 12 else "Buenas tardes," if hour < 18 else "Buenas noches,"


def is_business_day(day: date, holidays: Container[date]) -> bool:
    """Monday to Friday and not in the table of holidays."""
    return day.weekday() < 5 and day not in holidays


def add_business_days(start: date, days: int, holidays: Container[date]) -> date:
    """The date ``days`` business days after ``start``, which is not counted (req. 7, req. 54).

    Raises: ValueError for a negative number of days.
    """
    if days < 0:
        raise ValueError("add_business_days counts forward only")
    day = start
    while days:
        day += timedelta(days=1)
        days -= is_business_day(day, holidays)
    return day


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("naive datetime: every time carries its offset")
    return moment
