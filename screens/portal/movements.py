"""The last 10, 20 or 30 movements of an account, newest first (S88), and the receipt of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.widget import Widget

from screens.flow import flow
from screens.portal.base import PortalPage, StepBack
from screens.portal.review import PaymentReceipt
from services.errors import NotFound
from services.movements import LastMovements, last_movements
from services.receipts import GetReceipt, get_receipt
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText


class Last10(Command):
    """Muestra los últimos 10 movimientos."""

    id = "last_10"
    label = "Últimos 10"
    keys: ClassVar[tuple[str, ...]] = ("1",)


class Last20(Command):
    """Muestra los últimos 20 movimientos."""

    id = "last_20"
    label = "Últimos 20"
    keys: ClassVar[tuple[str, ...]] = ("2",)


class Last30(Command):
    """Muestra los últimos 30 movimientos."""

    id = "last_30"
    label = "Últimos 30"
    keys: ClassVar[tuple[str, ...]] = ("3",)


class MemberMovements(PortalPage[None]):
    """One table. Enter shows the receipt of the marked movement."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Last10, Last20, Last30, StepBack)
    BUTTONS = ("last_10", "last_20", "last_30", "back")
    AUTO_FOCUS = "#movements"
    HELP = "1, 2 y 3 muestran los últimos 10, 20 o 30 movimientos. Enter muestra el comprobante del que está marcado."
    DEFAULT_CSS: ClassVar[str] = """
    MemberMovements #movements { height: 1fr; }
    MemberMovements .card { max-width: 120; }
    """

    def __init__(self, account_id: int, title: str, count: int) -> None:
        super().__init__()
        self._account_id, self._title = account_id, title
        self.count = count

    def heading(self) -> str:
        """The account."""
        return self._title

    def compose_form(self) -> Iterable[Widget]:
        """How many, and the table."""
        yield PlainText(id="how-many", classes="note")
        yield PlainTable(movement_columns(self.app.size.width), id="movements")

    def on_mount(self) -> None:
        """Ask for what was chosen."""
        super().on_mount()
        self.load(self.count)

    @flow
    async def load(self, count: int) -> None:
        """Read and show the last `count`."""
        wanted = LastMovements(self._account_id, 30 if count == 30 else 20 if count == 20 else 10)
        found = await self.call(last_movements, wanted)
        self.count = wanted.count
        rows = [(move.operation_id, move) for move in found.rows]
        table = self.query_one(PlainTable)
        table.show_rows(
            [
                (f"{at}/{key}", (move.date, move.description, move.debit, move.credit, move.balance))
                for at, (key, move) in enumerate(rows)
            ]
        )
        told = f"Últimos {self.count}" if rows else "Sin movimientos"
        self.query_one("#how-many", PlainText).show(told)

    def action_last_10(self) -> None:
        """1."""
        self.load(10)

    def action_last_20(self) -> None:
        """2."""
        self.load(20)

    def action_last_30(self) -> None:
        """3."""
        self.load(30)

    @on(PlainTable.RowChosen)
    def _chosen(self, event: PlainTable.RowChosen) -> None:
        self.show_receipt(event.key.partition("/")[2])

    @flow
    async def show_receipt(self, operation_id: str) -> None:
        """Enter."""
        try:
            receipt = await self.call(get_receipt, GetReceipt(operation_id))
        except NotFound:
            self.say("Ese movimiento no tiene comprobante.", "warning")
        else:
            self.app.push_screen(PaymentReceipt(receipt))


def movement_columns(width: int) -> tuple[Column, ...]:
    """The columns of movements on a screen of `width` cells: the description gets what is left."""
    return (
        Column("Fecha", width=10),
        Column("Descripción", width=max(20, min(width, 116) - 64)),
        Column("Débito", "right", 11),
        Column("Crédito", "right", 11),
        Column("Saldo", "right", 11),
    )
