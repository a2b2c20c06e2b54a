"""Desks that issue a credential and are killed on the way: `python -m tests.faults.issue_child`.

Each line on stdin is an order in JSON: url, actor, username, session, member, key, use (activate | issue), point. A
forked process carries it out and, at the named crash point, sends itself SIGKILL: no handler, no rollback, no goodbye.
The answer is one line: minus the signal that killed it, or its exit code.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from data.engine import make_engine
from services import faults
from services.activation import Activate, activate
from services.credentials import IssueCredential, issue_credential
from services.operator import Channel, Operator, Role
from services.policy import load_policy
from services.unit_of_work import UnitOfWork
from tests.faults.issuing import REASON, cheap_hasher, fixed_secrets
from tests.services.world import FrozenClock


def work(order: Mapping[str, Any]) -> None:
    """Issue what is ordered, in a process of its own."""
    uow = UnitOfWork(
        make_engine(order["url"]),
        clock=FrozenClock(),
        policy=load_policy(),
        secrets=fixed_secrets(),
        hasher=cheap_hasher(),
    )
    operator = Operator(
        order["actor"], order["username"], frozenset({Role.CIS_AGENT}), "001", "T-1", Channel.CIS, order["session"]
    )

    die_at(order["point"])
    if order["use"] == "activate":
        activate(Activate(order["member"], REASON, order["key"]), operator, uow)
    else:
        issue_credential(IssueCredential(order["member"], REASON, order["key"]), operator, uow)


def die_at(point: str) -> None:
    """From here on this process dies at the named crash point."""

    def hook(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    faults.hook = hook


def serve(work: Callable[[Mapping[str, Any]], None]) -> None:
    """Carry out the orders on stdin, each in a process of its own, and answer how each ended."""
    # Nothing is open in this process but its pipes: a fork shares no connection and no thread.
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work(json.loads(line))
                code = 0
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(work)
