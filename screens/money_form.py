"""The way of every payment on one screen, left to right: form → review → receipt (S10–S31, req. 40, 42, 44)."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.widgets import Input

from screens.dialogs.approval import ask_approval
from screens.flow import flow
from screens.money_panels import Review
from screens.money_results import WAITS, Told, told_of
from screens.money_stand import MoneyStand
from screens.receipt import PrintReceipt
from screens.record_mends import new_key
from services.errors import CoopError, StoreUnavailable
from services.payments import Prepared
from services.receipts import Receipt
from widgets.command import Command, CommandClass
from widgets.fields import Field, check_fields

UNANSWERED = (
    "No se sabe si se aplicó: la base de datos no contestó. Enter vuelve a preguntar por la misma operación, nunca"
    " hace otra."
)
SENT = "Ya se envió y falta la respuesta. Espere: salir no la detiene."


class Continue(Command):
    """Pide la revisión; con la revisión a la vista, aplica la operación."""

    id = "continue"
    label = "Continuar"
    keys: ClassVar[tuple[str, ...]] = ("f2",)
    footer = True


class MoneyForm(MoneyStand):
    """Answers how it ended, or None. The idempotency key is minted when the form opens (C6).

    A subclass brings its fields and what stands beside them, asks for the review in `prepare`, posts in `apply`.
    """

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Continue, PrintReceipt)
    CSS_PATH = "money_form.tcss"
    FIELDS: ClassVar[dict[str, str]] = {}
    """A field of the service's command → the name of its `Field` here."""

    async def settle(self) -> bool:
        """Look up what must be known before the fields can be read; False when a person must choose first."""
        return True

    async def prepare(self) -> Prepared:
        """Ask the service for the review."""
        raise NotImplementedError

    def command(self, prepared: Prepared) -> Any:
        """What does what is on show, under `self.key`."""
        raise NotImplementedError

    async def apply(self, command: Any) -> Receipt | Told:
        """Do it; what has no receipt tells what was done."""
        raise NotImplementedError

    async def ready(self, prepared: Prepared) -> bool:
        """Whether what is on show can be applied now; if not, the screen says what is missing."""
        del prepared
        return True

    def hint(self, prepared: Prepared) -> str:
        """What Enter does with the review, in the fewest words."""
        return "Enter pide la aprobación · Esc corrige" if prepared.approval else "Enter aplica · Esc corrige"

    def disabled_reason(self, command: CommandClass) -> str | None:
        """The receipt is printed when there is one."""
        if command is PrintReceipt and self.receipt is None:
            return "Todavía no hay comprobante."
        if command is Continue and self.over:
            return f"{WAITS if self.receipt is None else told_of(self.receipt).text} Esc vuelve a la ficha."
        return None

    @on(Input.Changed)
    def _changed(self) -> None:
        """What was reviewed holds only for what was typed then."""
        if self.prepared is not None and not self.over and self.typed() != self._reviewed:
            self.back_to_form()

    def show_error(self, name: str, text: str) -> None:
        """Put a complaint at a field and the focus into it."""
        field: Field[Any] = getattr(self, name)
        field.show_error(text)
        field.input.focus()

    async def key_enter(self) -> None:
        """Enter on the review posts."""
        if isinstance(self.focused, Review):
            self.action_continue()

    def action_continue(self) -> None:
        """F2: whatever comes next."""
        self.hush()
        if self.sent:
            self.say(SENT, "warning")
        elif self.prepared is None:
            self.review()
        else:
            self.post()

    async def action_back(self) -> None:
        """Esc: from the review to the form, from the receipt to the record."""
        if self.sent:
            self.say(SENT, "warning")
        elif self.waiting:
            self.dismiss(Told(WAITS, "warning"))
        elif self.receipt is not None:
            self.dismiss(told_of(self.receipt))
        elif self.prepared is not None and not self.unanswered:
            self.back_to_form()
            self.query_one(self.HOME, Input).focus()
        else:
            await super().action_back()

    @flow
    async def review(self) -> None:
        """Let the service fix the data and show them."""
        if self.unanswered or self.sent or self.over or not await self.settle():
            return
        if not check_fields(self.fields()):
            return
        try:
            prepared = await self.prepare()
        except CoopError as error:
            self.complain(error)
            raise
        self.prepared, self._reviewed = prepared, self.typed()
        self.show_part("review")
        review = self.query_one(Review)
        review.show(prepared, max(20, self.query_one("#beside").content_size.width), self.hint(prepared))
        review.focus()
        self.refresh_commands()

    @flow
    async def post(self) -> None:
        """Apply what is on show, once: the key stays the same through every retry."""
        if self.prepared is None or self.over or not await self.ready(self.prepared):
            return
        try:  # The program keeps the command in its journal until it is answered.
            answer = await self._send(self.command(self.prepared), self.prepared)
        except StoreUnavailable as error:
            self._wait_for_answer()
            raise StoreUnavailable(UNANSWERED) from error
        except CoopError as error:
            self.key = new_key()  # A refusal sticks to its key.
            self._set_unanswered(False)
            self.back_to_form()
            self.complain(error)
            raise
        if answer is None:
            return  # The question was left: all stands as it stood.
        self._set_unanswered(False)
        if isinstance(answer, str):
            self._wait_for_approval()
        elif isinstance(answer, Told):
            self.dismiss(answer)
        else:
            self.show_receipt(answer)

    async def _send(self, command: Any, prepared: Prepared) -> Receipt | Told | str | None:
        """While the answer is out nothing can be changed or left: a slow one lets Esc through."""
        self.sent = True
        self.query_one(Review).focus()
        self._lock_form()
        try:
            if prepared.approval:
                return await ask_approval(self, command, prepared)
            return await self.apply(command)
        finally:
            self.sent = False
            self._lock_form()

    def complain(self, error: CoopError) -> None:
        """Put a refusal at the field that is to blame; what was typed stays."""
        name = self.FIELDS.get(error.field or "")
        if name is not None:
            self.show_error(name, error.user_text)
        else:
            self.query_one(self.HOME, Input).focus()
