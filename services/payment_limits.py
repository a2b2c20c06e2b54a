"""How much may move: by kind, in one transaction, in a day of the member, in a day of the agent (req. 42)."""

from typing import Protocol

from data.values.money import Money
from services.errors import InvalidInput, LimitExceeded
from services.operator import Role
from services.policy import Limits


class DayTotals(Protocol):
    """What was moved today already, in centésimos."""

    @property
    def member_day(self) -> int: ...
    @property
    def agent_day(self) -> int: ...


class ApprovalNeeded(LimitExceeded):
    """More than the operator may alone: a second person approves it at the desk or from the queue."""

    code = "approval_needed"
    default = "Requiere la aprobación de un supervisor."


def check_amount(amount: int, limits: Limits) -> None:
    """What nobody can approve. Raises InvalidInput below the minimum, LimitExceeded above the maximum."""
    if amount < limits.minimum:
        raise InvalidInput(f"El monto mínimo es {Money(limits.minimum).with_symbol()}.", field="amount")
    if amount > limits.maximum:
        raise LimitExceeded(f"El monto máximo es {Money(limits.maximum).with_symbol()}.", field="amount")


def approval_reasons(facts: DayTotals, amount: int, limits: Limits, roles: frozenset[Role] | None) -> tuple[str, ...]:
    """Why a second person must approve, in Spanish; empty when the operator may alone. `roles` None: the program at
    work, which has no share of its own."""
    reasons = []
    if roles is not None and amount > (most := limits.single_of(roles)):
        reasons.append(f"Pasa lo que su rol puede solo ({Money(most).with_symbol()}).")
    left = day_left(limits.member_daily, facts.member_day)
    if amount > left:
        reasons.append(f"Pasa el límite del día del asociado (le quedan {Money(left).with_symbol()}).")
    if roles is not None and amount > day_left(limits.agent_daily, facts.agent_day):
        reasons.append("Pasa el límite del día de quien la registra.")
    return tuple(reasons)


def day_left(daily: int, used: int) -> int:
    """What is left of a day's share, in centésimos."""
    return max(0, daily - used)
