"""The player: a recorded session step by step, with its keys and its events (C5).

The recorded screen fills this one. Two lines of the player's own lie over its lower edge and can be hidden; then a tag
on top says that this is not the real screen.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from screens import replay_panels as panels
from screens.base import Back, BaseScreen
from screens.flow import flow
from screens.replay_commands import PLAYER_COMMANDS, EventBefore, EventsOfSession, FindAgain, NextEvent
from services.recording_views import LeaveRecording, Watched, events_by_step, leave_recording
from widgets.command import CommandClass
from widgets.frame_view import FrameView
from widgets.text import PlainText

if TYPE_CHECKING:
    from textual.timer import Timer

NO_EVENTS = "Esta sesión no dejó eventos."
TAG = " REPETICIÓN · v "


class ReplayScreen(BaseScreen[None]):
    """Plays one recording. `moment`: start at the step that stood there then."""

    FURNISHED: ClassVar[bool] = False
    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (*PLAYER_COMMANDS, Back)
    CSS_PATH = "replay.tcss"
    HELP = (
        "La pantalla es la que vio la persona, en el momento en que quedó quieta después de cada tecla. Lo que no se"
        " guarda (contraseñas, códigos) se ve ▒. Abajo: paso, hora, tecla y los eventos que dejó ese paso."
    )

    def __init__(self, watched: Watched, *, moment: datetime | None = None) -> None:
        super().__init__()
        self._watched = watched
        self._events = events_by_step(watched)
        self._at = panels.step_at(watched, moment) if moment is not None else 0
        self._seen = (self._at, self._at)
        self._speed = 1
        self._sought = ""
        self._timer: Timer | None = None

    @property
    def at(self) -> int:
        """The index of the step on show."""
        return self._at

    @property
    def playing(self) -> bool:
        """It goes on by itself."""
        return self._timer is not None

    def compose_body(self) -> ComposeResult:
        """The recorded screen, and the player's own lines over it."""
        yield FrameView(id="frame")
        yield PlainText(TAG, id="replay-tag")
        with Vertical(id="replay-bar"):
            yield PlainText(id="replay-place")
            yield PlainText(id="replay-events")
            yield PlainText(panels.KEYS, id="replay-keys")

    def on_mount(self) -> None:
        """Show where it starts, and what is wrong with the recording."""
        super().on_mount()
        self._show(self._at)
        if self._watched.problems:
            self._warn()

    @flow
    async def _warn(self) -> None:
        from screens.dialogs.message import Message

        text = "\n".join(["Esta grabación no es la que hizo la estación:", *self._watched.problems[:12]])
        await self.app.push_screen_wait(Message("Grabación alterada", text))

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Events need events, a second search a first one."""
        if command in (NextEvent, EventBefore, EventsOfSession) and not self._events:
            return NO_EVENTS
        if command is FindAgain and not self._sought:
            return "Busque primero con /."
        return super().disabled_reason(command)

    # Where it stands -------------------------------------------------------------------------------

    def _show(self, at: int) -> None:
        self._at = max(0, min(at, len(self._watched.steps) - 1))
        self._seen = (min(self._seen[0], self._at), max(self._seen[1], self._at))
        self.query_one(FrameView).show(self._watched.steps[self._at].frame)
        place = panels.place_line(self._watched, self._at, playing=self.playing, speed=self._speed)
        self.query_one("#replay-place", PlainText).show(place)
        self.query_one("#replay-events", PlainText).show(panels.events_line(self._events.get(self._at, ())))

    def _go(self, at: int) -> None:
        """A step that the person chose: playing ends."""
        self._pause()
        self._show(at)

    def action_next_step(self) -> None:
        """Right."""
        self._go(self._at + 1)

    def action_step_back(self) -> None:
        """Left."""
        self._go(self._at - 1)

    def action_first_step(self) -> None:
        """Home."""
        self._go(0)

    def action_last_step(self) -> None:
        """End."""
        self._go(len(self._watched.steps) - 1)

    # Playing ---------------------------------------------------------------------------------------

    def action_play_or_pause(self) -> None:
        """Space."""
        if self.playing:
            self._pause()
        elif self._at + 1 < len(self._watched.steps):
            self._wait()
        self._show(self._at)

    def _pause(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _wait(self) -> None:
        self._pause()
        self._timer = self.set_timer(panels.gap(self._watched.steps, self._at, self._speed), self.play_on)

    def play_on(self) -> None:
        """The time of the next step has come."""
        self._timer = None
        if self._at + 2 < len(self._watched.steps):
            self._show(self._at + 1)
            self._wait()
        else:
            self._show(self._at + 1)

    def _set_speed(self, speed: int) -> None:
        self._speed = speed
        if self.playing:
            self._wait()
        self._show(self._at)

    def action_normal_speed(self) -> None:
        """1."""
        self._set_speed(1)

    def action_four_times(self) -> None:
        """2."""
        self._set_speed(4)

    def action_sixteen_times(self) -> None:
        """3."""
        self._set_speed(16)

    def action_full_speed(self) -> None:
        """4."""
        self._set_speed(0)

    # Events and texts ------------------------------------------------------------------------------

    def action_next_event(self) -> None:
        """E."""
        self._jump(min((step for step in self._events if step > self._at), default=None), "No hay más eventos.")

    def action_event_before(self) -> None:
        """R."""
        self._jump(max((step for step in self._events if step < self._at), default=None), "No hay eventos antes.")

    def _jump(self, step: int | None, missing: str) -> None:
        if step is None:
            self.say(missing, "warning")
        else:
            self._go(step)

    @flow
    async def action_events_of_session(self) -> None:
        """F6."""
        from screens.dialogs.session_events import SessionEvents

        self._pause()
        step = await self.app.push_screen_wait(SessionEvents(self._watched, self._at))
        if step is not None:
            self._go(step)

    @flow
    async def action_go_to_step(self) -> None:
        """G."""
        from screens.dialogs.ask_line import AskLine

        self._pause()
        typed = await self.app.push_screen_wait(AskLine("Ir a", help_text="Número de paso, o la hora: 09:41:07"))
        if typed:
            self._jump(panels.step_named(self._watched, typed), "Escriba un número de paso o una hora: 09:41.")

    @flow
    async def action_find_text(self) -> None:
        """/."""
        from screens.dialogs.ask_line import AskLine

        self._pause()
        help_text = "Un texto que esté en la pantalla; mayúsculas y tildes no cuentan."
        typed = await self.app.push_screen_wait(AskLine("Buscar en las pantallas", help_text=help_text))
        if typed:
            self._sought = typed
            self._jump(panels.find_text(self._watched.steps, typed, self._at), f"«{typed}» no aparece más adelante.")

    def action_find_again(self) -> None:
        """S."""
        found = panels.find_text(self._watched.steps, self._sought, self._at + 1)
        self._jump(found, f"«{self._sought}» no aparece más adelante.")

    # The view --------------------------------------------------------------------------------------

    def action_hide_bar(self) -> None:
        """V."""
        self.toggle_class("-bare")

    def action_look_up(self) -> None:
        """Up."""
        self.query_one(FrameView).look(0, -5)

    def action_look_down(self) -> None:
        """Down."""
        self.query_one(FrameView).look(0, 5)

    def action_look_left(self) -> None:
        """H."""
        self.query_one(FrameView).look(-10, 0)

    def action_look_right(self) -> None:
        """L."""
        self.query_one(FrameView).look(10, 0)

    async def action_back(self) -> None:
        """Esc."""
        self._leave()

    @flow
    async def _leave(self) -> None:
        """The trail gets what was looked at."""
        self._pause()
        numbers = self._watched.numbers
        first, last = (numbers[at] for at in self._seen)
        await self.call(leave_recording, LeaveRecording(self._watched.row.recording_id, first, last))
        self.dismiss(None)
