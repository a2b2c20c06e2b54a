"""What a payment to a biller rests on, read in the transaction that decides: the source, the day's totals, twins.

The money is set aside first and leaves when the biller has taken the order, maybe on another day: it counts for the day
on which it was set aside, until it is given back.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, column, text

from data.driver_sql import DriverSql
from data.types import Day, Int, Utc
from data.values.dates import panama_date
from services.bills import Bill
from services.errors import NotFound
from services.payment_earlier import Earlier
from services.payment_facts import account_name, side
from services.unit_of_work import Transaction

DOMAIN = b"coop-tui prepared bill v1\0"
SELECT_FACTS = (
    "SELECT a.id, a.number, a.product, a.label, a.status, a.affiliated_at IS NOT NULL AS affiliated, a.balance, a.held,"
    " a.min_balance, a.card_last4, m.email, m.phone,"
    " (SELECT coalesce(sum(h.amount), 0) FROM operation o JOIN hold h ON h.id = o.id"
    "  WHERE o.member_id = :member_id AND o.value_date = :today AND o.kind = :kind AND o.outcome = 'held'"
    " AND NOT EXISTS (SELECT 1 FROM operation s WHERE s.settles_hold = o.id AND s.outcome = 'released')) AS member_day,"
    " (SELECT coalesce(sum(h.amount), 0) FROM operation o JOIN hold h ON h.id = o.id"
    "  WHERE o.actor = :actor AND o.value_date = :today AND o.kind = :kind AND o.outcome = 'held'"
    "  AND o.channel <> 'sistema'"
    " AND NOT EXISTS (SELECT 1 FROM operation s WHERE s.settles_hold = o.id AND s.outcome = 'released')) AS agent_day,"
    " (SELECT o.seq FROM operation o WHERE o.id = :key) AS used"
    " FROM account a JOIN member m ON m.id = a.member_id WHERE a.id = :from_account AND a.member_id = :member_id"
)
FACTS, FACTS_LOCKED = DriverSql(SELECT_FACTS), DriverSql(SELECT_FACTS, " FOR NO KEY UPDATE OF a")
TWIN_SQL = text(
    "SELECT o.seq, o.at FROM biller_order b JOIN operation o ON o.id = b.id WHERE b.member_id = :member_id"
    " AND b.day = :today AND b.biller = :biller AND b.mode = :mode AND b.reference = :reference"
    " AND b.amount = :amount AND b.state <> 'refused' ORDER BY o.seq DESC LIMIT 1"
).bindparams(bindparam("today", type_=Day()))
TWIN = TWIN_SQL.columns(column("seq", Int()), column("at", Utc()))


@dataclass(frozen=True, slots=True)
class WantedBill:
    """What is asked for; `amount` centésimos. `holder`, `amount_due` and `due_on` are what the biller had told;
    `unchecked`: it was asked and said nothing, and the person goes on all the same."""

    bill: Bill
    member_id: int
    from_account: int
    amount: int
    holder: str
    amount_due: int | None
    due_on: str  # dd/mm/aaaa, empty if the biller told none
    unchecked: bool = False

    def asked(self) -> dict[str, Any]:
        """What makes two requests the same."""
        bill = self.bill
        return {
            "from": self.from_account,
            "biller": bill.biller.id,
            "mode": bill.mode.kind.value,
            "reference": bill.reference,
            "extra": bill.extra,
            "amount": self.amount,
        }


@dataclass(frozen=True, slots=True)
class BillFacts:
    """The source as it stands, the day's totals in centésimos, whether the key was used."""

    source: Any  # a row of FACTS
    member_day: int
    agent_day: int
    used: bool
    source_name: str

    @property
    def available(self) -> int:
        """What the source can spare."""
        return int(self.source.balance - self.source.held - self.source.min_balance)

    @property
    def contact(self) -> tuple[str | None, str | None]:
        return self.source.email, self.source.phone


def read_bill_facts(
    tx: Transaction,
    wanted: WantedBill,
    *,
    key: str = "",
    actor: str | None = None,
    lock: bool = False,
    earlier: Earlier | None = None,
) -> BillFacts:
    """Read them, on PostgreSQL with a lock if asked. `actor`: whose day counts, the operator's unless told. `earlier`:
    what is agreed to before it and not posted yet.

    Raises NotFound for an account that is not there or is not this member's.
    """
    values = {
        "member_id": wanted.member_id,
        "from_account": wanted.from_account,
        "actor": actor or tx.operator.actor,
        "today": panama_date(tx.now),
        "kind": wanted.bill.op.value,
        "key": key,
    }
    statement = FACTS_LOCKED if lock and tx.connection.dialect.name == "postgresql" else FACTS
    row = statement.first(tx.connection, values)
    if row is None:
        raise NotFound
    row = earlier.after(row) if earlier else row
    today = earlier.day.get(wanted.bill.op, 0) if earlier else 0
    member_day, agent_day = int(row.member_day) + today, int(row.agent_day) + today
    return BillFacts(row, member_day, agent_day, row.used is not None, account_name(row))


def twin_of(tx: Transaction, wanted: WantedBill) -> Any:
    """Number and moment of the last equal order of today that was not refused, or None."""
    asked = wanted.asked()
    values = {name: asked[name] for name in ("biller", "mode", "reference", "amount")}
    values |= {"member_id": wanted.member_id, "today": panama_date(tx.now)}
    return tx.connection.execute(TWIN, values).first()


def bill_fingerprint(facts: BillFacts, wanted: WantedBill, rules: str) -> str:
    """SHA-256, hex, over what the person saw and agreed to (req. 40): the kind, the source with what it can spare, the
    biller by today's name, the number, the amount, whose bill it is and what is due, the policy."""
    bill = wanted.bill
    seen = (
        bill.op.value,
        wanted.member_id,
        *side(facts.source),
        facts.available - wanted.amount,
        bill.biller.name,
        bill.label,
        *wanted.asked().items(),
        wanted.holder,
        wanted.amount_due,
        wanted.due_on,
        0,  # the charge
        rules,
        *(["unchecked"] if wanted.unchecked else []),
    )
    return hashlib.sha256(DOMAIN + repr(seen).encode()).hexdigest()
