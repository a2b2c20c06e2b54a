"""A member's accounts, numbered: the number is what the `:` line takes (`tr 1 2 75`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.values.money import Money
from widgets.plain_table import Column, PlainTable

MASKED_AMOUNT = "•••"


@dataclass(frozen=True)
class AccountRow:
    """One account. `balance` None: not to be shown at the caller's level."""

    key: str
    number: str
    product: str
    balance: Money | None
    group: str = ""


class AccountTable(PlainTable):
    """The accounts in the order given, numbered from 1."""

    def __init__(self, *, id: str | None = None) -> None:
        columns = (
            Column("N.º", "right", 3),
            Column("Cuenta", width=20),
            Column("Producto", width=30),
            Column("Saldo", "right", 14),
        )
        super().__init__(columns, id=id)

    def show_accounts(self, accounts: Sequence[AccountRow]) -> None:
        """Replace the accounts."""
        self.show_rows(
            [
                (
                    account.key,
                    (
                        at,
                        account.number,
                        account.product,
                        MASKED_AMOUNT if account.balance is None else account.balance.format(),
                    ),
                )
                for at, account in enumerate(accounts, 1)
            ]
        )
