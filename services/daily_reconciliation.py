"""The worker compares every day that is over with the gateway's file of it, once (architecture, «The outside»)."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlmodel import col

from data.tables import BillerOrder, Reconciliation
from data.values.dates import panama_date
from services.biller_gateway import BillerGateway
from services.errors import CoopError
from services.operator import system_operator
from services.reconciliation import reconcile_by_itself
from services.unit_of_work import UnitOfWork

TASK = "conciliación"
MOST_DAYS = 31  # of one round, after a long pause


class DailyReconciliation:
    """A worker's task. A gateway that gives no file is left alone for a while (policy, most_retry_minutes)."""

    __name__ = "daily_reconciliation"

    def __init__(self, gateway: BillerGateway | None) -> None:
        self._gateway = gateway
        self._not_before: datetime | None = None

    def __call__(self, uow: UnitOfWork) -> int:
        """Compare what is due; answers how many days. Raises NoFile, BadFile, StoreUnavailable."""
        now = uow.clock.now()
        if self._gateway is None or (self._not_before is not None and now < self._not_before):
            return 0
        with uow.engine.connect() as connection:
            days = days_due(connection, panama_date(now))
        try:
            for day in days:
                reconcile_by_itself(day, system_operator(TASK), self._gateway, uow)
        except CoopError:
            self._not_before = now + timedelta(minutes=uow.policy.billers.most_retry_minutes)
            raise
        return len(days)


def days_due(connection: Connection, today: date) -> list[date]:
    """The days that are over and were not compared since, oldest first: from the first order on."""
    compared = select(col(Reconciliation.day), func.max(col(Reconciliation.at)).label("at"))
    rows = connection.execute(compared.group_by(col(Reconciliation.day)))
    done = {row.day for row in rows if panama_date(row.at) > row.day}
    first = connection.execute(select(func.min(col(BillerOrder.day)))).scalar()
    if first is None:
        return []
    start = max(first, today - timedelta(days=MOST_DAYS))
    days = [start + timedelta(days=number) for number in range((today - start).days)]
    return [day for day in days if day not in done]
