"""The policy as people read it: its values in words, its versions, and what differs between two (req. 48)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from data.tables import PolicyVersion, Staff
from services.errors import NotFound
from services.operations import Op
from services.operator import Operator
from services.policy import read_document
from services.policy_text import differences, values_of
from services.policy_words import place_words, section_words, value_words
from services.unit_of_work import Transaction, UnitOfWork

SOURCES = {
    "packaged": "la que trae el programa",
    "file": "archivo de la carpeta de datos",
    "proposal": "propuesta y aprobada",
    "fallback": "vuelta a la del programa, en la consola",
}


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version. `state`: `en vigor`, `futura` or `anterior`; who proposed and approved it, empty for none."""

    version_id: int
    name: str
    state: str
    source: str
    from_at: datetime
    at: datetime
    proposed_by: str
    approved_by: str
    sha256: str
    reason: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value: its place in the document, in words, and as it is written there."""

    place: str
    section: str
    words: str
    value: str


@dataclass(frozen=True, slots=True)
class PolicyView:
    """The version in force (or another), its text and its values; the versions, newest first."""

    shown: VersionRow
    text: str
    values: tuple[ValueRow, ...]
    versions: tuple[VersionRow, ...]


@dataclass(frozen=True, slots=True)
class ViewPolicy:
    """`version_id` None: the one in force."""

    version_id: int | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """Two versions by id, the older first."""

    before: int
    after: int


def view_policy(command: ViewPolicy, operator: Operator, uow: UnitOfWork) -> PolicyView:
    """A version with its values in words. Raises the errors of authorisation, NotFound."""
    with uow.begin(operator, Op.POLICY_VIEW) as tx:
        rows = versions(tx)
        wanted = command.version_id if command.version_id is not None else _in_force(rows)
        shown = next((row for row in rows if row.version_id == wanted), None)
        if shown is None:
            raise NotFound("Esa versión no existe.")
        text = _text(tx, shown.version_id)
        tx.record(detail={"version": shown.name})
        tx.commit()
    return PolicyView(shown, text, value_rows(text), tuple(rows))


def compare_policies(command: Compare, operator: Operator, uow: UnitOfWork) -> tuple[tuple[str, str, str], ...]:
    """What differs: words, before, after. Raises NotFound."""
    with uow.begin(operator, Op.POLICY_VIEW) as tx:
        before, after = _text(tx, command.before), _text(tx, command.after)
        tx.record(detail={"versions": [command.before, command.after]})
        tx.commit()
    return difference_lines(before, after)


def difference_lines(before: str, after: str) -> tuple[tuple[str, str, str], ...]:
    """What differs between two documents, in words: label, before, after."""
    return tuple(
        (f"{section_words(place[0])}: {place_words(place)}", value_words(place, old), value_words(place, new))
        for place, old, new in differences(before, after)
    )


def value_rows(text: str) -> tuple[ValueRow, ...]:
    """Every value of a document in words, section by section; one row an operation."""
    rows: list[ValueRow] = []
    for place, value in values_of(read_document(text.encode())):
        words, shown, section = place_words(place), value_words(place, value), section_words(place[0])
        if place[0] in ("limits", "operations"):
            whole = place_words(place[:2])
            part = f"{words.removeprefix(whole).lstrip(', ')}: {shown}"
            if rows and rows[-1].place == ".".join(place[:2]):
                rows[-1] = replace(rows[-1], value=f"{rows[-1].value} · {part}")
            else:
                rows.append(ValueRow(".".join(place[:2]), section, whole, part))
        else:
            rows.append(ValueRow(".".join(place), section, words, shown))
    return tuple(rows)


def versions(tx: Transaction) -> list[VersionRow]:
    """All versions, newest first."""
    maker, checker = aliased(Staff), aliased(Staff)
    query: Any = (
        select(PolicyVersion, col(maker.username).label("maker"), col(checker.username).label("checker"))
        .outerjoin(maker, col(maker.id) == col(PolicyVersion.proposed_by))
        .outerjoin(checker, col(checker.id) == col(PolicyVersion.approved_by))
        .order_by(col(PolicyVersion.id).desc())
    )
    found, in_force = [], False
    for version, proposer, approver in tx.session.execute(query).all():
        state = "futura" if version.from_at > tx.now else "anterior" if in_force else "en vigor"
        in_force = in_force or state == "en vigor"
        found.append(_row(version, state, proposer or "", approver or ""))
    return found


def text_in_force(uow: UnitOfWork) -> str:
    """The document in force, for the console."""
    with uow.engine.connect() as connection:
        query = select(col(PolicyVersion.text)).where(col(PolicyVersion.from_at) <= uow.clock.now())
        return str(connection.execute(query.order_by(col(PolicyVersion.id).desc()).limit(1)).scalar_one())


def _in_force(rows: list[VersionRow]) -> int | None:
    return next((row.version_id for row in rows if row.state == "en vigor"), None)


def _row(version: Any, state: str, proposer: str, approver: str) -> VersionRow:
    return VersionRow(
        version_id=version.id,
        name=version.name,
        state=state,
        source=SOURCES[version.source],
        from_at=version.from_at,
        at=version.at,
        proposed_by=proposer,
        approved_by=approver,
        sha256=version.sha256,
        reason=version.reason,
    )


def _text(tx: Transaction, version_id: int) -> str:
    found = tx.connection.execute(select(col(PolicyVersion.text)).where(col(PolicyVersion.id) == version_id)).scalar()
    if found is None:
        raise NotFound("Esa versión no existe.")
    return str(found)
