"""Once more, while inside: a security question or the password before what is grave (S56, req. 15)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from data.secrets import Secret
from screens.flow import flow
from screens.portal.base import Forward, PortalScreen, StepBack
from screens.portal.reveal import Reveal, reveal_answers
from services.errors import InvalidInput
from services.member_proofs import ProveAnswer, ProvePassword, prove_answer, prove_password
from widgets.command import CommandClass
from widgets.fields import SecretField
from widgets.secret_input import SecretInput
from widgets.text import PlainText


class Prove(PortalScreen[bool]):
    """Answers True when it was right, None when the member went back. A wrong one stays here and counts."""

    HEADING = "Contraseña"
    TEXT: ClassVar[str] = "Escriba su contraseña otra vez para continuar."
    LABEL: ClassVar[str] = "Contraseña"
    AUTO_FOCUS = "#proof"
    DEFAULT_CSS: ClassVar[str] = "Prove #proof-text { text-style: bold; margin-bottom: 1; width: 1fr; height: auto; }"

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text or self.TEXT
        self._proof = SecretField(self.LABEL, SecretInput(id="proof", classes="answer", help_text=self._text))

    def compose_form(self) -> Iterable[Widget]:
        """What is asked, and the field."""
        yield PlainText(self._text, id="proof-text")
        yield self._proof

    @on(Input.Submitted, "#proof")
    def _submitted(self) -> None:
        self.action_forward()

    @flow
    async def action_forward(self) -> None:
        """Give it."""
        if not self._proof.check():
            return
        try:
            await self.give(Secret(self._proof.input.take()))
        except InvalidInput as error:
            self._proof.show_error(error.user_text)
            self._proof.input.focus()
        else:
            self.dismiss(True)

    async def give(self, typed: Secret) -> None:
        """Hand it to the service."""
        await self.call(prove_password, ProvePassword(typed))


class ProveQuestion(Prove):
    """The question that this session asks."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Forward, Reveal, StepBack)
    HEADING = "Pregunta de Seguridad"
    INFO = "Por favor responda su pregunta de seguridad para validar su identidad."
    LABEL = "Respuesta"

    def action_reveal(self) -> None:
        """F8."""
        reveal_answers(self)

    async def give(self, typed: Secret) -> None:
        """Hand it to the service."""
        await self.call(prove_answer, ProveAnswer(typed))
