"""The operator's own password once more, before something grave (req. 15)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from screens.base import Back, BaseModal
from widgets.command import Command, CommandClass
from widgets.fields import SecretField
from widgets.secret_input import SecretInput
from widgets.text import PlainText


class AcceptPassword(Command):
    """Confirma con su contraseña."""

    id = "accept"
    label = "Confirmar"
    keys = ("f2",)


class PasswordDialog(BaseModal[str]):
    """Answers with the typed password, or None when it is left. `error`: what was wrong with the last one."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (AcceptPassword, Back)
    AUTO_FOCUS = "#own-password"
    HELP = "Escriba su propia contraseña. Enter confirma, Esc no cambia nada."

    def __init__(self, title: str, text: str, *, error: str = "") -> None:
        super().__init__()
        self._title, self._text, self._error = title, text, error
        self._password = SecretField("Su contraseña", SecretInput(id="own-password", help_text=self.HELP))

    def compose_body(self) -> ComposeResult:
        """Why it is asked, and the field."""
        with Vertical(classes="dialog"):
            yield PlainText(self._title, classes="dialog-title")
            yield PlainText(self._text)
            yield self._password
            yield PlainText("Enter Confirmar   Esc Cancelar", classes="dialog-keys")

    def on_mount(self) -> None:
        """Say what was wrong with the last one."""
        if self._error:
            self._password.show_error(self._error)

    @on(Input.Submitted, "#own-password")
    def _submitted(self) -> None:
        self.action_accept()

    def action_accept(self) -> None:
        """Answer with what was typed."""
        if self._password.check():
            self.dismiss(self._password.input.take())
