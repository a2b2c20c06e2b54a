"""A member's session: how long it lives, and everything that ends it at its next call (req. 13, 14, 33)."""

from __future__ import annotations

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services import forgotten_password as fp
from services import member_sign_in as door
from services.access_mending import Close, ResetPassword, Suspend, close, reset_password, suspend
from services.errors import SessionEnded
from tests.services import portal_door as portal
from tests.services.access_cases import REASON, mails
from tests.services.portal_door import KIOSK, OTHER
from tests.services.test_portal_sign_in import answer, refusal
from tests.services.world import World


def test_idle_absolute_replaced_and_signed_out_end_a_session_at_its_next_call(world: World) -> None:
    operator, _ = portal.member_inside(world)
    for _ in range(14):
        world.clock.advance(minutes=4)
        door.touch(operator, world.uow)
    state = door.session_state(operator, world.uow)
    assert (state.ended, state.idle_seconds_left, state.absolute_seconds_left) == (False, 300, 240)
    world.clock.advance(minutes=4, seconds=1)
    assert door.session_state(operator, world.uow).ended
    with pytest.raises(SessionEnded, match="session_ended"):
        door.touch(operator, world.uow)
    second = portal.sign_in(world).operator
    world.clock.advance(minutes=5, seconds=1)
    with pytest.raises(SessionEnded):
        door.touch(second, world.uow)
    third = portal.sign_in(world).operator
    fourth = portal.sign_in(world, place=OTHER).operator
    with pytest.raises(SessionEnded):
        door.touch(third, world.uow)
    door.touch(fourth, world.uow)
    door.sign_out(fourth, world.uow)
    door.sign_out(fourth, world.uow)
    with pytest.raises(SessionEnded):
        door.touch(fourth, world.uow)
    assert len(world.events("portal.sign_out")) == 1


def test_a_kiosk_says_when_it_is_about_to_wipe(world: World) -> None:
    operator, _ = portal.member_inside(world, place=KIOSK)
    world.clock.advance(seconds=99)
    assert not door.session_state(operator, world.uow).notice
    world.clock.advance(seconds=1)
    assert door.session_state(operator, world.uow).notice
    world.clock.advance(seconds=21)
    assert door.session_state(operator, world.uow).ended


def test_a_suspension_ends_the_session_and_resuming_does_not_bring_it_back(world: World) -> None:
    operator, member = portal.member_inside(world)
    agent = world.staff("otra")
    suspend(Suspend(member, REASON), agent, world.uow)
    with pytest.raises(SessionEnded):
        door.touch(operator, world.uow)
    paused = refusal(lambda: portal.sign_in(world))
    assert paused.user_text == "Su acceso está bloqueado o suspendido. Llame al 205-0911."
    world.change("UPDATE access SET state = 'activo', state_before_block = NULL")
    with pytest.raises(SessionEnded):
        door.touch(operator, world.uow)


@pytest.mark.parametrize("cause", ["suspend", "close", "new password", "blocked at the door", "recovered"])
def test_whatever_shuts_the_access_ends_the_session_at_its_next_call(world: World, cause: str) -> None:
    operator, member = portal.member_inside(world)
    door.touch(operator, world.uow)
    agent = world.staff("otra")
    world.lease(agent, member, 3, ["in_person"])
    if cause == "suspend":
        suspend(Suspend(member, REASON), agent, world.uow)
    elif cause == "close":
        close(Close(member, REASON), agent, world.uow)
    elif cause == "new password":
        reset_password(ResetPassword(member, REASON, uuid7()), agent, world.uow)
    elif cause == "blocked at the door":
        for _ in range(5):
            answer(world, door.begin(door.Begin(portal.USER), OTHER, world.uow), "otra cosa", OTHER)
    else:
        step = fp.forgot(fp.Forgot(portal.USER), OTHER, world.uow)
        code = Secret(str(mails(world, "portal_code")[-1]["context"]["code"]))
        given = fp.ProveForgotten(step.ticket, code, portal.right_answer(step.question_text))
        ticket = fp.prove(given, OTHER, world.uow).ticket
        fp.renew(fp.RenewPassword(ticket, Secret("Otra frase larga 9"), Secret("Otra frase larga 9")), OTHER, world.uow)
    assert door.session_state(operator, world.uow).ended
    with pytest.raises(SessionEnded):
        door.touch(operator, world.uow)
    world.change("UPDATE access SET state = 'activo', state_before_block = NULL")
    with pytest.raises(SessionEnded):
        door.touch(operator, world.uow)
