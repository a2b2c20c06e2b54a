"""The way of every payment on one screen, left to right: form → review → receipt (S10–S31, req. 40, 42, 44)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from screens.dialogs.approval import ask_approval
from screens.flow import flow
from screens.member_screen import MemberScreen
from screens.money_panels import Review
from screens.money_results import WAITS, Told, told_of
from screens.receipt import PrintReceipt, print_receipt
from screens.record_mends import new_key
from services.errors import CoopError, StoreUnavailable
from services.payments import Prepared
from services.receipt_print import text40
from services.receipts import Receipt
from widgets.command import Command, CommandClass
from widgets.fields import Field, check_fields
from widgets.panel import Panel
from widgets.receipt_view import ReceiptView

UNANSWERED = (
    "No se sabe si se aplicó: la base de datos no contestó. Enter vuelve a preguntar por la misma operación, nunca"
    " hace otra."
)
ENDED = "La verificación terminó; lo escrito se conserva. Esc vuelve a la ficha: verifique de nuevo antes de aplicar."
WAITING = "Espera aprobación"
SENT = "Ya se envió y falta la respuesta. Espere: salir no la detiene."


class Continue(Command):
    """Pide la revisión; con la revisión a la vista, aplica la operación."""

    id = "continue"
    label = "Continuar"
    keys: ClassVar[tuple[str, ...]] = ("f2",)
    footer = True


class MoneyForm(MemberScreen[Told]):
    """Answers how it ended, or None. The idempotency key is minted when the form opens (C6).

    A subclass brings its fields and what stands beside them, asks for the review in `prepare`, posts in `apply`.
    """

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Continue, PrintReceipt)
    CSS_PATH = "money_form.tcss"
    WHAT: ClassVar[str] = "de la operación"
    FIELDS: ClassVar[dict[str, str]] = {}
    """A field of the service's command → the name of its `Field` here."""
    HOME: ClassVar[str] = "#amount"  # the field where mending begins

    def __init__(self, member_id: int, title: str) -> None:
        super().__init__()
        self.member_id = member_id
        self.form_title = title
        self.key = new_key()
        self.prepared: Prepared | None = None
        self.receipt: Receipt | None = None
        self.waiting = False  # it stands in the queue of a second person; nothing was applied
        self.unanswered = False
        self.sent = False
        """It is on its way: nobody knows yet what became of it."""
        self._reviewed: tuple[str, ...] = ()

    # For subclasses -------------------------------------------------------------------------------

    def fields(self) -> Sequence[Field[Any]]:
        """The fields in their order, without those that are not asked for now."""
        raise NotImplementedError

    def every_field(self) -> Sequence[Field[Any]]:
        """All fields, also those that are asked for only sometimes."""
        return self.fields()

    def beside(self) -> Sequence[Widget]:
        """What stands beside the form while it is filled."""
        raise NotImplementedError

    def beside_title(self) -> str:
        """What that is called."""
        raise NotImplementedError

    def review_title(self) -> str:
        """What the operation on show is called."""
        return "Revisión"

    def mask(self) -> None:
        """Nobody is verified any more: take the figures away."""

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

    # Showing --------------------------------------------------------------------------------------

    def compose_body(self) -> ComposeResult:
        """The form, and beside it the choices, the review or the receipt."""
        with Horizontal():
            with Panel(self.form_title, id="form"):
                yield from self.every_field()
            with Panel(self.beside_title(), id="beside"):
                yield from self.beside()
                yield Review(id="review")
                yield from self.below_review()
                yield ReceiptView(id="receipt")

    def below_review(self) -> Sequence[Widget]:
        """What the review needs besides, such as a code's field."""
        return ()

    def on_mount(self) -> None:
        """Show the form."""
        super().on_mount()
        self.shows_verified = True
        self.show_part("choices")

    def show_part(self, which: str) -> None:
        """Show the choices, the review or the receipt beside the form."""
        shown: dict[str, tuple[Sequence[Widget], str]] = {
            "choices": (self.beside(), self.beside_title()),
            "review": ((self.query_one("#review"), *self.below_review()), self.review_title()),
            "receipt": ((self.query_one("#receipt"),), "Comprobante"),
        }
        for name, (widgets, _) in shown.items():
            for widget in widgets:
                widget.display = name == which
        self.query_one("#beside", Panel).retitle(shown[which][1])

    def disabled_reason(self, command: CommandClass) -> str | None:
        """The receipt is printed when there is one."""
        if command is PrintReceipt and self.receipt is None:
            return "Todavía no hay comprobante."
        if command is Continue and self.over:
            return f"{WAITS if self.receipt is None else told_of(self.receipt).text} Esc vuelve a la ficha."
        return None

    @property
    def over(self) -> bool:
        """Nothing more can be done here: it was applied, or it waits for somebody else."""
        return self.waiting or self.receipt is not None

    def typed(self) -> tuple[str, ...]:
        """What stands in the fields."""
        return tuple(field.text for field in self.fields())

    def pending_work(self) -> str:
        """Typed data, as long as nothing was posted."""
        if self.over:
            return ""
        if self.unanswered or self.sent:
            return "de vista los datos de una operación sin respuesta"
        return f"los datos {self.WHAT}" if any(self.typed()) else ""

    def verification_ended(self) -> None:
        """What was typed stays; figures, and the review that holds them, go."""
        self.mask()
        if not self.over and not self.unanswered and not self.sent:
            self.back_to_form()
            self.query_one(self.HOME, Input).focus()
            self.say(ENDED, "warning")

    # From field to field --------------------------------------------------------------------------

    @on(Input.Changed)
    def _changed(self) -> None:
        """What was reviewed holds only for what was typed then."""
        if self.prepared is not None and not self.over and self.typed() != self._reviewed:
            self.back_to_form()

    def back_to_form(self) -> None:
        """The review is over; the fields stay as they are."""
        self.prepared = None
        self.show_part("choices")
        self.refresh_commands()

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

    # The service ----------------------------------------------------------------------------------

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

    def _wait_for_approval(self) -> None:
        """It stands in the queue: that is told so that nobody takes it for done."""
        self.waiting = True
        self._lock_form()
        self.query_one("#beside", Panel).retitle(WAITING, "no se aplicó")
        self.query_one(Review).say_hint("NO SE APLICÓ · espera aprobación · Esc ficha")
        self.query_one(Review).focus()
        self.say(f"{WAITS} Esc vuelve a la ficha.", "warning")
        self.refresh_commands()

    def _wait_for_answer(self) -> None:
        """Nothing can be changed until it is known what became of it."""
        self._set_unanswered(True)
        self.query_one("#beside", Panel).retitle("Sin respuesta")
        self.query_one(Review).focus()

    def _set_unanswered(self, unanswered: bool) -> None:
        self.unanswered = unanswered
        self._lock_form()

    def _lock_form(self) -> None:
        for form in self.query("#form"):
            form.disabled = self.sent or self.unanswered or self.over

    def show_receipt(self, receipt: Receipt) -> None:
        """It is done: the paper takes the place of the review."""
        self.receipt = receipt
        self._lock_form()
        self.show_part("receipt")
        self.query_one(ReceiptView).show_receipt(text40(receipt))
        self.query_one("#beside", Panel).retitle("Comprobante", receipt.lines[-1][1])
        told = told_of(receipt)
        self.say(f"{told.text} F9 lo imprime, Esc vuelve a la ficha.", told.severity)
        self.query_one(ReceiptView).focus()
        self.refresh_commands()

    def complain(self, error: CoopError) -> None:
        """Put a refusal at the field that is to blame; what was typed stays."""
        name = self.FIELDS.get(error.field or "")
        if name is not None:
            self.show_error(name, error.user_text)
        else:
            self.query_one(self.HOME, Input).focus()

    @flow
    async def action_print_receipt(self) -> None:
        """F9."""
        if self.receipt is not None:
            await print_receipt(self, self.receipt)
