"""How much may move: by kind, in one transaction, in a day of the member, in a day of the agent (req. 42)."""

from dataclasses import replace
from typing import Protocol

from data.values.money import Money
from services.errors import InvalidInput, LimitExceeded
from services.operator import Role
from services.policy import Limits
from services.unit_of_work import Transaction

ELSEWHERE = "Para un monto mayor visite una sucursal o llame al CIS, 205-0911."


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


def reasons_now(tx: Transaction, facts: DayTotals, amount: int, limits: Limits) -> tuple[str, ...]:
    """`approval_reasons` for whoever works in `tx`. Nobody approves for a member in the portal: raises LimitExceeded
    for what they may not by themselves, and says where to go."""
    if not tx.operator.is_member:
        if tx.standing is None:
            return approval_reasons(facts, amount, limits, None)
        own = limits_of_person(limits, tx.standing.single_limit, tx.standing.daily_limit)
        return approval_reasons(facts, amount, own, tx.standing.roles)
    left = day_left(limits.member_daily, facts.member_day)
    if amount > min(limits.single_of_member, left):
        most = Money(min(limits.single_of_member, left)).with_symbol()
        raise LimitExceeded(f"En línea puede mover hasta {most}. {ELSEWHERE}", field="amount")
    return ()


def limits_of_person(limits: Limits, single: int | None, daily: int | None) -> Limits:
    """The limits of a kind for a person with a share of their own, which narrows what their roles have."""
    if single is not None:
        limits = replace(limits, single={role: min(share, single) for role, share in limits.single.items()})
    return limits if daily is None else replace(limits, agent_daily=min(limits.agent_daily, daily))


def day_left(daily: int, used: int) -> int:
    """What is left of a day's share, in centésimos."""
    return max(0, daily - used)
