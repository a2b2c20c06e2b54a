"""The pages of the audit console: a filter line, the day's activity, events, the whole event beside them (req. 51)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar, Self

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input

from data.values.dates import panama_date
from screens.audit_commands import (
    DayAfter,
    DayBefore,
    FilterAudit,
    FilterByValue,
    NewerEvents,
    OlderEvents,
    PivotOnValue,
)
from screens.audit_panels import PIVOTS, AuditTable, FilterLine, activity, cells, event_lines
from screens.base import Back, BaseScreen
from screens.flow import flow
from services.audit_body import AuditRow
from services.audit_filter import HELP as FILTER_HELP
from services.audit_filter import day_of, on_day, parse_filter, with_word
from services.audit_log import AuditPage, ReadAudit, list_people, read_audit
from services.errors import InvalidInput
from widgets.command import CommandClass
from widgets.plain_table import PlainTable
from widgets.text import PlainText


class AuditPages(BaseScreen[None]):
    """For supervisors and auditors. Looking is an event itself."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        FilterAudit,
        OlderEvents,
        NewerEvents,
        DayBefore,
        DayAfter,
        FilterByValue,
        PivotOnValue,
        Back,
    )
    CSS_PATH = "audit_list.tcss"
    AUTO_FOCUS = "#events"
    HELP = f"Lo que pasó, lo más nuevo primero. {FILTER_HELP} Al lado está el evento completo."

    def __init__(self) -> None:
        super().__init__()
        self._people: Sequence[str] = ()
        self._line = FilterLine(lambda: self._people)
        self._table = AuditTable()
        self._question = ""  # the line that the page answers
        self._former: list[str] = []  # where Esc goes back to after F, P and the days
        self._pivot = 0
        self._page = AuditPage((), more=False)

    def compose_body(self) -> ComposeResult:
        """Filter, the day's activity, table, detail, and the line of the proof."""
        yield self._line
        yield PlainText(id="audit-activity")
        with Horizontal(id="audit-panes"):
            yield self._table
            with VerticalScroll(id="audit-detail", can_focus=False):
                yield PlainText(multiline=True, id="event-lines")
        yield PlainText(id="audit-state")

    def about(self, line: str) -> Self:
        """The console for this filter line, before it is shown."""
        self._question = line
        return self

    def on_mount(self) -> None:
        """The newest page."""
        super().on_mount()
        self._line.show_line(self._question)
        self._read(None)

    # Pages -----------------------------------------------------------------------------------------

    @flow
    async def _read(self, before_id: int | None) -> None:
        wanted = parse_filter(self._question, self._today())
        page = await self.call(read_audit, ReadAudit(wanted, before_id))
        self._show(page)
        if before_id is None:
            self.query_one("#audit-activity", PlainText).show(activity(page.day, page.hours))
        if not self._people:
            self._people = await self.call(list_people)

    def _show(self, page: AuditPage) -> None:
        self._page = page
        self._table.show_rows([(str(row.event_id), cells(row)) for row in page.rows])
        self._table.move_cursor(row=0)
        self._detail()
        self.refresh_commands()

    def ask(self, line: str, *, keep: bool = True) -> None:
        """Show what a filter line asks for; `keep`: Esc comes back to the one before. Says what it can't read."""
        try:
            parse_filter(line, self._today())
        except InvalidInput as error:
            self.say(error.user_text, "error")
            return
        if keep and line != self._question:
            self._former.append(self._question)
        self._question = line
        self._line.show_line(line)
        self.hush()
        self._table.focus()
        self._read(None)

    @on(Input.Changed, "#audit-filter")
    def _typing(self) -> None:
        found = [line.split(":")[-1] if line.count(":") else line for line in self._line.proposals()]
        self._state(" · ".join(found) if self._line.has_focus else "")

    @on(Input.Submitted, "#audit-filter")
    def _filtered(self) -> None:
        self._former.clear()
        self.ask(self._line.value, keep=False)

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

    def action_day_before(self) -> None:
        """[."""
        self.ask(on_day(self._question, day_of(self._question, self._today(), -1)), keep=False)

    def action_day_after(self) -> None:
        """]."""
        self.ask(on_day(self._question, day_of(self._question, self._today(), 1)), keep=False)

    def _today(self) -> date:
        return panama_date(self.shell.now())

    # The event under the cursor --------------------------------------------------------------------

    @property
    def _row(self) -> AuditRow | None:
        key = self._table.current_key
        return next((row for row in self._page.rows if str(row.event_id) == key), None)

    @on(PlainTable.RowHighlighted, "#events")
    def _detail(self) -> None:
        row = self._row
        self.query_one("#event-lines", PlainText).show("\n".join(event_lines(row) if row else ()))
        self.query_one("#audit-detail", VerticalScroll).scroll_home(animate=False)
        self._tell_value()

    def _replace_row(self, changed: AuditRow) -> None:
        """What stands beside an event changed: the row is drawn anew in its place."""
        rows = tuple(changed if row.event_id == changed.event_id else row for row in self._page.rows)
        self._page = replace(self._page, rows=rows)
        self._table.redraw_row(str(changed.event_id), cells(changed))
        self._detail()

    @on(AuditTable.ValueChosen)
    def _other_value(self, event: AuditTable.ValueChosen) -> None:
        if (row := self._row) is None:
            return
        words = row.words
        places = [place for place, word in enumerate(PIVOTS) if word in words]
        ahead = [place for place in places if (place > self._pivot) == (event.step > 0) and place != self._pivot]
        if ahead:
            self._pivot = ahead[0] if event.step > 0 else ahead[-1]
        self._tell_value()

    def _value(self) -> tuple[str, str]:
        """The word and value that F and P take: the chosen one, or the first that this event has."""
        words = self._row.words if self._row else {}
        word = PIVOTS[self._pivot]
        word = word if word in words else next((other for other in PIVOTS if other in words), "")
        return word, words.get(word, "")

    def _tell_value(self) -> None:
        if self._line.has_focus:
            return
        word, value = self._value()
        self._state(f"{self.count_text()}   ◂ {word}:{value} ▸ F filtra, P pivota" if word else self.count_text())

    def count_text(self) -> str:
        """How many events are on show, and whether more follow."""
        many = len(self._page.rows)
        return f"{many} evento{'' if many == 1 else 's'}." + (" Hay anteriores: N." if self._page.more else "")

    def action_filter_by_value(self) -> None:
        """F."""
        self.ask(with_word(self._question, *self._value()))

    def action_pivot_on_value(self) -> None:
        """P."""
        self.ask(with_word("", *self._value()))

    def disabled_reason(self, command: CommandClass) -> str | None:
        """No page behind the last; one proof at a time."""
        if command is OlderEvents and not self._page.more:
            return "No hay eventos anteriores con ese filtro."
        if command in (FilterByValue, PivotOnValue) and not self._page.rows:
            return "No hay un evento elegido."
        return None

    def _state(self, text: str) -> None:
        self.query_one("#audit-state", PlainText).show(text)

    async def action_back(self) -> None:
        """Esc: leaves the filter, goes back to the former question, leaves the screen."""
        if self.focused is self._line:
            self._line.show_line(self._question)
            self._table.focus()
            self._tell_value()
        elif self._former:
            self.ask(self._former.pop(), keep=False)
        else:
            await super().action_back()
