"""The cooperative's products: code, name, group on the screen, and what money may do there (S79-S87, L1)."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from data.catalog.reader import CatalogError, Confidence, Row, read_catalog, unique
from data.values.money import Money

FILE = "products.toml"


class ProductGroup(StrEnum):
    """The groups in which accounts are listed, in the order of the screen."""

    SAVINGS = "Cuentas de Ahorros"
    CAPITALIZATION = "Planes de Capitalización"
    CONTRIBUTIONS = "Cuentas de Aportes"
    LOANS = "Préstamos"
    INSURANCE = "Seguros"
    CARDS = "Tarjetas de Crédito"
    MOBILE = "Telefonía celular"


class LedgerNature(StrEnum):
    """What a balance means: money of the member (deposit) or money that the member owes (the rest)."""

    DEPOSIT = "deposit"
    LOAN = "loan"
    CARD = "card"
    INSURANCE = "insurance"
    MOBILE = "mobile"


@dataclass(frozen=True, slots=True)
class Product:
    """One product. ``floor`` is the lowest balance that a posting may leave, None where there is no floor."""

    code: str
    name: str
    group: ProductGroup
    nature: LedgerNature
    transfer_in: bool
    transfer_out: bool
    accepts_quota: bool
    accepts_payment: bool
    floor: Money | None
    check_digit: bool
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class ProductCatalog:
    """The products by code, with the date of the file."""

    version: date
    by_code: Mapping[str, Product]

    def get(self, code: str) -> Product | None:
        """The product of a two-digit code."""
        return self.by_code.get(code)

    def by_name(self, name: str) -> Product | None:
        """The product with exactly this name, as import files give it (any case)."""
        wanted = name.strip().upper()
        return next((product for product in self.by_code.values() if product.name.upper() == wanted), None)

    def in_group(self, group: ProductGroup) -> tuple[Product, ...]:
        """The products of a group, in the order of the file."""
        return tuple(product for product in self.by_code.values() if product.group is group)


def parse_products(text: str | None = None) -> ProductCatalog:
    """Read ``products.toml`` (or ``text``).

    Raises: CatalogError.
    """
    top = read_catalog(FILE, text)
    version = top.day("version")
    products = unique([_product(row) for row in top.rows("product", "code")], lambda item: item.code, FILE)
    top.done()
    return ProductCatalog(version, MappingProxyType(products))


@functools.cache
def load_products() -> ProductCatalog:
    """The catalogue that the program ships, read once."""
    return parse_products()


def _product(row: Row) -> Product:
    product = Product(
        code=row.text("code"),
        name=row.text("name"),
        group=row.choice("group", ProductGroup),
        nature=row.choice("nature", LedgerNature),
        transfer_in=row.flag("transfer_in", False),
        transfer_out=row.flag("transfer_out", False),
        accepts_quota=row.flag("accepts_quota", False),
        accepts_payment=row.flag("accepts_payment", False),
        floor=row.optional_money("floor"),
        check_digit=row.flag("check_digit", False),
        confidence=row.choice("confidence", Confidence),
        source=row.text("source"),
    )
    row.done()
    _check(row, product)
    return product


def _check(row: Row, product: Product) -> None:
    problem: CatalogError | None = None
    if len(product.code) != 2 or not (product.code.isascii() and product.code.isdigit()):
        problem = row.error("«code» lleva dos dígitos")
    elif product.transfer_out and product.group is ProductGroup.CONTRIBUTIONS:
        # Ley 17 of 1997, art. 65: aportaciones are not transferable (L1, req. 39).
        problem = row.error("las cuentas de aportes no admiten transferencias de salida")
    elif product.nature is LedgerNature.DEPOSIT and product.floor is None:
        problem = row.error("una cuenta de depósito necesita «floor»")
    if problem is not None:
        raise problem
