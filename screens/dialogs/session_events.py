"""The events of a recorded session: choose one to see the screen of its moment."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from data.values.dates import to_panama
from screens.base import Back, BaseModal
from services.recording_views import StepEvent, Watched
from widgets.command import CommandClass
from widgets.plain_table import PAGE_ROWS, Column, PlainTable
from widgets.text import PlainText


class SessionEvents(BaseModal[int]):
    """Answers with the index of the chosen event's step, or None. Of a long session those around `at`."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Back,)
    AUTO_FOCUS = "#session-events"
    DEFAULT_CSS = "SessionEvents #session-events { height: auto; max-height: 16; }"

    def __init__(self, watched: Watched, at: int) -> None:
        super().__init__()
        self._watched = watched
        before = sum(event.step <= at for event in watched.events)
        start = max(0, min(before - PAGE_ROWS // 2, len(watched.events) - PAGE_ROWS))
        self._events: tuple[StepEvent, ...] = watched.events[start : start + PAGE_ROWS]
        self._cursor = max(0, before - start - 1)

    def compose_body(self) -> ComposeResult:
        """Time, step and what it was."""
        with Vertical(classes="dialog"):
            yield PlainText(f"Eventos de la sesión de {self._watched.row.username}", classes="dialog-title")
            columns = (Column("Hora", width=8), Column("Paso", "right", width=6), Column("Evento", width=50))
            yield PlainTable(columns, id="session-events")
            yield PlainText("Enter Ver ese momento   Esc Cerrar", classes="dialog-keys")

    def on_mount(self) -> None:
        """Fill it; the cursor stands on the last event before the step on show."""
        super().on_mount()
        table = self.query_one(PlainTable)
        table.show_rows([(str(at), self._cells(event)) for at, event in enumerate(self._events)])
        table.move_cursor(row=self._cursor)

    def _cells(self, event: StepEvent) -> tuple[str, ...]:
        row = event.row
        told = " · ".join(part for part in (row.action, row.result, row.member_number or "") if part)
        return f"{to_panama(row.at):%H:%M:%S}", str(self._watched.numbers[event.step]), told

    @on(PlainTable.RowChosen, "#session-events")
    def _chosen(self, event: PlainTable.RowChosen) -> None:
        self.dismiss(self._events[int(event.key)].step)
