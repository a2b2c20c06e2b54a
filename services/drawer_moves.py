"""Cash between a drawer and the vault, and in and out of the vault (backoffice #239, req. 43).

What a cashier brings to the vault or takes from it is booked the moment it is done; above the policy's amount a
supervisor stands by. A supervisor books what enters the vault (the bank's transport) and what leaves it.
"""

from dataclasses import dataclass
from typing import Final, Literal

from services import cash_kinds
from services.cash_count import CashCount
from services.drawer_rows import NO_DRAWER_CASH, NO_VAULT_CASH, NotEnoughCash, cash_in, own_drawer, vault_account
from services.errors import InvalidInput
from services.faults import fault
from services.house_accounts import house_account
from services.operations import Op
from services.operator import Operator
from services.posting import Leg, Posted, Posting, evidence, first_outcome, post
from services.reasons import check_reason
from services.receipts import Receipt, receipt_of
from services.retries import retrying
from services.unit_of_work import Transaction, UnitOfWork
from services.vault_hands import SecondPerson, check_second, witnessed

BANK: Final = "BAN-EFECTIVO"
NOTHING: Final = "Escriba cuántas piezas se mueven."


@dataclass(frozen=True, slots=True)
class MoveCash:
    """Between the operator's drawer and the branch's vault. `second`: above the policy's amount."""

    key: str
    direction: Literal["from_vault", "to_vault"]
    count: CashCount
    second: SecondPerson | None = None


@dataclass(frozen=True, slots=True)
class MoveVault:
    """Between the branch's vault and the bank; `reason` says on which paper (the transport's slip)."""

    key: str
    direction: Literal["in", "out"]
    count: CashCount
    reason: str


@dataclass(frozen=True, slots=True)
class Vault:
    """What the books say that the vault of a branch holds, centésimos."""

    branch: str
    cash: int


def move_cash(command: MoveCash, operator: Operator, uow: UnitOfWork) -> Receipt:
    """Move it, once. Raises DrawerClosed, NotEnoughCash, SecondPersonNeeded and what proving a second person raises,
    InvalidInput (nothing counted), KeyReused, and the errors of authorisation."""
    amount = _amount(command.count)
    second = check_second(command.second, operator, uow)

    def work() -> Receipt:
        with uow.begin(operator, Op.DRAWER_WORK, alone=True) as tx:
            drawer, cash = own_drawer(tx, vault=True)
            vault = vault_account(tx, drawer.branch)
            inwards = command.direction == "from_vault"
            legs = (Leg(drawer.account_id, vault, amount) if inwards else Leg(vault, drawer.account_id, amount),)
            kind = cash_kinds.FROM_VAULT if inwards else cash_kinds.TO_VAULT
            posting = Posting(command.key, kind, legs, {"count": command.count.to_body()})
            if (done := first_outcome(tx, posting)) is None:
                who = witnessed(tx, amount, second)
                _check(cash[vault if inwards else drawer.account_id], amount, vault=inwards)
                names = [f"Bóveda {drawer.branch}", f"Caja {operator.username}"]
                sides = names if inwards else names[::-1]
                lines = [["Desde", sides[0]], ["Hacia", sides[1]], *([["Segunda persona", who]] if who else [])]
                done = post(tx, Posting(command.key, kind, legs, posting.request, {"receipt": lines}))
            return _told(tx, done, {"drawer": drawer.id, "amount": amount})

    return retrying(work)


def move_vault(command: MoveVault, operator: Operator, uow: UnitOfWork) -> Receipt:
    """Book cash that entered or left the vault of the operator's branch, once.

    Raises NotEnoughCash, InvalidInput (reason, nothing counted), KeyReused, and the errors of authorisation.
    """
    amount = _amount(command.count)

    def work() -> Receipt:
        with uow.begin(operator, Op.VAULT_MOVE, alone=True) as tx:
            reason = check_reason(command.reason)
            vault = vault_account(tx, operator.branch)
            bank = house_account(tx, BANK, "EFECTIVO CON EL BANCO")
            inwards = command.direction == "in"
            legs = (Leg(vault, bank, amount) if inwards else Leg(bank, vault, amount),)
            kind = cash_kinds.VAULT_IN if inwards else cash_kinds.VAULT_OUT
            lines = [["Bóveda", operator.branch], ["Motivo", reason]]
            posting = Posting(command.key, kind, legs, {"count": command.count.to_body()}, {"receipt": lines})
            if (done := first_outcome(tx, posting)) is None:
                if not inwards:
                    _check(cash_in(tx, [vault])[vault], amount, vault=True)
                done = post(tx, posting)
            return _told(tx, done, {"amount": amount}, reason)

    return retrying(work)


def vault_of(operator: Operator, uow: UnitOfWork) -> Vault:
    """The vault of the operator's branch, for a supervisor or auditor."""
    with uow.begin(operator, Op.DRAWER_REVIEW) as tx:
        vault = vault_account(tx, operator.branch)
        found = Vault(operator.branch, cash_in(tx, [vault])[vault])
        tx.record(about=f"vault:{operator.branch}")
        tx.commit()
    return found


def _amount(count: CashCount) -> int:
    if count.total <= 0:
        raise InvalidInput(NOTHING)
    return count.total


def _check(cash: int, amount: int, *, vault: bool) -> None:
    if amount > cash:
        raise NotEnoughCash(NO_VAULT_CASH if vault else NO_DRAWER_CASH)


def _told(tx: Transaction, done: Posted, detail: dict[str, object], reason: str | None = None) -> Receipt:
    result = "repeated" if done.existed else "ok"
    tx.record(done.kind, result=result, about=done.id, reason=reason, detail=detail | evidence(done))
    fault("after_audit")
    tx.commit()
    return receipt_of(done)
