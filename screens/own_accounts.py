"""How an account is named at the desk: by its number in the list, by its whole number, or as cash."""

from __future__ import annotations

from collections.abc import Sequence

from data.catalog.products import Product, load_products
from services.account_view import AccountRow

CASH = "c"
"""What names the cashier's own drawer."""
OWN_DIGITS = 3
"""The number of an own account in the list has at most so many; longer figures name somebody else's."""


def own_row(text: str, rows: Sequence[AccountRow]) -> AccountRow | None:
    """The own account that a text names: its number in the list, or its account number."""
    typed = text.strip()
    if typed.isdecimal() and len(typed) <= OWN_DIGITS:
        return next((row for row in rows if row.position == int(typed)), None)
    return next((row for row in rows if typed and row.number == typed), None)


def is_foreign(text: str, rows: Sequence[AccountRow]) -> bool:
    """Whether a text can only name an account of somebody else: `50233`, `50233/1`, `06-018-50233-1`."""
    typed = text.strip()
    if own_row(typed, rows) is not None or not any(letter.isdecimal() for letter in typed):
        return False
    return not typed.isdecimal() or len(typed) > OWN_DIGITS


def origins(rows: Sequence[AccountRow]) -> list[AccountRow]:
    """The accounts that money may leave."""
    return [row for row in rows if usable(row) and (product := product_of(row)) and product.transfer_out]


def usable(row: AccountRow) -> bool:
    """Affiliated and open."""
    return row.affiliated and row.status == "open"


def product_of(row: AccountRow) -> Product | None:
    """Its product, where the catalogue knows it."""
    return load_products().get(row.product)
