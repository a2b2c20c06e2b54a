"""What a loan asks for on a day, and how a payment is divided: charges, overdue interest, interest, principal (S15).

Pure rules in integer centésimos. The row of the account tells the terms and the principal (−balance); how far the loan
has been paid follows from the last payment, whose body keeps what `carried` gives and `loan_state` reads again.

Interest is simple, on the principal, by the days since it was last reckoned; each reckoning is rounded half up, once.
Quotas fall due on `due_day`. A payment covers quotas up to the next due date at most; what is above goes to principal
and the quotas that follow stay due. An unpaid quota bears the policy's extra rate once its days of grace are over.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from data.values.money import Money
from services.calendar_rules import Every, due_dates, first_on_day
from services.errors import AccountUnusable, InvalidInput
from services.policy import LoanPolicy

Case = Literal["partial", "quota", "early", "payoff"]
HUNDREDTHS = 100 * 100  # hundredths of a percent in one
MOST = 10**13  # B/.100,000,000,000.00: far above any loan, far below what a column holds
_RATE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class LoanState:
    """A loan as its last payment left it. Amounts in centésimos, none negative; the rate in hundredths of a percent.

    Both interests are reckoned up to `interest_paid_to`; what of them is still unpaid stands in the `…_unpaid` fields.
    `next_due`: due date of the oldest quota that is not fully paid; `quota_paid`: what of it is. `quota` 0: none is
    fixed, only interest falls due. `charges` is unpaid; `charges_paid` what has been paid of charges since ever.
    """

    principal: int
    annual_rate_bp: int
    quota: int
    due_day: int
    interest_paid_to: date
    next_due: date
    quota_paid: int = 0
    charges: int = 0
    charges_paid: int = 0
    interest_unpaid: int = 0
    overdue_unpaid: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """What brings the loan up to date: every quota that has fallen due, or else the one that falls due next.

    `quotas`: how many these are, 0 when the next one is paid already (then only interest since that payment is asked).
    `days_overdue` counts from `next_due` and is 0 within the days of grace.
    """

    charges: int
    overdue_interest: int
    interest: int
    principal_of_quota: int
    quotas: int
    next_due: date
    days_overdue: int

    @property
    def total(self) -> int:
        """All parts together, centésimos."""
        return self.charges + self.overdue_interest + self.interest + self.principal_of_quota


@dataclass(frozen=True, slots=True)
class Allocation:
    """A payment divided: `parts` (name, centésimos above zero) in the order of the policy; their sum is the payment.

    `case`: less than what is due, exactly that, more (the rest goes to principal), or all that is owed.
    """

    parts: tuple[tuple[str, int], ...]
    case: Case
    after: LoanState

    @property
    def paid_to(self) -> date:
        """The day up to which interest has been reckoned."""
        return self.after.interest_paid_to

    @property
    def principal_after(self) -> int:
        """What is still owed of the principal, centésimos."""
        return self.after.principal


def due_on(state: LoanState, today: date, policy: LoanPolicy) -> Due:
    """What is to be paid on `today` for the loan to be up to date."""
    now = _reckon(state, today, policy)
    fallen = _quotas_until(now, today)
    quotas = fallen or _quotas_until(now, first_on_day(now.due_day, today))
    wanted = max(0, quotas * now.quota - now.quota_paid)
    late = (today - now.next_due).days
    return Due(
        charges=now.charges,
        overdue_interest=now.overdue_unpaid,
        interest=now.interest_unpaid,
        principal_of_quota=min(now.principal, max(0, wanted - now.interest_unpaid)),
        quotas=quotas if now.principal else 0,
        next_due=now.next_due,
        days_overdue=late if late > policy.grace_days and now.principal else 0,
    )


def pay_off(state: LoanState, today: date, policy: LoanPolicy) -> int:
    """What ends the loan on `today`: charges, both interests up to that day, and the principal."""
    now = _reckon(state, today, policy)
    return now.charges + now.overdue_unpaid + now.interest_unpaid + now.principal


def allocate(state: LoanState, amount: int, today: date, policy: LoanPolicy) -> Allocation:
    """`amount` centésimos paid on `today`, divided in the order of the policy; what is above the due goes to principal.

    Raises InvalidInput (field `amount`): nothing is paid, or more than the pay-off.
    """
    everything = pay_off(state, today, policy)
    if amount <= 0:
        raise InvalidInput("Escriba un monto mayor que cero.", field="amount")
    if amount > everything:
        raise InvalidInput(_too_much(everything), field="amount")
    due = due_on(state, today, policy)
    wanted = {
        "charges": due.charges,
        "overdue_interest": due.overdue_interest,
        "interest": due.interest,
        "principal": due.principal_of_quota,
    }
    paid: dict[str, int] = {}
    left = amount
    for name in policy.allocation:
        paid[name] = min(left, wanted[name])
        left -= paid[name]
    paid["principal"] += left
    return Allocation(
        parts=tuple((name, paid[name]) for name in policy.allocation if paid[name]),
        case=_case(amount, due.total, everything),
        after=_paid(_reckon(state, today, policy), paid, today),
    )


def carried(state: LoanState) -> dict[str, Any]:
    """What the body of a payment keeps of the state after it; `loan_state` reads it with the next payment."""
    return {
        "paid_to": state.interest_paid_to.isoformat(),
        "next_due": state.next_due.isoformat(),
        "quota_paid": state.quota_paid,
        "charges_paid": state.charges_paid,
        "interest_unpaid": state.interest_unpaid,
        "overdue_unpaid": state.overdue_unpaid,
    }


def loan_state(
    terms: str | None, balance: int, opened_on: date | None, today: date, last: Mapping[str, Any] | None = None
) -> LoanState:
    """The loan of an account's row; `last` is what the last payment that was not reversed has `carried`.

    Terms, all optional: `rate` (text, "9.50"), `quota`, `due_day` (1–31), `charges` (all that were ever made),
    `interest_paid_to` and `next_due` (ISO dates, where the loan stood when it came to this store). Without any date it
    is taken to be paid up to its last due day, and no earlier than it was opened.
    Raises AccountUnusable: a value is of the wrong kind.
    """
    told = _told(terms)
    paid = last or {}
    due_day = _whole(told, "due_day", opened_on.day if opened_on else 30, least=1, most=31)
    paid_to = _day(paid, "paid_to") or _day(told, "interest_paid_to") or _level(due_day, opened_on, today)
    next_due = _day(paid, "next_due") or _day(told, "next_due") or paid_to + timedelta(days=1)
    charges_paid = _whole(paid, "charges_paid", 0)
    return LoanState(
        principal=max(0, -balance),
        annual_rate_bp=_rate(told),
        quota=_whole(told, "quota", 0),
        due_day=due_day,
        interest_paid_to=paid_to,
        next_due=first_on_day(due_day, next_due),
        quota_paid=_whole(paid, "quota_paid", 0),
        charges=max(0, _whole(told, "charges", 0) - charges_paid),
        charges_paid=charges_paid,
        interest_unpaid=_whole(paid, "interest_unpaid", 0),
        overdue_unpaid=_whole(paid, "overdue_unpaid", 0),
    )


# ---------------------------------------------------------------- reckoning


def _reckon(state: LoanState, today: date, policy: LoanPolicy) -> LoanState:
    """The state with both interests up to `today`; itself if that day was reckoned before."""
    days = (today - state.interest_paid_to).days
    if days <= 0:
        return state
    year = HUNDREDTHS * policy.day_basis
    interest = _half_up(state.principal * days * state.annual_rate_bp, year)
    overdue = _half_up(_overdue_days(state, today, policy) * policy.overdue_rate_extra, year)
    return replace(
        state,
        interest_paid_to=today,
        interest_unpaid=state.interest_unpaid + interest,
        overdue_unpaid=state.overdue_unpaid + overdue,
    )


def _overdue_days(state: LoanState, today: date, policy: LoanPolicy) -> int:
    """Centésimos × days that quotas were overdue since the last reckoning; never on more than the principal."""
    grace = timedelta(days=policy.grace_days)
    left, found = state.principal, 0
    unpaid = max(0, state.quota - state.quota_paid)
    for due in due_dates(state.next_due, Every.MONTH, today - grace, anchor_day=state.due_day):
        base = min(left, unpaid)
        found += base * (today - max(due + grace, state.interest_paid_to)).days
        left, unpaid = left - base, state.quota
    return found


def _half_up(numerator: int, denominator: int) -> int:
    """The one rounding rule of loans: to the nearest centésimo, half of one upwards. Neither is negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def _quotas_until(state: LoanState, day: date) -> int:
    """How many quotas that are not fully paid fall due up to `day`, which is included."""
    return sum(1 for _ in due_dates(state.next_due, Every.MONTH, day, anchor_day=state.due_day))


def _paid(now: LoanState, paid: Mapping[str, int], today: date) -> LoanState:
    reach = _quotas_until(now, first_on_day(now.due_day, today))
    interest_left = now.interest_unpaid - paid["interest"]
    if now.quota:
        covered = min(reach * now.quota, now.quota_paid + paid["interest"] + paid["principal"])
        quotas, rest = divmod(covered, now.quota)
    else:
        quotas, rest = (0 if interest_left else reach), 0
    *_, next_due = due_dates(now.next_due, Every.MONTH, count=quotas + 1, anchor_day=now.due_day)
    return replace(
        now,
        principal=now.principal - paid["principal"],
        next_due=next_due,
        quota_paid=rest,
        charges=now.charges - paid["charges"],
        charges_paid=now.charges_paid + paid["charges"],
        interest_unpaid=interest_left,
        overdue_unpaid=now.overdue_unpaid - paid["overdue_interest"],
    )


def _case(amount: int, due: int, everything: int) -> Case:
    if amount == everything:
        return "payoff"
    if amount < due:
        return "partial"
    return "quota" if amount == due else "early"


def _too_much(everything: int) -> str:
    if not everything:
        return "Este préstamo no tiene saldo por pagar. Elija otra cuenta."
    owed = Money(everything).with_symbol()
    return f"El préstamo se cancela hoy con {owed}. Escriba ese monto o uno menor."


# ---------------------------------------------------------------- reading


def _told(terms: str | None) -> Mapping[str, Any]:
    try:
        told = json.loads(terms) if terms else {}
    except ValueError:
        raise _unreadable("terms") from None
    if not isinstance(told, dict):
        raise _unreadable("terms")
    return told


def _whole(values: Mapping[str, Any], key: str, default: int, *, least: int = 0, most: int = MOST) -> int:
    value = values.get(key, default)
    if type(value) is not int or not least <= value <= most:
        raise _unreadable(key)
    return value


def _day(values: Mapping[str, Any], key: str) -> date | None:
    value = values.get(key)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _unreadable(key) from None


def _rate(told: Mapping[str, Any]) -> int:
    value = told.get("rate", "0")
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _unreadable("rate")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def _level(due_day: int, opened_on: date | None, today: date) -> date:
    """The last due day before `today`, or the day of opening if that is later."""
    some_month_ago = first_on_day(due_day, today - timedelta(days=32))
    *_, last = due_dates(some_month_ago, Every.MONTH, today - timedelta(days=1), anchor_day=due_day)
    return max(last, opened_on) if opened_on else last


def _unreadable(key: str) -> AccountUnusable:
    return AccountUnusable(
        f"Las condiciones del préstamo no están bien registradas («{key}»). No se cobró nada; avise a su supervisor."
    )
