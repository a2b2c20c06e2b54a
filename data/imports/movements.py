"""movimientos.csv: history of accounts that are there, posted in the order of the file. Key: referencia.

History is fact: a movement that leaves a negative balance is posted too. But every row's `saldo` must follow from the
balance before it, the stored one at first, so that nothing is left out, doubled or put into another order.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, exists, insert, select
from sqlmodel import col

from data.imports.merging import Counts, Merge, chunks, field
from data.tables import Account, Entry, Operation
from data.values.account_number import AccountNumber
from data.values.dates import parse_date
from data.values.errors import InvalidValue
from data.values.money import Money

CONTROL_NUMBER = "CTL-HISTORIA"
CONTROL_LABEL = "HISTORIA"
SIGNS = {"credito": 1, "crédito": 1, "debito": -1, "débito": -1}
DESCRIPTIONS = {1: "Crédito", -1: "Débito"}
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
_SPACE = uuid.UUID("8f0c1b9e-6a0d-5d0f-9c5e-3f1f3a7c2b64")  # the name space of imported references


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One movement: `amount` signed and `balance` after it, both in centésimos."""

    file: str
    line: int
    reference: str
    account: str
    day: date
    amount: int
    balance: int

    @property
    def content_hash(self) -> bytes:
        """SHA-256 of what the row says: equal for the same row wherever it stands."""
        said = (self.reference, self.account, self.day.isoformat(), self.amount, self.balance)
        return hashlib.sha256(json.dumps(said).encode()).digest()


def movement_key(reference: str) -> tuple[str, str]:
    """The operation's id (a UUID made from the reference, so the same on every import) and its external reference."""
    external = f"mov:{reference}"
    return str(uuid.uuid5(_SPACE, external)), external


def parse_movement(file: str, line: int, fields: Sequence[str], today: date) -> MovementRow:
    """One row in the order of COLUMNS. Raises InvalidValue with the column's name."""
    reference, account, day, direction, amount, balance = fields
    if not _REFERENCE.fullmatch(reference):
        raise InvalidValue("referencia: lleva de 1 a 40 letras, dígitos, puntos o guiones.")
    sign = SIGNS.get(direction.lower())
    if sign is None:
        raise InvalidValue("sentido: debe ser credito o debito.")
    on = field("fecha", parse_date, day)
    if on > today:
        raise InvalidValue("fecha: está en el futuro.")
    money = field("monto", Money.from_file, amount)
    if money.centesimos <= 0:
        raise InvalidValue("monto: debe ser mayor que cero.")
    number = field("cuenta", AccountNumber.parse, account).format()
    after = field("saldo", Money.from_file, balance).centesimos
    return MovementRow(file, line, reference, number, on, sign * money.centesimos, after)


@dataclass(slots=True)
class _Standing:
    """An account as the import finds it and as it goes on. `own` tells whether the program itself has posted there."""

    id: int
    member_id: int | None
    balance: int
    own: bool


def merge_movements(rows: Sequence[MovementRow], merge: Merge) -> dict[str, Counts]:
    """Post the new movements as operations of kind `history`; answers counts by file.

    Afterwards the store's own balances are compared with the last `saldo` of every account. Raises TooManyProblems.
    """
    counts: dict[str, Counts] = {}
    new: list[tuple[MovementRow, _Standing]] = []
    accounts: dict[str, _Standing | None] = {}
    seen: dict[str, MovementRow] = {}
    for part in chunks(rows):
        _look_up(part, accounts, merge.connection)
        stored = _stored(part, merge.connection)
        for row in part:
            count = counts.setdefault(row.file, Counts())
            first = seen.setdefault(row.reference, row)
            if first is not row or row.reference in stored:
                former = first.content_hash if first is not row else stored[row.reference]
                _compare(row, former, first, merge)
                count.unchanged += 1
            elif (account := accounts[row.account]) is None:
                reason = f"la cuenta {row.account} no existe. Impórtela antes o en la misma orden."
                merge.problems.add(row.file, row.line, reason)
            else:
                _follow(row, account, merge)
                new.append((row, account))
                count.added += 1
    if not merge.problems:
        _post(new, merge)
        _check_balances(accounts, merge)
    return counts


def _look_up(rows: Sequence[MovementRow], accounts: dict[str, _Standing | None], connection: Connection) -> None:
    numbers = sorted({row.account for row in rows} - accounts.keys())
    if not numbers:
        return
    posted_here = exists().where(
        col(Entry.account_id) == col(Account.id),
        col(Operation.id) == col(Entry.operation_id),
        col(Operation.kind) != "history",
    )
    query = select(
        col(Account.number), col(Account.id), col(Account.member_id), col(Account.balance), posted_here.label("own")
    ).where(col(Account.number).in_(numbers), col(Account.tracked))
    accounts.update(dict.fromkeys(numbers))
    for number, account_id, member_id, balance, own in connection.execute(query):
        accounts[number] = _Standing(account_id or 0, member_id, balance, bool(own))


def _stored(rows: Sequence[MovementRow], connection: Connection) -> dict[str, bytes]:
    """The content hashes of the references that the store has."""
    references = {movement_key(row.reference)[1]: row.reference for row in rows}
    found = connection.execute(
        select(col(Operation.external_ref), col(Operation.request_hash)).where(
            col(Operation.external_ref).in_(list(references))
        )
    )
    return {references[external]: bytes(content) for external, content in found if external is not None}


def _compare(row: MovementRow, former: bytes, first: MovementRow, merge: Merge) -> None:
    if former != row.content_hash:
        place = f"{first.file}, línea {first.line}," if first is not row else "el almacén"
        merge.problems.add(row.file, row.line, f"la referencia {row.reference} ya está en {place} con otros datos.")


def _follow(row: MovementRow, account: _Standing, merge: Merge) -> None:
    """The balance after the row must be the bank's own; after a break go on from the file, so that it is told once."""
    expected = account.balance + row.amount
    if expected != row.balance:
        hint = " La cuenta tiene operaciones hechas en este sistema, que el archivo no conoce." if account.own else ""
        said, due = Money(row.balance).format(), Money(expected).format()
        merge.problems.add(row.file, row.line, f"saldo: dice {said} y según el saldo anterior debe ser {due}.{hint}")
    account.balance = row.balance


def _post(rows: Sequence[tuple[MovementRow, _Standing]], merge: Merge) -> None:
    if not rows:
        return
    control = _control_account(merge.connection)
    done = 0
    for part in chunks(rows):
        merge.connection.execute(insert(Operation), [_operation(row, account, control, merge) for row, account in part])
        done += len(part)
        merge.tick(done)


def _operation(row: MovementRow, account: _Standing, control: int, merge: Merge) -> dict[str, Any]:
    operation_id, external = movement_key(row.reference)
    debit, credit = (control, account.id) if row.amount > 0 else (account.id, control)
    body = {
        "description": DESCRIPTIONS[1 if row.amount > 0 else -1],
        "legs": [{"amount": abs(row.amount), "credit": credit, "debit": debit}],
        "reference": row.reference,
        "saldo": row.balance,
    }
    return {
        "id": operation_id,
        "request_hash": row.content_hash,
        "kind": "history",
        "outcome": "posted",
        "member_id": account.member_id,
        "actor": merge.origin.actor,
        "branch": merge.origin.branch,
        "terminal": merge.origin.terminal,
        "channel": merge.origin.channel,
        "body": json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        "external_ref": external,
        "value_date": row.day,
        "at": merge.now,
    }


def _control_account(connection: Connection) -> int:
    """The cooperative's own account on the other side of all history; made by the first import."""
    query = select(col(Account.id)).where(col(Account.number) == CONTROL_NUMBER)
    found = connection.execute(query).scalar()
    if found is not None:
        return found
    made = connection.execute(
        insert(Account)
        .values(number=CONTROL_NUMBER, product="control", label=CONTROL_LABEL, branch="000", tracked=False)
        .returning(col(Account.id))
    )
    return made.scalar_one() or 0


def _check_balances(accounts: dict[str, _Standing | None], merge: Merge) -> None:
    """What the ledger's triggers made of it must be what the file says. Raises ArithmeticError if it is not."""
    due = {account.id: account.balance for account in accounts.values() if account is not None}
    for part in chunks(sorted(due)):
        rows = merge.connection.execute(select(col(Account.id), col(Account.balance)).where(col(Account.id).in_(part)))
        for account_id, balance in rows:
            if account_id is not None and balance != due[account_id]:
                raise ArithmeticError("the ledger's balance is not the imported one")
