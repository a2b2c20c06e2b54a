"""Who looked: the views of members' data by person and day, read from the trail (req. 48).

Of a member: who of the staff saw them, and when they looked at their own data. Of a person of staff: whom they saw. A
day on which that person also did something for the member says so; what is left are looks and nothing else. Reading
this is an event too, and nobody reads who looked at their own record or a relative's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.tables import AuditEvent, Member, Staff
from data.types import utc_text
from data.values.dates import panama_date, panama_midnight
from services.case_kinds import OUTCOMES
from services.errors import NotFound
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.staff_proof import reading
from services.text_cleaning import clean
from services.timeline_words import LOOKS
from services.unit_of_work import Transaction, UnitOfWork

DAYS = 30
MOST = 200
RECORD = frozenset({Op.RECORD_VIEW.value, Op.TIMELINE_VIEW.value, Op.NOTES_VIEW.value})
MONEY = frozenset({Op.BALANCES_VIEW.value, Op.MOVEMENTS_VIEW.value, Op.RECEIPT_VIEW.value, "payment.prepare"})
SAID = frozenset({"verification.step", "lease.grant", "lease.renew", Op.FOLLOW_UP.value})


@dataclass(frozen=True, slots=True)
class ReadLooks:
    """`subject`: a member's number or a user name; the `DAYS` days up to and with `until` (None: today)."""

    subject: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class LookRow:
    """One person and one member on one day. `who` the user name, or «asociado» for the member themselves; moments in
    UTC. `records`, `money`, `others`: how many looks of each kind; `served`: something was asked, said or done too."""

    day: date
    who: str
    number: str
    member: str
    records: int
    money: int
    others: int
    first: datetime
    last: datetime
    served: bool

    @property
    def total(self) -> int:
        """All looks of the day."""
        return self.records + self.money + self.others


@dataclass(frozen=True, slots=True)
class LooksPage:
    """`of_member`: the subject is a member and the rows are who looked; else a person, and the rows are whom they saw.
    `name`: masked name, or user name. Newest day first, most looks first; `more`: not all rows are here."""

    subject: str
    of_member: bool
    name: str
    since: date
    until: date
    rows: tuple[LookRow, ...]
    more: bool


@dataclass(slots=True)
class _Day:
    looks: dict[str, int] = field(default_factory=lambda: {"records": 0, "money": 0, "others": 0})
    first: datetime | None = None
    last: datetime | None = None
    served: bool = False


def read_looks(command: ReadLooks, operator: Operator, uow: UnitOfWork) -> LooksPage:
    """Who looked at a member, or whom a person of staff looked at. Raises NotFound and the errors of authorisation."""
    subject = clean(command.subject, 60).strip()
    member_id, staff_id = _who_is(uow, subject)
    with uow.begin(operator, Op.LOOKS_VIEW, member_id=member_id) as tx:
        until = command.until or panama_date(tx.now)
        since = until - timedelta(days=DAYS - 1)
        if member_id is not None:
            rows = _rows(tx, _of_member(tx, member_id, since, until))
            about, name = None, rows[0].member if rows else _member_name(tx, member_id)
        elif staff_id is not None:
            rows = _rows(tx, _of_person(tx, staff_id, since, until))
            about, name = f"staff:{staff_id}", subject
        else:
            raise NotFound("No hay un asociado con ese número ni un usuario con ese nombre.")
        tx.record(about=about, detail={"rows": len(rows), "since": since.isoformat(), "until": until.isoformat()})
        tx.commit()
    return LooksPage(subject, member_id is not None, name, since, until, rows[:MOST], len(rows) > MOST)


def _who_is(uow: UnitOfWork, subject: str) -> tuple[int | None, int | None]:
    """The ids of the member or the person of staff; nothing is shown of them yet."""
    with reading(uow) as connection:
        member = connection.execute(select(col(Member.id)).where(col(Member.number) == subject)).scalar()
        person = select(col(Staff.id)).where(col(Staff.username) == subject.casefold())
        return member, None if member is not None else connection.execute(person).scalar()


def _member_name(tx: Transaction, member_id: int) -> str:
    row = tx.connection.execute(
        select(col(Member.given_names), col(Member.surnames)).where(col(Member.id) == member_id)
    ).one()
    return masked_name(row.given_names, row.surnames)


def _events(*where: Any) -> Any:
    return select(col(AuditEvent.actor), col(AuditEvent.member_id), col(AuditEvent.action), col(AuditEvent.at)).where(
        col(AuditEvent.result).in_(("ok", "held", "passed", "failed")), *where
    )


def _between(since: date, until: date) -> tuple[Any, Any]:
    return (
        col(AuditEvent.at) >= utc_text(panama_midnight(since)),
        col(AuditEvent.at) < utc_text(panama_midnight(until + timedelta(days=1))),
    )


def _of_member(tx: Transaction, member_id: int, since: date, until: date) -> Any:
    query = _events(col(AuditEvent.member_id) == member_id, col(AuditEvent.actor) != "system")
    return tx.connection.execute(query.where(*_between(since, until)))


def _of_person(tx: Transaction, staff_id: int, since: date, until: date) -> Any:
    query = _events(col(AuditEvent.actor) == f"staff:{staff_id}", col(AuditEvent.member_id).is_not(None))
    return tx.connection.execute(query.where(*_between(since, until)))


def _rows(tx: Transaction, events: Any) -> tuple[LookRow, ...]:
    """By day, person and member; a day without a look is none of these."""
    days: dict[tuple[date, str, int], _Day] = {}
    for event in events:
        at = datetime.fromisoformat(event.at)
        day = days.setdefault((panama_date(at), event.actor, event.member_id), _Day())
        if event.action in LOOKS:
            kind = "records" if event.action in RECORD else "money" if event.action in MONEY else "others"
            day.looks[kind] += 1
            day.first, day.last = min(day.first or at, at), max(day.last or at, at)
        elif event.action in OUTCOMES or event.action in SAID:
            day.served = True
    names, members = _people(tx), _members(tx, {member for _, _, member in days})
    rows = [
        LookRow(
            day=on,
            who=names.get(actor, "asociado" if actor.startswith("member:") else clean(actor, 40)),
            number=members.get(member, ("", ""))[0],
            member=members.get(member, ("", ""))[1],
            first=day.first,
            last=day.last,
            served=day.served,
            **day.looks,
        )
        for (on, actor, member), day in days.items()
        if day.first is not None and day.last is not None
    ]
    return tuple(sorted(rows, key=lambda row: (-row.day.toordinal(), -row.total, row.who, row.number)))


def _people(tx: Transaction) -> Mapping[str, str]:
    query = select(col(Staff.id), col(Staff.username))
    return {f"staff:{row.id}": row.username for row in tx.connection.execute(query)}


def _members(tx: Transaction, ids: set[int]) -> dict[int, tuple[str, str]]:
    """Number and masked name by id."""
    found: dict[int, tuple[str, str]] = {}
    listed = sorted(ids)
    for start in range(0, len(listed), 500):
        query = select(col(Member.id), col(Member.number), col(Member.given_names), col(Member.surnames)).where(
            col(Member.id).in_(listed[start : start + 500])
        )
        for row in tx.connection.execute(query):
            found[row.id or 0] = (row.number, masked_name(row.given_names, row.surnames))
    return found
