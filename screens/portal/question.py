"""«Pregunta de Seguridad»: one of the member's three, at the sign-in (S64, S65)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from data.secrets import Secret
from screens.flow import flow
from screens.portal.base import Forward, StepBack
from screens.portal.door_step import DoorStepScreen
from screens.portal.reveal import Reveal, reveal_answers
from services.doors import DoorStep
from services.member_sign_in import Answer, answer
from widgets.command import CommandClass
from widgets.fields import SecretField
from widgets.secret_input import SecretInput
from widgets.text import PlainText

ANSWER_HELP = "Escriba su respuesta. Mayúsculas, tildes y puntos no cuentan. F8 la muestra mientras la escribe."


class Question(DoorStepScreen):
    """The question and its answer; a wrong one leads on like a right one (req. 35)."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Forward, Reveal, StepBack)
    HEADING = "Pregunta de Seguridad"
    INFO = "Por favor responda su pregunta de seguridad para validar su identidad."
    INFO_CLOSES = True
    AUTO_FOCUS = "#answer"
    HELP = ANSWER_HELP
    DEFAULT_CSS = "Question #question { text-style: bold; margin-bottom: 1; width: 1fr; height: auto; }"

    def __init__(self, step: DoorStep, notice: str = "") -> None:
        super().__init__(step, notice)
        self._answer = SecretField("Respuesta", SecretInput(id="answer", classes="answer", help_text=ANSWER_HELP))

    def compose_form(self) -> Iterable[Widget]:
        """The question and its field."""
        yield PlainText(self.step.question_text or "", id="question")
        yield self._answer

    @on(Input.Submitted, "#answer")
    def _submitted(self) -> None:
        self.action_forward()

    def action_reveal(self) -> None:
        """F8."""
        reveal_answers(self)

    @flow
    async def action_forward(self) -> None:
        """Give the answer."""
        if self._answer.check():
            await self.give(answer, Answer(self.step.ticket, Secret(self._answer.input.take())))
