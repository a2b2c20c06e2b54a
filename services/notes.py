"""What staff write about a member: append-only, never a card number (req. 52)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlmodel import col

from data.tables import Member, MemberNote, Staff
from data.values.card_number import NOTE_MESSAGE, contains_card_number
from services.errors import InvalidInput, NotFound
from services.operations import Op
from services.operator import Operator
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork
from services.view_limit import check_views

LONGEST = 2_000
MOST = 200


@dataclass(frozen=True, slots=True, repr=False)
class AddNote:
    """One note, up to 2,000 characters, several lines allowed."""

    member_id: int
    text: str


@dataclass(frozen=True, slots=True)
class ListNotes:
    """The notes of a member, at most 200."""

    member_id: int
    limit: int = 50


@dataclass(frozen=True, slots=True, repr=False)
class NoteRow:
    """One note: when (UTC), the username of who wrote it, what."""

    note_id: int
    at: datetime
    by: str
    text: str


def add_note(command: AddNote, operator: Operator, uow: UnitOfWork) -> NoteRow:
    """Write a note that nobody can change or delete. The event tells of it, never what it says.

    Raises InvalidInput (field `text`) for an empty one, one too long or one with a card number; NotFound.
    """
    with uow.begin(operator, Op.NOTE_ADD, member_id=command.member_id) as tx:
        text = check_note(command.text)
        _member_exists(tx, command.member_id)
        note_id = tx.connection.execute(
            insert(MemberNote)
            .values(member_id=command.member_id, staff_id=operator.staff_id, at=tx.now, text=text)
            .returning(col(MemberNote.id))
        ).scalar_one()
        tx.record(about=f"note:{note_id}", detail={"length": len(text)})
        tx.commit()
    return NoteRow(int(note_id or 0), tx.now, operator.username, text)


def list_notes(command: ListNotes, operator: Operator, uow: UnitOfWork) -> tuple[NoteRow, ...]:
    """The notes of a member, newest first. Raises NotFound and the errors of authorisation."""
    with uow.begin(operator, Op.NOTES_VIEW, member_id=command.member_id) as tx:
        check_views(tx)
        _member_exists(tx, command.member_id)
        rows = tx.connection.execute(
            select(col(MemberNote.id), col(MemberNote.at), col(Staff.username), col(MemberNote.text))
            .join(Staff, col(Staff.id) == col(MemberNote.staff_id))
            .where(col(MemberNote.member_id) == command.member_id)
            .order_by(col(MemberNote.id).desc())
            .limit(max(1, min(command.limit, MOST)))
        ).all()
        tx.record(detail={"rows": len(rows)})
        tx.commit()
    return tuple(NoteRow(row.id, row.at, row.username, clean(row.text, LONGEST, multiline=True)) for row in rows)


def check_note(text: str) -> str:
    """The note as it is kept. Raises InvalidInput."""
    # As typed and as kept: cleaning turns what parts the digits into a sign, and may not hide a number.
    note = clean(text, max(len(text), 1), multiline=True)
    if not note:
        raise InvalidInput("Escriba la nota antes de guardarla.", field="text")
    if len(note) > LONGEST:
        raise InvalidInput("La nota pasa de 2,000 caracteres. Acórtela o escriba dos.", field="text")
    if contains_card_number(text) or contains_card_number(note):
        raise InvalidInput(NOTE_MESSAGE, field="text")
    return note


def _member_exists(tx: Transaction, member_id: int) -> None:
    if tx.connection.execute(select(col(Member.id)).where(col(Member.id) == member_id)).first() is None:
        raise NotFound
