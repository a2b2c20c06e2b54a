"""One question whose answer is typed: an amount, a number, a code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from data.secrets import Secret
from screens.flow import flow
from screens.portal.base import PortalScreen
from services.errors import CoopError, InvalidInput
from widgets.fields import Field, SecretField
from widgets.secret_input import SecretInput
from widgets.text import PlainText

T = TypeVar("T")

Take = Callable[[Any], Awaitable[T]]
"""What is done with the value: a service call, whose error stands at the field."""


class Ask(PortalScreen[Any]):
    """Answers with what `take` made of the fields' values, or None to go back. Errors stay at their field.

    `fields`: name of the service's field → the field on the screen, in their order; `take` gets the values in order.
    """

    HELP = "Escriba lo que se pregunta y pulse Enter. Esc retrocede."
    DEFAULT_CSS: ClassVar[str] = """
    Ask #asked { text-style: bold; width: 1fr; height: auto; margin-bottom: 1; }
    Ask #ask-note { margin-top: 1; }
    """

    def __init__(
        self,
        heading: str,
        question: str,
        fields: dict[str, Field[Any]],
        take: Callable[..., Awaitable[Any]],
        *,
        notes: Sequence[str] = (),
        progress: str = "",
    ) -> None:
        super().__init__(progress)
        self._heading, self._question, self._notes = heading, question, tuple(notes)
        self._fields, self._take = fields, take

    def heading(self) -> str:
        """What is being done."""
        return self._heading

    def compose_form(self) -> Iterable[Widget]:
        """Question, fields, notes."""
        yield PlainText(self._question, id="asked")
        yield from self._fields.values()
        if self._notes:
            yield PlainText("\n".join(self._notes), multiline=True, id="ask-note", classes="note")

    def on_mount(self) -> None:
        """The first field has the focus."""
        super().on_mount()
        next(iter(self._fields.values())).input.focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        inputs = [field.input for field in self._fields.values()]
        at = inputs.index(event.input) if event.input in inputs else len(inputs) - 1
        if at + 1 < len(inputs):
            inputs[at + 1].focus()
        else:
            self.action_forward()

    @flow
    async def action_forward(self) -> None:
        """Read the fields, hand them on."""
        wrong = [field for field in self._fields.values() if not field.check()]
        if wrong:
            wrong[0].input.focus()
            return
        try:
            answer = await self._take(*[field.value for field in self._fields.values()])
        except CoopError as error:
            field = self._fields.get(error.field or "")
            if field is None:
                raise
            field.show_error(error.user_text)
            field.input.focus()
        else:
            if answer is not None:
                self.dismiss(answer)


class AskSecret(PortalScreen[Any]):
    """One secret: an answer, a password, a code. `take` gets it once; False or None asks again with `wrong`."""

    DEFAULT_CSS: ClassVar[str] = """
    AskSecret #asked { text-style: bold; width: 1fr; height: auto; margin-bottom: 1; }
    """
    AUTO_FOCUS = "#secret"

    def __init__(
        self,
        heading: str,
        question: str,
        label: str,
        take: Callable[[Secret], Awaitable[bool]],
        *,
        wrong: str,
        note: str = "",
    ) -> None:
        super().__init__()
        self._heading, self._question, self._note, self._wrong = heading, question, note, wrong
        self._take = take
        self._secret = SecretField(label, SecretInput(id="secret", help_text=note or question))

    def heading(self) -> str:
        """What is being done."""
        return self._heading

    def compose_form(self) -> Iterable[Widget]:
        """Question, field, note."""
        yield PlainText(self._question, id="asked")
        yield self._secret
        if self._note:
            yield PlainText(self._note, classes="note")

    @on(Input.Submitted, "#secret")
    def _submitted(self) -> None:
        self.action_forward()

    @flow
    async def action_forward(self) -> None:
        """Hand it on; it is wiped here whatever becomes of it."""
        if not self._secret.check():
            return
        wrong = self._wrong
        try:
            right = await self._take(Secret(self._secret.input.take()))
        except InvalidInput as error:
            right, wrong = False, error.user_text
        if right:
            self.dismiss(True)
        else:
            self._secret.show_error(wrong)
            self._secret.input.focus()
