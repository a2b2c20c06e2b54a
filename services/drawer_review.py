"""What supervisors and auditors see of the drawers: who opened, what was counted, what differs and why (req. 43)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import col, select

from data.tables import Drawer, Staff
from data.values.dates import panama_midnight
from services.drawer_difference import Suspect, explain
from services.drawer_report import DrawerReport, report_of
from services.drawer_rows import cash_entries, id_of, movements
from services.errors import NotFound
from services.operations import Op
from services.operator import Operator
from services.unit_of_work import UnitOfWork

MOST = 200


@dataclass(frozen=True, slots=True)
class DrawersOfDay:
    """The drawers that were open on a day in Panama; of every branch unless one is named."""

    day: date
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class DrawerRow:
    """One drawer; amounts in centésimos. `counted` and `difference` None while nobody has counted it."""

    drawer_id: int
    username: str
    branch: str
    opened_at: datetime
    closed_at: datetime | None
    opening: int
    expected: int
    counted: int | None
    difference: int | None
    tries: int


@dataclass(frozen=True, slots=True)
class DrawerDetail:
    """One drawer, looked into. `report` once it is closed, marked as a copy."""

    row: DrawerRow
    suspects: tuple[Suspect, ...]
    report: DrawerReport | None


def drawers_of_day(command: DrawersOfDay, operator: Operator, uow: UnitOfWork) -> tuple[DrawerRow, ...]:
    """The list, newest first; at most 200. Raises the errors of authorisation."""
    start = panama_midnight(command.day)
    with uow.begin(operator, Op.DRAWER_REVIEW) as tx:
        query = (
            select(Drawer, Staff.username)
            .join(Staff, col(Staff.id) == col(Drawer.staff_id))
            .where(col(Drawer.opened_at) < start + timedelta(days=1))
            .where(col(Drawer.closed_at).is_(None) | (col(Drawer.closed_at) >= start))
        )
        if command.branch is not None:
            query = query.where(col(Drawer.branch) == command.branch)
        found = tx.session.exec(query.order_by(col(Drawer.opened_at).desc(), col(Drawer.id).desc()).limit(MOST)).all()
        rows = tuple(
            _row(drawer, username, sum(one.amount for one in movements(tx, drawer))) for drawer, username in found
        )
        tx.record(detail={"day": command.day.isoformat(), "rows": len(rows)})
        tx.commit()
    return rows


def review_drawer(drawer_id: int, operator: Operator, uow: UnitOfWork) -> DrawerDetail:
    """One of them. Raises NotFound and the errors of authorisation."""
    with uow.begin(operator, Op.DRAWER_REVIEW) as tx:
        drawer = tx.session.get(Drawer, drawer_id)
        if drawer is None:
            raise NotFound
        username = tx.session.get_one(Staff, drawer.staff_id).username
        moved = movements(tx, drawer)
        row = _row(drawer, username, sum(one.amount for one in moved))
        suspects = explain(cash_entries(moved), row.difference) if row.difference else ()
        tx.record(about=f"drawer:{drawer_id}")
        tx.commit()
        report = report_of(drawer, username, moved, copy=True) if drawer.closed_at else None
    return DrawerDetail(row, suspects, report)


def _row(drawer: Drawer, username: str, moved: int) -> DrawerRow:
    expected = drawer.opening + moved
    return DrawerRow(
        drawer_id=id_of(drawer),
        username=username,
        branch=drawer.branch,
        opened_at=drawer.opened_at,
        closed_at=drawer.closed_at,
        opening=drawer.opening,
        expected=expected,
        counted=drawer.counted,
        difference=None if drawer.counted is None else drawer.counted - (drawer.expected or 0),
        tries=drawer.tries,
    )
