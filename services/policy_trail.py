"""Another policy than the last one that the store worked under stands in the trail (req. 48): limits are rights."""

from typing import Final

from sqlalchemy import bindparam, text

from services.operator import system_operator
from services.unit_of_work import UnitOfWork

POLICY_FACT: Final = "policy_sha256"
ACTION: Final = "policy.change"
_FACTS = text("SELECT key, value FROM store_meta WHERE key IN (:fact, 'store_id')").bindparams(
    bindparam("fact", POLICY_FACT)
)
_KEEP = text(
    "INSERT INTO store_meta (key, value) VALUES (:fact, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
).bindparams(bindparam("fact", POLICY_FACT))


def note_policy(uow: UnitOfWork) -> bool:
    """Compare the policy in force with the last one noted, and tell the trail if it is another; answers whether.

    A store that isn't made yet has none. Raises StoreUnavailable, AuditUnavailable.
    """
    with uow.engine.connect() as connection:
        facts = {row.key: row.value for row in connection.execute(_FACTS)}
    former = facts.get(POLICY_FACT)
    if "store_id" not in facts or former == uow.policy.sha256:
        return False
    with uow.begin_system(system_operator(ACTION)) as tx:
        tx.connection.execute(_KEEP, {"value": uow.policy.sha256})
        tx.record(ACTION, detail={"before": former, "after": uow.policy.sha256, "version": uow.policy.version})
        tx.commit()
    return True
