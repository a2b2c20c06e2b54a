"""What the member sees after signing in: greeting, last visit, the affiliated accounts, the detail of one (S74–S92)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import col

from data.catalog.products import LedgerNature
from data.tables import Account, MemberSession
from data.values.dates import format_date, format_last_visit, greeting, panama_date
from data.values.money import Money
from services.account_view import (
    STATUS_LABELS,
    AccountGroup,
    AccountRow,
    account_groups,
    nature_of,
    shown_figure,
    shown_number,
)
from services.calendar_rules import first_on_day
from services.errors import NotFound
from services.operations import Op
from services.operator import Operator
from services.record_rows import account_rows
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

#: The columns of every group (S80).
COLUMNS: Final = ("No. cuenta", "Descripción", "Saldo", "Movimientos")
#: What stands in the last column (S86–S92): of insurance the detail, of cards the statement, of all else movements.
LINKS: Final[Mapping[LedgerNature, str]] = {
    LedgerNature.INSURANCE: "Ver detalle",
    LedgerNature.CARD: "Extracto de tarjeta",
}
LAST_MOVEMENTS: Final = "Últimos 10, 20, 30"


@dataclass(frozen=True, slots=True)
class Overview:
    """`greeting` by the hour with the member's name («Buenos días, Itzel», S76); `last_visit` «11/01/2019|11:31 am»
    (S77), empty at the first visit; `groups` of affiliated accounts in the guide's order, empty ones left out."""

    greeting: str
    last_visit: str
    groups: tuple[AccountGroup, ...]


@dataclass(frozen=True, slots=True)
class GetDetail:
    """One account of the member's own."""

    account_id: int


@dataclass(frozen=True, slots=True)
class AccountDetail:
    """«Ver detalle»: label and value, in order; amounts as `1,322.64`."""

    account_id: int
    title: str
    lines: tuple[tuple[str, str], ...]


def overview(operator: Operator, uow: UnitOfWork) -> Overview:
    """The first page. Raises the errors of authorisation (SetupNeeded before the contract is signed)."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        rows = [row for row in account_rows(tx, operator.member_id) if row.affiliated_at is not None]
        groups = account_groups(rows, verified=True, balances=True)
        before = tx.connection.execute(
            select(col(MemberSession.previous_visit_at)).where(col(MemberSession.id) == operator.session_id)
        ).scalar()
        hello = f"{greeting(tx.now)} {_first_name(operator)}".rstrip(" ,")
        tx.record("portal.overview", detail={"accounts": len(rows)})
        tx.commit()
    return Overview(hello, format_last_visit(before) if before else "", groups)


def link_of(row: AccountRow) -> str:
    """What the last column offers for an account (S88, S92)."""
    return LINKS.get(LedgerNature(row.kind), LAST_MOVEMENTS)


def account_detail(command: GetDetail, operator: Operator, uow: UnitOfWork) -> AccountDetail:
    """The detail of one account. Raises NotFound for one that isn't theirs or isn't affiliated, and the errors of
    authorisation."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        row = own_account(tx, command.account_id)
        lines = detail_lines(row, panama_date(tx.now))
        tx.record("portal.detail", about=f"account:{command.account_id}")
        tx.commit()
    return AccountDetail(command.account_id, clean(row.label, 60), lines)


def own_account(tx: Transaction, account_id: int) -> Any:
    """The row of an affiliated account of the member who is inside. Raises NotFound."""
    row = tx.connection.execute(
        select(
            col(Account.id),
            col(Account.number),
            col(Account.product),
            col(Account.label),
            col(Account.branch),
            col(Account.status),
            col(Account.opened_on),
            col(Account.card_last4),
            col(Account.terms),
            col(Account.balance),
            col(Account.held),
        ).where(
            col(Account.id) == account_id,
            col(Account.member_id) == tx.operator.member_id,
            col(Account.affiliated_at).is_not(None),
        )
    ).first()
    if row is None:
        raise NotFound
    return row


def detail_lines(row: Any, today: date) -> tuple[tuple[str, str], ...]:
    """Label and value of what the account's row tells, without what it does not."""
    terms = terms_of(row.terms)
    due_day = terms.get("due_day")
    owed = nature_of(row.product) is not LedgerNature.DEPOSIT
    pairs = [
        ("No. cuenta", shown_number(row.number, row.card_last4, row.product, verified=True)),
        ("Descripción", clean(row.label, 60)),
        ("Saldo adeudado" if owed else "Saldo", shown_figure(row.balance, row.product)),
        ("Retenido", Money(row.held).format() if row.held else ""),
        ("Límite", _amount(terms, "limit")),
        ("Saldo del último corte", _amount(terms, "statement")),
        ("Pago mínimo", _amount(terms, "minimum")),
        ("Cuota", _amount(terms, "quota")),
        ("Tasa anual", f"{terms['rate']} %" if isinstance(terms.get("rate"), str) else ""),
        ("Próximo vencimiento", format_date(first_on_day(due_day, today)) if isinstance(due_day, int) else ""),
        ("Abierta el", format_date(row.opened_on) if row.opened_on else ""),
        ("Estado", STATUS_LABELS.get(row.status, row.status).capitalize() or "Activa"),
    ]
    return tuple((label, value) for label, value in pairs if value)


def terms_of(terms: str | None) -> dict[str, Any]:
    """The account's terms (centésimos, days), empty where there are none or they can't be read."""
    try:
        told = json.loads(terms) if terms else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _amount(terms: Mapping[str, Any], name: str) -> str:
    value = terms.get(name)
    return Money(value).format() if isinstance(value, int) else ""


def _first_name(operator: Operator) -> str:
    """`Marta`, of the operator's full name in capitals."""
    words = operator.full_name.split()
    return words[0].capitalize() if words else ""
