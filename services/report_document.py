"""A report as one frozen document: the screen, the PDF and the spreadsheet draw it, and none of them computes anything.

Cells are whole numbers or texts; their column says what they are. Amounts are centésimos, times are seconds.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from data.types import utc_text
from data.values.money import Money
from services.audit_trail import canonical
from services.moments import span

#: `span` is an age in words, `clock` a duration as a stopwatch has it; both are seconds.
Kind = Literal["text", "money", "count", "span", "clock"]
Cell = str | int | None
NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table and what its cells are."""

    title: str
    kind: Kind = "text"

    @property
    def is_figure(self) -> bool:
        """Whether its cells stand on the right and add up."""
        return self.kind != "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings, each with a cell a column; `total` is one more row below a line. `empty` is told where there
    are no rows."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    empty: str = "Nada."


@dataclass(frozen=True, slots=True)
class Series:
    """Values by label, in order: `columns` stand side by side (time), `bars` lie below each other (kinds)."""

    title: str
    points: tuple[tuple[str, int], ...]
    kind: Kind = "count"
    shape: Literal["columns", "bars"] = "bars"


@dataclass(frozen=True, slots=True)
class Report:
    """`name` as the catalogue has it; `period` and `scope` in words; `notes` say what the figures leave out."""

    name: str
    title: str
    period: str
    scope: str
    made_at: datetime  # UTC
    sections: tuple[Table | Series, ...]
    notes: tuple[str, ...] = ()
    mark: str = ""  # the last signed checkpoint of the trail in short form (services/short_marks.py)
    slug: str = field(default="", kw_only=True)  # of its file: `fin-de-dia-2026-11-23`

    @property
    def digest(self) -> str:
        """Hex SHA-256 of all that it says: the event of the look and of each export name it."""
        said = asdict(self) | {"made_at": utc_text(self.made_at)}
        return hashlib.sha256(canonical(said).encode()).hexdigest()

    def table(self, title: str) -> Table:
        """The table of that title. Raises KeyError."""
        for section in self.sections:
            if isinstance(section, Table) and section.title == title:
                return section
        raise KeyError(title)


def cell_text(column: Column, cell: Cell) -> str:
    """A cell as people read it: `1,322.64`, `12`, `3 h 5 min`; a dash for nothing."""
    return NOTHING if cell is None else cell if isinstance(cell, str) else figure_text(column.kind, cell)


def figure_text(kind: Kind, value: int) -> str:
    """A whole number as its kind is written."""
    if kind == "money":
        return Money(value).format()
    if kind == "span":
        return span(timedelta(seconds=value))
    if kind == "clock":
        minutes, seconds = divmod(value, 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes >= 60 else f"{minutes}:{seconds:02d}"
    return f"{value:,}"


def middle(values: Sequence[int], part: int = 50) -> int | None:
    """The value below which `part` of a hundred lie (the median unless told); None of none."""
    return sorted(values)[min(len(values) - 1, len(values) * part // 100)] if values else None


def summed(columns: tuple[Column, ...], rows: tuple[tuple[Cell, ...], ...], label: str = "Total") -> tuple[Cell, ...]:
    """The total row: the sum below every amount and count, the label below the first column."""
    sums: list[Cell] = [label]
    for place, column in enumerate(columns[1:], 1):
        cells = [row[place] for row in rows]
        adds = column.kind in ("money", "count")
        sums.append(sum(cell for cell in cells if isinstance(cell, int)) if adds else "")
    return tuple(sums)
