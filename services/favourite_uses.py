"""A favourite counts its uses in the transaction of the payment that uses it."""

from data.driver_sql import DriverSql
from services.unit_of_work import Transaction

USED = DriverSql(
    "UPDATE favourite SET uses = uses + 1, last_amount = :amount, last_used_at = :now,"
    " from_account = coalesce(:from_account, from_account) WHERE id = :id AND removed_at IS NULL"
)
USED_BILL = DriverSql(
    "UPDATE favourite SET uses = uses + 1, last_amount = :amount, last_used_at = :now,"
    " from_account = coalesce(:from_account, from_account) WHERE member_id = :member_id AND kind = :kind"
    " AND biller = :biller AND reference = :reference AND removed_at IS NULL"
)


def note_use(tx: Transaction, favourite_id: int, amount: int, from_account: int | None) -> None:
    """A payment to it was made in this transaction. `from_account` None: not from an account of the member."""
    USED.run(tx.connection, {"id": favourite_id, "amount": amount, "from_account": from_account, "now": tx.now})


def note_bill_use(
    tx: Transaction, member_id: int, kind: str, biller: str, reference: str, amount: int, from_account: int
) -> None:
    """A bill was paid, for which there may be a favourite: `reference` as the biller wants it."""
    values = {"member_id": member_id, "kind": kind, "biller": biller, "reference": reference}
    USED_BILL.run(tx.connection, values | {"amount": amount, "from_account": from_account, "now": tx.now})
