"""A register that the law asks for, on the screen: how many, the list, all of the one under the cursor (req. 54)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from screens.base import BaseScreen
from screens.flow import flow
from screens.record_mends import KeptKeys
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

Row = TypeVar("Row")


class RegisterScreen(BaseScreen[None], Generic[Row]):
    """Each register says what its rows are: `COLUMNS`, `NOTHING` where none stands open, and the methods below."""

    COLUMNS: ClassVar[tuple[Column, ...]]
    NOTHING: ClassVar[str]
    AUTO_FOCUS = "#register"
    DEFAULT_CSS = """
    RegisterScreen #register-head { height: 1; padding: 0 1; text-style: bold; }
    RegisterScreen #register { max-height: 50%; }
    RegisterScreen #register-pane { padding: 1 1 0 1; height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, Row] = {}
        self._closed_too = False
        self._keys = KeptKeys()
        self._table = PlainTable(self.COLUMNS, id="register")

    @abstractmethod
    async def read_rows(self, closed_too: bool) -> Sequence[tuple[str, Row]]:
        """The rows in their order, by key."""

    @abstractmethod
    def head(self, rows: Sequence[Row]) -> str:
        """What stands over the list."""

    @abstractmethod
    def cells(self, row: Row) -> Sequence[str]:
        """A row in one line."""

    @abstractmethod
    def whole(self, row: Row) -> str:
        """All of it."""

    def compose_body(self) -> ComposeResult:
        """How many, the list, the whole of the one under the cursor."""
        yield PlainText(id="register-head")
        yield self._table
        with VerticalScroll(id="register-pane", can_focus=False):
            yield PlainText(id="register-whole", multiline=True)

    def on_mount(self) -> None:
        """What is open."""
        super().on_mount()
        self.read()

    @flow
    async def read(self) -> None:
        """Read the register."""
        await self.reload()

    async def reload(self) -> None:
        """Read it within another flow."""
        self._rows = dict(await self.read_rows(self._closed_too))
        head = self.head(tuple(self._rows.values()))
        self.query_one("#register-head", PlainText).show(head + (" · también las cerradas" if self._closed_too else ""))
        self._table.show_rows([(key, self.cells(row)) for key, row in self._rows.items()])
        self._show_whole()

    @property
    def row(self) -> Row | None:
        """The one under the cursor."""
        return self._rows.get(self._table.current_key or "")

    @on(PlainTable.RowMarked, "#register")
    def _show_whole(self) -> None:
        row = self.row
        self.query_one("#register-whole", PlainText).show(self.NOTHING if row is None else self.whole(row))
        self.refresh_commands()

    def action_read_register(self) -> None:
        """F5."""
        self.read()

    def action_show_closed(self) -> None:
        """A."""
        self._closed_too = not self._closed_too
        self.read()
