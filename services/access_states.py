"""Where a member's online access stands, and the only steps that it can take (req. 25).

solicitado → verificado → activado → credencial_emitida → primer_acceso → contrato_firmado → activo, with bloqueado
and suspendido as pauses that remember where they came from, and cerrado as the end. A new credential leads back to
credencial_emitida: what came before it is void. The caller writes the step into its own event, in its transaction.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from data.tables import Access, Member
from services.errors import CoopError, IllegalStep, NotFound
from services.member_sessions import end_sessions_of_member
from services.unit_of_work import Transaction


class AccessState(StrEnum):
    """The states, as the database holds them."""

    REQUESTED = "solicitado"
    VERIFIED = "verificado"
    ACTIVATED = "activado"
    ISSUED = "credencial_emitida"
    FIRST_ACCESS = "primer_acceso"
    CONTRACT_SIGNED = "contrato_firmado"
    ACTIVE = "activo"
    BLOCKED = "bloqueado"
    SUSPENDED = "suspendido"
    CLOSED = "cerrado"

    @property
    def label(self) -> str:
        """How people read it."""
        return self.value.replace("_", " ")


S = AccessState
FORWARD: Mapping[AccessState, frozenset[AccessState]] = {
    S.REQUESTED: frozenset({S.VERIFIED}),
    S.VERIFIED: frozenset({S.ACTIVATED}),
    S.ACTIVATED: frozenset({S.ISSUED}),
    S.ISSUED: frozenset({S.FIRST_ACCESS}),
    S.FIRST_ACCESS: frozenset({S.CONTRACT_SIGNED, S.ISSUED}),
    S.CONTRACT_SIGNED: frozenset({S.ACTIVE, S.ISSUED}),
    S.ACTIVE: frozenset({S.ISSUED}),
}
"""The way of the first access, and the way back to a new credential."""
BLOCKABLE = frozenset({S.ISSUED, S.FIRST_ACCESS, S.CONTRACT_SIGNED, S.ACTIVE})
"""Where there is something to sign in with, so that wrong tries can block it."""
PAUSES = frozenset({S.BLOCKED, S.SUSPENDED})
ENDS_SESSIONS = PAUSES | {S.CLOSED, S.ISSUED}
"""Whoever is inside is put out: also if the access is opened again before the session would have run out."""


class NoAccess(CoopError):
    """The member never asked for online access."""

    code = "no_access"
    default = "El asociado no ha solicitado el acceso en línea. Registre primero la solicitud."


class AccessPaused(CoopError):
    """Blocked or suspended: what needs an open access has to wait until somebody lifts that, under its own right."""

    code = "access_paused"


def refuse_pause(access: Access) -> None:
    """Raises AccessPaused. A credential or reset must not lift a block or a suspension on the side."""
    if access.state == S.BLOCKED:
        raise AccessPaused("El acceso está bloqueado. Desbloquéelo primero.")
    if access.state == S.SUSPENDED:
        raise AccessPaused("El acceso está suspendido. Reanúdelo primero.")


def allowed(access: Access) -> frozenset[AccessState]:
    """The states to which `access` may go now."""
    state = S(access.state)
    if state is S.CLOSED:
        return frozenset()
    if state in PAUSES:
        back = frozenset({S(access.state_before_block)}) if access.state_before_block else frozenset()
        return back | {S.CLOSED} | ({S.SUSPENDED} if state is S.BLOCKED else frozenset())
    return FORWARD[state] | {S.SUSPENDED, S.CLOSED} | ({S.BLOCKED} if state in BLOCKABLE else frozenset())


def transition(tx: Transaction, access: Access, new: AccessState) -> None:
    """Take one step and stamp its time. Raises IllegalStep: «No se puede pasar de X a Y.»

    Leaving a pause sets the counter of wrong tries to zero: else the next slip would block the member again. A
    suspension of a blocked access swallows the block: who resumes it verified the caller better than an unlock asks.
    """
    before = S(access.state)
    if new not in allowed(access):
        raise IllegalStep(before.label, new.label)
    if new in PAUSES:
        access.state_before_block = access.state_before_block or before.value
    else:
        access.state_before_block = None
        if before in PAUSES:
            access.failed_count = 0
    access.blocked_at = tx.now if new is S.BLOCKED else None
    access.suspended_at = tx.now if new is S.SUSPENDED else None
    if new is not S.BLOCKED:
        access.blocked_reason = None
    if before not in PAUSES:
        _stamp(tx, access, new)
    if new is S.CLOSED:
        access.closed_at = tx.now
    if new in ENDS_SESSIONS:
        end_sessions_of_member(tx, access.member_id, new.value)
    access.state = new.value
    tx.session.add(access)


def _stamp(tx: Transaction, access: Access, new: AccessState) -> None:
    if new is S.VERIFIED:
        access.verified_at = tx.now
    elif new is S.ACTIVATED:
        access.activated_at = tx.now
        access.activated_by = tx.operator.staff_id if tx.operator.actor.startswith("staff:") else None
    elif new is S.CONTRACT_SIGNED and access.contract_at is None:
        access.contract_at = tx.now


def walk(tx: Transaction, access: Access, *states: AccessState) -> dict[str, Any]:
    """Take several steps in one transaction and answer what the event says of them: before, after, all between.

    Raises IllegalStep at the first that isn't allowed.
    """
    before = access.state
    for state in states:
        transition(tx, access, state)
    detail: dict[str, Any] = {"before": before, "after": access.state}
    if len(states) > 1:
        detail["steps"] = [state.value for state in states]
    return detail


def lock_member(tx: Transaction, member_id: int) -> Member:
    """The member, held until the transaction ends: all that concerns one access queues here. Raises NotFound."""
    member = tx.session.get(Member, member_id, with_for_update={"key_share": True})
    if member is None:
        raise NotFound
    return member


def lock_access(tx: Transaction, member_id: int) -> Access:
    """The access of a member whom `lock_member` holds. Raises NoAccess."""
    access = tx.session.get(Access, member_id, with_for_update={"key_share": True})
    if access is None:
        raise NoAccess
    return access


def held_access(tx: Transaction, member_id: int | None) -> Access | None:
    """Member and access held, for somebody at a door: None for nobody, and for who never asked for access.

    The same statements run for everybody (req. 12): no row has the id 0.
    """
    tx.session.get(Member, member_id or 0, with_for_update={"key_share": True})
    return tx.session.get(Access, member_id or 0, with_for_update={"key_share": True})
