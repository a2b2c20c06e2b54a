"""The code of one payment to somebody else: sent from the review, dictated by the member, typed here (L11, req. 42)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from data.secrets import Secret
from screens.flow import flow
from screens.money_form import MoneyForm
from services.one_time_codes import DIGITS, Destination
from services.payment_codes import CheckPaymentCode, SendPaymentCode, check_payment_code, send_payment_code
from services.payments import Prepared
from widgets.command import Command, CommandClass
from widgets.fields import SecretField
from widgets.secret_input import SecretInput

HINT = "c o m envían el código · Esc corrige"
WANTED = "Falta el código de este pago: c lo envía al correo, m al móvil. Escriba el que dicte el asociado."
WRONG = "El código no coincide. Pídalo otra vez, o envíe otro: F8 vuelve a la revisión."


class CodeByMail(Command):
    """Envía al correo del asociado el código de este pago, que nombra a quién y cuánto."""

    id = "code_by_mail"
    label = "Código al correo"
    keys: ClassVar[tuple[str, ...]] = ("c",)


class CodeByPhone(Command):
    """Envía al celular del asociado el código de este pago, que nombra a quién y cuánto."""

    id = "code_by_phone"
    label = "Código al móvil"
    keys: ClassVar[tuple[str, ...]] = ("m",)


class BackToReview(Command):
    """Va del código a la revisión, para leerla o enviar otro código."""

    id = "back_to_review"
    label = "Revisión"
    keys: ClassVar[tuple[str, ...]] = ("f8",)


CODES = (CodeByMail, CodeByPhone)


class CodedForm(MoneyForm):
    """A form whose payment may need a code. The code is for exactly what is on show: what changes needs another."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (*CODES, BackToReview)

    def __init__(self, member_id: int, title: str) -> None:
        super().__init__(member_id, title)
        help_text = "Los seis números que dicta el asociado. No los lea usted en voz alta."
        self.code = SecretField("Código", SecretInput(id="payment-code", max_length=DIGITS + 1, help_text=help_text))
        self._passed = False

    def code_command(self, destination: Destination) -> SendPaymentCode:
        """What the code is for. For subclasses."""
        raise NotImplementedError

    def below_review(self) -> Sequence[Widget]:
        """The code's field."""
        return (self.code,)

    def show_part(self, which: str) -> None:
        """The field stands there only where a code is needed."""
        super().show_part(which)
        self._passed = self._passed and which == "review"
        self.code.display = which == "review" and self._code_wanted()

    def hint(self, prepared: Prepared) -> str:
        """What Enter does."""
        return HINT if self._code_wanted() else super().hint(prepared)

    def _code_wanted(self) -> bool:
        return self.prepared is not None and self.prepared.code_needed

    def disabled_reason(self, command: CommandClass) -> str | None:
        """A code is sent for what stands in the review."""
        if command in (*CODES, BackToReview):
            if self.prepared is None:
                return "El código se envía desde la revisión."
            if self.over:
                return "Ya no hace falta un código."
            return None if self.prepared.code_needed else "Este pago no lleva código."
        return super().disabled_reason(command)

    def action_code_by_mail(self) -> None:
        """C."""
        self.send_code("email")

    def action_code_by_phone(self) -> None:
        """M."""
        self.send_code("phone")

    def action_back_to_review(self) -> None:
        """F8."""
        self.query_one("#review").focus()

    @flow
    async def send_code(self, destination: Destination) -> None:
        """Queue the code and wait for the six digits."""
        sent = await self.call(send_payment_code, self.code_command(destination))
        self.code.input.wipe()
        self.code.clear_error()
        self.code.input.focus()
        self.say(f"Código enviado a {sent.destination}. Escriba el que dicte el asociado y Enter.")

    @on(Input.Submitted, "#payment-code")
    def _code_typed(self) -> None:
        self.action_continue()

    async def ready(self, prepared: Prepared) -> bool:
        """Compare what the member dictated. A right code stays good while this review does."""
        if not prepared.code_needed or self._passed:
            return True
        if not self.code.input.filled:
            self.say(WANTED, "warning")
            return False
        said = CheckPaymentCode(self.member_id, Secret(self.code.input.take()))
        self._passed = await self.call(check_payment_code, said)
        if not self._passed:
            self.code.show_error(WRONG)
            self.code.input.focus()
        return self._passed
