"""The audit trail: a filter line, a page of events, the whole event beside it, the proof on one key (req. 47–50)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input

from data.values.dates import to_panama
from screens.base import Back, BaseScreen
from screens.flow import background_flow, flow
from screens.staff_shell import staff_shell
from services.audit_filter import HELP as FILTER_HELP
from services.audit_filter import AuditFilter, parse_filter
from services.audit_log import AuditPage, AuditRow, ReadAudit, VerifyTrail, read_audit, verify_trail
from services.errors import InvalidInput
from services.operations import Op
from widgets.command import Command, CommandClass
from widgets.house_input import TextInput
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

if TYPE_CHECKING:
    from services.audit_proof import Proof

Progress = Callable[[int, int], bool]
BAR_CELLS = 30
TICK = 0.1


class FilterAudit(Command):
    """Lleva el cursor al filtro. Enter lo aplica."""

    id = "filter_audit"
    label = "Filtrar"
    keys = ("f3", "/")
    operation = Op.AUDIT_READ.value
    footer = True


class OlderEvents(Command):
    """Muestra los eventos anteriores."""

    id = "older_events"
    label = "Anteriores"
    keys = ("n", "pagedown")
    operation = Op.AUDIT_READ.value


class NewerEvents(Command):
    """Vuelve a los eventos más nuevos."""

    id = "newer_events"
    label = "Recientes"
    keys = ("r", "f5")
    operation = Op.AUDIT_READ.value


class ProveTrail(Command):
    """Comprueba toda la cadena y sus puntos de control firmados. Esc la detiene."""

    id = "prove_trail"
    label = "Verificar"
    keys = ("v",)
    operation = Op.AUDIT_VERIFY.value


class AuditList(BaseScreen[None]):
    """For supervisors and auditors. Looking is an event itself."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (FilterAudit, OlderEvents, NewerEvents, ProveTrail, Back)
    CSS_PATH = "audit_list.tcss"
    AUTO_FOCUS = "#events"
    HELP = f"Lo que pasó, lo más nuevo primero. {FILTER_HELP} Al lado está el evento completo."

    def __init__(self) -> None:
        super().__init__()
        self._line = TextInput(
            id="audit-filter", placeholder="agente:… acción:… resultado:… desde:…", help_text=FILTER_HELP
        )
        self._table = PlainTable(
            (
                Column("Hora", width=14),
                Column("Quién", width=12),
                Column("Qué", width=25),
                Column("Asoc.", width=6),
                Column("Resultado", width=10),
            ),
            id="events",
        )
        self._filter = AuditFilter()
        self._page = AuditPage((), more=False)
        self._verifying = False
        self._stop = False
        self._progress = (0, 0)

    def compose_body(self) -> ComposeResult:
        """Filter, table, detail, and the line of the proof."""
        yield self._line
        with Horizontal(id="audit-panes"):
            yield self._table
            with VerticalScroll(id="audit-detail", can_focus=False):
                yield PlainText(multiline=True, id="event-lines")
        yield PlainText(id="audit-state")

    def on_mount(self) -> None:
        """The newest page."""
        super().on_mount()
        self._read(None)

    # Pages -----------------------------------------------------------------------------------------

    @flow
    async def _read(self, before_id: int | None) -> None:
        page = await self.call(read_audit, ReadAudit(self._filter, before_id))
        self._page = page
        self._table.show_rows([(str(row.event_id), cells(row)) for row in page.rows])
        self._table.move_cursor(row=0)
        self._state(f"{len(page.rows)} eventos." + (" Hay anteriores: N." if page.more else ""))
        self._detail()
        self.refresh_commands()

    @on(Input.Submitted, "#audit-filter")
    def _filtered(self) -> None:
        try:
            self._filter = parse_filter(self._line.value)
        except InvalidInput as error:
            self.say(error.user_text, "error")
            return
        self.hush()
        self._table.focus()
        self._read(None)

    def action_filter_audit(self) -> None:
        """F3."""
        self._line.focus()
        self._line.select_all()

    def action_older_events(self) -> None:
        """N."""
        self._read(self._page.rows[-1].event_id)

    def action_newer_events(self) -> None:
        """R."""
        self._read(None)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """No page behind the last; one proof at a time."""
        if command is OlderEvents and not self._page.more:
            return "No hay eventos anteriores con ese filtro."
        if command is ProveTrail and self._verifying:
            return "La verificación está en marcha; Esc la detiene."
        return None

    @on(PlainTable.RowHighlighted, "#events")
    def _detail(self) -> None:
        key = self._table.current_key
        row = next((row for row in self._page.rows if str(row.event_id) == key), None)
        lines = () if row is None else (f"Evento {row.seq if row.seq is not None else 'sin sello aún'}", *row.lines)
        self.query_one("#event-lines", PlainText).show("\n".join(lines))
        self.query_one("#audit-detail", VerticalScroll).scroll_home(animate=False)

    # The proof -------------------------------------------------------------------------------------

    def action_prove_trail(self) -> None:
        """V."""
        self._verifying, self._stop, self._progress = True, False, (0, 0)
        self.refresh_commands()
        self._prove()

    @background_flow
    async def _prove(self) -> None:
        timer = self.set_interval(TICK, self._draw_progress)
        self._draw_progress()
        try:
            command = VerifyTrail(staff_shell(self).checkpoints_path)
            proof = await self.shell.call(verify_trail, command, progress=self._count)
        finally:
            timer.stop()
            self._verifying = False
        self._state("")
        self._tell(proof)
        self.refresh_commands()

    def on_unmount(self) -> None:
        """The thread must not walk on for nobody."""
        self._stop = True

    def _count(self, done: int, total: int) -> bool:
        """Called from the walking thread: numbers only, no widget."""
        self._progress = (done, total)
        return not self._stop

    def _draw_progress(self) -> None:
        self._state(f"Verificando {bar(*self._progress)}  Esc detiene")

    def _tell(self, proof: Proof) -> None:
        if proof.intact:
            anchored = f" Puntos de control firmados: {proof.checkpoints}, hasta el evento {proof.anchored}."
            self.say(proof.summary + anchored)
        else:
            rest = len(proof.findings) - 1
            more = f" Y {rest} más." if rest else ""
            stopped = proof.findings[0].code == "stopped"
            self.say(proof.summary + more, "warning" if stopped else "error")

    def _state(self, text: str) -> None:
        self.query_one("#audit-state", PlainText).show(text)

    async def action_back(self) -> None:
        """Esc: stops a proof, leaves the filter, leaves the screen."""
        if self._verifying:
            self._stop = True
        elif self.focused is self._line:
            self._table.focus()
        else:
            await super().action_back()


def cells(row: AuditRow) -> tuple[str, str, str, str, str]:
    """An event in one line."""
    return f"{to_panama(row.at):%d/%m %H:%M:%S}", row.who, row.action, row.member_number or "", row.result


def bar(done: int, total: int) -> str:
    """Progress without colour: `██████░░░░  60 % (600 de 1,000)`."""
    share = min(1.0, done / total) if total else 0.0
    full = int(share * BAR_CELLS)
    return f"{'█' * full}{'░' * (BAR_CELLS - full)} {round(share * 100):>3} % ({done:,} de {total:,})"
