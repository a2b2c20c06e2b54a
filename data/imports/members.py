"""socios.csv: asociados and terceros. Key: numero; the cédula is unique too (req. 2)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, select
from sqlmodel import col

from data.imports.merging import Counts, Merge, chunks, field, one_line
from data.name_index import index_names
from data.tables import ContactChange, Member
from data.values.cedula import Cedula
from data.values.dates import check_birth_date, parse_date
from data.values.email_address import EmailAddress
from data.values.errors import InvalidValue
from data.values.phone import Phone

KINDS = ("asociado", "tercero")
LONGEST_NAME = 100
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_BRANCH = re.compile(r"[0-9]{3}")
#: Columns that are compared, with their names in the file.
CONTENT = {
    "kind": "tipo",
    "cedula": "cedula",
    "given_names": "nombres",
    "surnames": "apellidos",
    "birth_date": "fecha_nacimiento",
    "email": "correo",
    "phone": "celular",
    "branch": "sucursal",
}


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One person. `email` and `phone` (E.164) are None where the file is blank."""

    file: str
    line: int
    number: str
    kind: str
    cedula: str
    given_names: str
    surnames: str
    birth_date: date
    email: str | None
    phone: str | None
    branch: str


def parse_number(text: str) -> str:
    """The número de asociado o cliente as it is stored. Raises InvalidValue."""
    if not _NUMBER.fullmatch(text):
        raise InvalidValue("lleva de 1 a 10 dígitos, sin ceros delante.")
    return text


def parse_member(file: str, line: int, fields: Sequence[str], today: date) -> MemberRow:
    """One row in the order of COLUMNS. Raises InvalidValue with the column's name."""
    number, kind, cedula, given, surnames, birth, email, phone, branch = fields
    if kind.lower() not in KINDS:
        raise InvalidValue("tipo: debe ser asociado o tercero.")
    if not _BRANCH.fullmatch(branch):
        raise InvalidValue("sucursal: lleva tres dígitos.")
    return MemberRow(
        file,
        line,
        field("numero", parse_number, number),
        kind.lower(),
        field("cedula", lambda text: Cedula.parse(text).format(), cedula),
        field("nombres", _name, given),
        field("apellidos", _name, surnames),
        field("fecha_nacimiento", lambda text: check_birth_date(parse_date(text), today), birth),
        field("correo", lambda text: EmailAddress.parse(text).format(), email) if email else None,
        field("celular", lambda text: Phone.parse_mobile(text).e164, phone) if phone else None,
        branch,
    )


def _name(text: str) -> str:
    name = one_line(text)
    if not any(char.isalpha() for char in name):
        raise InvalidValue("falta o no tiene letras.")
    if len(name) > LONGEST_NAME:
        raise InvalidValue(f"pasa de {LONGEST_NAME} caracteres.")
    return name


def merge_members(rows: Sequence[MemberRow], merge: Merge) -> dict[str, Counts]:
    """Insert the new people with their name index; answers counts by file. What differs goes to `merge.problems`.

    Raises TooManyProblems.
    """
    counts: dict[str, Counts] = {}
    new: list[MemberRow] = []
    numbers: dict[str, MemberRow] = {}
    cedulas: dict[str, MemberRow] = {}
    for part in chunks(rows):
        known = _known(part, merge)
        for row in part:
            count = counts.setdefault(row.file, Counts())
            first = numbers.setdefault(row.number, row)
            reason = _clash(row, first, known)
            if reason is None and first is row and row.number not in known.by_number:
                other = cedulas.setdefault(row.cedula, row)
                if other is row:
                    new.append(row)
                    count.added += 1
                    continue
                reason = f"la cédula ya es del socio {other.number} ({other.file}, línea {other.line})"
            if reason is not None:
                merge.problems.add(row.file, row.line, f"{reason}.")
            count.unchanged += 1
    if not merge.problems:
        _insert(new, merge)
    return counts


@dataclass(slots=True)
class _Known:
    by_number: Mapping[str, Row[Any]]
    by_cedula: Mapping[str, str]
    former: frozenset[tuple[int, str, str | None]]


def _known(rows: Sequence[MemberRow], merge: Merge) -> _Known:
    """What the store has of these people: their rows, who holds their cédulas, and the contacts they had before."""
    query = select(col(Member.id), col(Member.number), *(Member.__table__.c[name] for name in CONTENT))  # type: ignore[attr-defined]
    found = merge.connection.execute(query.where(col(Member.number).in_([row.number for row in rows]))).all()
    by_cedula = merge.connection.execute(
        select(col(Member.cedula), col(Member.number)).where(col(Member.cedula).in_([row.cedula for row in rows]))
    )
    former = merge.connection.execute(
        select(col(ContactChange.member_id), col(ContactChange.field), col(ContactChange.old)).where(
            col(ContactChange.member_id).in_([row.id for row in found]), col(ContactChange.state) == "applied"
        )
    )
    return _Known(
        {row.number: row for row in found},
        {row.cedula: row.number for row in by_cedula},
        frozenset((row.member_id, row.field, row.old) for row in former),
    )


def _differing(row: MemberRow, stored: Row[Any], known: _Known) -> list[str]:
    """The columns that say something else than the store. A contact that was changed here since doesn't count."""
    return [
        label
        for name, label in CONTENT.items()
        if getattr(row, name) != getattr(stored, name) and (stored.id, name, getattr(row, name)) not in known.former
    ]


def _clash(row: MemberRow, first: MemberRow, known: _Known) -> str | None:
    """What stands against a row: the same key with other content, here or in the store; None if nothing does."""
    if first is not row:
        same = all(getattr(row, name) == getattr(first, name) for name in CONTENT)
        place = f"{first.file}, línea {first.line}"
        return None if same else f"el socio {row.number} ya está en {place}, con otros datos"
    if (stored := known.by_number.get(row.number)) is not None:
        differing = ", ".join(_differing(row, stored, known))
        return f"el socio {row.number} ya está en el almacén con otros datos ({differing})" if differing else None
    holder = known.by_cedula.get(row.cedula)
    return f"la cédula ya es del socio {holder}, que está en el almacén" if holder is not None else None


def _insert(rows: Sequence[MemberRow], merge: Merge) -> None:
    done = 0
    for part in chunks(rows):
        values = [{"number": row.number, **{name: getattr(row, name) for name in CONTENT}} for row in part]
        merge.connection.execute(insert(Member), values)
        numbers = [row.number for row in part]
        ids = merge.connection.execute(select(col(Member.id)).where(col(Member.number).in_(numbers))).scalars().all()
        index_names(merge.connection, [number for number in ids if number is not None], fresh=True)
        done += len(part)
        merge.tick(done)
