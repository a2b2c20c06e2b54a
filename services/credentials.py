"""Temporary credentials: issued, sent, replaced, limited (S40, req. 26-28). Issuing is exactly once a form: the form's
key is the credential's id, so that a second Enter, a retry or a restart finds what the first one did.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from data.tables import Access, Member, Outbox, TemporaryCredential
from data.values.dates import format_datetime
from data.values.email_address import EmailAddress
from data.values.errors import InvalidValue
from services import outbox
from services.access_states import AccessState, lock_access, lock_member, refuse_pause, walk
from services.address_marks import address_mark
from services.case_patterns import flag_change_and_reset
from services.errors import (
    ContactMissing,
    ContactTooRecent,
    CoopError,
    KeyReused,
)
from services.faults import fault
from services.issue_limit import LiftIssueLimit, LimitLifted, check_issue_limit, lift_issue_limit
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.temporary_passwords import Prepared, prepare
from services.unit_of_work import Transaction, UnitOfWork

TEMPLATE = "temporary_credentials"
MAIL = "mail"


class PasswordInUse(CoopError):
    """The member has a password of their own: a new credential would void it, which is another operation."""

    code = "password_in_use"
    default = "El asociado ya tiene su propia contraseña. Para enviarle otra use «Restablecer contraseña»."


@dataclass(frozen=True, slots=True)
class IssueCredential:
    """Send another temporary credential. `key` is the UUIDv7 that the form minted when it opened."""

    member_id: int
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class CredentialIssued:
    """What staff may know of a credential: never the password. `existed`: this key was applied before."""

    credential_id: str
    expires_at: datetime
    destination: str  # masked
    mail_state: str
    replaced: bool
    existed: bool = False

    @property
    def text(self) -> str:
        """One line for the screen."""
        done = "Ya aplicada. " if self.existed else ""
        return f"{done}Credencial temporal para {self.destination}; vence {format_datetime(self.expires_at)}."


@dataclass(frozen=True, slots=True)
class FindIssue:
    """Ask what became of a form whose answer was lost."""

    member_id: int
    key: str


def issue_credential(command: IssueCredential, operator: Operator, uow: UnitOfWork) -> CredentialIssued:
    """Issue a single-use temporary credential and queue its e-mail; the former one dies with it (req. 27).

    From activado, credencial_emitida or an unfinished primer_acceso. Raises the errors of authorisation (N3, fresh
    password), InvalidInput, NotFound, NoAccess, IllegalStep, PasswordInUse, IssueLimitReached, ContactMissing,
    ContactTooRecent, KeyReused.
    """
    prepared = prepare(command.key, uow)
    with uow.begin(operator, Op.CREDENTIAL_ISSUE, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        member = lock_member(tx, command.member_id)
        if (earlier := earlier_issue(tx, member, command.key, (MAIL,))) is not None:
            return earlier
        flag_change_and_reset(tx)
        access = lock_access(tx, command.member_id)
        if AccessState(access.state) in (AccessState.CONTRACT_SIGNED, AccessState.ACTIVE):
            raise PasswordInUse
        return issue_and_commit(tx, member, access, prepared, reason, to_issued(tx, access))


def to_issued(tx: Transaction, access: Access, *through: AccessState) -> dict[str, object]:
    """Take the access to credencial_emitida (a resend leaves it there) and say so for the event."""
    refuse_pause(access)
    if access.state == AccessState.ISSUED:
        return {"before": access.state, "after": access.state}
    return walk(tx, access, *through, AccessState.ISSUED)


def issue_and_commit(
    tx: Transaction, member: Member, access: Access, prepared: Prepared, reason: str, detail: dict[str, object]
) -> CredentialIssued:
    """Place the credential, queue its mail, write the event, commit: the common end of activating and issuing."""
    address = mail_address(tx, member)
    check_issue_limit(tx, member_id_of(member))
    expires_at = tx.now + timedelta(hours=tx.policy.credential.valid_hours)
    replaced = end_credentials(tx, member_id_of(member), "replaced")
    fault("former_ended")
    context = {
        "username": sign_in_name(member, access),
        "password": prepared.secret.reveal(),
        "valid_until": format_datetime(expires_at),
    }
    outbox_id = outbox.enqueue(
        tx,
        kind="mail",
        template=TEMPLATE,
        member_id=member.id,
        to=address.format(),
        context=context,
        expires_at=expires_at,
    )
    fault("mail_queued")
    place(tx, member, access, prepared, delivery=MAIL, outbox_id=outbox_id, expires_at=expires_at)
    tx.record(
        about=f"credential:{prepared.key}",
        reason=reason,
        detail=detail
        | {
            "delivery": MAIL,
            "mail": outbox_id,
            "replaced": replaced,
            "address": address_mark(tx, address.format()),
        },
    )
    tx.commit()
    return CredentialIssued(prepared.key, expires_at, address.masked(), "en cola", replaced > 0)


def place(
    tx: Transaction,
    member: Member,
    access: Access,
    prepared: Prepared,
    *,
    delivery: str,
    outbox_id: int | None,
    expires_at: datetime,
) -> None:
    """Write the credential; whatever password the member had is void from here on. Raises KeyReused."""
    access.password_hash = None
    access.password_at = None
    access.failed_count = 0
    tx.session.add(access)
    row = TemporaryCredential(
        id=prepared.key,
        member_id=member_id_of(member),
        secret_hash=prepared.secret_hash,
        delivery=delivery,
        outbox_id=outbox_id,
        issued_at=tx.now,
        issued_by=tx.operator.staff_id,
        expires_at=expires_at,
    )
    tx.session.add(row)
    try:
        tx.session.flush()
    except IntegrityError as error:  # the same key for another member, in this very moment
        raise KeyReused from error
    fault("credential_placed")


def end_credentials(tx: Transaction, member_id: int, reason: str) -> int:
    """End what the member could still sign in with for the first time and void the mails on their way.

    Answers how many. In the transaction of what takes its place, so that there is never a moment with two (req. 27).
    """
    live = (
        select(TemporaryCredential)
        .where(
            col(TemporaryCredential.member_id) == member_id,
            col(TemporaryCredential.used_at).is_(None),
            col(TemporaryCredential.ended_at).is_(None),
        )
        .with_for_update(key_share=True)
    )
    ended = 0
    for credential in tx.session.exec(live).all():
        credential.ended_at = tx.now
        credential.end_reason = reason if credential.expires_at > tx.now else "expired"
        tx.session.add(credential)
        if credential.outbox_id is not None:
            outbox.void(tx, credential.outbox_id, reason)
        ended += 1
    tx.session.flush()
    return ended


def earlier_issue(tx: Transaction, member: Member, key: str, deliveries: tuple[str, ...]) -> CredentialIssued | None:
    """The first outcome of a key, or None for a new one. Raises KeyReused: other member or other kind of delivery."""
    row = tx.session.get(TemporaryCredential, key)
    if row is None:
        return None
    if row.member_id != member.id or row.delivery not in deliveries:
        raise KeyReused
    mail = tx.session.get(Outbox, row.outbox_id) if row.outbox_id is not None else None
    return CredentialIssued(
        credential_id=row.id,
        expires_at=row.expires_at,
        destination=mail.destination if mail else "entrega en mano",
        mail_state=outbox.state_line(mail, tx.now) if mail else "sin correo",
        replaced=False,
        existed=True,
    )


def find_issue(command: FindIssue, operator: Operator, uow: UnitOfWork) -> CredentialIssued | None:
    """What a form's key brought about, for a desk that lost the answer: None if nothing. Needs RECORD_VIEW.

    Raises the errors of authorisation, NotFound, KeyReused.
    """
    with uow.begin(operator, Op.RECORD_VIEW, member_id=command.member_id) as tx:
        member = lock_member(tx, command.member_id)
        found = earlier_issue(tx, member, command.key, (MAIL, "slip", "halves"))
        tx.record(about=f"credential:{command.key}", detail={"existed": found is not None})
        tx.commit()
        return found


def mail_address(tx: Transaction, member: Member) -> EmailAddress:
    """The address on file to which a credential may go (req. 26).

    Raises ContactMissing (none, or not an address) and ContactTooRecent: less than 72 hours since the change was asked
    for. A change that waits isn't on file yet, so nothing secret can go to it.
    """
    if not member.email:
        raise ContactMissing
    try:
        address = EmailAddress.parse(member.email)
    except InvalidValue:
        raise ContactMissing(
            "El correo registrado no es válido. Actualice el contacto o use la entrega sellada."
        ) from None
    wait = timedelta(hours=tx.policy.verification.contact_wait_hours)
    if member.email_since is not None and tx.now - member.email_since < wait:
        raise ContactTooRecent
    return address


def sign_in_name(member: Member, access: Access) -> str:
    """What the member types as user: the one they chose, or the member number before that (S97)."""
    return access.username or member.number


def member_id_of(member: Member) -> int:
    """The id of a row that is in the database."""
    if member.id is None:
        raise LookupError("not stored yet")
    return member.id


__all__ = [
    "MAIL",
    "CredentialIssued",
    "FindIssue",
    "IssueCredential",
    "LiftIssueLimit",
    "LimitLifted",
    "PasswordInUse",
    "check_issue_limit",
    "earlier_issue",
    "end_credentials",
    "find_issue",
    "issue_and_commit",
    "issue_credential",
    "lift_issue_limit",
    "mail_address",
    "member_id_of",
    "place",
    "sign_in_name",
    "to_issued",
]
