"""What the operator may do with this member now, and why not: what the screens dim commands with.

Mirrors, never decides: each use case asks again when it is called. Order of reasons: role, what the record
allows, verification; so that nobody verifies a caller for something that is not there to be done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from services import authorisation
from services.account_view import AccountGroup
from services.errors import (
    ContactMissing,
    ContactTooRecent,
    CoopError,
    IssueLimitReached,
    NotPermitted,
    ReauthenticationNeeded,
    VerificationBlocked,
)
from services.money_abilities import money_reason
from services.operations import Op
from services.operator import IN_PERSON, Channel
from services.policy import Policy

NO_ACCESS = "El asociado no ha solicitado el acceso en línea. Registre primero la solicitud."
BLOCKED = "El acceso está bloqueado: desbloquéelo primero."
SUSPENDED = "El acceso está suspendido: reanúdelo primero."
CLOSED = "El acceso está cerrado."
BEFORE_ACTIVATION = frozenset({"solicitado", "verificado", "activado"})
BY_MAIL = frozenset({Op.ACCESS_ACTIVATE, Op.CREDENTIAL_ISSUE, Op.PASSWORD_RESET})
GIVES_SECRET = BY_MAIL | {Op.CREDENTIAL_FALLBACK}
NEEDS_ACCESS = GIVES_SECRET | {
    Op.QUESTIONS_RESET,
    Op.IMAGE_RESET,
    Op.DEVICES_FORGET,
    Op.ACCESS_SUSPEND,
    Op.ACCESS_CLOSE,
}


@dataclass(frozen=True, slots=True)
class AbilityFacts:
    """What the record says, as far as an operation depends on it."""

    now: datetime
    channel: Channel
    state: str | None
    has_questions: bool
    has_image: bool
    devices: int
    has_email: bool
    email_since: datetime | None
    change_waits: bool
    issues_left: int
    verification_blocked: bool
    groups: tuple[AccountGroup, ...]


def abilities(
    facts: AbilityFacts, standing: authorisation.Standing, policy: Policy, member_id: int
) -> Mapping[str, str | None]:
    """For each operation None, or in Spanish what stands in the way.

    A fresh password is asked for by the dialog.
    """
    return MappingProxyType({op.value: _reason(op, facts, standing, policy, member_id) for op in Op})


def reauthentication_due(standing: authorisation.Standing, policy: Policy, now: datetime) -> bool:
    """Whether an operation that asks for a fresh password would ask now (req. 15)."""
    return now - standing.authenticated_at > timedelta(minutes=policy.session.reauthentication_minutes)


def _reason(
    op: Op, facts: AbilityFacts, standing: authorisation.Standing, policy: Policy, member_id: int
) -> str | None:
    refusal: CoopError | None = None
    try:
        authorisation.decide(op, policy.operations[op], standing, member_id=member_id, now=facts.now, policy=policy)
    except ReauthenticationNeeded:
        pass
    except CoopError as error:
        refusal = error
    if isinstance(refusal, NotPermitted):
        return refusal.user_text
    rows = [row for group in facts.groups for row in group.rows]
    cash = bool(policy.operations[Op.CASH_DEPOSIT].roles & standing.roles)
    reason = _standing_reason(op, facts, policy) or money_reason(op, rows, cash=cash)
    return reason or (refusal.user_text if refusal else None)


def _standing_reason(op: Op, facts: AbilityFacts, policy: Policy) -> str | None:
    """What the record itself says against the operation."""
    for look in (_access_reason, _configured_reason):
        if (reason := look(op, facts)) is not None:
            return reason
    if op in GIVES_SECRET and facts.issues_left < 1:
        return IssueLimitReached.default
    if op in BY_MAIL:
        return _contact_reason(facts, policy)
    if op is Op.ISSUE_LIMIT_LIFT and facts.issues_left > 0:
        return "El asociado no ha llegado al límite de envíos."
    if op is Op.CALLER_VERIFY and facts.verification_blocked and facts.channel not in IN_PERSON:
        return VerificationBlocked.default
    if op is Op.VERIFICATION_UNBLOCK and not facts.verification_blocked:
        return "La verificación no está bloqueada."
    if op is Op.CONTACT_CANCEL and not facts.change_waits:
        return "No hay un cambio de contacto en espera."
    return None


def _access_reason(op: Op, facts: AbilityFacts) -> str | None:
    """The steps that the state machine of req. 25 knows from here."""
    state = facts.state
    if op is Op.ACCESS_REQUEST:
        return {None: None, "solicitado": None, "cerrado": CLOSED}.get(state, "Ya tiene acceso en línea.")
    if op is Op.ACCESS_UNLOCK:
        return None if state == "bloqueado" else "El acceso no está bloqueado."
    if op is Op.ACCESS_RESUME:
        return None if state == "suspendido" else "El acceso no está suspendido."
    if op not in NEEDS_ACCESS:
        return None
    if state is None:
        return NO_ACCESS
    if state == "cerrado":
        return CLOSED
    if op is Op.ACCESS_SUSPEND:
        return "El acceso ya está suspendido." if state == "suspendido" else None
    return _secret_reason(op, state) if op in GIVES_SECRET else None


def _secret_reason(op: Op, state: str) -> str | None:
    """When an operation may make a new temporary password."""
    if state in ("bloqueado", "suspendido"):
        return BLOCKED if state == "bloqueado" else SUSPENDED
    if op is Op.CREDENTIAL_FALLBACK:
        return None
    if op is Op.ACCESS_ACTIVATE:
        return None if state in BEFORE_ACTIVATION else "El acceso ya está activado."
    if state in ("solicitado", "verificado"):
        return "El acceso todavía no está activado."
    if op is Op.CREDENTIAL_ISSUE and state in ("contrato_firmado", "activo"):
        return "El asociado ya tiene su propia contraseña. Use «Restablecer contraseña»."
    if op is Op.PASSWORD_RESET and state == "activado":
        return "El asociado todavía no tiene contraseña. Envíe la credencial."
    return None


def _configured_reason(op: Op, facts: AbilityFacts) -> str | None:
    if op is Op.QUESTIONS_RESET and not facts.has_questions:
        return "El asociado no tiene preguntas de seguridad configuradas."
    if op is Op.IMAGE_RESET and not facts.has_image:
        return "El asociado no tiene imagen de seguridad configurada."
    if op is Op.DEVICES_FORGET and not facts.devices:
        return "El asociado no tiene equipos recordados."
    return None


def _contact_reason(facts: AbilityFacts, policy: Policy) -> str | None:
    if not facts.has_email:
        return ContactMissing.default
    wait = timedelta(hours=policy.verification.contact_wait_hours)
    if facts.email_since is not None and facts.now - facts.email_since < wait:
        return ContactTooRecent.default
    return None
