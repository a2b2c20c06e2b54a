"""A table for one page of rows, whose cells are never read as markup (T2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widgets import DataTable

from widgets.text import safe

PAGE_ROWS = 200
"""Rows that a table may hold; what is longer is fetched page by page."""


@dataclass(frozen=True)
class Column:
    """A column. `width`: cells, or None to fit its content."""

    title: str
    align: Literal["left", "right"] = "left"
    width: int | None = None


class PlainTable(DataTable[Text]):
    """A page of rows with a row cursor. Enter on a row posts `RowChosen` with its key."""

    DEFAULT_CSS = """
    PlainTable { height: auto; max-height: 1fr; background: $surface; }
    """
    BINDINGS = [Binding("j", "cursor_down", show=False), Binding("k", "cursor_up", show=False)]
    help_text = "Muévase con las flechas o con j y k. Enter abre la fila."

    @dataclass
    class RowChosen(Message):
        """Enter or a click on a row."""

        table: PlainTable
        key: str

        @property
        def control(self) -> PlainTable:
            """The table, for `@on` selectors."""
            return self.table

    @dataclass
    class RowMarked(Message):
        """The cursor stands on another row."""

        table: PlainTable
        key: str

        @property
        def control(self) -> PlainTable:
            """The table, for `@on` selectors."""
            return self.table

    def __init__(self, columns: Sequence[Column], *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(cursor_type="row", zebra_stripes=True, cell_padding=1, id=id, classes=classes)
        self._plain_columns = tuple(columns)
        for column in columns:
            super().add_column(Text(column.title, justify=column.align), width=column.width, key=column.title)

    def show_rows(self, rows: Sequence[tuple[str, Sequence[object]]]) -> None:
        """Replace all rows: `(key, cells)`. The cursor stays on its row where that is still there.

        Raises: ValueError for more than 200 rows, or cells that don't match the columns.
        """
        if len(rows) > PAGE_ROWS:
            raise ValueError(f"a page has at most {PAGE_ROWS} rows, not {len(rows)}")
        kept = self.current_key
        self.clear()
        for key, cells in rows:
            if len(cells) != len(self._plain_columns):
                raise ValueError("cells and columns differ in number")
            super().add_row(
                *[self._cell(column, cell) for column, cell in zip(self._plain_columns, cells, strict=True)],
                key=key,
            )
        keys = [key for key, _ in rows]
        if kept in keys:
            self.move_cursor(row=keys.index(kept))

    def redraw_row(self, key: str, cells: Sequence[object]) -> None:
        """Draw one row anew in its place."""
        for column, cell in zip(self._plain_columns, cells, strict=True):
            super().update_cell(key, column.title, self._cell(column, cell))

    @staticmethod
    def _cell(column: Column, value: object) -> Text:
        text = safe(value).copy()
        text.justify = column.align
        text.no_wrap = True
        text.overflow = "ellipsis"
        return text

    @property
    def current_key(self) -> str | None:
        """Key of the row under the cursor."""
        if not self.row_count:
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Turn Textual's message into the house's."""
        event.stop()
        self.post_message(self.RowChosen(self, event.row_key.value or ""))

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Turn Textual's message into the house's."""
        self.post_message(self.RowMarked(self, event.row_key.value or ""))
