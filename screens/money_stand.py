"""How a payment stands on its screen: being written, reviewed, on its way, waiting for somebody, or done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from screens.flow import background_flow, flow
from screens.member_screen import MemberScreen
from screens.money_panels import Review
from screens.money_results import WAITS, Told, as_it_stands, in_process, told_of
from screens.receipt import print_receipt
from screens.record_mends import new_key
from services.payments import Prepared
from services.receipt_print import text40
from services.receipts import Receipt
from widgets.fields import Field
from widgets.panel import Panel
from widgets.receipt_view import ReceiptView

ENDED = "La verificación terminó; lo escrito se conserva. Esc vuelve a la ficha: verifique de nuevo antes de aplicar."
WAITING = "Espera aprobación"


class MoneyStand(MemberScreen[Told]):
    """The form on the left; beside it the choices, then the review, then the receipt. What moves it from one to the
    next: money_form.py.
    """

    WHAT: ClassVar[str] = "de la operación"
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

    def back_to_form(self) -> None:
        """The review is over; the fields stay as they are."""
        self.prepared = None
        self.show_part("choices")
        self.refresh_commands()

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

    @property
    def open_orders(self) -> frozenset[str]:
        """The payment whose receipt is on show, while it is in process at a biller."""
        return in_process([self.receipt])

    @background_flow
    async def orders_ended(self, ids: frozenset[str]) -> None:
        """It ended while the receipt was on show: the paper says how."""
        del ids
        if self.receipt is not None:
            self.show_receipt(await as_it_stands(self, self.receipt))

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

    @flow
    async def action_print_receipt(self) -> None:
        """F9."""
        if self.receipt is not None:
            await print_receipt(self, self.receipt)
