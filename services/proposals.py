"""Changes that take two people: one asks for them with a reason, another one decides (req. 11, 43, C10).

Who decides agrees to the fingerprint of what they saw; the effect is written in the transaction of the decision, so
that nothing lies between them. Who asked never decides, under whatever user name and in whatever role, nor does the
person whose rights change.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.secrets import Secret
from data.tables import Proposal, Staff
from services.approval_rows import APPROVED, EXPIRED, REFUSED, WAITING, WITHDRAWN
from services.approval_rules import check_other_person, check_unrelated
from services.case_patterns import flag_change_and_reset
from services.errors import DataChanged, InvalidInput, KeyReused, NotPermitted
from services.operations import Op
from services.operator import Operator, system_operator
from services.proposal_families import kind_of, kind_of_command
from services.proposal_kinds import Change, Effect, Line, ProposalKind, Told, fingerprint
from services.proposal_rows import Asked, decide, find, held, kind_and_member, place
from services.reasons import check_reason
from services.retries import retrying
from services.session_rows import change_session
from services.staff_proof import reading, roles_of
from services.unit_of_work import Transaction, UnitOfWork

OWN = "No puede aprobar un cambio que usted propuso. Lo decide otra persona; usted puede retirarlo."
CONCERNED = "Nadie propone ni decide un cambio de su propio acceso. Pídalo a otra persona."
NO_CHANGE = "No hay ningún cambio que proponer."
MAKER_GONE = "Quien lo propuso ya no tiene ese derecho. Rechácelo; que lo proponga otra persona."


@dataclass(frozen=True, slots=True)
class Propose:
    """`command`: the change, of a kind that services/proposal_families.py knows. `key`: a UUIDv7 of the form's."""

    command: Any
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """It waits. `told`: what the maker is told once, for the person concerned. `existed`: it had been asked before."""

    proposal_id: str
    told: Secret | None = field(default=None, repr=False)
    existed: bool = False


@dataclass(frozen=True, slots=True)
class Agree:
    """`prepared_hash`: of what the approver has on the screen."""

    proposal_id: str
    prepared_hash: str


@dataclass(frozen=True, slots=True)
class Decline:
    proposal_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    proposal_id: str


def propose(command: Propose, operator: Operator, uow: UnitOfWork) -> Proposed:
    """Leave a change in the queue; nothing changes yet. The same one under the same key answers with the first.

    Raises the errors of authorisation, InvalidInput (reason, a field of the change, nothing to change), NotFound,
    NotPermitted (one's own rights), KeyReused, OutcomeUnknown.
    """
    return retrying(lambda: _propose(command, operator, uow))


def _propose(command: Propose, operator: Operator, uow: UnitOfWork) -> Proposed:
    kind = kind_of_command(command.command)
    member_id = kind.member_of(command.command)
    with uow.begin(operator, kind.asks, member_id=member_id, touch=False, second_follows=kind.second_follows) as tx:
        reason = check_reason(command.reason)
        if (earlier := _earlier(tx, kind, command)) is not None:
            tx.record("proposal.ask", result="repeated", about=earlier.id)
            tx.commit()
            return Proposed(earlier.id, existed=True)
        change = kind.look(tx, command.command)
        if change.concerns is not None:
            check_other_person(tx, operator.staff_id, change.concerns, CONCERNED)
        if not any(before != after for _, before, after in change.lines):
            raise InvalidInput(NO_CHANGE)
        flag_change_and_reset(tx)
        asked = place(tx, kind, command.command, change, key=command.key, reason=reason, member_id=member_id)
        detail = {"kind": kind.name, "subject": asked.subject, "hash": asked.prepared_hash}
        tx.record("proposal.ask", about=asked.id, reason=reason, detail=detail | _told_lines(change.lines))
        _keep(tx)
    return Proposed(asked.id, kind.told(uow, command.key))


def _earlier(tx: Transaction, kind: ProposalKind, command: Propose) -> Asked | None:
    earlier = find(tx, command.key)
    if earlier is None:
        return None
    same = earlier.kind == kind.name and earlier.command == kind.payload(command.command)
    if earlier.maker_id != tx.operator.staff_id or not same:
        raise KeyReused
    return earlier


def agree(command: Agree, operator: Operator, uow: UnitOfWork) -> Effect:
    """Put a waiting change into effect, in the approver's own transaction. Told twice it is done once.

    Raises NotFound, AlreadyDecided, NotPermitted (own work, own or a relative's rights, a maker who may no more),
    DataChanged when it is no longer what the approver saw, and what stands in its way; it then goes on waiting.
    """
    return retrying(lambda: _agree(command, operator, uow))


def _agree(command: Agree, operator: Operator, uow: UnitOfWork) -> Effect:
    name, member_id = kind_and_member(uow, command.proposal_id)
    kind = kind_of(name)
    prepared = kind.prepare(uow, command.proposal_id)
    with uow.begin(operator, kind.gives, member_id=member_id, touch=False) as tx:
        asked = held(tx, command.proposal_id)
        if asked.state == APPROVED and asked.decided_by == operator.staff_id:
            tx.record(result="repeated", about=asked.id)
            tx.commit()
            return Effect("Ya estaba aprobado por usted.")
        asked.check_open(tx)
        wanted = kind.parse(asked.command)
        check_decider(tx, asked)
        check_maker(tx, asked, kind)
        change = kind.look(tx, wanted)
        check_concerned(tx, change)
        shown = fingerprint(kind, wanted, change)
        if not hmac.compare_digest(shown.encode(), command.prepared_hash.encode()):
            raise DataChanged
        effect = kind.apply(tx, wanted, prepared, Told(asked.reason, asked.maker.username, asked.id, asked.maker_id))
        decide(tx, asked, APPROVED, None, by=operator.staff_id)
        hashes = {"asked": asked.prepared_hash, "approved": shown}
        detail = {"made_by": asked.maker.username, "kind": kind.name, "subject": asked.subject, "hashes": hashes}
        tx.record(about=asked.id, detail=detail | _told_lines(change.lines))
        _keep(tx)
    return effect


def check_decider(tx: Transaction, asked: Asked) -> None:
    """Raises NotPermitted for who asked, and for whom it concerns, in whatever role and under whatever user name."""
    staff_id = tx.operator.staff_id
    check_other_person(tx, staff_id, asked.maker_id, OWN)
    if asked.concerns is not None:
        check_other_person(tx, staff_id, asked.concerns, CONCERNED)


def check_concerned(tx: Transaction, change: Change) -> None:
    """Raises NotPermitted where the person whose rights change is, as a member, the approver or a declared relative."""
    check_unrelated(tx, tx.operator.staff_id, (change.about_member,))


def check_maker(tx: Transaction, asked: Asked, kind: ProposalKind) -> None:
    """Raises NotPermitted where who asked works here no more, or may no longer ask for it."""
    maker = tx.session.get(Staff, asked.maker_id, populate_existing=True)
    if maker is None or not maker.enabled or not tx.policy.operations[kind.asks].roles & roles_of(maker):
        raise NotPermitted(MAKER_GONE)


def decline(command: Decline, operator: Operator, uow: UnitOfWork) -> None:
    """Say no, with a reason. Raises NotFound, AlreadyDecided, NotPermitted (own work), InvalidInput (reason)."""
    name, member_id = kind_and_member(uow, command.proposal_id)
    with uow.begin(operator, kind_of(name).gives, member_id=member_id, touch=False) as tx:
        reason = check_reason(command.reason)
        asked = held(tx, command.proposal_id)
        asked.check_open(tx)
        check_decider(tx, asked)
        decide(tx, asked, REFUSED, reason, by=operator.staff_id)
        detail = {"made_by": asked.maker.username, "kind": name, "subject": asked.subject}
        tx.record("proposal.refuse", about=asked.id, reason=reason, detail=detail)
        _keep(tx)


def take_back(command: TakeBack, operator: Operator, uow: UnitOfWork) -> None:
    """The maker takes it back. Raises NotFound, NotPermitted (somebody else's), AlreadyDecided."""
    _, member_id = kind_and_member(uow, command.proposal_id)
    with uow.begin(operator, Op.APPROVAL_VIEW, member_id=member_id) as tx:
        asked = held(tx, command.proposal_id)
        if asked.maker_id != operator.staff_id:
            raise NotPermitted("Solo quien lo propuso puede retirarlo. Otra persona lo rechaza.")
        asked.check_open(tx)
        decide(tx, asked, WITHDRAWN, None, by=operator.staff_id)
        tx.record("proposal.withdraw", about=asked.id, detail={"kind": asked.kind, "subject": asked.subject})
        tx.commit()


def expire_proposals(uow: UnitOfWork) -> int:
    """End what nobody decided in time; answers how many (worker)."""
    with reading(uow) as connection:
        query = select(col(Proposal.id)).where(
            col(Proposal.state) == WAITING, col(Proposal.expires_at) <= uow.clock.now()
        )
        due = list(connection.execute(query.order_by(col(Proposal.expires_at))).scalars())
    return sum(_expire(uow, proposal_id) for proposal_id in due)


def _expire(uow: UnitOfWork, proposal_id: str) -> int:
    with uow.begin_system(system_operator("aprobaciones")) as tx:
        asked = held(tx, proposal_id)
        if asked.state != WAITING:  # somebody was faster
            return 0
        decide(tx, asked, EXPIRED, None, by=None)
        detail = {"made_by": asked.maker.username, "kind": asked.kind, "subject": asked.subject}
        tx.record("proposal.expire", about=asked.id, detail=detail)
        tx.commit()
    return 1


def _keep(tx: Transaction) -> None:
    """Show the operator as present, last of all: their session's row must not be held while waiting for people's."""
    if tx.operator.session_id:
        change_session(tx, tx.operator.session_id, last_seen_at=tx.now)
    tx.commit()


def _told_lines(lines: Sequence[Line]) -> dict[str, Any]:
    """Before and after, as the trail keeps them."""
    changed = [line for line in lines if line[1] != line[2]]
    return {
        "before": {label: before for label, before, _ in changed},
        "after": {label: after for label, _, after in changed},
    }
