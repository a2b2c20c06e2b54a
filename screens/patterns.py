"""What the patterns found in the trail: one list, the whole line beside it, two keys to close one (C16)."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from data.values.dates import format_datetime
from screens.base import Back, BaseScreen
from screens.dialogs.reason import ReasonDialog
from screens.flow import flow
from screens.record_actions import reason_choices, reason_text
from services.errors import NotFound
from services.moments import short_moment
from services.operations import Op
from services.pattern_lines import (
    ClosePattern,
    GetPattern,
    ListPatterns,
    PatternDetail,
    PatternRow,
    close_pattern,
    list_patterns,
    pattern_detail,
)
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText, safe

NOTHING = "No hay señales abiertas."
NONE_CLOSED = "No hay señales cerradas."
CLOSED = "Ya está cerrada; lo escrito queda."


class ClosePatternLine(Command):
    """Cierra la señal a la vista, con un motivo. Nadie cierra una sobre sí mismo, y lo cerrado no se abre."""

    id = "close_pattern_line"
    label = "Cerrar"
    keys: ClassVar[tuple[str, ...]] = ("c",)
    operation = Op.PATTERN_CLOSE.value


class EventsBehind(Command):
    """Abre en la auditoría los eventos de la señal."""

    id = "events_behind"
    label = "Eventos"
    keys: ClassVar[tuple[str, ...]] = ("e", "enter")
    operation = Op.AUDIT_READ.value


class ClosedPatterns(Command):
    """Pasa de las señales abiertas a las cerradas, y vuelve."""

    id = "closed_patterns"
    label = "Cerradas"
    keys: ClassVar[tuple[str, ...]] = ("r",)
    operation = Op.PATTERN_VIEW.value


class ReadPatterns(Command):
    """Vuelve a leer la lista."""

    id = "read_patterns"
    label = "Actualizar"
    keys: ClassVar[tuple[str, ...]] = ("f5",)
    operation = Op.PATTERN_VIEW.value


class PatternsScreen(BaseScreen[None]):
    """Supervisors look into each line; auditors watch. Lines about oneself are not there."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ClosePatternLine, EventsBehind, ClosedPatterns, ReadPatterns, Back)
    CSS_PATH = "patterns.tcss"
    AUTO_FOCUS = "#patterns"
    HELP = (
        "Lo que las reglas de la política señalan en la auditoría, lo último arriba. Ninguna detiene el trabajo de"
        " nadie. E muestra los eventos que la forman; C y F2 la cierran con un motivo, y se abre la siguiente."
    )

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[PatternRow, ...] = ()
        self._detail: PatternDetail | None = None
        self._past = False
        self._table = PlainTable(
            (
                Column("Cuándo", width=11),
                Column("Señal", width=34),
                Column("Quién", width=12),
                Column("Asoc.", width=6),
                Column("Ev.", "right", 4),
            ),
            id="patterns",
        )

    def compose_body(self) -> ComposeResult:
        """The list, and what stands behind the row under the cursor."""
        yield PlainText(id="patterns-state")
        with Container(id="pattern-panes"):
            yield self._table
            with VerticalScroll(id="pattern-detail", can_focus=False):
                yield PlainText(id="pattern-text", multiline=True)

    def on_mount(self) -> None:
        """Read what is open."""
        super().on_mount()
        self.action_read_patterns()

    # Reading ---------------------------------------------------------------------------------------

    @flow
    async def action_read_patterns(self) -> None:
        """F5."""
        await self._read_lines()

    @flow
    async def action_closed_patterns(self) -> None:
        """R."""
        self._past = not self._past
        await self._read_lines()

    async def _read_lines(self, at: int | None = None) -> None:
        """The list anew; with `at` the cursor goes to the line that took the place."""
        self._rows = await self.call(list_patterns, ListPatterns(self._past))
        now = self.shell.now()
        self._table.show_rows(
            [(str(row.line_id), cells(row, short_moment(row.happened_at, now))) for row in self._rows]
        )
        if self._rows and at is not None:
            self._table.move_cursor(row=min(at, len(self._rows) - 1))
        state = "Cerradas" if self._past else "Abiertas"
        self.query_one("#patterns-state", PlainText).show(f"{state}: {len(self._rows)}")
        await self._open(self._table.current_key)

    @on(PlainTable.RowMarked, "#patterns")
    def _moved(self, event: PlainTable.RowMarked) -> None:
        if event.key == self._table.current_key != self._shown_key:
            self.hush()
            self.open_marked()

    @flow
    async def open_marked(self) -> None:
        """The line under the cursor. Keys wait for it, so that none closes what is not on the screen yet."""
        await self._open(self._table.current_key)

    async def _open(self, key: str | None) -> None:
        detail = None
        if key is not None:
            try:
                detail = await self.call(pattern_detail, GetPattern(int(key)))
            except NotFound as error:
                self.say(error.user_text, "warning")
        self._detail = detail
        text = detail_text(detail) if detail else safe(NONE_CLOSED if self._past else NOTHING)
        self.query_one("#pattern-text", PlainText).show(text)
        self.query_one("#pattern-detail", VerticalScroll).scroll_home(animate=False)
        self.refresh_commands()

    @property
    def _shown_key(self) -> str | None:
        return str(self._detail.row.line_id) if self._detail else None

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Both act on the line on show."""
        if command not in (ClosePatternLine, EventsBehind):
            return None
        if self._detail is None:
            return NONE_CLOSED if self._past else NOTHING
        return CLOSED if command is ClosePatternLine and self._detail.row.closed_at else None

    # Acting ----------------------------------------------------------------------------------------

    @flow
    async def action_close_pattern_line(self) -> None:
        """C, then F2: the next line opens by itself."""
        detail = self._detail
        if detail is None:
            return
        row = detail.row
        summary = (row.title, " · ".join(part for part in (row.who, row.number, f"{row.count} eventos") if part))
        dialog = ReasonDialog("Cerrar la señal", reason_choices(Op.PATTERN_CLOSE), summary=summary, usual=True)
        given = await self.app.push_screen_wait(dialog)
        if given is None:
            return
        place = self._table.cursor_row
        await self.call(close_pattern, ClosePattern(row.line_id, reason_text(Op.PATTERN_CLOSE, given)))
        await self._read_lines(at=place)
        self.say(f"Señal cerrada. Quedan {len(self._rows)} abiertas." if self._rows else f"Señal cerrada. {NOTHING}")

    def action_events_behind(self) -> None:
        """E."""
        if self._detail is not None:
            from screens.audit_list import AuditList

            self.app.push_screen(AuditList().about(f"señal:{self._detail.row.line_id}"))

    @on(PlainTable.RowChosen, "#patterns")
    def _chosen(self) -> None:
        self.action_events_behind()


def cells(row: PatternRow, when: str) -> tuple[str, ...]:
    """A line in one line."""
    return when, row.title, row.who, row.number, str(row.count)


def detail_text(detail: PatternDetail) -> Text:
    """Rule, parameters, whom, the events one by one, and how it was closed."""
    row = detail.row
    about = [f"Quién: {row.who}" if row.who else "Quién: nadie en particular"]
    if row.number:
        about.append(f"Asociado: {row.number} {row.member}")
    rule = f"Regla: {row.rule}" + (f" ({', '.join(detail.params)})" if detail.params else "")
    lines = [*about, rule, "", f"Eventos ({row.count}):"]
    for event in detail.events:
        seq = f"{event.seq:,}" if event.seq is not None else "sin sello"
        member = f" · {event.member_number}" if event.member_number else ""
        lines.append(f"{seq}  {format_datetime(event.at)}  {event.who}: {event.action}, {event.result}{member}")
    if row.closed_at is not None:
        lines += ["", f"Cerrada por {row.closed_by}, {format_datetime(row.closed_at)}: {row.reason}"]
    return Text("\n").join([safe(row.title, "bold"), *(safe(line) for line in lines)])
