"""What a count brings: the difference with what may explain it, or the report of the drawer that was closed."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from textual import on
from textual.app import ComposeResult

from screens.base import Back, BaseScreen
from screens.dialogs.confirm import Confirm
from screens.drawer_commands import CloseWithDifference, CountAgain, PrintReport
from screens.flow import flow
from screens.staff_shell import staff_shell
from services.drawer_difference import Suspect
from services.drawer_report import DrawerReport, difference_text
from services.drawers import Closing
from services.receipt_files import save_receipt
from services.receipt_print import text40
from services.receipts import GetReceipt, get_receipt
from widgets.command import CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.receipt_view import ReceiptView
from widgets.text import PlainText

Answer = Literal["recount", "stands"]
SUSPECT_CELLS = 71
"""What 80 columns leave; the whole text of the one under the cursor stands beneath."""


class SuspectTable(PlainTable):
    """The suspects, the likeliest first; Enter opens the receipt of the entry."""

    help_text = "Lo que puede explicar la diferencia, lo más probable primero. Enter abre el comprobante."

    def __init__(self) -> None:
        super().__init__((Column("N.º", "right", 3), Column("Lo que pudo pasar", width=SUSPECT_CELLS)), id="suspects")
        self.suspects: tuple[Suspect, ...] = ()

    def show_suspects(self, suspects: tuple[Suspect, ...]) -> None:
        """Replace them."""
        self.suspects = suspects
        self.show_rows([(str(at), (at + 1, suspect.explanation)) for at, suspect in enumerate(suspects)])

    def entry_of(self, key: str) -> str | None:
        """The operation to look at; None for a payment that was never registered."""
        entries = self.suspects[int(key)].entries
        return entries[-1] if entries else None


class DifferenceScreen(BaseScreen[Answer]):
    """After a count that doesn't agree. Answers «recount», «stands», or None when it is left."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (CountAgain, CloseWithDifference, Back)
    AUTO_FOCUS = "#suspects"
    HELP = (
        "El conteo no cuadra con lo registrado. Abajo está lo que puede explicarlo: Enter abre el comprobante."
        " R cuenta otra vez; F2 y F4 cierran con la diferencia, que queda registrada."
    )
    DEFAULT_CSS = """
    DifferenceScreen #difference { height: 1; padding: 0 1; text-style: bold; color: $text-warning; }
    DifferenceScreen #counts-left { height: 1; padding: 0 1; color: $text-muted; }
    DifferenceScreen #suspect { height: auto; padding: 1 1 0 1; }
    """

    def __init__(self, closing: Closing) -> None:
        super().__init__()
        self._found = closing
        self._table = SuspectTable()

    def compose_body(self) -> ComposeResult:
        """The difference, the suspects, the whole text of the one under the cursor."""
        yield PlainText(f"⚠ {difference_text(self._found.difference)}", id="difference")
        left = self._found.counts_left
        yield PlainText(f"Puede contar {left} {'vez' if left == 1 else 'veces'} más.", id="counts-left")
        yield self._table
        yield PlainText(id="suspect", multiline=True)

    def on_mount(self) -> None:
        """The list."""
        super().on_mount()
        self._table.show_suspects(self._found.suspects)

    @on(PlainTable.RowMarked)
    def _marked(self, event: PlainTable.RowMarked) -> None:
        self.query_one("#suspect", PlainText).show(self._table.suspects[int(event.key)].explanation)

    @on(PlainTable.RowChosen)
    def _chosen(self, event: PlainTable.RowChosen) -> None:
        open_entry(self, self._table.entry_of(event.key))

    def action_count_again(self) -> None:
        """R."""
        self.dismiss("recount")

    @flow
    async def action_close_with_difference(self) -> None:
        """F2, and then another key: a second F2 of the count before it must not close anything."""
        lines = (
            f"{difference_text(self._found.difference)}.",
            "La caja se cierra sin contarla otra vez, y la diferencia queda registrada con su usuario.",
        )
        question = Confirm(
            "¿Cerrar con esta diferencia?", lines, accept="Cerrar así", dangerous=True, trigger_keys=("f2",)
        )
        if await self.app.push_screen_wait(question):
            self.dismiss("stands")


class DrawerReportScreen(BaseScreen[None]):
    """The report as it is printed."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (PrintReport, Back)
    AUTO_FOCUS = "#report"
    HELP = "El reporte del cierre. F9 lo guarda para imprimirlo; fírmelo y entréguelo a su supervisor."
    DEFAULT_CSS = "DrawerReportScreen #body { align-horizontal: center; }"

    def __init__(self, report: DrawerReport) -> None:
        super().__init__()
        self._report = report

    def compose_body(self) -> ComposeResult:
        """The paper."""
        yield ReceiptView(text40(self._report), id="report")

    @flow
    async def action_print_report(self) -> None:
        """F9."""
        shell = staff_shell(self)
        printed, _ = await self.call(save_receipt, self._report, shell.receipts_folder, shell.checkpoints_path)
        self.say(f"Guardado en {printed.parent}: {printed.name} y .txt")


@flow
async def open_entry(screen: BaseScreen[Any], operation_id: str | None) -> None:
    """Show the receipt of a suspected entry."""
    from screens.receipt import ReceiptScreen

    if operation_id is None:
        screen.say("Ese movimiento no se registró: no hay comprobante que abrir.", "warning")
        return
    receipt = await screen.call(get_receipt, GetReceipt(operation_id))
    screen.app.push_screen(ReceiptScreen(receipt))
