"""The front door: user, password and, for who has one, the second factor's code (req. 11, 12).

The first screen: it loads nothing of the database. What is typed before the store is open waits for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from screens.base import Back
from screens.door import DoorScreen
from screens.flow import background_flow, flow
from screens.staff_shell import staff_shell
from services.errors import (
    CoopError,
    HoursRefused,
    OutsideHours,
    SecondFactorNeeded,
    SecondPersonNeeded,
    SignInRefused,
)
from widgets.command import Command, CommandClass
from widgets.fields import Field, SecretField, check_fields
from widgets.house_input import TextInput
from widgets.secret_input import SecretInput
from widgets.text import PlainText

if TYPE_CHECKING:
    from data.secrets import Secret
    from services.staff_sessions import SignedIn
    from services.staff_sessions import SignIn as SignInCommand
    from services.unit_of_work import UnitOfWork

OPENING = "Abriendo la base de datos…"
READY = "● Base de datos lista"


class Enter(Command):
    """Ingresa con el usuario y la contraseña escritos."""

    id = "enter"
    label = "Ingresar"
    keys = ("f2",)
    footer = True


class Retry(Command):
    """Intenta abrir otra vez la base de datos."""

    id = "retry"
    label = "Reintentar"
    keys = ("f5",)


class Clear(Back):
    """Borra lo escrito y empieza de nuevo."""

    label = "Borrar"
    footer = False


class SignIn(DoorScreen["SignedIn"]):
    """Answers with `SignedIn`. `notice`: why the last session ended, or nothing."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Enter, Retry, Clear)
    AUTO_FOCUS = "#username"
    HELP = (
        "Escriba su usuario y su contraseña; Enter pasa al campo siguiente y al final ingresa. "
        "Tras varios intentos fallidos el usuario se bloquea un tiempo: su supervisor puede desbloquearlo."
    )

    def __init__(self, notice: str = "") -> None:
        super().__init__()
        self._notice = notice
        self._username: Field[str] = Field(
            "Usuario", TextInput(id="username", max_length=64, help_text="Escriba su usuario de trabajo.")
        )
        self._password = SecretField(
            "Contraseña", SecretInput(id="password", help_text="Escriba su contraseña. No se muestra ni se copia.")
        )
        self._proven: Secret | None = None  # The password while the second factor is asked for.

    @cached_property
    def _code(self) -> SecretField:
        """Few have a second factor: the first paint doesn't wait for its field."""
        return SecretField(
            "Código",
            SecretInput(id="code", max_length=16, help_text="Los seis números que muestra su teléfono ahora."),
        )

    def compose_door(self) -> ComposeResult:
        """The door."""
        yield PlainText(self.shell.identity().institution, classes="door-title")
        yield self._username
        yield self._password
        yield PlainText(OPENING, id="store-state", classes="door-state")

    def on_mount(self) -> None:
        """Paint first; the store opens behind it."""
        super().on_mount()
        if self._notice:
            self.say(self._notice, "warning")
        self.call_after_refresh(self.follow_store)

    @background_flow
    async def follow_store(self) -> None:
        """Show how the opening of the store ended."""
        state = self.query_one("#store-state", PlainText)
        state.remove_class("-wrong")
        state.show(OPENING)
        try:
            uow = await staff_shell(self).store()
            hint = await asyncio.to_thread(_welcome, uow)
        except CoopError as error:
            state.add_class("-wrong")
            state.show(f"✗ {error.user_text} F5 reintenta.")
        else:
            state.show(hint or READY)

    def action_retry(self) -> None:
        """F5."""
        self.follow_store()

    @on(Input.Submitted, "#username")
    def _named(self) -> None:
        self._password.input.focus()

    @on(Input.Submitted, "#password")
    @on(Input.Submitted, "#code")
    def _submitted(self) -> None:
        self.action_enter()

    @flow
    async def action_enter(self) -> None:
        """Sign in; the keys typed meanwhile go to the desk."""
        if self._proven is None:
            fields: list[Field[str] | SecretField] = [self._username, self._password]
        else:
            fields = [self._code]
        if not check_fields(fields):
            return
        shell = staff_shell(self)
        try:
            await shell.store()
            await self._sign_in()
        except CoopError:
            shell.drop_typed_ahead()  # Meant for the desk: as a password it would be one more failed attempt.
            raise

    async def _sign_in(self) -> None:
        from data.secrets import Secret
        from services.staff_sessions import SignIn as Command

        shell = staff_shell(self)
        password = self._proven or Secret(self._password.input.take())
        code = Secret(self._code.input.take()) if self._proven is not None else None
        command = Command(self._username.text, password, code, shell.terminal, shell.own_channel)
        try:
            signed_in = await self._let_in(command)
        except SecondFactorNeeded as needed:
            await self._ask_code(password, needed.user_text)
        except (SignInRefused, HoursRefused, OutsideHours, SecondPersonNeeded):
            self._start_over()
            raise
        else:
            self._proven = None
            self.dismiss(signed_in)

    async def _let_in(self, command: SignInCommand) -> SignedIn:
        """Sign in; outside of their hours with the signature of a second person, here at the door (req. 12)."""
        from services.staff_sessions import sign_in

        shell = staff_shell(self)
        try:
            return await shell.call(sign_in, command)
        except OutsideHours as outside:
            from screens.dialogs.second_person import SecondPersonDialog
            from services.outside_hours import Doorkeeper

            lines = (outside.user_text, f"Ingresa: {command.username}")
            signed = await self.app.push_screen_wait(SecondPersonDialog("Fuera de horario", lines))
            if signed is None:
                raise
            keeper = Doorkeeper(signed.username, signed.password, signed.code)
            return await shell.call(sign_in, replace(command, keeper=keeper))

    async def _ask_code(self, password: Secret, text: str) -> None:
        self._proven = password
        if not self._code.is_attached:
            await self.query_one(".door").mount(self._code, before="#store-state")
        self._username.disabled = self._password.disabled = True
        self._code.display = True
        self._code.input.focus()
        self.say(text)

    def _start_over(self) -> None:
        """The user name stays; secrets go."""
        self._proven = None
        self._password.input.wipe()
        self._code.input.wipe()
        self._code.display = False
        self._username.disabled = self._password.disabled = False
        self._password.input.focus()

    async def action_back(self) -> None:
        """Esc: out of the code, else an empty form."""
        if self._proven is None:
            self._username.input.value = ""
            self._password.input.wipe()
            self._username.input.focus()
        else:
            self._start_over()
        self.hush()


def _welcome(uow: UnitOfWork) -> str:
    from services.demo_welcome import demo_welcome  # the database library is there only now

    return demo_welcome(uow)
