"""«Perfil» and «Seguridad»: what we have of the member, and what they change themselves (S78)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget

from data.values.dates import format_last_visit
from screens.dialogs.confirm import Confirm
from screens.dialogs.message import Message
from screens.flow import flow
from screens.layout import labelled
from screens.portal.base import PortalPage
from screens.portal.choose import Choose
from screens.portal.own_changes import OwnImage, OwnPassword, OwnQuestions, OwnServices, OwnUsername
from services.member_profile import MemberProfile, member_profile
from services.member_security import Changed, ForgetOwnDevices, forget_own_devices
from widgets.choice_list import ChoiceList
from widgets.text import PlainText

ALL = "todos"


class ProfilePage(PortalPage[None]):
    """Facts above, choices beneath. Subclasses say which; a choice's handler is `do_<key>`."""

    CHOICES: ClassVar[tuple[tuple[str, str], ...]] = ()
    AUTO_FOCUS = "#changes"
    HELP = "Elija con las flechas y Enter qué quiere ver o cambiar. Cada cambio pide su contraseña y le llega un aviso."
    DEFAULT_CSS: ClassVar[str] = """
    ProfilePage #facts { height: auto; width: 1fr; margin-bottom: 1; }
    ProfilePage #changes { height: auto; min-height: 3; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._profile: MemberProfile | None = None

    def compose_form(self) -> Iterable[Widget]:
        """Facts and choices."""
        yield PlainText(multiline=True, id="facts")
        yield ChoiceList(self.CHOICES, id="changes")

    def on_mount(self) -> None:
        """Read what we have."""
        super().on_mount()
        self.load()

    @flow
    async def load(self) -> None:
        """Read and show."""
        await self._read()

    async def _read(self) -> MemberProfile:
        self._profile = profile = await self.call(member_profile)
        width = max(40, self.query_one("#facts").size.width)
        self.query_one("#facts", PlainText).show(labelled(self.facts(profile), width))
        return profile

    def facts(self, profile: MemberProfile) -> Sequence[tuple[str, str]]:
        """Label and value of what is shown."""
        raise NotImplementedError

    @on(ChoiceList.Chosen, "#changes")
    def _chosen(self, event: ChoiceList.Chosen) -> None:
        self.change(event.key)

    @flow
    async def change(self, key: str) -> None:
        """What was chosen."""
        profile = self._profile or await self._read()
        await getattr(self, f"do_{key}")(profile)

    async def changed_on(self, screen: PortalPage[Any]) -> None:
        """Let the member change something, then say what was done."""
        done: Changed | None = await self.app.push_screen_wait(screen)
        if done is not None:
            await self._read()
            self.say(done.text)


class Profile(ProfilePage):
    """Who the member is to us, the user, and the mails."""

    HEADING = "Perfil"
    CHOICES = (("username", "Cambio de Usuario"), ("services", "Servicios"))

    def facts(self, profile: MemberProfile) -> Sequence[tuple[str, str]]:
        """Contacts masked: who looks over a shoulder learns nothing."""
        on = [choice.service.title for choice in profile.services if choice.on]
        return (
            ("Nombre", profile.full_name),
            ("Número", profile.number),
            ("Cédula", profile.cedula),
            ("Correo", profile.email or "—"),
            ("Celular", profile.phone or "—"),
            ("Usuario", profile.username),
            ("Servicios", ", ".join(on) or "ninguno"),
        )

    async def do_username(self, profile: MemberProfile) -> None:
        """«Cambio de Usuario»."""
        await self.changed_on(OwnUsername(None, profile.username))

    async def do_services(self, profile: MemberProfile) -> None:
        """«Servicios»."""
        await self.changed_on(OwnServices(None, profile.services))


class Security(ProfilePage):
    """How the member comes in, and who did lately."""

    HEADING = "Seguridad"
    CHOICES = (
        ("password", "Cambio de Contraseña"),
        ("image", "Imagen de Seguridad"),
        ("questions", "Preguntas de Seguridad"),
        ("devices", "Equipos recordados"),
        ("accesses", "Últimos ingresos"),
    )

    def facts(self, profile: MemberProfile) -> Sequence[tuple[str, str]]:
        """Texts of the questions, never an answer."""
        return (
            ("Imagen", profile.image_name),
            *((f"Pregunta {at}", text) for at, text in enumerate(profile.questions, 1)),
            ("Equipos", str(len(profile.devices)) if profile.devices else "ninguno recordado"),
        )

    async def do_password(self, _profile: MemberProfile) -> None:
        """«Cambio de Contraseña»."""
        await self.changed_on(OwnPassword())

    async def do_image(self, _profile: MemberProfile) -> None:
        """«Imagen de Seguridad»."""
        await self.changed_on(OwnImage())

    async def do_questions(self, _profile: MemberProfile) -> None:
        """«Preguntas de Seguridad»."""
        await self.changed_on(OwnQuestions())

    async def do_devices(self, profile: MemberProfile) -> None:
        """Forget one, or all."""
        if not profile.devices:
            await self.app.push_screen_wait(Message("Equipos recordados", "No hay equipos recordados."))
            return
        choices = [
            (str(device.device_id), f"{device.name} · desde {format_last_visit(device.added_at)}")
            for device in profile.devices
        ]
        question = "¿Qué equipo olvidamos?"
        chosen = await self.app.push_screen_wait(Choose(self.HEADING, question, [*choices, (ALL, "Todos")]))
        if chosen is None:
            return
        lines = ("En ese equipo se le hará otra vez una pregunta al ingresar.",)
        if await self.app.push_screen_wait(Confirm("¿Olvidar el equipo?", lines, accept="Olvidar")):
            wanted = ForgetOwnDevices(None if chosen == ALL else int(chosen))
            done = await self.call(forget_own_devices, wanted)
            await self._read()
            self.say(done.text)

    async def do_accesses(self, profile: MemberProfile) -> None:
        """Who came in, or tried."""
        lines = [
            f"{format_last_visit(access.at)}  {access.channel:<8} {access.result:<8} {access.place}"
            for access in profile.accesses
        ]
        text = "\n".join(lines) or "Todavía no hay ingresos."
        await self.app.push_screen_wait(Message("Últimos ingresos", text))
