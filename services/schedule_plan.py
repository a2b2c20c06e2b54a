"""When a scheduled payment falls due, said in Spanish and as dates (services/calendar_rules.py holds the calendar)."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from data.catalog.holidays import load_holidays
from data.values.dates import WEEKDAYS, add_business_days, format_date
from services.calendar_rules import BusinessRule, Every, business_day, due_dates
from services.errors import InvalidInput

#: More days in a row are never off: a date whose previous business day stands for it is looked at so early.
MOST_DAYS_OFF = timedelta(days=14)
MOST_TIMES = 999
RULES = {
    BusinessRule.SAME: "ese mismo día",
    BusinessRule.NEXT: "el día hábil siguiente",
    BusinessRule.PREVIOUS: "el día hábil anterior",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A repetition: `first` its first date, `day` of the month as it was meant (31 with a first date of 28/02), ending
    after `until` or after `times`, whatever comes first."""

    first: date
    every: Every
    rule: BusinessRule
    until: date | None = None
    times: int | None = None
    day: int | None = None

    def dates(self, start: date | None = None) -> Iterator[date]:
        """The nominal dates from `start` on; `times` are those that are left from there."""
        found = due_dates(self.first, self.every, self.until, anchor_day=self.day)
        later = (due for due in found if start is None or due >= start)
        return itertools.islice(later, self.times)

    def after(self, due: date) -> date | None:
        """The date that follows `due`; `times` are not looked at."""
        found = due_dates(self.first, self.every, self.until, anchor_day=self.day)
        return next((later for later in found if later > due), None)

    def day_for(self, due: date) -> date:
        """The day on which what is due on `due` is carried out."""
        return business_day(due, self.rule, load_holidays())

    @property
    def words(self) -> str:
        """`cada mes, el día 15`, `una vez, el 15/12/2026`."""
        if self.every is Every.ONCE:
            return f"una vez, el {format_date(self.first)}"
        day = self.day or self.first.day
        if self.every is Every.MONTH:
            return f"cada mes, el día {day}"
        if self.every is Every.FORTNIGHT:
            return f"cada quincena, desde el {format_date(self.first)}"
        return f"cada semana, los {WEEKDAYS[self.first.weekday()]}"

    @property
    def end_words(self) -> str:
        """When it ends: `hasta el 15/12/2027`, `12 veces`, `hasta que se cancele`; of one date nothing."""
        if self.every is Every.ONCE:
            return ""
        times = f"{self.times} veces" if self.times != 1 else "1 vez"
        ends = [f"hasta el {format_date(self.until)}"] if self.until else []
        ends += [times] if self.times is not None else []
        return ", ".join(ends) or "hasta que se cancele"


def check_plan(plan: Plan, today: date, most_days_ahead: int) -> None:
    """Raises InvalidInput (fields `first_on`, `until`, `times`)."""
    if plan.first < today:
        raise InvalidInput("La primera fecha ya pasó. Escriba una de hoy en adelante.", field="first_on")
    if (plan.first - today).days > most_days_ahead:
        raise InvalidInput(f"La primera fecha puede estar a {most_days_ahead} días a lo más.", field="first_on")
    if plan.until is not None and plan.until < plan.first:
        raise InvalidInput("La última fecha es anterior a la primera.", field="until")
    if plan.times is not None and not 1 <= plan.times <= MOST_TIMES:
        raise InvalidInput(f"Escriba cuántas veces, de 1 a {MOST_TIMES}.", field="times")
    if next(plan.dates(), None) is None:
        raise InvalidInput("Con esas fechas no habría ningún pago. Revíselas.", field="until")


def next_business_day(today: date) -> date:
    """The day on which what failed today is tried again."""
    return add_business_days(today, 1, load_holidays())
