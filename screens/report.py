"""A report on the screen: its tables and plots, by period and branch; F9 and X save what is shown (req. 46, 51)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult

from data.values.dates import panama_date
from screens.audit_panels import bar
from screens.base import Back, BaseScreen
from screens.flow import background_flow, flow
from screens.report_commands import (
    ByDay,
    ByHalf,
    ByMonth,
    ByWeek,
    ChooseBranch,
    PeriodAfter,
    PeriodBefore,
    ReadReport,
    SaveBook,
    SavePdf,
    TypePeriod,
)
from screens.staff_shell import staff_shell
from services.errors import InvalidInput
from services.report_document import Report
from services.report_files import ExportReport, export_report
from services.report_periods import PeriodKind, ReportPeriod, parse_period, period_of
from services.reports import MakeReport, ReportKind, make_report
from widgets.command import CommandClass
from widgets.document_view import DocumentView
from widgets.report_lines import report_lines
from widgets.text import PlainText

TICK = 0.1
LENGTHS: dict[CommandClass, PeriodKind] = {
    ByDay: PeriodKind.DAY,
    ByWeek: PeriodKind.WEEK,
    ByMonth: PeriodKind.MONTH,
    ByHalf: PeriodKind.HALF,
}
WHOLE = "toda"


class Reading:
    """One reading under way; its thread asks it whether to go on."""

    def __init__(self) -> None:
        self.stop = False
        self.at = (0, 0)

    def progress(self, done: int, total: int) -> bool:
        """Called from the reading thread: numbers only, no widget."""
        self.at = (done, total)
        return not self.stop


class ReportScreen(BaseScreen[None]):
    """One of the reports. Looking is an event itself."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        PeriodBefore,
        PeriodAfter,
        ByDay,
        ByWeek,
        ByMonth,
        ByHalf,
        ChooseBranch,
        TypePeriod,
        ReadReport,
        SavePdf,
        SaveBook,
        Back,
    )
    AUTO_FOCUS = "#report"
    HELP = (
        "Flechas, Av Pág y Re Pág recorren el reporte; N y P van de sección en sección. [ y ] cambian de periodo."
        " F9 guarda en PDF y X en hoja de cálculo lo mismo que está en la pantalla. Esc detiene una lectura larga."
    )
    DEFAULT_CSS = """
    ReportScreen #report-head { height: 1; padding: 0 1; text-style: bold; }
    """

    def __init__(self, kind: ReportKind, period: ReportPeriod | None = None, branch: str | None = None) -> None:
        super().__init__()
        self._kind, self._period, self._branch = kind, period, branch
        self._report: Report | None = None
        self._reading: Reading | None = None

    def compose_body(self) -> ComposeResult:
        """What it is, and the document."""
        yield PlainText(id="report-head")
        yield DocumentView(id="report")

    def on_mount(self) -> None:
        """The period of today."""
        super().on_mount()
        self.read()

    @property
    def period(self) -> ReportPeriod:
        """The period that is shown or asked for."""
        if self._period is None:
            self._period = period_of(self._kind.periods[0], panama_date(self.shell.now()))
        return self._period

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Nobody reports what is to come; what is being read can't be saved."""
        if command is PeriodAfter and self.period.last >= panama_date(self.shell.now()):
            return "Es el periodo de hoy."
        if command in LENGTHS and LENGTHS[command] not in self._kind.periods:
            return "Ese reporte no sale para ese periodo."
        if command is ChooseBranch and not self._kind.branches:
            return "Ese reporte es de toda la cooperativa."
        if command in (SavePdf, SaveBook) and self._report is None:
            return "Espere a que termine la lectura."
        return None

    # Reading ---------------------------------------------------------------------------------------

    def read(self) -> None:
        """Begin anew; a reading that is under way ends without an answer."""
        self.stop_reading()
        self._reading, self._report = Reading(), None
        self.query_one(DocumentView).show(None)
        self.refresh_commands()
        self._read(self._reading)

    @background_flow
    async def _read(self, reading: Reading) -> None:
        head = self.query_one("#report-head", PlainText)
        title = f"{self._kind.title} · {self.period.text}"
        head.show(f"{title} · leyendo… Esc detiene")
        timer = self.set_interval(TICK, lambda: head.show(f"{title} {bar(*reading.at)} Esc detiene"))
        try:
            command = MakeReport(self._kind.word, self.period, self._branch, staff_shell(self).checkpoints_path)
            report = await self.shell.call(make_report, command, progress=reading.progress)
        except BaseException:
            if self._reading is reading:
                head.show(f"{title} · sin leer: F5")
            raise
        finally:
            timer.stop()
            if self._reading is reading:
                self._reading = None
        self._report = report
        head.show(f"{report.title} · {report.period} · {report.scope}")
        self.query_one(DocumentView).show(partial(report_lines, report))
        self.refresh_commands()

    def stop_reading(self) -> None:
        """The thread must not read on for nobody."""
        if self._reading is not None:
            self._reading.stop = True

    def on_unmount(self) -> None:
        """Gone is gone."""
        self.stop_reading()

    async def action_back(self) -> None:
        """Esc stops a reading first."""
        if self._reading is not None and not self._reading.stop:
            self.stop_reading()
        else:
            await super().action_back()

    def action_read_report(self) -> None:
        """F5."""
        self.read()

    # Period and branch -----------------------------------------------------------------------------

    def go(self, period: ReportPeriod) -> None:
        """Show another period."""
        self._period = period
        self.read()

    def action_period_before(self) -> None:
        """[."""
        self.go(self.period.before())

    def action_period_after(self) -> None:
        """]."""
        self.go(self.period.after())

    def _length(self, kind: PeriodKind) -> None:
        """The period of that length that ends with what is shown, or with today where that lies in it."""
        self.go(period_of(kind, min(self.period.last, panama_date(self.shell.now()))))

    def action_by_day(self) -> None:
        """D."""
        self._length(PeriodKind.DAY)

    def action_by_week(self) -> None:
        """S."""
        self._length(PeriodKind.WEEK)

    def action_by_month(self) -> None:
        """M."""
        self._length(PeriodKind.MONTH)

    def action_by_half(self) -> None:
        """E."""
        self._length(PeriodKind.HALF)

    @flow
    async def action_type_period(self) -> None:
        """G."""
        from screens.dialogs.ask_line import AskLine

        help_text = "23/11/2026 un día, 11/2026 un mes, 2026-1 o 2026-2 un semestre."
        if typed := await self.app.push_screen_wait(AskLine("Periodo", help_text=help_text)):
            period = parse_period(typed)
            if period.kind not in self._kind.periods:
                raise InvalidInput("Ese reporte no sale para ese periodo.", field="period")
            self.go(period)

    @flow
    async def action_choose_branch(self) -> None:
        """B."""
        from screens.dialogs.ask_line import AskLine

        help_text = f"Tres dígitos, por ejemplo 018; «{WHOLE}» es la cooperativa entera."
        if typed := await self.app.push_screen_wait(AskLine("Sucursal", help_text=help_text)):
            self._branch = None if typed.casefold() == WHOLE else typed
            self.read()

    # Saving ----------------------------------------------------------------------------------------

    @flow
    async def action_save_pdf(self) -> None:
        """F9."""
        await self._save("pdf")

    @flow
    async def action_save_book(self) -> None:
        """X."""
        await self._save("xlsx")

    async def _save(self, form: str) -> None:
        if (report := self._report) is None:
            return
        done = await self.call(export_report, ExportReport(report, form, staff_shell(self).receipts_folder))
        self.say(f"Guardado {done.path.name} · huella {done.sha256[:16]}… · {done.path.parent}")
