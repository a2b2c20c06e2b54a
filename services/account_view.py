"""A member's accounts in the guide's groups (S79–S92), masked as far as the caller's verification asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data.catalog.products import LedgerNature, Product, ProductGroup, load_products
from data.values.money import Money
from services.masking import masked_account, shown_card
from services.text_cleaning import clean

OTHERS = "Otras cuentas"
STATUS_LABELS = {"open": "", "blocked": "bloqueada", "closed": "cerrada"}
LABEL_LENGTH = 60
NUMBER_LENGTH = 40


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account. `position` runs 1..n through all groups: what `tr 1 2 75` means.

    `balance` is formatted (`1,204.33`; of loans and cards what is owed, as a positive figure) and None
    where the caller isn't verified enough to hear it. `status`: open | blocked | closed, `status_label` its
    Spanish word.
    """

    position: int
    account_id: int
    number: str
    label: str
    balance: str | None
    affiliated: bool
    product: str
    kind: str
    status: str
    status_label: str
    held: str | None = None


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """One group under the guide's title."""

    title: str
    rows: tuple[AccountRow, ...]


def account_groups(rows: Sequence[Any], *, verified: bool, balances: bool) -> tuple[AccountGroup, ...]:
    """Group and number the accounts. `verified`: numbers in clear (N1); `balances`: figures too.

    Rows as services/record_rows.py reads them. Empty groups are left out.
    """
    catalogue = load_products()
    order = {group.value: place for place, group in enumerate(ProductGroup)}
    codes = {code: place for place, code in enumerate(catalogue.by_code)}
    titles = {row.id: _title(catalogue.get(row.product)) for row in rows}
    ordered = sorted(
        rows,
        key=lambda row: (order.get(titles[row.id], len(order)), codes.get(row.product, len(codes)), row.number),
    )
    groups: dict[str, list[AccountRow]] = {}
    for position, row in enumerate(ordered, start=1):
        shown = _row(position, row, catalogue.get(row.product), verified=verified, balances=balances)
        groups.setdefault(titles[row.id], []).append(shown)
    return tuple(AccountGroup(title, tuple(members)) for title, members in groups.items())


def nature_of(product: str) -> LedgerNature:
    """What a balance of this product means; an unknown product is taken for money of the member."""
    known = load_products().get(product)
    return known.nature if known else LedgerNature.DEPOSIT


def shown_number(number: str, card_last4: str | None, product: str, *, verified: bool) -> str:
    """The number for the screen: a card never whole (req. 52), any other whole only from N1."""
    if card_last4 is not None or nature_of(product) is LedgerNature.CARD:
        return shown_card(number, card_last4)
    return clean(number, NUMBER_LENGTH) if verified else masked_account(number)


def shown_figure(amount: int, product: str) -> str:
    """A ledger balance in centésimos for people: what they have, or what they owe, as a positive figure."""
    return Money(amount if nature_of(product) is LedgerNature.DEPOSIT else -amount).format()


def _title(product: Product | None) -> str:
    return product.group.value if product else OTHERS


def _row(position: int, row: Any, product: Product | None, *, verified: bool, balances: bool) -> AccountRow:
    figures = balances and row.tracked
    return AccountRow(
        position=position,
        account_id=row.id,
        number=shown_number(row.number, row.card_last4, row.product, verified=verified),
        label=clean(row.label, LABEL_LENGTH),
        balance=shown_figure(row.balance, row.product) if figures else None,
        affiliated=row.affiliated_at is not None,
        product=row.product,
        kind=product.nature.value if product else LedgerNature.DEPOSIT.value,
        status=row.status,
        status_label=STATUS_LABELS.get(row.status, row.status),
        held=Money(row.held).format() if figures and row.held else None,
    )
