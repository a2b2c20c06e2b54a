"""What a biller charged otherwise than ordered: both amounts, who pays what, and why (supervisor)."""

from __future__ import annotations

from typing import Any

from data.values.money import Money
from screens.base import BaseScreen
from screens.dialogs.reason import Reason, ReasonDialog
from screens.record_actions import reason_choices, reason_text
from services.receipts import Receipt
from services.wrong_charges import OPS, LookAtCharge, SettleCharge, Way, look_at_charge, settle_charge, way_words


async def settle_wrong_charge(screen: BaseScreen[Any], order_id: str) -> Receipt | None:
    """Ask the gateway, then the person: who pays, and why; answers the receipt, or None when it is left."""
    charge = await screen.call(look_at_charge, LookAtCharge(order_id))
    ordered, charged = Money(charge.ordered).with_symbol(), Money(charge.charged).with_symbol()
    summary = (f"{charge.number} · {charge.biller}", f"Ordenado: {ordered}   Cobró el recaudador: {charged}")
    way = charge.ways[0]
    if len(charge.ways) > 1:
        choices = [Reason(one.value, way_words(one, charge)) for one in charge.ways]
        picked = await screen.app.push_screen_wait(ReasonDialog("Quién paga la diferencia", choices, summary=summary))
        if picked is None:
            return None
        way = Way(picked.code)
    effect = (*summary, f"{way_words(way, charge)}.")
    given = await screen.app.push_screen_wait(
        ReasonDialog("Resolver el cobro", reason_choices(OPS[way]), summary=effect)
    )
    if given is None:
        return None
    command = SettleCharge(order_id, charge.charged, way, reason_text(OPS[way], given))
    return await screen.call(settle_charge, command)


def settled_text(receipt: Receipt) -> str:
    """What is told afterwards."""
    lines = dict(receipt.lines)
    return f"Resuelto: salió de la cuenta {lines['Salió de la cuenta']}; {lines['Diferencia']}."
