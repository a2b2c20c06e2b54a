"""What a member changes of their own, the forgotten password, the reports of a strange image (S53, S67–S69, S78)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from data.secrets import Secret
from services import forgotten_password as fp
from services import member_security as ms
from services import member_sign_in as door
from services.activation_queue import day_summary
from services.errors import InvalidInput, NotFound, RateLimited, SessionEnded
from services.first_access import SetImage
from services.image_reports import AttendReport, attend_report, open_reports
from services.member_authorisation import ProofNeeded
from services.member_profile import member_profile
from services.records import OpenRecord, open_record
from services.security_questions import NewAnswer
from services.timeline import MemberTimeline, member_timeline
from tests.services import portal_door as portal
from tests.services.access_cases import mails, state_of
from tests.services.portal_door import OTHER, WEB
from tests.services.test_portal_sign_in import Counting, unknown_user
from tests.services.world import World

NEW = "Otra frase larga 9"
OTHER_ANSWERS = (
    NewAnswer("apodo-ninez", Secret("Chicha")), NewAnswer("primera-mascota", Secret("Canelo")),
    NewAnswer("primer-viaje", Secret("Boquete")),
)  # fmt: skip
CHANGES: dict[str, tuple[Callable[..., ms.Changed], Any, str]] = {
    "username": (ms.change_username, ms.ChangeUsername("Nuevo.Usuario"), "su usuario"),
    "password": (
        ms.change_own_password,
        ms.ChangeOwnPassword(Secret(portal.NEW_PASSWORD), Secret(NEW), Secret(NEW)),
        "su contraseña",
    ),
    "image": (ms.change_image, SetImage("canoa", "El río"), "su imagen de seguridad"),
    "questions": (ms.change_questions, ms.ChangeQuestions(OTHER_ANSWERS), "sus preguntas de seguridad"),
    "services": (
        ms.change_services,
        ms.ChangeServices(frozenset({"publicidad"})),
        "los servicios que recibe por correo",
    ),
    "devices": (ms.forget_own_devices, ms.ForgetOwnDevices(), "la lista de equipos recordados"),
}
WRONG: dict[str, tuple[Any, str | None]] = {
    "username": (ms.ChangeUsername("corto"), "username"),
    "password": (ms.ChangeOwnPassword(Secret("no es"), Secret(NEW), Secret(NEW)), "current"),
    "image": (SetImage("no-hay", "El río"), "image"),
    "questions": (ms.ChangeQuestions(OTHER_ANSWERS[:2]), "questions"),
    "services": (ms.ChangeServices(portal.SERVICES), "services"),
    "devices": (ms.ForgetOwnDevices(999), None),
}


@pytest.mark.parametrize("what", CHANGES)
def test_each_change_wants_a_fresh_password_and_tells_the_member(world: World, what: str) -> None:
    portal.member_inside(world)
    operator = portal.sign_in(world, remember=True).operator
    function, command, said = CHANGES[what]
    with pytest.raises(InvalidInput) as raised:
        function(WRONG[what][0], operator, world.uow)
    assert raised.value.field == WRONG[what][1]
    before = len(mails(world, "member_security_changed"))
    assert function(command, operator, world.uow).text
    told = mails(world, "member_security_changed")[before:]
    assert [mail["context"]["what"] for mail in told] == [said]
    world.clock.advance(minutes=4)
    door.touch(operator, world.uow)
    world.clock.advance(minutes=1, microseconds=1)
    with pytest.raises(ProofNeeded):
        function(command, operator, world.uow)
    trail = str(world.events())
    for secret in (NEW, "Canelo", "El río", "Nuevo.Usuario", portal.NEW_PASSWORD):
        assert secret not in trail


def test_what_was_changed_is_what_lets_in(world: World) -> None:
    operator, _ = portal.member_inside(world)
    for what in ("username", "password", "image"):
        function, command, _ = CHANGES[what]
        function(command, operator, world.uow)
    with pytest.raises(door.DoorRefused):
        portal.sign_in(world, "Nuevo.Usuario")
    inside = portal.sign_in(world, "nuevo.usuario", password=NEW)
    picture = portal.at_the_picture(world, "Nuevo.Usuario")
    assert (picture.image_id, picture.image_name, inside.must) == ("canoa", "El río", None)
    ms.change_questions(ms.ChangeQuestions(OTHER_ANSWERS), inside.operator, world.uow)
    step = door.begin(door.Begin("Nuevo.Usuario"), WEB, world.uow)
    assert step.question_text in member_profile(inside.operator, world.uow).questions


def test_a_new_password_ends_remembered_devices(world: World) -> None:
    portal.member_inside(world)
    signed = portal.sign_in(world, remember=True)
    function, command, _ = CHANGES["password"]
    function(command, signed.operator, world.uow)
    assert member_profile(signed.operator, world.uow).devices == ()


def test_the_profile_shows_masked_facts_devices_and_who_came_in(world: World) -> None:
    portal.member_inside(world)
    with pytest.raises(door.DoorRefused):
        portal.sign_in(world, place=OTHER, password="no es")
    operator = portal.sign_in(world, remember=True).operator
    seen = member_profile(operator, world.uow)
    assert (seen.full_name, seen.number, seen.username) == ("ITZEL PÉREZ MUÑOZ", "50012", portal.USER)
    assert "•" in seen.email and "•" in seen.phone and "•" in seen.cedula
    assert [device.name for device in seen.devices] == ["Firefox en Linux"] and len(seen.questions) == 3
    assert [choice.service.id for choice in seen.services if choice.on] == ["estado_cuenta"]
    assert [access.result for access in seen.accesses] == ["entró", "negado", "entró", "entró"]
    ms.forget_own_devices(ms.ForgetOwnDevices(seen.devices[0].device_id), operator, world.uow)
    assert member_profile(operator, world.uow).devices == ()


# ---------------------------------------------------------------- the forgotten password


def code_of(world: World) -> Secret:
    return Secret(str(mails(world, "portal_code")[-1]["context"]["code"]))


def test_code_and_answer_together_give_a_new_password_and_end_the_rest(world: World) -> None:
    _, member = portal.member_inside(world)
    inside = portal.sign_in(world, remember=True)
    step = fp.forgot(fp.Forgot(portal.USER), WEB, world.uow)
    proven = fp.prove(
        fp.ProveForgotten(step.ticket, code_of(world), portal.right_answer(step.question_text)), WEB, world.uow
    )
    for bad, field in (("corta", "new"), (portal.NEW_PASSWORD, "new"), ("Soy Itzel 2026", "new")):
        with pytest.raises(InvalidInput) as raised:
            fp.renew(fp.RenewPassword(proven.ticket, Secret(bad), Secret(bad)), WEB, world.uow)
        assert raised.value.field == field
    renewed = fp.RenewPassword(proven.ticket, Secret(NEW), Secret(NEW))
    assert fp.renew(renewed, WEB, world.uow) == fp.Renewed()
    with pytest.raises(door.DoorClosed):
        fp.renew(renewed, WEB, world.uow)
    with pytest.raises(SessionEnded):
        door.touch(inside.operator, world.uow)
    known = door.begin(door.Begin(portal.USER), replace_token(inside), world.uow)
    assert known.kind == "question"
    assert portal.sign_in(world, password=NEW).must is None
    told = mails(world, "member_security_changed")
    assert [mail["kind"] for mail in told[-2:]] == ["mail", "sms"] and state_of(world, member) == "activo"


def replace_token(inside: door.SignedInMember) -> Any:
    from dataclasses import replace

    return replace(WEB, device_token=inside.device_token)


@pytest.mark.parametrize("wrong", ["code", "answer", "both"])
def test_neither_is_enough_alone(world: World, wrong: str) -> None:
    portal.configured(world)
    step = fp.forgot(fp.Forgot(portal.USER), WEB, world.uow)
    code, answer = code_of(world), portal.right_answer(step.question_text)
    other = Secret("000000" if code.reveal() != "000000" else "111111")
    given = (code if wrong == "answer" else other, answer if wrong == "code" else Secret("otra cosa"))
    with pytest.raises(fp.ForgottenRefused) as raised:
        fp.prove(fp.ProveForgotten(step.ticket, *given), WEB, world.uow)
    assert world.scalar("SELECT failed_count FROM access") == 1
    again = raised.value.again
    assert again.question_text == step.question_text
    assert fp.prove(fp.ProveForgotten(again.ticket, code, answer), WEB, world.uow).facts.minimum == 8


def test_unknown_unfinished_and_unreachable_users_get_the_same(world: World) -> None:
    member = portal.configured(world)
    portal.configured(world, "50013", "otra", "Sin.Contacto")
    world.change("UPDATE member SET email = NULL, phone = NULL WHERE number = '50013'")
    stranger = unknown_user(world)
    counting = Counting(world.hasher)
    counting.hash = lambda text: _counted(counting, text)  # type: ignore[attr-defined]
    world.uow.hasher = counting  # type: ignore[assignment]
    seen = {}
    for user in (portal.USER, "Sin.Contacto", stranger, "50012", "59999"):
        counting.work = 0
        step = fp.forgot(fp.Forgot(user), WEB, world.uow)
        begun = counting.work
        with pytest.raises(fp.ForgottenRefused) as raised:
            fp.prove(fp.ProveForgotten(step.ticket, Secret("123456"), Secret("otra cosa")), WEB, world.uow)
        seen[user] = (step.text, bool(step.question_text), begun, raised.value.user_text, counting.work)
    assert len(set(seen.values())) == 1 and seen[stranger][2] == 1 and seen[stranger][4] == 3
    assert len(mails(world, "portal_code")) == 1
    assert world.scalar("SELECT failed_count FROM access WHERE member_id = :id", id=member) == 1


def _counted(counting: Counting, text: str) -> str:
    counting.work += 1
    return str(counting.hasher.hash(text))


def test_a_blocked_access_is_not_recovered_and_guessing_blocks(world: World) -> None:
    member = portal.configured(world)
    step = fp.forgot(fp.Forgot(portal.USER), WEB, world.uow)
    code, answer = code_of(world), portal.right_answer(step.question_text)
    for _ in range(5):
        with pytest.raises(fp.ForgottenRefused) as raised:
            fp.prove(fp.ProveForgotten(step.ticket, code, Secret("otra cosa")), WEB, world.uow)
        step = raised.value.again
    assert state_of(world, member) == "bloqueado"
    with pytest.raises(fp.ForgottenRefused):
        fp.prove(fp.ProveForgotten(step.ticket, code, answer), WEB, world.uow)
    before = len(mails(world, "portal_code"))
    fp.forgot(fp.Forgot(portal.USER), OTHER, world.uow)
    assert len(mails(world, "portal_code")) == before


def test_codes_are_few_and_the_door_is_throttled(world: World) -> None:
    portal.configured(world)
    limits = world.uow.policy.portal
    for host in range(limits.door_per_user - 1):
        fp.forgot(fp.Forgot(portal.USER), portal.PortalPlace(WEB.channel, "T", f"10.0.0.{host}"), world.uow)
    assert len(mails(world, "portal_code")) == limits.codes_per_window
    fp.forgot(fp.Forgot(portal.USER), OTHER, world.uow)
    with pytest.raises(RateLimited):
        fp.forgot(fp.Forgot(portal.USER), OTHER, world.uow)


# ---------------------------------------------------------------- reports


def test_the_cis_sees_who_did_not_know_their_image_and_says_what_was_done(world: World) -> None:
    member = portal.configured(world)
    agent = world.staff("otra")
    false = door.answer(
        door.Answer(door.begin(door.Begin(portal.USER), WEB, world.uow).ticket, Secret("otra cosa")), WEB, world.uow
    )
    door.not_my_image(door.NotMyImage(false.ticket), WEB, world.uow)
    world.clock.advance(minutes=1)
    door.not_my_image(door.NotMyImage(portal.at_the_picture(world).ticket), WEB, world.uow)
    (row,) = open_reports(agent, world.uow)
    assert (row.member_id, row.answered, row.channel, row.times) == (member, True, "Web", 2)
    assert day_summary(agent, world.uow).image_reports == 1
    world.case(agent, member)
    assert open_record(OpenRecord(member), agent, world.uow).image_report == "No reconoció su imagen hoy 09:01"
    world.clock.advance(minutes=1)
    door.not_my_image(door.NotMyImage(portal.at_the_picture(world).ticket), WEB, world.uow)  # comes while it is read
    with pytest.raises(InvalidInput):
        attend_report(AttendReport(row.report_id, member, ""), agent, world.uow)
    done = AttendReport(row.report_id, member, "Se llamó: no recordaba la imagen que eligió")
    assert attend_report(done, agent, world.uow) == 2
    with pytest.raises(NotFound):
        attend_report(done, agent, world.uow)
    (left,) = open_reports(agent, world.uow)
    assert (left.times, left.report_id > row.report_id) == (1, True)
    attend_report(AttendReport(left.report_id, member, done.note), agent, world.uow)
    assert open_reports(agent, world.uow) == () and day_summary(agent, world.uow).image_reports == 0
    assert open_record(OpenRecord(member), agent, world.uow).image_report is None
    told = [row for row in member_timeline(MemberTimeline(member), agent, world.uow) if "imagen" in row.what.lower()]
    assert sum(row.reason == done.note for row in told) == 2
    seen = [row.what for row in told if row.what.startswith("No")]
    assert sorted(seen) == ["No reconoció su imagen de seguridad: vio la suya"] * 2 + [
        "No reconoció su imagen de seguridad: vio una ajena"
    ]


def test_whoever_floods_the_list_takes_one_row_of_it(world: World) -> None:
    portal.configured(world)
    for minutes in range(12):
        world.clock.advance(minutes=minutes)
        step = door.begin(door.Begin(portal.USER), WEB, world.uow)
        wrong = door.answer(door.Answer(step.ticket, Secret("otra cosa")), WEB, world.uow)
        door.not_my_image(door.NotMyImage(wrong.ticket), WEB, world.uow)
    (row,) = open_reports(world.staff("otra"), world.uow)
    assert (row.times, row.answered) == (12, False)
