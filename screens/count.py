"""A form that counts cash: what is asked, the grid, and who it goes to where it goes to somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from data.values.dates import panama_date
from screens.base import Back, BaseScreen
from services.cash_count import CashCount
from services.errors import InvalidInput
from widgets.command import Command, CommandClass
from widgets.count_grid import CountGrid
from widgets.fields import Field
from widgets.house_input import TextInput
from widgets.text import PlainText

USERNAME_LENGTH = 40


@dataclass(frozen=True)
class Counted:
    """What was counted and, where it was asked, for whom (a user name)."""

    count: CashCount
    to: str = ""


class AcceptCount(Command):
    """Acepta lo contado."""

    id = "accept_count"
    label = "Aceptar"
    keys: ClassVar[tuple[str, ...]] = ("f2",)
    footer = True


class CountScreen(BaseScreen[Counted]):
    """Answers with what was counted, or None when it is left. The expected amount is never here: the count is blind."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (AcceptCount, Back)
    CSS_PATH = "count.tcss"
    AUTO_FOCUS = "#pieces-0"
    HELP = (
        "Cuente el efectivo por denominación: escriba cuántas piezas hay, no cuánto valen. Enter o ↓ pasa a la"
        " siguiente; la suma se ve abajo. F2 acepta."
    )

    def __init__(self, title: str, *lines: str, ask_to: bool = False) -> None:
        super().__init__()
        self._title, self._lines = title, lines
        self._to: Field[str] | None = None
        if ask_to:
            self._to = Field("Para (usuario)", TextInput(id="to", max_length=USERNAME_LENGTH), id="f-to")

    def compose_body(self) -> ComposeResult:
        """The grid on the left, what it is about on the right."""
        with Horizontal(id="count-panes"):
            yield CountGrid(panama_date(self.shell.now()), id="grid")
            with Vertical(id="count-side"):
                yield PlainText(self._title, id="count-title")
                for line in self._lines:
                    yield PlainText(line, multiline=True, classes="count-line")
                if self._to is not None:
                    yield self._to

    @property
    def grid(self) -> CountGrid:
        """The pieces."""
        return self.query_one(CountGrid)

    def pending_work(self) -> str:
        """A count takes a while."""
        return "el conteo" if self.grid.typed else ""

    @on(CountGrid.Counted)
    def _last_line(self) -> None:
        if self._to is not None:
            self._to.input.focus()
        else:
            self.action_accept_count()

    @on(Input.Submitted, "#to")
    def _to_done(self) -> None:
        self.action_accept_count()

    def action_accept_count(self) -> None:
        """F2."""
        try:
            count = self.grid.count
        except InvalidInput as error:
            self.say(error.user_text, "error")
            self.grid.blame(error.field or "")
            return
        if self._to is not None and not self._to.check():
            self._to.input.focus()
            return
        self.dismiss(Counted(count, self._to.text.strip() if self._to is not None else ""))
