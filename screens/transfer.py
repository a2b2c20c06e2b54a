"""Transfer between own savings: form → review → receipt on one screen, left to right (S12, req. 40, 44)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from screens.flow import flow
from screens.member_screen import MemberScreen
from screens.receipt import PrintReceipt, print_receipt
from screens.record_line import transfer_words
from screens.record_mends import new_key
from screens.transfer_panels import AccountInput, AccountList, Review
from services.account_view import AccountRow
from services.errors import CoopError, StoreUnavailable
from services.operations import Op
from services.payment_entry import MEMO_LENGTH
from services.payments import ConfirmPayment, Prepared, PreparePayment, confirm, prepare
from services.receipt_print import text40
from services.receipts import Receipt
from widgets.command import Command, CommandClass
from widgets.fields import Field, check_fields
from widgets.house_input import MoneyInput, TextInput
from widgets.panel import Panel
from widgets.receipt_view import ReceiptView

FIELDS = {"from_account": "source", "to_account": "target", "amount": "amount", "memo": "memo"}
UNANSWERED = (
    "No se sabe si se aplicó: la base de datos no contestó. Enter vuelve a preguntar por la misma transferencia, nunca"
    " hace otra."
)
ENDED = "La verificación terminó; lo escrito se conserva. Esc vuelve a la ficha: verifique de nuevo antes de aplicar."


class Continue(Command):
    """Pide la revisión; con la revisión a la vista, aplica la transferencia."""

    id = "continue"
    label = "Continuar"
    keys: ClassVar[tuple[str, ...]] = ("f2",)
    footer = True


class TransferScreen(MemberScreen[str]):
    """Answers what was done, or None. The idempotency key is minted when the form opens (C6)."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Continue, PrintReceipt)
    CSS_PATH = "transfer.tcss"
    AUTO_FOCUS = "#source"
    HELP = (
        "Escriba el número de la cuenta de origen, el de destino y el monto. Enter en el último campo muestra la"
        " revisión; Enter otra vez la aplica."
    )

    def __init__(self, member_id: int, rows: tuple[AccountRow, ...], arguments: str = "") -> None:
        super().__init__()
        self.member_id, self.rows, self.arguments = member_id, rows, arguments
        self.key = new_key()
        self.source = Field("Origen", AccountInput(rows, id="source"))
        self.target = Field("Destino", AccountInput(rows, id="target"))
        self.amount = Field("Monto", MoneyInput(id="amount"))
        self.memo = Field("Detalle", TextInput(id="memo", max_length=MEMO_LENGTH), required=False)
        self.prepared: Prepared | None = None
        self.asked: PreparePayment | None = None
        self.receipt: Receipt | None = None
        self.unanswered = False
        self._reviewed: tuple[str, ...] = ()

    def compose_body(self) -> ComposeResult:
        """The form, and beside it the accounts, the review or the receipt."""
        with Horizontal():
            with Panel("Transferir", id="form"):
                yield self.source
                yield self.target
                yield self.amount
                yield self.memo
            with Panel("Cuentas", id="beside"):
                yield AccountList(self.rows, id="account-list")
                yield Review(id="review")
                yield ReceiptView(id="receipt")

    def on_mount(self) -> None:
        """Fill in what the line said; a whole line goes straight to the review."""
        super().on_mount()
        self.shows_verified = True
        self._show_only("account-list", "Cuentas")
        words = transfer_words(self.arguments, self.rows)
        with self.prevent(Input.Changed):  # It was not typed here: the focus stays where it is.
            for field, value in ((self.source, words.source), (self.target, words.target)):
                if value is not None:
                    field.input.value = str(value.position)
            if words.amount is not None:
                self.amount.input.value = words.amount.format()
        if words.complete:
            self.review()

    def _show_only(self, which: str, title: str) -> None:
        for name in ("account-list", "review", "receipt"):
            self.query_one(f"#{name}").display = name == which
        self.query_one("#beside", Panel).retitle(title)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """The receipt is printed when there is one."""
        if command is PrintReceipt and self.receipt is None:
            return "Todavía no hay comprobante."
        if command is Continue and self.receipt is not None:
            return "La transferencia ya se aplicó. Esc vuelve a la ficha."
        return None

    def _fields(self) -> list[Field[Any]]:
        return [self.source, self.target, self.amount, self.memo]

    def _typed(self) -> tuple[str, ...]:
        return tuple(field.text for field in self._fields())

    def pending_work(self) -> str:
        """Typed data, as long as nothing was posted."""
        if self.receipt is not None:
            return ""
        if self.unanswered:
            return "de vista los datos de una transferencia sin respuesta"
        return "los datos de la transferencia" if any(self._typed()) else ""

    def verification_ended(self) -> None:
        """What was typed stays; figures, and the review that holds them, go."""
        self.query_one(AccountList).mask()
        if self.receipt is None and not self.unanswered:
            self.prepared = None
            self._show_only("account-list", "Cuentas")
            self.amount.input.focus()
            self.say(ENDED, "warning")

    # From field to field --------------------------------------------------------------------------

    @on(Input.Changed, "#source, #target")
    def _number_typed(self, event: Input.Changed) -> None:
        self._forget_review()
        if isinstance(event.input, AccountInput) and event.input.settled and event.input.has_focus:
            (self.target if event.input.id == "source" else self.amount).input.focus()

    @on(Input.Changed, "#amount, #memo")
    def _changed(self) -> None:
        self._forget_review()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.input is self.source.input:
            self.target.input.focus()
        elif event.input is self.target.input:
            self.amount.input.focus()
        else:
            self.review()

    def _forget_review(self) -> None:
        """What was reviewed holds only for what was typed then."""
        if self.prepared is not None and self.receipt is None and self._typed() != self._reviewed:
            self._back_to_form()

    def _back_to_form(self) -> None:
        self.prepared = None
        self._show_only("account-list", "Cuentas")

    async def key_enter(self) -> None:
        """Enter on the review posts."""
        if isinstance(self.focused, Review):
            self.action_continue()

    def action_continue(self) -> None:
        """F2: whatever comes next."""
        self.hush()
        if self.prepared is None:
            self.review()
        else:
            self.post()

    async def action_back(self) -> None:
        """Esc: from the review to the form, from the receipt to the record."""
        if self.receipt is not None:
            self.dismiss(f"Transferencia aplicada: comprobante {self.receipt.number}.")
        elif self.prepared is not None and not self.unanswered:
            self._back_to_form()
            self.amount.input.focus()
        else:
            await super().action_back()

    # The service ----------------------------------------------------------------------------------

    @flow
    async def review(self) -> None:
        """Let the service fix the data and show them."""
        if self.unanswered or not check_fields(self._fields()):
            return
        source, target, amount = self.source.given, self.target.given, self.amount.given
        memo = self.memo.value or ""
        asked = PreparePayment(
            Op.TRANSFER_OWN, self.member_id, source.account_id, target.account_id, amount.centesimos, memo
        )
        try:
            prepared = await self.call(prepare, asked)
        except CoopError as error:
            self._complain(error)
            raise
        self.prepared, self.asked, self._reviewed = prepared, asked, self._typed()
        self._show_only("review", "Revisión")
        review = self.query_one(Review)
        review.show(prepared, max(20, self.query_one("#beside").content_size.width))
        review.focus()

    @flow
    async def post(self) -> None:
        """Apply what is on show, once: the key stays the same through every retry."""
        if self.prepared is None or self.asked is None or self.receipt is not None:
            return
        command = ConfirmPayment(self.key, self.prepared.hash, **asdict(self.asked))
        try:
            receipt = await self.call(confirm, command)  # The program keeps it in its journal until it is answered.
        except StoreUnavailable as error:
            self._wait_for_answer()
            raise StoreUnavailable(UNANSWERED) from error
        except CoopError as error:
            self.key = new_key()  # A refusal sticks to its key.
            self._set_unanswered(False)
            self._back_to_form()
            self._complain(error)
            raise
        self._set_unanswered(False)
        self._show_receipt(receipt)

    def _wait_for_answer(self) -> None:
        """Nothing can be changed until it is known what became of it."""
        self._set_unanswered(True)
        self.query_one("#beside", Panel).retitle("Sin respuesta")
        self.query_one(Review).focus()

    def _set_unanswered(self, unanswered: bool) -> None:
        self.unanswered = unanswered
        self.query_one("#form").disabled = unanswered

    def _show_receipt(self, receipt: Receipt) -> None:
        self.receipt = receipt
        self.query_one("#form").disabled = True
        self._show_only("receipt", "Comprobante")
        self.query_one(ReceiptView).show_receipt(text40(receipt))
        again = "Ya estaba aplicada" if receipt.existed else "Transferencia aplicada"
        self.say(f"{again}: comprobante {receipt.number}. F9 lo imprime, Esc vuelve a la ficha.")
        self.query_one(ReceiptView).focus()
        self.refresh_commands()

    def _complain(self, error: CoopError) -> None:
        """Put a refusal at the field that is to blame; what was typed stays."""
        name = FIELDS.get(error.field or "")
        field: Field[Any] = getattr(self, name) if name is not None else self.amount
        if name is not None:
            field.show_error(error.user_text)
        field.input.focus()

    @flow
    async def action_print_receipt(self) -> None:
        """F9."""
        if self.receipt is not None:
            await print_receipt(self, self.receipt)
