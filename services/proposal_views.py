"""Changes that wait, as the queue shows them: before → after as it stands this moment, and why (C10, req. 43)."""

from typing import Any

from sqlalchemy import ColumnElement, or_, select, true
from sqlmodel import col

from data.tables import Member, Proposal, Staff, StaffRelative
from services.approval_queue import MOST, PendingRow, late_since, maker_of
from services.approval_rows import WAITING
from services.approval_views import ApprovalDetail, evidence_text, flags_of
from services.errors import CoopError, NotPermitted
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator, Role
from services.policy import Policy
from services.proposal_families import KINDS, kind_of
from services.proposal_kinds import Line, fingerprint
from services.proposal_rows import Asked
from services.proposals import check_concerned, check_decider, check_maker
from services.unit_of_work import Transaction

WATCHES = "Su rol no decide esta clase de cambio: solo puede verlo."
SHOWN = (
    col(Proposal.id),
    col(Proposal.kind),
    col(Proposal.subject),
    col(Proposal.maker),
    col(Proposal.staff_id),
    col(Proposal.requested_at),
    col(Proposal.expires_at),
    col(Member.number),
    col(Member.given_names),
    col(Member.surnames),
)


def waiting_proposals(tx: Transaction) -> list[PendingRow]:
    """Waiting changes, oldest first, at most 100: those that the operator may decide or watch, and their own.
    Nothing that concerns the operator."""
    roles = tx.standing.roles if tx.standing else frozenset()
    query = (
        select(*SHOWN)
        .outerjoin(Member, col(Member.id) == col(Proposal.member_id))
        .where(
            or_(col(Proposal.staff_id) == tx.operator.staff_id, seen_by(tx.policy, roles)),
            *unconcerned(tx.operator),
            col(Proposal.state) == WAITING,
            col(Proposal.expires_at) > tx.now,
        )
        .order_by(col(Proposal.requested_at))
        .limit(MOST)
    )
    return [proposal_row(tx, row) for row in tx.connection.execute(query)]


def decided_by_roles(policy: Policy, roles: frozenset[Role]) -> list[str]:
    """The kinds that somebody in these roles decides."""
    return [name for name, kind in KINDS.items() if policy.operations[kind.gives].roles & roles]


def seen_by(policy: Policy, roles: frozenset[Role]) -> ColumnElement[bool]:
    """Changes that these roles decide; all of them for who reads the trail anyway."""
    if policy.operations[Op.AUDIT_READ].roles & roles:
        return true()
    return col(Proposal.kind).in_(decided_by_roles(policy, roles))


def unconcerned(operator: Operator) -> tuple[ColumnElement[bool], ...]:
    """Changes of the operator's own rights, account or relatives are nobody's business of theirs (req. 43)."""
    kin = select(col(StaffRelative.member_id)).where(col(StaffRelative.staff_id) == operator.staff_id)
    self = select(col(Staff.member_id)).where(col(Staff.id) == operator.staff_id, col(Staff.member_id).is_not(None))
    member = col(Proposal.member_id)
    return (
        or_(col(Proposal.concerns).is_(None), col(Proposal.concerns) != operator.staff_id),
        or_(member.is_(None), member.not_in(kin) & member.not_in(self)),
    )


def proposal_row(tx: Transaction, row: Any) -> PendingRow:
    """A row of `SHOWN`."""
    return PendingRow(
        request_id=row.id,
        title=kind_of(row.kind).title,
        amount=None,
        number=row.number or "",
        member=masked_name(row.given_names, row.surnames) if row.number else row.subject,
        maker=maker_of(row),
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        own=row.staff_id == tx.operator.staff_id,
        late=row.requested_at <= late_since(tx.policy, tx.now),
        proposal=True,
    )


def proposal_detail(tx: Transaction, asked: Asked) -> ApprovalDetail:
    """One change, looked at anew for who may decide it. Raises AlreadyDecided, NotPermitted."""
    asked.check_open(tx)
    roles = tx.standing.roles if tx.standing else frozenset()
    kind = kind_of(asked.kind)
    decides = bool(tx.policy.operations[kind.gives].roles & roles)
    _check_may_see(tx, asked, decides, roles)
    trouble = _trouble(tx, asked) if decides else WATCHES
    lines, shown_hash = asked.lines, ""
    if decides:
        try:
            wanted = kind.parse(asked.command)
            now = kind.look(tx, wanted)
            check_concerned(tx, now)
        except CoopError as error:
            trouble = trouble or error.user_text
        else:
            lines = now.lines
            shown_hash = "" if trouble else fingerprint(kind, wanted, now)
    row = select(*SHOWN).outerjoin(Member, col(Member.id) == col(Proposal.member_id))
    return ApprovalDetail(
        row=proposal_row(tx, tx.connection.execute(row.where(col(Proposal.id) == asked.id)).one()),
        summary=tuple((label, after) for label, before, after in lines if before == after),
        changes=_drift(asked.lines, lines),
        hash=shown_hash,
        trouble=trouble,
        reasons=(kind.why,),
        note=asked.reason,
        evidence=evidence_text(asked.evidence) if asked.member_id is not None else "",
        flags=flags_of(tx, asked.maker_id, asked.maker) if asked.member_id is not None else (),
        days=(),
        decides=decides,
        differences=tuple(line for line in lines if line[1] != line[2]),
    )


def _check_may_see(tx: Transaction, asked: Asked, decides: bool, roles: frozenset[Role]) -> None:
    own = asked.maker_id == tx.operator.staff_id
    if not (own or decides or tx.policy.operations[Op.AUDIT_READ].roles & roles):
        raise NotPermitted("Solo puede ver las solicitudes que usted registró.")


def _trouble(tx: Transaction, asked: Asked) -> str:
    """Why this operator, who may decide such changes, may not decide this one; empty if they may."""
    try:
        check_decider(tx, asked)
        check_maker(tx, asked, kind_of(asked.kind))
    except CoopError as error:
        return error.user_text
    return ""


def _drift(asked: tuple[Line, ...], now: tuple[Line, ...]) -> tuple[Line, ...]:
    """What is no longer as it was when it was asked for: label, what stood there then, what stands there now."""
    then = {label: before for label, before, _ in asked}
    return tuple((label, then.get(label, "—"), before) for label, before, _ in now if then.get(label) != before)
