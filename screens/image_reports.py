"""Members who did not recognise their security image: whom to call, and what came of it (S69)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult

from screens.base import Back, BaseScreen
from screens.dialogs.reason import Reason, ReasonDialog
from screens.flow import background_flow, flow
from screens.staff_shell import staff_shell
from services.image_reports import AttendReport, ReportRow, attend_report, open_reports
from services.moments import spoken_moment
from services.operations import Op
from services.reasons import reasons_for
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

if TYPE_CHECKING:
    from datetime import datetime

REFRESH_SECONDS = 20
NONE_OPEN = "Nadie espera por su imagen."
OTHER = Reason("otro", "Otro", needs_text=True)
TRUE_ONE = "! Vio la suya y no la reconoció"
FALSE_ONE = "Respondió mal: vio una ajena"


class ReadReports(Command):
    """Vuelve a leer la lista."""

    id = "read_reports"
    label = "Actualizar"
    keys = ("f5",)
    footer = True


class OpenReported(Command):
    """Abre la ficha del asociado de la fila, para verificarlo y restablecer su imagen si hace falta."""

    id = "open_reported"
    label = "Ficha"
    keys = ("enter",)
    operation = Op.RECORD_VIEW.value
    footer = True


class Attend(Command):
    """Anota qué se hizo con el aviso de la fila y lo saca de la lista. Queda en el historial del asociado."""

    id = "attend"
    label = "Atender"
    keys = ("a",)
    operation = Op.IMAGE_REPORT_ATTEND.value


class ImageReportsScreen(BaseScreen[None]):
    """For everybody who serves members."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Attend, OpenReported, ReadReports, Back)
    CSS_PATH = "image_reports.tcss"
    AUTO_FOCUS = "#reports"
    HELP = (
        "Asociados que pulsaron «No es mi imagen» al ingresar. Los marcados con «!» vieron su propia imagen: o la"
        " olvidaron, o alguien imita el portal. Llámelos al teléfono registrado. Los demás respondieron mal su pregunta"
        " y por eso vieron otra imagen."
    )

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[ReportRow, ...] = ()
        self._table = PlainTable(
            (
                Column("Último aviso", width=17),
                Column("Número", width=10),
                Column("Por", width=8),
                Column("Veces", "right", width=5),
                Column("Qué pasó", width=32),
            ),
            id="reports",
        )

    def compose_body(self) -> ComposeResult:
        """The list, and how many."""
        yield self._table
        yield PlainText(id="reports-state")

    def on_mount(self) -> None:
        """Read it, and follow what others do."""
        super().on_mount()
        self.action_read_reports()
        self.set_interval(REFRESH_SECONDS, self._by_itself)

    def on_screen_resume(self) -> None:
        """Back from the reason, or from a lock: others may have attended meanwhile."""
        super().on_screen_resume()
        if self.is_mounted:
            self.refresh_panels()

    def _by_itself(self) -> None:
        if self.is_current:
            self.refresh_panels()

    @flow
    async def action_read_reports(self) -> None:
        """F5."""
        await self._read()

    @background_flow
    async def refresh_panels(self) -> None:
        """What others did meanwhile; no sign of life, and the cursor stays where it is."""
        await self._read()

    async def _read(self) -> None:
        self._rows = await self.call(open_reports)
        now = self.shell.now()
        self._table.show_rows([(str(row.report_id), cells(row, now)) for row in self._rows])
        grave = sum(row.answered for row in self._rows)
        many = "1 asociado espera" if len(self._rows) == 1 else f"{len(self._rows)} asociados esperan"
        text = f"{many}; {grave} con «!»." if self._rows else NONE_OPEN
        self.query_one("#reports-state", PlainText).show(text)
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Both act on a row."""
        return NONE_OPEN if command in (Attend, OpenReported) and not self._rows else None

    def action_open_reported(self) -> None:
        """Enter where the list does not take it."""
        self._open()

    @on(PlainTable.RowChosen, "#reports")
    def _open(self) -> None:
        if (row := self._current()) is not None:
            staff_shell(self).open_record(row.member_id)

    @flow
    async def action_attend(self) -> None:
        """A."""
        row = self._current()
        if row is None:
            return
        reasons = (*(Reason(text, text) for text in reasons_for(Op.IMAGE_REPORT_ATTEND)), OTHER)
        summary = (f"{row.number} · {TRUE_ONE.removeprefix('! ') if row.answered else FALSE_ONE}",)
        given = await self.app.push_screen_wait(ReasonDialog("Atender el aviso", reasons, summary=summary))
        if given is None:
            return
        label = "" if given.code == OTHER.code else given.code
        note = ": ".join(part for part in (label, given.text) if part)
        await self.call(attend_report, AttendReport(row.report_id, row.member_id, note))
        await self._read()
        self.say(f"Atendido: {row.number}. Quedó en su historial.")

    def _current(self) -> ReportRow | None:
        key = self._table.current_key
        return next((row for row in self._rows if str(row.report_id) == key), None)


def cells(row: ReportRow, now: datetime) -> tuple[str, ...]:
    """One member; «!» tells that somebody should call now."""
    happened = TRUE_ONE if row.answered else FALSE_ONE
    return spoken_moment(row.at, now), row.number, row.channel, str(row.times), happened
