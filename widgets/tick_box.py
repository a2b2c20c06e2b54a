"""A box that is ticked with the space bar, Enter or the mouse. `[x]` and `[ ]`: no colour is needed to see it."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.reactive import reactive

from widgets.text import PlainText, joined


class TickBox(PlainText, can_focus=True):
    """A statement and its box. Locked, it can't be ticked and says nothing about why: its screen does."""

    DEFAULT_CSS = """
    TickBox {
        width: 1fr; height: auto;
        &:focus { background: $field-focus; text-style: bold; }
        &.-locked { color: $text-muted; }
    }
    """
    ticked: reactive[bool] = reactive(False, init=False)
    help_text = "Espacio marca y desmarca la casilla."

    @dataclass
    class Changed(Message):
        """It was ticked or unticked."""

        box: TickBox
        ticked: bool

        @property
        def control(self) -> TickBox:
            """The box, for `@on` selectors."""
            return self.box

    @dataclass
    class Refused(Message):
        """Somebody tried to tick a locked box."""

        box: TickBox

        @property
        def control(self) -> TickBox:
            """The box, for `@on` selectors."""
            return self.box

    def __init__(self, text: str, *, ticked: bool = False, locked: bool = False, id: str | None = None) -> None:
        super().__init__(id=id, multiline=True)
        self._text = text
        self.locked = locked
        self.set_class(locked, "-locked")
        self.set_reactive(TickBox.ticked, ticked)
        self._draw()

    def unlock(self) -> None:
        """From now on it can be ticked."""
        self.locked = False
        self.remove_class("-locked")

    def toggle(self) -> None:
        """Tick or untick it."""
        if self.locked:
            self.post_message(self.Refused(self))
        else:
            self.ticked = not self.ticked

    def watch_ticked(self, ticked: bool) -> None:
        """Draw it anew and tell."""
        self._draw()
        self.post_message(self.Changed(self, ticked))

    def on_key(self, event: events.Key) -> None:
        """Space or Enter."""
        if event.key in ("space", "enter"):
            event.stop()
            self.toggle()

    def on_click(self, event: events.Click) -> None:
        """The mouse."""
        event.stop()
        self.focus()
        self.toggle()

    def _draw(self) -> None:
        self.show(joined("[x] " if self.ticked else "[ ] ", self._text))
