"""Auditors' work on events: mark, sign off, comment (C11). Nothing of it is ever changed; each is an event itself."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlmodel import col

from data.tables import AuditComment, AuditEvent, AuditMark, AuditSignOff
from services.audit_chain import POSITION
from services.audit_filter import LONGEST as LONGEST_LINE
from services.errors import InvalidInput, NotFound
from services.notes import check_note
from services.operations import Op
from services.operator import Operator
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

LONGEST_COMMENT = 500


@dataclass(frozen=True, slots=True)
class MarkEvent:
    """Hold an event reviewed, or take that back."""

    event_id: int
    reviewed: bool = True


@dataclass(frozen=True, slots=True)
class SignOff:
    """Answer for what one marked since the last time. `question`: the filter line that was reviewed; `seed`: of the
    sample, if it was one."""

    question: str = ""
    seed: str | None = None


@dataclass(frozen=True, slots=True)
class SignedOff:
    """`sha256`: hex, over the events' bytes as `review_digest` takes them."""

    events: int
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class CommentEvent:
    """One line of at most 500 characters in the thread below an event."""

    event_id: int
    text: str


def mark_event(command: MarkEvent, operator: Operator, uow: UnitOfWork) -> bool:
    """Put one's mark on an event or take it away; the same again changes nothing. Answers whether it is marked now.

    Raises NotFound and the errors of authorisation.
    """
    with uow.begin(operator, Op.AUDIT_REVIEW) as tx:
        _exists(tx, command.event_id)
        if _marked(tx, command.event_id) != command.reviewed:
            values = {"event_id": command.event_id, "staff_id": operator.staff_id, "reviewed": command.reviewed}
            tx.connection.execute(insert(AuditMark).values(**values, at=tx.now))
            action = "audit.mark" if command.reviewed else "audit.unmark"
            tx.record(action, about=f"event:{command.event_id}")
            tx.commit()
    return command.reviewed


def sign_off(command: SignOff, operator: Operator, uow: UnitOfWork) -> SignedOff:
    """Sign what one marked and did not unmark since the last signature.

    Raises InvalidInput if nothing is marked, and the errors of authorisation.
    """
    with uow.begin(operator, Op.AUDIT_REVIEW) as tx:
        mark, mine = col(AuditMark.id), col(AuditMark.staff_id) == operator.staff_id
        signed = select(func.coalesce(func.max(AuditSignOff.last_mark), 0)).where(
            col(AuditSignOff.staff_id) == operator.staff_id
        )
        query = select(mark, col(AuditMark.event_id), col(AuditMark.reviewed)).where(
            mine, mark > signed.scalar_subquery()
        )
        rows = tx.connection.execute(query.order_by(mark)).all()
        events = sorted(event for event, on in {row.event_id: row.reviewed for row in rows}.items() if on)
        if not events:
            raise InvalidInput("No hay eventos marcados desde su última firma. Marque con M los que revisó.")
        digest = review_digest(tx, events)
        question = clean(command.question, LONGEST_LINE)
        tx.connection.execute(
            insert(AuditSignOff).values(
                staff_id=operator.staff_id,
                last_mark=rows[-1].id,
                events=len(events),
                sha256=digest,
                question=question,
                seed=command.seed,
                at=tx.now,
            )
        )
        detail = {"events": len(events), "sha256": digest, "line": question, "seed": command.seed}
        tx.record("audit.sign", detail={name: value for name, value in detail.items() if value})
        tx.commit()
    return SignedOff(len(events), digest, tx.now)


def review_digest(tx: Transaction, events: list[int]) -> str:
    """SHA-256 in hex over each event's id and length (8 bytes each, big-endian) and bytes, in the order of ids."""
    digest = hashlib.sha256(b"coop-tui review v1\0")
    for start in range(0, len(events), 500):
        part = events[start : start + 500]
        query = select(col(AuditEvent.id), col(AuditEvent.body)).where(col(AuditEvent.id).in_(part))
        for row in tx.connection.execute(query.order_by(col(AuditEvent.id))):
            body = row.body.encode()
            digest.update(POSITION.pack(row.id, len(body)) + body)
    return digest.hexdigest()


def comment_event(command: CommentEvent, operator: Operator, uow: UnitOfWork) -> None:
    """Add a line below an event that nobody can change. The trail tells of it, never what it says.

    Raises InvalidInput (field `text`: empty, too long, a card number), NotFound and the errors of authorisation.
    """
    with uow.begin(operator, Op.AUDIT_REVIEW) as tx:
        text = check_note(command.text)
        if len(text) > LONGEST_COMMENT:
            raise InvalidInput("El comentario pasa de 500 caracteres. Acórtelo o escriba dos.", field="text")
        _exists(tx, command.event_id)
        values = {"event_id": command.event_id, "staff_id": operator.staff_id, "text": text, "at": tx.now}
        tx.connection.execute(insert(AuditComment).values(**values))
        tx.record("audit.comment", about=f"event:{command.event_id}", detail={"length": len(text)})
        tx.commit()


def _marked(tx: Transaction, event_id: int) -> bool:
    mine = (col(AuditMark.event_id) == event_id, col(AuditMark.staff_id) == tx.operator.staff_id)
    last = select(col(AuditMark.reviewed)).where(*mine).order_by(col(AuditMark.id).desc()).limit(1)
    return bool(tx.connection.execute(last).scalar())


def _exists(tx: Transaction, event_id: int) -> None:
    if tx.connection.execute(select(col(AuditEvent.id)).where(col(AuditEvent.id) == event_id)).first() is None:
        raise NotFound
