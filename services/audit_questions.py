"""Filter lines with a name: one's own, and those that somebody shares with everybody who reads the audit."""

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlmodel import col

from data.tables import AuditQuestion, Staff
from services.audit_filter import LONGEST, parse_filter
from services.errors import InvalidInput, NotFound
from services.operations import Op
from services.operator import Operator
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class SaveQuestion:
    """A name of at most 40 characters; one's own question of the same name gives way."""

    name: str
    line: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class DropQuestion:
    """Take one's own question away."""

    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question in force; `own`: the reader's."""

    name: str
    line: str
    by: str
    shared: bool
    own: bool


def list_questions(operator: Operator, uow: UnitOfWork) -> tuple[Question, ...]:
    """One's own by name, then the shared ones of others by name."""
    with uow.begin(operator, Op.AUDIT_REVIEW) as tx:
        found = _in_force(tx)
        tx.record("audit.read", detail={"rows": len(found)})
        tx.commit()
    return found


def save_question(command: SaveQuestion, operator: Operator, uow: UnitOfWork) -> None:
    """Keep a line under a name.

    Raises InvalidInput (field `name`: empty; field `filter`: a line that can't be read) and the errors of
    authorisation.
    """
    with uow.begin(operator, Op.AUDIT_REVIEW) as tx:
        name, line = clean(command.name, LONGEST_NAME), clean(command.line, LONGEST)
        if not name:
            raise InvalidInput("Escriba un nombre para la consulta.", field="name")
        if not line:
            raise InvalidInput("El filtro está vacío: no hay consulta que guardar.", field="filter")
        parse_filter(line, tx.now.date())  # «hoy» stays «hoy»: it is read anew each time
        _write(tx, name, line, command.shared)
        tx.record("audit.question", detail={"label": name, "line": line, "shared": command.shared})
        tx.commit()


def drop_question(command: DropQuestion, operator: Operator, uow: UnitOfWork) -> None:
    """Raises NotFound: one has no question of that name."""
    with uow.begin(operator, Op.AUDIT_REVIEW) as tx:
        own = next((one for one in _in_force(tx) if one.own and one.name == command.name), None)
        if own is None:
            raise NotFound("No tiene una consulta con ese nombre.")
        _write(tx, own.name, "", own.shared)
        tx.record("audit.question_drop", detail={"label": own.name})
        tx.commit()


def _write(tx: Transaction, name: str, line: str, shared: bool) -> None:
    values = {"staff_id": tx.operator.staff_id, "name": name, "line": line, "shared": shared, "at": tx.now}
    tx.connection.execute(insert(AuditQuestion).values(**values))


def _in_force(tx: Transaction) -> tuple[Question, ...]:
    query = select(
        col(Staff.username), col(AuditQuestion.name), col(AuditQuestion.line), col(AuditQuestion.shared)
    ).join(Staff, col(Staff.id) == col(AuditQuestion.staff_id))
    last = {(row.username, row.name): row for row in tx.connection.execute(query.order_by(col(AuditQuestion.id)))}
    me = tx.operator.username
    found = (Question(row.name, row.line, row.username, row.shared, row.username == me) for row in last.values())
    shown = [one for one in found if one.line and (one.own or one.shared)]
    return tuple(sorted(shown, key=lambda one: (not one.own, one.name.casefold(), one.by)))
