"""Register the second factor: a picture for the phone, the secret to type where it has no camera, and its first code
(req. 11, A7).
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from data.secrets import Secret
from screens.base import Back, BaseScreen
from screens.flow import flow
from services.errors import InvalidInput
from services.staff_sessions import (
    ConfirmSecondFactor,
    SecondFactorOffer,
    begin_second_factor,
    confirm_second_factor,
)
from widgets.command import Command, CommandClass
from widgets.fields import SecretField
from widgets.qr_code import QrCode
from widgets.secret_input import SecretInput
from widgets.text import PlainText
from widgets.unrecorded import UNRECORDED


class SaveFactor(Command):
    """Registra el segundo factor con el código que muestra su teléfono."""

    id = "save_factor"
    label = "Registrar"
    keys = ("f2",)
    footer = True


class SecondFactor(BaseScreen[bool]):
    """Answers True when it is registered. `must`: no work before it; leaving it ends the session."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (SaveFactor, Back)
    CSS_PATH = "second_factor.tcss"
    AUTO_FOCUS = "#factor-code"
    HELP = (
        "Abra una aplicación de autenticación en su teléfono y lea el cuadro, o escriba en ella la clave que ve al "
        "lado. Luego escriba aquí los seis números que muestra. Cada código sirve una vez."
    )

    def __init__(self, *, must: bool = False) -> None:
        super().__init__()
        self._must = must
        self._offer: SecondFactorOffer | None = None
        self._code = SecretField(
            "Código",
            SecretInput(id="factor-code", max_length=16, help_text="Los seis números que muestra su teléfono."),
        )

    def compose_body(self) -> ComposeResult:
        """Picture on the left, what to do on the right."""
        with Horizontal(id="factor"):
            yield QrCode(id="factor-picture")
            with Vertical(id="factor-side"):
                yield PlainText("Segundo factor", classes="door-title")
                yield PlainText(
                    "Su rol lo exige antes de trabajar." if self._must else "Un código además de su contraseña."
                )
                yield PlainText("1. Lea el cuadro con su aplicación de autenticación, o escriba en ella:")
                yield PlainText(id="factor-secret", classes=UNRECORDED)
                yield PlainText("2. Escriba el código que muestra:")
                yield self._code

    def on_mount(self) -> None:
        """Ask for a new secret."""
        super().on_mount()
        self._begin()

    @flow
    async def _begin(self) -> None:
        self._offer = await self.call(begin_second_factor)
        self.query_one(QrCode).show_rows(self._offer.qr_rows)
        secret = self._offer.secret.reveal()
        groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        self.query_one("#factor-secret", PlainText).show(" ".join(groups))

    @on(Input.Submitted, "#factor-code")
    def _submitted(self) -> None:
        self.action_save_factor()

    @flow
    async def action_save_factor(self) -> None:
        """Prove that the phone has it."""
        if self._offer is None or not self._code.check():
            return
        code = Secret(self._code.input.take())
        try:
            await self.call(confirm_second_factor, ConfirmSecondFactor(self._offer.secret, code))
        except InvalidInput as error:
            self._code.show_error(error.user_text)
        else:
            self._forget()
            self.shell.notify_safe("Segundo factor registrado. Desde ahora se le pedirá al ingresar.")
            self.dismiss(True)

    def _forget(self) -> None:
        self._offer = None
        self.query_one(QrCode).show_rows(())
        self.query_one("#factor-secret", PlainText).show("")

    async def action_back(self) -> None:
        """Leave it unregistered."""
        self._forget()
        self.dismiss(False)
