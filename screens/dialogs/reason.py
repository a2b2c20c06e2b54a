"""Why an access is touched: a reason picked with one key, a free text, and where the policy wants it the
operator's password.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from screens.base import Back, BaseModal
from widgets.command import Command, CommandClass
from widgets.fields import Field, SecretField, check_fields
from widgets.house_input import TextInput
from widgets.secret_input import SecretInput
from widgets.text import PlainText, safe


@dataclass(frozen=True)
class Reason:
    """One entry of the list. `needs_text`: it says nothing without the free text («Otro»)."""

    code: str
    label: str
    needs_text: bool = False


@dataclass(frozen=True)
class ReasonGiven:
    """The answer. `password`: the operator's, where it was asked for; never shown or logged."""

    code: str
    text: str
    password: str = field(default="", repr=False)


class AcceptReason(Command):
    """Acepta el motivo y continúa."""

    id = "accept"
    label = "Aceptar"
    keys = ("f2",)


class ReasonList(PlainText, can_focus=True):
    """The reasons, each with a number."""

    DEFAULT_CSS = "ReasonList { height: auto; &:focus { background: $field-focus; } }"
    help_text = "Pulse el número del motivo, o muévase con las flechas."

    def __init__(self, reasons: Sequence[Reason], *, id: str | None = None) -> None:
        super().__init__(multiline=True, id=id)
        self.reasons = tuple(reasons)
        self.picked: int | None = None
        self._redraw()

    def pick(self, index: int | None) -> None:
        """Choose a reason by its place."""
        self.picked = index
        self._redraw()

    def _redraw(self) -> None:
        lines = []
        for at, reason in enumerate(self.reasons):
            mark, style = ("●", "bold") if at == self.picked else ("○", "")
            lines.append(Text(f"{mark} {at + 1}  ", style).append_text(safe(reason.label, style)))
        self.show(Text("\n").join(lines))

    def by_key(self, event: events.Key) -> int | None:
        """Return the reason that a key picks: by number, or the next one with that first letter."""
        if event.key in ("up", "down"):
            step = -1 if event.key == "up" else 1
            return (-1 if self.picked is None and step > 0 else self.picked or 0) + step
        if event.character and event.character.isdecimal():
            at = int(event.character) - 1
            return at if 0 <= at < len(self.reasons) else None
        return None  # A letter begins a text that was meant for a field: it must not change a choice.


class ReasonDialog(BaseModal[ReasonGiven]):
    """Asks why; answers with `ReasonGiven`, or None when it is left.

    F2, or Enter on the last field, accepts. The summary names member and effect.
    """

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (AcceptReason, Back)
    AUTO_FOCUS = "#reasons"
    HELP = "El motivo queda en la auditoría con su usuario. F2 acepta, Esc no cambia nada."

    def __init__(
        self,
        title: str,
        reasons: Sequence[Reason],
        *,
        summary: Sequence[object] = (),
        ask_password: bool = False,
        usual: bool = False,
    ) -> None:
        super().__init__()
        self._title, self._summary, self._ask_password = title, tuple(summary), ask_password
        self._list = ReasonList(reasons, id="reasons")
        self._text: Field[str] = Field("Detalle", TextInput(id="reason-text"), required=False)
        self._password = SecretField("Su contraseña", SecretInput(id="reason-password"))
        if usual or len(self._list.reasons) == 1:  # The usual reason stands first: one key accepts it.
            self._list.pick(0)

    def compose_body(self) -> ComposeResult:
        """Summary, reasons, free text, and the password where it is asked for."""
        with Vertical(classes="dialog"):
            yield PlainText(self._title, classes="dialog-title")
            for line in self._summary:
                yield PlainText(line)
            yield self._list
            yield self._text
            if self._ask_password:
                yield self._password
            yield PlainText(id="reason-error", classes="dialog-error")
            yield PlainText("F2 Aceptar   Tab Campo siguiente   Esc Cancelar", classes="dialog-keys")

    def on_key(self, event: events.Key) -> None:
        """A number, letter or arrow on the list picks a reason; Enter goes on to the next field."""
        if self.focused is not self._list:
            return
        if event.key == "enter":
            event.stop()
            self._text.input.focus()
            return
        at = self._list.by_key(event)
        if at is None and event.is_printable and event.character and not event.character.isdecimal():
            event.stop()
            self._write_own(event.character)
            return
        if at is not None and 0 <= at < len(self._list.reasons):
            event.stop()
            self._list.pick(at)
            self._complain("")
            if event.character and event.key not in ("up", "down"):
                self._go_on(self._list.reasons[at])

    def _write_own(self, character: str) -> None:
        """Somebody begins to write: that is the detail, or a reason of their own if none is picked yet."""
        if self._list.picked is None:
            self._list.pick(next((at for at, reason in enumerate(self._list.reasons) if reason.needs_text), None))
        self._text.input.focus()
        self._text.input.insert_text_at_cursor(character)

    def _go_on(self, reason: Reason) -> None:
        """After a pick by key the focus is where the next thing is missing."""
        if reason.needs_text:
            self._text.input.focus()
        elif self._ask_password:
            self._password.input.focus()

    def pending_work(self) -> str:
        """Text that was typed; a picked reason alone is one key."""
        return "los datos escritos" if self._text.text or self._password.input.filled else ""

    @on(Input.Submitted, "#reason-text")
    def _text_done(self) -> None:
        if self._ask_password:
            self._password.input.focus()
        else:
            self.action_accept()

    @on(Input.Submitted, "#reason-password")
    def _password_done(self) -> None:
        self.action_accept()

    def action_accept(self) -> None:
        """Answer, or say what is missing and put the focus there."""
        if self._list.picked is None:
            self._complain("Elija un motivo: pulse su número.")
            self._list.focus()
            return
        reason = self._list.reasons[self._list.picked]
        self._text.required = reason.needs_text
        fields: list[Field[str] | SecretField] = [self._text]
        if self._ask_password:
            fields.append(self._password)
        if check_fields(fields):
            self.dismiss(ReasonGiven(reason.code, self._text.value or "", self._password.input.take()))

    def _complain(self, text: str) -> None:
        line = self.query_one("#reason-error", PlainText)
        line.set_class(bool(text), "-shown")
        line.show(text)
