"""«Preguntas de Seguridad»: three of the catalogue, one after the other, each with its answer (S56–S60, req. 33)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from data.catalog.questions import load_questions
from data.secrets import Secret
from screens.flow import flow
from screens.portal.base import Forward, StepBack
from screens.portal.reveal import Reveal, hide_answers, reveal_answers
from screens.portal.wizard import WizardScreen
from services.errors import CoopError
from services.first_access import SetQuestions, set_questions
from services.security_questions import QUESTIONS, NewAnswer
from widgets.choice_list import ChoiceList
from widgets.command import CommandClass
from widgets.fields import SecretField
from widgets.secret_input import SecretInput
from widgets.text import PlainText

WEAK = " · débil"
NOTE = "Débil: tiene pocas respuestas posibles. A lo sumo una de las tres puede serlo."


class ChooseQuestions(WizardScreen):
    """Pregunta 1, 2 y 3: a list and a field. «Retroceder» goes to the question before; the three are saved together."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Forward, Reveal, StepBack)
    HEADING = "Preguntas de Seguridad"
    INFO = (
        "En ciertas operaciones le haremos preguntas de seguridad, las cuales debe haber seleccionado previamente con "
        "respuestas que solo usted debe conocer."
    )
    AUTO_FOCUS = "#questions"
    HELP = (
        "Elija una pregunta con las flechas y Enter, y escriba su respuesta: al menos tres letras, que nadie más "
        "sepa. Mayúsculas, tildes y puntos no cuentan. F8 muestra lo que escribe."
    )
    DEFAULT_CSS: ClassVar[str] = """
    ChooseQuestions #which { text-style: bold; height: 1; }
    ChooseQuestions #questions { height: 1fr; min-height: 5; max-height: 15; margin-bottom: 1; }
    ChooseQuestions .field-label { width: 12; }
    ChooseQuestions .field-error { padding-left: 12; }
    """

    def __init__(self, state: Any = None) -> None:
        super().__init__(state)
        self._chosen: list[NewAnswer] = []

    def compose_form(self) -> Iterable[Widget]:
        """Which of the three, the list, the answer."""
        self._list = ChoiceList(help_text=self.HELP or "", id="questions")
        self._answer = SecretField("Respuesta", SecretInput(id="answer", classes="answer", help_text=self.HELP or ""))
        yield PlainText(id="which")
        yield self._list
        yield self._answer
        yield PlainText(NOTE, classes="note")

    def on_mount(self) -> None:
        """The first of three."""
        super().on_mount()
        self._ask()

    def _ask(self) -> None:
        """Offer what can still be chosen: no question twice, and one weak one at most (the service checks it)."""
        taken = {item.question_id for item in self._chosen}
        offered = load_questions().offered()
        one_weak = any(question.weak for question in offered if question.id in taken)
        left = [item for item in offered if item.id not in taken and not (one_weak and item.weak)]
        self._list.show_choices([(item.id, item.text + (WEAK if item.weak else "")) for item in left])
        self._list.mark(left[0].id)
        self.query_one("#which", PlainText).show(f"Pregunta {len(self._chosen) + 1} de {QUESTIONS}")
        self._answer.input.wipe()
        self._answer.clear_error()
        hide_answers(self)
        self._list.focus()

    def action_reveal(self) -> None:
        """F8."""
        reveal_answers(self)

    @on(ChoiceList.Chosen, "#questions")
    def _picked(self) -> None:
        self._answer.input.focus()

    @on(Input.Submitted, "#answer")
    def _submitted(self) -> None:
        self.action_forward()

    @flow
    async def action_forward(self) -> None:
        """Keep the answer; after the third, save all of them."""
        question = self._list.current_key
        if question is None or not self._answer.check():
            self._answer.input.focus()
            return
        self._chosen.append(NewAnswer(question, Secret(self._answer.input.take())))
        if len(self._chosen) < QUESTIONS:
            self._ask()
            return
        try:
            done = await self.save(tuple(self._chosen))
        except CoopError as error:
            self._again(error)
            raise
        self._chosen = []
        self.dismiss(done)

    async def save(self, answers: tuple[NewAnswer, ...]) -> Any:
        """Hand the three to the service."""
        return await self.call(set_questions, SetQuestions(answers))

    def _again(self, error: CoopError) -> None:
        """Back to the question that is to blame; those before it stay."""
        field = error.field or ""
        kept = int(field.removeprefix("answer")) - 1 if field.startswith("answer") else 0
        del self._chosen[kept:]
        self._ask()

    async def action_back(self) -> None:
        """«Retroceder»: to the question before, or out."""
        if self._chosen:
            self._chosen.pop()
            self._ask()
        else:
            await super().action_back()
