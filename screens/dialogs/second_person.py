"""A second person signs here, at the same desk, for one operation (req. 43)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from screens.base import Back, BaseModal
from widgets.command import Command, CommandClass
from widgets.fields import check_fields
from widgets.signature import Signature, SignatureFields
from widgets.text import PlainText


class Sign(Command):
    """Firma con los datos de la segunda persona."""

    id = "accept"
    label = "Firmar"
    keys = ("f2",)


class SecondPersonDialog(BaseModal[Signature]):
    """Answers with the signature, or None when it is left. `error`: what was wrong with the last one, whose user name
    stays."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Sign, Back)
    AUTO_FOCUS = ""
    HELP = (
        "La segunda persona lee la operación y escribe aquí su usuario, su contraseña y el código de su teléfono."
        " Vale para esta operación, una vez. Esc no cambia nada."
    )

    def __init__(self, title: str, lines: Sequence[object], *, username: str = "", error: str = "") -> None:
        super().__init__()
        self._title, self._lines, self._error = title, tuple(lines), error
        self._fields = SignatureFields(username=username)

    def compose_body(self) -> ComposeResult:
        """What is signed, and the fields."""
        with Vertical(classes="dialog"):
            yield PlainText(self._title, classes="dialog-title")
            for line in self._lines:
                yield PlainText(line)
            yield from self._fields.all()
            yield PlainText(
                self._error, id="sign-error", classes="dialog-error -shown" if self._error else "dialog-error"
            )
            yield PlainText("F2 Firmar   Tab Campo siguiente   Esc Cancelar", classes="dialog-keys")

    def on_mount(self) -> None:
        """The first field that has nothing in it."""
        first = self._fields.password if self._fields.user.text else self._fields.user
        first.input.focus()

    def pending_work(self) -> str:
        """The secrets are wiped, not asked about."""
        return ""

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        inputs = [field.input for field in self._fields.all()]
        at = inputs.index(event.input)  # type: ignore[arg-type]
        if at + 1 < len(inputs):
            inputs[at + 1].focus()
        else:
            self.action_accept()

    def action_accept(self) -> None:
        """F2, or Enter on the last field."""
        if check_fields(self._fields.needed()):
            self.dismiss(self._fields.take())
