"""What a supervisor approves from their own seat for a caller verified at N2: contact, reopening, credential (C10)."""

from __future__ import annotations

from typing import Any

from screens.access_forms import Form
from screens.fallback_form import HalfDialog
from screens.staff_shell import staff_shell
from services.member_changes import AskContact, AskHalves, AskResume
from services.operations import Op
from services.proposals import Propose, Proposed, propose
from widgets.fields import Field, SecretField
from widgets.house_input import TextInput

HALVES = "halves"
QUEUED = "Queda en la cola (F4): nada cambia hasta que un supervisor lo apruebe."


class AskSupervisorForm(Form):
    """The choice, the new contact where there is one, the reason. Nothing changes until somebody else approves."""

    TITLE_TEXT = "Pedir a un supervisor"
    OP = Op.CONTACT_CHANGE
    CHOICES = (
        ("email", "Cambiar el correo"),
        ("phone", "Cambiar el celular"),
        ("resume", "Reanudar el acceso suspendido"),
        (HALVES, "Entregar una credencial en dos mitades"),
    )

    def __init__(self, member_id: int) -> None:
        self.new = Field(
            "Nuevo",
            TextInput(id="new", max_length=120, help_text="El correo o el celular nuevo; para lo demás, vacío."),
            required=False,
            id="f-new",
        )
        super().__init__(member_id, summary=("Para quien está verificado en N2: el supervisor es la segunda persona.",))
        self.reason.input.value = ""

    def fields(self) -> list[Field[Any] | SecretField]:
        """The new address or number."""
        return [self.new]

    async def act(self) -> str:
        """Leave it in the queue; of a credential, dictate the first half."""
        proposed: Proposed = await self.call(propose, Propose(self._command(), self.reason.text, self.key))
        if proposed.told is not None:
            agent = staff_shell(self).operator
            dialog = HalfDialog("Mitad 1 de 2", agent.full_name or agent.username, proposed.told)
            if not await self.app.push_screen_wait(dialog):
                return f"La primera mitad no se dictó: retire la solicitud en F4 y pida otra. {QUEUED}"
        return QUEUED

    def _command(self) -> Any:
        if self.chosen == HALVES:
            return AskHalves(self.member_id)
        if self.chosen == "resume":
            return AskResume(self.member_id)
        return AskContact(self.member_id, self.chosen, self.new.text)  # type: ignore[arg-type]
