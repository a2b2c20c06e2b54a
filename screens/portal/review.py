"""What the service fixed of a payment, before it is applied; then its receipt (req. 40, 44)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.containers import VerticalScroll
from textual.widget import Widget

from screens.flow import flow
from screens.layout import labelled
from screens.portal.base import Forward, PortalScreen, StepBack
from screens.portal.portal_shell import portal_shell
from services.errors import StoreUnavailable
from services.favourites import KeepPaid, keep_paid
from services.payments import Prepared
from services.receipt_print import text40
from services.receipts import Receipt
from widgets.command import Command, CommandClass
from widgets.receipt_view import ReceiptView
from widgets.text import PlainText, safe

UNANSWERED = (
    "No se sabe si se aplicó: el sistema no contestó. Pulse otra vez «Confirmar»: pregunta por la misma operación, "
    "nunca hace otra."
)


class Confirm(Forward):
    """Aplica la operación que está a la vista."""

    label = "Confirmar"


class ReviewPayment(PortalScreen[Receipt]):
    """Answers with the receipt, or None to change something. `apply` posts what is on show, once."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Confirm, StepBack)
    AUTO_FOCUS = "#lines"
    HELP = "Lea cuentas y monto. F2 o «Confirmar» aplica la operación; Esc retrocede sin aplicarla."
    DEFAULT_CSS: ClassVar[str] = """
    ReviewPayment #lines { height: 1fr; }
    ReviewPayment #lines:focus { background: $surface; }
    ReviewPayment #lines PlainText { width: 1fr; height: auto; }
    """

    def __init__(
        self, heading: str, prepared: Prepared, apply: Callable[[], Awaitable[Receipt | None]], progress: str = ""
    ) -> None:
        super().__init__(progress)
        self._heading, self._prepared, self._apply = heading, prepared, apply
        self._unanswered = False

    def heading(self) -> str:
        """What is being done."""
        return self._heading

    def compose_form(self) -> Iterable[Widget]:
        """The lines."""
        yield VerticalScroll(PlainText(multiline=True, id="summary"), id="lines")

    def on_mount(self) -> None:
        """Draw them when the width is known."""
        super().on_mount()
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """Fit to the new width."""
        if self.is_mounted:
            self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        prepared = self._prepared
        width = max(30, self.query_one("#lines").size.width - 2)
        parts = [safe(f"! {warning}", "bold") for warning in (*prepared.approval, *prepared.warnings)]
        self.query_one("#summary", PlainText).show(Text("\n").join([*parts, labelled(prepared.summary, width)]))

    def disabled_reason(self, command: CommandClass) -> str | None:
        """More than a member may alone is not done here (req. 42)."""
        if command is Confirm and self._prepared.approval:
            return f"{self._prepared.approval[0]} Llame al CIS, 205-0911, o visite una sucursal."
        return super().disabled_reason(command)

    async def key_enter(self, event: events.Key) -> None:
        """Enter on the lines does what the button does; on a button it is that button's."""
        if isinstance(self.focused, VerticalScroll):
            event.stop()  # The screen beneath would take it for its own.
            await self.run_command(Confirm)

    @flow
    async def action_forward(self) -> None:
        """Apply it; the same key through every retry."""
        try:
            receipt = await self._apply()
        except StoreUnavailable as error:
            self._unanswered = True
            raise StoreUnavailable(UNANSWERED) from error
        if receipt is not None:
            self.dismiss(receipt)

    async def action_back(self) -> None:
        """Nothing is changed while it is not known what became of it."""
        if self._unanswered:
            self.say(UNANSWERED, "warning")
        else:
            await super().action_back()


class Done(Forward):
    """Vuelve a sus cuentas."""

    label = "Finalizar"


class KeepIt(Command):
    """Guarda a quién pagó entre sus favoritos, para pagarle otra vez sin escribir la cuenta."""

    id = "keep_it"
    label = "Guardar en favoritos"
    keys: ClassVar[tuple[str, ...]] = ("g",)


class PaymentReceipt(PortalScreen[None]):
    """The receipt. It is mailed too: a kiosk prints nothing and keeps no file."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (KeepIt, Done, StepBack)
    HEADING = "Comprobante"
    BUTTONS = ("keep_it", "forward")
    AUTO_FOCUS = "#paper"
    HELP = (
        "Su comprobante. El aviso de la operación llega a su correo. G guarda el destino en sus favoritos. F2 o Esc"
        " vuelve a sus cuentas."
    )
    DEFAULT_CSS: ClassVar[str] = """
    PaymentReceipt .card { align-horizontal: center; overflow-y: hidden; }
    PaymentReceipt #paper { height: 1fr; }
    PaymentReceipt .heading { margin-bottom: 0; }
    """

    def __init__(self, receipt: Receipt) -> None:
        super().__init__()
        self._receipt = receipt

    def compose_form(self) -> Iterable[Widget]:
        """The paper."""
        yield ReceiptView(text40(self._receipt), id="paper")

    @flow
    async def action_keep_it(self) -> None:
        """G."""
        member_id = portal_shell(self).operator.member_id
        self.say((await self.call(keep_paid, KeepPaid(member_id, self._receipt.operation_id))).text)

    def action_forward(self) -> None:
        """F2."""
        self.dismiss(None)

    async def key_enter(self, event: events.Key) -> None:
        """Enter."""
        if isinstance(self.focused, VerticalScroll):
            event.stop()  # The screen beneath would take it for its own.
            self.dismiss(None)
