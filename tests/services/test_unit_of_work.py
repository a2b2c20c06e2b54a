"""One transaction a use case: authorised, audited, rolled back unless committed (req. 15, 24, 43, 48, 49)."""

import pytest

from services.errors import (
    AuditUnavailable,
    NotPermitted,
    ReauthenticationNeeded,
    SessionEnded,
    SessionLocked,
    VerificationNeeded,
)
from services.operations import Op
from services.operator import Role
from tests.services.world import World


def test_what_is_not_committed_is_gone(world: World) -> None:
    agent, member = world.staff(), world.member()
    with world.uow.begin(agent, Op.NOTE_ADD, member_id=member) as tx:
        tx.record()
    assert world.events() == []


def test_commit_without_an_event_is_refused(world: World) -> None:
    agent, member = world.staff(), world.member()
    with pytest.raises(AuditUnavailable), world.uow.begin(agent, Op.NOTE_ADD, member_id=member) as tx:
        tx.commit()


def test_a_commit_keeps_its_event_and_chains_it_on_sqlite(sqlite_world: World) -> None:
    agent, member = sqlite_world.staff(), sqlite_world.member()
    with sqlite_world.uow.begin(agent, Op.NOTE_ADD, member_id=member) as tx:
        tx.record(detail={"length": 4})
        tx.commit()
    (event,) = sqlite_world.events()
    assert (event["action"], event["actor"], event["member"], event["result"]) == (
        "note.add",
        agent.actor,
        member,
        "ok",
    )
    assert sqlite_world.scalar("SELECT count(*) FROM audit_seal") == 1


def test_a_refusal_leaves_its_own_event(world: World) -> None:
    auditor, member = world.staff(roles=[Role.AUDITOR]), world.member()
    with pytest.raises(NotPermitted), world.uow.begin(auditor, Op.TRANSFER_OWN, member_id=member):
        raise AssertionError("an auditor got through")
    (event,) = world.events("transfer.own")
    assert (event["result"], event["reason"]) == ("refused", "not_permitted")


def test_levels_leases_and_their_end(world: World) -> None:
    agent, member, other = world.staff(), world.member(), world.member("50013")
    with (
        pytest.raises(VerificationNeeded) as refused,
        world.uow.begin(agent, Op.TRANSFER_OWN, member_id=member),
    ):
        pass
    assert refused.value.level == 2
    world.lease(agent, member, level=2)
    with world.uow.begin(agent, Op.TRANSFER_OWN, member_id=member) as tx:
        assert tx.standing is not None and tx.standing.level == 2
    with pytest.raises(VerificationNeeded), world.uow.begin(agent, Op.TRANSFER_OWN, member_id=other):
        pass
    colleague = world.staff("jcastillo")
    with pytest.raises(VerificationNeeded), world.uow.begin(colleague, Op.TRANSFER_OWN, member_id=member):
        pass
    for _ in range(4):
        world.clock.advance(minutes=3, seconds=45)
        try:
            with world.uow.begin(agent, Op.RECORD_VIEW, member_id=member) as tx:
                tx.record()
                tx.commit()
        except SessionLocked:
            pytest.fail("a working agent was locked out")
    with pytest.raises(VerificationNeeded), world.uow.begin(agent, Op.TRANSFER_OWN, member_id=member):
        pass


def test_flags_raise_the_level(world: World) -> None:
    agent, member = world.staff(), world.member()
    case = world.lease(agent, member, level=2)
    world.change("UPDATE service_case SET flags = 'urgencia' WHERE id = :id", id=case)
    with pytest.raises(VerificationNeeded), world.uow.begin(agent, Op.TRANSFER_OWN, member_id=member):
        pass
    world.change("UPDATE verification_lease SET level = 3 WHERE case_id = :id", id=case)
    with world.uow.begin(agent, Op.TRANSFER_OWN, member_id=member):
        pass
    world.change("UPDATE service_case SET flags = 'urgencia tercero' WHERE id = :id", id=case)
    with pytest.raises(VerificationNeeded), world.uow.begin(agent, Op.TRANSFER_OWN, member_id=member):
        pass
    world.change("UPDATE verification_lease SET factors = 'question code second_person' WHERE case_id = :id", id=case)
    with world.uow.begin(agent, Op.TRANSFER_OWN, member_id=member):
        pass


def test_nobody_serves_themselves_or_their_family(world: World) -> None:
    own = world.member("50020")
    agent, family = world.staff(member_id=own), world.member("50021")
    world.relative(agent, family)
    for member in (own, family):
        world.lease(agent, member, level=3)
        with pytest.raises(NotPermitted), world.uow.begin(agent, Op.ACCESS_UNLOCK, member_id=member):
            pass


def test_a_stale_password_is_asked_again(world: World) -> None:
    agent, member = world.staff(), world.member()
    world.lease(agent, member, level=3)
    world.clock.advance(minutes=4, seconds=59)
    with world.uow.begin(agent, Op.ACCESS_ACTIVATE, member_id=member) as tx:
        tx.record()
        tx.commit()
    world.clock.advance(seconds=2)
    with pytest.raises(ReauthenticationNeeded), world.uow.begin(agent, Op.ACCESS_ACTIVATE, member_id=member):
        pass


def test_idle_locks_absolute_ends_and_disabling_ends(world: World) -> None:
    agent, member = world.staff(), world.member()
    world.clock.advance(minutes=5)
    with world.uow.begin(agent, Op.RECORD_VIEW, member_id=member):
        pass
    world.clock.advance(minutes=5, seconds=1)
    with pytest.raises(SessionLocked), world.uow.begin(agent, Op.RECORD_VIEW, member_id=member):
        pass
    world.clock.advance(hours=8)
    with pytest.raises(SessionEnded), world.uow.begin(agent, Op.RECORD_VIEW, member_id=member):
        pass
    other = world.staff("jcastillo")
    world.change(
        "UPDATE staff SET enabled = :no WHERE username = 'jcastillo'",
        no=False if world.dialect != "sqlite" else 0,
    )
    with pytest.raises(SessionEnded), world.uow.begin(other, Op.RECORD_VIEW, member_id=member):
        pass
