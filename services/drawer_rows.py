"""A cashier's drawer as it stands in the store: its account, its row, its entries. Shared by what works on drawers.

The account of a drawer or vault holds what the cooperative has there, so its balance is the cash with a minus; the
database refuses a balance above zero. On PostgreSQL the accounts are locked first, then the drawer's row, as payments
do; a cashier's own use cases begin `alone`, so that none of them runs beside another.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import column, select, text
from sqlmodel import col

from data.driver_sql import DriverSql
from data.tables import Account, Drawer
from data.types import Int, String, Utc
from data.values.money import MAX_CENTESIMOS
from services.audit_trail import canonical
from services.cash_count import CashCount
from services.drawer_difference import CashEntry
from services.errors import CoopError, InsufficientFunds
from services.house_accounts import house_account
from services.payment_kinds import DRAWER
from services.posting import Leg
from services.unit_of_work import Transaction

VAULT: Final = "vault"
DIFFERENCES: Final = "CAJ-DIFERENCIAS"
LOWEST: Final = -MAX_CENTESIMOS
LAST_ENTRY = DriverSql("SELECT coalesce(max(id), 0) FROM entry WHERE account_id = :account_id")
ENTRIES = text(
    "SELECT e.operation_id, e.amount, o.at, o.member_id, o.kind, o.reversal_of FROM entry e"
    " JOIN operation o ON o.id = e.operation_id"
    " WHERE e.account_id = :account_id AND e.id > :after AND (:upto = 0 OR e.id <= :upto) ORDER BY e.id"
).columns(
    column("operation_id", String()), column("amount", Int()), column("at", Utc()), column("member_id", Int()),
    column("kind", String()), column("reversal_of", String()),
)  # fmt: skip


class DrawerClosed(CoopError):
    code = "drawer_closed"
    default = "Abra primero su caja: sin una caja abierta no se recibe ni se entrega efectivo."


class NotEnoughCash(InsufficientFunds):
    """A drawer or vault hasn't got the cash."""


NO_VAULT_CASH: Final = "La bóveda no tiene ese efectivo según los libros. Pida a su supervisor que registre la entrada."
NO_DRAWER_CASH: Final = "La caja no tiene ese efectivo según los libros. Cuente de nuevo o pida un traslado."


@dataclass(frozen=True, slots=True)
class Movement:
    """What one operation moved in a drawer: `amount` centésimos, above zero in. `undone`: reversed, or a reversal."""

    operation_id: str
    at: datetime
    amount: int
    member_id: int | None
    kind: str
    undone: bool


def drawer_account(tx: Transaction, branch: str, staff_id: int, username: str) -> int:
    """The row id of the cashier's account at a branch, made when first needed."""
    number = f"CAJ-{branch}-{staff_id}"
    return house_account(tx, number, f"CAJA {username}", branch=branch, product=DRAWER, lowest=LOWEST)


def vault_account(tx: Transaction, branch: str) -> int:
    """The row id of the branch's vault, made when first needed."""
    return house_account(tx, f"BOV-{branch}", f"BÓVEDA {branch}", branch=branch, product=VAULT, lowest=LOWEST)


def difference_account(tx: Transaction) -> int:
    """The row id of the account of cash over and short."""
    return house_account(tx, DIFFERENCES, "DIFERENCIAS DE CAJA")


def cash_in(tx: Transaction, accounts: Iterable[int]) -> dict[int, int]:
    """Cash by account, centésimos; the rows stay locked until the commit."""
    query = select(col(Account.id), col(Account.balance)).where(col(Account.id).in_(list(accounts)))
    rows = tx.connection.execute(query.order_by(col(Account.id)).with_for_update(key_share=True))
    return {row.id: -int(row.balance) for row in rows}


def open_drawer_of(tx: Transaction, staff_id: int, *, lock: bool = False) -> Drawer | None:
    """The cashier's open drawer."""
    query = select(Drawer).where(col(Drawer.staff_id) == staff_id, col(Drawer.closed_at).is_(None))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return tx.session.execute(query).scalar_one_or_none()


def own_drawer(tx: Transaction, *, vault: bool = False) -> tuple[Drawer, dict[int, int]]:
    """The operator's open drawer, locked, and the cash in it and, if asked, in its branch's vault, by account.

    Raises DrawerClosed.
    """
    found = open_drawer_of(tx, tx.operator.staff_id)
    if found is None:
        raise DrawerClosed
    accounts = [found.account_id] + ([vault_account(tx, found.branch)] if vault else [])
    cash = cash_in(tx, accounts)
    drawer = open_drawer_of(tx, tx.operator.staff_id, lock=True)
    if drawer is None or drawer.id != found.id:
        raise DrawerClosed
    return drawer, cash


def id_of(drawer: Drawer) -> int:
    """The id of a row that is in the database."""
    if drawer.id is None:
        raise LookupError("not stored yet")
    return drawer.id


def last_entry(tx: Transaction, account_id: int) -> int:
    """The number of the account's last entry; 0 if it has none."""
    return int(LAST_ENTRY.scalar(tx.connection, {"account_id": account_id}))


def movements(tx: Transaction, drawer: Drawer) -> tuple[Movement, ...]:
    """What moved in the drawer between opening and closing, in order, one row an operation; neither of them is in."""
    values = {"account_id": drawer.account_id, "after": drawer.opened_after, "upto": drawer.closed_with or 0}
    found: dict[str, Any] = {}
    amounts: dict[str, int] = {}
    undone: set[str] = set()
    for row in tx.connection.execute(ENTRIES, values):
        found[row.operation_id] = row
        amounts[row.operation_id] = amounts.get(row.operation_id, 0) - row.amount
        undone |= {row.operation_id, row.reversal_of} if row.reversal_of else set()
    return tuple(
        Movement(name, row.at, amounts[name], row.member_id, row.kind, name in undone) for name, row in found.items()
    )


def cash_entries(moved: Iterable[Movement]) -> list[CashEntry]:
    """What may explain a difference: all that moved and was not undone."""
    return [CashEntry(m.operation_id, m.at, m.amount, m.member_id, m.kind) for m in moved if not m.undone and m.amount]


def difference_legs(tx: Transaction, account_id: int, difference: int) -> tuple[Leg, ...]:
    """The leg that brings the books to what was counted; `difference` is counted − expected, centésimos."""
    if difference == 0:
        return ()
    other = difference_account(tx)
    over = difference > 0
    return (Leg(account_id if over else other, other if over else account_id, abs(difference)),)


def count_text(count: CashCount) -> str:
    """A count as it is stored."""
    return canonical(count.to_body())


def count_of(stored: str) -> CashCount:
    """A stored count."""
    return CashCount.of(json.loads(stored))
