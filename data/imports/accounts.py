"""cuentas.csv: deposit accounts of members who are there. Key: cuenta."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import col

from data.catalog.products import LedgerNature, load_products
from data.imports.members import parse_number
from data.imports.merging import Counts, Merge, chunks, field
from data.tables import Account, Member
from data.values.account_number import AccountNumber
from data.values.dates import parse_date
from data.values.errors import InvalidValue

#: Columns that are compared, with their names in the file.
CONTENT = {"owner": "socio", "product": "producto", "opened_on": "apertura"}


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account. `floor` in centésimos is the product's lowest balance."""

    file: str
    line: int
    number: str
    owner: str
    product: str
    label: str
    branch: str
    floor: int
    opened_on: date


def parse_account(file: str, line: int, fields: Sequence[str], today: date) -> AccountRow:
    """One row in the order of COLUMNS. Raises InvalidValue with the column's name."""
    number, owner, product_name, opened = fields
    product = load_products().by_name(product_name)
    if product is None or product.floor is None or product.nature is not LedgerNature.DEPOSIT:
        raise InvalidValue("producto: no es una cuenta de depósito del catálogo (por ejemplo AHORROS).")
    parts = field("cuenta", AccountNumber.parse, number)
    if parts.product != product.code:
        raise InvalidValue(f"cuenta: una cuenta de {product.name} empieza con {product.code}.")
    opened_on = field("apertura", parse_date, opened)
    if opened_on > today:
        raise InvalidValue("apertura: está en el futuro.")
    holder = field("socio", parse_number, owner)
    floor, number = product.floor.centesimos, parts.format()
    return AccountRow(file, line, number, holder, product.code, product.name, parts.branch, floor, opened_on)


def merge_accounts(rows: Sequence[AccountRow], merge: Merge) -> dict[str, Counts]:
    """Insert the new accounts, empty and affiliated now (S74); answers counts by file.

    Raises TooManyProblems.
    """
    counts: dict[str, Counts] = {}
    new: list[tuple[AccountRow, int]] = []
    numbers: dict[str, AccountRow] = {}
    for part in chunks(rows):
        owners, stored = _owners(part, merge), _stored(part, merge)
        for row in part:
            count = counts.setdefault(row.file, Counts())
            first = numbers.setdefault(row.number, row)
            former = first if first is not row else stored.get(row.number)
            if former is not None:
                _compare(row, former, merge)
                count.unchanged += 1
            elif (owner := owners.get(row.owner)) is None:
                reason = f"el socio {row.owner} no existe. Impórtelo antes o en la misma orden."
                merge.problems.add(row.file, row.line, reason)
            else:
                new.append((row, owner))
                count.added += 1
    if not merge.problems:
        _insert(new, merge)
    return counts


def _owners(rows: Sequence[AccountRow], merge: Merge) -> dict[str, int]:
    numbers = [row.owner for row in rows]
    found = merge.connection.execute(select(col(Member.number), col(Member.id)).where(col(Member.number).in_(numbers)))
    return {number: member_id for number, member_id in found if member_id is not None}


def _stored(rows: Sequence[AccountRow], merge: Merge) -> dict[str, AccountRow]:
    query: Any = (
        select(col(Account.number), col(Member.number).label("owner"), col(Account.product), col(Account.opened_on))
        .join(Member, col(Member.id) == col(Account.member_id))
        .where(col(Account.number).in_([row.number for row in rows]))
    )
    return {
        row.number: AccountRow("", 0, row.number, row.owner, row.product, "", "", 0, row.opened_on)
        for row in merge.connection.execute(query)
    }


def _compare(row: AccountRow, former: AccountRow, merge: Merge) -> None:
    differing = [label for name, label in CONTENT.items() if getattr(row, name) != getattr(former, name)]
    if differing:
        place = f"{former.file}, línea {former.line}," if former.file else "el almacén"
        reason = f"la cuenta {row.number} ya está en {place} con otros datos ({', '.join(differing)})."
        merge.problems.add(row.file, row.line, reason)


def _insert(rows: Sequence[tuple[AccountRow, int]], merge: Merge) -> None:
    done = 0
    for part in chunks(rows):
        values = [
            {
                "number": row.number,
                "member_id": owner,
                "product": row.product,
                "label": row.label,
                "branch": row.branch,
                "opened_on": row.opened_on,
                "affiliated_at": merge.now,
                "floor": row.floor,
                "min_balance": row.floor,
            }
            for row, owner in part
        ]
        merge.connection.execute(insert(Account), values)
        done += len(part)
        merge.tick(done)
