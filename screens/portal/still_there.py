"""«¿Sigue ahí?»: 20 seconds before everything on the screen goes (req. 13)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from screens.base import Back, BaseModal
from widgets.command import CommandClass
from widgets.countdown import Countdown
from widgets.text import PlainText


class Stay(Back):
    """Sigue donde estaba."""

    label = "Sigo aquí"


class StillThere(BaseModal[None]):
    """Any key or click keeps the screen beneath as it was. `until`: when it goes (aware)."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Stay,)
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    StillThere .dialog { width: 60; }
    StillThere Horizontal { height: 1; }
    StillThere #in { width: auto; }
    """

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self._until = until

    def compose_body(self) -> ComposeResult:
        """The question and the time left."""
        with Vertical(classes="dialog"):
            yield PlainText("¿Sigue ahí?", classes="dialog-title")
            yield PlainText("Pulse cualquier tecla para seguir. Si no, borraremos lo que hay en la pantalla.")
            with Horizontal():
                yield PlainText("Se borra en ", id="in")
                yield Countdown(self._until, after="0:00")

    def on_key(self, event: events.Key) -> None:
        """Any key; it goes no further."""
        event.stop()
        event.prevent_default()
        self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """Any click."""
        event.stop()
        self.dismiss(None)
