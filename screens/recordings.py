"""The recorded sessions, by person and day (C5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult

from data.values.dates import format_date, parse_date
from data.values.errors import InvalidValue
from screens.base import Back, BaseScreen
from screens.flow import flow
from screens.replay_commands import FilterRecordings, OpenRecording, ReadRecordings
from screens.replay_panels import recording_cells
from services.errors import CoopError, InvalidInput
from services.recording_views import ListRecordings, RecordingRow, WatchRecording, list_recordings, watch_recording
from widgets.command import CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

NONE = "No hay sesiones grabadas que mostrar."


class RecordingsScreen(BaseScreen[None]):
    """For who may watch. `wanted`: what to begin with (a person's, a session's)."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (OpenRecording, FilterRecordings, ReadRecordings, Back)
    CSS_PATH = "recordings.tcss"
    AUTO_FOCUS = "#recordings"
    HELP = (
        "Sesiones del personal, grabadas paso a paso: lo que cada quien vio y tecleó, sin contraseñas ni códigos. Ver"
        " una queda en la auditoría. «Sin cierre»: el programa se cortó y se guardó hasta los últimos segundos."
    )

    def __init__(self, wanted: ListRecordings | None = None) -> None:
        super().__init__()
        self._wanted = wanted or ListRecordings()
        self._rows: tuple[RecordingRow, ...] = ()
        self._table = PlainTable(
            (
                Column("Comienzo", width=16),
                Column("Usuario", width=16),
                Column("Terminal", width=10),
                Column("Pasos", "right", width=7),
                Column("Estado", width=10),
                Column("Se guarda hasta", width=15),
            ),
            id="recordings",
        )

    def compose_body(self) -> ComposeResult:
        """The list, and what it was asked for."""
        yield self._table
        yield PlainText(id="recordings-state")

    def on_mount(self) -> None:
        """Read it."""
        super().on_mount()
        self.action_read_recordings()

    @flow
    async def action_read_recordings(self) -> None:
        """F5."""
        await self._read()

    async def _read(self) -> None:
        self._rows = await self.call(list_recordings, self._wanted)
        self._table.show_rows([(row.recording_id, recording_cells(row)) for row in self._rows])
        asked = [self._wanted.username, format_date(self._wanted.day) if self._wanted.day else "", self._wanted.session]
        told = " · ".join(part for part in asked if part)
        many = f"{len(self._rows)} sesiones" if len(self._rows) != 1 else "1 sesión"
        text = f"{many}{f' de {told}' if told else ''}" if self._rows else NONE
        self.query_one("#recordings-state", PlainText).show(text)
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """It opens a row."""
        return NONE if command is OpenRecording and not self._rows else None

    @flow
    async def action_filter_recordings(self) -> None:
        """F3: a user name, a day, both."""
        from screens.dialogs.ask_line import AskLine

        question = AskLine(
            "Sesiones de", help_text="Usuario, día o ambos: mrodriguez 23/11/2026. Un punto: todas.", longest=80
        )
        typed = await self.app.push_screen_wait(question)
        if typed:
            self._wanted = wanted_of(typed)
            await self._read()

    def action_open_recording(self) -> None:
        """Enter where the list does not take it."""
        self._open()

    @on(PlainTable.RowChosen, "#recordings")
    def _chosen(self) -> None:
        self._open()

    @flow
    async def _open(self) -> None:
        if (key := self._table.current_key) is not None:
            await play(self, key)
            await self._read()


async def play(screen: BaseScreen[Any], recording_id: str, moment: datetime | None = None) -> None:
    """Open the player over a screen, from a flow of it, and wait until it is left. Raises CoopError."""
    from screens.replay import ReplayScreen

    watched = await screen.call(watch_recording, WatchRecording(recording_id))
    if not watched.steps:
        raise CoopError("\n".join(watched.problems[:3]) or "Esa grabación todavía no tiene pasos.")
    await screen.app.push_screen_wait(ReplayScreen(watched, moment=moment))


async def open_moment(screen: BaseScreen[Any], session: str, moment: datetime) -> None:
    """Play a session, by the first characters of its id, from the step that stood there at a moment."""
    rows = await screen.call(list_recordings, ListRecordings(session=session))
    if not rows:
        raise CoopError("Esa sesión no se grabó.")
    await play(screen, rows[0].recording_id, moment)


def wanted_of(typed: str) -> ListRecordings:
    """What a line asks for. Raises InvalidInput for a day that is none."""
    username, day = "", None
    for word in typed.split():
        if any(character.isdigit() for character in word) and "/" in word:
            try:
                day = parse_date(word)
            except InvalidValue as error:
                raise InvalidInput(str(error)) from None
        elif word != ".":
            username = word.lower()
    return ListRecordings(username, day)
