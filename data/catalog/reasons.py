"""The usual reasons of each operation, so that an agent picks one with a key; the first is the most usual one."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from data.catalog.reader import Row, read_catalog, unique

FILE = "reasons.toml"


@dataclass(frozen=True, slots=True)
class OperationReasons:
    """The texts offered for one operation, by its name in the policy."""

    operation: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReasonCatalog:
    """The reasons by operation."""

    version: date
    by_operation: Mapping[str, OperationReasons]

    def texts(self, operation: str) -> tuple[str, ...]:
        """What is offered for `operation`, the usual one first; empty for one that asks for no reason."""
        found = self.by_operation.get(operation)
        return found.texts if found else ()


def parse_reasons(text: str | None = None) -> ReasonCatalog:
    """Read ``reasons.toml`` (or ``text``).

    Raises: CatalogError.
    """
    top = read_catalog(FILE, text)
    version = top.day("version")
    rows = unique([_reasons(row) for row in top.rows("reasons", "operation")], lambda item: item.operation, FILE)
    top.done()
    return ReasonCatalog(version, MappingProxyType(rows))


@functools.cache
def load_reasons() -> ReasonCatalog:
    """The reasons that the program ships, read once."""
    return parse_reasons()


def _reasons(row: Row) -> OperationReasons:
    found = OperationReasons(row.text("operation"), row.texts("texts"))
    if not found.texts or len(set(found.texts)) != len(found.texts):
        raise row.error("«texts» lleva uno o más motivos, ninguno repetido")
    row.done()
    return found
