"""«¿Olvidó su contraseña?»: the code and the question together, then a new password (S67). The same for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from data.secrets import Secret
from screens.dialogs.message import Message
from screens.flow import flow
from screens.portal.ask import Ask
from screens.portal.base import Forward, PortalPage, PortalScreen, StepBack
from screens.portal.change_password import MemberPassword
from screens.portal.portal_shell import portal_shell
from screens.portal.reveal import Reveal, reveal_answers
from services.doors import DoorClosed
from services.errors import CoopError
from services.first_access import PasswordFacts
from services.forgotten_password import (
    Forgot,
    ForgottenRefused,
    ForgottenStep,
    ProveForgotten,
    RenewPassword,
    RenewStep,
    forgot,
    prove,
    renew,
)
from services.one_time_codes import DIGITS
from widgets.command import CommandClass
from widgets.fields import Field, SecretField, check_fields
from widgets.house_input import TextInput
from widgets.secret_input import SecretInput
from widgets.text import PlainText

HEADING = "¿Olvidó su contraseña?"
USERNAME_LIMIT = 32


async def recover(owner: PortalPage[Any]) -> bool:
    """Lead through all of it; True when the password was changed, or nothing is left to do but to begin anew."""
    shell, app = portal_shell(owner), owner.app
    field: Field[str] = Field("Usuario", TextInput(max_length=USERNAME_LIMIT, id="username"))

    async def ask_for_code(username: str) -> ForgottenStep:
        step: ForgottenStep = await shell.call(forgot, Forgot(username), shell.place)
        return step

    asked = Ask(HEADING, "Escriba su usuario.", {"username": field}, ask_for_code)
    step: ForgottenStep | None = await app.push_screen_wait(asked)
    if step is None:
        return False
    proven: RenewStep | None = await app.push_screen_wait(ProveMember(step))
    if proven is None:
        return False
    renewed = await app.push_screen_wait(NewPassword(proven))
    if renewed is not None:
        await app.push_screen_wait(Message(HEADING, renewed))
    return True


class ProveMember(PortalScreen[RenewStep]):
    """Code and answer. Answers with the way to the new password, or None to go back."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Forward, Reveal, StepBack)
    HEADING = HEADING
    AUTO_FOCUS = "#code"
    HELP = "Escriba el código que le enviamos y la respuesta a su pregunta. Los dos juntos; cada intento cuenta."
    DEFAULT_CSS: ClassVar[str] = """
    ProveMember #sent { width: 1fr; height: auto; margin-bottom: 1; }
    ProveMember #question { text-style: bold; width: 1fr; height: auto; margin-top: 1; }
    """

    def __init__(self, step: ForgottenStep) -> None:
        super().__init__()
        self._step = step
        self._code = SecretField("Código", SecretInput(id="code", max_length=DIGITS + 1, help_text=self.HELP or ""))
        self._answer = SecretField("Respuesta", SecretInput(id="answer", classes="answer", help_text=self.HELP or ""))

    def compose_form(self) -> Iterable[Widget]:
        """What was sent, the code, the question, the answer."""
        yield PlainText(self._step.text, id="sent")
        yield self._code
        yield PlainText(self._step.question_text, id="question")
        yield self._answer

    @on(Input.Submitted, "#code")
    def _to_answer(self) -> None:
        self._answer.input.focus()

    @on(Input.Submitted, "#answer")
    def _submitted(self) -> None:
        self.action_forward()

    def action_reveal(self) -> None:
        """F8."""
        reveal_answers(self)

    @flow
    async def action_forward(self) -> None:
        """Hand both over."""
        if not check_fields([self._code, self._answer]):
            return
        shell = portal_shell(self)
        typed = (Secret(field.input.take()) for field in (self._code, self._answer))
        try:
            self.dismiss(await shell.call(prove, ProveForgotten(self._step.ticket, *typed), shell.place))
        except ForgottenRefused as refused:
            self._step = refused.again
            self._code.input.focus()
            raise
        except DoorClosed as closed:
            await self.app.push_screen_wait(Message(HEADING, closed.user_text))
            self.dismiss(None)
        except CoopError as error:
            field = {"code": self._code, "answer": self._answer}.get(error.field or "")
            if field is None:
                raise
            field.show_error(error.user_text)
            field.input.focus()


class NewPassword(MemberPassword):
    """The new password twice; answers with what is told, or None."""

    ASKS_CURRENT = False
    AUTO_FOCUS = "#new"

    def __init__(self, step: RenewStep) -> None:
        super().__init__()
        self._step = step

    async def facts(self) -> PasswordFacts:
        """The service gave them when the member was proven."""
        return self._step.facts

    async def save(self, current: Secret, new: Secret, repeat: Secret) -> str:
        """Hand it to the service."""
        del current
        shell = portal_shell(self)
        try:
            done = await shell.call(renew, RenewPassword(self._step.ticket, new, repeat), shell.place)
        except DoorClosed as closed:
            return closed.user_text
        return str(done.text)
