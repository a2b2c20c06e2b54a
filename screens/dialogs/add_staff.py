"""The form for a new person of staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from screens.base import Back, BaseModal
from services.operator import ROLE_LABELS, Role
from widgets.command import Command, CommandClass
from widgets.fields import Field, check_fields
from widgets.house_input import ReasonInput, TextInput
from widgets.text import PlainText, safe

if TYPE_CHECKING:
    from data.catalog.branches import Branch
    from services.staff import AddStaff  # noqa: F401 - the type of the answer


class AcceptPerson(Command):
    """Agrega a la persona."""

    id = "accept"
    label = "Agregar"
    keys = ("f2",)


class RoleList(PlainText, can_focus=True):
    """The roles, each with a number that marks or unmarks it."""

    DEFAULT_CSS = "RoleList { height: auto; &:focus { background: $field-focus; } }"
    help_text = "Pulse el número de cada rol para marcarlo o quitarlo. Enter pasa al campo siguiente."

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(multiline=True, id=id)
        self.marked: set[Role] = set()
        self._redraw()

    def toggle(self, number: int) -> None:
        """Mark or unmark the role with this number (from 1)."""
        roles = list(Role)
        if 1 <= number <= len(roles):
            self.marked ^= {roles[number - 1]}
            self._redraw()

    def _redraw(self) -> None:
        lines = [
            safe(f"[{'x' if role in self.marked else ' '}] {at} {ROLE_LABELS[role]}", multiline=True)
            for at, role in enumerate(Role, 1)
        ]
        self.show(Text("\n").join(lines))


class AddStaffDialog(BaseModal["AddStaff"]):
    """Answers with the command, or None when it is left. The service has the last word on each field."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (AcceptPerson, Back)
    AUTO_FOCUS = "#new-username"
    HELP = "F2 agrega a la persona y muestra su contraseña temporal una sola vez."

    def __init__(self, branches: Mapping[str, Branch]) -> None:
        super().__init__()
        self._branches = branches
        self._username: Field[str] = Field("Usuario", TextInput(id="new-username", max_length=32))
        self._full_name: Field[str] = Field("Nombre", TextInput(id="new-name", max_length=80))
        self._branch: Field[str] = Field("Sucursal", TextInput(id="new-branch", max_length=3, placeholder="001"))
        self._member: Field[str] = Field(
            "N.º de asociado",
            TextInput(id="new-member", help_text="Si es asociado: no podrá atenderse a sí mismo."),
            required=False,
        )
        self._reason: Field[str] = Field("Motivo", ReasonInput(id="new-reason"))
        self._roles = RoleList(id="new-roles")

    def compose_body(self) -> ComposeResult:
        """The fields in the order in which they are asked."""
        with Vertical(classes="dialog"):
            yield PlainText("Agregar a una persona", classes="dialog-title")
            yield self._username
            yield self._full_name
            yield self._branch
            yield self._roles
            yield self._member
            yield self._reason
            yield PlainText(id="person-error", classes="dialog-error")
            yield PlainText("F2 Agregar   Tab Campo siguiente   1–5 Roles   Esc Cancelar", classes="dialog-keys")

    def on_key(self, event: events.Key) -> None:
        """Numbers mark roles; Enter goes on."""
        if self.focused is not self._roles:
            return
        if event.character and event.character.isdecimal():
            event.stop()
            self._roles.toggle(int(event.character))
            self._complain("")
        elif event.key == "enter":
            event.stop()
            self._member.input.focus()

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        if event.input is self._reason.input:
            self.action_accept()
        else:
            self.focus_next()

    def pending_work(self) -> str:
        """Anything typed."""
        return "los datos escritos" if self._username.text or self._full_name.text else ""

    def action_accept(self) -> None:
        """Answer, or say what is missing."""
        from services.staff import AddStaff

        fields = [self._username, self._full_name, self._branch, self._member, self._reason]
        if not check_fields(fields):
            return
        if not self._roles.marked:
            self._complain("Marque al menos un rol: pulse su número.")
            self._roles.focus()
            return
        self.dismiss(
            AddStaff(
                username=self._username.given,
                full_name=self._full_name.given,
                roles=frozenset(self._roles.marked),
                branch=self._branch.given,
                member_number=self._member.value,
                reason=self._reason.given,
            )
        )

    def _complain(self, text: str) -> None:
        line = self.query_one("#person-error", PlainText)
        line.set_class(bool(text), "-shown")
        line.show(text)
