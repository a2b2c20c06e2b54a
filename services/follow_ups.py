"""What somebody should come back to: dates that agents write down, and what the program notices by itself.

By itself: a temporary credential that ran out unused, a mail with one that bounced, a biller's order in process, an
operation that waits for approval. Each is there as long as its cause is; it belongs to who did it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from data.tables import FollowUp, FollowUpEnd, Member, Staff, StaffRelative
from data.values.dates import panama_date
from services.errors import CoopError, InvalidInput, NotFound
from services.follow_up_causes import Cause, among, cases_of, causes_of
from services.masking import masked_name
from services.notes import check_note
from services.operations import Op
from services.operator import Operator
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

LONGEST = 200
MOST = 200
FARTHEST = timedelta(days=366)


class AlreadyAttended(CoopError):
    code = "follow_up_attended"
    default = "Ese seguimiento ya se atendió."


@dataclass(frozen=True, slots=True, repr=False)
class AddFollowUp:
    """`key` minted where the form opened; `due_on` today or later, a year at most; `text` up to 200 characters."""

    key: str
    member_id: int
    due_on: date
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class AttendFollowUp:
    """`note`: what came of it."""

    key: str
    member_id: int
    note: str


@dataclass(frozen=True, slots=True)
class ListFollowUps:
    """One's own open ones, or with `everybody` all of them, for who may see everybody's cases."""

    everybody: bool = False


@dataclass(frozen=True, slots=True)
class PendingFollowUp:
    """One that waits. `by_itself`: the program noticed it; `due`: its day has come. Member's name masked."""

    key: str
    member_id: int
    number: str
    member: str
    agent: str
    case_id: str | None
    due_on: date
    text: str
    by_itself: bool
    due: bool


def add_follow_up(command: AddFollowUp, operator: Operator, uow: UnitOfWork) -> None:
    """Write a date down; the same key again changes nothing. The trail tells of it, never what it says.

    Raises InvalidInput (fields `due_on`, `text`), NotFound and the errors of authorisation.
    """
    with uow.begin(operator, Op.FOLLOW_UP, member_id=command.member_id) as tx:
        today = panama_date(tx.now)
        if not today <= command.due_on <= today + FARTHEST:
            raise InvalidInput("La fecha va desde hoy hasta un año adelante.", field="due_on")
        text = _short(command.text)
        if tx.connection.execute(select(col(Member.id)).where(col(Member.id) == command.member_id)).first() is None:
            raise NotFound
        if tx.connection.execute(select(col(FollowUp.key)).where(col(FollowUp.key) == command.key)).first():
            return
        values = {"key": command.key, "member_id": command.member_id, "due_on": command.due_on, "text": text}
        values |= {"staff_id": operator.staff_id, "case_id": tx.case_id, "at": tx.now}
        tx.connection.execute(insert(FollowUp).values(**values))
        tx.record(about=f"follow_up:{command.key}", detail={"due": command.due_on.isoformat(), "length": len(text)})
        tx.commit()


def attend_follow_up(command: AttendFollowUp, operator: Operator, uow: UnitOfWork) -> None:
    """Attended to, by whoever did; one that the program noticed stays away until it has another cause.

    Raises InvalidInput (field `text`), NotFound, AlreadyAttended and the errors of authorisation.
    """
    with uow.begin(operator, Op.FOLLOW_UP, member_id=command.member_id) as tx:
        note = _short(command.note)
        known = {one.key for one in pending_of(tx, member_id=command.member_id)}
        if command.key not in known:
            ended = select(col(FollowUpEnd.key)).where(col(FollowUpEnd.key) == command.key)
            raise AlreadyAttended if tx.connection.execute(ended).first() else NotFound
        values = {"key": command.key, "member_id": command.member_id, "staff_id": operator.staff_id, "note": note}
        try:
            tx.connection.execute(insert(FollowUpEnd).values(**values, at=tx.now))
        except IntegrityError:
            raise AlreadyAttended from None
        tx.record("follow_up.end", about=f"follow_up:{command.key}", detail={"length": len(note)})
        tx.commit()


def list_follow_ups(command: ListFollowUps, operator: Operator, uow: UnitOfWork) -> tuple[PendingFollowUp, ...]:
    """What waits, the oldest day first, at most 200. One event."""
    with uow.begin(operator, Op.CASES_VIEW) as tx:
        everybody = command.everybody and sees_all(tx)
        kin = kin_of(tx)
        found = pending_of(tx, staff_id=None if everybody else operator.staff_id)
        rows = tuple(one for one in found if one.member_id not in kin)[:MOST]
        tx.record(detail={"rows": len(rows), "kind": "follow_ups"})
        tx.commit()
    return rows


def sees_all(tx: Transaction) -> bool:
    """Who audits or supervises sees everybody's cases."""
    roles = tx.standing.roles if tx.standing else frozenset()
    return bool(tx.policy.operations[Op.AUDIT_READ].roles & roles)


def kin_of(tx: Transaction) -> set[int]:
    """The members whom the operator may not serve: themselves and declared relatives."""
    me = tx.operator.staff_id
    own = select(col(Staff.member_id)).where(col(Staff.id) == me, col(Staff.member_id).is_not(None))
    kin = select(col(StaffRelative.member_id)).where(col(StaffRelative.staff_id) == me)
    found = [*tx.connection.execute(own).scalars(), *tx.connection.execute(kin).scalars()]
    return {member for member in found if member is not None}


def due_count(tx: Transaction) -> int:
    """How many of the operator's own are due; nothing of them is shown."""
    return sum(one.due for one in pending_of(tx, staff_id=tx.operator.staff_id))


def due_lines(tx: Transaction, member_id: int) -> tuple[str, ...]:
    """What was written down and is due with a member: `Seguimiento 23/11: llamar para confirmar`. What the program
    notices by itself stands on the record in its own place."""
    today = panama_date(tx.now)
    rows = _written(tx, None, member_id)
    return tuple(f"Seguimiento {row.due_on:%d/%m}: {clean(row.text, LONGEST)}" for row in rows if row.due_on <= today)


def pending_of(
    tx: Transaction, *, staff_id: int | None = None, member_id: int | None = None
) -> tuple[PendingFollowUp, ...]:
    """Everything that waits of one person of staff, with one member, or at all; the oldest day first."""
    found = [_own(row) for row in _written(tx, staff_id, member_id)]
    found += causes_of(tx, staff_id, member_id)
    ended = _ended(tx, [cause.key for cause in found if cause.by_itself])
    cases = cases_of(tx, found)
    today = panama_date(tx.now)
    people = _names(tx, [cause for cause in found if cause.key not in ended])
    rows = [
        PendingFollowUp(
            key=cause.key,
            member_id=cause.member_id,
            number=member[0],
            member=member[1],
            agent=agent,
            case_id=cases.get(cause.key),
            due_on=cause.due_on,
            text=clean(cause.text, LONGEST),
            by_itself=cause.by_itself,
            due=cause.due_on <= today,
        )
        for cause, member, agent in people
    ]
    return tuple(sorted(rows, key=lambda row: (row.due_on, row.key)))


def _short(text: str) -> str:
    found = " ".join(check_note(text).split())
    if len(found) > LONGEST:
        raise InvalidInput("El texto pasa de 200 caracteres. Acórtelo; lo largo va en una nota.", field="text")
    return found


def _own(row: Any) -> Cause:
    return Cause(row.key, row.member_id, row.staff_id, row.case_id, row.due_on, row.text, by_itself=False)


def _written(tx: Transaction, staff_id: int | None, member_id: int | None) -> Sequence[Any]:
    open_ones = ~select(col(FollowUpEnd.key)).where(col(FollowUpEnd.key) == col(FollowUp.key)).exists()
    query = select(
        col(FollowUp.key),
        col(FollowUp.member_id),
        col(FollowUp.staff_id),
        col(FollowUp.case_id),
        col(FollowUp.due_on),
        col(FollowUp.text),
    ).where(open_ones, *among(staff_id, member_id, col(FollowUp.staff_id), col(FollowUp.member_id)))
    return tx.connection.execute(query.order_by(col(FollowUp.due_on)).limit(MOST)).all()


def _ended(tx: Transaction, keys: Sequence[str]) -> set[str]:
    query = select(col(FollowUpEnd.key)).where(col(FollowUpEnd.key).in_(keys))
    return set(tx.connection.execute(query).scalars()) if keys else set()


def _names(tx: Transaction, causes: Sequence[Cause]) -> Iterator[tuple[Cause, tuple[str, str], str]]:
    ids = {cause.member_id for cause in causes}
    query = select(col(Member.id), col(Member.number), col(Member.given_names), col(Member.surnames))
    rows = tx.connection.execute(query.where(col(Member.id).in_(ids))).all() if ids else []
    members = {row.id: (row.number, masked_name(row.given_names, row.surnames)) for row in rows}
    staff = {row.id: row.username for row in tx.connection.execute(select(col(Staff.id), col(Staff.username)))}
    for cause in causes:
        yield cause, members.get(cause.member_id, ("", "")), staff.get(cause.staff_id, "")
