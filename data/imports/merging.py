"""What the three kinds share when they go into the store."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import Connection

from data.imports.problems import Problems
from data.values.errors import InvalidValue

T = TypeVar("T")
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Origin:
    """Who imports, as it stands in the operations."""

    actor: str
    branch: str
    terminal: str
    channel: str


@dataclass(slots=True)
class Merge:
    """One import under way: its transaction's connection and moment, its findings; `tick(done)` after each chunk."""

    connection: Connection
    now: datetime
    today: date
    origin: Origin
    problems: Problems
    tick: Callable[[int], None]


@dataclass(slots=True)
class Counts:
    """Rows of one file that were new and rows that the store had already, word for word."""

    added: int = 0
    unchanged: int = 0


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """`items` in pieces of `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def field(name: str, read: Callable[[str], T], text: str) -> T:
    """Read one field; the error names it. Raises InvalidValue."""
    try:
        return read(text)
    except InvalidValue as error:
        raise InvalidValue(f"{name}: {error.message_es}") from None


def one_line(text: str) -> str:
    """NFC with single blanks: two spellings of one name compare equal."""
    return " ".join(unicodedata.normalize("NFC", text).split())
