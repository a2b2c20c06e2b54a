"""The lock screen: nothing of the work beneath is to be seen or reached until the password is given (req. 13)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from screens.base import Back
from screens.door import DoorScreen
from screens.flow import flow
from screens.staff_shell import staff_shell
from services.errors import CoopError
from widgets.command import Command, CommandClass
from widgets.fields import SecretField
from widgets.secret_input import SecretInput
from widgets.text import PlainText


class UnlockStation(Command):
    """Desbloquea con su contraseña. Su trabajo está como lo dejó."""

    id = "unlock_station"
    label = "Desbloquear"
    keys = ("f2",)
    footer = True


class Stay(Back):
    """Borra lo escrito; la estación sigue bloqueada."""

    label = "Borrar"
    footer = False


class LockScreen(DoorScreen[None]):
    """Covers everything. The program takes it away when the service has unlocked the session."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (UnlockStation, Stay)
    AUTO_FOCUS = "#unlock-password"
    HELP = (
        "La estación está bloqueada. Escriba la contraseña de quien inició la sesión y pulse Enter. "
        "Si es otra persona, cierre el programa con F10 e ingrese con su usuario."
    )

    def __init__(self, person: str) -> None:
        super().__init__()
        self._person = person
        self._password = SecretField("Contraseña", SecretInput(id="unlock-password", help_text=self.HELP))

    def compose_door(self) -> ComposeResult:
        """Who locked it, and the field."""
        yield PlainText("■ Estación bloqueada", classes="door-title")
        yield PlainText(f"Sesión de {self._person}. Su trabajo está como lo dejó.", classes="door-note")
        yield self._password

    @on(Input.Submitted, "#unlock-password")
    def _submitted(self) -> None:
        self.action_unlock_station()

    @flow
    async def action_unlock_station(self) -> None:
        """Give the password to the service."""
        from data.secrets import Secret

        if not self._password.check():
            return
        try:
            await staff_shell(self).unlock(Secret(self._password.input.take()))
        except CoopError as error:  # Here, and not as a toast: those wait while the station is locked.
            self._password.show_error(error.user_text)

    async def action_back(self) -> None:
        """There is nothing behind this screen to go back to."""
        self._password.input.wipe()
        self._password.clear_error()
