"""«Contraseña»: the member recognises the image first, then types the password (S54, S66–S69)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from data.secrets import Secret
from screens.dialogs.confirm import Confirm
from screens.dialogs.message import Message
from screens.flow import flow
from screens.portal.base import Forward, Info, StepBack
from screens.portal.door_step import DoorStepScreen
from screens.portal.portal_shell import portal_shell
from services.doors import DoorStep
from services.member_sign_in import GivePassword, NotMyImage, give_password, not_my_image
from widgets.command import Command, CommandClass
from widgets.fields import SecretField
from widgets.panel import PlainButton
from widgets.pixel_image import PixelImage
from widgets.secret_input import SecretInput
from widgets.text import PlainText
from widgets.tick_box import TickBox

REMEMBER = "¿Desea que recordemos su equipo?"
REMEMBER_HINT = "Recuerde solo guardar equipos de uso habitual."


class Forgotten(Command):
    """Ayuda a quien olvidó su contraseña: un código y su pregunta, y elige otra."""

    id = "forgotten"
    label = "¿Olvidó su contraseña?"
    keys: ClassVar[tuple[str, ...]] = ("f6",)
    footer = True


class NotMine(Command):
    """La imagen o su nombre no son los que usted eligió: avisa al Centro Integral de Servicios y no ingresa."""

    id = "not_mine"
    label = "No es mi imagen"
    keys: ClassVar[tuple[str, ...]] = ("f7",)
    footer = True


class Password(DoorStepScreen):
    """Picture and name on the left, the password beside them."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Forward, Forgotten, NotMine, StepBack)
    HEADING = "Contraseña"
    TEXT = (
        "Reconocer su imagen le ayuda a confirmar que ha ingresado a una sesión válida. Si no reconoce su imagen no "
        "introduzca su contraseña y repórtelo al centro integral de servicios."
    )
    AUTO_FOCUS = "#password"
    HELP = "Mire la imagen y su nombre. Si son los suyos, escriba su contraseña y pulse Enter; si no, pulse F7."
    DEFAULT_CSS = """
    Password #image-side { width: auto; height: auto; margin-right: 3; }
    Password #image-name { text-style: bold; width: 1fr; height: auto; margin-bottom: 1; }
    Password #password-side { width: 1fr; height: auto; }
    Password #door { height: auto; }
    Password .field-label { width: 3; }
    Password .field-error { padding-left: 3; }
    Password .link { margin-top: 1; width: auto; background: $surface; color: $text-accent; }
    Password TickBox { margin-top: 1; }
    """

    def __init__(self, step: DoorStep, notice: str = "") -> None:
        super().__init__(step, notice)
        self._password = SecretField(
            "▣", SecretInput(id="password", help_text="Escriba su contraseña. No se muestra ni se copia.")
        )

    def compose_form(self) -> Iterable[Widget]:
        """Image and name, password, the links; where a machine is one's own, whether to remember it."""
        side: list[Widget] = [
            Info(self.TEXT, closes=True),
            PlainText(self.step.image_name or "", id="image-name"),
            self._password,
            PlainButton(Forgotten.label, id="forgotten", classes="link"),
            PlainButton(NotMine.label, id="not_mine", classes="link"),
        ]
        if not portal_shell(self).is_kiosk:
            side += [TickBox(REMEMBER, id="remember"), PlainText(REMEMBER_HINT, classes="note")]
        image = Vertical(PixelImage(self.step.image_id or ""), id="image-side")
        yield Horizontal(image, Vertical(*side, id="password-side"), id="door")

    @on(Input.Submitted, "#password")
    def _submitted(self) -> None:
        self.action_forward()

    @flow
    async def action_forward(self) -> None:
        """Sign in."""
        if self._password.check():
            remember = any(box.ticked for box in self.query(TickBox))
            await self.give(
                give_password, GivePassword(self.step.ticket, Secret(self._password.input.take()), remember)
            )

    @flow
    async def action_forgotten(self) -> None:
        """F6: afterwards the sign-in begins anew."""
        from screens.portal.forgotten import recover

        if await recover(self):
            self.dismiss(None)

    @flow
    async def action_not_mine(self) -> None:
        """F7: nobody signs in, the CIS hears of it (S69)."""
        lines = ("No se ingresará. El Centro Integral de Servicios recibirá su reporte y revisará su acceso.",)
        question = Confirm("¿La imagen no es la suya?", lines, accept="Reportar", trigger_keys=tuple(NotMine.keys))
        if await self.app.push_screen_wait(question):
            told = await portal_shell(self).call(not_my_image, NotMyImage(self.step.ticket), portal_shell(self).place)
            await self.app.push_screen_wait(Message("Gracias por avisar", told.text))
            self.dismiss(None)
