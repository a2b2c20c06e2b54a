"""The periods of reports: a day, a week from Monday, a month, a half-year, in Panama."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from data.values.dates import MONTHS, format_date, parse_date
from data.values.errors import InvalidValue
from services.errors import InvalidInput

DAY = timedelta(days=1)
NOT_READ = "Periodo no válido: 23/11/2026, 11/2026, 2026-1 (primer semestre) o 2026-2."
_MONTH = re.compile(r"(0?[1-9]|1[0-2])/(2[0-9]{3})")
_HALF = re.compile(r"(2[0-9]{3})-([12])")


class PeriodKind(StrEnum):
    """How long."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    HALF = "half"


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """From `first` to `last`, both in it."""

    kind: PeriodKind
    first: date
    last: date

    @property
    def text(self) -> str:
        """`23/11/2026`, `semana del 23/11 al 29/11/2026`, `noviembre 2026`, `segundo semestre 2026`."""
        if self.kind is PeriodKind.DAY:
            return format_date(self.first)
        if self.kind is PeriodKind.WEEK:
            return f"semana del {format_date(self.first)[:5]} al {format_date(self.last)}"
        if self.kind is PeriodKind.MONTH:
            return f"{MONTHS[self.first.month - 1]} {self.first.year}"
        return f"{'primer' if self.first.month == 1 else 'segundo'} semestre {self.first.year}"

    @property
    def slug(self) -> str:
        """For names of files: `2026-11-23`, `2026-11`, `2026-s2`."""
        if self.kind is PeriodKind.MONTH:
            return f"{self.first:%Y-%m}"
        if self.kind is PeriodKind.HALF:
            return f"{self.first.year}-s{1 if self.first.month == 1 else 2}"
        return f"{'semana-' if self.kind is PeriodKind.WEEK else ''}{self.first.isoformat()}"

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it."""
        return tuple(self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))

    def before(self) -> "ReportPeriod":
        """The one that ends where this begins."""
        return period_of(self.kind, self.first - DAY)

    def after(self) -> "ReportPeriod":
        """The one that begins where this ends."""
        return period_of(self.kind, self.last + DAY)


def period_of(kind: PeriodKind, day: date) -> ReportPeriod:
    """The period of that length that holds the day."""
    if kind is PeriodKind.DAY:
        return ReportPeriod(kind, day, day)
    if kind is PeriodKind.WEEK:
        monday = day - timedelta(days=day.weekday())
        return ReportPeriod(kind, monday, monday + timedelta(days=6))
    months = 1 if kind is PeriodKind.MONTH else 6
    first = day.replace(month=day.month if months == 1 else 1 if day.month <= 6 else 7, day=1)
    month = first.month + months
    following = date(first.year + (month > 12), month - 12 if month > 12 else month, 1)
    return ReportPeriod(kind, first, following - DAY)


def parse_period(typed: str) -> ReportPeriod:
    """`23/11/2026` a day, `11/2026` a month, `2026-2` a half-year. Raises InvalidInput (field `period`)."""
    text = typed.strip()
    if match := _MONTH.fullmatch(text):
        return period_of(PeriodKind.MONTH, date(int(match[2]), int(match[1]), 1))
    if match := _HALF.fullmatch(text):
        return period_of(PeriodKind.HALF, date(int(match[1]), 1 if match[2] == "1" else 7, 1))
    try:
        return period_of(PeriodKind.DAY, parse_date(text))
    except InvalidValue:
        raise InvalidInput(NOT_READ, field="period") from None
