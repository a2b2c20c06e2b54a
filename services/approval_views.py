"""One request in full, for who decides it: what would happen now, what changed, why, who called (C10, req. 43)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from data.catalog.flags import load_flags
from data.tables import ApprovalRequest, Case, Member, Staff
from services.approval_queue import SHOWN, PendingRow, may_give, pending_row, watches
from services.approval_rows import STATES, Request, find, found, member_of
from services.approval_rules import check_other_person, check_share, check_unrelated
from services.errors import CoopError, NotPermitted
from services.operations import Op
from services.operator import Operator
from services.posting import Maker
from services.timeline_words import STEPS
from services.unit_of_work import Transaction, UnitOfWork

MAKER_GONE = "El acceso de quien la registró está deshabilitado."
OTHER_RULES = ("Reglas", "las de antes", "cambiaron la política o el estado de una cuenta")


@dataclass(frozen=True, slots=True)
class GetApproval:
    """`automatic`: the screen reads it again by itself, nobody touched a key (req. 13)."""

    request_id: str
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalDetail:
    """A request as it stands this moment.

    `summary`: what would be done now, or what was asked for where nothing can be done. `changes`: label, before, after
    of what is no longer as it was asked for. `hash`: what approving must carry; empty where this operator can't approve
    it now, and `trouble` says why; `decides`: they may decide requests of this kind. `differences`: label, before,
    after of what a change is about. `evidence`: how the caller was verified. `days`: whose day, and how much of its
    share is used.
    """

    row: PendingRow
    summary: tuple[tuple[str, str], ...]
    changes: tuple[tuple[str, str, str], ...]
    hash: str
    trouble: str
    reasons: tuple[str, ...]
    note: str
    evidence: str
    flags: tuple[str, ...]
    days: tuple[tuple[str, str], ...]
    decides: bool = True
    differences: tuple[tuple[str, str, str], ...] = ()


def approval_detail(command: GetApproval, operator: Operator, uow: UnitOfWork) -> ApprovalDetail:
    """One request, looked at anew for who may decide; its event unless the screen asks by itself.

    Raises NotFound, AlreadyDecided, NotPermitted (also for somebody else's request where one may not watch).
    """
    member_id = member_of(uow, command.request_id)
    touch = not command.automatic
    with uow.begin(operator, Op.APPROVAL_VIEW, member_id=member_id, touch=touch) as tx:
        request = found(tx, command.request_id)
        request.check_open(tx)
        if request.maker_id != operator.staff_id and not watches(tx):
            raise NotPermitted("Solo puede ver las solicitudes que usted registró.")
        detail = _detail(tx, request)
        if touch:
            tx.record(about=request.id)
            tx.commit()
    return detail


def _detail(tx: Transaction, request: Request) -> ApprovalDetail:
    decides = may_give(tx)
    summary, changes, shown_hash = request.summary, [], ""
    days: tuple[tuple[str, str], ...] = ()
    trouble = _refusal(tx, request) if decides else "Su rol no aprueba: solo puede ver esta solicitud."
    if decides:
        try:
            now = request.kind.look(tx, request.confirm(), request.maker)
        except CoopError as error:
            trouble = trouble or error.user_text
        else:
            summary, days = now.summary, now.days
            changes = _changes(request, now.summary, now.hash)
            shown_hash = "" if trouble else now.hash
    elif tx.standing is None or tx.standing.level < 1:
        summary = tuple(line for line in summary if line[0] not in request.kind.private)
    return ApprovalDetail(
        row=_row_of(tx, request),
        summary=summary,
        changes=tuple(changes),
        hash=shown_hash,
        trouble=trouble,
        reasons=request.reasons,
        note=request.note,
        evidence=evidence_text(request.evidence),
        flags=flags_of(tx, request.maker_id, request.maker),
        days=days,
        decides=decides,
    )


def evidence_text(stored: str) -> str:
    """`N2 · pregunta de seguridad, código de un solo uso`; without a verified caller `sin verificar`."""
    level, *found = stored.split()
    if level == "N0":
        return "sin verificar"
    names = [STEPS.get(factor, factor) for factor in found]
    return f"{level} · {', '.join(names)}" if names else level


def _refusal(tx: Transaction, request: Request) -> str:
    """Why this operator, who may approve, may not approve this one; empty if they may."""
    staff_id = tx.operator.staff_id
    try:
        check_other_person(tx, staff_id, request.maker_id)
        check_unrelated(tx, staff_id, (request.member_id, request.kind.payee(tx, request.confirm())))
        if request.share and tx.standing is not None:
            check_share(tx.policy, request.op, request.amount, tx.standing.roles, tx.standing.single_limit)
    except CoopError as error:
        return error.user_text
    return ""


def _changes(request: Request, now: Sequence[tuple[str, str]], now_hash: str) -> list[tuple[str, str, str]]:
    """What differs from what was asked for, line by line."""
    if now_hash == request.prepared_hash:
        return []
    before, after = dict(request.summary), dict(now)
    labels = [*before, *(label for label in after if label not in before)]
    found = [
        (label, before.get(label, "—"), after.get(label, "—"))
        for label in labels
        if before.get(label) != after.get(label)
    ]
    return found or [OTHER_RULES]


def _row_of(tx: Transaction, request: Request) -> PendingRow:
    query = select(col(ApprovalRequest.id), *SHOWN).join(Member, col(Member.id) == col(ApprovalRequest.member_id))
    row = tx.connection.execute(query.where(col(ApprovalRequest.id) == request.id)).one()
    return pending_row(tx, row)


def flags_of(tx: Transaction, maker_id: int, maker: Maker) -> tuple[str, ...]:
    """The red flags of the call in which it was asked for, and that its maker works here no more."""
    gone = (MAKER_GONE,) if _maker_is_gone(tx, maker_id) else ()
    if maker.case_id is None:
        return gone
    stored = tx.connection.execute(select(col(Case.flags)).where(col(Case.id) == maker.case_id)).scalar()
    catalogue = load_flags()
    return gone + tuple(flag.text if (flag := catalogue.get(name)) else name for name in (stored or "").split())


def _maker_is_gone(tx: Transaction, maker_id: int) -> bool:
    enabled = select(col(Staff.enabled)).where(col(Staff.id) == maker_id)
    return not tx.connection.execute(enabled).scalar()


@dataclass(frozen=True, slots=True)
class FindRequest:
    request_id: str


def find_request(command: FindRequest, operator: Operator, uow: UnitOfWork) -> str | None:
    """What became of a request whose answer was lost, in Spanish, for its maker and for who watches the queue; None for
    anybody else, and if it never arrived."""
    with uow.begin(operator, Op.APPROVAL_VIEW, member_id=member_of(uow, command.request_id)) as tx:
        request = find(tx, command.request_id)
        if request is not None and request.maker_id != operator.staff_id and not watches(tx):
            request = None
        tx.record(about=command.request_id, result="ok" if request else "none")
        tx.commit()
    if request is None:
        return None
    by = f" por {request.decider}" if request.decider else ""
    return f"{request.title}: {STATES[request.state]}{by}."
