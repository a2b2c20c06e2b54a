"""The cooperative's own accounts: income, clearing with the billers, differences, vaults. Made when first needed."""

from data.driver_sql import DriverSql
from services.unit_of_work import Transaction

PRODUCT = "control"
FIND = DriverSql("SELECT id FROM account WHERE number = :number AND member_id IS NULL")
INSERT = DriverSql(
    "INSERT INTO account (number, product, label, branch, tracked, floor, min_balance) VALUES (:number, :product,"
    " :label, :branch, :tracked, :floor, :floor) ON CONFLICT (number) DO NOTHING"
)
#: number → label of those that the program posts to by itself.
LABELS = {
    "ING-INTERES": "INTERESES DE PRÉSTAMOS",
    "ING-MORA": "INTERESES POR MORA",
    "ING-CARGOS": "CARGOS DE PRÉSTAMOS",
    "DIF-RECAUDADORES": "DIFERENCIAS POR RECLAMAR A RECAUDADORES",
}


def house_account(
    tx: Transaction,
    number: str,
    label: str | None = None,
    *,
    branch: str = "000",
    product: str = PRODUCT,
    lowest: int | None = None,
) -> int:
    """The row id of an account of the house. Without `lowest` it keeps no running balance, as everybody posts to it;
    with it (centésimos, below which it may not go) it does."""
    found = FIND.scalar(tx.connection, {"number": number})
    if found is None:
        tracked = lowest is not None
        values = {
            "number": number,
            "product": product,
            "label": label or LABELS[number],
            "branch": branch,
            "tracked": tracked if tx.connection.dialect.name == "postgresql" else int(tracked),
            "floor": lowest or 0,
        }
        INSERT.run(tx.connection, values)
        found = FIND.scalar(tx.connection, {"number": number})
    return int(found)
