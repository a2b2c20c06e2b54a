"""The registers of rights over personal data and of breaches: clocks, steps that stay, who may, and the hand-over."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from data.tables import PrivacyRequest
from data.values.uuid7 import uuid7
from services.breaches import (
    AddToBreach,
    BreachClosed,
    BreachFacts,
    BreachRow,
    ListBreaches,
    NotTold,
    RegisterBreach,
    add_to_breach,
    list_breaches,
    register_breach,
)
from services.errors import InvalidInput, NotFound, NotPermitted, RateLimited
from services.member_export import ExportMemberData, NoDataToGive, export_member_data
from services.operator import Operator, Role
from services.privacy_requests import (
    AttendRequest,
    CloseRequest,
    ListRequests,
    RegisterRequest,
    RequestClosed,
    RequestKind,
    RequestRow,
    attend_request,
    business_days,
    close_request,
    list_requests,
    register_request,
)
from tests.services.test_reports import awake
from tests.services.world import World

ASKED = "Quiere una copia de todo lo que se sabe de ella"
FACTS = BreachFacts(nature="Correo enviado a quien no era", data="Nombres y saldos")


def registered(world: World, who: Operator, kind: RequestKind = RequestKind.ACCESS, **more: Any) -> RequestRow:
    return register_request(RegisterRequest(uuid7(), "50012", kind, ASKED, **more), who, world.uow)


# ---------------------------------------------------------------- requests


def test_the_answer_is_due_in_ten_business_days(world: World) -> None:
    agent, boss = world.staff(), world.staff("jefa", [Role.SUPERVISOR])
    world.member()
    row = registered(world, agent)
    # By hand: 23/11/2026 is a Monday; 28/11 is a Saturday, 8/12 (Tuesday) a day off: 24–27, 30, 1–4, 7 are ten.
    assert (row.due_on, row.days_left, row.clock, row.late) == (date(2026, 12, 7), 10, "quedan 10 días hábiles", False)
    for days, clock in (
        (4, "quedan 6 días hábiles"),
        (11, "queda 1 día hábil"),
        (14, "vence hoy"),
        (16, "venció hace 1 día hábil"),
    ):
        world.clock.moment = world.clock.moment.replace(day=23, month=11) + timedelta(days=days)
        awake_staff(world)
        (seen,) = list_requests(ListRequests(), boss, world.uow)
        assert seen.clock == clock and seen.late is (days > 14)
    done = close_request(CloseRequest(row.request_id, "granted", "Se le entregó la copia"), boss, world.uow)
    assert done.late and done.clock == "respondida fuera de plazo" and done.days_left is None
    assert list_requests(ListRequests(), boss, world.uow) == ()
    (kept,) = list_requests(ListRequests(closed=True), boss, world.uow)
    assert [step.text for step in kept.steps] == ["Recibida", "Cerrada: Concedida. Se le entregó la copia"]


def awake_staff(world: World) -> None:
    """Sessions are as young as the clock, however far it went."""
    awake(world)
    world.change("UPDATE staff_session SET started_at = last_seen_at, authenticated_at = last_seen_at")


def test_business_days_are_those_of_the_calendar() -> None:
    monday = date(2026, 11, 23)
    assert [business_days(monday, monday + timedelta(days=days)) for days in (0, 1, 4, 5, 7)] == [0, 1, 4, 4, 5]
    assert business_days(date(2026, 12, 7), date(2026, 12, 9)) == 1  # the 8th is a day off
    assert business_days(monday, monday - timedelta(days=1)) == -1


def test_steps_are_added_and_what_is_closed_stays_closed(world: World) -> None:
    agent, boss = world.staff(), world.staff("jefa", [Role.SUPERVISOR])
    member = world.member()
    row = registered(world, agent, RequestKind.RECTIFICATION, received_on=date(2026, 11, 20))
    assert row.due_on == date(2026, 12, 4)
    attend_request(AttendRequest(row.request_id, "Se revisa con plataforma"), boss, world.uow)
    close_request(CloseRequest(row.request_id, "denied", "El dato ya era correcto"), boss, world.uow)
    for again in (
        lambda: close_request(CloseRequest(row.request_id, "granted", "Cambio de opinión"), boss, world.uow),
        lambda: attend_request(AttendRequest(row.request_id, "Una cosa más"), boss, world.uow),
    ):
        with pytest.raises(RequestClosed):
            again()
    for statement in (
        "UPDATE privacy_request SET asked = ''",
        "DELETE FROM privacy_step",
        "UPDATE privacy_step SET note = ''",
    ):
        with pytest.raises(DBAPIError):
            world.change(statement)
    told = [
        (event["action"], event.get("member")) for event in world.events() if event["action"].startswith("privacy.")
    ]
    assert ("privacy.register", member) in told and ("privacy.attend", member) in told
    assert ASKED not in json.dumps(world.events())  # in the register, never in the trail


def test_the_same_form_twice_is_one_request(world: World) -> None:
    agent = world.staff()
    world.member()
    command = RegisterRequest(uuid7(), "50012", RequestKind.ACCESS, ASKED)
    assert register_request(command, agent, world.uow) == register_request(command, agent, world.uow)
    assert (
        world.scalar("SELECT count(*) FROM privacy_request") == 1 == world.scalar("SELECT count(*) FROM privacy_step")
    )


def test_numbers_are_not_tried_one_after_the_other(world: World) -> None:
    agent = world.staff()
    world.member()
    for number in range(world.uow.policy.lookup.per_window):
        with pytest.raises(NotFound):
            register_request(RegisterRequest(uuid7(), f"{90000 + number}", RequestKind.ACCESS, ASKED), agent, world.uow)
    with pytest.raises(RateLimited):
        registered(world, agent)
    world.clock.advance(minutes=world.uow.policy.lookup.window_minutes + 1)
    awake(world)
    assert registered(world, agent).number == "50012"


def test_what_is_refused(world: World) -> None:
    agent, auditor = world.staff(), world.staff("auditora", [Role.AUDITOR])
    member = world.member()
    with pytest.raises(NotFound):
        register_request(RegisterRequest(uuid7(), "99999", RequestKind.ACCESS, ASKED), agent, world.uow)
    for field, changed in (
        ("asked", {"asked": "4111 1111 1111 1111 de ella"}),
        ("asked", {"asked": "  .. "}),
        ("received_on", {"received_on": date(2026, 11, 24)}),
        ("key", {"key": "x"}),
    ):
        command = {"key": uuid7(), "number": "50012", "kind": RequestKind.ACCESS, "asked": ASKED} | changed
        with pytest.raises(InvalidInput) as refused:
            register_request(RegisterRequest(**command), agent, world.uow)  # type: ignore[arg-type]
        assert refused.value.field == field
    row = registered(world, agent)
    for who in (agent, auditor):
        with pytest.raises(NotPermitted):
            close_request(CloseRequest(row.request_id, "granted", "Sin derecho a eso"), who, world.uow)
    assert list_requests(ListRequests(), auditor, world.uow)[0].request_id == row.request_id
    own = world.staff("propia", [Role.SUPERVISOR])
    world.relative(own, member)
    with pytest.raises(NotPermitted):
        close_request(CloseRequest(row.request_id, "granted", "Es mi pariente"), own, world.uow)


# ---------------------------------------------------------------- the hand-over


def rich_member(world: World) -> int:
    member = world.member(email="=cmd@example.com")
    savings = world.account(member, balance=1_322_64)
    world.account(
        member, product="20", balance=-50_00, card_last4="4471", card_token="tok-9", floor=-100_00, min_balance=-100_00
    )
    world.access(member, "activo", username="Itzel2026", password_hash="$argon2id$hash", image_id="perro")
    world.change(
        "INSERT INTO member_note (member_id, staff_id, at, text) VALUES (:m, 1, :at, 'Prefiere la tarde')",
        m=member,
        at=world.clock.now() if world.dialect == "postgresql" else "2026-11-23T14:00:00.000000Z",
    )
    assert savings
    return member  # fmt: skip


def test_the_member_gets_what_is_theirs_and_no_secret(world: World, tmp_path: Path) -> None:
    agent, boss = world.staff(), world.staff("jefa", [Role.SUPERVISOR])
    member, other = rich_member(world), world.member("50077", given_names="Otra")
    world.account(other, balance=9_99)
    row = registered(world, agent, RequestKind.PORTABILITY)
    done = export_member_data(ExportMemberData(row.request_id, "json", tmp_path), boss, world.uow)
    raw = done.path.read_bytes()
    assert done.path.stat().st_mode & 0o777 == 0o600 and hashlib.sha256(raw).hexdigest() == done.sha256
    data = json.loads(raw)
    assert data["persona"][0]["number"] == "50012" and data["cuentas"][0]["balance"] == "1322.64"
    assert [one["amount"] for one in data["movimientos"]] == ["1322.64", "-50.00"]
    assert data["notas"][0]["text"] == "Prefiere la tarde" and data["solicitudes"][0]["asked"] == ASKED
    text = raw.decode()
    for secret in ("argon2", "tok-9", "perro", "50077", "Otra"):
        assert secret not in text, secret
    (event,) = world.events("privacy.export")
    assert event["detail"]["sha256"] == done.sha256 and event["member"] == member
    assert list_requests(ListRequests(), boss, world.uow)[0].state == "exported"
    sheet = export_member_data(ExportMemberData(row.request_id, "csv", tmp_path), boss, world.uow)
    with zipfile.ZipFile(sheet.path) as book:
        people = list(csv.DictReader(io.StringIO(book.read("persona.csv").decode("utf-8-sig"))))
        moved = list(csv.DictReader(io.StringIO(book.read("movimientos.csv").decode("utf-8-sig"))))
    assert people[0]["email"] == "'=cmd@example.com" and moved[1]["amount"] == "-50.00"
    assert done.rows + 0 == sum(len(rows) for name, rows in data.items() if name != "entrega")


def test_data_are_given_for_an_open_request_of_that_kind_only(world: World, tmp_path: Path) -> None:
    agent, boss = world.staff(), world.staff("jefa", [Role.SUPERVISOR])
    world.member()
    wrong, right = registered(world, agent, RequestKind.OPPOSITION), registered(world, agent)
    with pytest.raises(NoDataToGive):
        export_member_data(ExportMemberData(wrong.request_id, "json", tmp_path), boss, world.uow)
    with pytest.raises(NotPermitted):
        export_member_data(ExportMemberData(right.request_id, "json", tmp_path), agent, world.uow)
    close_request(CloseRequest(right.request_id, "denied", "Pidió retirarla"), boss, world.uow)
    with pytest.raises(RequestClosed):
        export_member_data(ExportMemberData(right.request_id, "json", tmp_path), boss, world.uow)
    assert list(tmp_path.glob("datos-*")) == []


def test_every_column_that_is_named_is_there_and_none_is_a_secret() -> None:
    from sqlmodel import SQLModel

    from services.member_export import SECTIONS

    assert PrivacyRequest.__tablename__ in {table for table, _, _ in SECTIONS.values()}
    for table, key, names in SECTIONS.values():
        columns = SQLModel.metadata.tables[table].c
        assert {key, *names} <= set(columns.keys())
        assert not [name for name in names if name != "text_sha256" and any(word in name for word in SECRETS)]


SECRETS = ("hash", "token", "seal", "secret")


# ---------------------------------------------------------------- breaches


def breach(world: World, who: Operator, facts: BreachFacts = FACTS, **more: Any) -> BreachRow:
    return register_breach(RegisterBreach(uuid7(), facts, **more), who, world.uow)


def test_the_clock_of_72_hours(world: World) -> None:
    boss = world.staff("jefa", [Role.SUPERVISOR])
    row = breach(world, boss, known_at=world.clock.now() - timedelta(hours=2))
    assert row.clock == "quedan 2 d 22 h" and not row.late
    world.clock.advance(hours=71)
    awake_staff(world)
    (seen,) = list_breaches(ListBreaches(), boss, world.uow)
    assert seen.clock == "venció hace 1 h" and seen.late
    full = BreachFacts(**{name: f"Texto de {name}" for name in (
        "nature", "data", "measures", "advice", "contact")})  # fmt: skip
    with pytest.raises(InvalidInput, match="invalid_input") as refused:
        add_to_breach(AddToBreach(row.breach_id, "told_authority", "Carta enviada"), boss, world.uow)
    assert refused.value.field == "facts" and "Recomendaciones al titular" in refused.value.user_text
    add_to_breach(AddToBreach(row.breach_id, "updated", "Se completó lo que faltaba", full), boss, world.uow)
    add_to_breach(AddToBreach(row.breach_id, "told_authority", "Carta a ANTAI"), boss, world.uow)
    with pytest.raises(NotTold):
        add_to_breach(AddToBreach(row.breach_id, "closed", "Ya no hay más"), boss, world.uow)
    told = add_to_breach(AddToBreach(row.breach_id, "told_people", "Correo a los tres"), boss, world.uow)
    assert told.clock.startswith("notificada fuera de plazo") and told.late
    add_to_breach(AddToBreach(row.breach_id, "closed", "Ya no hay más"), boss, world.uow)
    with pytest.raises(BreachClosed):
        add_to_breach(AddToBreach(row.breach_id, "updated", "Una cosa más", full), boss, world.uow)
    assert list_breaches(ListBreaches(), boss, world.uow) == ()
    (kept,) = list_breaches(ListBreaches(closed=True), boss, world.uow)
    assert [step.text.split(".")[0] for step in kept.steps] == [
        "Registrada", "Actualizada", "Notificada a ANTAI", "Notificada a las personas", "Cerrada"
    ]  # fmt: skip
    assert len(world.rows("SELECT DISTINCT facts FROM breach_step")) == 2  # what was known first is still there
    with pytest.raises(DBAPIError):
        world.change("DELETE FROM breach_step")
    assert sum(event["result"] == "ok" for event in world.events("breach.register")) == 5


def test_without_risk_nobody_is_told(world: World) -> None:
    officer = world.staff("cumple", [Role.COMPLIANCE])
    row = breach(world, officer, BreachFacts(nature="Correo a quien no era", data="Ninguno", risk=False))
    assert row.clock == "sin riesgo: no se notifica"
    assert (
        add_to_breach(AddToBreach(row.breach_id, "closed", "No salió ningún dato"), officer, world.uow).state
        == "closed"
    )


def test_what_a_breach_needs(world: World) -> None:
    boss, agent = world.staff("jefa", [Role.SUPERVISOR]), world.staff()
    for field, facts in (("nature", BreachFacts(data="x")), ("data", BreachFacts(nature="x")),
                         ("cause", BreachFacts(nature="x", data="x", cause="4111111111111111"))):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            breach(world, boss, facts)
        assert refused.value.field == field
    with pytest.raises(InvalidInput):
        breach(world, boss, known_at=world.clock.now() + timedelta(hours=1))
    for who in (agent, world.staff("auditora", [Role.AUDITOR])):
        with pytest.raises(NotPermitted):
            breach(world, who)
    command = RegisterBreach(uuid7(), FACTS)
    assert register_breach(command, boss, world.uow) == register_breach(command, boss, world.uow)
