"""Days off in Panama as a dated table: decrees move days, so no rule is code (F10, req. 7)."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from data.catalog.reader import CatalogError, Row, read_catalog

FILE = "holidays.toml"


class HolidayScope(StrEnum):
    """Days off for everybody, or for financial institutions only."""

    NATIONAL = "national"
    BANKING = "banking"


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day off; ``moved_from`` is the Sunday that it stands for (día puente)."""

    day: date
    name: str
    scope: HolidayScope
    moved_from: date | None


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The table. ``day in calendar`` asks for national days off, the ones that legal deadlines skip.

    A year without rows has no days off: a deadline then falls early, never late. ``covers`` tells it.
    """

    version: date
    by_day: Mapping[date, Holiday]

    def __contains__(self, day: object) -> bool:
        holiday = self.by_day.get(day) if isinstance(day, date) else None
        return holiday is not None and holiday.scope is HolidayScope.NATIONAL

    @property
    def banking(self) -> frozenset[date]:
        """Every day on which financial institutions close, national days included."""
        return frozenset(self.by_day)

    def name_of(self, day: date) -> str | None:
        """The name of a day off."""
        holiday = self.by_day.get(day)
        return holiday.name if holiday else None

    def covers(self, year: int) -> bool:
        """Whether the table has this year."""
        return any(day.year == year for day in self.by_day)


def parse_holidays(text: str | None = None) -> HolidayCalendar:
    """Read ``holidays.toml`` (or ``text``).

    Raises: CatalogError.
    """
    top = read_catalog(FILE, text)
    version = top.day("version")
    by_day: dict[date, Holiday] = {}
    for row in top.rows("holiday", "date"):
        holiday = _holiday(row)
        if holiday.day in by_day:
            raise row.error("la fecha está repetida")
        by_day[holiday.day] = holiday
    top.done()
    if not by_day:
        raise CatalogError(f"{FILE}: no tiene filas")
    return HolidayCalendar(version, MappingProxyType(by_day))


@functools.cache
def load_holidays() -> HolidayCalendar:
    """The table that the program ships, read once."""
    return parse_holidays()


def _holiday(row: Row) -> Holiday:
    holiday = Holiday(
        day=row.day("date"),
        name=row.text("name"),
        scope=row.choice("scope", HolidayScope, HolidayScope.NATIONAL),
        moved_from=row.optional_day("moved_from"),
    )
    row.done()
    if holiday.moved_from is not None and not 0 < (holiday.day - holiday.moved_from).days < 7:
        raise row.error("«moved_from» debe ser un día de la misma semana anterior")
    return holiday
