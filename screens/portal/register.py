"""«Registrar»: number, date of birth, cédula, «No soy un robot» (S33–S38). The answer is the same for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from screens.dialogs.message import Message
from screens.flow import flow
from screens.portal.base import Forward, PortalScreen, StepBack
from screens.portal.challenge import ChooseTiles
from screens.portal.portal_shell import portal_shell
from services.errors import CoopError
from services.registration import Challenge, ChallengeNeeded, Register, Registered, register
from widgets.birth_field import BirthField
from widgets.command import CommandClass
from widgets.fields import Field
from widgets.house_input import CedulaInput, TextInput
from widgets.text import PlainText
from widgets.tick_box import TickBox

ROBOT = "No soy un robot"


class Continue(Forward):
    """Envía su solicitud de acceso."""

    label = "Continuar"


class Cancel(StepBack):
    """Vuelve sin enviar nada."""

    label = "Cancelar"


class RegisterMember(PortalScreen[str]):
    """Answers with what was told, or None when it was cancelled."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Continue, Cancel)
    HEADING = "Registrar"
    AUTO_FOCUS = "#number"
    HELP = (
        "Escriba sus datos como los dio a la Cooperativa. Después, llame al Centro Integral de Servicios (205-0911) o "
        "visite una sucursal para activar su acceso: recibirá un correo con su usuario y contraseña temporales."
    )
    DEFAULT_CSS: ClassVar[str] = """
    RegisterMember #instruction { width: 1fr; height: auto; margin-bottom: 1; }
    RegisterMember Field, RegisterMember BirthField { margin-bottom: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._number: Field[str] = Field(
            "Número de asociado", TextInput(id="number", max_length=10, help_text="Su número de asociado o cliente.")
        )
        self._birth = BirthField()
        self._cedula = Field("Cédula", CedulaInput(id="cedula"))

    def compose_form(self) -> Iterable[Widget]:
        """The guide's form."""
        yield PlainText(
            "Introduzca su número de asociado, fecha de nacimiento y número de cédula para continuar.",
            id="instruction",
        )
        yield self._number
        yield self._birth
        yield self._cedula
        yield TickBox(ROBOT, id="robot")

    def on_mount(self) -> None:
        """From box to box."""
        super().on_mount()
        self._birth.submitted, self._birth.follows = self._cedula.input.focus, self._cedula.input

    @on(Input.Submitted, "#number")
    def _to_birth(self) -> None:
        self._birth.input.focus()

    @on(Input.Submitted, "#cedula")
    def _to_robot(self) -> None:
        self.query_one("#robot").focus()

    @on(TickBox.Changed, "#robot")
    def _ticked(self) -> None:
        self.hush()

    @flow
    async def action_forward(self) -> None:
        """Send it; where the risk asks for it, pictures must be chosen first (S34)."""
        checks = [(field, field.check()) for field in (self._number, self._birth, self._cedula)]
        wrong = [field for field, right in checks if not right]
        if wrong:
            wrong[0].input.focus()
            return
        if not self.query_one(TickBox).ticked:
            self.say(f"Marque la casilla «{ROBOT}».", "warning")
            self.query_one(TickBox).focus()
            return
        try:
            told = await self._send(None, frozenset())
        except CoopError as error:
            self._complain(error)
            raise
        if told is not None:
            await self.app.push_screen_wait(Message("Solicitud recibida", told.text))
            self.dismiss(told.text)

    async def _send(self, challenge: Challenge | None, tiles: frozenset[int]) -> Registered | None:
        """Hand it to the service; None when the pictures were left."""
        shell = portal_shell(self)
        command = Register(
            self._number.given,
            self._birth.given,
            self._cedula.given.format(),
            challenge.id if challenge is not None else None,
            tiles,
        )
        try:
            told: Registered = await shell.call(register, command, shell.place)
        except ChallengeNeeded as needed:
            asked = needed.challenge
            again = needed.user_text if challenge is not None else ""
            chosen = await self.app.push_screen_wait(ChooseTiles(asked.subject_label, asked.tiles, again))
            return None if chosen is None else await self._send(asked, chosen)
        return told

    def _complain(self, error: CoopError) -> None:
        """Put a refusal at the field that is to blame."""
        fields: dict[str, Field[Any] | BirthField] = {
            "number": self._number,
            "birth": self._birth,
            "cedula": self._cedula,
        }
        if (field := fields.get(error.field or "")) is not None:
            field.show_error(error.user_text)
            field.input.focus()
