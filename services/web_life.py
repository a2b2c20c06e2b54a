"""What the web door leaves in the trail: its opening and closing, its sessions, whom it sent away (req. 48)."""

from collections.abc import Mapping

from services.operator import system_operator
from services.text_cleaning import clean
from services.unit_of_work import UnitOfWork
from services.web_policy import ACTIONS, REFUSED, STOP

TASK = "web"
LONGEST = 80


def tell_web(
    uow: UnitOfWork, action: str, terminal: str, *, reason: str = "", detail: Mapping[str, object] | None = None
) -> None:
    """Leave one event of the door. `terminal`: the station, or what browser it is; `reason`: why somebody was sent away
    or how it ended. Raises ValueError for an action that is none of the door's, StoreUnavailable, AuditUnavailable."""
    if action not in ACTIONS:
        raise ValueError("no action of the web door")
    told = {
        clean(str(key), LONGEST): clean(value, LONGEST) if isinstance(value, str) else value
        for key, value in (detail or {}).items()
        if isinstance(value, str | int)
    }
    result = "refused" if action == REFUSED else "failed" if action == STOP and reason else "ok"
    with uow.begin_system(system_operator(TASK, clean(terminal, LONGEST))) as tx:
        tx.record(action, result=result, reason=clean(reason, LONGEST) or None, detail=told)
        tx.commit()
