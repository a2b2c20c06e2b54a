"""«Servicios»: three mails that the member may have, all unticked (S61–S63, req. 34)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from screens.flow import flow
from screens.portal.base import Forward, StepBack
from screens.portal.wizard import WizardScreen
from services.consents import ServiceChoice
from services.first_access import SetServices, set_services
from widgets.command import CommandClass
from widgets.text import PlainText
from widgets.tick_box import TickBox


class Finish(Forward):
    """Guarda lo que marcó y termina la configuración."""

    label = "Finalizar"


class ChooseServices(WizardScreen):
    """Name and text on the left, the box under «Activar»."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Finish, StepBack)
    HEADING = "Servicios"
    INFO = (
        "Active sus servicios para recibir en su dirección de correo electrónico información de interés de la "
        "Cooperativa, Estados de Cuenta y otras notificaciones."
    )
    HELP = "Espacio marca o desmarca. Nada es obligatorio y puede cambiarlo cuando quiera en Perfil."
    DEFAULT_CSS: ClassVar[str] = """
    ChooseServices .service { height: auto; margin-bottom: 1; }
    ChooseServices .service-texts { width: 1fr; height: auto; }
    ChooseServices .service-name { text-style: bold; width: 1fr; }
    ChooseServices .service TickBox { width: 8; text-align: right; }
    ChooseServices #activate { text-align: right; width: 1fr; text-style: bold; }
    """

    def __init__(self, state: Any, choices: Sequence[ServiceChoice]) -> None:
        super().__init__(state)
        self._choices = tuple(choices)

    def compose_form(self) -> Iterable[Widget]:
        """The services as they stand: at the first access all unticked."""
        yield PlainText("Activar", id="activate")
        for choice in self._choices:
            service = choice.service
            texts = Vertical(
                PlainText(service.title, classes="service-name"),
                PlainText(service.text, classes="note"),
                classes="service-texts",
            )
            yield Horizontal(texts, TickBox("", ticked=choice.on, id=f"service-{service.id}"), classes="service")

    def on_mount(self) -> None:
        """The first box has the focus."""
        super().on_mount()
        self.query(TickBox).first().focus()

    def chosen(self) -> frozenset[str]:
        """The ids of the services that are ticked now."""
        return frozenset(
            choice.service.id
            for choice in self._choices
            if self.query_one(f"#service-{choice.service.id}", TickBox).ticked
        )

    @flow
    async def action_forward(self) -> None:
        """Keep yes and no to each."""
        self.dismiss(await self.save(self.chosen()))

    async def save(self, chosen: frozenset[str]) -> Any:
        """Hand them to the service."""
        return await self.call(set_services, SetServices(chosen))
