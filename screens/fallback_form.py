"""For those whose mail never comes: a sealed slip, or the password in halves, with a supervisor (C9)."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from data.secrets import Secret
from screens.access_forms import Form
from screens.base import Back, BaseModal
from screens.staff_shell import staff_shell
from services.credential_fallback import Fallback, Halves, fallback
from services.errors import CoopError
from services.operations import Op
from widgets.command import Command, CommandClass
from widgets.fields import Field, SecretField
from widgets.signature import SignatureFields
from widgets.text import PlainText, safe
from widgets.unrecorded import UNRECORDED

NO_DISK = "No se pudo escribir el sobre en el disco: no se emitió nada. Elija las mitades o avise a soporte."


class FallbackForm(Form):
    """The second person signs here, at the same desk."""

    TITLE_TEXT = "Credencial sin correo"
    OP = Op.CREDENTIAL_FALLBACK
    CHOICES = (("slip", "Sobre sellado: se imprime sin que nadie lo vea"), ("halves", "En mitades, entre dos personas"))

    def __init__(self, member_id: int) -> None:
        self.signature = SignatureFields()
        super().__init__(member_id, summary=("La contraseña anterior deja de servir. El supervisor firma aquí mismo.",))

    def fields(self) -> list[Field[Any] | SecretField]:
        """The second person's own sign-in."""
        return self.signature.all()

    def refused(self, error: CoopError) -> None:
        """The second person's password is gone from its field: it is typed again."""
        super().refused(error)
        if error.field is None:
            self.signature.password.input.focus()

    async def act(self) -> str:
        """Issue it; halves are shown one after the other, to one person each."""
        signed = self.signature.take()
        command = Fallback(
            self.member_id,
            self.reason.text,
            self.key,
            "halves" if self.chosen == "halves" else "slip",
            signed.username,
            signed.password,
            signed.code,
            staff_shell(self).slips_folder,
        )
        try:
            result = await self.call(fallback, command)
        except OSError as error:
            raise CoopError(NO_DISK) from error
        if not isinstance(result, Halves):
            return f"{result.text} Archivo: {result.path}" if result.path is not None else result.text
        if result.first is None or result.second is None:
            return result.text
        return await self._show_halves(result.first, result.second, result.second_person)

    async def _show_halves(self, first: Secret, second: Secret, second_person: str) -> str:
        agent = staff_shell(self).operator
        for at, (who, half) in enumerate(((agent.full_name or agent.username, first), (second_person, second)), 1):
            if not await self.app.push_screen_wait(HalfDialog(f"Mitad {at} de 2", who, half)):
                return f"La mitad de {who} no se dictó: emita otra credencial cuando puedan estar las dos personas."
        return "Entregada en mitades."


class ShowOrDone(Command):
    """Muestra la mitad; la segunda vez, la oculta y continúa."""

    id = "accept"
    label = "Mostrar o continuar"
    keys: ClassVar[tuple[str, ...]] = ("f2",)


class HalfDialog(BaseModal[bool]):
    """Shows one half to one person, on their own key, and forgets it. Answers whether it was read out."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ShowOrDone, Back)
    HELP = "F2 muestra la mitad; F2 otra vez la oculta y continúa. Esc la deja sin dictar."

    def __init__(self, title: str, person: str, half: Secret) -> None:
        super().__init__()
        self._title, self._person, self._half = title, person, half
        self._shown = False

    def compose_body(self) -> ComposeResult:
        """Who looks, the half once it is asked for, the keys."""
        with Vertical(classes="dialog"):
            yield PlainText(self._title, classes="dialog-title")
            yield PlainText(f"Solo {self._person} mira la pantalla y dicta su mitad al asociado.", multiline=True)
            yield PlainText(id="half", classes=UNRECORDED)
            yield PlainText("F2 Mostrar   Esc No dictar", id="half-keys", classes="dialog-keys")

    def on_screen_suspend(self) -> None:
        """Something covers the dialog (the lock): the half is shown again only on a key."""
        self._show(shown=False)

    def _show(self, *, shown: bool) -> None:
        self._shown = shown
        half = safe("   " + "  ".join(self._half.reveal()), "bold", multiline=True) if shown else Text()
        self.query_one("#half", PlainText).show(half)
        keys = "F2 Dictada, ocultar   Esc No dictar" if shown else "F2 Mostrar   Esc No dictar"
        self.query_one("#half-keys", PlainText).show(keys)

    def action_accept(self) -> None:
        """F2."""
        if self._shown:
            self._show(shown=False)
            self.dismiss(True)
        else:
            self._show(shown=True)

    async def action_back(self) -> None:
        """Esc."""
        self.dismiss(False)
