"""Members who did not recognise their security image: whom the CIS should call (S69)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from data.tables import ImageReport, Member
from services.errors import NotFound
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.seen_lists import record_once
from services.timeline_words import CHANNELS
from services.unit_of_work import UnitOfWork

MOST = 50


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report that nobody attended to. `answered`: the question had been answered right, so the true image was shown
    and was not recognised: somebody may imitate the portal, or the member forgot. Else it was a false one, as it should
    be."""

    report_id: int
    member_id: int
    number: str
    at: datetime
    channel: str
    answered: bool


@dataclass(frozen=True, slots=True)
class AttendReport:
    """What was done about it; `member_id` is whose it is."""

    report_id: int
    member_id: int
    note: str


def open_reports(operator: Operator, uow: UnitOfWork) -> tuple[ReportRow, ...]:
    """Reports that wait, the grave ones first, then the oldest; at most 50. Raises the errors of authorisation."""
    with uow.begin(operator, Op.QUEUE_VIEW, touch=False) as tx:
        rows = tx.connection.execute(
            select(
                col(ImageReport.id),
                col(ImageReport.member_id),
                col(Member.number),
                col(ImageReport.at),
                col(ImageReport.channel),
                col(ImageReport.answered),
            )
            .join(Member, col(Member.id) == col(ImageReport.member_id))
            .where(col(ImageReport.settled_at).is_(None))
            .order_by(col(ImageReport.answered).desc(), col(ImageReport.at), col(ImageReport.id))
            .limit(MOST)
        ).all()
        record_once(tx, "image_reports", [row.member_id for row in rows])
    return tuple(
        ReportRow(row.id, row.member_id, row.number, row.at, CHANNELS.get(row.channel, ""), bool(row.answered))
        for row in rows
    )


def attend_report(command: AttendReport, operator: Operator, uow: UnitOfWork) -> None:
    """Write down what was done. Raises NotFound for one that isn't this member's or was attended to, InvalidInput, and
    what authorisation raises."""
    with uow.begin(operator, Op.IMAGE_REPORT_ATTEND, member_id=command.member_id) as tx:
        note = check_reason(command.note)
        done = tx.connection.execute(
            update(ImageReport)
            .where(
                col(ImageReport.id) == command.report_id,
                col(ImageReport.member_id) == command.member_id,
                col(ImageReport.settled_at).is_(None),
            )
            .values(settled_at=tx.now, settled_by=operator.staff_id, note=note)
        )
        if done.rowcount != 1:
            raise NotFound
        tx.record(about=f"image_report:{command.report_id}", reason=note)
        tx.commit()
