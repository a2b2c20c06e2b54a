"""What a favourite pays: an account of the cooperative or a bill, checked as a payment checks it (S10, S19–S31)."""

from dataclasses import dataclass

from data.catalog.billers import Biller
from data.catalog.products import load_products
from data.driver_sql import DriverSql
from services.errors import AccountUnusable, InvalidInput, NotFound
from services.masking import masked_name
from services.payment_kinds import PaymentKind
from services.unit_of_work import Transaction

ACCOUNT = DriverSql(
    "SELECT a.member_id, a.label, a.product, a.status, a.affiliated_at IS NOT NULL AS affiliated, m.given_names,"
    " m.surnames FROM account a JOIN member m ON m.id = a.member_id WHERE a.id = :id"
)


@dataclass(frozen=True, slots=True)
class Target:
    """An account by row id, or a bill as its biller wants it. `name` is what it is called until it gets a name."""

    name: str
    to_account: int | None = None
    biller: str | None = None
    reference: str | None = None
    extra: str | None = None


def account_target(tx: Transaction, kind: PaymentKind, member_id: int, account_id: int) -> Target:
    """An account that this kind pays into. No balance is read.

    Raises NotFound for one that is not there or that the kind doesn't pay to for this member, and for somebody else's
    that can't be paid (all alike, S102); AccountUnusable for an own one that can't; InvalidInput for cash.
    """
    if kind.cash:
        raise InvalidInput("El efectivo no se guarda como favorito.")
    row = ACCOUNT.first(tx.connection, {"id": account_id})
    if row is None or (row.member_id == member_id) is kind.third:
        raise NotFound
    product = load_products().get(row.product)
    if row.status != "open" or not row.affiliated or product is None or not kind.accepts(product):
        if kind.third:
            raise NotFound
        raise AccountUnusable("Esa cuenta no recibe esa operación. Elija otra cuenta.", field="to_account")
    name = f"{row.label} de {masked_name(row.given_names, row.surnames)}" if kind.third else row.label
    return Target(name, to_account=account_id)


def unpayable(biller: Biller | None) -> str:
    """Why a biller takes nothing, in the catalogue's words: «Claro se paga como +Móvil.»"""
    return (biller.unavailable_message if biller else "") or "Ese recaudador no está disponible."
