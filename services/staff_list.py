"""Everybody who works here, and how their access stands."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from data.tables import Staff, StaffSession
from services.operations import Op
from services.operator import ROLE_LABELS, Operator, Role
from services.staff_proof import must_enrol, roles_of
from services.staff_rights import Rights, rights_of
from services.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One person in the list. `roles` and `state` are Spanish labels; times are UTC."""

    username: str
    full_name: str
    roles: str
    branch: str
    state: str
    enabled: bool
    second_factor: bool
    locked_until: datetime | None
    temporary_until: datetime | None
    last_sign_in: datetime | None
    rights: Rights


def list_staff(operator: Operator, uow: UnitOfWork) -> tuple[StaffRow, ...]:
    """Everybody on record, by username."""
    last = (
        select(func.max(col(StaffSession.started_at)))
        .where(col(StaffSession.staff_id) == Staff.id)
        .correlate(Staff)
        .scalar_subquery()
    )
    with uow.begin(operator, Op.STAFF_VIEW) as tx:
        people = tx.session.exec(select(Staff, last).order_by(col(Staff.username))).all()
        rows = tuple(_row(tx, person, seen) for person, seen in people)
        tx.record(detail={"people": len(rows)})
        tx.commit()
        return rows


def _row(tx: Transaction, person: Staff, last_sign_in: datetime | None) -> StaffRow:
    locked = person.locked_until if person.locked_until and person.locked_until > tx.now else None
    return StaffRow(
        username=person.username,
        full_name=person.full_name,
        roles=", ".join(ROLE_LABELS[role] for role in Role if role in roles_of(person)),
        branch=person.branch,
        state=_state(tx, person, locked),
        enabled=person.enabled,
        second_factor=person.totp_sealed is not None,
        locked_until=locked,
        temporary_until=person.password_expires_at,
        last_sign_in=last_sign_in,
        rights=rights_of(person),
    )


def _state(tx: Transaction, person: Staff, locked: datetime | None) -> str:
    if not person.enabled:
        return "deshabilitado"
    if locked:
        return "bloqueado por intentos"
    if person.password_expires_at is not None:
        return "contraseña temporal vencida" if person.password_expires_at <= tx.now else "contraseña temporal"
    return "falta segundo factor" if must_enrol(person, tx.policy.session) else "activo"
