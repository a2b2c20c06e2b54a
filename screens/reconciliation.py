"""A day against the billers' file: what differs, what to do about it, and that somebody did it (req. 8, 41)."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input

from data.values.dates import format_date, format_datetime, panama_date
from data.values.errors import InvalidValue
from data.values.money import Money
from screens.base import Back, BaseScreen
from screens.dialogs.reason import Reason, ReasonDialog
from screens.flow import flow
from services.operations import Op
from services.reconciliation import Reconcile, reconcile
from services.reconciliation_lines import (
    AttendLine,
    Line,
    Reconciled,
    ShowReconciliation,
    attend_line,
    show_reconciliation,
)
from widgets.command import Command, CommandClass
from widgets.house_input import DateInput
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

NOTHING_YET = "Aún no se ha conciliado ningún día. Pulse F3, escriba el día y Enter."
CLEAN = "Sin diferencias."
NO_LINE = "No hay una diferencia en la fila."
DONE = "Esa diferencia ya fue atendida."
NOTES = (
    Reason("pasarela", "La pasarela lo corrige"),
    Reason("contabilidad", "Contabilidad hizo el ajuste"),
    Reason("asociado", "Se acordó con el asociado"),
    Reason("otro", "Otro", needs_text=True),
)


class ChooseDay(Command):
    """Lleva el cursor al día. Enter lo concilia."""

    id = "choose_day"
    label = "Día"
    keys = ("f3", "/")
    operation = Op.BILLER_RECONCILE.value
    footer = True


class CompareDay(Command):
    """Compara el día que se ve con el archivo de la pasarela."""

    id = "compare_day"
    label = "Conciliar"
    keys = ("c", "f5")
    operation = Op.BILLER_RECONCILE.value


class AttendDifference(Command):
    """Marca como atendida la diferencia de la fila, con lo que se hizo."""

    id = "attend_difference"
    label = "Atendida"
    keys = ("a",)
    operation = Op.BILLER_ATTEND.value


class InProcess(Command):
    """Muestra los pagos a recaudadores que están en proceso."""

    id = "in_process"
    label = "En proceso"
    keys = ("e",)
    operation = Op.BILLER_RECONCILE.value


class ReconciliationScreen(BaseScreen[None]):
    """For supervisors and auditors; auditors look."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ChooseDay, CompareDay, AttendDifference, InProcess, Back)
    CSS_PATH = "reconciliation.tcss"
    AUTO_FOCUS = "#differences"
    HELP = (
        "Compara lo que la cooperativa pagó a los recaudadores con el archivo del día de la pasarela. Cada diferencia"
        " dice qué hacer; «Atendida» guarda lo que se hizo."
    )

    def __init__(self) -> None:
        super().__init__()
        self._day = DateInput(id="day", help_text="El día que se concilia, dd/mm/aaaa. Enter lo compara.")
        self._table = PlainTable(
            (
                Column("Comprobante", width=13),
                Column("Diferencia", width=21),
                Column("Aquí", width=18),
                Column("Allá", width=18),
            ),
            id="differences",
        )
        self._shown: Reconciled | None = None

    def compose_body(self) -> ComposeResult:
        """The day, its differences, one of them whole, and the sums."""
        yield self._day
        with Horizontal(id="reconciliation-panes"):
            yield self._table
            with VerticalScroll(id="difference-detail", can_focus=False):
                yield PlainText(multiline=True, id="difference-lines")
        yield PlainText(id="reconciliation-state")

    def on_mount(self) -> None:
        """The latest comparison."""
        super().on_mount()
        self._day.error_listener = lambda text: self.say(text, "warning")
        self._day.value = format_date(panama_date(self.shell.now()) - timedelta(days=1))
        self._read()

    @flow
    async def _read(self) -> None:
        self._show(await self.call(show_reconciliation, ShowReconciliation()))

    # Acting ----------------------------------------------------------------------------------------

    def action_choose_day(self) -> None:
        """F3."""
        self._day.focus()
        self._day.select_all()

    @on(Input.Submitted, "#day")
    def _chosen(self) -> None:
        self.action_compare_day()

    @flow
    async def action_compare_day(self) -> None:
        """C."""
        try:
            day = self._day.parse(self._day.value)
        except InvalidValue as error:
            self.say(error.message_es, "error")
            return
        self._show(await self.call(reconcile, Reconcile(day)))
        self._table.focus()

    @flow
    async def action_attend_difference(self) -> None:
        """A."""
        line = self._current()
        if line is None:
            return
        summary = (f"{line.title} · {line.number or line.order_id}", f"Aquí: {line.ours}", f"Allá: {line.theirs}")
        given = await self.app.push_screen_wait(ReasonDialog("Diferencia atendida", NOTES, summary=summary))
        if given is None:
            return
        label = next(known.label for known in NOTES if known.code == given.code)
        note = f"{label}: {given.text}" if given.text else label
        self._show(await self.call(attend_line, AttendLine(line.id, note)))
        self.say("La diferencia quedó atendida.")

    def action_in_process(self) -> None:
        """E."""
        from screens.open_orders import OpenOrdersScreen

        self.app.push_screen(OpenOrdersScreen())

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What acts on a row needs one that waits."""
        if command is not AttendDifference:
            return None
        line = self._current()
        return NO_LINE if line is None else DONE if line.attended_at is not None else None

    # Showing ---------------------------------------------------------------------------------------

    def _show(self, shown: Reconciled | None) -> None:
        self._shown = shown
        self._table.show_rows([(str(line.id), cells(line)) for line in (shown.lines if shown else ())])
        if shown is not None:
            self._day.value = format_date(shown.day)
        self.query_one("#reconciliation-state", PlainText).show(state_text(shown) if shown else NOTHING_YET)
        self._detail()
        self.refresh_commands()

    @on(PlainTable.RowMarked, "#differences")
    def _marked(self) -> None:
        self._detail()
        self.refresh_commands()

    def _current(self) -> Line | None:
        key = self._table.current_key
        return next((line for line in (self._shown.lines if self._shown else ()) if str(line.id) == key), None)

    def _detail(self) -> None:
        line = self._current()
        text = "\n".join(detail(line)) if line else CLEAN if self._shown else ""
        self.query_one("#difference-lines", PlainText).show(text)
        self.query_one("#difference-detail", VerticalScroll).scroll_home(animate=False)


def cells(line: Line) -> tuple[str, ...]:
    """One difference; a mark tells which were attended to."""
    mark = "✓ " if line.attended_at is not None else ""
    return line.number or "—", f"{mark}{line.title}", line.ours, line.theirs


def detail(line: Line) -> list[str]:
    """One difference whole, with what to do or what was done."""
    lines = [f"Aquí: {line.ours}", f"Allá: {line.theirs}", f"Orden: {line.order_id}", ""]
    if line.attended_at is None:
        return [*lines, line.advice]
    return [*lines, f"Atendida {format_datetime(line.attended_at)} por {line.attended_by}: {line.note}"]


def state_text(shown: Reconciled) -> str:
    """The sums of both sides in one line."""
    ours, theirs = Money(shown.ours).with_symbol(), Money(shown.theirs).with_symbol()
    waiting = f"{shown.open_lines} por atender" if shown.open_lines else "nada por atender"
    return f"{format_date(shown.day)} · {shown.orders} órdenes · aquí {ours} · allá {theirs} · {waiting}"
