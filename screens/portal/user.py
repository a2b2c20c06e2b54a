"""«Usuario»: the portal's first screen (S42, S43), with the way to the registration and to the two guides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from screens.flow import background_flow, flow
from screens.portal.base import Forward, PortalScreen, StepBack
from screens.portal.help_page import HelpText
from screens.portal.portal_shell import portal_shell
from services.errors import CoopError
from widgets.command import Command, CommandClass
from widgets.fields import Field
from widgets.house_input import TextInput
from widgets.panel import PlainButton
from widgets.text import PlainText

if TYPE_CHECKING:
    from services.doors import DoorStep  # noqa: F401 - the type of the answer

USERNAME_LIMIT = 32
PERSON = "▗██▖\n▝██▘\n▟██▙"
OPENING = "Un momento: el servicio se está abriendo…"


class Clear(StepBack):
    """Borra lo escrito."""

    label = "Borrar"
    footer = False


class Register(Command):
    """Solicita el acceso a Cooperativa en Línea."""

    id = "register"
    label = "Regístrese aquí"
    keys: ClassVar[tuple[str, ...]] = ("f3",)
    footer = True


class Questions(Command):
    """Lo que más se pregunta sobre este servicio."""

    id = "frequent_questions"
    label = "Preguntas Frecuentes"
    keys: ClassVar[tuple[str, ...]] = ("f7",)


class SetupGuide(Command):
    """Los pasos para obtener y configurar su acceso."""

    id = "setup_guide"
    label = "Guía de Configuración"
    keys: ClassVar[tuple[str, ...]] = ("f6",)


LINKS: tuple[tuple[str, CommandClass], ...] = (("+", Register), ("?", Questions), ("≡", SetupGuide))
"""Sign and link, beside the field."""


class User(PortalScreen["DoorStep"]):
    """Answers with the first step of the sign-in. `notice`: why the last visit ended, or nothing."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Forward, Clear, Register, Questions, SetupGuide)
    HEADING = "Usuario"
    BUTTONS = ()
    AUTO_FOCUS = "#username"
    HELP = (
        "Escriba su usuario y pulse Enter. La primera vez es el usuario temporal que recibió por correo: su número de "
        "asociado. Si todavía no tiene acceso, regístrese con F3. F7 abre las preguntas frecuentes y F6 la guía."
    )
    DEFAULT_CSS = """
    User #entry { width: 1fr; height: auto; }
    User #person { width: 6; height: 3; color: $text-accent; }
    User #username-side { width: 1fr; height: auto; }
    User #forward { margin-top: 1; width: auto; }
    User #username-side .field-label { width: 0; display: none; }
    User #username-side .field-error { padding-left: 0; }
    User #links { width: 30; height: auto; padding-left: 4; }
    User #links PlainButton { width: auto; margin-bottom: 1; background: $surface; color: $text-accent; }
    User #links PlainButton:focus { text-style: bold reverse; }
    User #door-state { margin-top: 2; }
    """

    def __init__(self, notice: str = "") -> None:
        super().__init__()
        self._notice = notice
        self._username: Field[str] = Field(
            "Usuario", TextInput(id="username", max_length=USERNAME_LIMIT, help_text="Escriba su usuario.")
        )

    def compose_form(self) -> Iterable[Widget]:
        """The field with its person, and the links beside it."""
        entry = Vertical(self._username, PlainButton("Siguiente", id="forward"), id="username-side")
        person = PlainText(PERSON, multiline=True, id="person")
        links = [PlainButton(f"{mark} {command.label}", id=command.id) for mark, command in LINKS]
        yield Horizontal(Horizontal(person, entry, id="entry"), Vertical(*links, id="links"), id="entry-row")
        yield PlainText(OPENING, id="door-state", classes="note")

    def on_mount(self) -> None:
        """Paint first; the store opens behind it."""
        super().on_mount()
        if self._notice:
            self.say(self._notice, "warning")
        self.call_after_refresh(self.follow_store)

    @background_flow
    async def follow_store(self) -> None:
        """Say so while the service can't be reached."""
        state = self.query_one("#door-state", PlainText)
        try:
            await portal_shell(self).store()
        except CoopError:  # Its text is for who looks after the machine, and stands in the log.
            state.show("El servicio no está disponible. Avise al personal o llame al 205-0911.")
        else:
            state.show("")

    @on(Input.Submitted, "#username")
    def _submitted(self) -> None:
        self.action_forward()

    @flow
    async def action_forward(self) -> None:
        """Begin: every user, known or not, is led through the same steps (req. 35)."""
        if not self._username.check():
            return
        shell = portal_shell(self)
        try:
            await shell.store()
            from services.member_sign_in import Begin, begin

            step = await shell.call(begin, Begin(self._username.text.strip()), shell.place)
        except CoopError:
            shell.drop_typed_ahead()
            raise
        self.dismiss(step)

    @flow
    async def action_register(self) -> None:
        """F3."""
        shell = portal_shell(self)
        await shell.store()
        from screens.portal.register import RegisterMember

        await self.app.push_screen_wait(RegisterMember())

    def action_frequent_questions(self) -> None:
        """F7."""
        self.app.push_screen(HelpText("preguntas"))

    def action_setup_guide(self) -> None:
        """F6."""
        self.app.push_screen(HelpText("guia"))

    async def action_back(self) -> None:
        """Esc."""
        self._username.input.value = ""
        self._username.clear_error()
        self._username.input.focus()
        self.hush()
