"""What a member's record rests on, read from the store in a few statements. Raw rows.

Services/records.py masks them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from data.tables import (
    Access,
    Account,
    Case,
    ContactChange,
    Lease,
    Member,
    Outbox,
    RememberedDevice,
    Staff,
    TemporaryCredential,
    VerificationBlock,
)
from services.access_xray import AccessFacts, CredentialFacts, MailFacts
from services.errors import NotFound
from services.image_reports import last_open
from services.unit_of_work import Transaction


@dataclass(frozen=True, slots=True, repr=False)
class MemberRow:
    """A member in clear, with the access row beside (None: no access)."""

    number: str
    kind: str
    cedula: str
    given_names: str
    surnames: str
    birth_date: date
    email: str | None
    email_since: datetime | None
    phone: str | None
    branch: str
    joined_on: date | None
    access: Any | None
    activated_by: str | None
    devices: int
    verification_blocked: bool
    image_report_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A verification: how far, until when, by whom."""

    level: int
    granted_at: datetime
    expires_at: datetime
    username: str


def member_row(tx: Transaction, member_id: int) -> MemberRow:
    """The member, the access, and what is counted beside them. Raises NotFound."""
    devices = (
        select(func.count())
        .select_from(RememberedDevice)
        .where(
            col(RememberedDevice.member_id) == member_id,
            col(RememberedDevice.forgotten_at).is_(None),
            col(RememberedDevice.expires_at) > tx.now,
        )
        .scalar_subquery()
    )
    blocks = (
        select(func.count())
        .select_from(VerificationBlock)
        .where(col(VerificationBlock.member_id) == member_id, col(VerificationBlock.lifted_at).is_(None))
        .scalar_subquery()
    )
    row = tx.connection.execute(
        select(
            *SQLModel.metadata.tables["member"].c,
            col(Staff.username).label("activator"),
            col(Access.state),
            devices.label("devices"),
            blocks.label("blocks"),
            last_open(member_id).label("image_report_at"),
        )
        .outerjoin(Access, col(Access.member_id) == col(Member.id))
        .outerjoin(Staff, col(Staff.id) == col(Access.activated_by))
        .where(col(Member.id) == member_id)
    ).first()
    if row is None:
        raise NotFound
    access = None
    if row.state is not None:
        columns = SQLModel.metadata.tables["access"].c
        access = tx.connection.execute(select(*columns).where(columns.member_id == member_id)).first()
    return MemberRow(
        number=row.number,
        kind=row.kind,
        cedula=row.cedula,
        given_names=row.given_names,
        surnames=row.surnames,
        birth_date=row.birth_date,
        email=row.email,
        email_since=row.email_since,
        phone=row.phone,
        branch=row.branch,
        joined_on=row.joined_on,
        access=access,
        activated_by=row.activator,
        devices=row.devices,
        verification_blocked=row.blocks > 0,
        image_report_at=row.image_report_at,
    )


def access_facts(tx: Transaction, member_id: int, member: MemberRow) -> AccessFacts:
    """What the X-ray asks about."""
    access = member.access
    if access is None:
        return AccessFacts(now=tx.now, has_email=bool(member.email))
    return AccessFacts(
        now=tx.now,
        state=access.state,
        has_email=bool(member.email),
        route=access.route,
        requested_at=access.requested_at,
        activated_at=access.activated_at,
        activated_by=member.activated_by,
        password_at=access.password_at,
        username_at=access.username_at,
        image_at=access.image_at,
        questions_at=access.questions_at,
        services_at=access.services_at,
        relogin_at=access.relogin_at,
        contract_at=access.contract_at,
        failed_count=access.failed_count,
        blocked_at=access.blocked_at,
        blocked_reason=access.blocked_reason,
        suspended_at=access.suspended_at,
        closed_at=access.closed_at,
        credential=_latest_credential(tx, member_id),
    )


def _latest_credential(tx: Transaction, member_id: int) -> CredentialFacts | None:
    issued, mail = aliased(TemporaryCredential), aliased(Outbox)
    row = tx.connection.execute(
        select(
            col(issued.issued_at),
            col(issued.expires_at),
            col(issued.delivery),
            col(issued.used_at),
            col(issued.ended_at),
            col(mail.state),
            col(mail.attempts),
            col(mail.settled_at),
            col(mail.error),
            col(mail.destination),
        )
        .outerjoin(mail, col(mail.id) == col(issued.outbox_id))
        .where(col(issued.member_id) == member_id)
        .order_by(col(issued.issued_at).desc(), col(issued.id).desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    sent = (
        MailFacts(row.state, row.attempts, row.settled_at, row.error, row.destination)
        if row.state is not None
        else None
    )
    return CredentialFacts(row.issued_at, row.expires_at, row.delivery, row.used_at, row.ended_at, sent)


def account_rows(tx: Transaction, member_id: int) -> Sequence[Any]:
    """The member's accounts.

    Id, number, product, label, status, affiliated_at, card_last4, tracked, balance, held.
    """
    return tx.connection.execute(
        select(
            col(Account.id),
            col(Account.number),
            col(Account.product),
            col(Account.label),
            col(Account.status),
            col(Account.affiliated_at),
            col(Account.card_last4),
            col(Account.tracked),
            col(Account.balance),
            col(Account.held),
        ).where(col(Account.member_id) == member_id)
    ).all()


def waiting_change_rows(tx: Transaction, member_id: int) -> Sequence[Any]:
    """Contact changes that wait: field, new, effective_at; the next first."""
    return tx.connection.execute(
        select(col(ContactChange.field), col(ContactChange.new), col(ContactChange.effective_at))
        .where(col(ContactChange.member_id) == member_id, col(ContactChange.state) == "waiting")
        .order_by(col(ContactChange.effective_at))
    ).all()


def lease_row(tx: Transaction, member_id: int) -> LeaseRow | None:
    """The live lease of this operator's session with the member, the highest."""
    return _lease(
        tx,
        member_id,
        col(Lease.session_id) == tx.operator.session_id,
        col(Lease.staff_id) == tx.operator.staff_id,
        col(Lease.ended_at).is_(None),
        col(Lease.expires_at) > tx.now,
    )


def last_lease_row(tx: Transaction, member_id: int, but_case: str | None) -> LeaseRow | None:
    """The last time that anybody verified the member, in another case than this."""
    return _lease(tx, member_id, col(Lease.case_id) != (but_case or ""))


def _lease(tx: Transaction, member_id: int, *conditions: Any) -> LeaseRow | None:
    """Through the member's cases: leases have no index of their own by member."""
    row = tx.connection.execute(
        select(col(Lease.level), col(Lease.granted_at), col(Lease.expires_at), col(Staff.username))
        .join(Case, col(Case.id) == col(Lease.case_id))
        .join(Staff, col(Staff.id) == col(Lease.staff_id))
        .where(col(Case.member_id) == member_id, col(Lease.member_id) == member_id, *conditions)
        .order_by(col(Lease.granted_at).desc(), col(Lease.level).desc())
        .limit(1)
    ).first()
    return None if row is None else LeaseRow(row.level, row.granted_at, row.expires_at, row.username)


def case_flags(tx: Transaction, case_id: str | None) -> tuple[str, ...]:
    """The red-flag ids of a case."""
    if case_id is None:
        return ()
    return tuple((tx.connection.execute(select(col(Case.flags)).where(col(Case.id) == case_id)).scalar() or "").split())
