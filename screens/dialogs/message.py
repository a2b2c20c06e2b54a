"""Something that must be read: one text, one way out."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Button

from screens.base import Back, BaseModal
from widgets.command import CommandClass
from widgets.panel import PlainButton
from widgets.text import PlainText
from widgets.unrecorded import UNRECORDED


class Close(Back):
    """Cierra el mensaje."""

    label = "Cerrar"
    keys = ("escape", "f2", "f1")


class Message(BaseModal[None]):
    """Shows a text until Enter, Esc, F1 or F2."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Close,)
    AUTO_FOCUS = "#close"
    DEFAULT_CSS = """
    Message .dialog-scroll { height: auto; max-height: 18; }
    Message PlainButton { margin-top: 1; }
    """

    def __init__(self, title: str, text: object, *, secret: bool = False) -> None:
        """`secret`: the text is for these eyes alone, no recording keeps it."""
        super().__init__()
        self._title, self._text = title, text
        self._classes_of_text = UNRECORDED if secret else ""

    def compose_body(self) -> ComposeResult:
        """Title, text and the way out."""
        with Vertical(classes="dialog"):
            yield PlainText(self._title, classes="dialog-title")
            with VerticalScroll(classes="dialog-scroll", can_focus=False):
                yield PlainText(self._text, multiline=True, classes=self._classes_of_text)
            yield PlainButton("Cerrar", key="Esc", id="close")

    async def action_back(self) -> None:
        """Close."""
        self.dismiss(None)

    def key_up(self) -> None:
        """Scroll without taking the focus off the button."""
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def key_down(self) -> None:
        """Scroll without taking the focus off the button."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def key_pageup(self) -> None:
        """Scroll a page."""
        self.query_one(VerticalScroll).scroll_page_up(animate=False)

    def key_pagedown(self) -> None:
        """Scroll a page."""
        self.query_one(VerticalScroll).scroll_page_down(animate=False)

    @on(Button.Pressed, "#close")
    def _on_close_button(self) -> None:
        self.dismiss(None)
