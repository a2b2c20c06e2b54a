"""How an operation with money ended, in the words of the message line: done, waiting, or not done — never mixed up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.order_notices import FollowReceipt, follow_receipt
from services.receipts import Receipt
from widgets.shell import Severity

if TYPE_CHECKING:
    from screens.base import BaseScreen

FEMININE = frozenset({"Transferencia", "Recarga"})
WAITS = "NO SE APLICÓ: espera la aprobación de un supervisor. Nada se ha movido."


@dataclass(frozen=True, slots=True)
class Told:
    """A text, and how it is told."""

    text: str
    severity: Severity = "information"


def told_of(receipt: Receipt) -> Told:
    """`Transferencia aplicada: comprobante 2026-0000002.`; of a biller also that it is in process or was refused."""
    noun = receipt.kind_title.partition(" ")[0]
    end = "a" if noun in FEMININE else "o"
    if receipt.outcome == "held":
        text = f"{noun} EN PROCESO: el recaudador no ha contestado. No {'la' if end == 'a' else 'lo'} repita"
        return Told(f"{text}; comprobante {receipt.number}.", "warning")
    if receipt.outcome != "posted":
        text = f"{noun} NO REALIZAD{end.upper()}: el dinero sigue en la cuenta"
        return Told(f"{text}; comprobante {receipt.number}.", "warning")
    if receipt.existed:
        return Told(f"Ya estaba aplicad{end}: comprobante {receipt.number}.")
    return Told(f"{noun} aplicad{end}: comprobante {receipt.number}.")


def in_process(receipts: Iterable[Receipt | None]) -> frozenset[str]:
    """The orders that these receipts tell as in process at a biller."""
    return frozenset(receipt.operation_id for receipt in receipts if receipt is not None and receipt.outcome == "held")


async def as_it_stands(screen: BaseScreen[Any], receipt: Receipt) -> Receipt:
    """The same receipt after its order ended, read without counting as somebody's presence (req. 13)."""
    return await screen.call(follow_receipt, FollowReceipt(receipt.operation_id, receipt.copy))
