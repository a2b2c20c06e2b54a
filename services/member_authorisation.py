"""May this member do this, now? The portal's half of services/authorisation.py (req. 30, 33, 35; ASVS 7, 8).

The member is an operator `member:<id>` with a row in `member_session`. What is asked for must be theirs, the policy
must name the operation for members, the session must be alive, the first access finished, and the proof that the policy
asks for fresh. Everything is read in the transaction that acts: a suspension or a new credential ends a session at its
next call.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, text

from data.catalog import contract
from data.driver_sql import DriverSql, moment
from data.types import Utc
from data.values.dates import panama_date
from services.authorisation import TOUCH_AFTER, Standing, member_alone
from services.errors import CoopError, NotPermitted, SessionEnded, SetupNeeded
from services.operations import Op
from services.operator import Channel, Operator
from services.policy import Policy, Rule
from services.portal_policy import PortalPolicy

#: The states of req. 25 in which a member can be inside.
OPEN_STATES = frozenset({"primer_acceso", "contrato_firmado", "activo"})
WIZARD, CONTRACT, FULL = "wizard", "contract", "full"
#: What a stage short of the whole portal lets through.
OF_STAGE = {
    WIZARD: frozenset({Op.PORTAL_WIZARD}),
    CONTRACT: frozenset({Op.PORTAL_WIZARD, Op.PORTAL_CONTRACT}),
}
STANDING = DriverSql(
    "SELECT s.member_id, s.stage, s.channel, s.branch, s.terminal, s.started_at, s.last_seen_at, s.authenticated_at,"
    " s.answered_at, s.ended_at, m.number, a.state,"
    " a.password_at IS NOT NULL AND a.username_at IS NOT NULL AND a.image_at IS NOT NULL"
    "  AND a.questions_at IS NOT NULL AND a.services_at IS NOT NULL AS configured,"
    " (SELECT c.version FROM contract_signature c WHERE c.member_id = s.member_id"
    "  ORDER BY c.signed_at DESC, c.id DESC LIMIT 1) AS contract_version"
    " FROM member_session s JOIN member m ON m.id = s.member_id JOIN access a ON a.member_id = s.member_id"
    " WHERE s.id = :session_id"
)
TOUCH = text("UPDATE member_session SET last_seen_at = :now WHERE id = :session_id").bindparams(
    bindparam("now", type_=Utc())
)
#: Use cases that learn only inside whom the operation is about, and decide then (services/receipts.concern).
DECIDED_INSIDE = frozenset({Op.RECEIPT_VIEW})
NOT_YOURS = "No hay un registro con esos datos."
NOT_ONLINE = "Esta operación no se hace en línea. Llame al CIS, 205-0911, o visite una sucursal."


class ProofNeeded(CoopError):
    """The member must give something again first; `proof` is `answer` or `password`."""

    code = "proof_needed"
    default = "Confirme que es usted para continuar."

    def __init__(self, proof: str) -> None:
        self.proof = proof
        super().__init__(
            "Responda su pregunta de seguridad para continuar."
            if proof == "answer"
            else "Escriba su contraseña otra vez para continuar."
        )


def idle_after(channel: Channel, policy: PortalPolicy) -> timedelta:
    """How long a session may rest."""
    return timedelta(minutes=policy.kiosk_idle_minutes if channel is Channel.KIOSK else policy.web_idle_minutes)


def absolute_after(channel: Channel, policy: PortalPolicy) -> timedelta:
    """How long a session may last."""
    return timedelta(minutes=policy.kiosk_absolute_minutes if channel is Channel.KIOSK else policy.web_absolute_minutes)


def standing(
    connection: Connection,
    operator: Operator,
    member_id: int | None,
    now: datetime,
    policy: Policy,
    *,
    touch: bool = True,
    alone: bool = False,
) -> Standing:
    """Read session and access in one statement. Raises SessionEnded for whatever ended it or makes it another's,
    NotPermitted for a member who isn't the one inside.

    `alone`: on PostgreSQL nobody else moves money of this member's day until the commit (req. 42).
    """
    if alone:
        member_alone(connection, operator.member_id)
    row = STANDING.first(connection, {"session_id": operator.session_id})
    if row is None or row.ended_at is not None or row.state not in OPEN_STATES or not _is_theirs(row, operator):
        raise SessionEnded
    last_seen_at = moment(row.last_seen_at)
    if now - moment(row.started_at) > absolute_after(operator.channel, policy.portal):
        raise SessionEnded("Su sesión cumplió el tiempo máximo. Ingrese de nuevo.")
    if now - last_seen_at > idle_after(operator.channel, policy.portal):
        raise SessionEnded("Su sesión terminó por inactividad. Ingrese de nuevo.")
    if member_id is not None and member_id != operator.member_id:
        raise NotPermitted(NOT_YOURS)
    if touch and now - last_seen_at > TOUCH_AFTER:
        connection.execute(TOUCH, {"now": now, "session_id": operator.session_id})
    return Standing(
        roles=frozenset(),
        level=0,
        factors=frozenset(),
        flags=0,
        case_id=None,
        own_or_relative=False,
        authenticated_at=moment(row.authenticated_at),
        answered_at=moment(row.answered_at) if row.answered_at is not None else None,
        stage=_stage(row),
    )


def _stage(row: Any) -> str:
    """How far the member is: in the first access, before the contract, everywhere."""
    if row.stage == WIZARD or not row.configured:
        return WIZARD
    # A version that begins while somebody is inside is asked for at the next access (req. 37).
    wanted = contract.version_on(panama_date(moment(row.started_at))).version
    return FULL if row.contract_version == wanted else CONTRACT


def _is_theirs(row: Any, operator: Operator) -> bool:
    """Whether the session is this operator's: the key of somebody else's opens nothing, nor does one carried away."""
    kept = (f"member:{row.member_id}", row.number, row.channel, row.branch, row.terminal)
    return kept == (operator.actor, operator.username, operator.channel.value, operator.branch, operator.terminal)


def decide(op: Op, rule: Rule, found: Standing, *, member_id: int | None, now: datetime, policy: Policy) -> None:
    """Raise what stands in the way of `op`, most basic reason first. That it is theirs, `standing` has decided.

    Raises NotPermitted, SetupNeeded, ProofNeeded. A `code` is asked for where the payment is executed, which knows
    payee and amount (services/payment_codes.py); until then the session is enough to look at it.
    """
    if rule.member is None or (member_id is None and op not in DECIDED_INSIDE):
        raise NotPermitted(NOT_ONLINE)
    if op not in OF_STAGE.get(found.stage, frozenset({op})):
        text = "Lea y firme primero el contrato." if found.stage == CONTRACT else "Termine primero su configuración."
        raise SetupNeeded(text)
    given = {"answer": found.answered_at, "password": found.authenticated_at}
    if rule.member in given:
        at = given[rule.member]
        if at is None or now - at > timedelta(minutes=policy.portal.proof_minutes):
            raise ProofNeeded(rule.member)
