"""What a transfer between own savings rests on, read in the transaction that decides: accounts, holder, day's totals.

A transfer begins `alone` (no other of this member or agent beside it) and on PostgreSQL locks both accounts, in the
order of their ids, as the ledger does: so the limits of the day and the balance that was shown hold until the commit.
On SQLite the writing transaction has the store to itself.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, column, text

from data.catalog.products import load_products
from data.driver_sql import DriverSql
from data.types import Day, Int, Utc
from data.values.dates import panama_date
from data.values.money import Money
from services.errors import AccountUnusable, InsufficientFunds, InvalidInput, LimitExceeded, NotFound
from services.masking import masked_account, masked_name
from services.policy import TransferPolicy
from services.unit_of_work import Transaction

DOMAIN = b"coop-tui prepared transfer v1\0"
# A reversed transfer gives its share of the day back.
SELECT_FACTS = (
    "SELECT a.id, a.number, a.product, a.label, a.status, a.affiliated_at IS NOT NULL AS affiliated, a.balance, a.held,"
    " a.min_balance, m.given_names, m.surnames, m.email, m.phone,"
    " (SELECT coalesce(sum(t.amount), 0) FROM operation o JOIN transfer t ON t.operation_id = o.id"
    "  WHERE o.member_id = :member_id AND o.value_date = :today AND o.kind = 'transfer.own' AND o.outcome = 'posted'"
    "  AND NOT EXISTS (SELECT 1 FROM operation r WHERE r.reversal_of = o.id)) AS member_day,"
    " (SELECT coalesce(sum(t.amount), 0) FROM operation o JOIN transfer t ON t.operation_id = o.id"
    "  WHERE o.actor = :actor AND o.value_date = :today AND o.kind = 'transfer.own' AND o.outcome = 'posted'"
    "  AND NOT EXISTS (SELECT 1 FROM operation r WHERE r.reversal_of = o.id)) AS agent_day,"
    " (SELECT o.seq FROM operation o WHERE o.id = :key) AS used"
    " FROM account a JOIN member m ON m.id = a.member_id"
    " WHERE a.id IN (:from_account, :to_account) AND a.member_id = :member_id ORDER BY a.id"
)
FACTS, FACTS_LOCKED = DriverSql(SELECT_FACTS), DriverSql(SELECT_FACTS, " FOR NO KEY UPDATE OF a")
TWIN_SQL = text(
    "SELECT o.seq, o.at FROM operation o JOIN transfer t ON t.operation_id = o.id WHERE o.member_id = :member_id"
    " AND o.value_date = :today AND o.kind = 'transfer.own' AND o.outcome = 'posted' AND t.debit = :from_account"
    " AND t.credit = :to_account AND t.amount = :amount ORDER BY o.seq DESC LIMIT 1"
).bindparams(bindparam("today", type_=Day()))
TWIN = TWIN_SQL.columns(column("seq", Int()), column("at", Utc()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: accounts by row id, amount in centésimos, the memo clean."""

    member_id: int
    from_account: int
    to_account: int
    amount: int
    memo: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Both accounts and the holder as they stand, the day's totals in centésimos, whether the key was used."""

    source: Any  # a row of FACTS
    target: Any
    member_day: int
    agent_day: int
    used: bool
    source_name: str  # `AHORROS 06-018-•••12-1`
    target_name: str
    holder: str  # `ITZEL P••••`

    def after(self, amount: int) -> int:
        """The balance that the source keeps, in centésimos."""
        return int(self.source.balance) - amount

    def member_left(self, policy: TransferPolicy) -> int:
        """What the member may still transfer today."""
        return max(0, policy.own_daily - self.member_day)


def read_facts(tx: Transaction, wanted: Wanted, *, key: str = "", lock: bool = False) -> Facts:
    """Read them, on PostgreSQL with locks if asked. Raises InvalidInput for one account twice, NotFound for an account
    that is not there or not the member's (the answers are equal)."""
    if wanted.from_account == wanted.to_account:
        raise InvalidInput("Elija dos cuentas distintas.", field="to_account")
    values = {
        "member_id": wanted.member_id,
        "from_account": wanted.from_account,
        "to_account": wanted.to_account,
        "actor": tx.operator.actor,
        "today": panama_date(tx.now),
        "key": key,
    }
    statement = FACTS_LOCKED if lock and tx.connection.dialect.name == "postgresql" else FACTS
    rows = {row.id: row for row in statement.rows(tx.connection, values)}
    if rows.keys() != {wanted.from_account, wanted.to_account}:
        raise NotFound
    source, target = rows[wanted.from_account], rows[wanted.to_account]
    return Facts(
        source,
        target,
        int(source.member_day),
        int(source.agent_day),
        source.used is not None,
        f"{source.label} {masked_account(source.number)}",
        f"{target.label} {masked_account(target.number)}",
        masked_name(source.given_names, source.surnames),
    )


def check_usable(facts: Facts) -> None:
    """Open, affiliated, and of products that let money out and in; aportaciones never let any out (L1, req. 39).

    Raises AccountUnusable.
    """
    products = load_products().by_code
    for row, field in ((facts.source, "from_account"), (facts.target, "to_account")):
        product = products.get(row.product)
        if row.status != "open":
            raise AccountUnusable("La cuenta está bloqueada o cerrada. Elija otra cuenta.", field=field)
        if not row.affiliated:
            raise AccountUnusable("La cuenta no está afiliada. Afíliela o elija otra cuenta.", field=field)
        if field == "from_account" and (product is None or not product.transfer_out):
            raise AccountUnusable("De ese producto no se transfiere. Elija una cuenta de ahorros.", field=field)
        if field == "to_account" and (product is None or not product.transfer_in):
            raise AccountUnusable("Ese producto no recibe transferencias. Elija otra cuenta.", field=field)


def check_limits(facts: Facts, amount: int, policy: TransferPolicy) -> None:
    """One transfer, the day of the member, the day of the agent (req. 42). Raises InvalidInput, LimitExceeded."""
    if amount < policy.own_minimum:
        raise InvalidInput(f"El monto mínimo es {Money(policy.own_minimum).with_symbol()}.", field="amount")
    if amount > policy.own_maximum:
        raise LimitExceeded(f"El monto máximo es {Money(policy.own_maximum).with_symbol()}.", field="amount")
    left = facts.member_left(policy)
    if amount > left:
        raise LimitExceeded(
            f"El asociado ya casi cumple el límite de hoy: le quedan {Money(left).with_symbol()}."
            if left
            else "El asociado ya cumplió el límite de transferencias de hoy. Intente mañana.",
            field="amount",
        )
    if amount > policy.agent_daily - facts.agent_day:
        raise LimitExceeded(
            "Con este monto usted pasa su límite del día. Pida a otra persona que la realice.", field="amount"
        )


def check_funds(facts: Facts, amount: int) -> None:
    """What the ledger will say, said before the form is sent. Raises InsufficientFunds."""
    source = facts.source
    available = source.balance - source.held - source.min_balance
    if amount > available:
        shown = Money(max(0, available)).with_symbol()
        raise InsufficientFunds(
            f"Saldo insuficiente: el disponible es {shown}. Escriba un monto menor.", field="amount"
        )


def fingerprint(facts: Facts, wanted: Wanted, rules: str) -> str:
    """SHA-256, hex, over what the person saw and agreed to (req. 40).

    In: both accounts with label, product, status and affiliation, the holder, amount, memo, charge, the balance that
    the source keeps, the policy. Out: the target's balance and the day's totals, which nobody was shown; the account's
    version, so that a balance that moved and came back refuses nothing. A source balance that moved does refuse: the
    balance that was shown would be a lie.
    """
    seen = (
        wanted.member_id,
        *_side(facts.source),
        *_side(facts.target),
        facts.holder,
        wanted.amount,
        wanted.memo,
        0,  # the charge
        facts.after(wanted.amount),
        rules,
    )
    return hashlib.sha256(DOMAIN + repr(seen).encode()).hexdigest()


def _side(row: Any) -> tuple[Any, ...]:
    return row.id, row.number, row.label, row.product, row.status, bool(row.affiliated)
