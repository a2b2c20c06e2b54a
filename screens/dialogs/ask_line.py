"""One line of text: a comment, a name, a seed."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from screens.base import Back, BaseModal
from widgets.command import Command, CommandClass
from widgets.house_input import TextInput
from widgets.text import PlainText


class AcceptLine(Command):
    """Acepta lo escrito."""

    id = "accept"
    label = "Aceptar"
    keys = ("f2",)


class AskLine(BaseModal[str]):
    """Answers with the text, or None when it is left; an empty line is no answer."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (AcceptLine, Back)
    AUTO_FOCUS = "#asked-line"

    def __init__(self, title: str, *, help_text: str, value: str = "", longest: int = 200, missing: str = "") -> None:
        super().__init__()
        self._title, self._hint, self._given = title, help_text, value
        self._missing = missing or "Escriba algo antes de aceptar."
        self._line = TextInput(value=value, id="asked-line", max_length=longest, help_text=help_text)

    def compose_body(self) -> ComposeResult:
        """The line below its question."""
        with Vertical(classes="dialog"):
            yield PlainText(self._title, classes="dialog-title")
            yield self._line
            yield PlainText(self._hint, classes="dialog-keys")
            yield PlainText(id="line-error", classes="dialog-error")
            yield PlainText("F2 o Enter Aceptar   Esc Cancelar", classes="dialog-keys")

    def pending_work(self) -> str:
        """What was typed and not what stood there."""
        return "lo escrito" if self._line.value.strip() and self._line.value != self._given else ""

    def help_topic(self) -> str:
        """What the line is for."""
        return self._hint

    @on(Input.Submitted, "#asked-line")
    def action_accept(self) -> None:
        """F2."""
        if text := self._line.value.strip():
            self.dismiss(text)
            return
        line = self.query_one("#line-error", PlainText)
        line.add_class("-shown")
        line.show(self._missing)
