"""What is collected for one confirmation during a call. It lives with the member's record and ends with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from screens.base import BaseScreen
from services.baskets import BasketPrepared, ConfirmBasket
from services.biller_payments import PrepareBill
from services.payments import PreparePayment


@dataclass(frozen=True)
class Collected:
    """One payment and, in words, where it goes."""

    payment: PreparePayment | PrepareBill
    target: str


@dataclass(frozen=True)
class Unanswered:
    """What was sent and not answered: only the same keys may be sent again."""

    form: ConfirmBasket
    prepared: BasketPrepared


@dataclass
class Basket:
    """The payments in the order in which they came."""

    items: list[Collected] = field(default_factory=list)
    unanswered: Unanswered | None = None

    @property
    def count_text(self) -> str:
        return count_text(len(self.items))

    def refusal(self, payment: PreparePayment | PrepareBill) -> str:
        """Why it can't be added; the service says so again."""
        if self.unanswered is not None:
            return "La canasta espera respuesta: ábrala y pregunte por ella antes de poner otro pago."
        known = any(_place(item.payment) == _place(payment) for item in self.items)
        return "Ese destino ya está en la canasta: quítelo allí o pague este aparte." if known else ""

    def add(self, payment: PreparePayment | PrepareBill, target: str) -> None:
        self.items.append(Collected(payment, target))

    def remove(self, at: int) -> None:
        del self.items[at]

    def empty(self) -> None:
        self.items.clear()
        self.unanswered = None


def count_text(number: int) -> str:
    """`1 pago`, `3 pagos`."""
    return f"{number} pago{'' if number == 1 else 's'}"


def basket_of(screen: BaseScreen[Any]) -> Basket:
    """The basket of the record beneath a screen."""
    for below in reversed(screen.app.screen_stack):
        basket = getattr(below, "basket", None)
        if isinstance(basket, Basket):
            return basket
    raise LookupError("no member is served")


def _place(payment: PreparePayment | PrepareBill) -> tuple[object, ...]:
    if isinstance(payment, PreparePayment):
        return payment.op, payment.to_account
    return payment.op, payment.biller, payment.reference, payment.extra
