"""A month of the audit: how many events each day has; Enter shows the day."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message

from data.values.dates import MONTHS, WEEKDAYS, panama_date
from screens.audit_panels import spark
from screens.base import Back, BaseScreen
from screens.flow import flow
from services.audit_activity import ReadActivity, read_activity
from services.audit_filter import AuditFilter
from services.operations import Op
from widgets.command import Command, CommandClass
from widgets.text import PlainText, safe

CELL = 10


class MonthBefore(Command):
    """Muestra el mes anterior."""

    id = "month_before"
    label = "Mes anterior"
    keys = ("n", "pageup")
    operation = Op.AUDIT_READ.value


class MonthAfter(Command):
    """Muestra el mes siguiente."""

    id = "month_after"
    label = "Mes siguiente"
    keys = ("r", "pagedown")
    operation = Op.AUDIT_READ.value


class ShowDay(Command):
    """Muestra los eventos del día elegido."""

    id = "show_day"
    label = "Ver el día"
    keys = ("enter", "f2")
    operation = Op.AUDIT_READ.value
    footer = True


class MonthGrid(PlainText, can_focus=True):
    """The days of a month with their counts; arrows move."""

    BINDINGS = [
        Binding("left,h", "step(-1)", show=False),
        Binding("right,l", "step(1)", show=False),
        Binding("up,k", "step(-7)", show=False),
        Binding("down,j", "step(7)", show=False),
    ]
    DEFAULT_CSS = "MonthGrid { height: auto; margin: 1 2; }"
    help_text = "Las flechas eligen el día; Enter lo muestra. N y R cambian de mes."

    class Moved(Message):
        """Another day; perhaps of another month."""

    def __init__(self, day: date, today: date) -> None:
        super().__init__(multiline=True, id="month")
        self.day, self._today = day, today
        self._counts: Mapping[date, int] = {}

    def show_counts(self, counts: Mapping[date, int]) -> None:
        """Draw the month of the chosen day."""
        self._counts = counts
        self.draw()

    def draw(self) -> None:
        """The grid: a week a line, below each number its events."""
        lines = [safe("".join(f"{name[:3]:>{CELL - 1}} " for name in WEEKDAYS), multiline=True)]
        for week in calendar.Calendar().monthdatescalendar(self.day.year, self.day.month):
            lines += [self._line(week, numbers=True), self._line(week, numbers=False)]
        self.show(Text("\n").join(lines))

    def _line(self, week: list[date], *, numbers: bool) -> Text:
        line = Text()
        for day in week:
            count = self._counts.get(day, 0)
            inside = day.month == self.day.month
            shown = f"{day.day}" if numbers else (f"{count:,}" if count else "·")
            chosen = f"▸{shown}" if numbers and day == self.day else shown
            style = "bold reverse" if day == self.day else "dim" if not count else ""
            line.append(f"{chosen if inside else '':>{CELL - 1}}", style).append(" ")
        return line

    def action_step(self, days: int) -> None:
        """Go there, never into the future."""
        self.go(self.day + timedelta(days=days))

    def go(self, day: date) -> None:
        """Choose a day."""
        self.day = min(day, self._today)
        self.draw()
        self.post_message(self.Moved())


class AuditCalendar(BaseScreen[date]):
    """Answers with the day that was chosen."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ShowDay, MonthBefore, MonthAfter, Back)
    AUTO_FOCUS = "#month"
    DEFAULT_CSS = "AuditCalendar #month-name { padding: 0 2; }"
    HELP = "Cuántos eventos cumplen el filtro cada día. Las flechas eligen, Enter muestra el día, Esc vuelve."

    def __init__(self, wanted: AuditFilter, day: date) -> None:
        super().__init__()
        self._wanted, self._day = wanted, day
        self._shown: date | None = None

    def compose_body(self) -> ComposeResult:
        """The month's name and shape, and its grid."""
        yield PlainText(id="month-name")
        yield MonthGrid(self._day, panama_date(self.shell.now()))

    def on_mount(self) -> None:
        """Read the month."""
        super().on_mount()
        self._read()

    @flow
    async def _read(self) -> None:
        grid = self.query_one(MonthGrid)
        first = grid.day.replace(day=1)
        counts = await self.call(read_activity, ReadActivity(first, self._wanted))
        self._shown = first
        last = calendar.monthrange(first.year, first.month)[1]
        shape = spark([counts.get(first.replace(day=day), 0) for day in range(1, last + 1)])
        name = f"{MONTHS[first.month - 1].capitalize()} {first.year}   {shape}   {sum(counts.values()):,} eventos"
        self.query_one("#month-name", PlainText).show(name)
        grid.show_counts(counts)

    def on_month_grid_moved(self) -> None:
        """Another month is read when it is reached."""
        if self.query_one(MonthGrid).day.replace(day=1) != self._shown:
            self._read()

    def action_month_before(self) -> None:
        """N."""
        grid = self.query_one(MonthGrid)
        grid.go(grid.day.replace(day=1) - timedelta(days=1))

    def action_month_after(self) -> None:
        """R."""
        grid = self.query_one(MonthGrid)
        grid.go((grid.day.replace(day=1) + timedelta(days=32)).replace(day=1))

    def action_show_day(self) -> None:
        """Enter."""
        self.dismiss(self.query_one(MonthGrid).day)
