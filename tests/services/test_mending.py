"""Mending: each with reason, level, notice and an event of before and after (issue of access, req. 15, 17, 25, 44)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from data.tables import RememberedDevice, SecurityAnswer
from data.values.uuid7 import uuid7
from services import access_mending as mending
from services.access_states import AccessPaused, NoAccess
from services.errors import (
    ContactMissing,
    IllegalStep,
    InvalidInput,
    KeyReused,
    ReauthenticationNeeded,
    VerificationNeeded,
)
from services.operator import Operator
from tests.services.access_cases import REASON, desk, live_credentials, mails, state_of
from tests.services.world import START, World

Case = tuple[str, Any, Callable[..., Any], dict[str, Any], int, str]
CASES: dict[str, Case] = {
    # name: state, command, function, columns of the access, level, template of the notice
    "unlock": (
        "bloqueado",
        mending.Unlock,
        mending.unlock,
        {"state_before_block": "activo", "failed_count": 5},
        2,
        "access_unlocked",
    ),
    "questions": (
        "activo",
        mending.ResetQuestions,
        mending.reset_questions,
        {"questions_at": START},
        3,
        "questions_reset",
    ),
    "image": ("activo", mending.ResetImage, mending.reset_image, {"image_id": "faro"}, 3, "image_reset"),
    "devices": ("activo", mending.ForgetDevices, mending.forget_devices, {}, 2, "devices_forgotten"),
    "suspend": ("activo", mending.Suspend, mending.suspend, {}, 0, "access_suspended"),
    "resume": (
        "suspendido",
        mending.Resume,
        mending.resume,
        {"state_before_block": "activo"},
        3,
        "access_resumed",
    ),
    "close": ("activo", mending.Close, mending.close, {}, 3, "access_closed"),
}


def device(world: World, member: int, name: str = "Teléfono") -> int:
    return world._insert(
        RememberedDevice,
        member_id=member,
        name=name,
        token_hash="x",
        added_at=START,
        expires_at=START.replace(year=2027),
    )


def answers(world: World, member: int) -> None:
    for position in (1, 2, 3):
        world._insert(
            SecurityAnswer,
            member_id=member,
            position=position,
            question_id=f"q{position}",
            catalogue="1",
            answer_hash="x",
            set_at=START,
        )


def case_of(world: World, name: str, level: int | None = None) -> tuple[Operator, int, Callable[[str], Any]]:
    state, command, function, columns, needed, _ = CASES[name]
    agent, member = desk(world, state, level=needed if level is None else level, **columns)
    if name == "devices":
        device(world, member)
    elif name == "questions":
        answers(world, member)
    return agent, member, lambda reason: function(command(member, reason), agent, world.uow)


@pytest.mark.parametrize("name", CASES)
def test_each_tells_the_member_and_the_trail(world: World, name: str) -> None:
    _, member, act = case_of(world, name)
    done = act(REASON)
    (mail,) = mails(world, CASES[name][5])
    assert (mail["kind"], mail["to"]) == ("mail", "socio50012@example.com")
    (event,) = [event for event in world.events() if event["result"] == "ok"]
    assert event["reason"] == REASON and event["member"] == member
    assert {"before", "after", "notice"} <= event["detail"].keys()
    assert event["detail"]["before"] != event["detail"]["after"]
    assert done.text.endswith(".") and done.state_label


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][4]])
def test_each_asks_for_its_level(world: World, name: str) -> None:
    _, member, act = case_of(world, name, level=CASES[name][4] - 1)
    with pytest.raises(VerificationNeeded) as refused:
        act(REASON)
    assert refused.value.level == CASES[name][4]
    assert state_of(world, member) == CASES[name][0] and not mails(world)


@pytest.mark.parametrize("name", CASES)
def test_each_asks_for_a_reason(world: World, name: str) -> None:
    _, _, act = case_of(world, name)
    with pytest.raises(InvalidInput) as refused:
        act("  . ")
    assert refused.value.field == "reason" and not mails(world)


@pytest.mark.parametrize("name", CASES)
def test_nothing_to_mend_is_said_and_not_done(world: World, name: str) -> None:
    _, command, function, *_ = CASES[name]
    agent, member = desk(world, "cerrado")
    with pytest.raises((InvalidInput, IllegalStep)):
        function(command(member, REASON), agent, world.uow)
    stranger = world.member("50013")
    world.lease(agent, stranger)
    with pytest.raises(NoAccess):
        function(command(stranger, REASON), agent, world.uow)
    assert not mails(world)


@pytest.mark.parametrize("name", ["questions", "image", "resume", "close"])
def test_the_grave_ones_ask_for_the_password_again(world: World, name: str) -> None:
    _, _, act = case_of(world, name)
    world.change("UPDATE staff_session SET last_seen_at = :now", now=_moment(world, 301))
    world.clock.advance(seconds=301)
    with pytest.raises(ReauthenticationNeeded):
        act(REASON)


def _moment(world: World, seconds: int) -> Any:
    from datetime import timedelta

    from data.types import utc_text

    moment = world.clock.now() + timedelta(seconds=seconds)
    return utc_text(moment) if world.dialect == "sqlite" else moment


def test_unlock_starts_the_count_of_wrong_tries_anew(world: World) -> None:
    _, member, act = case_of(world, "unlock")
    assert act(REASON).state_label == "activo"
    (row,) = world.rows("SELECT state, failed_count, blocked_at, state_before_block FROM access")
    assert row == {"state": "activo", "failed_count": 0, "blocked_at": None, "state_before_block": None}
    assert world.events("access.unlock")[0]["detail"]["failed_before"] == 5
    with pytest.raises(InvalidInput):
        act(REASON)
    assert member


def test_questions_are_deleted_and_the_lease_stays(world: World) -> None:
    agent, member = desk(world, "activo", questions_at=START)
    answers(world, member)
    mending.reset_questions(mending.ResetQuestions(member, REASON), agent, world.uow)
    assert world.scalar("SELECT count(*) FROM security_answer") == 0
    assert world.scalar("SELECT questions_at FROM access") is None
    assert world.scalar("SELECT count(*) FROM verification_lease WHERE ended_at IS NULL") == 1
    assert world.events("questions.reset")[0]["detail"]["before"] == {"answers": 3}
    with pytest.raises(InvalidInput):
        mending.reset_questions(mending.ResetQuestions(member, REASON), agent, world.uow)


def test_one_device_or_all(world: World) -> None:
    agent, member = desk(world, "activo", level=2)
    ids = [device(world, member, name) for name in ("Teléfono", "Casa", "Trabajo")]
    one = mending.forget_devices(mending.ForgetDevices(member, REASON, ids[1]), agent, world.uow)
    assert one.text == "Equipo olvidado."
    left = world.rows("SELECT id FROM remembered_device WHERE forgotten_at IS NULL ORDER BY id")
    assert [row["id"] for row in left] == [ids[0], ids[2]]
    all_of_them = mending.forget_devices(mending.ForgetDevices(member, REASON), agent, world.uow)
    assert all_of_them.text == "2 equipos olvidados."
    with pytest.raises(InvalidInput):
        mending.forget_devices(mending.ForgetDevices(member, REASON, ids[0]), agent, world.uow)


def test_a_password_reset_is_one_transaction_applied_once(world: World) -> None:
    agent, member = desk(world, "activo", password_hash="x", username="Uprueba01")
    key = uuid7()
    command = mending.ResetPassword(member, REASON, key)
    done = mending.reset_password(command, agent, world.uow)
    again = mending.reset_password(command, agent, world.uow)
    assert done.credential is not None and again.credential is not None
    assert (done.credential.existed, again.credential.existed) == (False, True)
    assert state_of(world, member) == "credencial_emitida" and live_credentials(world, member) == 1
    assert world.scalar("SELECT password_hash FROM access") is None
    (mail,) = mails(world, "temporary_credentials")
    assert mail["context"]["username"] == "Uprueba01"
    assert [notice["kind"] for notice in mails(world, "password_reset")] == ["sms"]
    (event,) = world.events("password.reset")
    assert (event["detail"]["before"], event["detail"]["after"]) == ("activo", "credencial_emitida")
    other = world.member("50013")
    world.access(other, "activo")
    world.lease(agent, other)
    with pytest.raises(KeyReused):
        mending.reset_password(mending.ResetPassword(other, REASON, key), agent, world.uow)


def test_a_password_reset_without_address_leaves_the_password(world: World) -> None:
    agent, member = world.staff(), world.member(email=None)
    world.access(member, "activo", password_hash="x")
    world.lease(agent, member)
    with pytest.raises(ContactMissing):
        mending.reset_password(mending.ResetPassword(member, REASON, uuid7()), agent, world.uow)
    assert world.scalar("SELECT password_hash FROM access") == "x" and state_of(world, member) == "activo"


@pytest.mark.parametrize("state", ["bloqueado", "suspendido"])
def test_a_password_reset_does_not_lift_a_pause(world: World, state: str) -> None:
    agent, member = desk(world, state, state_before_block="credencial_emitida")
    with pytest.raises(AccessPaused):
        mending.reset_password(mending.ResetPassword(member, REASON, uuid7()), agent, world.uow)
    assert state_of(world, member) == state


@pytest.mark.parametrize("name", ["suspend", "close"])
def test_stopping_ends_credentials_and_their_mail(world: World, name: str) -> None:
    agent, member = desk(world, "activo")
    mending.reset_password(mending.ResetPassword(member, REASON, uuid7()), agent, world.uow)
    answers(world, member)
    device(world, member)
    _, command, function, *_ = CASES[name]
    function(command(member, REASON), agent, world.uow)
    assert live_credentials(world, member) == 0
    (mail,) = mails(world, "temporary_credentials")
    assert mail["state"] == "void" and "context" not in mail
    left = world.scalar("SELECT count(*) FROM security_answer")
    devices = world.scalar("SELECT count(*) FROM remembered_device WHERE forgotten_at IS NULL")
    assert (left, devices) == ((3, 1) if name == "suspend" else (0, 0))


def test_resuming_says_that_the_credential_is_dead(world: World) -> None:
    agent, member = desk(world, "suspendido", state_before_block="credencial_emitida")
    done = mending.resume(mending.Resume(member, REASON), agent, world.uow)
    assert done.text == "Acceso reanudado. Envíe otra credencial temporal."


def test_without_any_contact_the_agent_hears_that_nobody_was_told(world: World) -> None:
    agent, member = world.staff(), world.member(email=None, phone=None)
    world.access(member, "activo")
    done = mending.suspend(mending.Suspend(member, REASON), agent, world.uow)
    assert done.text.endswith("no tiene contacto para el aviso.")
