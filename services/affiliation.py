"""Which of a member's accounts show in Cooperativa en Línea: a staff act (S74)."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlmodel import col

from data.tables import Account
from services.account_view import shown_number
from services.errors import AccountUnusable, InvalidInput, NotFound
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Affiliate:
    """Show (`on`) or hide one account of the member online."""

    member_id: int
    account_id: int
    on: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Affiliated:
    """What happened, in Spanish."""

    account_id: int
    on: bool
    text: str


def affiliate(command: Affiliate, operator: Operator, uow: UnitOfWork) -> Affiliated:
    """Affiliate an account or take it off. Only affiliated accounts are shown to the member and move money
    online.

    Raises the errors of authorisation (N2), InvalidInput (reason, or nothing to change), AccountUnusable
    for a closed account, NotFound for one that isn't this member's.
    """
    with uow.begin(operator, Op.ACCOUNT_AFFILIATE, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        account = tx.connection.execute(
            select(
                col(Account.number),
                col(Account.product),
                col(Account.card_last4),
                col(Account.status),
                col(Account.affiliated_at),
            )
            .where(col(Account.id) == command.account_id, col(Account.member_id) == command.member_id)
            .with_for_update(key_share=True)
        ).first()
        if account is None:
            raise NotFound
        if command.on and account.status == "closed":
            raise AccountUnusable("La cuenta está cerrada: no se puede afiliar.")
        if (account.affiliated_at is not None) == command.on:
            raise InvalidInput("La cuenta ya está afiliada." if command.on else "La cuenta no está afiliada.")
        tx.connection.execute(
            update(Account)
            .where(col(Account.id) == command.account_id)
            .values(affiliated_at=tx.now if command.on else None)
        )
        tx.record(
            about=f"account:{command.account_id}",
            reason=reason,
            detail={"before": {"affiliated": not command.on}, "after": {"affiliated": command.on}},
        )
        tx.commit()
    number = shown_number(account.number, account.card_last4, account.product, verified=True)
    done = "afiliada; el asociado la ve en línea" if command.on else "desafiliada; deja de verse en línea"
    return Affiliated(command.account_id, command.on, f"Cuenta {number} {done}.")
