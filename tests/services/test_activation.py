"""The request for access and its activation: all or nothing, once a form (S32, S39, S40, req. 25-27)."""

from typing import Any

import pytest

from data.values.uuid7 import uuid7
from services.access_states import NoAccess
from services.activation import Activate, RequestAccess, activate, request_access
from services.credentials import FindIssue, find_issue
from services.errors import (
    ContactMissing,
    ContactTooRecent,
    CoopError,
    IllegalStep,
    InvalidInput,
    KeyReused,
    NotFound,
    ReauthenticationNeeded,
    VerificationNeeded,
)
from services.operator import Channel
from tests.services.access_cases import REASON, desk, live_credentials, mails, state_of
from tests.services.world import START, World


def test_a_request_takes_its_place_in_the_queue_once(world: World) -> None:
    agent, member = desk(world, None, level=0, channel=Channel.BRANCH)
    first = request_access(RequestAccess(member, "acceso"), agent, world.uow)
    world.clock.advance(minutes=3)
    again = request_access(RequestAccess(member, "activacion"), agent, world.uow)
    assert (first.existed, again.existed, again.requested_at) == (False, True, START)
    (row,) = world.rows("SELECT state, route, request_kind FROM access")
    assert row == {"state": "solicitado", "route": "sucursal", "request_kind": "activacion"}
    assert [event["detail"].get("before") for event in world.events("access.request")] == [None, "solicitado"]


def test_who_is_past_the_request_cannot_ask_again(world: World) -> None:
    agent, member = desk(world, "activo", level=0)
    with pytest.raises(IllegalStep) as refused:
        request_access(RequestAccess(member, "acceso"), agent, world.uow)
    assert refused.value.user_text == "No se puede pasar de activo a solicitado."
    with pytest.raises(InvalidInput):
        request_access(RequestAccess(member, "otra"), agent, world.uow)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        request_access(RequestAccess(member + 99, "acceso"), agent, world.uow)


@pytest.mark.parametrize("state", ["solicitado", "verificado", "activado"])
def test_activation_walks_every_step_and_mails_in_one_transaction(world: World, state: str) -> None:
    agent, member = desk(world, state)
    key = uuid7()
    issued = activate(Activate(member, REASON, key), agent, world.uow)
    assert state_of(world, member) == "credencial_emitida"
    assert (issued.credential_id, issued.destination, issued.existed) == (key, "s•••@example.com", False)
    (mail,) = mails(world, "temporary_credentials")
    assert mail["to"] == "socio50012@example.com"
    assert mail["context"]["username"] == "50012"  # the member number, valid only with the temporary password (S97)
    (told,) = mails(world, "access_activated")
    assert told["kind"] == "sms"  # the second channel: the mail tells it by itself
    (event,) = world.events("access.activate")
    assert (event["detail"]["before"], event["detail"]["after"]) == (state, "credencial_emitida")
    assert event["reason"] == REASON
    (row,) = world.rows("SELECT verified_at, activated_at, activated_by FROM access")
    assert (row["activated_by"] == agent.staff_id) is (state != "activado")


def test_the_same_form_again_is_applied_once(world: World) -> None:
    agent, member = desk(world)
    key = uuid7()
    first = activate(Activate(member, REASON, key), agent, world.uow)
    again = activate(Activate(member, REASON, key), agent, world.uow)
    assert again.existed and again.credential_id == first.credential_id and again.expires_at == first.expires_at
    assert "ya aplicada" in again.text.lower()
    assert len(mails(world, "temporary_credentials")) == live_credentials(world, member) == 1
    assert len(world.events("access.activate")) == 1
    found = find_issue(FindIssue(member, key), agent, world.uow)
    assert found is not None and found.existed
    assert find_issue(FindIssue(member, uuid7()), agent, world.uow) is None


def test_a_key_serves_one_member(world: World) -> None:
    agent, member = desk(world)
    other = world.member("50013")
    world.access(other)
    world.lease(agent, other)
    key = uuid7()
    activate(Activate(member, REASON, key), agent, world.uow)
    with pytest.raises(KeyReused):
        activate(Activate(other, REASON, key), agent, world.uow)
    assert state_of(world, other) == "solicitado"
    with pytest.raises(InvalidInput):
        activate(Activate(other, REASON, "no-es-una-clave"), agent, world.uow)


def test_activation_needs_a_verified_caller_and_a_fresh_password(world: World) -> None:
    agent, member = desk(world, level=2)
    with pytest.raises(VerificationNeeded):
        activate(Activate(member, REASON, uuid7()), agent, world.uow)
    world.change("UPDATE verification_lease SET level = 3")
    for _ in range(2):
        world.clock.advance(minutes=3)
        request_access(RequestAccess(member, "acceso"), agent, world.uow)
    with pytest.raises(ReauthenticationNeeded):
        activate(Activate(member, REASON, uuid7()), agent, world.uow)
    assert state_of(world, member) == "solicitado" and not mails(world)


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"email": None}, ContactMissing),
        ({"email": "no es un correo"}, ContactMissing),
        ({"email_since": START}, ContactTooRecent),
    ],
)
def test_without_a_usable_address_nothing_happens(
    world: World, columns: dict[str, Any], error: type[CoopError]
) -> None:
    agent, member = world.staff(), world.member(**columns)
    world.access(member)
    world.lease(agent, member)
    with pytest.raises(error):
        activate(Activate(member, REASON, uuid7()), agent, world.uow)
    assert state_of(world, member) == "solicitado"
    assert not mails(world) and not live_credentials(world, member)
    (event,) = world.events("access.activate")
    assert (event["result"], event["reason"]) == ("refused", error.code)


def test_seventy_two_hours_after_the_change_mail_may_go(world: World) -> None:
    agent = world.staff()
    member = world.member(email_since=START)
    world.access(member)
    world.clock.advance(hours=72)
    colleague = world.staff("jcastillo")
    world.lease(colleague, member)
    assert activate(Activate(member, REASON, uuid7()), colleague, world.uow).replaced is False
    assert agent.username != colleague.username


def test_activation_refuses_what_is_active_and_what_was_never_asked_for(world: World) -> None:
    agent, member = desk(world, "activo")
    with pytest.raises(IllegalStep) as refused:
        activate(Activate(member, REASON, uuid7()), agent, world.uow)
    assert refused.value.user_text == "No se puede pasar de activo a activado."
    stranger = world.member("50013")
    world.lease(agent, stranger)
    with pytest.raises(NoAccess):
        activate(Activate(stranger, REASON, uuid7()), agent, world.uow)


@pytest.mark.parametrize("reason", ["", "    ", "ok", "tarjeta 4111 1111 1111 1111", "cédula 8-123-456"])
def test_activation_wants_a_reason_that_may_be_kept(world: World, reason: str) -> None:
    agent, member = desk(world)
    with pytest.raises(InvalidInput) as refused:
        activate(Activate(member, reason, uuid7()), agent, world.uow)
    assert refused.value.field == "reason" and state_of(world, member) == "solicitado"
