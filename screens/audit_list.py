"""The audit console: a filter line, a page of events, the whole event beside it, the proof on one key (req. 47–51)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar

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
    ProveTrail,
)
from screens.audit_panels import PIVOTS, AuditTable, FilterLine, activity, bar, cells
from screens.base import Back, BaseScreen
from screens.flow import background_flow, flow
from screens.staff_shell import staff_shell
from services.audit_body import AuditRow
from services.audit_filter import HELP as FILTER_HELP
from services.audit_filter import day_of, on_day, parse_filter, with_word
from services.audit_log import AuditPage, ReadAudit, VerifyTrail, list_people, read_audit, verify_trail
from services.errors import InvalidInput
from widgets.command import CommandClass
from widgets.plain_table import PlainTable
from widgets.text import PlainText

if TYPE_CHECKING:
    from services.audit_proof import Proof

Progress = Callable[[int, int], bool]
TICK = 0.1


class AuditList(BaseScreen[None]):
    """For supervisors and auditors. Looking is an event itself."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        FilterAudit,
        OlderEvents,
        NewerEvents,
        DayBefore,
        DayAfter,
        FilterByValue,
        PivotOnValue,
        ProveTrail,
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
        self._verifying = False
        self._stop = False
        self._progress = (0, 0)

    def compose_body(self) -> ComposeResult:
        """Filter, the day's activity, table, detail, and the line of the proof."""
        yield self._line
        yield PlainText(id="audit-activity")
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
        lines = () if row is None else (f"Evento {row.seq if row.seq is not None else 'sin sello aún'}", *row.lines)
        self.query_one("#event-lines", PlainText).show("\n".join(lines))
        self.query_one("#audit-detail", VerticalScroll).scroll_home(animate=False)
        self._tell_value()

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
        if self._verifying or self._line.has_focus:
            return
        word, value = self._value()
        count = f"{len(self._page.rows)} eventos." + (" Hay anteriores: N." if self._page.more else "")
        self._state(f"{count}   ◂ {word}:{value} ▸ F filtra, P pivota" if word else count)

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
        if command is ProveTrail and self._verifying:
            return "La verificación está en marcha; Esc la detiene."
        return None

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
        self._tell_value()
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
        """Esc: stops a proof, leaves the filter, goes back to the former question, leaves the screen."""
        if self._verifying:
            self._stop = True
        elif self.focused is self._line:
            self._line.show_line(self._question)
            self._table.focus()
            self._tell_value()
        elif self._former:
            self.ask(self._former.pop(), keep=False)
        else:
            await super().action_back()
