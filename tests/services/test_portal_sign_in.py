"""A member's way in: the same steps for everybody, tickets, throttles, blocks, devices, reports (req. 12, 20, 35)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data.secrets import Secret
from services import factors, verification
from services import member_sign_in as door
from services.access_mending import Unlock, unlock
from services.errors import CoopError, InvalidInput, RateLimited
from services.portal_place import PortalPlace
from services.portal_throttles import purge
from tests.services import portal_door as portal
from tests.services.access_cases import REASON, mails, state_of
from tests.services.portal_door import KIOSK, OTHER, WEB
from tests.services.world import World

UNKNOWN = "Nadie.Aqui"


class Counting:
    """A hasher that counts the slow work."""

    def __init__(self, hasher: Any) -> None:
        self.hasher, self.work = hasher, 0

    def verify(self, stored: str, text: str) -> bool:
        self.work += 1
        return bool(self.hasher.verify(stored, text))

    def verify_dummy(self, text: str = "") -> bool:
        self.work += 1
        return bool(self.hasher.verify_dummy(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.hasher, name)


def unknown_user(world: World, kind: str = "question") -> str:
    """A user that nobody has and whose first step is of this kind."""
    for number in range(200):
        name = f"{UNKNOWN}{number}"
        if door.begin(door.Begin(name), PortalPlace(WEB.channel, "T", f"10.9.{number}.1"), world.uow).kind == kind:
            return name
    raise AssertionError(kind)


def refusal(call: Any) -> door.DoorRefused:
    with pytest.raises(door.DoorRefused) as raised:
        call()
    return raised.value


def answer(world: World, step: door.DoorStep, text: str, place: PortalPlace = WEB) -> door.DoorStep:
    return door.answer(door.Answer(step.ticket, Secret(text)), place, world.uow)


def password(world: World, step: door.DoorStep, text: str, place: PortalPlace = WEB) -> door.SignedInMember:
    return door.give_password(door.GivePassword(step.ticket, Secret(text)), place, world.uow)


def test_known_and_unknown_users_pass_the_same_steps_with_the_same_words_and_work(world: World) -> None:
    portal.configured(world)
    stranger = unknown_user(world)
    counting = Counting(world.hasher)
    world.uow.hasher = counting  # type: ignore[assignment]
    seen = {}
    for user in (portal.USER, stranger):
        counting.work, steps = 0, []
        first = door.begin(door.Begin(user), WEB, world.uow)
        steps.append((first.kind, bool(first.question_text), first.image_id, counting.work))
        second = answer(world, first, "cualquiera")
        steps.append((second.kind, second.question_text, bool(second.image_id and second.image_name), counting.work))
        error = refusal(lambda step=second: password(world, step, portal.NEW_PASSWORD))
        assert error.again is not None
        seen[user] = [*steps, error.user_text, error.again.kind, counting.work]
    assert seen[portal.USER] == seen[stranger] and seen[stranger][-1] == 2


def test_what_is_false_is_always_the_same_and_differs_from_user_to_user(world: World) -> None:
    shown = {}
    for number in range(14):
        user, place = f"{UNKNOWN}{number}", PortalPlace(WEB.channel, "T", f"10.1.{number}.1")
        looks = []
        for _ in range(2):
            step = door.begin(door.Begin(f"  {user.upper()} "), place, world.uow)
            if step.kind == "question":
                looks.append((step.question_text, answer(world, step, f"respuesta {len(looks)}", place)))
            world.clock.advance(days=3)
        if looks:
            (one, first), (two, second) = looks
            assert (one, first.image_id, first.image_name) == (two, second.image_id, second.image_name)
            shown[user] = (one, first.image_id)
    assert len(shown) > 6 and len(set(shown.values())) > len(shown) // 2


def test_a_number_is_asked_for_the_temporary_data_whoevers_it_is(world: World) -> None:
    portal.configured(world)
    texts = set()
    for number in ("50012", "59999"):
        step = door.begin(door.Begin(number), WEB, world.uow)
        assert step.kind == "temporary"
        command = door.GiveTemporary(step.ticket, Secret(portal.NEW_PASSWORD), portal.cedula(), portal.BIRTH)
        texts.add(refusal(lambda command=command: door.give_temporary(command, WEB, world.uow)).user_text)
    assert len(texts) == 1
    assert world.scalar("SELECT failed_count FROM access") == 0  # of a finished access nothing is compared or counted


def test_an_odd_unknown_user_looks_like_an_unfinished_one(world: World) -> None:
    _, _, temporary = portal.issued(world)
    user = unknown_user(world, "temporary")
    counting = Counting(world.hasher)
    world.uow.hasher = counting  # type: ignore[assignment]
    seen = []
    for name in (user, "50012"):
        counting.work = 0
        step = door.begin(door.Begin(name), WEB, world.uow)
        command = door.GiveTemporary(step.ticket, Secret(temporary), "8-1-1", portal.BIRTH)
        error = refusal(lambda command=command: door.give_temporary(command, WEB, world.uow))
        assert error.again is not None and error.again.kind == "temporary"
        seen.append((error.user_text, counting.work))
    assert seen[0] == seen[1] and seen[0][1] == 1


def test_the_temporary_password_wants_cedula_and_birth_date(world: World) -> None:
    _, member, temporary = portal.issued(world)
    for cedula, birth in (("8-700-1", portal.BIRTH), (portal.cedula(), date(1986, 2, 15))):
        step = door.begin(door.Begin("50012"), WEB, world.uow)
        command = door.GiveTemporary(step.ticket, Secret(temporary), cedula, birth)
        refusal(lambda command=command: door.give_temporary(command, WEB, world.uow))
    assert world.scalar("SELECT failed_count FROM access") == 2 and state_of(world, member) == "credencial_emitida"
    step = door.begin(door.Begin("50012"), WEB, world.uow)
    for bad in (("no es", portal.BIRTH, "cedula"), (portal.cedula(), None, "birth")):
        with pytest.raises(InvalidInput) as raised:
            door.give_temporary(door.GiveTemporary(step.ticket, Secret(temporary), *bad[:2]), WEB, world.uow)
        assert raised.value.field == bad[2]
    command = door.GiveTemporary(step.ticket, Secret(temporary), f" {portal.cedula()} ", portal.BIRTH)
    assert door.give_temporary(command, WEB, world.uow).must == "password"  # a typing error was no try
    with pytest.raises(door.DoorClosed):
        door.give_temporary(command, WEB, world.uow)
    assert refusal(lambda: portal.with_temporary(world, temporary)).user_text.startswith("Su contraseña temporal ya se")


def test_the_right_answer_shows_the_members_picture_and_a_wrong_one_another(world: World) -> None:
    portal.configured(world)
    right = portal.at_the_picture(world)
    assert (right.image_id, right.image_name) == ("faro", portal.IMAGE_NAME)
    step = door.begin(door.Begin(portal.USER), WEB, world.uow)
    wrong = answer(world, step, "otra cosa")
    assert (wrong.image_id, wrong.image_name) != ("faro", portal.IMAGE_NAME)
    refusal(lambda: password(world, wrong, portal.NEW_PASSWORD))
    assert world.scalar("SELECT failed_count FROM access") == 1
    assert password(world, right, portal.NEW_PASSWORD).stage == "full"  # the other ticket of before is still good
    assert world.scalar("SELECT failed_count FROM access") == 0


def test_wrong_answers_at_the_door_leave_one_try_on_the_phone_and_no_more(world: World) -> None:
    """Nobody shuts a member out at the phone from the door; with one wrong answer there, the door's count (req. 20)."""
    member = portal.configured(world)
    for _ in range(4):
        answer(world, door.begin(door.Begin(portal.USER), WEB, world.uow), "otra cosa")
    with world.uow.begin_system(portal_system()) as tx:
        assert factors.failures(tx, member) == 4 and not factors.is_blocked(tx, member)
    agent = world.staff("otra")
    world.case(agent, member)
    state = verification.begin(verification.BeginVerification(member), agent, world.uow)
    assert not state.blocked and state.tries_left == 1
    wrong = verification.AnswerQuestion(member, state.questions[0].position, Secret("otra cosa"))
    assert verification.answer(wrong, agent, world.uow).blocked
    assert [event["detail"]["failures"] for event in world.events("verification.block")] == [5]


def portal_system() -> Any:
    from services.operator import system_operator

    return system_operator("prueba")


def test_five_wrong_tries_block_and_who_is_right_hears_it(world: World) -> None:
    member = portal.configured(world)
    texts = set()
    for number in range(5):
        step = portal.at_the_picture(world)
        texts.add(refusal(lambda step=step, number=number: password(world, step, f"No es {number}")).user_text)
    assert state_of(world, member) == "bloqueado" and len(texts) == 1
    assert [mail["to"] for mail in mails(world, "access_blocked")] == ["socio50012@example.com"]
    step = portal.at_the_picture(world)
    assert refusal(lambda: password(world, step, "tampoco")).user_text in texts
    blocked = refusal(lambda: password(world, portal.at_the_picture(world), portal.NEW_PASSWORD)).user_text
    assert blocked == "Su acceso está bloqueado o suspendido. Llame al 205-0911."
    agent = world.staff("otra")
    world.lease(agent, member, 2)
    unlock(Unlock(member, REASON), agent, world.uow)
    assert portal.sign_in(world).must == "contract"


@pytest.mark.parametrize("place", [OTHER, KIOSK, PortalPlace(WEB.channel, "Otro", WEB.origin)])
def test_a_ticket_is_good_once_some_minutes_and_there_alone(world: World, place: PortalPlace) -> None:
    portal.configured(world)
    step = door.begin(door.Begin(portal.USER), WEB, world.uow)
    right = portal.right_answer(step.question_text or "")
    with pytest.raises(door.DoorClosed):
        door.answer(door.Answer(step.ticket, right), place, world.uow)
    with pytest.raises(door.DoorClosed):  # a ticket for a question is none for a password
        password(world, step, portal.NEW_PASSWORD)
    with pytest.raises(door.DoorClosed):
        door.answer(door.Answer(Secret("inventado"), right), WEB, world.uow)
    with pytest.raises(InvalidInput):
        door.answer(door.Answer(step.ticket, Secret(" ¿? ")), WEB, world.uow)
    picture = door.answer(door.Answer(step.ticket, right), WEB, world.uow)
    with pytest.raises(door.DoorClosed):
        door.answer(door.Answer(step.ticket, right), WEB, world.uow)
    world.clock.advance(minutes=5)
    with pytest.raises(door.DoorClosed):
        password(world, picture, portal.NEW_PASSWORD)
    assert world.scalar("SELECT count(*) FROM member_session WHERE ended_at IS NULL") == 0
    ticket = step.ticket.reveal()
    assert ticket not in str(world.rows("SELECT * FROM member_door")) + str(world.events())


def test_throttles_by_origin_and_by_user(world: World) -> None:
    limits = world.uow.policy.portal
    for number in range(limits.door_per_user):
        door.begin(door.Begin("Uprueba01"), PortalPlace(WEB.channel, "T", f"10.0.0.{number}"), world.uow)
    with pytest.raises(RateLimited):
        door.begin(door.Begin(" uPRUEBA01"), PortalPlace(WEB.channel, "T", "10.0.1.1"), world.uow)
    for number in range(limits.door_per_origin):
        door.begin(door.Begin(f"otro{number}"), WEB, world.uow)
    with pytest.raises(RateLimited):
        door.begin(door.Begin("otro"), WEB, world.uow)
    door.begin(door.Begin("otro"), OTHER, world.uow)
    world.clock.advance(minutes=limits.door_window_minutes)
    door.begin(door.Begin("otro"), WEB, world.uow)
    assert [event["result"] for event in world.events("portal.begin")].count("refused") == 2
    marks = str(world.rows("SELECT mark FROM portal_try")) + str(world.events())
    assert "uprueba01" not in marks.casefold() and WEB.origin not in marks


def test_a_remembered_device_is_not_asked_until_it_is_forgotten(world: World) -> None:
    member = portal.configured(world)
    token = portal.sign_in(world, remember=True).device_token
    assert token is not None and token.reveal() not in str(world.rows("SELECT * FROM remembered_device"))
    known = PortalPlace(WEB.channel, WEB.terminal, WEB.origin, token)
    step = door.begin(door.Begin(portal.USER), known, world.uow)
    assert (step.kind, step.image_id) == ("image", "faro")
    inside = password(world, step, portal.NEW_PASSWORD, known)
    assert inside.stage == "full"
    stranger = unknown_user(world)
    assert door.begin(door.Begin(stranger), known, world.uow).kind == "question"
    world.change("UPDATE remembered_device SET forgotten_at = added_at")
    assert door.begin(door.Begin(portal.USER), known, world.uow).kind == "question"
    world.change("UPDATE remembered_device SET forgotten_at = NULL")
    world.clock.advance(days=90)
    assert door.begin(door.Begin(portal.USER), known, world.uow).kind == "question"
    assert portal.sign_in(world, place=KIOSK, remember=True).device_token is None
    assert world.scalar("SELECT count(*) FROM remembered_device WHERE member_id = :id", id=member) == 1


def test_not_my_image_opens_a_case_and_says_the_same_to_everybody(world: World) -> None:
    member = portal.configured(world)
    stranger = unknown_user(world)
    said = set()
    for user in (portal.USER, stranger):
        step = answer(world, door.begin(door.Begin(user), WEB, world.uow), "otra cosa")
        said.add(door.not_my_image(door.NotMyImage(step.ticket), WEB, world.uow))
        with pytest.raises(door.DoorClosed):
            password(world, step, portal.NEW_PASSWORD)
    assert len(said) == 1
    reports = world.rows("SELECT member_id, answered FROM image_report")
    assert [(row["member_id"], bool(row["answered"])) for row in reports] == [(member, False)]


def test_the_last_visit_is_the_one_before(world: World) -> None:
    member = portal.configured(world)
    assert portal.sign_in(world).last_visit_at is None
    first = world.clock.now()
    world.clock.advance(days=1)
    assert portal.sign_in(world).last_visit_at == first
    assert world.scalar("SELECT count(*) FROM access WHERE member_id = :id AND relogin_at IS NOT NULL", id=member) == 1


def test_what_is_over_is_dropped_within_a_day(world: World) -> None:
    portal.configured(world)
    portal.sign_in(world)
    assert purge(world.uow) == 0
    world.clock.advance(hours=13)
    assert purge(world.uow) > 0 and purge(world.uow) == 0
    assert world.scalar("SELECT count(*) FROM member_door") == world.scalar("SELECT count(*) FROM portal_try") == 0


def test_an_empty_user_is_no_try(world: World) -> None:
    with pytest.raises(CoopError) as raised:
        door.begin(door.Begin("   "), WEB, world.uow)
    assert raised.value.field == "username" and world.rows("SELECT * FROM portal_try") == []
