"""Members who did not recognise their security image: whom the CIS should call (S69)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select, update
from sqlmodel import col

from data.tables import ImageReport, Member
from services.errors import NotFound
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.seen_lists import record_once
from services.timeline_words import CHANNELS
from services.unit_of_work import Transaction, UnitOfWork

MOST = 50
GONE = "Otra persona ya atendió ese aviso. F5 lee la lista otra vez."
OPEN = col(ImageReport.settled_at).is_(None)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A member whose reports nobody attended to. `report_id`: the newest of them; `at`: when it came, UTC; `times`: how
    many there are.

    `answered`: at one of them the question had been answered right, so the true image was shown and was not
    recognised: somebody may imitate the portal, or the member forgot. Else they were false ones, as they should be.
    """

    report_id: int
    member_id: int
    number: str
    at: datetime
    channel: str
    answered: bool
    times: int = 1


@dataclass(frozen=True, slots=True)
class AttendReport:
    """What was done about a member's reports up to `report_id`, the newest that was seen."""

    report_id: int
    member_id: int
    note: str


def open_reports(operator: Operator, uow: UnitOfWork) -> tuple[ReportRow, ...]:
    """Members with reports that wait, a row each: the grave ones first, then the oldest; at most 50. However often
    somebody at the door reports, it is one row. Raises the errors of authorisation."""
    with uow.begin(operator, Op.QUEUE_VIEW, touch=False) as tx:
        members = (
            select(
                col(ImageReport.member_id).label("member_id"),
                func.max(col(ImageReport.id)).label("newest"),
                func.count().label("times"),
                func.count(col(ImageReport.id)).filter(col(ImageReport.answered)).label("grave"),
            )
            .where(OPEN)
            .group_by(col(ImageReport.member_id))
            .subquery()
        )
        rows = tx.connection.execute(
            select(
                members.c.newest, members.c.member_id, members.c.times, members.c.grave, col(Member.number),
                col(ImageReport.at), col(ImageReport.channel),
            )
            .join(ImageReport, col(ImageReport.id) == members.c.newest)
            .join(Member, col(Member.id) == members.c.member_id)
            .order_by((members.c.grave > 0).desc(), members.c.newest)
            .limit(MOST)
        ).all()  # fmt: skip
        record_once(tx, "image_reports", [row.member_id for row in rows])
    return tuple(
        ReportRow(
            row.newest, row.member_id, row.number, row.at, CHANNELS.get(row.channel, ""), row.grave > 0, row.times
        )
        for row in rows
    )


def count_open(tx: Transaction) -> int:
    """How many members have reports that wait."""
    query = select(func.count(func.distinct(col(ImageReport.member_id)))).where(OPEN)
    return int(tx.connection.execute(query).scalar_one())


def last_open(member_id: int) -> ScalarSelect[datetime]:
    """When this member's newest waiting report came, for the record's own statement; NULL without one."""
    return select(func.max(col(ImageReport.at))).where(OPEN, col(ImageReport.member_id) == member_id).scalar_subquery()


def attend_report(command: AttendReport, operator: Operator, uow: UnitOfWork) -> int:
    """Write down what was done; answers how many reports it settled. One that came meanwhile stays open.

    Raises NotFound when none of this member's waits (a colleague was faster), InvalidInput for the note, and what
    authorisation raises.
    """
    with uow.begin(operator, Op.IMAGE_REPORT_ATTEND, member_id=command.member_id) as tx:
        note = check_reason(command.note)
        done = tx.connection.execute(
            update(ImageReport)
            .where(OPEN, col(ImageReport.member_id) == command.member_id, col(ImageReport.id) <= command.report_id)
            .values(settled_at=tx.now, settled_by=operator.staff_id, note=note)
        )
        if not done.rowcount:
            raise NotFound(GONE)
        tx.record(about=f"image_report:{command.report_id}", reason=note, detail={"reports": done.rowcount})
        tx.commit()
        return done.rowcount
