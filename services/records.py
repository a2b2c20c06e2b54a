"""The member's record (ficha): identity, access X-ray, accounts, and what the operator may do now (req.

16, S74–S92).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.catalog.flags import load_flags
from data.values.dates import format_datetime, format_last_visit, panama_date
from services import authorisation
from services.abilities import AbilityFacts, abilities, reauthentication_due
from services.access_labels import state_label
from services.access_xray import Stage, diagnose
from services.account_view import AccountGroup, account_groups
from services.approval_notices import waiting_lines
from services.cases import open_case
from services.errors import CoopError
from services.follow_ups import due_lines
from services.identity_view import KIND_LABELS, Identity, identity, shown_name
from services.issue_limit import issues_left
from services.masking import masked_email, masked_phone, masked_username
from services.moments import spoken_moment
from services.operations import Op
from services.operator import Operator
from services.order_notices import orders_of
from services.record_rows import (
    LeaseRow,
    MemberRow,
    access_facts,
    account_rows,
    case_flags,
    last_lease_row,
    lease_row,
    member_row,
    waiting_change_rows,
)
from services.unit_of_work import Transaction, UnitOfWork
from services.view_limit import check_views

USERNAME_WHOLE_FROM = 2


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """Show this member. `automatic`.

    The screen asks by itself (a lease ran out), nobody touched a key (req. 13).
    """

    member_id: int
    automatic: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class AccessXray:
    """The panel of the online access. `fix` is the value of the Op that mends it; `mail` how the last mail
    went.

    `username` is masked at N1 and whole from N2; `last_visit` (S77) shows from N1.
    """

    state: str
    state_label: str
    username: str | None
    stages: tuple[Stage, ...]
    diagnosis: str
    fix: str | None
    mail: str | None
    devices: int
    block: str | None
    last_visit: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """One member as this operator may see them now: everything masked below N1.

    `abilities`: Op value → None when allowed, else the Spanish reason. `reauth_needed`: an operation with a
    fresh password would ask for it now. `position` in `groups` runs 1..n through all of them. `pending`: what waits for
    a second person or is in process at a biller, `open_orders` the ids of the latter. `image_report`: that the
    member's security image was not recognised, unattended.
    """

    member_id: int
    case_id: str | None
    number: str
    name: str
    kind_label: str
    level: int
    lease_expires_at: datetime | None
    identity: Identity
    access: AccessXray
    groups: tuple[AccountGroup, ...]
    abilities: Mapping[str, str | None]
    flags: tuple[str, ...]
    waiting_changes: tuple[str, ...]
    pending: tuple[str, ...]
    open_orders: frozenset[str]
    last_verified: str | None
    reauth_needed: bool
    verification_blocked: bool
    image_report: str | None


def open_record(command: OpenRecord, operator: Operator, uow: UnitOfWork) -> Record:
    """Show a member and open a case with them; a case with anybody else is closed, its lease ended.

    One RECORD_VIEW event. Who may look but not serve (auditors) gets the record without a case.
    Raises NotFound, RateLimited (too many different members in a few minutes) and the errors of authorisation.
    """
    return _show(command, operator, uow, opens=True)


def refresh_record(command: OpenRecord, operator: Operator, uow: UnitOfWork) -> Record:
    """The same as it stands now, without opening or closing anything. One RECORD_VIEW event."""
    return _show(command, operator, uow, opens=False)


def _show(command: OpenRecord, operator: Operator, uow: UnitOfWork, *, opens: bool) -> Record:
    member_id = command.member_id
    with uow.begin(operator, Op.RECORD_VIEW, member_id=member_id, touch=not command.automatic) as tx:
        standing = _standing(tx)
        check_views(tx)
        member = member_row(tx, member_id)
        if opens and tx.policy.operations[Op.CASE_OPEN].roles & standing.roles:
            open_case(tx, member_id)
        record = _compose(tx, member_id, member)
        tx.record(detail={"level": standing.level} | ({} if opens else {"refresh": True}))
        tx.commit()
    return record


def _standing(tx: Transaction) -> authorisation.Standing:
    if tx.standing is None:
        raise LookupError("a record is shown to a person")
    return tx.standing


def _compose(tx: Transaction, member_id: int, member: MemberRow) -> Record:
    standing = _standing(tx)
    level = standing.level
    lease = lease_row(tx, member_id) if level else None
    groups = account_groups(
        account_rows(tx, member_id), verified=level >= 1, balances=_may(tx, Op.BALANCES_VIEW, member_id)
    )
    changes = waiting_change_rows(tx, member_id)
    orders = orders_of(tx, member_id, level)
    access = member.access
    facts = AbilityFacts(
        now=tx.now,
        channel=tx.operator.channel,
        state=access.state if access else None,
        has_questions=bool(access and access.questions_at),
        has_image=bool(access and access.image_at),
        devices=member.devices,
        has_email=bool(member.email),
        email_since=member.email_since,
        change_waits=bool(changes),
        issues_left=issues_left(tx, member_id),
        verification_blocked=member.verification_blocked,
        groups=groups,
    )
    return Record(
        member_id=member_id,
        case_id=tx.case_id,
        number=member.number,
        name=shown_name(member, level),
        kind_label=KIND_LABELS.get(member.kind, member.kind),
        level=level,
        lease_expires_at=lease.expires_at if lease else None,
        identity=identity(member, level, panama_date(tx.now)),
        access=_xray(tx, member_id, member, level),
        groups=groups,
        abilities=abilities(facts, standing, tx.policy, member_id),
        flags=_flag_texts(case_flags(tx, tx.case_id)),
        waiting_changes=tuple(_change_line(change) for change in changes),
        pending=(*waiting_lines(tx, member_id, level), *orders.lines, *due_lines(tx, member_id)),
        open_orders=orders.ids,
        last_verified=_verified_line(last_lease_row(tx, member_id, tx.case_id), tx.now),
        reauth_needed=reauthentication_due(standing, tx.policy, tx.now),
        verification_blocked=member.verification_blocked,
        image_report=_report_line(member.image_report_at, tx.now),
    )


def _may(tx: Transaction, op: Op, member_id: int) -> bool:
    rule = tx.policy.operations[op]
    try:
        authorisation.decide(op, rule, _standing(tx), member_id=member_id, now=tx.now, policy=tx.policy)
    except CoopError:
        return False
    return True


def _xray(tx: Transaction, member_id: int, member: MemberRow, level: int) -> AccessXray:
    found = diagnose(access_facts(tx, member_id, member))
    access = member.access
    state = access.state if access else None
    return AccessXray(
        state=state or "",
        state_label=state_label(state),
        username=_username(access, level),
        stages=found.stages,
        diagnosis=found.diagnosis,
        fix=found.fix.value if found.fix else None,
        mail=found.mail,
        devices=member.devices,
        block=found.diagnosis if state in ("bloqueado", "suspendido") else None,
        last_visit=format_last_visit(access.last_visit_at) if level and access and access.last_visit_at else None,
    )


def _username(access: Any, level: int) -> str | None:
    if access is None or access.username is None or level < 1:
        return None
    return str(access.username) if level >= USERNAME_WHOLE_FROM else masked_username(access.username)


def _flag_texts(ids: tuple[str, ...]) -> tuple[str, ...]:
    catalogue = load_flags()
    return tuple(flag.text if (flag := catalogue.get(flag_id)) else flag_id for flag_id in ids)


def _change_line(change: Any) -> str:
    kind, masked = ("Correo", masked_email) if change.field == "email" else ("Celular", masked_phone)
    return f"{kind} nuevo {masked(change.new)} desde {format_datetime(change.effective_at)}"


def _report_line(at: datetime | None, now: datetime) -> str | None:
    """`No reconoció su imagen hoy 10:12`: nobody attended to it yet."""
    return f"No reconoció su imagen {spoken_moment(at, now)}" if at is not None else None


def _verified_line(lease: LeaseRow | None, now: datetime) -> str | None:
    """`ayer 10:12 · mrodriguez · N2`."""
    if lease is None:
        return None
    return f"{spoken_moment(lease.granted_at, now)} · {lease.username} · N{lease.level}"
