"""How a store comes to its policy, and what the trail says of it (req. 48): limits are rights.

The first version of a store is the file of its data folder, or what the program ships. Later ones take two people
(services/policy_changes.py). Whoever holds the store's keys can go back to the shipped one on the console, so that no
policy shuts everybody out for good; the trail marks it.
"""

from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, text
from sqlmodel import col

from data.tables import PolicyVersion
from services.errors import InvalidInput
from services.operator import Operator, system_operator
from services.policy import packaged_policy, parse_policy
from services.policy_store import VERSIONS, StoredPolicies, keep_version
from services.reasons import check_reason
from services.unit_of_work import UnitOfWork

POLICY_FACT: Final = "policy_sha256"
ACTION: Final = "policy.change"
FALLBACK: Final = "policy.fallback"
_FACTS = text("SELECT key, value FROM store_meta WHERE key IN (:fact, 'store_id')").bindparams(
    bindparam("fact", POLICY_FACT)
)
_KEEP = text(
    "INSERT INTO store_meta (key, value) VALUES (:fact, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
).bindparams(bindparam("fact", POLICY_FACT))


def adopt_policy(uow: UnitOfWork, raw: bytes, *, source: str) -> bool:
    """Make `raw` the store's first version, if it has none; then work under the store's versions. Answers whether.

    A store that isn't made yet stays without, and is made under `raw`. Raises PolicyError, StoreUnavailable,
    AuditUnavailable.
    """
    with uow.engine.connect() as connection:
        facts = {row.key: row.value for row in connection.execute(_FACTS)}
    if "store_id" not in facts:
        uow.policy = parse_policy(raw)
        return False
    uow.policies = StoredPolicies.of(uow.engine, uow.clock.now())
    if uow.policies is not None:
        return False
    policy = parse_policy(raw)
    with uow.begin_system(system_operator(ACTION)) as tx:
        if tx.connection.dialect.name == "postgresql":
            tx.connection.execute(text("SELECT pg_advisory_xact_lock(728348)"))
        if tx.connection.execute(select(VERSIONS.id).limit(1)).first() is None:
            keep_version(
                tx.connection,
                name=policy.version or policy.sha256[:12],
                text=raw.decode("utf-8"),
                source=source,
                from_at=tx.now,
                at=tx.now,
                reason="Primera política del almacén",
            )
            tx.connection.execute(_KEEP, {"value": policy.sha256})
            detail = {"before": facts.get(POLICY_FACT), "after": policy.sha256, "version": policy.version}
            tx.record(ACTION, detail=detail | {"source": source})
            tx.commit()
    uow.policies = StoredPolicies.of(uow.engine, uow.clock.now())
    return True


def fall_back(uow: UnitOfWork, operator: Operator, reason: str) -> str:
    """Put the shipped document into force at once, by whoever holds the store's keys; answers the version's name.

    Raises InvalidInput for no reason, or where the shipped document is in force already.
    """
    reason = check_reason(reason)
    raw = packaged_policy()
    policy = parse_policy(raw)
    with uow.begin_system(operator) as tx:
        last = _last(tx.connection)
        if last is not None and last.sha256 == policy.sha256 and last.from_at <= tx.now:
            raise InvalidInput("La política que trae el programa ya está en vigor.")
        name = _free_name(tx.connection, policy.version)
        keep_version(
            tx.connection,
            name=name,
            text=raw.decode("utf-8"),
            source="fallback",
            from_at=tx.now,
            at=tx.now,
            reason=reason,
        )
        tx.connection.execute(_KEEP, {"value": policy.sha256})
        before = last.sha256 if last is not None else None
        detail = {"before": before, "after": policy.sha256, "version": name, "critical": True}
        tx.record(FALLBACK, reason=reason, detail=detail)
        tx.commit()
    return name


def _last(connection: Connection) -> Any:
    columns = (col(PolicyVersion.sha256), col(PolicyVersion.from_at))
    return connection.execute(select(*columns).order_by(col(PolicyVersion.id).desc()).limit(1)).first()


def _free_name(connection: Connection, wanted: str) -> str:
    taken = set(connection.execute(select(col(PolicyVersion.name))).scalars())
    names = (wanted, *(f"{wanted}+{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
