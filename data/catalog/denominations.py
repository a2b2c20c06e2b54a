"""Notes and coins in use in Panama as a dated table: what the form of a cash count asks for."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from data.catalog.reader import Confidence, Row, read_catalog, unique
from data.values.money import Money

FILE = "denominations.toml"


class CashKind(StrEnum):
    """Paper or metal."""

    NOTE = "note"
    COIN = "coin"


@dataclass(frozen=True, slots=True)
class Denomination:
    """One note or coin; in use from ``valid_from`` to ``valid_to``, both included."""

    id: str
    name: str
    kind: CashKind
    value: Money
    valid_from: date
    valid_to: date | None
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class DenominationCatalog:
    """The table by id, in the order of the form: notes, then coins, the largest first."""

    version: date
    by_id: Mapping[str, Denomination]

    def in_use(self, day: date) -> tuple[Denomination, ...]:
        """What may be counted on a day."""
        return tuple(
            row
            for row in self.by_id.values()
            if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
        )


def parse_denominations(text: str | None = None) -> DenominationCatalog:
    """Read ``denominations.toml`` (or ``text``).

    Raises: CatalogError.
    """
    top = read_catalog(FILE, text)
    version = top.day("version")
    rows = unique([_denomination(row) for row in top.rows("denomination")], lambda item: item.id, FILE)
    top.done()
    places = [(row.kind is CashKind.COIN, -row.value.centesimos) for row in rows.values()]
    if places != sorted(set(places)):
        raise top.error("van primero los billetes y luego las monedas, de mayor a menor y sin repetir")
    return DenominationCatalog(version, MappingProxyType(rows))


@functools.cache
def load_denominations() -> DenominationCatalog:
    """The table that the program ships, read once."""
    return parse_denominations()


def _denomination(row: Row) -> Denomination:
    found = Denomination(
        id=row.text("id"),
        name=row.text("name"),
        kind=row.choice("kind", CashKind),
        value=row.money("value"),
        valid_from=row.day("valid_from"),
        valid_to=row.optional_day("valid_to"),
        confidence=row.choice("confidence", Confidence),
        source=row.text("source"),
    )
    row.done()
    if found.value.centesimos <= 0:
        raise row.error("«value» debe ser mayor que cero")
    if found.valid_to is not None and found.valid_to < found.valid_from:
        raise row.error("«valid_to» va antes que «valid_from»")
    return found
