"""What the amount of a payment is divided into: one leg for most kinds, several for a loan (S15)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from data.catalog.products import LedgerNature
from data.driver_sql import DriverSql
from data.values.dates import panama_date
from services.account_view import nature_of
from services.errors import InvalidInput
from services.house_accounts import house_account
from services.loan_terms import LoanState, allocate, carried, loan_state
from services.payment_facts import Facts, Wanted
from services.posting import Leg
from services.unit_of_work import Transaction

LAST_SQLITE = DriverSql(
    "SELECT o.id, o.body FROM operation o WHERE json_extract(o.body, '$.request.asked.to') = :account_id"
    " AND o.kind IN ('loan.pay', 'loan.pay_third') AND o.outcome = 'posted'"
    " AND NOT EXISTS (SELECT 1 FROM operation r WHERE r.reversal_of = o.id) ORDER BY o.seq DESC LIMIT 1"
)
LAST_POSTGRESQL = DriverSql(
    "SELECT o.id, o.body FROM operation o"
    " WHERE CAST(CAST(o.body AS jsonb) #>> '{request,asked,to}' AS bigint) = :account_id"
    " AND o.kind IN ('loan.pay', 'loan.pay_third') AND o.outcome = 'posted'"
    " AND NOT EXISTS (SELECT 1 FROM operation r WHERE r.reversal_of = o.id) ORDER BY o.seq DESC LIMIT 1"
)
#: Where each part of a loan payment goes; the principal goes to the loan's own account.
INCOME = {"charges": "ING-CARGOS", "overdue_interest": "ING-MORA", "interest": "ING-INTERES"}
PARTS = {
    "charges": "A cargos",
    "overdue_interest": "A interés por mora",
    "interest": "A interés",
    "principal": "A capital",
}
CASES = {
    "partial": "Pago parcial de lo que corresponde",
    "quota": "Cuota al día",
    "early": "Abono anticipado: el excedente va a capital",
    "payoff": "Cancela el préstamo",
}
CARRIED = "loan"


@dataclass(frozen=True, slots=True)
class Division:
    """`legs` as the ledger takes them; `parts` are Spanish labels with centésimos, empty where nothing is divided;
    `state` is what later payments need to know of this one; `note` says in Spanish what kind of payment it makes."""

    legs: tuple[Leg, ...]
    parts: tuple[tuple[str, int], ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def divide(tx: Transaction, facts: Facts, wanted: Wanted) -> Division:
    """Divide the amount. Raises InvalidInput for more than the destination can take, AccountUnusable for a loan whose
    terms can't be read."""
    nature = nature_of(facts.target.product) if facts.target.member_id is not None else LedgerNature.DEPOSIT
    if nature is LedgerNature.LOAN:
        return _loan(tx, facts, wanted)
    if nature in (LedgerNature.INSURANCE, LedgerNature.MOBILE) and wanted.amount > -int(facts.target.balance):
        raise InvalidInput("El monto pasa lo que se debe en esa cuenta. Escriba un monto menor.", field="amount")
    return Division((Leg(wanted.from_account, wanted.to_account, wanted.amount),))


def state_of_loan(tx: Transaction, row: Any) -> LoanState:
    """How a loan stands: its row (id, terms, balance, opened_on) and its last payment that was not reversed."""
    payment = _last(tx, row.id)
    last = json.loads(payment.body)["request"].get(CARRIED) if payment else None
    opened_on = date.fromisoformat(row.opened_on) if isinstance(row.opened_on, str) else row.opened_on
    return loan_state(row.terms, int(row.balance), opened_on, panama_date(tx.now), last)


def last_of_loan(tx: Transaction, account_id: int) -> str | None:
    """The last payment of a loan that stands: what it asks for next follows from it, so only it can be reversed."""
    payment = _last(tx, account_id)
    return str(payment.id) if payment else None


def _last(tx: Transaction, account_id: int) -> Any:
    statement = LAST_POSTGRESQL if tx.connection.dialect.name == "postgresql" else LAST_SQLITE
    return statement.first(tx.connection, {"account_id": account_id})


def _loan(tx: Transaction, facts: Facts, wanted: Wanted) -> Division:
    state = state_of_loan(tx, facts.target)
    try:
        made = allocate(state, wanted.amount, panama_date(tx.now), tx.policy.loan)
    except InvalidInput:
        if wanted.kind.third:  # how much somebody else owes is not told (S102)
            raise InvalidInput("Ese préstamo no recibe ese monto. Escriba uno menor.", field="amount") from None
        raise
    legs = tuple(
        Leg(wanted.from_account, house_account(tx, INCOME[name]) if name in INCOME else wanted.to_account, amount)
        for name, amount in made.parts
    )
    parts = tuple((PARTS[name], amount) for name, amount in made.parts)
    return Division(legs, parts, {CARRIED: carried(made.after)}, CASES[made.case])
