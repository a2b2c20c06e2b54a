"""Staying, stepping away, coming back, leaving; by the service's clock (req. 13–15, 24)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from data.secrets import Hasher, Secret
from services.errors import (
    CoopError,
    InvalidInput,
    ReauthenticationNeeded,
    SessionEnded,
    SessionLocked,
    SetupNeeded,
    SignInRefused,
    VerificationNeeded,
)
from services.operations import Op
from services.operator import Operator, Role
from services.staff_sessions import (
    ChangePassword,
    Reauthenticate,
    SignIn,
    Unlock,
    change_password,
    lock,
    reauthenticate,
    session_state,
    sign_in,
    sign_out,
    touch,
    unlock,
)
from tests.services.world import PASSWORD, World

NEW = "cuatro palabras muy nuevas"
RIGHT = Unlock(Secret(PASSWORD))
WRONG = Unlock(Secret("otra frase que no es"))


def works(world: World, operator: Operator) -> bool:
    """Whether the session may work at this moment."""
    try:
        with world.uow.begin(operator, Op.QUEUE_VIEW, touch=False):
            return True
    except (SessionLocked, SessionEnded):
        return False


def test_idle_locks_past_the_limit_and_not_at_it(world: World) -> None:
    agent = world.staff()
    world.clock.advance(minutes=5)
    assert works(world, agent)
    state = session_state(agent, world.uow)
    assert (state.locked, state.ended, state.idle_seconds_left, state.absolute_seconds_left) == (False, False, 0, 28500)
    world.clock.advance(microseconds=1)
    assert not works(world, agent)
    assert session_state(agent, world.uow).locked


def test_the_hours_end_past_the_limit_and_not_at_it(world: World) -> None:
    agent = world.staff()
    for _ in range(8 * 12):
        world.clock.advance(minutes=5)
        touch(agent, world.uow)
    assert works(world, agent) and session_state(agent, world.uow).absolute_seconds_left == 0
    world.clock.advance(microseconds=1)
    assert session_state(agent, world.uow).ended and not works(world, agent)
    for refused in (
        lambda: touch(agent, world.uow),
        lambda: unlock(RIGHT, agent, world.uow),
        lambda: lock(agent, world.uow),
    ):
        with pytest.raises(SessionEnded):
            refused()


def test_asking_for_the_state_and_background_reads_do_not_keep_it_open(world: World) -> None:
    agent = world.staff()
    for _ in range(5):
        world.clock.advance(minutes=1)
        session_state(agent, world.uow)
        works(world, agent)
    world.clock.advance(seconds=1)
    assert session_state(agent, world.uow).locked
    assert world.events() == []


def test_a_touch_keeps_it_open_and_wakes_nothing_up(world: World) -> None:
    agent = world.staff()
    world.clock.advance(minutes=4)
    touch(agent, world.uow)
    world.clock.advance(minutes=4)
    assert works(world, agent)
    world.clock.advance(minutes=2)
    with pytest.raises(SessionLocked):
        touch(agent, world.uow)
    assert session_state(agent, world.uow).locked
    assert world.events() == []


def test_the_key_locks_and_the_password_unlocks(world: World) -> None:
    agent = world.staff()
    lock(agent, world.uow)
    lock(agent, world.uow)
    assert not works(world, agent)
    world.clock.advance(hours=1)
    unlock(RIGHT, agent, world.uow)
    assert works(world, agent) and session_state(agent, world.uow).idle_seconds_left == 300
    assert [event["action"] for event in world.events() if event["result"] == "ok"] == [
        "session.lock",
        "session.unlock",
    ]


@pytest.mark.parametrize("away", ["key", "idle"])
def test_locking_ends_what_callers_opened_and_keeps_the_case(world: World, away: str) -> None:
    agent, member = world.staff(), world.member()
    case = world.lease(agent, member, level=3)
    if away == "key":
        lock(agent, world.uow)
        assert world.scalar("SELECT end_reason FROM verification_lease") == "lock"
    else:
        world.clock.advance(minutes=5, seconds=1)
    unlock(RIGHT, agent, world.uow)
    with pytest.raises(VerificationNeeded), world.uow.begin(agent, Op.TRANSFER_OWN, member_id=member):
        pass
    assert world.scalar("SELECT end_reason FROM verification_lease") == "lock"
    assert world.scalar("SELECT closed_at FROM service_case WHERE id = :id", id=case) is None


def test_unlocking_what_is_open_leaves_the_leases(world: World) -> None:
    agent, member = world.staff(), world.member()
    world.lease(agent, member, level=3)
    unlock(RIGHT, agent, world.uow)
    with world.uow.begin(agent, Op.TRANSFER_OWN, member_id=member):
        pass


def test_failures_at_the_lock_screen_count_like_those_at_sign_in(world: World) -> None:
    agent = world.staff()
    lock(agent, world.uow)
    texts = set()
    for _ in range(6):
        with pytest.raises(SignInRefused) as refused:
            unlock(WRONG, agent, world.uow)
        texts.add((refused.value.user_text, refused.value.field))
    with pytest.raises(SignInRefused) as refused:
        unlock(RIGHT, agent, world.uow)
    texts.add((refused.value.user_text, refused.value.field))
    assert len(texts) == 1, "a locked attempt tells nothing"
    with pytest.raises(SignInRefused):
        sign_in(SignIn("mrodriguez", Secret(PASSWORD), None, "T-2"), world.uow)
    assert [event["reason"] for event in world.events("session.unlock")] == ["wrong_password"] * 5 + ["locked"] * 2
    world.clock.advance(minutes=30)
    unlock(RIGHT, agent, world.uow)
    assert works(world, agent)


def test_the_password_again_makes_it_fresh(world: World) -> None:
    agent, member = world.staff(), world.member()
    world.lease(agent, member, level=3)
    world.clock.advance(minutes=4)
    touch(agent, world.uow)
    world.clock.advance(minutes=1, seconds=1)
    with pytest.raises(ReauthenticationNeeded), world.uow.begin(agent, Op.ACCESS_ACTIVATE, member_id=member):
        pass
    with pytest.raises(SignInRefused):
        reauthenticate(Reauthenticate(WRONG.password), agent, world.uow)
    reauthenticate(Reauthenticate(Secret(PASSWORD)), agent, world.uow)
    with world.uow.begin(agent, Op.ACCESS_ACTIVATE, member_id=member):
        pass
    assert [event["result"] for event in world.events("session.reauthenticate")] == ["refused", "ok"]


def test_a_locked_station_is_not_opened_by_reauthentication(world: World) -> None:
    agent = world.staff()
    lock(agent, world.uow)
    for refused in (
        lambda: reauthenticate(Reauthenticate(Secret(PASSWORD)), agent, world.uow),
        lambda: change_password(ChangePassword(Secret(PASSWORD), Secret(NEW)), agent, world.uow),
    ):
        with pytest.raises(SessionLocked):
            refused()
    assert world.events("session.reauthenticate")[0]["reason"] == "session_locked"


def test_signing_out_ends_session_leases_and_case(world: World) -> None:
    agent, member = world.staff(), world.member()
    case = world.lease(agent, member)
    sign_out(agent, world.uow)
    sign_out(agent, world.uow)
    assert not works(world, agent) and session_state(agent, world.uow).ended
    assert world.scalar("SELECT end_reason FROM staff_session") == "sign_out"
    assert world.scalar("SELECT end_reason FROM verification_lease") == "sign_out"
    assert world.scalar("SELECT closed_at FROM service_case WHERE id = :id", id=case) is not None
    assert len(world.events("session.sign_out")) == 1


def test_nobody_acts_in_anothers_session(world: World) -> None:
    agent, other = world.staff(), world.staff("jcastillo")
    stolen = Operator(other.actor, "jcastillo", other.roles, "001", "T-1", other.channel, agent.session_id)
    calls: tuple[Callable[[], object], ...] = (
        lambda: lock(stolen, world.uow),
        lambda: touch(stolen, world.uow),
        lambda: unlock(RIGHT, stolen, world.uow),
        lambda: reauthenticate(Reauthenticate(Secret(PASSWORD)), stolen, world.uow),
    )
    for call in calls:
        with pytest.raises(SessionEnded):
            call()
    sign_out(stolen, world.uow)
    assert works(world, agent)


def test_a_session_that_ends_while_the_password_is_compared_stays_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = world.staff()
    verify = Hasher.verify

    def slow(self: Hasher, stored: str, text: str) -> bool:
        world.change("UPDATE staff_session SET ended_at = started_at")
        return verify(self, stored, text)

    monkeypatch.setattr(Hasher, "verify", slow)
    with pytest.raises(SessionEnded):
        change_password(ChangePassword(Secret(PASSWORD), Secret(NEW)), agent, world.uow)
    assert world.hasher.verify(world.scalar("SELECT password_hash FROM staff"), PASSWORD)


def test_a_new_password_takes_the_place_of_the_old(world: World) -> None:
    agent = world.staff()
    change_password(ChangePassword(Secret(PASSWORD), Secret(NEW)), agent, world.uow)
    assert works(world, agent)
    lock(agent, world.uow)
    with pytest.raises(SignInRefused):
        unlock(RIGHT, agent, world.uow)
    unlock(Unlock(Secret(NEW)), agent, world.uow)
    (event,) = world.events("staff.change_password")
    assert (event["result"], event["detail"]) == ("ok", {"temporary": False})


@pytest.mark.parametrize(
    ("current", "new", "error", "field"),
    [
        ("no es esta frase", NEW, SignInRefused, "password"),
        (PASSWORD, PASSWORD, InvalidInput, "new"),
        (PASSWORD, "corta y mala", InvalidInput, "new"),
        (PASSWORD, "mrodriguez y otros mas", InvalidInput, "new"),
    ],
)
def test_a_password_change_is_refused(world: World, current: str, new: str, error: type[CoopError], field: str) -> None:
    agent = world.staff()
    before = world.scalar("SELECT password_hash FROM staff")
    with pytest.raises(error) as refused:
        change_password(ChangePassword(Secret(current), Secret(new)), agent, world.uow)
    assert refused.value.field == field
    assert world.scalar("SELECT password_hash FROM staff") == before
    assert world.scalar("SELECT failed_count FROM staff") == (1 if error is SignInRefused else 0)
    assert [event["result"] for event in world.events("staff.change_password")] == ["refused"]


def test_twelve_characters_are_enough_beside_a_second_factor(world: World) -> None:
    supervisor = world.staff("sgomez", [Role.SUPERVISOR])
    change_password(ChangePassword(Secret(PASSWORD), Secret("doce letras!")), supervisor, world.uow)
    assert world.events("staff.change_password")[-1]["result"] == "ok"


def test_a_temporary_password_is_changed_and_the_work_begins(world: World) -> None:
    world.staff(sign_in=False, password_expires_at=world.clock.now().replace(hour=23))
    agent = sign_in(SignIn("mrodriguez", Secret(PASSWORD), None, "T-1"), world.uow).operator
    with pytest.raises(SetupNeeded):
        works(world, agent)
    lock(agent, world.uow)
    unlock(RIGHT, agent, world.uow)
    with pytest.raises(SetupNeeded):
        works(world, agent)
    with pytest.raises(InvalidInput):
        change_password(ChangePassword(Secret(PASSWORD), Secret(PASSWORD)), agent, world.uow)
    change_password(ChangePassword(Secret(PASSWORD), Secret(NEW)), agent, world.uow)
    assert works(world, agent)
    assert world.scalar("SELECT password_expires_at FROM staff") is None
