"""The form for a new person of staff."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult

from screens.dialogs.rights_form import RightsForm
from widgets.fields import Field
from widgets.house_input import TextInput


class AddStaffDialog(RightsForm):
    """Answers with the new person, or None when it is left."""

    AUTO_FOCUS = "#new-username"
    TITLE_TEXT = "Proponer a una persona nueva"

    def __init__(self) -> None:
        super().__init__()
        self._username: Field[str] = Field("Usuario", TextInput(id="new-username", max_length=32))
        self._full_name: Field[str] = Field("Nombre", TextInput(id="new-name", max_length=80))
        self._member: Field[str] = Field(
            "N.º de asociado",
            TextInput(id="new-member", help_text="Si es asociado: no podrá atenderse a sí mismo."),
            required=False,
        )

    def who(self) -> ComposeResult:
        """User name and name."""
        yield self._username
        yield self._full_name

    def more(self) -> ComposeResult:
        """Their own number."""
        yield self._member

    def fields(self) -> list[Field[Any]]:
        """Every field that is checked."""
        return [self._username, self._full_name, self._member, *super().fields()]

    def pending_work(self) -> str:
        """Anything typed."""
        return "los datos escritos" if self._username.text or self._full_name.text else super().pending_work()

    def command(self, rights: Any) -> Any:
        """The new person."""
        from services.staff_rights import AddPerson

        return AddPerson(self._username.given, self._full_name.given, rights, self._member.value)
