"""«Ver detalle» of an account, and «Extracto de tarjeta»: what the card owes and its last movements (S86, S87, S92)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from screens.flow import flow
from screens.layout import labelled
from screens.portal.base import PortalPage, StepBack
from screens.portal.movements import movement_columns
from screens.portal.statement import MailIt
from services.portal_accounts import GetDetail, account_detail
from services.statement_sending import SendCardStatement, send_card_statement
from services.statements import GetCardStatement, card_statement
from widgets.command import CommandClass
from widgets.plain_table import PAGE_ROWS, PlainTable
from widgets.text import PlainText


class Detail(PortalPage[None]):
    """Label and value, line by line."""

    HELP = "El detalle de su cuenta. Esc retrocede."
    AUTO_FOCUS = "#back"
    DEFAULT_CSS: ClassVar[str] = "Detail #detail { width: 1fr; height: auto; }"

    def __init__(self, account_id: int, title: str) -> None:
        super().__init__()
        self._account_id, self._title = account_id, title

    def heading(self) -> str:
        """The account."""
        return self._title

    def compose_form(self) -> Iterable[Widget]:
        """The lines."""
        yield PlainText(multiline=True, id="detail")

    def on_mount(self) -> None:
        """Ask for them."""
        super().on_mount()
        self.load()

    @flow
    async def load(self) -> None:
        """Read and show."""
        found = await self.call(account_detail, GetDetail(self._account_id))
        box = self.query_one("#detail", PlainText)
        box.show(labelled(found.lines, max(40, box.size.width)))


class CardStatement(PortalPage[None]):
    """The card at its last cut: what was owed, what is due, and every movement of it and since, newest first."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (MailIt, StepBack)
    BUTTONS = ("mail_it", "back")
    AUTO_FOCUS = "#movements"
    HELP = (
        "El extracto de su tarjeta en su último corte, con lo que se movió después. E lo envía en PDF a su correo. Esc"
        " retrocede."
    )
    DEFAULT_CSS: ClassVar[str] = """
    CardStatement .card { max-width: 120; }
    CardStatement #detail { width: 1fr; height: auto; margin-bottom: 1; }
    CardStatement #movements { height: 1fr; }
    """

    def __init__(self, account_id: int, title: str) -> None:
        super().__init__()
        self._account_id, self._title = account_id, title

    def heading(self) -> str:
        """What it is called in the guide."""
        return f"Extracto de tarjeta: {self._title}"

    def compose_form(self) -> Iterable[Widget]:
        """Figures and movements."""
        yield PlainText(multiline=True, id="detail")
        yield PlainTable(movement_columns(self.app.size.width), id="movements")

    def on_mount(self) -> None:
        """Ask for it."""
        super().on_mount()
        self.load()

    @flow
    async def action_mail_it(self) -> None:
        """E."""
        self.say((await self.call(send_card_statement, SendCardStatement(self._account_id))).text)

    @flow
    async def load(self) -> None:
        """Read and show."""
        found = await self.call(card_statement, GetCardStatement(self._account_id))
        at_cut, since = found.account, found.since
        lines = (
            ("Corte", found.cut),
            ("Saldo anterior", at_cut.opening),
            ("Saldo del corte", at_cut.closing),
            *found.lines,
            ("Saldo de hoy", since.closing),
        )
        box = self.query_one("#detail", PlainText)
        box.show(labelled(lines, max(40, box.size.width)))
        rows = [*reversed(since.rows), *reversed(at_cut.rows)][:PAGE_ROWS]
        self.query_one(PlainTable).show_rows(
            [(str(at), (row.date, row.description, row.debit, row.credit, row.balance)) for at, row in enumerate(rows)]
        )
