"""The record: masked to the field below N1, accounts in the guide's groups, cases and what may be done
(req. 16).
"""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta

import pytest

from data.tables import ContactChange, OneTimeCode, Outbox, RememberedDevice, TemporaryCredential, VerificationBlock
from services.cases import CloseCase, close_case
from services.errors import NotFound, NotPermitted, SessionLocked
from services.operations import Op
from services.operator import Channel, Operator, Role
from services.records import OpenRecord, Record, open_record, refresh_record
from tests.services.world import World


@pytest.fixture
def agent(world: World) -> Operator:
    return world.staff("mrodriguez")


@pytest.fixture
def member(world: World) -> int:
    """Itzel, with one account of each group."""
    member = world.member("50012", cedula="8-123-456")
    world.account(member, product="06", number="06-018-50012-1", label="AHORROS", balance=120_433)
    world.account(member, product="01", number="01-018-50012-1-7", label="APORTACIONES", balance=25_000)
    world.account(
        member,
        product="41",
        number="5216-XXXX-XXXX-4471",
        label="MASTERCARD CLASICA PROFECARD",
        card_last4="4471",
        floor=-500_000,
        min_balance=-500_000,
        balance=-132_264,
    )
    return member


def flat(record: Record) -> str:
    return json.dumps(dataclasses.asdict(dataclasses.replace(record, abilities=dict(record.abilities))), default=str)


# ------------------------------------------------------------ masking


def test_before_verification_nothing_shows(world: World, agent: Operator, member: int) -> None:
    world.access(member, "activo", username="Uprueba01", last_visit_at=world.clock.now())
    record = open_record(OpenRecord(member), agent, world.uow)
    assert (record.level, record.name, record.lease_expires_at) == (0, "ITZEL P••••", None)
    assert record.identity.cedula == "8-•••-•456" and record.identity.email == "s•••@example.com"
    assert record.identity.birth_date == record.identity.branch == "•••" and record.identity.age == ""
    assert record.access.username is None and record.access.last_visit is None
    rows = [row for group in record.groups for row in group.rows]
    assert [row.balance for row in rows] == [None] * 3
    assert [row.number for row in rows] == ["06-018-•••12-1", "01-018-•••12-1-7", "5216-XXXX-XXXX-4471"]
    shown = flat(record)
    for secret in (
        "PÉREZ",
        "Pérez",
        "123-456",
        "14/02/1986",
        "1,204.33",
        "120433",
        "50012@",
        "Uprueba",
        "+507",
        "50012-1",
    ):
        assert secret not in shown, secret


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_verified_caller_opens_the_record(world: World, agent: Operator, member: int, level: int) -> None:
    world.access(member, "activo", username="Uprueba01", last_visit_at=world.clock.now())
    world.lease(agent, member, level)
    record = open_record(OpenRecord(member), agent, world.uow)
    assert (record.level, record.name) == (level, "ITZEL PÉREZ MUÑOZ")
    assert record.lease_expires_at == world.clock.now() + timedelta(minutes=15)
    assert record.identity.cedula == "8-123-456"
    assert (record.identity.birth_date, record.identity.age) == ("14/02/1986", "40")
    assert record.identity.branch == "018 Sucursal David" and record.identity.since == "2011"
    assert (record.identity.email, record.identity.phone) == ("s•••@example.com", "6•••-••12")
    assert record.access.username == ("Up•••••" if level == 1 else "Uprueba01")
    assert record.access.last_visit == "23/11/2026|09:00 am"
    assert "+507" not in flat(record) and "socio50012@" not in flat(record)


def test_groups_follow_the_guide_and_figures_its_form(world: World, agent: Operator, member: int) -> None:
    world.account(
        member, product="31", number="0090703-6", label="SEG.VIDA", floor=-10_000, min_balance=-10_000, balance=-6_268
    )
    world.account(
        member,
        product="21",
        number="21-018-50012-1",
        label="PRÉSTAMO",
        floor=-900_000,
        min_balance=-900_000,
        balance=-500_001,
    )
    world.account(member, product="77", number="77-018-50012-1", label="OTRA\x1b[2J")
    world.lease(agent, member, 1)
    groups = open_record(OpenRecord(member), agent, world.uow).groups
    assert [group.title for group in groups] == [
        "Cuentas de Ahorros",
        "Cuentas de Aportes",
        "Préstamos",
        "Seguros",
        "Tarjetas de Crédito",
        "Otras cuentas",
    ]
    rows = [row for group in groups for row in group.rows]
    assert [row.position for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.balance for row in rows] == ["1,204.33", "250.00", "5,000.01", "62.68", "1,322.64", "0.00"]
    assert rows[4].number == "5216-XXXX-XXXX-4471"
    assert rows[5].label == "OTRA·[2J"


def test_a_flag_lifts_what_balances_need(world: World, agent: Operator, member: int) -> None:
    case = world.case(agent, member, flags="urgencia")
    world.lease(agent, member, 1, case_id=case)
    record = open_record(OpenRecord(member), agent, world.uow)
    assert record.case_id == case and record.flags == ("Presiona con urgencia o autoridad",)
    assert all(row.balance is None for group in record.groups for row in group.rows)
    assert "N2" in str(record.abilities[Op.BALANCES_VIEW.value])


def test_a_lease_of_another_agent_or_past_its_time_opens_nothing(world: World, agent: Operator, member: int) -> None:
    world.lease(world.staff("otra"), member, 3)
    assert open_record(OpenRecord(member), agent, world.uow).level == 0
    world.lease(agent, member, 3)
    assert refresh_record(OpenRecord(member), agent, world.uow).level == 3
    for _ in range(4):
        world.clock.advance(minutes=4)
        refresh_record(OpenRecord(member), agent, world.uow)
    assert refresh_record(OpenRecord(member), agent, world.uow).level == 0


def test_an_auditor_looks_without_a_case(world: World, member: int) -> None:
    auditor = world.staff("auditora", roles=(Role.AUDITOR,))
    record = open_record(OpenRecord(member), auditor, world.uow)
    assert record.case_id is None and record.name == "ITZEL P••••"
    assert world.scalar("SELECT count(*) FROM service_case") == 0


# ------------------------------------------------------------ whom, and who


def test_nobody_there_and_administrators(world: World, agent: Operator, member: int) -> None:
    with pytest.raises(NotFound) as missing:
        open_record(OpenRecord(9_999_999), agent, world.uow)
    assert missing.value.user_text == "No hay un registro con esos datos."
    assert world.scalar("SELECT count(*) FROM service_case") == 0
    with pytest.raises(NotPermitted):
        open_record(OpenRecord(member), world.staff("admin", roles=(Role.ADMINISTRATOR,)), world.uow)


def test_own_and_relatives_records_stay_shut(world: World, agent: Operator, member: int) -> None:
    world.relative(agent, member)
    with pytest.raises(NotPermitted):
        open_record(OpenRecord(member), agent, world.uow)
    assert world.events("record.view")[0]["result"] == "refused"


# ------------------------------------------------------------ events and cases


def test_one_view_event_and_a_case(world: World, agent: Operator, member: int) -> None:
    record = open_record(OpenRecord(member), agent, world.uow)
    (view,) = world.events("record.view")
    assert (view["member"], view["case"], view["detail"]) == (member, record.case_id, {"level": 0})
    assert world.events("case.open")[0]["case"] == record.case_id
    again = open_record(OpenRecord(member), agent, world.uow)
    assert again.case_id == record.case_id and len(world.events("case.open")) == 1
    refreshed = refresh_record(OpenRecord(member), agent, world.uow)
    assert refreshed == again and world.events("record.view")[2]["detail"]["refresh"]


def test_refreshing_opens_no_case(world: World, agent: Operator, member: int) -> None:
    assert refresh_record(OpenRecord(member), agent, world.uow).case_id is None
    assert world.scalar("SELECT count(*) FROM service_case") == 0


def test_the_next_member_ends_case_lease_and_codes(world: World, agent: Operator, member: int) -> None:
    case = world.lease(agent, member, 2)
    world._insert(
        OneTimeCode,
        case_id=case,
        member_id=member,
        purpose="x",
        destination="email",
        code_hash="x",
        sent_at=world.clock.now(),
        expires_at=world.clock.now() + timedelta(minutes=10),
    )
    world.clock.advance(minutes=3)
    other = world.member("50013")
    record = open_record(OpenRecord(other), agent, world.uow)
    (closed,) = world.rows("SELECT * FROM service_case WHERE id = :id", id=case)
    assert closed["outcome"] == "consulta" and closed["closed_at"] is not None
    assert world.rows("SELECT end_reason FROM verification_lease") == [{"end_reason": "case_closed"}]
    assert world.scalar("SELECT count(*) FROM one_time_code WHERE ended_at IS NULL") == 0
    (event,) = world.events("case.close")
    assert (event["member"], event["object"]) == (member, f"case:{case}")
    assert event["detail"] == {"outcome": "consulta", "seconds": 180, "leases": 1}
    assert refresh_record(OpenRecord(member), agent, world.uow).level == 0
    assert record.case_id != case


def test_another_session_s_case_stays_open(world: World, agent: Operator, member: int) -> None:
    world.lease(world.staff("otra"), member, 2)
    open_record(OpenRecord(world.member("50013")), agent, world.uow)
    assert world.events("case.close") == []
    assert world.scalar("SELECT count(*) FROM service_case WHERE closed_at IS NULL") == 2


def test_the_outcome_tells_what_was_done(world: World, agent: Operator, member: int) -> None:
    open_record(OpenRecord(member), agent, world.uow)
    for op in (Op.NOTE_ADD, Op.ACCESS_SUSPEND, Op.NOTE_ADD):
        with world.uow.begin(agent, op, member_id=member) as tx:
            tx.record()
            tx.commit()
    world.clock.advance(seconds=90)
    done = close_case(CloseCase(member), agent, world.uow)
    assert (done.outcome, done.seconds) == ("note.add access.suspend", 90)
    with pytest.raises(NotFound):
        close_case(CloseCase(member), agent, world.uow)


def test_a_screen_that_asks_by_itself_keeps_nobody_awake(world: World, agent: Operator, member: int) -> None:
    idle = world.uow.policy.session.idle_lock_minutes
    world.clock.advance(minutes=idle - 1)
    refresh_record(OpenRecord(member, automatic=True), agent, world.uow)
    world.clock.advance(minutes=2)
    with pytest.raises(SessionLocked):
        refresh_record(OpenRecord(member, automatic=True), agent, world.uow)


# ------------------------------------------------------------ beside the panels


def test_waiting_changes_devices_and_the_last_verification(world: World, agent: Operator, member: int) -> None:
    now = world.clock.now()
    world._insert(
        ContactChange,
        member_id=member,
        field="email",
        new="nueva@example.com",
        state="waiting",
        requested_at=now,
        effective_at=now + timedelta(hours=72),
    )
    world._insert(
        RememberedDevice,
        member_id=member,
        name="PC",
        token_hash="x",
        added_at=now,
        expires_at=now + timedelta(days=90),
    )
    world.lease(world.staff("otra"), member, 2)
    world.clock.advance(minutes=1)
    record = open_record(OpenRecord(member), agent, world.uow)
    assert record.waiting_changes == ("Correo nuevo n•••@example.com desde 26/11/2026 09:00",)
    assert record.access.devices == 1
    assert record.last_verified == "hoy 09:00 · otra · N2"


def test_the_x_ray_reads_the_store(world: World, agent: Operator, member: int) -> None:
    now = world.clock.now()
    world.access(member, "credencial_emitida", activated_at=now, activated_by=agent.staff_id)
    outbox = world._insert(
        Outbox,
        kind="mail",
        template="temporary_credentials",
        member_id=member,
        destination="s•••@example.com",
        message_id="<1@x>",
        state="failed",
        attempts=1,
        created_at=now,
        next_at=now,
        expires_at=now,
        settled_at=now,
        error="smtp_550",
    )
    for minutes, sent in ((0, None), (1, outbox)):
        world._insert(
            TemporaryCredential,
            id=f"0190000{minutes}",
            member_id=member,
            secret_hash="x",
            delivery="mail",
            outbox_id=sent,
            issued_at=now + timedelta(minutes=minutes),
            issued_by=agent.staff_id,
            expires_at=now + timedelta(hours=24),
            ended_at=None if minutes else now,
        )
    access = open_record(OpenRecord(member), agent, world.uow).access
    assert access.fix == Op.CREDENTIAL_FALLBACK.value and "rebotó" in access.diagnosis
    assert access.mail == "s•••@example.com: rebotó: buzón no existe"
    assert [stage.by for stage in access.stages if stage.id == "activado"] == ["mrodriguez"]


# ------------------------------------------------------------ abilities


def why(world: World, operator: Operator, member: int, op: Op) -> str | None:
    return refresh_record(OpenRecord(member), operator, world.uow).abilities[op.value]


def test_every_operation_has_an_answer(world: World, agent: Operator, member: int) -> None:
    record = open_record(OpenRecord(member), agent, world.uow)
    assert set(record.abilities) == {op.value for op in Op}
    assert all(reason is None or reason.endswith(".") for reason in record.abilities.values())
    with pytest.raises(TypeError):
        record.abilities["x"] = None  # type: ignore[index]


REASONS: list[tuple[str | None, Op, str | None]] = [
    (None, Op.ACCESS_REQUEST, None),
    (None, Op.ACCESS_ACTIVATE, "no ha solicitado"),
    ("solicitado", Op.ACCESS_ACTIVATE, None),
    ("solicitado", Op.CREDENTIAL_ISSUE, "todavía no está activado"),
    ("credencial_emitida", Op.CREDENTIAL_ISSUE, None),
    ("credencial_emitida", Op.ACCESS_ACTIVATE, "ya está activado"),
    ("credencial_emitida", Op.ACCESS_UNLOCK, "no está bloqueado"),
    ("bloqueado", Op.ACCESS_UNLOCK, None),
    ("bloqueado", Op.CREDENTIAL_ISSUE, "bloqueado"),
    ("activo", Op.CREDENTIAL_ISSUE, "Restablecer"),
    ("activo", Op.PASSWORD_RESET, None),
    ("activo", Op.ACCESS_REQUEST, "Ya tiene"),
    ("activo", Op.QUESTIONS_RESET, "no tiene preguntas"),
    ("activo", Op.IMAGE_RESET, "no tiene imagen"),
    ("activo", Op.DEVICES_FORGET, "no tiene equipos"),
    ("activo", Op.ACCESS_RESUME, "no está suspendido"),
    ("suspendido", Op.ACCESS_RESUME, None),
    ("suspendido", Op.ACCESS_SUSPEND, "ya está suspendido"),
    ("cerrado", Op.ACCESS_CLOSE, "cerrado"),
    ("activo", Op.CONTACT_CANCEL, "No hay un cambio"),
    ("activo", Op.TRANSFER_OWN, "dos cuentas"),
    ("activo", Op.STAFF_MANAGE, "Su rol"),
    ("activo", Op.VERIFICATION_UNBLOCK, "Su rol"),
]


def test_reasons_of_the_record(world: World, agent: Operator) -> None:
    states = list(dict.fromkeys(state for state, _, _ in REASONS))
    for number, state in enumerate(states, start=50_100):
        member = world.member(str(number))
        world.account(member)
        if state is not None:
            world.access(member, state)
        world.lease(agent, member, 3)
        record = refresh_record(OpenRecord(member), agent, world.uow)
        for _, op, reason in (row for row in REASONS if row[0] == state):
            found = record.abilities[op.value]
            assert found is None if reason is None else reason in (found or ""), (state, op, found)


def test_the_level_is_named_and_what_is_missing(world: World, agent: Operator, member: int) -> None:
    world.access(member, "solicitado")
    assert (why(world, agent, member, Op.ACCESS_ACTIVATE) or "").startswith("Requiere verificación N3. Falta: ")
    world.lease(agent, member, 3)
    assert why(world, agent, member, Op.ACCESS_ACTIVATE) is None


def test_two_accounts_that_move_money_can_transfer(world: World, agent: Operator, member: int) -> None:
    world.account(member, product="07", number="07-018-50012-1", label="NAVIDAD")
    world.lease(agent, member, 2)
    assert why(world, agent, member, Op.TRANSFER_OWN) is None
    world.change("UPDATE account SET affiliated_at = NULL WHERE product = '07'")
    assert "dos cuentas" in (why(world, agent, member, Op.TRANSFER_OWN) or "")


def test_no_mail_no_activation(world: World, agent: Operator) -> None:
    member = world.member("50020", email=None)
    world.access(member, "solicitado")
    world.lease(agent, member, 3)
    assert "no tiene un correo" in (why(world, agent, member, Op.ACCESS_ACTIVATE) or "")
    assert why(world, agent, member, Op.CREDENTIAL_FALLBACK) is None


def test_a_fresh_address_waits(world: World, agent: Operator) -> None:
    member = world.member("50020", email_since=world.clock.now() - timedelta(hours=71))
    world.access(member, "solicitado")
    world.lease(agent, member, 3)
    assert "72 horas" in (why(world, agent, member, Op.ACCESS_ACTIVATE) or "")


def test_blocked_verification(world: World, agent: Operator, member: int) -> None:
    world._insert(VerificationBlock, member_id=member, since=world.clock.now())
    supervisor = world.staff("jefa", roles=(Role.SUPERVISOR,))
    cashier = world.staff("caja", roles=(Role.CASHIER,), channel=Channel.BRANCH)
    assert refresh_record(OpenRecord(member), agent, world.uow).verification_blocked
    assert "bloqueada" in (why(world, agent, member, Op.CALLER_VERIFY) or "")
    assert why(world, cashier, member, Op.CALLER_VERIFY) is None  # in person it goes on
    assert why(world, supervisor, member, Op.VERIFICATION_UNBLOCK) is None


def test_a_stale_password_is_told_not_refused(world: World, agent: Operator, member: int) -> None:
    world.access(member, "solicitado")
    assert not open_record(OpenRecord(member), agent, world.uow).reauth_needed
    for _ in range(2):
        world.clock.advance(minutes=3)
        record = refresh_record(OpenRecord(member), agent, world.uow)
    world.lease(agent, member, 3)
    record = refresh_record(OpenRecord(member), agent, world.uow)
    assert record.reauth_needed and record.abilities[Op.ACCESS_ACTIVATE.value] is None
