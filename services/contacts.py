"""E-mail and phone on record, and how they change: the new one waits 72 hours, the old one hears at once (req. 26).

Until it is due the record keeps the old contact, so nothing secret can reach the new one. Once it is applied it counts
as known since it was asked for (`email_since` = `requested_at`): its wait is over and credentials may go there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlmodel import col, select

from data.tables import Access, ContactChange, Member
from data.values.dates import format_datetime
from data.values.email_address import EmailAddress
from data.values.errors import InvalidValue
from data.values.phone import Phone
from services import outbox
from services.access_notices import tell
from services.access_states import AccessState, lock_member
from services.case_patterns import flag_change_and_reset
from services.errors import InvalidInput, NotFound
from services.masking import masked_email, masked_phone
from services.operations import Op
from services.operator import Operator, system_operator
from services.reasons import check_reason
from services.unit_of_work import Transaction, UnitOfWork

ContactField = Literal["email", "phone"]
FIELD_LABELS: dict[str, str] = {"email": "correo", "phone": "teléfono"}
KINDS: dict[str, outbox.Kind] = {"email": "mail", "phone": "sms"}
WAITING, APPLIED, CANCELLED = "waiting", "applied", "cancelled"
APPLY_ACTION = "contact.apply"


@dataclass(frozen=True, slots=True)
class ChangeContact:
    """Ask for a new e-mail or phone, as the member says it."""

    member_id: int
    field: ContactField
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancelChange:
    """Call off the change that waits for `field`."""

    member_id: int
    field: ContactField
    reason: str


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """A change that waits (or was called off). `old_told`: whether the old contact could be told."""

    change_id: int
    destination: str  # the new contact, masked
    effective_at: datetime
    old_told: bool
    text: str


def change_contact(command: ChangeContact, operator: Operator, uow: UnitOfWork) -> ContactChanged:
    """Register a new contact that takes effect after the wait; tell the old one at once and the new one plainly.

    Raises the errors of authorisation (N3, fresh password), NotFound, InvalidInput: not a contact, the same as now, or
    another change of the same field waits.
    """
    with uow.begin(operator, Op.CONTACT_CHANGE, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        wanted = look_at_change(tx, command)
        flag_change_and_reset(tx)
        changed = register_change(tx, wanted, operator.staff_id, reason, {})
        tx.commit()
        return changed


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that may be registered: the member, held, and the contact before and after."""

    member: Member
    member_id: int
    field: ContactField
    old: str | None
    new: str


def look_at_change(tx: Transaction, command: ChangeContact) -> Wanted:
    """Raises NotFound, InvalidInput: not a contact, the same as now, or another change of the same field waits."""
    new = _parse(command.field, command.new)
    member = lock_member(tx, command.member_id)
    old = member.email if command.field == "email" else member.phone
    if old is not None and _same(command.field, old, new):
        raise InvalidInput("Ese contacto ya es el registrado.", field="new")
    if _waiting(tx, command.member_id, command.field) is not None:
        label = FIELD_LABELS[command.field]
        raise InvalidInput(f"Ya hay un cambio de {label} en espera. Anúlelo antes de registrar otro.")
    return Wanted(member, command.member_id, command.field, old, new)


def register_change(
    tx: Transaction, wanted: Wanted, staff_id: int, reason: str, detail: Mapping[str, Any]
) -> ContactChanged:
    """Register it with its event and tell both contacts; the caller commits. `staff_id`: who was asked for it."""
    effective_at = tx.now + timedelta(hours=tx.policy.verification.contact_wait_hours)
    change = ContactChange(
        member_id=wanted.member_id,
        field=wanted.field,
        old=wanted.old,
        new=wanted.new,
        state=WAITING,
        requested_at=tx.now,
        effective_at=effective_at,
        staff_id=staff_id,
    )
    tx.session.add(change)
    tx.session.flush()
    told = _tell_of_change(tx, wanted.member, change)
    shown = {"before": shown_contact(wanted.field, wanted.old), "after": shown_contact(wanted.field, wanted.new)}
    tx.record(
        Op.CONTACT_CHANGE.value,
        about=f"contact_change:{change.id}",
        reason=reason,
        detail={"field": wanted.field, "old_told": told} | shown | dict(detail),
    )
    return _changed(change, told, f"vale desde el {format_datetime(effective_at)}")


def cancel_change(command: CancelChange, operator: Operator, uow: UnitOfWork) -> ContactChanged:
    """Call off the change that waits; the record keeps what it has, and the member hears of it there.

    Raises the errors of authorisation, NotFound, InvalidInput when none waits.
    """
    with uow.begin(operator, Op.CONTACT_CANCEL, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        lock_member(tx, command.member_id)
        change = _waiting(tx, command.member_id, command.field)
        if change is None:
            raise InvalidInput("No hay un cambio de contacto en espera.")
        change.state = CANCELLED
        change.settled_at = tx.now
        tx.session.add(change)
        told = outbox.notice(tx, command.member_id, "contact_cancelled", {"field": FIELD_LABELS[command.field]})
        tx.record(
            about=f"contact_change:{change.id}",
            reason=reason,
            detail={"field": command.field, "before": WAITING, "after": CANCELLED},
        )
        tx.commit()
        return _changed(change, told is not None, "anulado; sigue el contacto de siempre")


def apply_due(uow: UnitOfWork) -> int:
    """Put changes whose wait is over into the record, each in a transaction of its own; answers how many (worker).

    Changes of a member whose access is suspended stay waiting: somebody suspects something.
    """
    suspended = select(Access.member_id).where(col(Access.state) == AccessState.SUSPENDED.value)
    due = select(ContactChange.id, ContactChange.member_id).where(
        col(ContactChange.state) == WAITING,
        col(ContactChange.effective_at) <= uow.clock.now(),
        col(ContactChange.member_id).not_in(suspended),
    )
    with uow.engine.connect() as connection:
        rows = connection.execute(due.order_by(col(ContactChange.effective_at))).all()
    return sum(_apply(uow, row.id, row.member_id) for row in rows)


def _apply(uow: UnitOfWork, change_id: int, member_id: int) -> bool:
    with uow.begin_system(system_operator(APPLY_ACTION), member_id=member_id) as tx:
        member = lock_member(tx, member_id)
        change = tx.session.get(ContactChange, change_id)
        access = tx.session.get(Access, member_id)
        if change is None or change.state != WAITING:  # called off, or applied by another worker, since the look
            return False
        if access is not None and access.state == AccessState.SUSPENDED:
            return False
        if change.field == "email":
            member.email, member.email_since = change.new, change.requested_at
        else:
            member.phone, member.phone_since = change.new, change.requested_at
        change.state = APPLIED
        change.settled_at = tx.now
        tx.session.add_all([member, change])
        tx.session.flush()
        shown = shown_contact(change.field, change.new)
        outbox.notice(tx, member_id, "contact_applied", {"field": FIELD_LABELS[change.field], "new": shown})
        tx.record(
            about=f"contact_change:{change.id}",
            detail={"field": change.field, "before": shown_contact(change.field, change.old), "after": shown},
        )
        tx.commit()
        return True


def _tell_of_change(tx: Transaction, member: Member, change: ContactChange) -> bool:
    """The old contact at once and the other one on record: who took one over must not be the only one to hear of it.

    The new one is told too, without a name in it.
    """
    effective = format_datetime(change.effective_at)
    label = FIELD_LABELS[change.field]
    context = {"field": label, "new": shown_contact(change.field, change.new), "effective": effective}
    told = [
        tell(tx, member, "mail", member.email, "contact_changed", context),
        tell(tx, member, "sms", member.phone, "contact_changed", context),
    ]
    tell(tx, member, KINDS[change.field], change.new, "contact_registered", {"field": label, "effective": effective})
    return any(outbox_id is not None for outbox_id in told)


def _waiting(tx: Transaction, member_id: int, field: str) -> ContactChange | None:
    query = (
        select(ContactChange)
        .where(
            col(ContactChange.member_id) == member_id,
            col(ContactChange.field) == field,
            col(ContactChange.state) == WAITING,
        )
        .with_for_update(key_share=True)
    )
    return tx.session.exec(query).first()


def _parse(field: str, typed: str) -> str:
    """The contact in the form that is stored. Raises InvalidInput."""
    try:
        if field == "email":
            return EmailAddress.parse(typed).format()
        if field == "phone":
            return Phone.parse(typed).e164
    except InvalidValue as error:
        raise InvalidInput(error.message_es, field="new") from None
    raise NotFound


def _same(field: str, old: str, new: str) -> bool:
    if field == "phone":
        return old == new
    try:
        return EmailAddress.parse(old) == EmailAddress.parse(new)
    except InvalidValue:
        return False


def shown_contact(field: str, value: str | None) -> str:
    """Masked, as people and the trail see it."""
    return masked_email(value) if field == "email" else masked_phone(value)


def _changed(change: ContactChange, told: bool, what: str) -> ContactChanged:
    if change.id is None:
        raise LookupError("not stored yet")
    shown = shown_contact(change.field, change.new)
    text = f"Cambio de {FIELD_LABELS[change.field]} a {shown}: {what}."
    if not told:
        text += " No había un contacto anterior al cual avisar."
    return ContactChanged(change.id, shown, change.effective_at, told, text)
