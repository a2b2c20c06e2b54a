"""Red flags of a call: signs that somebody else is on the line (C3, req. 23)."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from data.catalog.reader import Row, read_catalog, unique

FILE = "flags.toml"


@dataclass(frozen=True, slots=True)
class RedFlag:
    """One sign. ``automatic`` flags are raised by the program from what it knows, the rest by the agent."""

    id: str
    text: str
    help: str
    automatic: bool


@dataclass(frozen=True, slots=True)
class FlagCatalog:
    """The checklist by id, in the order in which it is shown."""

    version: date
    by_id: Mapping[str, RedFlag]

    def get(self, flag_id: str) -> RedFlag | None:
        """The flag of an id."""
        return self.by_id.get(flag_id)

    def for_agent(self) -> tuple[RedFlag, ...]:
        """Those that an agent ticks."""
        return tuple(flag for flag in self.by_id.values() if not flag.automatic)


def parse_flags(text: str | None = None) -> FlagCatalog:
    """Read ``flags.toml`` (or ``text``).

    Raises: CatalogError.
    """
    top = read_catalog(FILE, text)
    version = top.day("version")
    flags = unique([_flag(row) for row in top.rows("flag")], lambda item: item.id, FILE)
    top.done()
    return FlagCatalog(version, MappingProxyType(flags))


@functools.cache
def load_flags() -> FlagCatalog:
    """The checklist that the program ships, read once."""
    return parse_flags()


def _flag(row: Row) -> RedFlag:
    flag = RedFlag(
        id=row.text("id"),
        text=row.text("text"),
        help=row.text("help"),
        automatic=row.flag("automatic", False),
    )
    row.done()
    return flag
