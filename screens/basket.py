"""The basket («canasta»): what was collected on this call, reviewed together and confirmed with one key (req. 40)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from data.secrets import Secret
from data.values.money import Money
from screens.basket_commands import ConfirmAll, ItemCodeByMail, ItemCodeByPhone, RemoveItem, ReviewAgain
from screens.basket_items import Basket, Collected, Unanswered, count_text
from screens.flow import background_flow, flow
from screens.layout import labelled
from screens.member_screen import MemberScreen
from screens.money_form import UNANSWERED
from screens.money_results import Told, as_it_stands, in_process
from screens.receipt import PrintReceipt, ReceiptScreen, print_receipt
from screens.record_mends import new_key
from services.baskets import BasketPrepared, ConfirmBasket, KeyedItem, PrepareBasket, confirm_basket, prepare_basket
from services.errors import CoopError, DataChanged, StoreUnavailable
from services.one_time_codes import DIGITS, Destination
from services.payment_codes import CheckPaymentCode, SendPaymentCode, check_payment_code, send_payment_code
from services.payments import PreparePayment
from services.receipts import Receipt
from widgets.command import CommandClass
from widgets.fields import SecretField
from widgets.panel import Panel
from widgets.plain_table import Column, PlainTable
from widgets.secret_input import SecretInput
from widgets.text import PlainText

DONE = "La canasta ya se confirmó. Esc vuelve a la ficha."
ENDED = "La verificación terminó; la canasta se conserva. Esc vuelve a la ficha: verifique de nuevo antes de confirmar."
WAITS = "No se sabe si se aplicó. F2 pregunta por los mismos pagos, nunca hace otros."
WRONG = "El código no coincide. Pídalo otra vez o envíe otro."


class BasketScreen(MemberScreen[Told]):
    """Answers what was done, or None. The keys are minted with each review and stay through every retry."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        ConfirmAll, RemoveItem, ItemCodeByMail, ItemCodeByPhone, ReviewAgain, PrintReceipt,
    )  # fmt: skip
    AUTO_FOCUS = "#basket"
    HELP = (
        "Lea en voz alta cada pago y el total. Debajo se lee entero el pago marcado, con el saldo que le dejan los"
        " anteriores. F2 los confirma juntos; X quita el marcado; C y M envían el código del marcado cuando es para"
        " otra persona. Después, Enter muestra cada comprobante y F9 lo guarda."
    )
    DEFAULT_CSS = """
    BasketScreen #basket-panel { height: auto; max-height: 60%; }
    BasketScreen #basket-detail { height: 1fr; padding: 0 1; overflow-y: auto; }
    """

    def __init__(self, member_id: int, basket: Basket) -> None:
        super().__init__()
        self.member_id, self.basket = member_id, basket
        self.prepared: BasketPrepared | None = None
        self.receipts: tuple[Receipt, ...] = ()
        self._paid: tuple[Collected, ...] = ()
        self._form: ConfirmBasket | None = None
        self._changed: frozenset[str] = frozenset()
        """Keys of the lines that stand otherwise than they were reviewed last."""
        help_text = "Los seis números que dicta el asociado. No los lea usted en voz alta."
        self.code = SecretField("Código", SecretInput(id="item-code", max_length=DIGITS + 1, help_text=help_text))

    def compose_body(self) -> ComposeResult:
        """The payments, the total in the frame, the marked one beneath."""
        columns = (
            Column("N.º", "right", 3), Column("Hacia", width=max(20, self.app.size.width - 55)),
            Column("Monto", "right", 11), Column("Queda", "right", 11), Column("Estado", width=13),
        )  # fmt: skip
        yield Panel("Canasta", PlainTable(columns, id="basket"), id="basket-panel")
        yield self.code
        yield PlainText(multiline=True, id="basket-detail")

    def on_mount(self) -> None:
        """Review what there is."""
        super().on_mount()
        self.shows_verified = True
        self.code.display = False
        if self.basket.unanswered is not None:
            self._form, self.prepared = self.basket.unanswered.form, self.basket.unanswered.prepared
            self._draw()
            self.say(WAITS, "warning")
        else:
            self.review()

    @property
    def unanswered(self) -> bool:
        """Nothing can be changed until it is known what became of it."""
        return self.basket.unanswered is not None

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Collecting, then done."""
        if command is PrintReceipt:
            return None if self.receipts else "Todavía no hay comprobantes."
        if self.receipts and command in (ConfirmAll, RemoveItem, ItemCodeByMail, ItemCodeByPhone, ReviewAgain):
            return DONE
        if self.unanswered and command in (RemoveItem, ItemCodeByMail, ItemCodeByPhone, ReviewAgain):
            return WAITS
        if command is ConfirmAll and self.prepared is None:
            return "Falta la revisión: F5 la pide; X quita el pago marcado, si es el que la impide."
        if command in (ItemCodeByMail, ItemCodeByPhone) and not self._needs_code(self._marked()):
            return "El pago marcado no lleva código."
        return None

    def verification_ended(self) -> None:
        """Figures go; what was collected stays."""
        if not self.receipts and not self.unanswered:
            self.prepared = None
            self.query_one("#basket-detail", PlainText).show("")
            self._draw()
            self.say(ENDED, "warning")

    # Showing --------------------------------------------------------------------------------------

    def _draw(self) -> None:
        seen, items = self.prepared.items if self.prepared else (), self._paid or self.basket.items
        rows = []
        for at, item in enumerate(items):
            shown = seen[at] if at < len(seen) else None
            after = Money(shown.balance_after).format() if shown and shown.balance_after is not None else ""
            amount = Money(item.payment.amount).format()
            rows.append((str(at), (at + 1, item.target, amount, after, self._state(at))))
        self.query_one("#basket", PlainTable).show_rows(rows)
        total = Money(sum(item.payment.amount for item in items)).with_symbol()
        note = f"{count_text(len(items))} · total {total}" if rows else "Vacía"
        self.query_one("#basket-panel", Panel).retitle("Canasta", note)
        self.refresh_commands()

    def _state(self, at: int) -> str:
        if self.receipts:
            return dict(self.receipts[at].lines)["Estado"]
        if self.unanswered:
            return "sin respuesta"
        if str(at) in self._changed:
            return "▲ cambió"
        return "falta código" if self._needs_code(at) else "lista" if self.prepared else "sin revisar"

    def _needs_code(self, at: int | None) -> bool:
        return self.prepared is not None and at is not None and self.prepared.items[at].code_needed

    def _marked(self) -> int | None:
        key = self.query_one("#basket", PlainTable).current_key
        return int(key) if key is not None else None

    @on(PlainTable.RowMarked, "#basket")
    def _show_marked(self) -> None:
        at, detail = self._marked(), self.query_one("#basket-detail", PlainText)
        if at is None or self.prepared is None or at >= len(self.prepared.items):
            detail.show("")
        else:
            item = self.prepared.items[at]
            rows = [("Operación", item.title), *item.summary, *(("!", warning) for warning in item.warnings)]
            detail.show(labelled(rows, max(20, self.size.width - 4)))
        self.refresh_commands()

    # The service ----------------------------------------------------------------------------------

    @flow
    async def review(self) -> None:
        """Let the service look at all of them."""
        await self._review()

    async def _review(self) -> None:
        self.prepared, self._form, self._changed = None, None, frozenset()
        if not self.basket.items:
            self._draw()
            self.say("La canasta está vacía. En la revisión de un pago, B lo pone aquí.", "warning")
            return
        items = tuple(item.payment for item in self.basket.items)
        try:
            self.prepared = await self.call(prepare_basket, PrepareBasket(self.member_id, items))
        except CoopError as error:
            self._draw()
            self._mark(error)
            raise
        keyed = tuple(KeyedItem(new_key(), item) for item in items)
        self._form = ConfirmBasket(new_key(), self.prepared.hash, self.member_id, keyed)
        self._draw()
        self._show_marked()

    def _mark(self, error: CoopError) -> None:
        """Put the cursor on the payment that is to blame."""
        place = (error.field or "").removeprefix("item")
        if place.isdecimal() and 0 < int(place) <= len(self.basket.items):
            self.query_one("#basket", PlainTable).move_cursor(row=int(place) - 1)

    @flow
    async def action_review_again(self) -> None:
        """F5."""
        await self._review()

    @flow
    async def action_remove_item(self) -> None:
        """X."""
        at = self._marked()
        if at is None:
            return
        self.basket.remove(at)
        await self._review()

    @flow
    async def action_confirm_all(self) -> None:
        """F2: once; a second time it asks what became of the same keys."""
        if self._form is None or self.prepared is None or self.receipts:
            return
        try:
            paid = await self.call(confirm_basket, self._form)
        except StoreUnavailable as error:
            self.basket.unanswered = Unanswered(self._form, self.prepared)
            self._draw()
            raise StoreUnavailable(UNANSWERED) from error
        except CoopError as error:
            self.basket.unanswered = None
            self._mark(error)
            if error.code != "code_needed":
                await self._ask_anew(error)
            raise
        self.receipts, self._paid = paid.receipts, tuple(self.basket.items)
        self.basket.empty()
        self._draw()
        self.code.display = False
        told = self._told()
        self.say(f"{told.text} Enter muestra cada comprobante, Esc vuelve a la ficha.", told.severity)

    async def _ask_anew(self, error: CoopError) -> None:
        """A refusal sticks to its keys. What stands otherwise now is marked and wants to be agreed to again."""
        before, self.prepared, self._form = self.prepared, None, None
        if not isinstance(error, DataChanged) or before is None:
            self._draw()
            return
        await self._review()
        if (now := self.prepared) is not None:
            pairs = enumerate(zip(before.items, now.items, strict=True))
            self._changed = frozenset(str(at) for at, (old, new) in pairs if old.hash != new.hash)
            self._draw()

    def _told(self) -> Told:
        """How each ended; a biller's own answer is never taken for done."""
        numbers = ", ".join(receipt.number for receipt in self.receipts)
        outcomes = [receipt.outcome for receipt in self.receipts]
        notes = [f"{outcomes.count('held')} EN PROCESO: no lo repita."] if "held" in outcomes else []
        refused = outcomes.count("released")
        notes += (
            [f"{refused} NO REALIZADO: el recaudador no lo aceptó, el dinero sigue en la cuenta."] if refused else []
        )
        text = " ".join([f"Canasta confirmada: comprobantes {numbers}.", *notes])
        return Told(text, "warning" if notes else "information")

    # Codes ----------------------------------------------------------------------------------------

    def action_item_code_by_mail(self) -> None:
        """C."""
        self.send_code("email")

    def action_item_code_by_phone(self) -> None:
        """M."""
        self.send_code("phone")

    @flow
    async def send_code(self, destination: Destination) -> None:
        """Queue the code of the marked payment and wait for its six digits."""
        at = self._marked()
        if at is None or not isinstance(payment := self.basket.items[at].payment, PreparePayment):
            return
        command = SendPaymentCode(
            payment.op, payment.member_id, payment.from_account, payment.to_account, payment.amount, destination
        )
        sent = await self.call(send_payment_code, command)
        self.code.display = True
        self.code.input.wipe()
        self.code.clear_error()
        self.code.input.focus()
        self.say(f"Código enviado a {sent.destination}. Escriba el que dicte el asociado y Enter.")

    @on(Input.Submitted, "#item-code")
    def _code_typed(self) -> None:
        self.check_code()

    @flow
    async def check_code(self) -> None:
        """Compare it; a right one opens its payment for some minutes."""
        if not self.code.check():
            return
        right = await self.call(check_payment_code, CheckPaymentCode(self.member_id, Secret(self.code.input.take())))
        if not right:
            self.code.show_error(WRONG)
            self.code.input.focus()
            return
        self.code.display = False
        self.query_one("#basket", PlainTable).focus()
        await self._review()

    @property
    def open_orders(self) -> frozenset[str]:
        """The bills that were in process when they were confirmed."""
        return in_process(self.receipts)

    @background_flow
    async def orders_ended(self, ids: frozenset[str]) -> None:
        """They ended while the list was on show."""
        receipts = [await as_it_stands(self, one) if one.operation_id in ids else one for one in self.receipts]
        self.receipts = tuple(receipts)
        self._draw()
        told = self._told()
        self.say(told.text, told.severity)

    # Receipts -------------------------------------------------------------------------------------

    @on(PlainTable.RowChosen, "#basket")
    def _chosen(self) -> None:
        at = self._marked()
        if self.receipts and at is not None:
            self.app.push_screen(ReceiptScreen(self.receipts[at]))

    @flow
    async def action_print_receipt(self) -> None:
        """F9, of the marked one."""
        at = self._marked()
        if self.receipts and at is not None:
            await print_receipt(self, self.receipts[at])

    async def action_back(self) -> None:
        """Esc."""
        if self.receipts:
            self.dismiss(self._told())
        else:
            await super().action_back()
