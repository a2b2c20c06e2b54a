"""The last 10, 20 or 30 movements of one account (S88)."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult

from screens.flow import flow
from screens.member_screen import MemberScreen
from screens.receipt import (
    PrintReceipt,
    ReceiptScreen,
    ReverseOperation,
    print_receipt,
    reverse_operation,
    reversed_text,
)
from screens.record_mends import KeptKeys
from services.account_view import AccountRow
from services.errors import NotFound
from services.movements import LastMovements, last_movements
from services.receipts import GetReceipt, Receipt, get_receipt
from widgets.command import Command, CommandClass
from widgets.panel import Panel
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

Count = Literal[10, 20, 30]
ENDED = "La verificación terminó: los movimientos ya no se muestran. Esc vuelve a la ficha para verificar de nuevo."


class ShowReceipt(Command):
    """Muestra el comprobante del movimiento marcado, como copia."""

    id = "show_receipt"
    label = "Comprobante"
    keys: ClassVar[tuple[str, ...]] = ("enter",)
    footer = True


class Last10(Command):
    """Últimos 10 movimientos."""

    id = "last_10"
    label = "Últ. 10"
    keys: ClassVar[tuple[str, ...]] = ("1",)
    footer = True


class Last20(Command):
    """Últimos 20 movimientos."""

    id = "last_20"
    label = "Últ. 20"
    keys: ClassVar[tuple[str, ...]] = ("2",)
    footer = True


class Last30(Command):
    """Últimos 30 movimientos."""

    id = "last_30"
    label = "Últ. 30"
    keys: ClassVar[tuple[str, ...]] = ("3",)
    footer = True


class PrintMarked(PrintReceipt):
    """Guarda el comprobante del movimiento marcado en PDF y en texto para la impresora de 40 columnas."""

    footer = False


class MovementsScreen(MemberScreen[None]):
    """Newest first; Enter shows the receipt of the marked one."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ShowReceipt, Last10, Last20, Last30, PrintMarked, ReverseOperation)
    AUTO_FOCUS = "#movements"
    HELP = (
        "1, 2 y 3 muestran 10, 20 o 30 movimientos. Enter muestra el comprobante del movimiento marcado, F9 lo guarda,"
        " R lo reversa si usted es supervisor."
    )
    DEFAULT_CSS = """
    MovementsScreen Panel { height: 1fr; }
    MovementsScreen #movements { height: 1fr; max-height: 100%; }
    MovementsScreen #movement-detail { height: 2; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, row: AccountRow, count: int = 10) -> None:
        super().__init__()
        self.row = row
        self.count: Count = 30 if count == 30 else 20 if count == 20 else 10
        self._keys = KeptKeys()
        self._descriptions: dict[str, str] = {}

    def compose_body(self) -> ComposeResult:
        """One table; the description gets what is left."""
        columns = (
            Column("Fecha", width=10),
            Column("Descripción", width=max(22, self.app.size.width - 60)),
            Column("Débito", "right", 11),
            Column("Crédito", "right", 11),
            Column("Saldo", "right", 12),
        )
        yield Panel("Movimientos", PlainTable(columns, id="movements"), id="movements-panel")
        yield PlainText(id="movement-detail")

    def on_mount(self) -> None:
        """Ask for the first page."""
        super().on_mount()
        self.load()

    @flow
    async def load(self) -> None:
        """Read and show the last `count`."""
        await self._read()

    async def _read(self) -> None:
        found = await self.call(last_movements, LastMovements(self.row.account_id, self.count))
        rows = [
            (f"{move.number}/{move.operation_id}", (move.date, move.description, move.debit, move.credit, move.balance))
            for move in found.rows
        ]
        self.shows_verified = True
        self._descriptions = {key: cells[1] for key, cells in rows}
        self.query_one("#movements", PlainTable).show_rows(rows)
        title = f"{found.label} {found.account_number} · últimos {self.count}"
        self.query_one("#movements-panel", Panel).retitle(title, "" if rows else "Sin movimientos")

    def verification_ended(self) -> None:
        """Nobody is verified any more: figures go, the screen says why."""
        self.query_one("#movements", PlainTable).show_rows([])
        self.query_one("#movement-detail", PlainText).show("")
        self._descriptions = {}
        self.say(ENDED, "warning")

    def _again(self, count: Count) -> None:
        self.count = count
        self.load()

    def action_last_10(self) -> None:
        """1."""
        self._again(10)

    def action_last_20(self) -> None:
        """2."""
        self._again(20)

    def action_last_30(self) -> None:
        """3."""
        self._again(30)

    # The marked movement --------------------------------------------------------------------------

    @on(PlainTable.RowMarked, "#movements")
    def _marked(self, event: PlainTable.RowMarked) -> None:
        self.query_one("#movement-detail", PlainText).show(self._descriptions.get(event.key, ""))

    @on(PlainTable.RowChosen)
    def _chosen(self) -> None:
        self.action_show_receipt()

    @flow
    async def action_show_receipt(self) -> None:
        """Enter."""
        if (receipt := await self._receipt()) is not None:
            self.app.push_screen(ReceiptScreen(receipt))

    @flow
    async def action_print_receipt(self) -> None:
        """F9."""
        if (receipt := await self._receipt()) is not None:
            await print_receipt(self, receipt)

    @flow
    async def action_reverse(self) -> None:
        """R."""
        if (receipt := await self._receipt()) is None:
            return
        if (done := await reverse_operation(self, receipt, self._keys)) is not None:
            await self._read()
            self.say(reversed_text(done))

    async def _receipt(self) -> Receipt | None:
        """The receipt of the marked movement; says so where there is none."""
        key = self.query_one("#movements", PlainTable).current_key
        if key is None:
            self.say("No hay un movimiento marcado.", "warning")
            return None
        try:
            return await self.call(get_receipt, GetReceipt(key.partition("/")[2]))
        except NotFound:
            self.say("Ese movimiento no tiene comprobante: se hizo antes o fuera de este programa.", "warning")
            return None
