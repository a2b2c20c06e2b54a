"""The last 10, 20 or 30 movements of an account (S88), newest first, with the balance after each."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import col

from data.tables import Account, Entry, Operation
from data.values.dates import format_date
from data.values.money import Money
from services.account_view import shown_figure, shown_number
from services.errors import InvalidInput, NotFound, StoreUnavailable
from services.operations import Op
from services.operator import Operator
from services.receipts import TITLES
from services.text_cleaning import clean
from services.unit_of_work import UnitOfWork

SIZES = (10, 20, 30)
NOBODY = 0  # no member has this id: a number that is nobody's is refused like a stranger's
DESCRIPTIONS = {
    "history": "Movimiento anterior",
    "opening": "Saldo inicial",
} | TITLES
MEMO_LENGTH = 80


@dataclass(frozen=True, slots=True)
class LastMovements:
    """The last `count` movements of one account."""

    account_id: int
    count: Literal[10, 20, 30] = 10


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement. `debit` or `credit` is empty; figures as `1,322.64`.

    `balance` of debts is what was owed then.
    """

    date: str
    description: str
    debit: str
    credit: str
    balance: str
    operation_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Movements:
    """The movements of one account, newest first."""

    account_id: int
    account_number: str
    label: str
    rows: tuple[Movement, ...]


def last_movements(command: LastMovements, operator: Operator, uow: UnitOfWork) -> Movements:
    """Read an account's last movements for the member whom this session verified (N1).

    The account decides who must be verified: one of somebody else's, of the cooperative's own or of nobody
    is refused like a caller who isn't. Raises the errors of authorisation, InvalidInput for another size
    than 10, 20 or 30.
    """
    owner = _owner(uow, command.account_id)
    with uow.begin(operator, Op.MOVEMENTS_VIEW, member_id=owner) as tx:
        if command.count not in SIZES:
            raise InvalidInput("Elija los últimos 10, 20 o 30 movimientos.", field="count")
        account = tx.connection.execute(
            select(
                col(Account.number),
                col(Account.label),
                col(Account.product),
                col(Account.card_last4),
                col(Account.affiliated_at),
            ).where(col(Account.id) == command.account_id, col(Account.member_id) == owner)
        ).first()
        # Members see what was affiliated (S74); staff see all.
        if account is None or (operator.is_member and account.affiliated_at is None):
            raise NotFound
        found = tx.connection.execute(
            select(
                col(Entry.amount),
                col(Entry.balance_after),
                col(Operation.seq),
                col(Operation.id),
                col(Operation.kind),
                col(Operation.body),
                col(Operation.value_date),
            )
            .join(Operation, col(Operation.id) == col(Entry.operation_id))
            .where(col(Entry.account_id) == command.account_id)
            .order_by(col(Entry.id).desc())
            .limit(command.count)
        ).all()
        tx.record(about=f"account:{command.account_id}", detail={"count": command.count, "rows": len(found)})
        tx.commit()
    return Movements(
        account_id=command.account_id,
        account_number=shown_number(account.number, account.card_last4, account.product, verified=True),
        label=clean(account.label, 60),
        rows=tuple(_movement(row, account.product) for row in found),
    )


def _owner(uow: UnitOfWork, account_id: int) -> int:
    """Whose account it is, so that the right lease is asked for; read alone, before anything is decided."""
    try:
        with uow.engine.connect() as connection:
            owner = connection.execute(select(col(Account.member_id)).where(col(Account.id) == account_id)).scalar()
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error
    return owner if isinstance(owner, int) else NOBODY


def _movement(row: Any, product: str) -> Movement:
    figure = Money(abs(row.amount)).format()
    return Movement(
        date=format_date(row.value_date),
        description=description_of(row.kind, row.body),
        debit=figure if row.amount < 0 else "",
        credit=figure if row.amount > 0 else "",
        balance="" if row.balance_after is None else shown_figure(row.balance_after, product),
        operation_id=row.id,
        number=row.seq,
    )


def description_of(kind: str, body: str) -> str:
    """What it was, with the memo that was written for it."""
    content = json.loads(body)
    said = content.get("description")
    text = said if isinstance(said, str) and said else DESCRIPTIONS.get(kind, "Movimiento")
    request = content.get("request")
    memo = request.get("memo") if isinstance(request, dict) else content.get("memo")
    shown = f"{text} · {memo}" if isinstance(memo, str) and memo else text
    return clean(shown, MEMO_LENGTH + len(text) + 3)
