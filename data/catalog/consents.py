"""The services that a member may switch on, with the text that they read (S61–S62, L9, req. 34)."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from data.catalog.reader import Row, read_catalog, unique

FILE = "consents.toml"


@dataclass(frozen=True, slots=True)
class ConsentService:
    """One service: its title and what the member reads beside the box."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ConsentCatalog:
    """The services by id, in the order of the guide. `version` is stored beside every yes or no."""

    version: date
    by_id: Mapping[str, ConsentService]


def parse_consents(text: str | None = None) -> ConsentCatalog:
    """Read `consents.toml` (or `text`). Raises CatalogError."""
    top = read_catalog(FILE, text)
    version = top.day("version")
    services = unique([_service(row) for row in top.rows("service")], lambda item: item.id, FILE)
    top.done()
    return ConsentCatalog(version, MappingProxyType(services))


@functools.cache
def load_consents() -> ConsentCatalog:
    """The catalogue that the program ships, read once."""
    return parse_consents()


def _service(row: Row) -> ConsentService:
    service = ConsentService(row.text("id"), row.text("title"), row.text("text"))
    row.done()
    return service
