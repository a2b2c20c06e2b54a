"""What stands beside events on a page: who marked them and what is said below them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from data.tables import AuditComment, AuditMark, Staff
from data.values.dates import format_datetime
from services.text_cleaning import clean
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


def comments_on(tx: Transaction, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The thread below each of these events, a line each: `23/11/2026 09:41 auditora: ¿quién llamó?`."""
    query = (
        select(col(AuditComment.event_id), col(AuditComment.at), col(Staff.username), col(AuditComment.text))
        .join(Staff, col(Staff.id) == col(AuditComment.staff_id))
        .where(col(AuditComment.event_id).in_(ids))
        .order_by(col(AuditComment.id))
    )
    threads: dict[int, list[str]] = {}
    for row in tx.connection.execute(query) if ids else ():
        line = f"{format_datetime(row.at)} {row.username}: {clean(row.text, 500)}"
        threads.setdefault(row.event_id, []).append(line)
    return {event: tuple(lines) for event, lines in threads.items()}
