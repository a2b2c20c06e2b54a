"""The temporary password of the e-mail, with cédula and birth date: who found the e-mail alone gets no further (S40,
S44).
"""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from data.secrets import Secret
from screens.flow import flow
from screens.portal.door_step import DoorStepScreen
from services.doors import DoorStep
from services.temporary_sign_in import GiveTemporary, give_temporary
from widgets.birth_field import BirthField
from widgets.fields import Field, SecretField
from widgets.house_input import CedulaInput
from widgets.secret_input import SecretInput


class Temporary(DoorStepScreen):
    """Three things that only the member has together."""

    HEADING = "Contraseña temporal"
    INFO = (
        "Es su primer ingreso. Escriba la contraseña temporal que recibió por correo, su cédula y su fecha de "
        "nacimiento. La contraseña temporal sirve una sola vez."
    )
    AUTO_FOCUS = "#temporary"
    HELP = "La contraseña temporal está en el correo que le enviamos. Si venció, llame al 205-0911 y pida otra."

    def __init__(self, step: DoorStep, notice: str = "") -> None:
        super().__init__(step, notice)
        self._secret = SecretField("Contraseña temporal", SecretInput(id="temporary", help_text=self.HELP or ""))
        self._cedula = Field("Cédula", CedulaInput(id="cedula"))
        self._birth = BirthField()
        self._birth.submitted = self.action_forward

    def compose_form(self) -> Iterable[Widget]:
        """Three fields."""
        yield self._secret
        yield self._cedula
        yield self._birth

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        (self._cedula if event.input.id == "temporary" else self._birth).input.focus()

    @flow
    async def action_forward(self) -> None:
        """Use the temporary password."""
        wrong = [field for field in (self._secret, self._cedula, self._birth) if not field.check()]
        if wrong:
            wrong[0].input.focus()
            return
        cedula, birth = self._cedula.given.format(), self._birth.given
        secret = Secret(self._secret.input.take())
        await self.give(give_temporary, GiveTemporary(self.step.ticket, secret, cedula, birth))
