"""The forms of what is done seldom: request in person, change of contact, affiliation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from screens.base import Back, BaseModal
from screens.dialogs.reason import Reason as Choice
from screens.dialogs.reason import ReasonList
from screens.flow import flow
from screens.record_mends import new_key
from services.account_view import AccountRow
from services.activation import RequestAccess, request_access
from services.affiliation import Affiliate, affiliate
from services.contacts import CancelChange, ChangeContact, cancel_change, change_contact
from services.errors import CoopError
from services.operations import Op
from services.reasons import reasons_for
from widgets.command import Command, CommandClass
from widgets.fields import Field, SecretField, check_fields
from widgets.house_input import TextInput
from widgets.text import PlainText


class AcceptForm(Command):
    """Hace lo que dice el formulario."""

    id = "accept"
    label = "Aceptar"
    keys: ClassVar[tuple[str, ...]] = ("f2",)


class Form(BaseModal[str]):
    """A small form: a choice, perhaps fields, a reason. Answers what was done, or None."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (AcceptForm, Back)
    TITLE_TEXT: ClassVar[str] = ""
    OP: ClassVar[Op | None] = None
    CHOICES: ClassVar[tuple[tuple[str, str], ...]] = ()
    AUTO_FOCUS = "ReasonList, Input"

    def __init__(self, member_id: int, *, summary: Sequence[object] = ()) -> None:
        super().__init__()
        self.member_id, self.key, self.summary = member_id, new_key(), tuple(summary)
        self.choice = ReasonList([Choice(code, label) for code, label in self.CHOICES], id="choice")
        if self.CHOICES:
            self.choice.pick(0)
        usual = reasons_for(self.OP) if self.OP else ()
        self.reason = Field("Motivo", TextInput(id="reason", value=usual[0] if usual else ""), id="f-reason")

    def fields(self) -> list[Field[Any] | SecretField]:
        """The form's own fields, before the reason."""
        return []

    def compose_body(self) -> ComposeResult:
        """Title, effect, choice, fields, reason."""
        with Vertical(classes="dialog"):
            yield PlainText(self.TITLE_TEXT, classes="dialog-title")
            for line in self.summary:
                yield PlainText(line)
            if self.CHOICES:
                yield self.choice
            yield from self.fields()
            if self.OP is not None:
                yield self.reason
            yield PlainText(id="form-error", classes="dialog-error")
            yield PlainText("F2 Aceptar   Tab Campo siguiente   Esc Cancelar", classes="dialog-keys")

    def on_key(self, event: Any) -> None:
        """A number or an arrow picks a choice; a letter is the beginning of what goes into the first field."""
        if self.focused is self.choice and (at := self.choice.by_key(event)) is not None:
            if 0 <= at < len(self.CHOICES):
                event.stop()
                self.choice.pick(at)
        elif self.focused is self.choice and event.key == "enter":
            event.stop()
            self.focus_next()
        elif self.focused is self.choice and event.is_printable and event.character:
            event.stop()
            first = self.query(Input).first()
            first.focus()
            first.insert_text_at_cursor(event.character)

    def pending_work(self) -> str:
        """What was typed into the form's own fields."""
        typed = any(isinstance(field, Field) and field.text for field in self.fields())
        return "los datos escritos" if typed else ""

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        inputs = list(self.query(Input))
        at = inputs.index(event.input)
        if at + 1 < len(inputs):
            inputs[at + 1].focus()
        else:
            self.action_accept()

    @flow
    async def action_accept(self) -> None:
        """F2, or Enter on the last field."""
        self._complain("")
        own = self.fields() + ([self.reason] if self.OP is not None else [])
        if not check_fields([field for field in own if getattr(field, "required", True)]):
            return
        try:
            done = await self.act()
        except CoopError as error:
            self.refused(error)
            return
        self.dismiss(done)

    def refused(self, error: CoopError) -> None:
        """Say why, at the field that is to blame where one is; what was typed stays."""
        field = next((field for field in (*self.fields(), self.reason) if field.input.id == error.field), None)
        if field is None or not field.is_attached:
            self._complain(error.user_text)
        else:
            field.show_error(error.user_text)
            field.input.focus()

    def _complain(self, text: str) -> None:
        line = self.query_one("#form-error", PlainText)
        line.set_class(bool(text), "-shown")
        line.show(text)

    async def act(self) -> str:
        """Call the use case; answers what happened, in Spanish."""
        raise NotImplementedError

    @property
    def chosen(self) -> str:
        """The code of the choice."""
        return self.CHOICES[self.choice.picked or 0][0]


class RequestAccessForm(Form):
    """S32: the member asks for access or activation here."""

    TITLE_TEXT = "Registrar solicitud"
    CHOICES = (("acceso", "Acceso: todavía no usa Cooperativa en Línea"), ("activacion", "Activación de su registro"))

    async def act(self) -> str:
        """Put the request into the queue."""
        done = await self.call(request_access, RequestAccess(self.member_id, self.chosen))  # type: ignore[arg-type]
        return done.text


class ChangeContactForm(Form):
    """A new e-mail or phone."""

    TITLE_TEXT = "Cambiar correo o celular"
    OP = Op.CONTACT_CHANGE
    CHOICES = (("email", "Correo"), ("phone", "Celular"))

    def __init__(self, member_id: int) -> None:
        self.new = Field("Nuevo", TextInput(id="new", max_length=120), id="f-new")
        super().__init__(member_id, summary=("Sirve después de 72 horas. Se avisa al contacto anterior.",))

    def fields(self) -> list[Field[Any] | SecretField]:
        """The new address or number."""
        return [self.new]

    async def act(self) -> str:
        """Register the change; it waits."""
        command = ChangeContact(self.member_id, self.chosen, self.new.text, self.reason.text)  # type: ignore[arg-type]
        return (await self.call(change_contact, command)).text


class CancelContactForm(Form):
    """A change that still waits is taken back."""

    TITLE_TEXT = "Cancelar cambio de contacto"
    OP = Op.CONTACT_CANCEL
    CHOICES = (("email", "Correo"), ("phone", "Celular"))

    def __init__(self, member_id: int, waiting: Sequence[str]) -> None:
        super().__init__(member_id, summary=waiting)

    async def act(self) -> str:
        """Cancel it."""
        command = CancelChange(self.member_id, self.chosen, self.reason.text)  # type: ignore[arg-type]
        return (await self.call(cancel_change, command)).text


class AffiliateForm(Form):
    """S74: an account is shown online, or no longer."""

    TITLE_TEXT = "Afiliación de cuenta"
    OP = Op.ACCOUNT_AFFILIATE

    def __init__(self, member_id: int, row: AccountRow) -> None:
        self.row = row
        effect = "Se quitará del acceso en línea." if row.affiliated else "Se verá en el acceso en línea."
        super().__init__(member_id, summary=(f"{row.label} {row.number}", effect))
        texts = reasons_for(Op.ACCOUNT_AFFILIATE)
        if row.affiliated and len(texts) > 1:  # The usual reason to add one stands first, to take one off second.
            self.reason.input.value = texts[1]

    async def act(self) -> str:
        """Turn it over."""
        command = Affiliate(self.member_id, self.row.account_id, not self.row.affiliated, self.reason.text)
        return (await self.call(affiliate, command)).text
