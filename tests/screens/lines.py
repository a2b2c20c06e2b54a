"""A member's accounts and what can be paid of them, as the `:` line reads them."""

from __future__ import annotations

from datetime import date
from typing import Any

from screens.line_words import Hand
from services.account_view import AccountRow
from services.operations import Op
from services.payment_options import Option, Payable

TODAY = date(2026, 11, 23)


def row(position: int, product: str, label: str, **changed: Any) -> AccountRow:
    values: dict[str, Any] = {
        "position": position,
        "account_id": 100 + position,
        "number": f"{product}-018-50012-{position}",
        "label": label,
        "balance": "0.00",
        "affiliated": True,
        "product": product,
        "kind": "deposit",
        "status": "open",
        "status_label": "",
    }
    return AccountRow(**values | changed)


ROWS = (
    row(1, "06", "AHORROS"),
    row(2, "11", "PLAN"),
    row(3, "01", "APORTACIONES"),
    row(4, "21", "PRÉSTAMO PERSONAL"),
    row(5, "31", "SEG.VIDA"),
    row(6, "41", "MASTERCARD"),
    row(7, "51", "PLAN CELULAR"),
)
PAYABLES = {
    102: Payable(102, Op.QUOTA_PAY, (Option("cuota", "Cuota", 20_00),), ""),
    104: Payable(104, Op.LOAN_PAY, (Option("cuota", "Cuota", 125_00), Option("total", "Cancelar", 900_00)), ""),
    106: Payable(106, Op.CARD_PAY, (Option("minimo", "Mínimo", 35_00), Option("total", "Total", 300_00)), ""),
}
HAND = Hand(ROWS, PAYABLES, cash=True, today=TODAY)
TWO_SAVINGS = Hand((*ROWS, row(8, "06", "AHORROS"), row(9, "21", "PRÉSTAMO DE AUTO")), PAYABLES, cash=True, today=TODAY)
