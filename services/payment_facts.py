"""What a payment inside the cooperative rests on, read in the transaction that decides: accounts, holders, totals.

A payment begins `alone` (no other of this member or agent beside it) and on PostgreSQL locks both accounts, in the
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
from services.errors import AccountUnusable, InsufficientFunds, InvalidInput, NotFound, NotPermitted
from services.masking import masked_account, masked_name, shown_card
from services.operations import Op
from services.payment_earlier import Earlier
from services.payment_kinds import DRAWER, KINDS, PaymentKind
from services.unit_of_work import Transaction

DOMAIN = b"coop-tui prepared payment v1\0"
# A reversed payment gives its share of the day back. What the program makes by itself is no work of the agent's day.
SELECT_FACTS = (
    "SELECT a.id, a.number, a.product, a.label, a.status, a.affiliated_at IS NOT NULL AS affiliated, a.balance, a.held,"
    " a.min_balance, a.member_id, a.terms, a.opened_on, a.card_last4, m.given_names, m.surnames, m.email, m.phone,"
    " (SELECT coalesce(sum(t.amount), 0) FROM operation o JOIN transfer t ON t.operation_id = o.id"
    "  WHERE o.member_id = :member_id AND o.value_date = :today AND o.kind = :kind AND o.outcome = 'posted'"
    "  AND NOT EXISTS (SELECT 1 FROM operation r WHERE r.reversal_of = o.id)) AS member_day,"
    " (SELECT coalesce(sum(t.amount), 0) FROM operation o JOIN transfer t ON t.operation_id = o.id"
    "  WHERE o.actor = :actor AND o.value_date = :today AND o.kind = :kind AND o.outcome = 'posted'"
    "  AND o.channel <> 'sistema'"
    "  AND NOT EXISTS (SELECT 1 FROM operation r WHERE r.reversal_of = o.id)) AS agent_day,"
    " (SELECT o.seq FROM operation o WHERE o.id = :key) AS used,"
    " (SELECT f.id FROM favourite f WHERE f.member_id = :member_id AND f.kind = :kind AND f.to_account = :to_account"
    "  AND f.removed_at IS NULL) AS favourite"
    " FROM account a LEFT JOIN member m ON m.id = a.member_id"
    " WHERE a.id IN (:from_account, :to_account) ORDER BY a.id"
)
FACTS, FACTS_LOCKED = DriverSql(SELECT_FACTS), DriverSql(SELECT_FACTS, " FOR NO KEY UPDATE OF a")
TWIN_SQL = text(
    "SELECT o.seq, o.at FROM operation o WHERE o.member_id = :member_id AND o.value_date = :today AND o.kind = :kind"
    " AND o.outcome = 'posted' AND NOT EXISTS (SELECT 1 FROM operation r WHERE r.reversal_of = o.id)"
    " AND EXISTS (SELECT 1 FROM transfer t WHERE t.operation_id = o.id AND t.debit = :from_account)"
    " AND (SELECT sum(t.amount) FROM transfer t WHERE t.operation_id = o.id) = :amount"
    " AND EXISTS (SELECT 1 FROM transfer t WHERE t.operation_id = o.id AND t.credit = :to_account)"
    " ORDER BY o.seq DESC LIMIT 1"
).bindparams(bindparam("today", type_=Day()))
TWIN = TWIN_SQL.columns(column("seq", Int()), column("at", Utc()))
RELATED = DriverSql(
    "SELECT 1 FROM staff p WHERE p.id = :staff_id AND (p.member_id = :member_id OR EXISTS"
    " (SELECT 1 FROM staff_relative r WHERE r.staff_id = p.id AND r.member_id = :member_id))"
)
SELECT_DRAWER = (
    "SELECT 1 FROM drawer d WHERE d.account_id = :account_id AND d.staff_id = :staff_id AND d.closed_at IS NULL"
)
#: Shared: the drawer can't be closed before the payment is committed or given up.
OWN_DRAWER, OWN_DRAWER_LOCKED = DriverSql(SELECT_DRAWER), DriverSql(SELECT_DRAWER, " FOR SHARE")
NO_DRAWER = "Abra primero su caja: sin una caja abierta no se recibe ni se entrega efectivo."
NO_CASH = "La caja no tiene ese efectivo. Pida un traslado de la bóveda."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: accounts by row id, amount in centésimos, the memo clean."""

    op: Op
    member_id: int
    from_account: int
    to_account: int
    amount: int
    memo: str

    @property
    def kind(self) -> PaymentKind:
        """What is said of the kind."""
        return KINDS[self.op]

    def asked(self) -> dict[str, Any]:
        """With the memo, what makes two requests the same, whatever the accounts hold by then."""
        return {"from": self.from_account, "to": self.to_account, "amount": self.amount}

    def asked_accounts(self) -> dict[str, int]:
        """For the trail."""
        return {"from": self.from_account, "to": self.to_account}


@dataclass(frozen=True, slots=True)
class Facts:
    """Both accounts and their holders as they stand, the day's totals in centésimos, whether the key was used."""

    source: Any  # a row of FACTS
    target: Any
    member_day: int
    agent_day: int
    used: bool
    source_name: str  # `AHORROS 06-018-•••12-1`
    target_name: str
    holder: str  # of the destination, `ITZEL P••••`; of a withdrawal, of the source
    favourite: int | None  # the member's own of this kind and destination, by id

    def after(self, amount: int) -> int:
        """The balance that the source keeps, in centésimos."""
        return int(self.source.balance) - amount

    @property
    def contact(self) -> tuple[str | None, str | None]:
        """E-mail and mobile of the member who is served."""
        row = self.target if self.source.member_id is None else self.source
        return row.email, row.phone


def read_facts(
    tx: Transaction,
    wanted: Wanted,
    *,
    key: str = "",
    actor: str | None = None,
    lock: bool = False,
    earlier: Earlier | None = None,
) -> Facts:
    """Read them, on PostgreSQL with locks if asked. `actor`: whose day counts, the operator's unless told. `earlier`:
    what is agreed to before it and not posted yet.

    Raises InvalidInput for one account twice, NotFound for an account that is not there or is not one that this kind
    may touch for this member (the answers are equal).
    """
    if wanted.from_account == wanted.to_account:
        raise InvalidInput("Elija dos cuentas distintas.", field="to_account")
    values = {
        "member_id": wanted.member_id,
        "from_account": wanted.from_account,
        "to_account": wanted.to_account,
        "actor": actor or tx.operator.actor,
        "today": panama_date(tx.now),
        "kind": wanted.op.value,
        "key": key,
    }
    statement = FACTS_LOCKED if lock and tx.connection.dialect.name == "postgresql" else FACTS
    rows = {row.id: row for row in statement.rows(tx.connection, values)}
    if rows.keys() != {wanted.from_account, wanted.to_account}:
        raise NotFound
    if earlier:
        rows = {number: earlier.after(row) for number, row in rows.items()}
    source, target = rows[wanted.from_account], rows[wanted.to_account]
    _check_whose(wanted, source, target)
    holder = source if target.member_id is None else target
    return Facts(
        source,
        target,
        int(source.member_day) + (earlier.day.get(wanted.op, 0) if earlier else 0),
        int(source.agent_day) + (earlier.day.get(wanted.op, 0) if earlier else 0),
        source.used is not None,
        account_name(source),
        account_name(target),
        masked_name(holder.given_names, holder.surnames),
        source.favourite,
    )


def account_name(row: Any) -> str:
    """`AHORROS 06-018-•••12-1`, `MASTERCARD CLASICA PROFECARD 5216-XXXX-XXXX-2019`, `CAJA 3`."""
    if row.product == DRAWER:
        return str(row.label)
    number = shown_card(row.number, row.card_last4) if row.card_last4 else masked_account(row.number)
    return f"{row.label} {number}"


def _check_whose(wanted: Wanted, source: Any, target: Any) -> None:
    """The money goes from the member's own account, or over the counter; where to, the kind says (S10, S102)."""
    own, drawer = wanted.member_id, DRAWER
    from_drawer = source.member_id is None and source.product == drawer
    into_drawer = target.member_id is None and target.product == drawer
    fits = source.member_id == own or (from_drawer and not wanted.kind.third)
    if wanted.op is Op.CASH_WITHDRAW:
        fits = fits and into_drawer
    elif wanted.op is Op.CASH_DEPOSIT:
        fits = from_drawer and target.member_id == own
    elif wanted.kind.third:
        fits = fits and target.member_id not in (None, own)
    else:
        fits = fits and target.member_id == own
    if not fits:
        raise NotFound


def check_usable(facts: Facts, wanted: Wanted) -> None:
    """Open, affiliated, and of products that let money out and in; aportaciones never let any out (L1, req. 39).

    Raises AccountUnusable.
    """
    products = load_products().by_code
    for row, field in ((facts.source, "from_account"), (facts.target, "to_account")):
        if row.product == DRAWER:
            continue
        if field == "from_account":
            check_source(row)
            continue
        _check_open(row, field, strange=wanted.kind.third)
        product = products.get(row.product)
        if product is None or not wanted.kind.accepts(product):
            raise AccountUnusable("Ese producto no recibe esta operación. Elija otra cuenta.", field=field)


def check_source(row: Any) -> None:
    """A member's own account that money may leave. Raises AccountUnusable."""
    _check_open(row, "from_account")
    product = load_products().get(row.product)
    if product is None or not product.transfer_out:
        raise AccountUnusable("De ese producto no se transfiere. Elija una cuenta de ahorros.", field="from_account")


def _check_open(row: Any, field: str, *, strange: bool = False) -> None:
    """`strange`: of somebody else's account nothing is told."""
    if row.status != "open":
        text = "La cuenta está bloqueada o cerrada. Elija otra cuenta."
        raise AccountUnusable(NotFound.default if strange else text, field=field)
    if not row.affiliated:
        text = "La cuenta no está afiliada. Afíliela o elija otra cuenta."
        raise AccountUnusable(NotFound.default if strange else text, field=field)


def check_hands(tx: Transaction, facts: Facts, wanted: Wanted, maker: str | None = None) -> None:
    """Nobody pays to themselves or a declared relative, and cash goes through the open drawer of who registered it
    (`maker`, the operator unless told): never through another's, nor by the program itself (req. 43).

    Raises NotPermitted, AccountUnusable.
    """
    people = [_staff_of(actor) for actor in dict.fromkeys((maker or tx.operator.actor, tx.operator.actor))]
    for row in (facts.source, facts.target):
        if row.product == DRAWER:
            values = {"account_id": row.id, "staff_id": people[0]}
            statement = OWN_DRAWER_LOCKED if tx.connection.dialect.name == "postgresql" else OWN_DRAWER
            if statement.first(tx.connection, values) is None:
                raise AccountUnusable(NO_DRAWER)
    if wanted.kind.third:
        for staff_id in filter(None, people):
            values = {"staff_id": staff_id, "member_id": facts.target.member_id}
            if RELATED.first(tx.connection, values) is not None:
                raise NotPermitted(
                    "No puede pagar a su propia cuenta ni a la de un familiar declarado. Pida a otra persona que "
                    "atienda."
                )


def _staff_of(actor: str) -> int:
    """The id of a person of staff; 0 of anybody else."""
    kind, _, number = actor.partition(":")
    return int(number) if kind == "staff" else 0


def check_funds(facts: Facts, amount: int) -> None:
    """What the ledger will say, said before the form is sent; of a drawer, that it can't give what it hasn't got.

    Raises InsufficientFunds.
    """
    check_cash(facts, amount)
    if facts.source.product == DRAWER:
        return
    check_available(facts.source, amount)


def check_available(source: Any, amount: int) -> None:
    """Raises InsufficientFunds where the account can't spare `amount` centésimos."""
    available = source.balance - source.held - source.min_balance
    if amount > available:
        shown = Money(max(0, available)).with_symbol()
        raise InsufficientFunds(
            f"Saldo insuficiente: el disponible es {shown}. Escriba un monto menor.", field="amount"
        )


def check_cash(facts: Facts, amount: int) -> None:
    """A drawer can't give what it hasn't got. Raises InsufficientFunds."""
    if facts.target.product == DRAWER and amount > -int(facts.target.balance):
        raise InsufficientFunds(NO_CASH, field="amount")


def fingerprint(facts: Facts, wanted: Wanted, parts: tuple[tuple[str, int], ...], rules: str) -> str:
    """SHA-256, hex, over what the person saw and agreed to (req. 40).

    In: the kind, both accounts with label, product, status and affiliation, the holder, amount, memo, charge, the
    balance that the source keeps, what the amount is divided into, the policy. Out: the target's balance and the day's
    totals, which nobody was shown; the account's version, so that a balance that moved and came back refuses nothing. A
    source balance that moved does refuse: the balance that was shown would be a lie. Of a drawer no balance was shown.
    """
    seen = (
        wanted.op.value,
        wanted.member_id,
        *side(facts.source),
        *side(facts.target),
        facts.holder,
        wanted.amount,
        wanted.memo,
        0,  # the charge
        None if facts.source.product == DRAWER else facts.after(wanted.amount),
        parts,
        rules,
    )
    return hashlib.sha256(DOMAIN + repr(seen).encode()).hexdigest()


def side(row: Any) -> tuple[Any, ...]:
    """What was shown of an account, for a fingerprint."""
    return row.id, row.number, row.label, row.product, row.status, bool(row.affiliated)
