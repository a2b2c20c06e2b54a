"""The session's recording as part of the program: what is painted and pressed goes to the recorder (C5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual._compositor import CompositorUpdate

from coop_tui.session_app import SessionApp
from widgets.shell import Identity
from widgets.unrecorded import UNRECORDED

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen

    from coop_tui.recorder import Recorder
    from services.operator import Operator

CLOSE_SECONDS: Final = 10
#: Keys that say nothing of what a secret's field holds.
PLAIN_KEYS: Final = frozenset(
    {"enter", "tab", "shift+tab", "escape", "ctrl+p", *(f"f{number}" for number in range(1, 13))}
)


class RecordedApp(SessionApp):
    """Sessions are recorded where the policy says so. `recording` False: never (tests)."""

    def __init__(self, *, recording: bool, **options: Any) -> None:
        super().__init__(**options)
        self._wants_recording = recording
        self.recorder: Recorder | None = None

    def begin_session(self, operator: Operator, identity: Identity) -> None:
        """Somebody has signed in: record them, and say so on top."""
        from services.recordings import is_recorded

        self.stop_recording()
        if self._wants_recording and is_recorded(operator, self.uow.policy.recording):
            from coop_tui.recorder import Recorder

            self.recorder = Recorder(operator, self.uow)
            self.recorder.start()
            identity = replace(identity, recorded=True)
        super().begin_session(operator, identity)

    def end_session(self, notice: str = "") -> None:
        """The recording ends before anything of the next person is shown."""
        self.stop_recording()
        super().end_session(notice)

    def stop_recording(self, *, wait: bool = False) -> None:
        """Close the recording; `wait` until it is written, as long as a program may take to end."""
        recorder, self.recorder = self.recorder, None
        if recorder is not None:
            recorder.stop(wait_seconds=CLOSE_SECONDS if wait else 0)

    def action_recorded_sessions(self) -> None:
        """`:repeticion`."""
        from screens.recordings import RecordingsScreen

        if not isinstance(self.screen, RecordingsScreen):
            self.push_screen(RecordingsScreen())

    def typed(self, event: events.Key | events.Paste) -> None:
        """A key is about to do its work."""
        super().typed(event)
        if self.recorder is not None:
            self.recorder.key(self._label(event), self.now())

    async def on_event(self, event: events.Event) -> None:
        """A click stands for a key."""
        if self.recorder is not None and isinstance(event, events.MouseDown):
            self.recorder.key(f"clic {event.screen_x + 1},{event.screen_y + 1}", self.now())
        await super().on_event(event)

    def _label(self, event: events.Key | events.Paste) -> str:
        """What is kept of a key. Of a paste that it was one; of what a secret's field takes, nothing."""
        from coop_tui.recorder import HIDDEN_KEY

        secret = self._is_secret_focused()
        if isinstance(event, events.Paste):
            return HIDDEN_KEY if secret else "pegar"
        if secret and event.key not in PLAIN_KEYS:
            return HIDDEN_KEY
        return event.character if event.character and event.is_printable else event.key

    def _is_secret_focused(self) -> bool:
        focused = self.focused
        return focused is not None and any(node.has_class(UNRECORDED) for node in focused.ancestors_with_self)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Textual paints here, and nowhere else."""
        super()._display(screen, renderable)
        if self.recorder is not None and isinstance(renderable, CompositorUpdate) and not self._batch_count:
            from coop_tui.shadow_screen import hidden_regions

            hidden = hidden_regions([*self._background_screens, screen])
            self.recorder.paint(renderable, self.size, hidden, self.now())
