"""Verify the caller: one step at a time, in the order in which it is usually gone (req. 16–24).

The agent types what the caller says. The screen shows only whether it was right, never what would have been.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from data.secrets import Secret
from screens.flow import background_flow, flow
from screens.member_screen import MemberScreen
from screens.verify_panels import (
    ANSWERED,
    asked,
    flag_line,
    next_step,
    shown_flags,
    standing,
    step_text,
    usual_way,
    way_line,
)
from services import verification
from services import verification_commands as commands
from services.errors import CoopError
from services.one_time_codes import PURPOSES, Destination
from services.operations import Op
from services.verification_state import VerificationState
from widgets.command import Command, CommandClass
from widgets.fields import Field, SecretField, check_fields
from widgets.house_input import CedulaInput, DateInput, TextInput
from widgets.numbered_list import NumberedList
from widgets.panel import Panel
from widgets.secret_input import SecretInput
from widgets.shell import Served
from widgets.signature import SignatureFields
from widgets.text import PlainText

FULL_LEVEL = 3
DELIVERY_SECONDS = 3
CODE_WAYS: dict[str, Destination] = {"code_email": "email", "code_phone": "phone"}


class ShowWays(Command):
    """Va a las formas de verificar."""

    id = "ways"
    label = "Formas"
    keys: ClassVar[tuple[str, ...]] = ("f8",)
    footer = True


class ShowFlags(Command):
    """Va a las señales de alerta: una sube el nivel que se pide, dos exigen sucursal o supervisor."""

    id = "flags"
    label = "Alertas"
    keys: ClassVar[tuple[str, ...]] = ("f9",)
    footer = True


class VerifyScreen(MemberScreen[int]):
    """Answers the level that was reached. Closes by itself at N3; Esc goes back with what there is."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (ShowWays, ShowFlags)
    CSS_PATH = "verify.tcss"
    HELP = (
        "Escriba lo que responde la persona y pulse Enter. La pantalla solo dice si coincide. Nunca lea datos en voz"
        " alta: pregúntelos. Las formas de seguir se eligen por número; F8 y F9 van a las formas y a las alertas."
    )

    def __init__(self, member_id: int, purpose: str = Op.CALLER_VERIFY.value) -> None:
        """`purpose`: the operation that the code's message names (C5); a name of the permission table."""
        super().__init__()
        self.member_id = member_id
        self.purpose = purpose if purpose in PURPOSES else Op.CALLER_VERIFY.value
        self.state: VerificationState | None = None
        self.step = ""
        self.answer = SecretField("Respuesta", SecretInput(id="answer"), id="f-answer")
        self.number = Field("N.º de asociado", TextInput(id="number", max_length=12), id="f-number")
        self.cedula = Field("Cédula", CedulaInput(id="cedula"), id="f-cedula")
        self.born = Field("Nacimiento", DateInput(id="born"), id="f-born")
        self.code = SecretField("Código", SecretInput(id="code", max_length=7), id="f-code")
        self.signature = SignatureFields(code_id="factor")

    def compose_body(self) -> ComposeResult:
        """The step on the left, the ways and the red flags on the right."""
        with Horizontal():
            with Panel("Verificar", id="step-panel"):
                yield PlainText(id="standing")
                yield PlainText(id="question", multiline=True)
                yield from self._fields()
                yield NumberedList(id="called", help_text="¿Contestó el asociado en su número registrado?")
                yield PlainText(id="said", multiline=True)
            with Panel("Formas de verificar", id="ways-panel"):
                yield NumberedList(id="ways", help_text="Elija por número cómo verificar.")
                yield PlainText("Señales de alerta", id="flags-title")
                yield NumberedList(id="flags", help_text="Marque lo que note en la llamada.")
                yield PlainText(id="way-note")

    def _fields(self) -> list[Field[Any] | SecretField]:
        return [self.answer, self.number, self.cedula, self.born, self.code, *self.signature.all()]

    def on_mount(self) -> None:
        """Draw the questions of this case, or the ones that were drawn already."""
        super().on_mount()
        self.query_one("#called", NumberedList).show_lines(ANSWERED)
        self._show_fields("")
        self.begin()
        self.set_interval(DELIVERY_SECONDS, self._look_after_code)

    @flow
    async def begin(self) -> None:
        """Ask the service where verification stands."""
        self._take(await self.call(verification.begin, commands.BeginVerification(self.member_id)))

    # Showing --------------------------------------------------------------------------------------

    def _take(self, state: VerificationState) -> None:
        self.state = state
        self.shows_verified = state.level > 0
        level = f"N{state.level}" if state.level else ""
        if (served := self.shell.served()) is not None:
            self.shell.serve(Served(served.name, served.number, served.standing, level, state.lease_expires_at))
        if state.level >= FULL_LEVEL and state.outcome == "passed":
            self.dismiss(state.level)
            return
        self.query_one("#standing", PlainText).show(standing(state))
        self.query_one("#ways", NumberedList).show_lines([way_line(offer) for offer in state.offers], usual_way(state))
        self.query_one("#flags", NumberedList).show_lines([flag_line(flag) for flag in shown_flags(state)])
        self._start(next_step(state, self.step), said=_said(state))

    def _start(self, step: str, text: str = "", said: str = "") -> None:
        """Show the fields of a step and put the focus into the first. `said`: how the last step went."""
        self.step = step
        self.query_one("#said", PlainText).show(said)
        self.query_one("#question", PlainText).show(text or step_text(self.state, step))
        self._show_fields(step)

    def _show_fields(self, step: str) -> None:
        shown: dict[str, list[Any]] = {
            "question": [self.answer],
            "record": [self.number, self.cedula, self.born],
            "in_person": [self.cedula],
            "code": [self.code],
            "second_person": self.signature.all(),
        }
        fields = shown.get(step, [])
        for field in self._fields():
            field.display = field in fields
        called = self.query_one("#called", NumberedList)
        called.display = step == "callback"
        target = fields[0].input if fields else called if step == "callback" else self.query_one("#ways", NumberedList)
        target.focus()

    @on(NumberedList.Marked)
    def _marked(self, event: NumberedList.Marked) -> None:
        self.query_one("#way-note", PlainText).show(event.note)

    def pending_work(self) -> str:
        """What the caller said and was not sent yet; secrets are not asked about, they are wiped."""
        said = [field for field in (self.number, self.cedula, self.born) if field.display and field.text]
        return "los datos escritos" if said else ""

    def verification_ended(self) -> None:
        """The level is gone: back to the record, which masks itself; verification starts anew."""
        if self.is_current:
            self.shell.notify_safe("La verificación terminó. Verifique de nuevo.", severity="warning")
            self.dismiss(0)

    async def action_back(self) -> None:
        """Esc: back to the record with the level that there is."""
        if self.pending_work():
            await super().action_back()
        else:
            self.dismiss(self.state.level if self.state else 0)

    def action_ways(self) -> None:
        """F8."""
        self.query_one("#ways", NumberedList).focus()

    def action_flags(self) -> None:
        """F9."""
        self.query_one("#flags", NumberedList).focus()

    def _look_after_code(self) -> None:
        """While a code is on its way, say how it gets on."""
        waits = self.state is not None and self.state.code is not None and self.state.code.on_its_way
        if waits and self.step == "code" and self.is_current:
            self.read_delivery()

    @background_flow
    async def read_delivery(self) -> None:
        """Only the text changes: what is being typed stays, and so does the focus."""
        sent = await self.call(verification.code_delivery, commands.CodeDelivery(self.member_id))
        if sent is not None and self.state is not None and self.step == "code":
            self.state = replace(self.state, code=sent)
            self.query_one("#question", PlainText).show(step_text(self.state, "code"))

    # Steps ----------------------------------------------------------------------------------------

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        fields = [field for field in self._fields() if field.display]
        at = next((at for at, field in enumerate(fields) if field.input is event.input), 0)
        if at + 1 < len(fields):
            fields[at + 1].input.focus()
        else:
            self.submit()

    @flow
    async def submit(self) -> None:
        """Send the step that is on show."""
        fields = [field for field in self._fields() if field.display and field is not self.signature.code]
        if not check_fields(fields) or self.state is None:
            return
        try:
            self._take(await self._send())
        except CoopError:
            self._again(fields)
            raise

    def _again(self, fields: list[Field[Any] | SecretField]) -> None:
        """After a refusal: the focus goes where something must be typed again."""
        empty = next(
            (field for field in fields if isinstance(field, SecretField) and not field.input.filled), fields[0]
        )
        empty.input.focus()

    async def _send(self) -> VerificationState:
        member = self.member_id
        if self.step == "question" and self.state is not None and (question := asked(self.state)) is not None:
            answer = Secret(self.answer.input.take())
            return await self.call(verification.answer, commands.AnswerQuestion(member, question.position, answer))
        if self.step == "record":
            said = commands.CheckRecord(member, self.number.text, self.cedula.text, self.born.text)
            return await self.call(verification.check_record, said)
        if self.step == "in_person":
            return await self.call(verification.in_person, commands.InPerson(member, self.cedula.text))
        if self.step == "code":
            typed = Secret(self.code.input.take())
            return await self.call(verification.check_code, commands.CheckCode(member, typed))
        signed = self.signature.take()
        person = commands.SecondPerson(member, signed.username, signed.password, signed.code)
        return await self.call(verification.second_person, person)

    @on(NumberedList.Picked, "#ways")
    def _way_picked(self, event: NumberedList.Picked) -> None:
        if self.state is None:
            return
        self.hush()
        offer = self.state.offers[event.at]
        if offer.reason_disabled:
            self.say(f"{offer.label}: {offer.reason_disabled}", "warning")
        elif offer.kind in CODE_WAYS:
            self.send_code(CODE_WAYS[offer.kind])
        elif offer.kind == "callback":
            self.call_back()
        elif offer.kind == "question" and asked(self.state) is None:
            self.say("Las preguntas de este caso ya se respondieron bien.", "warning")
        else:
            self._start(offer.kind)

    @flow
    async def send_code(self, destination: Destination) -> None:
        """A one-time code to a contact on record."""
        command = commands.SendCode(self.member_id, destination, self.purpose)
        self._take(await self.call(verification.send_code, command))

    @flow
    async def call_back(self) -> None:
        """Show the number on record; then ask whether the member answered there."""
        target = await self.call(verification.callback_number, commands.CallbackNumber(self.member_id))
        self._start("callback", f"Cuelgue y llame al número registrado: {target.number}")

    @on(NumberedList.Picked, "#called")
    def _called(self, event: NumberedList.Picked) -> None:
        self.called_back(event.at == 0)

    @flow
    async def called_back(self, answered: bool) -> None:
        """How the call back went."""
        self._take(await self.call(verification.callback, commands.CallbackDone(self.member_id, answered)))

    @on(NumberedList.Picked, "#flags")
    def _flag_picked(self, event: NumberedList.Picked) -> None:
        if self.state is None:
            return
        flag = shown_flags(self.state)[event.at]
        if flag.automatic:
            self.say("Esa señal la puso el sistema; no se puede quitar.", "warning")
            return
        ids = {other.id for other in self.state.flags if other.on and not other.automatic} ^ {flag.id}
        self.set_flags(tuple(sorted(ids)))

    @flow
    async def set_flags(self, ids: tuple[str, ...]) -> None:
        """Tick or untick red flags; the focus stays on the list."""
        self._take(await self.call(verification.set_flags, commands.SetFlags(self.member_id, ids)))
        if self.is_current:
            self.query_one("#flags", NumberedList).focus()


def _said(state: VerificationState) -> str:
    glyph = {"passed": "✓ ", "failed": "✗ "}.get(state.outcome or "", "")
    return f"{glyph}{state.message}" if glyph else ""  # What has no outcome is told by the step that follows.
