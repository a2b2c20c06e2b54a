"""Four hands at the vault: who else must be there when cash leaves or enters it (req. 12, 43)."""

from dataclasses import dataclass, field

from data.secrets import Secret
from data.values.money import Money
from services.errors import SecondPersonNeeded
from services.operator import Operator
from services.second_person import StaffIdentity, check_staff, recheck_staff
from services.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """What a second person typed at the cashier's desk."""

    username: str
    password: Secret = field(repr=False)
    code: Secret | None = field(repr=False, default=None)


def check_second(typed: SecondPerson | None, operator: Operator, uow: UnitOfWork) -> StaffIdentity | None:
    """Prove them before the transaction begins (see `check_staff`, whose errors are raised)."""
    return check_staff(typed.username, typed.password, typed.code, operator, uow) if typed else None


def witnessed(tx: Transaction, amount: int, second: StaffIdentity | None) -> str | None:
    """Inside the transaction: is somebody there if the amount (centésimos) asks for it? Answers who.

    Raises SecondPersonNeeded.
    """
    alone = tx.policy.cash.vault_alone
    if second is not None:
        recheck_staff(tx, second)
        return second.username
    if amount > alone:
        most = Money(alone).with_symbol()
        raise SecondPersonNeeded(f"Más de {most} de la bóveda o hacia ella pide una segunda persona: un supervisor.")
    return None
