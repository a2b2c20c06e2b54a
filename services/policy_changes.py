"""Another policy: proposed as text by one person, approved by another, in force from a set moment (req. 42, 48).

Who approves agrees to the text, to what it replaces and to the moment. A draft that would leave nobody to propose or
nobody else to approve the next one is refused: no policy shuts itself in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import select, text, true
from sqlmodel import col

from data.tables import PolicyVersion, Staff
from data.values.dates import format_datetime
from services.errors import InvalidInput
from services.operations import Op
from services.policy import Policy, PolicyError
from services.policy_store import LEAD, keep_version
from services.policy_text import check_text
from services.policy_versions import difference_lines
from services.proposal_kinds import Change, Effect, Line, ProposalKind, Told
from services.staff_proof import roles_of
from services.unit_of_work import Transaction

LONGEST = 200_000
AT_ONCE = "al aprobarla"


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """`text`: the whole document; `from_at`: when it shall hold, None as soon as it is approved."""

    text: str
    from_at: datetime | None = None


class _Change(ProposalKind):
    name, title = "policy.change", "Cambio de política"
    asks, gives = Op.POLICY_PROPOSE, Op.POLICY_APPROVE

    def parse(self, payload: Mapping[str, Any]) -> ChangePolicy:
        moment = payload["from_at"]
        return ChangePolicy(payload["text"], None if moment is None else datetime.fromisoformat(moment))

    def payload(self, command: ChangePolicy) -> dict[str, Any]:
        moment = None if command.from_at is None else command.from_at.isoformat()
        return {"text": command.text, "from_at": moment}

    def look(self, tx: Transaction, command: ChangePolicy) -> Change:
        policy = checked(command.text)
        _hold_versions(tx)
        last = _versions(tx)
        if policy.version in {row.name for row in last}:
            raise InvalidInput(
                f"Ya hubo una política «{policy.version}». Escriba otro nombre en version.", field="text"
            )
        check_deciders(tx, policy)
        in_force = next((row for row in last if row.from_at <= tx.now), None)
        lines: tuple[Line, ...] = (("Vale desde", "—", _moment(command.from_at)),)
        lines += difference_lines(in_force.text if in_force else "", command.text)
        state = {"last": last[0].id if last else 0, "in_force": in_force.sha256 if in_force else ""}
        return Change(policy.version, lines, state)

    def apply(self, tx: Transaction, command: ChangePolicy, prepared: None, told: Told) -> Effect:
        del prepared
        policy = checked(command.text)
        from_at = max(command.from_at or tx.now, tx.now + LEAD)
        before = tx.policy.sha256
        keep_version(
            tx.connection,
            name=policy.version,
            text=command.text,
            source="proposal",
            from_at=from_at,
            at=tx.now,
            proposed_by=told.maker_id,
            approved_by=tx.operator.staff_id,
            proposal_id=told.proposal,
            reason=told.reason,
        )
        detail = {"before": before, "after": policy.sha256, "version": policy.version, "since": from_at.isoformat()}
        tx.record("policy.change", reason=told.reason, detail=told.detail | detail)
        return Effect(f"La política «{policy.version}» vale desde el {format_datetime(from_at)}.")


KINDS: Mapping[type[Any], ProposalKind] = MappingProxyType({ChangePolicy: _Change()})


def checked(document: str) -> Policy:
    """The policy of a draft. Raises InvalidInput (field `text`), which begins with the line to blame."""
    if len(document) > LONGEST:
        raise InvalidInput("El documento es demasiado largo.", field="text")
    try:
        policy = check_text(document)
    except PolicyError as error:
        raise InvalidInput(str(error), field="text") from None
    if not policy.version.strip() or len(policy.version) > 40 or not policy.version.isprintable():
        raise InvalidInput('Línea 1: version lleva un nombre de hasta 40 letras: version = "2027-01-15".', field="text")
    return policy


def check_deciders(tx: Transaction, policy: Policy) -> None:
    """Refuse a policy under which nobody on record could propose, or nobody else approve, the next one (or rights).

    Raises InvalidInput (field `text`).
    """
    people = [roles_of(person) for person in tx.session.exec(select_enabled()).all()]
    for ask, give in ((Op.POLICY_PROPOSE, Op.POLICY_APPROVE), (Op.STAFF_MANAGE, Op.STAFF_APPROVE)):
        asks, gives = policy.operations[ask].roles, policy.operations[give].roles
        askers = [at for at, roles in enumerate(people) if roles & asks]
        givers = [at for at, roles in enumerate(people) if roles & gives]
        if not any(one != other for one in askers for other in givers):
            raise InvalidInput(
                f"Con esa política nadie podría proponer y otra persona aprobar ({ask.value}, {give.value})."
                " Deje roles que hoy tengan dos personas.",
                field="text",
            )


def select_enabled() -> Any:
    """Everybody who works here now."""
    from sqlmodel import select as select_rows

    return select_rows(Staff).where(col(Staff.enabled) == true())


def _versions(tx: Transaction) -> list[Any]:
    columns = (PolicyVersion.id, PolicyVersion.name, PolicyVersion.sha256, PolicyVersion.text, PolicyVersion.from_at)
    return list(tx.connection.execute(select(*columns).order_by(col(PolicyVersion.id).desc())))  # type: ignore[call-overload]


def _hold_versions(tx: Transaction) -> None:
    """Two approvals at once: one is first. On SQLite who writes is alone anyway."""
    if tx.connection.dialect.name == "postgresql":
        tx.connection.execute(text("SELECT pg_advisory_xact_lock(728348)"))


def _moment(moment: datetime | None) -> str:
    return AT_ONCE if moment is None else format_datetime(moment)
