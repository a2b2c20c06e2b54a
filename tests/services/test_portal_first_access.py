"""The first access from the temporary password to the re-login: order, rules, interruption, the X-ray (req. 30–35)."""

from __future__ import annotations

import pytest

from data.secrets import Secret
from services import first_access as fa
from services import member_sign_in as door
from services.errors import InvalidInput, SessionEnded
from services.member_security import change_image
from services.operator import Operator
from services.records import OpenRecord, open_record
from services.security_questions import NewAnswer
from services.timeline import MemberTimeline, member_timeline
from tests.services import portal_door as portal
from tests.services.access_cases import state_of
from tests.services.world import World

STAGES = {"password": "contrasena", "username": "usuario", "image": "imagen", "questions": "preguntas",
          "services": "servicios", "relogin": "reingreso", "contract": "contrato"}  # fmt: skip


def xray_now(world: World, agent: Operator, member: int) -> str:
    """The stage at which the ficha says the access stands."""
    stages = open_record(OpenRecord(member), agent, world.uow).access.stages
    return next(stage.id for stage in stages if stage.status != "done")


def test_the_whole_way_in_the_guides_order(world: World) -> None:
    agent, member, password = portal.issued(world)
    assert xray_now(world, agent, member) == "credencial"
    inside = portal.with_temporary(world, password)
    assert (inside.stage, inside.must, inside.last_visit_at, inside.greeting_name) == (
        "wizard",
        "password",
        None,
        "Itzel",
    )
    assert state_of(world, member) == "primer_acceso"
    for number, step in enumerate(portal.WIZARD, start=1):
        assert fa.next_step(inside.operator, world.uow) == fa.WizardState(step, number, 7)
        assert xray_now(world, agent, member) == STAGES[step]
        after = portal.take(world, inside.operator, step, password)
    assert after == fa.WizardState("relogin", 6, 7) and xray_now(world, agent, member) == "reingreso"
    with pytest.raises(SessionEnded):
        fa.next_step(inside.operator, world.uow)
    again = portal.sign_in(world)
    assert (again.stage, again.must) == ("full", "contract") and xray_now(world, agent, member) == "contrato"
    assert fa.next_step(again.operator, world.uow) == fa.WizardState("contract", 7, 7)
    consents = world.rows("SELECT service, given, text_version, channel FROM consent ORDER BY service")
    assert [(row["service"], bool(row["given"]), row["channel"]) for row in consents] == [
        ("estado_cuenta", True, "web"), ("estado_tarjeta", False, "web"), ("publicidad", False, "web"),
    ]  # fmt: skip
    assert {row["text_version"] for row in consents} == {"2026-11-01"}


@pytest.mark.parametrize("done", range(5))
def test_no_step_out_of_its_order(world: World, done: int) -> None:
    """Every other step fails, before and behind the one that is due, and leaves nothing (req. 30)."""
    _, _, password = portal.issued(world)
    inside = portal.with_temporary(world, password)
    for step in portal.WIZARD[:done]:
        portal.take(world, inside.operator, step, password)
    before = world.rows("SELECT * FROM access") + world.rows("SELECT * FROM consent")
    for step in (*portal.WIZARD[:done], *portal.WIZARD[done + 1 :]):
        with pytest.raises(fa.StepOrder) as raised:
            portal.take(world, inside.operator, step, password)
        assert raised.value.step == portal.WIZARD[done]
    assert world.rows("SELECT * FROM access") + world.rows("SELECT * FROM consent") == before
    assert portal.take(world, inside.operator, portal.WIZARD[done], password).step in (*portal.WIZARD, "relogin")


@pytest.mark.parametrize("done", range(1, 5))
def test_an_interruption_goes_on_at_the_first_unfinished_step(world: World, done: int) -> None:
    _, _, password = portal.issued(world)
    inside = portal.with_temporary(world, password)
    for step in portal.WIZARD[:done]:
        portal.take(world, inside.operator, step, password)
    world.clock.advance(minutes=6)  # the browser was closed; the session runs out
    with pytest.raises(SessionEnded):
        fa.next_step(inside.operator, world.uow)
    back = portal.with_temporary(world, portal.NEW_PASSWORD)
    assert back.must == portal.WIZARD[done]
    with pytest.raises(SessionEnded):
        fa.next_step(inside.operator, world.uow)
    for step in portal.WIZARD[done:]:
        portal.take(world, back.operator, step)
    assert portal.sign_in(world).must == "contract"


WRONG_STEPS = [
    ("password", fa.SetPassword(Secret("no es"), Secret("Mango verde 7"), Secret("Mango verde 7")), "current"),
    ("username", fa.SetUsername("corto"), "username"),
    ("username", fa.SetUsername("con espacio 1"), "username"),
    ("username", fa.SetUsername("50012"), "username"),
    ("username", fa.SetUsername("123456789"), "username"),
    ("username", fa.SetUsername("8-700-50012"), "username"),
    ("username", fa.SetUsername("x" * 33), "username"),
    ("username", fa.SetUsername("ñandu2026"), "username"),
    ("image", fa.SetImage("no-hay", "Mi lugar"), "image"),
    ("image", fa.SetImage("faro", "  "), "name"),
    ("image", fa.SetImage("faro", "x" * 31), "name"),
    ("image", fa.SetImage("faro", "a\x1b[31m"), "name"),
    ("questions", fa.SetQuestions((NewAnswer("primer-jefe", Secret("Samudio")),)), "questions"),
    ("services", fa.SetServices(frozenset({"otro"})), "services"),
]


@pytest.mark.parametrize(("step", "command", "field"), WRONG_STEPS)
def test_a_wrong_step_says_which_field_and_changes_nothing(
    world: World, step: str, command: object, field: str
) -> None:
    _, _, password = portal.issued(world)
    inside = portal.with_temporary(world, password)
    for earlier in portal.WIZARD[: portal.WIZARD.index(step)]:
        portal.take(world, inside.operator, earlier, password)
    columns = "SELECT username, password_hash, image_id, questions_at, services_at FROM access"
    before = world.rows(columns), world.rows("SELECT answer_hash FROM security_answer")
    with pytest.raises(InvalidInput) as raised:
        getattr(fa, f"set_{step}")(command, inside.operator, world.uow)
    assert raised.value.field == field
    assert (world.rows(columns), world.rows("SELECT answer_hash FROM security_answer")) == before
    assert fa.next_step(inside.operator, world.uow).step == step


@pytest.mark.parametrize(
    ("typed", "missing"),
    [
        ("Corta 7", "8 caracteres mínimo"),
        ("mango verde 7", "1 letra mayúscula como mínimo"),
        ("Mango verde", "1 número como mínimo"),
        ("Password1", "No es de las más usadas"),
        ("La Itzel de 1986", "No contiene su usuario, su nombre ni su cédula"),
        ("Soy 8 700 50012", "No contiene su usuario, su nombre ni su cédula"),
        ("Soy la 50012", "No contiene su usuario, su nombre ni su cédula"),
        ("Ñ7" + "a" * 127, "8 caracteres mínimo"),
    ],
)
def test_each_rule_of_the_password(world: World, typed: str, missing: str) -> None:
    _, _, password = portal.issued(world)
    inside = portal.with_temporary(world, password)
    facts = fa.password_facts(inside.operator, world.uow, Secret(password))
    states = fa.password_rules(Secret(typed), Secret(typed), facts)
    assert len(states) == 7 and missing in [rule.label for rule in states if not rule.met]
    with pytest.raises(InvalidInput) as raised:
        fa.set_password(fa.SetPassword(Secret(password), Secret(typed), Secret(typed)), inside.operator, world.uow)
    assert missing[0].lower() + missing[1:] in raised.value.user_text and typed not in raised.value.user_text


@pytest.mark.parametrize("good", ["Ñandú 7 y café", "A1" + "ñandú " * 13 + "ú", "  Dos Blancos 22"])
def test_long_passwords_with_signs_count_to_the_last_letter(world: World, good: str) -> None:
    _, _, password = portal.issued(world)
    inside = portal.with_temporary(world, password)
    fa.set_password(fa.SetPassword(Secret(password), Secret(good), Secret(good)), inside.operator, world.uow)
    with pytest.raises(door.DoorRefused):
        portal.with_temporary(world, good[:-1])
    assert portal.with_temporary(world, good).must == "username"


def test_the_temporary_password_is_no_new_one_and_the_two_fields_agree(world: World) -> None:
    _, _, password = portal.issued(world)
    inside = portal.with_temporary(world, password)
    same = fa.SetPassword(Secret(password), Secret(password), Secret(password))
    with pytest.raises(InvalidInput, match="invalid_input"):
        fa.set_password(same, inside.operator, world.uow)
    differ = fa.SetPassword(Secret(password), Secret(portal.NEW_PASSWORD), Secret(portal.NEW_PASSWORD + "x"))
    with pytest.raises(InvalidInput) as raised:
        fa.set_password(differ, inside.operator, world.uow)
    assert raised.value.field == "repeat"


def test_a_taken_user_is_not_available_in_any_case(world: World) -> None:
    portal.configured(world)
    _, _, password = portal.issued(world, "50013", "otra")
    inside = portal.with_temporary(world, password, "50013")
    portal.take(world, inside.operator, "password", password)
    with pytest.raises(InvalidInput) as raised:
        fa.set_username(fa.SetUsername("uPRUEBA01"), inside.operator, world.uow)
    assert raised.value.user_text == "Ese usuario no está disponible."
    assert portal.take(world, inside.operator, "username", user="Otra.Persona").step == "image"


def test_the_current_password_is_guessed_five_times_and_no_more(world: World) -> None:
    _, member, password = portal.issued(world)
    inside = portal.with_temporary(world, password)
    guess = fa.SetPassword(Secret("no es"), Secret(portal.NEW_PASSWORD), Secret(portal.NEW_PASSWORD))
    for _ in range(5):
        with pytest.raises(InvalidInput):
            fa.set_password(guess, inside.operator, world.uow)
    assert state_of(world, member) == "bloqueado"
    with pytest.raises(SessionEnded):
        portal.take(world, inside.operator, "password", password)


def test_a_staff_reset_of_the_questions_is_asked_for_again(world: World) -> None:
    member = portal.configured(world)
    portal.sign(world, portal.sign_in(world).operator)
    world.change("DELETE FROM security_answer")
    world.change("UPDATE access SET questions_at = NULL")
    step = door.begin(door.Begin(portal.USER), portal.WEB, world.uow)
    assert step.kind == "temporary"
    command = door.GiveTemporary(step.ticket, Secret(portal.NEW_PASSWORD), portal.cedula(), portal.BIRTH)
    back = door.give_temporary(command, portal.WEB, world.uow)
    assert back.must == "questions"
    assert portal.take(world, back.operator, "questions").step == "relogin"
    assert portal.sign_in(world).must is None and state_of(world, member) == "activo"


def test_a_renewed_password_leads_back_to_where_the_access_was(world: World) -> None:
    from data.values.uuid7 import uuid7
    from services.access_mending import ResetPassword, reset_password
    from tests.services.access_cases import REASON, last_password

    operator, member = portal.member_inside(world)
    agent = world.staff("otra")
    world.lease(agent, member, 3, ["in_person"])
    reset_password(ResetPassword(member, REASON, uuid7()), agent, world.uow)
    with pytest.raises(SessionEnded):
        fa.next_step(operator, world.uow)
    password = last_password(world)
    step = door.begin(door.Begin(portal.USER), portal.WEB, world.uow)
    inside = door.give_temporary(
        door.GiveTemporary(step.ticket, Secret(password), portal.cedula(), portal.BIRTH), portal.WEB, world.uow
    )
    assert inside.must == "password" and state_of(world, member) == "primer_acceso"
    with pytest.raises(SessionEnded):
        fa.next_step(operator, world.uow)  # the former session stays dead although the access is open again
    new = fa.SetPassword(Secret(password), Secret("Otra frase larga 9"), Secret("Otra frase larga 9"))
    assert fa.set_password(new, inside.operator, world.uow).step == "relogin"
    assert xray_now(world, agent, member) == "reingreso"
    assert portal.sign_in(world, password="Otra frase larga 9").must is None and state_of(world, member) == "activo"


def test_nothing_that_was_typed_is_in_the_trail(world: World) -> None:
    portal.configured(world)
    portal.sign_in(world)
    trail = str(world.events())
    for secret in (portal.NEW_PASSWORD, "Samudio", portal.IMAGE_NAME, portal.USER, portal.cedula()):
        assert secret not in trail
    assert not [event for event in world.events() if event["result"] not in ("ok", "passed")]


def test_the_staffs_timeline_tells_all_of_it_in_words(world: World) -> None:
    """From the first access to a changed picture, slips included: nothing is shown by its bare name (A7)."""
    operator, member = portal.member_inside(world)
    with pytest.raises(door.DoorRefused):
        portal.sign_in(world, place=portal.OTHER, password="no es")
    change_image(fa.SetImage("canoa", "El río"), operator, world.uow)
    door.sign_out(operator, world.uow)
    agent = world.staff("otra")
    rows = member_timeline(MemberTimeline(member, 200, views=True), agent, world.uow)
    own = [row for row in rows if row.kind == "asociado"]
    assert {"Cambió su usuario", "Eligió su imagen de seguridad", "Ingresó al portal", "Salió del portal"} <= {
        row.what for row in own
    }
    assert {row.who for row in own} == {"50012"} and {row.channel for row in own} == {"Web"}
    assert not [row.what for row in rows if "." in row.what]
