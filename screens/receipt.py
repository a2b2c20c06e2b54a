"""A receipt on the screen and on paper: F9 saves it as PDF and as text for a printer of 40 columns (req. 44)."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult

from screens.base import BaseScreen
from screens.dialogs.reason import ReasonDialog
from screens.flow import background_flow, flow
from screens.member_screen import MemberScreen
from screens.money_results import as_it_stands, in_process, told_of
from screens.record_actions import reason_choices, reason_text
from screens.record_mends import KeptKeys
from screens.staff_shell import staff_shell
from services.operations import Op
from services.receipt_files import save_receipt
from services.receipt_print import text40
from services.receipts import Receipt
from services.reversals import NO_WAY_BACK, Reverse, reverse
from widgets.command import Command, CommandClass
from widgets.receipt_view import ReceiptView


class PrintReceipt(Command):
    """Guarda el comprobante en PDF y en texto para la impresora de 40 columnas."""

    id = "print_receipt"
    label = "Imprimir"
    keys: ClassVar[tuple[str, ...]] = ("f9",)
    footer = True


class ReverseOperation(Command):
    """Reversa la operación con otra que la anula. Solo un supervisor, y no quien la registró."""

    id = "reverse"
    label = "Reversar"
    keys: ClassVar[tuple[str, ...]] = ("r",)
    words: ClassVar[tuple[str, ...]] = ("reversar",)
    operation = Op.OPERATION_REVERSE.value
    dangerous = True


class ReceiptScreen(MemberScreen[None]):
    """A posted operation, as a copy of its receipt."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (PrintReceipt, ReverseOperation)
    AUTO_FOCUS = "#receipt"
    HELP = "Copia del comprobante. F9 la guarda; R la reversa, si usted es supervisor y la operación es de hoy."
    DEFAULT_CSS = "ReceiptScreen #body { align-horizontal: center; }"

    def __init__(self, receipt: Receipt) -> None:
        super().__init__()
        self.receipt = receipt
        self._keys = KeptKeys()

    def compose_body(self) -> ComposeResult:
        """The paper."""
        yield ReceiptView(text40(self.receipt), id="receipt")

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What left the house does not come back from here; a recarga was used the moment it was made (req. 9)."""
        if command is ReverseOperation:
            return NO_WAY_BACK.get(self.receipt.kind)
        return super().disabled_reason(command)

    @property
    def open_orders(self) -> frozenset[str]:
        """The payment on show, while it is in process at a biller."""
        return in_process([self.receipt])

    @background_flow
    async def orders_ended(self, ids: frozenset[str]) -> None:
        """It ended: the paper says how."""
        del ids
        self.receipt = await as_it_stands(self, self.receipt)
        self.query_one(ReceiptView).show_receipt(text40(self.receipt))
        told = told_of(self.receipt)
        self.say(told.text, told.severity)

    def action_print_receipt(self) -> None:
        """F9."""
        self.save()

    @flow
    async def save(self) -> None:
        """Write the files."""
        await print_receipt(self, self.receipt)

    @flow
    async def action_reverse(self) -> None:
        """R."""
        done = await reverse_operation(self, self.receipt, self._keys)
        if done is not None:
            self.receipt = done
            self.query_one(ReceiptView).show_receipt(text40(done))
            self.say(reversed_text(done))


async def print_receipt(screen: BaseScreen[Any], receipt: Receipt) -> None:
    """Save a receipt into the desk's folder and say where."""
    shell = staff_shell(screen)
    printed, _ = await screen.call(save_receipt, receipt, shell.receipts_folder, shell.checkpoints_path)
    screen.say(f"Guardado en {printed.parent}: {printed.name} y .txt")


async def reverse_operation(screen: BaseScreen[Any], receipt: Receipt, keys: KeptKeys) -> Receipt | None:
    """Ask why, then post the operation that undoes this one; answers its receipt, or None when it is left."""
    effect = f"Se asentará una operación nueva que anula el comprobante {receipt.number}."
    summary = (effect, *(f"{label}: {value}" for label, value in receipt.lines if label in ("Desde", "Hacia", "Monto")))
    op = Op.OPERATION_REVERSE
    given = await screen.app.push_screen_wait(ReasonDialog("Reversar", reason_choices(op), summary=summary))
    if given is None:
        return None
    with keys.use(receipt.operation_id) as key:
        return await screen.call(reverse, Reverse(receipt.operation_id, reason_text(op, given), key))


def reversed_text(receipt: Receipt) -> str:
    """What is told after a reversal."""
    again = "Ya estaba reversada" if receipt.existed else "Reversada"
    return f"{again}: comprobante {receipt.number}."


__all__ = ["PrintReceipt", "ReceiptScreen", "ReverseOperation", "print_receipt", "reverse_operation"]
