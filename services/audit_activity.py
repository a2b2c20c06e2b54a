"""How much happened when: events by hour of a day and by day of a month (Panama), for a filter."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func
from sqlmodel import col

from data.tables import AuditEvent
from data.values.dates import to_panama
from services.audit_filter import AuditFilter
from services.audit_query import selected
from services.operations import Op
from services.operator import Operator
from services.unit_of_work import Transaction, UnitOfWork

_HOUR = func.substr(col(AuditEvent.at), 1, 13)  # 2026-11-23T14: Panama is whole hours away from UTC


@dataclass(frozen=True, slots=True)
class ReadActivity:
    """The month of this day; of the filter everything but its days counts."""

    month: date
    filter: AuditFilter = field(default_factory=AuditFilter)


def read_activity(command: ReadActivity, operator: Operator, uow: UnitOfWork) -> dict[date, int]:
    """How many events fit on each day of the month that has any; the look is an event.

    Raises InvalidInput (field `filter`) and the errors of authorisation.
    """
    first = command.month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    with uow.begin(operator, Op.AUDIT_READ) as tx:
        found = _by_hour(tx, command.filter, first, last)
        days: Counter[date] = Counter()
        for hour, many in found.items():
            days[hour.date()] += many
        tx.record("audit.activity", detail={"month": f"{first:%Y-%m}"})
        tx.commit()
    return dict(days)


def hours_of(tx: Transaction, wanted: AuditFilter, day: date) -> tuple[int, ...]:
    """How many events fit in each of the 24 hours of a day."""
    found = _by_hour(tx, wanted, day, day)
    hours = [0] * 24
    for hour, many in found.items():
        hours[hour.hour] += many
    return tuple(hours)


def _by_hour(tx: Transaction, wanted: AuditFilter, first: date, last: date) -> dict[datetime, int]:
    query = selected(tx, replace(wanted, since=first, until=last), _HOUR.label("hour"), func.count().label("many"))
    rows = tx.connection.execute(query.group_by(_HOUR))
    return {to_panama(datetime.fromisoformat(f"{row.hour}:00").replace(tzinfo=UTC)): row.many for row in rows}
