"""«Estado de cuenta general»: a month of every account online, and its PDF to the mail on record (S62)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from data.values.dates import panama_date
from screens.flow import flow
from screens.portal.base import PortalPage, StepBack
from screens.portal.choose import Choose
from screens.portal.movements import movement_columns
from services.statement_rows import StatementAccount
from services.statement_sending import SendStatement, send_statement
from services.statements import GetStatement, my_statement, past_months
from widgets.command import Command, CommandClass
from widgets.plain_table import PlainTable
from widgets.text import PlainText


class OtherMonth(Command):
    """Muestra el estado de cuenta de otro mes, de los últimos 24."""

    id = "other_month"
    label = "Otro mes"
    keys: ClassVar[tuple[str, ...]] = ("m",)


class MailIt(Command):
    """Envía lo que muestra la pantalla, en PDF, al correo que tiene registrado."""

    id = "mail_it"
    label = "Enviar a mi correo"
    keys: ClassVar[tuple[str, ...]] = ("e",)


class MonthlyStatement(PortalPage[None]):
    """One table: each account with what it held before, its movements and what it held at the end."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (OtherMonth, MailIt, StepBack)
    BUTTONS = ("other_month", "mail_it", "back")
    HEADING = "Estado de cuenta general"
    AUTO_FOCUS = "#movements"
    HELP = "Todas sus cuentas en un mes que ya terminó. M elige otro mes; E lo envía en PDF a su correo. Esc retrocede."
    DEFAULT_CSS: ClassVar[str] = """
    MonthlyStatement #movements { height: 1fr; }
    MonthlyStatement .card { max-width: 120; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.period = ""

    def compose_form(self) -> Iterable[Widget]:
        """Which days, and the table."""
        yield PlainText(id="days", classes="note")
        yield PlainTable(movement_columns(self.app.size.width), id="movements")

    def on_mount(self) -> None:
        """Last month first."""
        super().on_mount()
        self.load(self._months()[0][0])

    def _months(self) -> tuple[tuple[str, str], ...]:
        return past_months(panama_date(self.shell.now()))

    @flow
    async def load(self, period: str) -> None:
        """Read and show a month."""
        await self._read(period)

    async def _read(self, period: str) -> None:
        found = await self.call(my_statement, GetStatement(period))
        self.period = found.period
        self.query_one("#days", PlainText).show(f"{found.month.capitalize()}. {found.days}.")
        rows = [row for account in found.accounts for row in rows_of(account)]
        self.query_one(PlainTable).show_rows([(str(at), row) for at, row in enumerate(rows)])

    @flow
    async def action_other_month(self) -> None:
        """M."""
        question = Choose(self.HEADING, "¿De qué mes?", self._months(), at=self.period or None)
        if (period := await self.app.push_screen_wait(question)) is not None:
            await self._read(period)

    @flow
    async def action_mail_it(self) -> None:
        """E."""
        if self.period:
            self.say((await self.call(send_statement, SendStatement(self.period))).text)


def rows_of(account: StatementAccount) -> list[tuple[str, ...]]:
    """An account's lines: number, name, the balance before, its movements, the balance at the end."""
    rows = [("", account.number, "", "", ""), ("", account.label, "", "", "")]
    rows.append(("", "Saldo anterior", "", "", account.opening))
    rows += [(row.date, row.description, row.debit, row.credit, row.balance) for row in account.rows]
    return [*rows, ("", "Saldo final", account.debits, account.credits, account.closing)]
