"""What the steps of the first access share: «Paso 3 de 7», and a way out that keeps what was saved (req. 30)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from screens.dialogs.confirm import Confirm
from screens.flow import flow
from screens.portal.base import PortalScreen

if TYPE_CHECKING:
    from services.first_access import WizardState


class WizardScreen(PortalScreen[Any]):
    """One step. Answers with what comes next, or None when the person leaves: the step waits for their next visit.

    The same screens change the same things later («Seguridad»): then there is no step, and Esc goes back.
    """

    def __init__(self, state: WizardState | None = None) -> None:
        super().__init__(f"Paso {state.number} de {state.of}" if state is not None else "")
        self.state = state

    @property
    def first_access(self) -> bool:
        """Whether it is a step of the first access, not a later change."""
        return self.state is not None

    async def action_back(self) -> None:
        """«Retroceder»: nothing that is saved is undone, so before an unfinished step there is only the way out."""
        if self.first_access:
            self.leave()
        else:
            await super().action_back()

    @flow
    async def leave(self) -> None:
        """Ask, then end the visit."""
        lines = ("Los pasos anteriores ya quedaron guardados y no se deshacen.", "Al volver a ingresar seguirá aquí.")
        question = Confirm("¿Salir y terminar después?", lines, accept="Salir", trigger_keys=("escape",))
        if await self.app.push_screen_wait(question):
            self.dismiss(None)
