"""«Cambio de Usuario»: the temporary user gives way to the member's own (S51–S53, req. 32)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from screens.flow import flow
from screens.portal.wizard import WizardScreen
from services.errors import CoopError
from services.first_access import SetUsername, set_username
from widgets.fields import Field
from widgets.house_input import TextInput
from widgets.text import PlainText

USERNAME_LIMIT = 32


class ChangeUsername(WizardScreen):
    """The user of today, and the new one."""

    HEADING = "Cambio de Usuario"
    INFO = (
        "Para su conveniencia y seguridad, usted podrá cambiar su usuario de ingreso a Cooperativa en Línea cuando lo "
        "desee."
    )
    AUTO_FOCUS = "#new-username"
    HELP = (
        "El usuario lleva de 8 a 32 caracteres: letras sin tilde, números, punto, guion y guion bajo. No puede ser "
        "solo números, ni su número de asociado, ni su cédula."
    )
    DEFAULT_CSS: ClassVar[str] = "ChangeUsername #current-user { margin-bottom: 1; width: 1fr; }"

    def __init__(self, state: Any = None, current: str = "") -> None:
        super().__init__(state)
        self._current = current
        self.username = ""
        self._new: Field[str] = Field(
            "Nuevo Usuario:", TextInput(id="new-username", max_length=USERNAME_LIMIT, help_text=self.HELP or "")
        )

    def compose_form(self) -> Iterable[Widget]:
        """«Su usuario actual es: 50000», and the field."""
        yield PlainText(f"Su usuario actual es: {self._current}", id="current-user")
        yield self._new
        yield PlainText("De 8 a 32 caracteres, con al menos una letra.", classes="note")

    @on(Input.Submitted, "#new-username")
    def _submitted(self) -> None:
        self.action_forward()

    @flow
    async def action_forward(self) -> None:
        """Keep it."""
        if not self._new.check():
            return
        try:
            done = await self.save(self._new.given)
        except CoopError as error:
            if error.field != "username":
                raise
            self._new.show_error(error.user_text)
            self._new.input.focus()
        else:
            self.username = self._new.given
            self.dismiss(done)

    async def save(self, username: str) -> Any:
        """Hand it to the service."""
        return await self.call(set_username, SetUsername(username))
