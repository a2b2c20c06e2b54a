"""The form for what a person of staff may: roles, branch, hours, limits, and why."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from data.values.money import Money
from screens.base import Back, BaseModal
from services.operator import ROLE_LABELS, Role
from widgets.command import Command, CommandClass
from widgets.fields import Field, check_fields
from widgets.house_input import MoneyInput, ReasonInput, TextInput
from widgets.text import PlainText, safe

if TYPE_CHECKING:
    from services.staff_rights import Rights


@dataclass(frozen=True)
class ChangeAsked:
    """The answer: the change and why. The service has the last word on each field."""

    command: Any
    reason: str


class AcceptPerson(Command):
    """Lo propone; otra persona lo aprueba."""

    id = "accept"
    label = "Proponer"
    keys = ("f2",)


class RoleList(PlainText, can_focus=True):
    """The roles, each with a number that marks or unmarks it."""

    DEFAULT_CSS = "RoleList { height: auto; &:focus { background: $field-focus; } }"
    help_text = "Pulse el número de cada rol para marcarlo o quitarlo. Enter pasa al campo siguiente."

    def __init__(self, marked: Iterable[Role] = (), *, id: str | None = None) -> None:
        super().__init__(multiline=True, id=id)
        self.marked: set[Role] = set(marked)
        self._redraw()

    def toggle(self, number: int) -> None:
        """Mark or unmark the role with this number (from 1)."""
        roles = list(Role)
        if 1 <= number <= len(roles):
            self.marked ^= {roles[number - 1]}
            self._redraw()

    def _redraw(self) -> None:
        words = [f"[{'x' if role in self.marked else ' '}] {at} {ROLE_LABELS[role]}" for at, role in enumerate(Role, 1)]
        lines = [safe(f"{one:<22}{other}", multiline=True) for one, other in zip(words[::2], words[1::2], strict=True)]
        self.show(Text("\n").join(lines))


class RightsForm(BaseModal[ChangeAsked]):
    """Answers with the change, or None when it is left."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (AcceptPerson, Back)
    HELP = (
        "F2 lo propone: vale cuando otra persona lo aprueba en F4. Horario, por ejemplo: L-V 07:30-18:00; S"
        " 08:00-12:00; vacío es a toda hora. Un tope vacío deja el de su rol."
    )
    TITLE_TEXT = ""

    def __init__(self, rights: Rights | None = None) -> None:
        super().__init__()
        self._branch: Field[str] = Field(
            "Sucursal",
            TextInput(id="new-branch", max_length=3, placeholder="001", value=rights.branch if rights else ""),
        )
        self._hours: Field[str] = Field(
            "Horario",
            TextInput(id="new-hours", max_length=120, value=(rights.hours or "") if rights else ""),
            required=False,
        )
        self._single = _limit("Tope operación", "new-single", rights.single_limit if rights else None)
        self._daily = _limit("Tope día", "new-daily", rights.daily_limit if rights else None)
        self._reason: Field[str] = Field("Motivo", ReasonInput(id="new-reason"))
        self._roles = RoleList(rights.roles if rights else (), id="new-roles")

    def compose_body(self) -> ComposeResult:
        """The fields in the order in which they are asked."""
        with Vertical(classes="dialog"):
            yield PlainText(self.TITLE_TEXT, classes="dialog-title")
            yield from self.who()
            yield self._roles
            yield self._branch
            yield from self.more()
            yield self._hours
            yield self._single
            yield self._daily
            yield self._reason
            yield PlainText(id="person-error", classes="dialog-error")
            yield PlainText("F2 Proponer   Tab Campo siguiente   1–6 Roles   Esc Cancelar", classes="dialog-keys")

    @abstractmethod
    def who(self) -> ComposeResult:
        """Whom it is about, before the rights."""

    def more(self) -> ComposeResult:
        """What stands beside the branch."""
        yield from ()

    @abstractmethod
    def command(self, rights: Rights) -> Any:
        """The change."""

    def fields(self) -> list[Field[Any]]:
        """Every field that is checked."""
        return [self._branch, self._hours, self._single, self._daily, self._reason]

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
            self._branch.input.focus()

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        if event.input is self._reason.input:
            self.action_accept()
        else:
            self.focus_next()

    def pending_work(self) -> str:
        """Anything typed."""
        return "los datos escritos" if self._reason.text else ""

    def action_accept(self) -> None:
        """Answer, or say what is missing."""
        from services.staff_rights import Rights

        if not check_fields(self.fields()):
            return
        if not self._roles.marked:
            self._complain("Marque al menos un rol: pulse su número.")
            self._roles.focus()
            return
        single, daily = self._single.value, self._daily.value
        rights = Rights(
            roles=frozenset(self._roles.marked),
            branch=self._branch.given,
            hours=self._hours.value,
            single_limit=None if single is None else single.centesimos,
            daily_limit=None if daily is None else daily.centesimos,
        )
        self.dismiss(ChangeAsked(self.command(rights), self._reason.given))

    def _complain(self, text: str) -> None:
        line = self.query_one("#person-error", PlainText)
        line.set_class(bool(text), "-shown")
        line.show(text)


class RightsDialog(RightsForm):
    """Other rights for a person on record."""

    AUTO_FOCUS = "#new-roles"
    TITLE_TEXT = "Cambiar derechos"

    def __init__(self, username: str, full_name: str, rights: Rights) -> None:
        super().__init__(rights)
        self._username, self._full_name = username, full_name

    def who(self) -> ComposeResult:
        """The person."""
        yield PlainText(f"{self._full_name} · {self._username}")

    def command(self, rights: Rights) -> Any:
        """The change."""
        from services.staff_rights import ChangeRights

        return ChangeRights(self._username, rights)


def _limit(label: str, id: str, centesimos: int | None) -> Field[Money]:
    value = "" if centesimos is None else Money(centesimos).format()
    return Field(label, MoneyInput(id=id, value=value, placeholder="el de su rol"), required=False)
