"""Branches and chapter offices (sucursales y oficinas capitulares, S6) by their three-digit code."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from data.catalog.reader import Confidence, Row, read_catalog, unique

FILE = "branches.toml"


class BranchKind(StrEnum):
    """What a place is; the service centre (CIS) answers 205-0911."""

    HEAD_OFFICE = "casa matriz"
    BRANCH = "sucursal"
    CHAPTER = "capítulo"
    SERVICE_CENTRE = "centro integral de servicios"


@dataclass(frozen=True, slots=True)
class Branch:
    """One place of attention."""

    code: str
    name: str
    kind: BranchKind
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class BranchCatalog:
    """The named places by code; numbers hold more codes than the list names."""

    version: date
    by_code: Mapping[str, Branch]

    def get(self, code: str) -> Branch | None:
        """The named place of a code."""
        return self.by_code.get(code)

    def name_of(self, code: str) -> str:
        """Its name, or «Sucursal 055» for a code that has none."""
        branch = self.by_code.get(code)
        return branch.name if branch else f"Sucursal {code}"


def parse_branches(text: str | None = None) -> BranchCatalog:
    """Read ``branches.toml`` (or ``text``).

    Raises: CatalogError.
    """
    top = read_catalog(FILE, text)
    version = top.day("version")
    branches = unique([_branch(row) for row in top.rows("branch", "code")], lambda item: item.code, FILE)
    top.done()
    return BranchCatalog(version, MappingProxyType(branches))


@functools.cache
def load_branches() -> BranchCatalog:
    """The catalogue that the program ships, read once."""
    return parse_branches()


def _branch(row: Row) -> Branch:
    branch = Branch(
        code=row.text("code"),
        name=row.text("name"),
        kind=row.choice("kind", BranchKind),
        confidence=row.choice("confidence", Confidence),
    )
    row.done()
    if len(branch.code) != 3 or not (branch.code.isascii() and branch.code.isdigit()):
        raise row.error("«code» lleva tres dígitos")
    return branch
