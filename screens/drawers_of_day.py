"""The drawers of a day for supervisors and auditors, and the branch's vault (req. 43)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult

from data.values.dates import format_date, format_time, panama_date
from data.values.money import Money
from screens.base import Back, BaseScreen
from screens.count import CountScreen
from screens.dialogs.reason import ReasonDialog
from screens.drawer_commands import EarlierDay, LaterDay, RefreshDrawer, VaultIn, VaultOut
from screens.drawer_report import DrawerReportScreen, SuspectTable, open_entry
from screens.flow import background_flow, flow
from screens.record_actions import reason_choices, reason_text
from screens.record_mends import KeptKeys
from services.drawer_moves import MoveVault, move_vault, vault_of
from services.drawer_report import difference_text
from services.drawer_review import DrawerRow, DrawersOfDay, drawers_of_day, review_drawer
from services.operations import Op
from widgets.command import CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText


class DrawersScreen(BaseScreen[None]):
    """Newest first. Enter on a closed drawer opens its report; what may explain a difference stands beneath."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (EarlierDay, LaterDay, VaultIn, VaultOut, RefreshDrawer, Back)
    AUTO_FOCUS = "#drawers"
    HELP = (
        "Las cajas del día. Enter abre el reporte de una cerrada. Abajo está lo que puede explicar la diferencia de la"
        " marcada. E y S registran el efectivo que entra y sale de la bóveda de su sucursal."
    )
    DEFAULT_CSS = """
    DrawersScreen #day-line { height: 1; padding: 0 1; text-style: bold; }
    DrawersScreen #drawers { max-height: 10; }
    DrawersScreen #suspects { margin-top: 1; }
    DrawersScreen #suspect { height: auto; padding: 1 1 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._day: date | None = None
        self._rows: tuple[DrawerRow, ...] = ()
        self._keys = KeptKeys()
        self._table = PlainTable(
            (
                Column("Cajero", width=10),
                Column("Suc.", width=4),
                Column("Horas", width=13),
                Column("Debe haber", "right", 10),
                Column("Contado", "right", 10),
                Column("Diferencia", width=20),
            ),
            id="drawers",
        )
        self._suspects = SuspectTable()

    def compose_body(self) -> ComposeResult:
        """The day and the vault, the drawers, the suspects of the one under the cursor."""
        yield PlainText(id="day-line")
        yield self._table
        yield self._suspects
        yield PlainText(id="suspect", multiline=True)

    def on_mount(self) -> None:
        """Today."""
        super().on_mount()
        self._day = panama_date(self.shell.now())
        self.read()

    @flow
    async def read(self) -> None:
        """Read the day."""
        await self._reload()

    async def _reload(self) -> None:
        day = self._day or panama_date(self.shell.now())
        self._rows = await self.call(drawers_of_day, DrawersOfDay(day))
        vault = await self.call(vault_of)
        line = f"Cajas del {format_date(day)}   Bóveda {vault.branch}: {Money(vault.cash).with_symbol()}"
        self.query_one("#day-line", PlainText).show(line)
        self._table.show_rows([(str(row.drawer_id), drawer_cells(row)) for row in self._rows])
        await self._explain()
        self.refresh_commands()

    async def _explain(self) -> None:
        row = next((row for row in self._rows if str(row.drawer_id) == self._table.current_key), None)
        wanted = row is not None and bool(row.difference)
        detail = await self.call(review_drawer, row.drawer_id) if row is not None and wanted else None
        self._suspects.show_suspects(detail.suspects if detail is not None else ())
        self._suspects.display = wanted
        if not wanted:
            self.query_one("#suspect", PlainText).show("")

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Nobody sees tomorrow."""
        if command is LaterDay and self._day is not None and self._day >= panama_date(self.shell.now()):
            return "Es el día de hoy."
        return None

    def action_earlier_day(self) -> None:
        """[."""
        self._go(-1)

    def action_later_day(self) -> None:
        """]."""
        self._go(1)

    def _go(self, days: int) -> None:
        if self._day is not None:
            self._day += timedelta(days=days)
            self.read()

    def action_refresh_drawer(self) -> None:
        """F5."""
        self.read()

    @on(PlainTable.RowChosen, "#drawers")
    def _chosen(self, event: PlainTable.RowChosen) -> None:
        self._open(int(event.key))

    @flow
    async def _open(self, drawer_id: int) -> None:
        detail = await self.call(review_drawer, drawer_id)
        self._suspects.show_suspects(detail.suspects)
        self._suspects.display = bool(detail.suspects)
        if detail.report is None:
            self.say("Esa caja sigue abierta: el reporte sale al cerrarla.", "warning")
            return
        await self.app.push_screen_wait(DrawerReportScreen(detail.report))

    @on(PlainTable.RowMarked, "#suspects")
    def _marked(self, event: PlainTable.RowMarked) -> None:
        self.query_one("#suspect", PlainText).show(self._suspects.suspects[int(event.key)].explanation)

    @on(PlainTable.RowMarked, "#drawers")
    def _other_drawer(self) -> None:
        self._explain_marked()

    @background_flow
    async def _explain_marked(self) -> None:
        await self._explain()

    @on(PlainTable.RowChosen, "#suspects")
    def _suspected(self, event: PlainTable.RowChosen) -> None:
        open_entry(self, self._suspects.entry_of(event.key))

    @flow
    async def action_vault_in(self) -> None:
        """E."""
        await self._move("in", "Entrada a la bóveda")

    @flow
    async def action_vault_out(self) -> None:
        """S."""
        await self._move("out", "Salida de la bóveda")

    async def _move(self, direction: Literal["in", "out"], title: str) -> None:
        counted = await self.app.push_screen_wait(CountScreen(title, "Cuente lo que entra o sale."))
        if counted is None:
            return
        summary = (f"Monto: {Money(counted.count.total).with_symbol()}",)
        op = Op.VAULT_MOVE
        given = await self.app.push_screen_wait(ReasonDialog(title, reason_choices(op), summary=summary))
        if given is None:
            return
        reason = reason_text(op, given)
        with self._keys.use((direction, counted.count, reason)) as key:
            receipt = await self.call(move_vault, MoveVault(key, direction, counted.count, reason))
        await self._reload()
        self.say(f"{title}: {Money(receipt.amount).with_symbol()}, comprobante {receipt.number}.")


def drawer_cells(row: DrawerRow) -> tuple[str, str, str, str, str, str]:
    """A drawer in one line."""
    until = format_time(row.closed_at) if row.closed_at else "abierta"
    counted = "—" if row.counted is None else Money(row.counted).format()
    difference = "—" if row.difference is None else difference_text(row.difference)
    hours = f"{format_time(row.opened_at)} {until}"
    return row.username, row.branch, hours, Money(row.expected).format(), counted, difference
