"""A member whose browser dies in the middle of a step comes back to the first step that isn't committed, on both
engines: nothing half done, no step lost, none twice (req. 30)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from data.values.uuid7 import uuid7
from services import first_access as fa
from services import member_sign_in as door
from services.credentials import IssueCredential, issue_credential
from tests.faults.issuing import Desks, cheap_hasher, fixed_secrets
from tests.services import portal_door as portal
from tests.services.access_cases import REASON, last_password
from tests.services.world import World

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
COLUMNS = {
    "password": "password_at", "username": "username_at", "image": "image_at", "questions": "questions_at",
    "services": "services_at",
}  # fmt: skip


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    """A store that parent and child open with the same keys."""
    made = World(store_url, fixed_secrets(), cheap_hasher())
    yield made
    made.close()


@pytest.mark.thorough
def test_a_kill_at_each_step_before_and_after_the_commit(world: World) -> None:
    with Desks("tests.faults.portal_child") as browsers:
        for number, (step, point) in enumerate(
            (step, point) for step in portal.WIZARD for point in ("before_commit", "after_commit")
        ):
            killed_at(world, browsers, str(50_200 + number), step, point)
    if world.dialect == "sqlite":
        assert world.scalar("PRAGMA integrity_check") == "ok"
        assert world.scalar("SELECT count(*) FROM audit_event") == world.scalar("SELECT count(*) FROM audit_seal")


def killed_at(world: World, browsers: Desks, number: str, step: str, point: str) -> None:
    agent, member, temporary = portal.issued(world, number, f"agente{number}")
    user = f"Socia.{number}"
    inside = portal.with_temporary(world, temporary, number)
    before = portal.WIZARD[: portal.WIZARD.index(step)]
    for earlier in before:
        portal.take(world, inside.operator, earlier, temporary, user)
    order = {
        "url": world.url, "member": member, "number": number, "session": inside.operator.session_id, "step": step,
        "current": temporary, "user": user, "point": point,
    }  # fmt: skip
    assert browsers.run(order) == -signal.SIGKILL
    landed = point == "after_commit"
    taken = world.scalar(f"SELECT {COLUMNS[step]} FROM access WHERE member_id = :id", id=member)
    assert (taken is not None) == landed, (step, point)
    events = [event for event in world.events(f"portal.{step}") if event["member"] == member]
    assert len(events) == landed
    if step == "password" and not landed:  # the temporary password is good once: another one is sent
        with pytest.raises(door.DoorRefused):
            portal.with_temporary(world, temporary, number)
        issue_credential(IssueCredential(member, REASON, uuid7()), agent, world.uow)
        temporary = last_password(world)
        back = portal.with_temporary(world, temporary, number)
    elif step == "services" and landed:
        assert portal.sign_in(world, user).must == "contract"
        return
    else:
        back = portal.with_temporary(world, portal.NEW_PASSWORD, number)
    due = portal.WIZARD[portal.WIZARD.index(step) + landed]
    assert (back.must, fa.next_step(back.operator, world.uow).step) == (due, due)
    for later in portal.WIZARD[portal.WIZARD.index(due) :]:
        portal.take(world, back.operator, later, temporary, user)
    assert portal.sign_in(world, user).must == "contract"
