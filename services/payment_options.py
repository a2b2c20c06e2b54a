"""The amounts that a person usually means for an account of their own: the quota, the minimum, all (S13–S17)."""

import json
from dataclasses import dataclass
from typing import Any

from data.catalog.products import LedgerNature, load_products
from data.driver_sql import DriverSql
from data.values.dates import format_date, panama_date
from data.values.money import Money
from services.errors import NotFound
from services.loan_terms import due_on, pay_off
from services.operations import Op
from services.operator import Operator
from services.payment_kinds import kind_for
from services.payment_legs import state_of_loan
from services.unit_of_work import Transaction, UnitOfWork

ROWS = DriverSql(
    "SELECT a.id, a.product, a.label, a.status, a.affiliated_at IS NOT NULL AS affiliated, a.balance, a.terms,"
    " a.opened_on FROM account a WHERE a.member_id = :member_id ORDER BY a.id"
)


@dataclass(frozen=True, slots=True)
class PaymentOptions:
    """For every account of the member that can be paid to."""

    member_id: int


@dataclass(frozen=True, slots=True)
class Option:
    """One usual amount in centésimos, above zero. `word` is what the `:` line and the form take for it."""

    word: str  # cuota | minimo | estado | total
    label: str
    amount: int


@dataclass(frozen=True, slots=True)
class Payable:
    """One own account that can be paid to: the kind, and its usual amounts, the most usual first (perhaps none)."""

    account_id: int
    op: Op
    options: tuple[Option, ...]
    due: str  # `vence 05/12/2026`, `vencida hace 12 días`, or nothing

    def option(self, word: str) -> Option | None:
        """The option that a word names: `cuota`, `min`, `tot`…: a beginning is enough."""
        fitting = [option for option in self.options if word and option.word.startswith(word)]
        return fitting[0] if len(fitting) == 1 else None


def typed_figure(amount: int) -> str:
    """`10` for ten balboas, `10.50` otherwise: as a hand types it."""
    return Money(amount).format().removesuffix(".00")


def payment_options(command: PaymentOptions, operator: Operator, uow: UnitOfWork) -> tuple[Payable, ...]:
    """The member's own accounts that can be paid to, with what is due. Shows balances, so it needs their level (N1).

    Raises what authorisation raises.
    """
    with uow.begin(operator, Op.BALANCES_VIEW, member_id=command.member_id, touch=False) as tx:
        rows = ROWS.rows(tx.connection, {"member_id": command.member_id})
        found = tuple(payable for row in rows if (payable := _payable(tx, row)) is not None)
        tx.record(detail={"payable": len(found)})
        tx.commit()
    return found


def options_of(tx: Transaction, member_id: int, account_id: int) -> Payable:
    """One of them, inside another transaction. Raises NotFound."""
    for row in ROWS.rows(tx.connection, {"member_id": member_id}):
        if row.id == account_id and (payable := _payable(tx, row)) is not None:
            return payable
    raise NotFound


def _payable(tx: Transaction, row: Any) -> Payable | None:
    kind = kind_for(row.product, third=False)
    if kind is None or row.status != "open" or not row.affiliated:
        return None
    product = load_products().by_code[row.product]
    if product.nature is LedgerNature.LOAN:
        options, due = _loan(tx, row)
    elif product.nature is LedgerNature.DEPOSIT:
        options, due = (_only(Option("cuota", "Cuota", _term(row, "quota"))) if product.accepts_quota else ()), ""
    else:
        options, due = _debt(row), ""
    return Payable(row.id, kind.op, options, due)


def _loan(tx: Transaction, row: Any) -> tuple[tuple[Option, ...], str]:
    today = panama_date(tx.now)
    state = state_of_loan(tx, row)
    due = due_on(state, today, tx.policy.loan)
    label = "Cuota" if due.quotas < 2 else f"{due.quotas} cuotas vencidas"
    options = _only(
        Option("cuota", label, due.total),
        Option("total", "Cancelar el préstamo hoy", pay_off(state, today, tx.policy.loan)),
    )
    if due.days_overdue:
        return options, f"vencida hace {due.days_overdue} días"
    return options, f"vence {format_date(due.next_due)}" if due.quotas else ""


def _debt(row: Any) -> tuple[Option, ...]:
    """Of a card the minimum, the statement and all of it; of a service what is owed."""
    owed = max(0, -int(row.balance))
    return _only(
        Option("minimo", "Pago mínimo", min(owed, _term(row, "minimum"))),
        Option("estado", "Saldo del estado de cuenta", min(owed, _term(row, "statement"))),
        Option("cuota", "Cuota", min(owed, _term(row, "quota"))),
        Option("total", "Saldo total", owed),
    )


def _only(*options: Option) -> tuple[Option, ...]:
    """Those that are above zero, each amount once."""
    found: dict[int, Option] = {}
    for option in options:
        if option.amount > 0:
            found.setdefault(option.amount, option)
    return tuple(found.values())


def _term(row: Any, name: str) -> int:
    value = json.loads(row.terms).get(name, 0) if row.terms else 0
    return value if type(value) is int and value > 0 else 0
