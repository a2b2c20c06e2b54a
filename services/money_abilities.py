"""What the member's accounts say against an operation with money, before anybody fills a form (S10–S31)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from data.catalog.products import Product, load_products
from services.account_view import AccountRow
from services.operations import MONEY_OPS, Op
from services.payment_kinds import KINDS

NOTHING = "El asociado no tiene cuentas."
NO_ORIGIN = "Hace falta una cuenta propia, afiliada y activa, de la que se pueda pagar."
TWO_ACCOUNTS = "Hacen falta dos cuentas propias, afiliadas y activas, que admitan transferencias."
NO_TARGET: Mapping[Op, str] = MappingProxyType(
    {
        Op.QUOTA_PAY: "El asociado no tiene planes ni aportes afiliados y activos.",
        Op.LOAN_PAY: "El asociado no tiene préstamos afiliados y activos.",
        Op.CARD_PAY: "El asociado no tiene tarjetas afiliadas y activas.",
        Op.SERVICE_PAY: "El asociado no tiene seguros ni planes celulares afiliados y activos.",
        Op.CASH_DEPOSIT: "Hace falta una cuenta propia, afiliada y activa, que reciba depósitos.",
    }
)


def money_reason(op: Op, rows: Sequence[AccountRow], *, cash: bool) -> str | None:
    """Why not, in Spanish. `cash`: the person at the desk takes cash, so that an own account can be paid without
    another."""
    if op in (Op.ACCOUNT_AFFILIATE, Op.MOVEMENTS_VIEW, Op.BALANCES_VIEW):
        return None if rows else NOTHING
    if op not in MONEY_OPS:
        return None
    found = ((row, load_products().get(row.product)) for row in rows if row.affiliated and row.status == "open")
    usable = [(row, product) for row, product in found if product is not None]
    if op is Op.TRANSFER_OWN:
        return None if _can_move(usable) else TWO_ACCOUNTS
    if op in NO_TARGET and not any(KINDS[op].accepts(product) for _, product in usable):
        return NO_TARGET[op]
    if op in NO_TARGET and cash:
        return None
    return None if any(product.transfer_out for _, product in usable) else NO_ORIGIN


def _can_move(usable: Sequence[tuple[AccountRow, Product]]) -> bool:
    sources = {row.account_id for row, product in usable if product.transfer_out}
    targets = {row.account_id for row, product in usable if product.transfer_in}
    return any(source != target for source in sources for target in targets)
