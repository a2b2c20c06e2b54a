"""Browsers that die at a step of the first access: `python -m tests.faults.portal_child` (see issue_child for orders).

An order: url, member, number, session, step, current, user, point.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.engine import make_engine
from services.policy import load_policy
from services.portal_place import member_operator
from services.unit_of_work import UnitOfWork
from tests.faults.issue_child import die_at, serve
from tests.faults.issuing import cheap_hasher, fixed_secrets
from tests.services import portal_door as portal
from tests.services.world import FrozenClock


def work(order: Mapping[str, Any]) -> None:
    """Take the step that is ordered, in a process of its own."""
    uow = UnitOfWork(
        make_engine(order["url"]),
        clock=FrozenClock(),
        policy=load_policy(),
        secrets=fixed_secrets(),
        hasher=cheap_hasher(),
    )
    operator = member_operator(order["member"], order["number"], portal.WEB, order["session"], "")
    die_at(order["point"])
    at_uow = type("AtUow", (), {"uow": uow})()
    portal.take(at_uow, operator, order["step"], order["current"], order["user"])


if __name__ == "__main__":
    serve(work)
