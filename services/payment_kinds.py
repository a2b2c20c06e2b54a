"""The kinds of transaction inside the cooperative: what each is called and into which accounts it pays (S10–S17).

The product of the destination and whose account it is decide the kind; a request names it, so that rights and limits
are those of what the person agreed to, and the service compares.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from data.catalog.products import LedgerNature, Product, load_products
from services.errors import InvalidInput
from services.operations import Op

DRAWER = "drawer"
"""The product of a cashier's drawer account."""


@dataclass(frozen=True, slots=True)
class PaymentKind:
    """One kind. `third`: the destination is somebody else's; `cash`: one side is a drawer."""

    op: Op
    title: str
    accepts: Callable[[Product], bool]
    third: bool = False
    cash: bool = False


def _transfer(product: Product) -> bool:
    return product.transfer_in


def _quota(product: Product) -> bool:
    return product.accepts_quota and product.nature is LedgerNature.DEPOSIT


def _of(*natures: LedgerNature) -> Callable[[Product], bool]:
    return lambda product: product.nature in natures


_LOAN, _CARD = _of(LedgerNature.LOAN), _of(LedgerNature.CARD)
_SERVICE = _of(LedgerNature.INSURANCE, LedgerNature.MOBILE)

KINDS: Mapping[Op, PaymentKind] = MappingProxyType(
    {
        kind.op: kind
        for kind in (
            PaymentKind(Op.TRANSFER_OWN, "Transferencia entre cuentas propias", _transfer),
            PaymentKind(Op.QUOTA_PAY, "Pago de cuota", _quota),
            PaymentKind(Op.LOAN_PAY, "Pago de préstamo", _LOAN),
            PaymentKind(Op.CARD_PAY, "Pago de tarjeta de crédito", _CARD),
            PaymentKind(Op.SERVICE_PAY, "Pago de servicio de la Cooperativa", _SERVICE),
            PaymentKind(Op.TRANSFER_THIRD, "Transferencia a otra persona", _transfer, third=True),
            PaymentKind(Op.QUOTA_PAY_THIRD, "Pago de cuota de otra persona", _quota, third=True),
            PaymentKind(Op.LOAN_PAY_THIRD, "Pago de préstamo de otra persona", _LOAN, third=True),
            PaymentKind(Op.CARD_PAY_THIRD, "Pago de tarjeta de otra persona", _CARD, third=True),
            PaymentKind(Op.SERVICE_PAY_THIRD, "Pago de servicio de otra persona", _SERVICE, third=True),
            PaymentKind(Op.CASH_DEPOSIT, "Depósito en efectivo", _transfer, cash=True),
            PaymentKind(Op.CASH_WITHDRAW, "Retiro en efectivo", lambda _product: False, cash=True),
        )
    }
)


def kind_for(product_code: str, *, third: bool) -> PaymentKind | None:
    """The kind that pays into an account of this product; None where nothing may be paid in."""
    product = load_products().get(product_code)
    if product is None:
        return None
    return next(
        (kind for kind in KINDS.values() if kind.third is third and not kind.cash and kind.accepts(product)), None
    )


def op_between(source: str, target: str, *, third: Op | None = None) -> Op:
    """The kind of a payment from one product to another of the same member; either may be a cashier's drawer. `third`:
    the destination is somebody else's, and this is what pays into it.

    Raises InvalidInput, at the field, where nothing may be paid so.
    """
    if third is not None:
        if source == DRAWER:
            raise InvalidInput("El efectivo solo entra a cuentas de quien se atiende.", field="from_account")
        return third
    if target == DRAWER:
        if source == DRAWER:
            raise InvalidInput("Elija dos cuentas distintas.", field="to_account")
        return Op.CASH_WITHDRAW
    kind = kind_for(target, third=False)
    if kind is None:
        raise InvalidInput("Ese producto no recibe pagos. Elija otra cuenta.", field="to_account")
    return Op.CASH_DEPOSIT if source == DRAWER and kind.op is Op.TRANSFER_OWN else kind.op
