"""What is seen of what waits: the queue, one request, the notices, the member's record (C10, req. 13, 16)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.types import utc_text
from services.activation_queue import day_summary
from services.approval_ends import expire_due
from services.approval_inbox import pending_approvals
from services.approval_notices import OwnDecisions, Waiting, own_decisions, pending_count
from services.approval_rows import AlreadyDecided
from services.approval_views import FindRequest, GetApproval, approval_detail, find_request
from services.approvals import Refuse, Withdraw, refuse, withdraw
from services.errors import NotFound, NotPermitted, SessionLocked
from services.operator import Role
from services.records import OpenRecord, refresh_record
from tests.services.approval_desk import BIG, NOTE, ApprovalDesk
from tests.services.world import World

NOWHERE = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def desk(world: World) -> ApprovalDesk:
    return ApprovalDesk(world)


def test_who_sees_which_list(desk: ApprovalDesk) -> None:
    uow = desk.world.uow
    first = desk.ask().request_id
    desk.world.clock.advance(minutes=1)
    second = desk.ask().request_id
    everybody = (desk.supervisor(branch="018"), desk.world.staff("aud", [Role.AUDITOR]))
    for operator in everybody:
        rows = pending_approvals(operator, uow)
        assert [row.request_id for row in rows] == [first, second]
        assert (rows[0].title, rows[0].amount, rows[0].member, rows[0].maker) == (
            "Transferencia entre cuentas propias", BIG, "ITZEL P••••", "mrodriguez",
        )  # fmt: skip
        assert not any(row.own for row in rows)
    assert all(row.own for row in pending_approvals(desk.agent, uow))
    assert pending_approvals(desk.world.staff("jcastillo"), uow) == ()
    assert pending_approvals(desk.world.staff("admin", [Role.ADMINISTRATOR]), uow) == ()
    withdraw(Withdraw(first), desk.agent, uow)
    assert len(pending_approvals(everybody[0], uow)) == 1
    desk.later(hours=24)
    assert pending_approvals(everybody[0], uow) == ()


def test_a_list_that_is_read_again_leaves_one_event(desk: ApprovalDesk) -> None:
    desk.ask()
    supervisor = desk.supervisor()
    for _ in range(3):
        pending_approvals(supervisor, desk.world.uow)
    assert len(desk.world.events("approval.view")) == 1
    again = desk.ask().request_id
    pending_approvals(supervisor, desk.world.uow)
    events = desk.world.events("approval.view")
    assert len(events) == 2 and again in events[-1]["detail"]["requests"]


def test_the_whole_request_for_who_decides(desk: ApprovalDesk) -> None:
    asked = desk.ask(desk.form(memo="Para el lote"))
    desk.world.change("UPDATE service_case SET flags = 'urgencia'")
    supervisor = desk.supervisor()
    detail = desk.detail(asked.request_id, supervisor)
    shown = dict(detail.summary)
    assert (shown["Monto"], shown["Detalle"], shown["Saldo después"]) == ("B/.150.00", "Para el lote", "B/.350.00")
    assert detail.evidence == "N2 · código de un solo uso, pregunta de seguridad"
    assert detail.note == NOTE and detail.reasons == ("Pasa lo que su rol puede solo (B/.100.00).",)
    assert len(detail.flags) == 1
    assert dict(detail.days)["mrodriguez"].startswith("B/.0.00 de ")
    (event,) = desk.world.events("approval.view")
    assert (event["object"], event["member"]) == (asked.request_id, desk.member)
    approval_detail(GetApproval(asked.request_id, automatic=True), supervisor, desk.world.uow)
    assert len(desk.world.events("approval.view")) == 1


def test_who_does_not_decide_sees_no_balance_without_a_caller(desk: ApprovalDesk) -> None:
    asked = desk.ask()
    auditor = desk.world.staff("aud", [Role.AUDITOR])
    assert "Saldo después" in dict(desk.detail(asked.request_id, desk.agent).summary)  # the caller is on the line
    desk.world.change("UPDATE verification_lease SET ended_at = granted_at")
    for operator in (desk.agent, auditor):
        detail = desk.detail(asked.request_id, operator)
        assert "Saldo después" not in dict(detail.summary) and dict(detail.summary)["Monto"] == "B/.150.00"
        assert detail.hash == "" and detail.trouble and detail.changes == () and detail.days == ()
    with pytest.raises(NotPermitted):
        desk.detail(asked.request_id, desk.world.staff("jcastillo"))
    with pytest.raises(NotFound):
        desk.detail(NOWHERE, auditor)
    withdraw(Withdraw(asked.request_id), desk.agent, desk.world.uow)
    with pytest.raises(AlreadyDecided):
        desk.detail(asked.request_id, auditor)


def test_the_notice_counts_what_others_left_and_keeps_nobody_awake(desk: ApprovalDesk) -> None:
    uow = desk.world.uow
    supervisor, auditor = desk.supervisor(), desk.world.staff("aud", [Role.AUDITOR])
    none, one = Waiting(), Waiting(1)
    assert pending_count(supervisor, uow) == none
    desk.ask()
    before = len(desk.world.events())
    assert (pending_count(supervisor, uow), pending_count(auditor, uow), pending_count(desk.agent, uow)) == (
        one,
        none,
        none,
    )
    relative = desk.supervisor("lvega")
    desk.world.relative(relative, desk.member)
    assert pending_count(relative, uow) == none
    assert len(desk.world.events()) == before
    desk.world.clock.advance(minutes=uow.policy.session.idle_lock_minutes - 1)
    pending_count(supervisor, uow)
    own_decisions(OwnDecisions(), supervisor, uow)
    pending_approvals(supervisor, uow)
    desk.world.clock.advance(minutes=2)
    for quiet in (lambda: pending_count(supervisor, uow), lambda: own_decisions(OwnDecisions(), supervisor, uow)):
        with pytest.raises(SessionLocked):
            quiet()


def test_what_nobody_decides_is_late_and_told_as_such(desk: ApprovalDesk) -> None:
    uow, supervisor = desk.world.uow, desk.supervisor()
    uow.policy = replace(uow.policy, approval=replace(uow.policy.approval, late_minutes=10))
    desk.ask()
    desk.later(minutes=9)
    desk.ask()
    assert pending_count(supervisor, uow) == Waiting(2, 0)
    desk.later(minutes=1)
    assert pending_count(supervisor, uow) == Waiting(2, 1)
    assert [row.late for row in pending_approvals(supervisor, uow)] == [True, False]


def test_the_maker_hears_what_became_of_it(desk: ApprovalDesk) -> None:
    uow = desk.world.uow
    desk.world.fund(desk.first, 500_00)
    start = own_decisions(OwnDecisions(), desk.agent, uow).until
    approved, refused, late, withdrawn = (desk.ask().request_id for _ in range(4))
    supervisor = desk.supervisor()
    desk.world.clock.advance(minutes=2)
    receipt = desk.approve(approved, supervisor)
    refuse(Refuse(refused, "La escritura no es de él"), supervisor, uow)
    withdraw(Withdraw(withdrawn), desk.agent, uow)
    lines = dict(own_decisions(OwnDecisions(start), desk.agent, uow).told)
    assert set(lines) == {approved, refused}  # one's own withdrawal is no news
    assert lines[approved].endswith(f"aprobada por sgomez. Comprobante {receipt.number}.")
    assert lines[refused].endswith("rechazada por sgomez: La escritura no es de él. No se movió dinero.")
    assert "50012" not in str(lines) and "Pérez" not in str(lines)
    assert own_decisions(OwnDecisions(start), supervisor, uow).told == ()
    desk.later(hours=24)
    expire_due(uow)
    (news,) = own_decisions(OwnDecisions(desk.world.clock.now()), desk.agent, uow).told
    assert news[0] == late and news[1].endswith("vencida. No se movió dinero.")


def test_who_was_away_hears_it_on_the_next_day(desk: ApprovalDesk) -> None:
    world = desk.world
    asked = desk.ask().request_id
    world.clock.advance(minutes=10)
    world.change("UPDATE staff_session SET ended_at = last_seen_at WHERE staff_id = :id", id=desk.agent.staff_id)
    desk.approve(asked, desk.supervisor())
    world.clock.advance(hours=12)
    now = world.clock.now()
    world.change(
        "INSERT INTO staff_session (id, staff_id, terminal, channel, branch, started_at, last_seen_at,"
        " authenticated_at) SELECT 'next', staff_id, terminal, channel, branch, :now, :now, :now FROM staff_session"
        " WHERE staff_id = :id",
        id=desk.agent.staff_id,
        now=utc_text(now) if world.dialect == "sqlite" else now,
    )
    (news,) = own_decisions(OwnDecisions(), replace(desk.agent, session_id="next"), world.uow).told
    assert news[0] == asked


def test_the_record_and_the_day_tell_of_it(desk: ApprovalDesk) -> None:
    uow = desk.world.uow
    desk.world.access(desk.member)
    command = OpenRecord(desk.member)
    assert refresh_record(command, desk.agent, uow).pending == () and day_summary(desk.agent, uow).waiting == 0
    desk.ask()
    asked = desk.ask().request_id
    line = "Espera aprobación: Transferencia entre cuentas propias B/.150.00 (mrodriguez)"
    assert refresh_record(command, desk.agent, uow).pending == (line, line)
    assert day_summary(desk.agent, uow).waiting == 2
    colleague = desk.world.staff("jcastillo")
    assert refresh_record(command, colleague, uow).pending == ("2 operaciones esperan aprobación",)
    assert day_summary(colleague, uow).waiting == 0
    withdraw(Withdraw(asked), desk.agent, uow)
    assert refresh_record(command, colleague, uow).pending == ("1 operación espera aprobación",)
    desk.approve(pending_approvals(desk.agent, uow)[0].request_id, desk.supervisor())
    assert refresh_record(command, desk.agent, uow).pending == ()
    day = day_summary(desk.agent, uow)
    assert (day.waiting, day.payments) == (0, 1)  # who registered it, not who approved it
    assert day_summary(desk.supervisor("lvega"), uow).payments == 0


def test_what_became_of_a_lost_answer(desk: ApprovalDesk) -> None:
    asked, uow = desk.ask().request_id, desk.world.uow
    found = find_request(FindRequest(asked), desk.agent, uow)
    assert found == "Transferencia entre cuentas propias: espera aprobación."
    desk.approve(asked, desk.supervisor())
    found = find_request(FindRequest(asked), desk.agent, uow)
    assert found is not None and found.endswith("aprobada por sgomez.")
    assert find_request(FindRequest(asked), desk.world.staff("jcastillo"), uow) is None
    assert find_request(FindRequest(NOWHERE), desk.agent, uow) is None
