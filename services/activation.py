"""The request for online access and its activation by staff (S32, S39, S40, req. 25-27)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data.tables import Access
from services.access_notices import tell_by_phone
from services.access_states import AccessState, lock_access, lock_member
from services.credentials import MAIL, CredentialIssued, earlier_issue, issue_and_commit, to_issued
from services.errors import IllegalStep, InvalidInput
from services.operations import Op
from services.operator import Channel, Operator
from services.reasons import check_reason
from services.temporary_passwords import prepare
from services.unit_of_work import Transaction, UnitOfWork

RequestKind = Literal["acceso", "activacion"]
KINDS: tuple[RequestKind, ...] = ("acceso", "activacion")
ROUTES = frozenset({Channel.CIS, Channel.BRANCH, Channel.CHAPTER, Channel.WEB})
BEFORE_ACTIVATION = (AccessState.REQUESTED, AccessState.VERIFIED, AccessState.ACTIVATED)


@dataclass(frozen=True, slots=True)
class RequestAccess:
    """A member asks, in person or by phone: for a new access, or for the activation of one (two requests, S32)."""

    member_id: int
    kind: RequestKind


@dataclass(frozen=True, slots=True)
class AccessRequested:
    """`existed`: the request was in the queue already and keeps its place and age."""

    requested_at: datetime
    existed: bool

    @property
    def text(self) -> str:
        """One line for the screen."""
        return "La solicitud ya estaba registrada." if self.existed else "Solicitud registrada; espera activación."


@dataclass(frozen=True, slots=True)
class Activate:
    """Activate the access and send its first credential. `key` is the UUIDv7 that the form minted when it opened."""

    member_id: int
    reason: str
    key: str


def request_access(command: RequestAccess, operator: Operator, uow: UnitOfWork) -> AccessRequested:
    """Put the member into the queue of pending activations. The route is the operator's channel.

    Raises the errors of authorisation, NotFound, InvalidInput, IllegalStep for one who is past the request.
    """
    with uow.begin(operator, Op.ACCESS_REQUEST, member_id=command.member_id) as tx:
        if command.kind not in KINDS or operator.channel not in ROUTES:
            raise InvalidInput("Elija acceso o activación.", field="kind")
        lock_member(tx, command.member_id)
        access = tx.session.get(Access, command.member_id, with_for_update={"key_share": True})
        existed = access is not None
        if access is None:
            access = Access(
                member_id=command.member_id,
                state=AccessState.REQUESTED.value,
                route=operator.channel.value,
                request_kind=command.kind,
                requested_at=tx.now,
            )
        elif access.state != AccessState.REQUESTED:
            raise IllegalStep(AccessState(access.state).label, AccessState.REQUESTED.label)
        access.request_kind = command.kind
        tx.session.add(access)
        detail = {"kind": command.kind, "route": access.route, "after": access.state}
        tx.record(detail=detail | ({"before": access.state} if existed else {}))
        tx.commit()
        return AccessRequested(access.requested_at, existed)


def activate(command: Activate, operator: Operator, uow: UnitOfWork) -> CredentialIssued:
    """solicitado → verificado → activado → credencial_emitida and the e-mail with it, all or nothing (S39, S40).

    Verified is the caller's N3, which the operation asks for. The same key again answers with the first result,
    `existed` set. Raises the errors of authorisation, InvalidInput, NotFound, NoAccess, IllegalStep, IssueLimitReached,
    ContactMissing, ContactTooRecent, KeyReused.
    """
    prepared = prepare(command.key, uow)
    with uow.begin(operator, Op.ACCESS_ACTIVATE, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        member = lock_member(tx, command.member_id)
        if (earlier := earlier_issue(tx, member, command.key, (MAIL,))) is not None:
            return earlier
        access = lock_access(tx, command.member_id)
        detail = activation_steps(tx, access)
        tell_by_phone(tx, member, "access_activated")
        return issue_and_commit(tx, member, access, prepared, reason, detail)


def activation_steps(tx: Transaction, access: Access) -> dict[str, object]:
    """The steps that an access still lacks up to credencial_emitida. Raises IllegalStep for one already activated."""
    state = AccessState(access.state)
    if state not in BEFORE_ACTIVATION:
        raise IllegalStep(state.label, AccessState.ACTIVATED.label)
    return to_issued(tx, access, *BEFORE_ACTIVATION[BEFORE_ACTIVATION.index(state) + 1 :])
