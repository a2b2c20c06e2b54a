"""The demo cooperative: the guide's figures, a member at each stage, people who can sign in, a ledger that stands."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from data.catalog.products import load_products
from data.catalog.questions import load_questions
from data.demo_figures import load_members, load_staff
from data.secrets import Hasher, Secret, Secrets
from data.tables import Drawer
from data.values.dates import panama_date
from services.access_states import AccessState
from services.account_view import shown_figure
from services.activation_queue import pending_activations
from services.contract_proof import signatures, verify_contract
from services.demo import DemoExists, build_demo, demo_built, demo_sheet
from services.drawer_difference import explain
from services.drawer_review import DrawersOfDay, drawers_of_day
from services.drawer_rows import cash_entries, movements
from services.ledger_check import check
from services.lookup import Find, find
from services.operator import Role, system_operator
from services.passwords import password_problems
from services.policy import load_policy
from services.records import OpenRecord, open_record
from services.security_questions import compare_answer
from services.staff_sessions import SignIn, sign_in
from services.statement_mails import mail_statements
from tests.services.world import FrozenClock, World

PASO_13 = [
    ("APORTACIONES", "250.00"),
    ("CAPITAL EXTERNO", "526.95"),
    ("FONDO DE INCAPACIDAD TEMPORAL", "75.00"),
    ("SERVICIO DE MORTUORIA", "50.00"),
    ("PLAN SOLIDARIO DE CANCER", "75.00"),
    ("SEG.VIDA", "62.68"),
    ("MASTERCARD CLASICA PROFECARD", "1,322.64"),
]


def member_id(world: World, number: str) -> int:
    return int(world.scalar("SELECT id FROM member WHERE number = :number", number=number))


def test_it_is_built_whole_on_both_engines(world: World) -> None:
    sheet = build_demo(world.uow)
    assert demo_built(world.uow) and check(world.uow) == ()
    assert world.scalar("SELECT count(*) FROM member") == 101
    assert world.scalar("SELECT count(DISTINCT member_id) FROM name_token") == 101
    products = {row["product"] for row in world.rows("SELECT DISTINCT product FROM account WHERE member_id > 0")}
    assert products == set(load_products().by_code)
    kinds = world.rows(
        "SELECT kind, count(*) AS n FROM operation WHERE kind NOT IN ('opening', 'history') GROUP BY kind"
    )
    cash = {"vault.in": 2, "drawer.open": 1, "cash.deposit": 4, "cash.withdraw": 2}
    assert {row["kind"]: row["n"] for row in kinds} == cash
    states = {row["state"] for row in world.rows("SELECT DISTINCT state FROM access")}
    assert states == {state.value for state in AccessState}
    (event,) = world.events("demo.build")
    assert event["detail"]["members"] == 101 and len(sheet.staff) == event["detail"]["staff"] == 14
    with pytest.raises(DemoExists):
        build_demo(world.uow)


def test_the_guides_member_has_the_seven_rows_of_paso_13(sqlite_world: World) -> None:
    build_demo(sqlite_world.uow)
    rows = sqlite_world.rows(
        "SELECT a.* FROM account a JOIN member m ON m.id = a.member_id WHERE m.number = '50000' ORDER BY a.id"
    )
    assert [(row["label"], shown_figure(row["balance"], row["product"])) for row in rows] == PASO_13
    numbers = [row["number"] for row in rows]
    assert [number[:7] for number in numbers[:5]] == [f"0{code}-002-" for code in range(1, 6)]
    assert [number[-3:] for number in numbers[:5]] == ["1-7", "1-2", "1-1", "1-7", "1-4"]
    assert numbers[5].startswith("0090703") and numbers[5].endswith("6")
    assert numbers[6].startswith("5216-XXXX-XXXX-") and rows[6]["card_last4"] == numbers[6][-4:]
    visit = sqlite_world.scalar(
        "SELECT last_visit_at FROM access JOIN member ON member.id = member_id WHERE number = '50000'"
    )
    assert visit.startswith("2019-01-11T16:31")


def test_it_is_the_same_on_every_machine(
    sqlite_world: World, sqlite_template: Path, tmp_path: Path, secrets: Secrets, hasher: Hasher
) -> None:
    build_demo(sqlite_world.uow)
    shutil.copyfile(sqlite_template, tmp_path / "other.db")
    other = World(f"sqlite:///{(tmp_path / 'other.db').as_posix()}", secrets, hasher)
    try:
        build_demo(other.uow)
        assert snapshot(sqlite_world) == snapshot(other)
    finally:
        other.close()


def snapshot(world: World) -> dict[str, list[dict[str, object]]]:
    queries = {
        "member": "SELECT * FROM member ORDER BY number",
        "account": "SELECT number, balance, floor, status, terms FROM account ORDER BY number",
        "operation": "SELECT id, kind, body, value_date, at, external_ref FROM operation ORDER BY seq",
        "access": "SELECT member_id, state, requested_at, username FROM access ORDER BY member_id",
        "credential": "SELECT id, issued_at, expires_at FROM temporary_credential ORDER BY id",
    }
    return {name: world.rows(query) for name, query in queries.items()}


def test_everybody_signs_in_as_the_sheet_says(sqlite_world: World) -> None:
    """Under the shipped policy supervisors, auditors and administrators have a second factor; the sheet has it."""
    sheet = build_demo(sqlite_world.uow)
    seen: set[tuple[str, Role]] = set()
    for person in sheet.staff:
        if not person.enabled:
            continue
        now = sqlite_world.clock.now()
        code = Secret(pyotp.TOTP(person.totp_secret).at(now)) if person.totp_secret else None
        signed = sign_in(SignIn(person.username, Secret(sheet.password), code, "T-1"), sqlite_world.uow)
        assert not signed.must_change_password and not signed.must_enrol_second_factor
        seen |= {(signed.operator.branch, role) for role in signed.operator.roles}
    assert seen == {(branch, role) for branch in ("001", "018") for role in Role}


def test_the_passphrase_is_one_that_the_program_would_take() -> None:
    people = [word for person in load_staff() for word in (person.username, person.name)]
    sheet = demo_sheet(load_policy().session)
    assert password_problems(Secret(sheet.password), context=people, minimum=15) == ()


def test_answers_verify_and_stand_nowhere_in_clear(sqlite_world: World) -> None:
    build_demo(sqlite_world.uow)
    catalogue = load_questions()
    for figure in load_members():
        if not figure.answers:
            continue
        chosen = [catalogue.by_id[question] for question, _ in figure.answers]
        assert len(chosen) == 3 and sum(question.weak for question in chosen) <= 1
        member = member_id(sqlite_world, figure.number)
        for position, (_, answer) in enumerate(figure.answers, start=1):
            assert compare_answer(sqlite_world.uow, member, position, Secret(answer.upper())).matches
            assert not compare_answer(sqlite_world.uow, member, position, Secret("otra cosa")).matches
    path = sqlite_world.url.removeprefix("sqlite:///")
    with open(path, "rb") as file, open(f"{path}-wal", "rb") as log:
        everything = file.read() + log.read()
    assert b"mrodriguez" in everything
    assert b"Lassonde" not in everything and b"lassonde" not in everything
    assert demo_sheet(sqlite_world.uow.policy.session).password.encode() not in everything


def test_the_queue_holds_waiting_members_oldest_first(sqlite_world: World) -> None:
    build_demo(sqlite_world.uow)
    agent = sqlite_world.staff("nuevo")
    queue = pending_activations(agent, sqlite_world.uow)
    ages = {row.number: (row.age_minutes, row.route) for row in queue}
    assert ages["40001"] == (8, "web") and ages["40002"] == (25, "sucursal")
    assert [row.requested_at for row in queue] == sorted(row.requested_at for row in queue)


def test_each_stage_shows_in_the_x_ray(sqlite_world: World) -> None:
    build_demo(sqlite_world.uow)
    agent = sqlite_world.staff("nuevo")
    current = set()
    for number in range(40001, 40028):
        record = open_record(OpenRecord(member_id(sqlite_world, str(number))), agent, sqlite_world.uow)
        current.add(next((stage.id for stage in record.access.stages if stage.status != "done"), "completo"))
        sqlite_world.clock.advance(seconds=1)
    assert current == {
        "solicitado", "activado", "credencial", "contrasena", "usuario", "imagen", "preguntas", "servicios",
        "reingreso", "contrato", "completo",
    }  # fmt: skip


def test_names_are_found_and_numbers_belong_to_the_demo(sqlite_world: World) -> None:
    build_demo(sqlite_world.uow)
    supervisor = sqlite_world.staff("jefa", [Role.SUPERVISOR])
    assert [hit.number for hit in find(Find("aurelia espino"), supervisor, sqlite_world.uow).hits] == ["40020"]
    assert [hit.number for hit in find(Find("4-PI-234-123"), supervisor, sqlite_world.uow).hits] == ["40002"]


def test_moments_are_counted_from_when_it_is_made(sqlite_world: World) -> None:
    now = FrozenClock().now() + timedelta(days=400)
    sqlite_world.clock.moment = now
    build_demo(sqlite_world.uow)
    youngest = sqlite_world.scalar("SELECT max(requested_at) FROM access")
    assert youngest == (now - timedelta(minutes=8)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    history = "SELECT max(value_date) FROM operation WHERE kind IN ('history', 'opening')"
    assert sqlite_world.scalar(history) < now.date().isoformat()
    assert sqlite_world.scalar("SELECT max(opened_at) FROM drawer") < now.isoformat()


def test_a_drawer_stands_open_and_its_double_is_found(world: World) -> None:
    build_demo(world.uow)
    assert check(world.uow) == ()
    (row,) = world.rows("SELECT d.*, a.balance FROM drawer d JOIN account a ON a.id = d.account_id")
    assert row["closed_at"] is None and row["opening"] == 500_00 and row["balance"] == -971_50
    supervisor = world.staff("jefa", [Role.SUPERVISOR])
    (seen,) = drawers_of_day(DrawersOfDay(panama_date(world.clock.now())), supervisor, world.uow)
    assert (seen.username, seen.expected, seen.counted) == ("lbatista", 971_50, None)
    ids = [done["id"] for done in world.rows("SELECT id FROM operation WHERE kind = 'cash.deposit' ORDER BY seq")]
    with world.uow.begin_system(supervisor) as tx:
        drawer = tx.session.get_one(Drawer, row["id"])
        (first, *_) = explain(cash_entries(movements(tx, drawer)), -75_00)
    assert first.why == "doubled" and first.entries == tuple(ids[:2])
    assert world.scalar("SELECT count(*) FROM outbox WHERE template = 'payment_done' AND state = 'pending'") == 0


def test_whoever_signed_the_contract_has_a_signature_that_fits(sqlite_world: World) -> None:
    world = sqlite_world
    build_demo(world.uow)
    past = world.rows("SELECT member_id FROM access WHERE contract_at IS NOT NULL")
    console = system_operator("test")
    found = signatures(world.uow, console)
    assert len(found) == len(past) == world.scalar("SELECT count(DISTINCT member_id) FROM contract_signature") > 5
    verdicts = [verify_contract(row.id, console, world.uow) for row in found]
    assert [verdict.findings for verdict in verdicts if not verdict.intact] == []
    guide = next(row for row in found if row.number == "50000")
    text = str(world.scalar("SELECT text FROM contract_signature WHERE id = :id", id=guide.id))
    assert text.endswith("a los 27 días del mes Diciembre del año 2018.\n")
    early = (
        "SELECT count(*) FROM contract_signature JOIN access ON access.member_id = contract_signature.member_id"
        " WHERE state IN ('primer_acceso', 'activado')"
    )
    assert world.scalar(early) == 0


def test_no_statement_of_the_past_is_mailed(sqlite_world: World) -> None:
    build_demo(sqlite_world.uow)
    assert mail_statements(sqlite_world.uow) == 0
    sqlite_world.clock.advance(days=31)
    assert mail_statements(sqlite_world.uow) > 0


def test_the_cast_comes_into_the_portal_as_the_sheet_says(sqlite_world: World) -> None:
    from services import member_sign_in as door
    from tests.services.portal_door import WEB

    sheet, inside = build_demo(sqlite_world.uow), []
    for member in sheet.members:
        found = re.fullmatch(r"Portal: usuario (\S+), contraseña (.+)", member.portal)
        if found is None:
            continue
        step = door.begin(door.Begin(found[1]), WEB, sqlite_world.uow)
        answer = dict(member.answers)[str(step.question_text)]
        step = door.answer(door.Answer(step.ticket, Secret(answer)), WEB, sqlite_world.uow)
        command = door.GivePassword(step.ticket, Secret(found[2]))
        inside.append((member.number, door.give_password(command, WEB, sqlite_world.uow).must))
    assert len(inside) >= 6 and ("50000", None) in inside and ("40018", "contract") in inside
