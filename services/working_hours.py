"""When a person of staff works: `L-V 07:30-18:00; S 08:00-12:00`, in Panama's time. Outside nobody signs in alone."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from data.values.dates import to_panama
from services.errors import InvalidInput
from services.text_cleaning import clean

DAYS: Final = ("L", "M", "X", "J", "V", "S", "D")
LONGEST: Final = 120
EXAMPLE: Final = "Escriba el horario así: L-V 07:30-18:00; S 08:00-12:00."
_PART = re.compile(r"([LMXJVSD])(?:-([LMXJVSD]))? +([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """`spans`: first and last weekday (0 Monday), first minute of the day and the minute that ends it."""

    spans: tuple[tuple[int, int, int, int], ...]

    @property
    def text(self) -> str:
        """The one form in which they are stored."""
        return "; ".join(_written(*span) for span in self.spans)

    def hold(self, moment: datetime) -> bool:
        """Whether the moment lies inside, by Panama's clock."""
        local = to_panama(moment)
        minute = local.hour * 60 + local.minute
        return any(first <= local.weekday() <= last and begin <= minute < end for first, last, begin, end in self.spans)


def parse_hours(typed: str) -> WorkingHours:
    """Working hours as typed. A span ends on the day it begins; `24:00` ends a day. Raises InvalidInput (`hours`)."""
    spans = [_span(part) for part in clean(typed, LONGEST).upper().split(";") if part.strip()]
    if not spans:
        raise InvalidInput(EXAMPLE, field="hours")
    return WorkingHours(tuple(sorted(spans)))


def _span(part: str) -> tuple[int, int, int, int]:
    found = _PART.fullmatch(part.strip())
    if found is None:
        raise InvalidInput(EXAMPLE, field="hours")
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    begin, end = _minute(found[3], found[4]), _minute(found[5], found[6])
    if last < first or end <= begin:
        raise InvalidInput(f"El día y la hora del fin van después del comienzo. {EXAMPLE}", field="hours")
    return first, last, begin, end


def _minute(hour: str, minute: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > 24 * 60:
        raise InvalidInput(EXAMPLE, field="hours")
    return total


def _written(first: int, last: int, begin: int, end: int) -> str:
    days = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
    return f"{days} {begin // 60:02d}:{begin % 60:02d}-{end // 60:02d}:{end % 60:02d}"
