"""May this operator do this, now, for this member? The one place where rights are decided (req. 10, 13–17, 23, 43)."""

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, text

from data.driver_sql import DriverSql, moment
from data.types import Utc
from services.errors import (
    NotPermitted,
    ReauthenticationNeeded,
    SessionEnded,
    SessionLocked,
    SetupNeeded,
    VerificationNeeded,
)
from services.operations import Op
from services.operator import Operator, Role
from services.policy import Policy, Rule

TOUCH_AFTER = timedelta(seconds=10)
TOUCH = text("UPDATE staff_session SET last_seen_at = :now WHERE id = :session_id").bindparams(
    bindparam("now", type_=Utc())
)
COLUMNS = (
    "SELECT s.started_at, s.last_seen_at, s.authenticated_at, s.locked_at, s.ended_at, s.staff_id, s.channel,"
    " s.branch, s.terminal, p.username, p.enabled, p.roles, p.single_limit, p.daily_limit,"
    " p.password_expires_at, p.totp_sealed IS NOT NULL AS second_factor,"
    " (SELECT CAST(l.level AS text) || ' ' || l.factors FROM verification_lease l WHERE l.session_id = s.id"
    "  AND l.staff_id = p.id AND l.member_id = :member_id AND l.ended_at IS NULL AND l.expires_at > :now"
    "  AND (SELECT o.closed_at IS NULL FROM service_case o WHERE o.id = l.case_id)"
    "  ORDER BY l.level DESC LIMIT 1) AS lease,"
    " (SELECT c.id || '|' || c.flags FROM service_case c WHERE c.session_id = s.id AND c.member_id = :member_id"
    "  AND c.closed_at IS NULL ORDER BY c.opened_at DESC LIMIT 1) AS case_row,"
    " (p.member_id = :member_id OR EXISTS (SELECT 1 FROM staff_relative r WHERE r.staff_id = p.id"
    "  AND r.member_id = :member_id)) AS related"
)
#: The member's lock, then the person's: in this order everywhere, so that nobody waits in a circle.
LOCKS = (
    ", pg_advisory_xact_lock(728346, CAST(CAST(:member_id AS bigint) % 2147483647 AS int)),"
    " pg_advisory_xact_lock(728347, CAST(p.id % 2147483647 AS int))"
)
ROWS = " FROM staff_session s JOIN staff p ON p.id = s.staff_id WHERE s.id = :session_id"
MEMBER_ALONE = DriverSql("SELECT pg_advisory_xact_lock(728346, CAST(CAST(:member_id AS bigint) % 2147483647 AS int))")
STANDING, STANDING_ALONE = DriverSql(COLUMNS, ROWS), DriverSql(COLUMNS, LOCKS, ROWS)
FACTOR_NAMES = {
    1: "dos preguntas de seguridad, cédula en persona o, si no tiene preguntas, datos del expediente y código",
    2: "código de un solo uso al correo o celular registrado",
    3: "en persona, llamada de vuelta al número registrado o segunda persona",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database knew of operator and caller at the moment of the decision."""

    roles: frozenset[Role]
    level: int  # 0–3, of the live lease
    factors: frozenset[str]
    flags: int
    case_id: str | None
    own_or_relative: bool
    authenticated_at: datetime
    answered_at: datetime | None = None  # of a member in the portal: the last right answer
    stage: str = ""  # of a member in the portal: wizard | contract | full
    single_limit: int | None = None  # centésimos, where the person has a narrower share than their roles
    daily_limit: int | None = None


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
    """Read session, person, lease and case in one statement. Raises SessionEnded, SessionLocked, SetupNeeded.

    `alone`: on PostgreSQL wait until no other transaction has asked for the same of this member or by this person, and
    keep others waiting until the commit (the day's limits, req. 42). On SQLite who writes is alone anyway.
    """
    values = {"session_id": operator.session_id, "member_id": member_id, "now": now}
    statement = STANDING_ALONE if alone and connection.dialect.name == "postgresql" else STANDING
    row = statement.first(connection, values)
    if row is None or not row.enabled or row.ended_at is not None or not _is_theirs(row, operator):
        raise SessionEnded
    limits = policy.session
    last_seen_at = moment(row.last_seen_at)
    if now - moment(row.started_at) > timedelta(hours=limits.absolute_hours):
        raise SessionEnded("Su sesión cumplió el máximo de horas. Ingrese de nuevo.")
    if row.locked_at is not None or now - last_seen_at > timedelta(minutes=limits.idle_lock_minutes):
        raise SessionLocked
    if row.password_expires_at is not None:
        raise SetupNeeded
    roles = _roles(row.roles)
    if not row.second_factor and not roles.isdisjoint(limits.second_factor_roles):
        raise SetupNeeded("Registre su segundo factor antes de trabajar.")
    if touch and now - last_seen_at > TOUCH_AFTER:
        connection.execute(TOUCH, {"now": now, "session_id": operator.session_id})
    lease = (row.lease or "0 ").split(" ", 1)
    case = (row.case_row or "").split("|", 1)
    return Standing(
        roles=roles,
        level=int(lease[0]),
        factors=frozenset(lease[1].split()),
        flags=len(case[1].split()) if len(case) > 1 else 0,
        case_id=case[0] or None,
        own_or_relative=bool(row.related),
        authenticated_at=moment(row.authenticated_at),
        single_limit=row.single_limit,
        daily_limit=row.daily_limit,
    )


@functools.lru_cache(maxsize=64)
def _roles(stored: str) -> frozenset[Role]:
    """The roles of `agente_cis supervisor`. There are few such texts and each request reads one."""
    return frozenset(Role(name) for name in stored.split())


def member_alone(connection: Connection, member_id: int) -> None:
    """For the program's own work, what `standing` does with `alone`: until the commit nobody else moves money of this
    member's day."""
    if connection.dialect.name == "postgresql":
        MEMBER_ALONE.run(connection, {"member_id": member_id})


def _is_theirs(row: Any, operator: Operator) -> bool:
    """Whether the session is this operator's: the key of somebody else's opens nothing, and nobody moves to another
    desk or channel on the way (in person is a factor, req. 17)."""
    kept = (f"staff:{row.staff_id}", row.username, row.channel, row.branch, row.terminal)
    return kept == (operator.actor, operator.username, operator.channel.value, operator.branch, operator.terminal)


def decide(
    op: Op,
    rule: Rule,
    found: Standing,
    *,
    member_id: int | None,
    now: datetime,
    policy: Policy,
    second_follows: bool = False,
) -> None:
    """Raise what stands in the way of `op`, most basic reason first; return if nothing does.

    `second_follows`: nothing is done before a second person approves, who is the factor that makes N3 of N2 (req. 17).

    Raises NotPermitted, VerificationNeeded, ReauthenticationNeeded.
    """
    if not rule.roles & found.roles:
        raise NotPermitted
    if member_id is not None and found.own_or_relative and op is not Op.MEMBER_FIND:
        raise NotPermitted(
            "No puede atender su propia cuenta ni la de un familiar declarado. Pida a otra persona que atienda."
        )
    needed = needed_level(rule, found.flags)
    if second_follows:
        needed = min(needed, 2)
    if found.level < needed:
        raise VerificationNeeded(needed, FACTOR_NAMES[found.level + 1])
    if (
        rule.level
        and not second_follows
        and found.flags >= policy.verification.flags_for_supervisor
        and not found.factors
        & {
            "in_person",
            "second_person",
        }
    ):
        raise VerificationNeeded(3, "por las señales de alerta, atención en sucursal o un supervisor")
    if rule.reauthenticate and now - found.authenticated_at > timedelta(
        minutes=policy.session.reauthentication_minutes
    ):
        raise ReauthenticationNeeded


def needed_level(rule: Rule, flags: int) -> int:
    """The level after red flags: one flag lifts every verified operation by one (req. 23)."""
    return min(3, rule.level + 1) if rule.level and flags else rule.level
