"""The menu of reports: those that the operator's roles may see, and what each answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult

from screens.base import Back, BaseScreen
from screens.report import ReportScreen
from screens.report_commands import OpenReport
from screens.staff_shell import staff_shell
from services.errors import InvalidInput, NotFound
from services.report_periods import ReportPeriod, parse_period
from services.reports import REPORTS, ReportKind, kind_of
from widgets.command import CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

if TYPE_CHECKING:
    from textual.message_pump import MessagePump


class ReportsMenu(BaseScreen[None]):
    """One line a report."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (OpenReport, Back)
    AUTO_FOCUS = "#reports"
    HELP = "Enter abre el reporte. Desde el mostrador, «:rep cierre 23/11/2026 018» lo abre de una vez."
    DEFAULT_CSS = """
    ReportsMenu #reports-head { height: 1; padding: 0 1; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._table = PlainTable(
            (Column("Palabra", width=9), Column("Reporte", width=23), Column("Qué dice", width=42)), id="reports"
        )

    def compose_body(self) -> ComposeResult:
        """The list."""
        yield PlainText("Reportes", id="reports-head")
        yield self._table

    def on_mount(self) -> None:
        """Fill it."""
        super().on_mount()
        self._table.show_rows([(kind.word, (kind.word, kind.title, kind.about)) for kind in permitted(self)])

    def action_open_report(self) -> None:
        """Enter."""
        if (word := self._table.current_key) is not None:
            self.app.push_screen(ReportScreen(REPORTS[word]))

    @on(PlainTable.RowChosen)
    def _chosen(self, event: PlainTable.RowChosen) -> None:
        self.app.push_screen(ReportScreen(REPORTS[event.key]))


def permitted(node: MessagePump) -> list[ReportKind]:
    """The reports that the operator's roles may see; the service decides again."""
    shell = staff_shell(node)
    rules = shell.uow.policy.operations
    return [kind for kind in REPORTS.values() if rules[kind.op].roles & shell.operator.roles]


def asked_report(arguments: str) -> ReportScreen:
    """The screen that a line asks for: `cierre`, `cierre 23/11/2026`, `cierre 11/2026 018`.

    Raises NotFound, InvalidInput.
    """
    name, *rest = arguments.split()
    kind = kind_of(name.casefold())
    branch: str | None = None
    period: ReportPeriod | None = None
    for word in rest:
        if len(word) == 3 and word.isdecimal():
            branch = word
        else:
            period = parse_period(word)
    if period is not None and period.kind not in kind.periods:
        raise InvalidInput("Ese reporte no sale para ese periodo.", field="period")
    return ReportScreen(kind, period, branch)


def echo_of(arguments: str) -> tuple[str, bool]:
    """What the line would do, and whether it can."""
    try:
        asked_report(arguments)
    except (NotFound, InvalidInput) as error:
        return error.user_text, False
    return f"Abre el reporte {' '.join(arguments.split())}.", True
