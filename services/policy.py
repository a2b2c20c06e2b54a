"""The policy document: read once, validated whole, then frozen. No limit, minute or level lives anywhere else."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from services.audit_policy import AuditPolicy, PatternsPolicy, RecordingPolicy, check_patterns
from services.calendar_rules import BusinessRule
from services.operations import MONEY_OPS, Op
from services.operator import Role
from services.policy_sections import (
    BasketsPolicy,
    CashPolicy,
    CredentialPolicy,
    LookupPolicy,
    MemberAccessPolicy,
    OutboxPolicy,
    ReversalPolicy,
    SchedulesPolicy,
)
from services.portal_policy import MEMBER, MEMBER_PROOFS, PortalPolicy, PrivacyPolicy, StatementsPolicy
from services.web_policy import WebPolicy, WebStaffPolicy


class PolicyError(Exception):
    """The policy document is not usable; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one operation asks for: roles, verification level 0–3, fresh password, reason, second person.

    `member`: what must be fresh of a member who does it in the portal (see MEMBER_PROOFS); None: not for members."""

    roles: frozenset[Role]
    level: int
    reauthenticate: bool = False
    reason: bool = False
    second_person: bool = False
    member: str | None = None


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    idle_lock_minutes: int
    absolute_hours: int
    reauthentication_minutes: int
    failures_before_lock: int
    lock_minutes: int
    sessions_per_user: int
    password_min_with_second_factor: int
    password_min_alone: int
    temporary_password_hours: int
    second_factor_roles: tuple[str, ...]
    outside_hours: str  # supervisor | refuse


@dataclass(frozen=True, slots=True)
class VerificationPolicy:
    lease_minutes: int
    failures_before_block: int
    failure_window_hours: int
    questions_drawn: int
    code_minutes: int
    code_tries: int
    codes_per_case: int
    contact_wait_hours: int
    flags_for_supervisor: int


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """After `late_minutes` what waits is told to `late_roles` too; a desk asks each `notice_seconds` what is new."""

    valid_hours: int
    late_minutes: int
    late_roles: tuple[str, ...]
    notice_seconds: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one kind of transaction, in centésimos (req. 42). `single` is what each role may alone in one transaction."""

    minimum: int
    maximum: int
    member_daily: int
    agent_daily: int
    single: Mapping[Role, int]
    single_of_member: int = 0  # in the portal, by themselves

    def single_of(self, roles: frozenset[Role]) -> int:
        """What somebody in these roles may alone; nothing for roles that have no share."""
        return max((self.single.get(role, 0) for role in roles), default=0)


@dataclass(frozen=True, slots=True)
class BillersPolicy:
    """When an order without an answer is asked for again, and from when on a person should look at it. It is never
    given up: nobody but the gateway knows whether the money moved."""

    first_retry_seconds: int
    most_retry_minutes: int
    alert_after_minutes: int


@dataclass(frozen=True, slots=True)
class LoanPolicy:
    """`allocation`: what a payment pays, in order. `overdue_rate_extra` in hundredths of a percent a year (S15)."""

    allocation: tuple[str, ...]
    day_basis: int
    grace_days: int
    overdue_rate_extra: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole document. `sha256` is of the bytes that were read."""

    version: str
    sha256: str
    session: SessionPolicy
    lookup: LookupPolicy
    verification: VerificationPolicy
    credential: CredentialPolicy
    member_access: MemberAccessPolicy
    portal: PortalPolicy
    reversal: ReversalPolicy
    approval: ApprovalPolicy
    outbox: OutboxPolicy
    billers: BillersPolicy
    audit: AuditPolicy
    patterns: PatternsPolicy
    recording: RecordingPolicy
    cash: CashPolicy
    loan: LoanPolicy
    schedules: SchedulesPolicy
    statements: StatementsPolicy
    baskets: BasketsPolicy
    privacy: PrivacyPolicy
    web_staff: WebStaffPolicy
    web_portal: WebPolicy
    limits: Mapping[Op, Limits]
    operations: Mapping[Op, Rule]


#: What may not be set lower, for the code or a requirement rests on it (req. 11, 27); everything else is one or more.
LEAST: Mapping[str, int] = {
    "password_min_with_second_factor": 12,
    "password_min_alone": 15,
    "length": 12,
    "password_min": 8,
    "username_min": 8,
    "own_maximum": 0,
    "own_daily": 0,
    "agent_daily": 0,
    "reversal_days": 0,
    "vault_alone": 0,
    "day_basis": 360,
    "grace_days": 0,
    "office_opens": 0,
    "overdue_rate_extra": 0,
    "days": 0,
    "retry_days": 0,
}

#: What a loan payment can pay; `[loan] allocation` orders all of them (S15). Principal stands last whatever the order:
#: no payment goes to principal while interest is owed.
LOAN_PARTS = ("charges", "overdue_interest", "interest", "principal")

SECTIONS: dict[str, type[Any]] = {
    "session": SessionPolicy,
    "lookup": LookupPolicy,
    "verification": VerificationPolicy,
    "credential": CredentialPolicy,
    "member_access": MemberAccessPolicy,
    "portal": PortalPolicy,
    "reversal": ReversalPolicy,
    "approval": ApprovalPolicy,
    "outbox": OutboxPolicy,
    "billers": BillersPolicy,
    "audit": AuditPolicy,
    "patterns": PatternsPolicy,
    "recording": RecordingPolicy,
    "cash": CashPolicy,
    "loan": LoanPolicy,
    "schedules": SchedulesPolicy,
    "statements": StatementsPolicy,
    "baskets": BasketsPolicy,
    "privacy": PrivacyPolicy,
    "web_staff": WebStaffPolicy,
    "web_portal": WebPolicy,
}


def load_policy(path: Path | None = None) -> Policy:
    """The policy at `path`, or the one that the program ships. Raises PolicyError with the place and the reason."""
    return parse_policy(path.read_bytes() if path else packaged_policy())


def packaged_policy() -> bytes:
    """The document that the program ships."""
    return (files("data") / "catalog" / "policy.toml").read_bytes()


def parse_policy(raw: bytes) -> Policy:
    """The policy of a document. Raises PolicyError with the place and the reason."""
    return policy_of_document(read_document(raw), hashlib.sha256(raw).hexdigest())


def read_document(raw: bytes) -> dict[str, Any]:
    """The document's own values. Raises PolicyError with line and column."""
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"policy.toml: {error}") from None


def policy_of_document(document: Mapping[str, Any], sha256: str) -> Policy:
    """The policy that these values make. Raises PolicyError with the place and the reason."""
    unknown = document.keys() - SECTIONS.keys() - {"version", "limits", "operations"}
    if unknown:
        raise PolicyError(f"policy.toml: sección desconocida {sorted(unknown)[0]}")
    sections = {name: _section(name, kind, document.get(name)) for name, kind in SECTIONS.items()}
    for name, key in (("session", "second_factor_roles"), ("approval", "late_roles"), ("recording", "roles")):
        if alien := set(getattr(sections[name], key)) - {role.value for role in Role}:
            raise PolicyError(f"policy.toml [{name}] {key}: rol desconocido {sorted(alien)[0]}")
    if sections["session"].outside_hours not in ("supervisor", "refuse"):
        raise PolicyError('policy.toml [session] outside_hours: "supervisor" o "refuse"')
    order = sections["loan"].allocation
    if sorted(order) != sorted(LOAN_PARTS) or order[-1] != "principal":
        raise PolicyError(f"policy.toml [loan] allocation: {', '.join(LOAN_PARTS)} en algún orden, principal al final")
    if sections["schedules"].holidays not in set(BusinessRule):
        raise PolicyError(f"policy.toml [schedules] holidays: uno de {', '.join(BusinessRule)}")
    if wrong := check_patterns(sections["patterns"]):
        raise PolicyError(f"policy.toml [patterns] {wrong}")
    return Policy(
        version=str(document.get("version", "")),
        sha256=sha256,
        limits=_limits(document.get("limits")),
        operations=_operations(document.get("operations")),
        **sections,
    )


def _section(name: str, kind: type[Any], values: Any) -> Any:
    fields: dict[str, Any] = kind.__dataclass_fields__
    if not isinstance(values, dict) or values.keys() != fields.keys():
        differing = sorted(fields.keys() ^ (values.keys() if isinstance(values, dict) else set()))
        raise PolicyError(f"policy.toml [{name}]: faltan o sobran: {', '.join(differing)}")
    for key, value in values.items():
        wanted = fields[key].type
        least = LEAST.get(key, 1)
        if wanted is bool and not isinstance(value, bool):
            raise PolicyError(f"policy.toml [{name}] {key}: true o false")
        if wanted is int and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise PolicyError(f"policy.toml [{name}] {key}: un número entero, {least} o más")
        if wanted == tuple[str, ...] and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            raise PolicyError(f"policy.toml [{name}] {key}: una lista de textos")
        if wanted is str and not isinstance(value, str):
            raise PolicyError(f"policy.toml [{name}] {key}: un texto")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def _limits(table: Any) -> dict[Op, Limits]:
    names = {op.value for op in MONEY_OPS}
    if not isinstance(table, dict) or table.keys() != names:
        differing = sorted(names ^ (table.keys() if isinstance(table, dict) else set()))
        raise PolicyError(f"policy.toml [limits]: faltan o sobran: {', '.join(differing)}")
    return {Op(name): _limits_of(name, row) for name, row in table.items()}


def _limits_of(name: str, row: Any) -> Limits:
    amounts = ("minimum", "maximum", "member_daily", "agent_daily")
    where = f'policy.toml [limits] "{name}"'
    if not isinstance(row, dict) or row.keys() != {*amounts, "single"} or not isinstance(row["single"], dict):
        raise PolicyError(f"{where}: lleva {', '.join(amounts)} y single, nada más")
    for key, value in (*((key, row[key]) for key in amounts), *row["single"].items()):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise PolicyError(f"{where} {key}: un número entero de centésimos, 0 o más")
    if not 0 < row["minimum"] <= row["maximum"]:
        raise PolicyError(f"{where}: minimum va sobre cero y no sobre maximum")
    try:
        single = {Role(role): value for role, value in row["single"].items() if role != MEMBER}
    except ValueError as error:
        raise PolicyError(f"{where}: {error}") from None
    shares = (row["member_daily"], row["agent_daily"], single, row["single"].get(MEMBER, 0))
    return Limits(row["minimum"], row["maximum"], *shares)


def _operations(table: Any) -> dict[Op, Rule]:
    if not isinstance(table, dict):
        raise PolicyError("policy.toml: falta [operations]")
    names = {op.value for op in Op}
    if table.keys() != names:
        raise PolicyError(f"policy.toml [operations]: faltan o sobran: {', '.join(sorted(table.keys() ^ names))}")
    return {Op(name): _rule(name, row) for name, row in table.items()}


def _rule(name: str, row: Any) -> Rule:
    allowed = {"roles", "level", "reauthenticate", "reason", "second_person", "member"}
    if not isinstance(row, dict) or not {"roles", "level"} <= row.keys() or row.keys() - allowed:
        raise PolicyError(f'policy.toml [operations] "{name}": lleva roles y level, y nada desconocido')
    if row["level"] not in (0, 1, 2, 3):
        raise PolicyError(f'policy.toml [operations] "{name}": level es 0, 1, 2 o 3')
    if row.get("member") not in {None, *MEMBER_PROOFS}:
        raise PolicyError(f'policy.toml [operations] "{name}": member es uno de {", ".join(sorted(MEMBER_PROOFS))}')
    try:
        roles = frozenset(Role(role) for role in row["roles"])
    except ValueError as error:
        raise PolicyError(f'policy.toml [operations] "{name}": {error}') from None
    again, reason, second = (bool(row.get(key)) for key in ("reauthenticate", "reason", "second_person"))
    return Rule(roles, row["level"], again, reason, second, row.get("member"))
