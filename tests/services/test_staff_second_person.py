"""A second person at the desk: proven apart, counted even when the use case is refused (req. 12, 17, 43)."""

from __future__ import annotations

import pytest

from data.secrets import Secret
from services.errors import (
    NotPermitted,
    SecondFactorNeeded,
    SecondPersonNeeded,
    SessionEnded,
    SessionLocked,
    SignInRefused,
)
from services.operations import Op
from services.operator import Operator, Role
from services.staff_sessions import StaffIdentity, check_staff, lock, recheck_staff, sign_out
from tests.services.world import PASSWORD, World


def check(
    world: World, agent: Operator, username: str = "sgomez", password: str = PASSWORD, code: Secret | None = None
) -> StaffIdentity:
    return check_staff(username, Secret(password), code, agent, world.uow)


def test_a_supervisor_stands_in(world: World) -> None:
    agent, supervisor = world.staff(), world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    with pytest.raises(SecondFactorNeeded):
        check(world, agent)
    identity = check(world, agent, " SGomez ", code=world.code())
    assert (identity.staff_id, identity.username, identity.roles) == (supervisor.staff_id, "sgomez", {Role.SUPERVISOR})
    event = world.events("second_person.give")[-1]
    assert (event["result"], event["actor"], event["object"]) == ("ok", agent.actor, supervisor.actor)
    with pytest.raises(SignInRefused):
        check(world, agent, code=world.code())


def test_failures_count_and_lock_whatever_becomes_of_the_use_case(world: World) -> None:
    agent = world.staff()
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    for number in range(5):
        with pytest.raises(SignInRefused):
            check(world, agent, password=PASSWORD if number % 2 else "no es su frase", code=world.code(-5))
    with pytest.raises(SignInRefused):
        check(world, agent, code=world.code())
    assert [event["reason"] for event in world.events("second_person.give")][-1] == "locked"
    assert len(world.events("staff.lock")) == 1
    assert world.scalar("SELECT failed_count FROM staff WHERE username = 'mrodriguez'") == 0


def test_who_may_not(world: World) -> None:
    both = world.staff("sgomez", [Role.SUPERVISOR, Role.CASHIER])
    with pytest.raises(NotPermitted) as refused:
        check(world, both, code=world.code())
    assert "que usted registró" in refused.value.user_text
    agent = world.staff()
    world.staff("jcastillo", sign_in=False)
    with pytest.raises(NotPermitted):
        check(world, agent, "jcastillo")
    world.staff("nuevo", [Role.SUPERVISOR], sign_in=False, totp_sealed=None)
    with pytest.raises(SecondPersonNeeded):
        check(world, agent, "nuevo")
    world.staff("temporal", [Role.SUPERVISOR], sign_in=False, password_expires_at=world.clock.now().replace(hour=23))
    with pytest.raises(SecondPersonNeeded):
        check(world, agent, "temporal", code=world.code())
    with pytest.raises(SignInRefused):
        check(world, agent, "nobody")
    assert all(event["result"] == "refused" for event in world.events("second_person.give"))


def test_only_from_a_working_desk(world: World) -> None:
    agent = world.staff()
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    lock(agent, world.uow)
    with pytest.raises(SessionLocked):
        check(world, agent, code=world.code())
    sign_out(agent, world.uow)
    with pytest.raises(SessionEnded):
        check(world, agent, password="x")
    assert world.scalar("SELECT sum(failed_count) FROM staff") == 0


def test_the_use_case_looks_again(world: World) -> None:
    agent, member = world.staff(), world.member()
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    identity = check(world, agent, code=world.code())
    with world.uow.begin(agent, Op.CALLER_VERIFY, member_id=member) as tx:
        recheck_staff(tx, identity)
    supervisor = world.staff("otra", [Role.SUPERVISOR])
    own = StaffIdentity(supervisor.staff_id, "otra", "Otra", frozenset({Role.SUPERVISOR}))
    with pytest.raises(SecondPersonNeeded), world.uow.begin(supervisor, Op.CALLER_VERIFY, member_id=member) as tx:
        recheck_staff(tx, own)
    world.change("UPDATE staff SET roles = 'cajero' WHERE username = 'sgomez'")
    with pytest.raises(SecondPersonNeeded), world.uow.begin(agent, Op.CALLER_VERIFY, member_id=member) as tx:
        recheck_staff(tx, identity)
