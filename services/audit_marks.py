"""What stands beside events on a page: who marked them and how many comments they have."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import col

from data.tables import AuditComment, AuditMark, Staff
from services.unit_of_work import Transaction


def marks_on(tx: Transaction, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Who holds each of these events reviewed, by event; the last word of each person counts."""
    query = (
        select(col(AuditMark.event_id), col(Staff.username), col(AuditMark.reviewed))
        .join(Staff, col(Staff.id) == col(AuditMark.staff_id))
        .where(col(AuditMark.event_id).in_(ids))
        .order_by(col(AuditMark.id))
    )
    words: dict[int, dict[str, bool]] = {}
    for row in tx.connection.execute(query) if ids else ():
        words.setdefault(row.event_id, {})[row.username] = row.reviewed
    return {event: tuple(sorted(name for name, on in said.items() if on)) for event, said in words.items()}


def comments_on(tx: Transaction, ids: Sequence[int]) -> dict[int, int]:
    """How many comments each of these events has."""
    event = col(AuditComment.event_id)
    query = select(event, func.count().label("many")).where(event.in_(ids)).group_by(event)
    return {row.event_id: row.many for row in tx.connection.execute(query)} if ids else {}
