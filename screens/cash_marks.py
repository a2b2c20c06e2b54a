"""The cash that is reported, a month a page, for compliance alone (req. 45)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from data.values.dates import format_date, panama_date, to_panama
from data.values.money import Money
from screens.base import Back, BaseScreen
from screens.flow import flow
from services.cash_mark_list import MarkRow, MarksOfMonth, marks_of_month
from widgets.command import Command, CommandClass
from widgets.plain_table import PAGE_ROWS, Column, PlainTable
from widgets.text import PlainText

EMPTY = "No hay efectivo que reportar en ese mes."


class EarlierMonth(Command):
    """Muestra el mes anterior."""

    id = "earlier_month"
    label = "Mes anterior"
    keys: ClassVar[tuple[str, ...]] = ("[", "pageup")
    footer = True


class LaterMonth(Command):
    """Muestra el mes siguiente."""

    id = "later_month"
    label = "Mes siguiente"
    keys: ClassVar[tuple[str, ...]] = ("]", "pagedown")
    footer = True


class CashMarksScreen(BaseScreen[None]):
    """The list, and the whole of the one under the cursor."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (EarlierMonth, LaterMonth, Back)
    AUTO_FOCUS = "#marks"
    HELP = (
        "Efectivo que se reporta: de una operación o del asociado en la semana. Solo lo ve cumplimiento."
        " «coop-tui cash marks» lo exporta en CSV."
    )
    DEFAULT_CSS = """
    CashMarksScreen #month-line { height: 1; padding: 0 1; text-style: bold; }
    CashMarksScreen #marks { max-height: 60%; }
    CashMarksScreen #mark { height: auto; padding: 1 1 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._month: date | None = None
        self._rows: tuple[MarkRow, ...] = ()
        self._table = PlainTable(
            (
                Column("Fecha", width=11),
                Column("Asociado", width=8),
                Column("Nombre", width=16),
                Column("Sentido", width=8),
                Column("Monto", "right", 12),
                Column("Semana", "right", 12),
            ),
            id="marks",
        )

    def compose_body(self) -> ComposeResult:
        """Month, list, detail."""
        yield PlainText(id="month-line")
        yield self._table
        yield PlainText(id="mark", multiline=True)

    def on_mount(self) -> None:
        """This month."""
        super().on_mount()
        self._month = panama_date(self.shell.now()).replace(day=1)
        self.read()

    @flow
    async def read(self) -> None:
        """Read the month."""
        month = self._month or panama_date(self.shell.now())
        self._rows = await self.call(marks_of_month, MarksOfMonth(month))
        shown = self._rows[-PAGE_ROWS:]
        more = f", se ven las últimas {PAGE_ROWS}: exporte el mes" if len(self._rows) > len(shown) else ""
        self.query_one("#month-line", PlainText).show(
            f"Efectivo que se reporta · {month:%m/%Y} · {len(self._rows)}{more}"
        )
        self._table.show_rows([(row.operation_id, mark_cells(row)) for row in shown])
        self.query_one("#mark", PlainText).show("" if shown else EMPTY)
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """No month that has not begun."""
        if command is LaterMonth and self._month == panama_date(self.shell.now()).replace(day=1):
            return "Es el mes de hoy."
        return None

    def action_earlier_month(self) -> None:
        """[."""
        self._go(-1)

    def action_later_month(self) -> None:
        """]."""
        self._go(32)

    def _go(self, days: int) -> None:
        if self._month is not None:
            self._month = (self._month + timedelta(days=days)).replace(day=1)
            self.read()

    @on(PlainTable.RowMarked)
    def _marked(self, event: PlainTable.RowMarked) -> None:
        row = next((row for row in self._rows if row.operation_id == event.key), None)
        if row is not None:
            self.query_one("#mark", PlainText).show(mark_text(row))


def mark_cells(row: MarkRow) -> tuple[str, str, str, str, str, str]:
    """A mark in one line."""
    at = to_panama(row.at)
    amount, week = Money(row.amount).format(), Money(row.week_total).format()
    return f"{at:%d/%m %H:%M}", row.member, row.name, row.direction, amount, week


def mark_text(row: MarkRow) -> str:
    """The whole of it."""
    state = "reversada" if row.reversed else "falta la marca: avise a soporte" if row.missing else "aplicada"
    return "\n".join(
        (
            f"{row.kind}, comprobante {row.number}, {state}",
            f"{row.name} · {row.member} · cédula {row.cedula}",
            f"Semana del {format_date(row.week)}: {Money(row.week_total).with_symbol()}",
            f"Origen de los fondos: {row.source}",
            f"Sucursal {row.branch} · {row.agent}",
        )
    )
