"""«Registrar»: equal for everybody, challenged and throttled, and in the desk's queue for who is meant (S32–S39)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.activation import Activate, activate
from services.activation_queue import pending_activations
from services.challenges import ChallengeNeeded
from services.errors import InvalidInput, RateLimited
from services.portal_place import PortalPlace
from services.registration import Register, Registered, register
from tests.services import portal_door as portal
from tests.services.access_cases import REASON, mails, state_of
from tests.services.portal_door import KIOSK, OTHER, WEB
from tests.services.test_portal_sign_in import Counting
from tests.services.world import World

STRANGER = Register("59999", date(1990, 1, 1), "8-1-1")


def form(**changed: Any) -> Register:
    values = {"number": "50012", "birth": portal.BIRTH, "cedula": portal.cedula()} | changed
    return Register(**values)


def at(host: int) -> PortalPlace:
    return PortalPlace(WEB.channel, WEB.terminal, f"10.0.0.{host}")


DEALT: list[Any] = []


@pytest.fixture(autouse=True)
def seen_deals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what was dealt: the program itself keeps only a mark of it."""
    from data.catalog.images.tiles import deal

    def kept(seed: bytes) -> Any:
        DEALT.append(deal(seed))
        return DEALT[-1]

    monkeypatch.setattr("services.challenges.deal", kept)


@pytest.mark.parametrize(("place", "route"), [(WEB, "web"), (KIOSK, "kiosco")])
def test_who_is_meant_stands_in_the_queue_and_can_be_activated(world: World, place: PortalPlace, route: str) -> None:
    agent, member = world.staff(), world.member()
    assert register(form(cedula=" 08-0700-50012 "), place, world.uow) == Registered()
    (row,) = pending_activations(agent, world.uow)
    assert (row.member_id, row.route, row.request_kind) == (member, route, "acceso")
    assert [mail["template"] for mail in mails(world)] == ["registration_received"]
    world.lease(agent, member, 3)
    from data.values.uuid7 import uuid7

    activate(Activate(member, REASON, uuid7()), agent, world.uow)
    assert state_of(world, member) == "credencial_emitida"


def test_the_answer_and_the_work_are_the_same_for_everybody(world: World) -> None:
    world.member()
    active = world.member("50013")
    world.access(active, "activo")
    counting = Counting(world.hasher)
    world.uow.hasher = counting  # type: ignore[assignment]
    tried = {
        "right": form(),
        "again": form(),
        "active": form(number="50013", cedula=portal.cedula("50013")),
        "birth": form(birth=date(1986, 2, 15)),
        "cedula": form(cedula="8-1-1"),
        "nobody": STRANGER,
    }
    seen = {}
    for host, (name, command) in enumerate(tried.items()):
        counting.work = 0
        world.clock.advance(hours=2)
        seen[name] = (register(command, at(host), world.uow), counting.work)
    assert set(seen.values()) == {(Registered(), 1)}
    assert world.scalar("SELECT count(*) FROM access") == 2 and state_of(world, active) == "activo"
    assert [mail["template"] for mail in mails(world)] == ["registration_received", "registration_repeated"]


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (form(number=""), "number"),
        (form(number="50012x"), "number"),
        (form(number="٥٠٠١٢"), "number"),
        (form(birth=None), "birth"),
        (form(birth=date(2027, 1, 1)), "birth"),
        (form(birth=date(1890, 1, 1)), "birth"),
        (form(cedula="EE-1-1"), "cedula"),
    ],
)
def test_what_no_member_looks_like_is_no_try(world: World, command: Register, field: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        register(command, WEB, world.uow)
    assert raised.value.field == field and world.rows("SELECT * FROM portal_try") == []


def challenge(world: World, command: Register, place: PortalPlace) -> ChallengeNeeded:
    with pytest.raises(ChallengeNeeded) as raised:
        register(command, place, world.uow)
    return raised.value


def test_the_third_try_of_an_origin_wants_pictures_and_takes_the_right_ones_once(world: World) -> None:
    member = world.member()
    register(STRANGER, WEB, world.uow)
    register(form(number="59998"), WEB, world.uow)
    asked = challenge(world, form(), WEB)
    assert len(asked.challenge.tiles) == 8 and asked.challenge.subject_label
    assert "right" not in repr(asked.challenge) and world.rows("SELECT * FROM access") == []
    right = DEALT[-1].right
    answer = {"challenge_id": asked.challenge.id, "tiles": right}
    assert challenge(world, form(**answer), other_after_tries(world)).challenge.id != asked.challenge.id
    again = challenge(world, form(**answer | {"tiles": right ^ {0}}), WEB)
    assert challenge(world, form(**answer), WEB)  # a wrong choice used it up
    answer = {"challenge_id": again.challenge.id, "tiles": DEALT[-2].right}
    assert register(form(**answer), WEB, world.uow) == Registered()
    assert state_of(world, member) == "solicitado"
    second = challenge(world, form(number="59997", **answer), WEB)
    assert second.user_text.startswith("No eran esas")
    stored = str(world.rows("SELECT * FROM portal_challenge")) + str(world.events())
    assert str(sorted(right)) not in stored


def other_after_tries(world: World) -> PortalPlace:
    """Another origin that is asked for pictures as well."""
    for number in ("59990", "59991"):
        register(form(number=number), OTHER, world.uow)
    return OTHER


def test_a_challenge_runs_out(world: World) -> None:
    for number in ("59991", "59992"):
        register(form(number=number), WEB, world.uow)
    asked = challenge(world, form(), WEB)
    right = DEALT[-1].right
    world.clock.advance(minutes=world.uow.policy.portal.challenge_minutes)
    late = challenge(world, form(challenge_id=asked.challenge.id, tiles=right), WEB)
    assert register(form(challenge_id=late.challenge.id, tiles=DEALT[-1].right), WEB, world.uow) == Registered()


def passing(world: World, command: Register, place: PortalPlace) -> Registered:
    """Register like a person who sees the pictures."""
    try:
        return register(command, place, world.uow)
    except ChallengeNeeded as asked:
        answered = Register(command.number, command.birth, command.cedula, asked.challenge.id, DEALT[-1].right)
        return register(answered, place, world.uow)


def test_throttles_by_number_and_by_origin(world: World) -> None:
    limits = world.uow.policy.portal
    for host in range(limits.registrations_per_number):
        passing(world, STRANGER, at(host))
    with pytest.raises(RateLimited):
        passing(world, STRANGER, at(99))
    done = 0
    with pytest.raises(RateLimited):
        for number in range(60000, 60100):
            passing(world, form(number=str(number)), OTHER)
            done += 1
    assert 0 < done <= limits.registrations_per_origin
    world.clock.advance(minutes=limits.registration_window_minutes)
    passing(world, STRANGER, OTHER)
    assert "59999" not in str(world.rows("SELECT * FROM portal_try")) + str(world.events())
