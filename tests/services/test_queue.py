"""Who waits for activation, oldest first (S39), and how the agent's day goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.values.uuid7 import uuid7
from services.activation_queue import day_summary, pending_activations
from services.cases import CloseCase, close_case
from services.errors import NotPermitted, SessionLocked
from services.operations import Op
from services.operator import Operator, Role
from services.posting import Leg, Posting, post
from services.records import OpenRecord, open_record
from tests.services.world import World


@pytest.fixture
def agent(world: World) -> Operator:
    return world.staff("mrodriguez")


def test_the_oldest_comes_first_with_its_age(world: World, agent: Operator) -> None:
    now = world.clock.now()
    for number, minutes, state, route in (
        ("50012", 8, "solicitado", "web"),
        ("50233", 25, "verificado", "capitulo"),
        ("50300", 90, "activo", "web"),
    ):
        member = world.member(number)
        world.access(member, state, route=route, requested_at=now - timedelta(minutes=minutes, seconds=30))
    rows = pending_activations(agent, world.uow)
    assert [(row.number, row.route, row.age_minutes) for row in rows] == [
        ("50233", "capítulo", 25),
        ("50012", "web", 8),
    ]
    assert "ITZEL" not in repr(rows).upper()


def test_at_most_fifty(world: World, agent: Operator) -> None:
    for number in range(60_000, 60_053):
        world.access(world.member(str(number)), requested_at=world.clock.now() - timedelta(minutes=number - 60_000))
    rows = pending_activations(agent, world.uow)
    assert len(rows) == 50 and rows[0].number == "60052"


def test_a_list_is_told_once_until_it_changes(world: World, agent: Operator) -> None:
    first = world.member("50012")
    world.access(first)
    for _ in range(3):
        pending_activations(agent, world.uow)
    assert [event["detail"]["members"] for event in world.events("queue.view")] == [[first]]
    pending_activations(world.staff("otra"), world.uow)
    assert len(world.events("queue.view")) == 2
    second = world.member("50013")
    world.access(second)
    pending_activations(agent, world.uow)
    assert world.events("queue.view")[-1]["detail"]["members"] == [first, second]


def test_the_panels_keep_nobody_awake(world: World, agent: Operator) -> None:
    world.clock.advance(minutes=world.uow.policy.session.idle_lock_minutes - 1)
    pending_activations(agent, world.uow)
    day_summary(agent, world.uow)
    world.clock.advance(minutes=2)
    with pytest.raises(SessionLocked):
        pending_activations(agent, world.uow)


def test_rights(world: World) -> None:
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        operator = world.staff(role.value, roles=(role,))
        for call in (pending_activations, day_summary):
            with pytest.raises(NotPermitted):
                call(operator, world.uow)


def test_the_day_counts_from_midnight_in_panama(world: World, agent: Operator) -> None:
    member, other = world.member("50012"), world.member("50013")
    yesterday = world.clock.now() - timedelta(hours=10)  # 23:00 of the day before in Panama
    world.case(world.staff("x"), member)
    world.change(
        "INSERT INTO service_case (id, member_id, staff_id, session_id, channel, branch, opened_at, closed_at, flags)"
        " SELECT 'old', :member, :staff, 's', 'cis', '001', opened_at, opened_at, '' FROM service_case",
        member=member,
        staff=agent.staff_id,
    )
    world.change(
        "UPDATE service_case SET opened_at = :then WHERE id = 'old'",
        then=yesterday if world.dialect != "sqlite" else yesterday.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    )
    assert day_summary(agent, world.uow).cases == 0
    open_record(OpenRecord(member), agent, world.uow)
    accounts = world.account(member, balance=100_00), world.account(member)
    for result in ("ok", "refused"):
        with world.uow.begin_system(agent, member_id=member) as tx:
            tx.record(Op.ACCESS_ACTIVATE.value, result=result)
            tx.commit()
    with world.uow.begin_system(agent, member_id=member) as tx:
        post(tx, Posting(uuid7(), Op.TRANSFER_OWN.value, (Leg(*accounts, 75_00),), member_id=member))
        tx.record(Op.TRANSFER_OWN.value)
        tx.commit()
    world.clock.advance(seconds=100)
    open_record(OpenRecord(other), agent, world.uow)
    world.clock.advance(seconds=51)
    close_case(CloseCase(other), agent, world.uow)
    day = day_summary(agent, world.uow)
    assert (day.cases, day.average_seconds, day.activations, day.payments, day.waiting) == (2, 75, 1, 1, 0)
