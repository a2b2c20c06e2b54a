"""The trail tells when the program began and ended its work on a store (req. 48)."""

from services.operator import system_operator
from services.unit_of_work import UnitOfWork

START = "program.start"
STOP = "program.stop"


def tell(uow: UnitOfWork, action: str, terminal: str) -> None:
    """Leave one event. Raises StoreUnavailable, AuditUnavailable."""
    with uow.begin_system(system_operator(action, terminal)) as tx:
        tx.record(action, detail={"policy": uow.policy.sha256[:16]})
        tx.commit()
