"""Cases followed: by agent, member and state; what should be come back to, by itself or by hand; taken up again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from data.tables import ApprovalRequest, Outbox, TemporaryCredential
from data.values.uuid7 import uuid7
from services.case_list import CLOSED, OPEN, RESUMED, WAITING, GetCase, ListCases, ReopenCase, case_story, list_cases
from services.case_list import reopen_case as reopen
from services.cases import CloseCase, close_case
from services.errors import InvalidInput, NotFound, NotPermitted
from services.follow_ups import (
    AddFollowUp,
    AlreadyAttended,
    AttendFollowUp,
    ListFollowUps,
    PendingFollowUp,
    add_follow_up,
    attend_follow_up,
    list_follow_ups,
)
from services.operations import Op
from services.operator import Operator, Role
from services.records import OpenRecord, open_record
from tests.services.world import START, World

TODAY = date(2026, 11, 23)


def call(world: World, agent: Operator, member: int, *actions: str) -> str:
    """One call from record to F7, with these things done; answers its case."""
    case_id = open_record(OpenRecord(member), agent, world.uow).case_id
    with world.uow.begin(agent, Op.RECORD_VIEW, member_id=member) as tx:
        for action in actions:
            tx.record(action, about="credential:c1" if action == "credential.issue" else None)
        tx.record("record.view")
        tx.commit()
    world.clock.advance(minutes=2)
    close_case(CloseCase(member), agent, world.uow)
    assert case_id is not None
    return case_id


def pending(world: World, operator: Operator, *, everybody: bool = False) -> list[PendingFollowUp]:
    return list(list_follow_ups(ListFollowUps(everybody), operator, world.uow))


def test_the_list_says_reason_actions_and_state(world: World) -> None:
    agent, other, boss = world.staff(), world.staff("jcastillo"), world.staff("jefa", (Role.SUPERVISOR,))
    first, second = world.member(), world.member("50013")
    one = call(world, agent, first, "access.unlock", "questions.reset")
    two = call(world, other, second)
    three = open_record(OpenRecord(second), agent, world.uow).case_id
    mine = list_cases(ListCases(), agent, world.uow)
    assert [(row.time.case_id, row.state, row.kind) for row in mine] == [
        (three, OPEN, "Consulta"),
        (one, CLOSED, "Reinicio de datos de acceso"),
    ]
    assert mine[1].done == "Desbloqueó el acceso · Reinició las preguntas de seguridad"
    assert (mine[1].number, mine[1].member, mine[1].time.seconds) == ("50012", "ITZEL P••••", 120)
    of_member = list_cases(ListCases(number="50013"), agent, world.uow)
    assert [row.time.case_id for row in of_member] == [three, two]
    assert len(list_cases(ListCases(), boss, world.uow)) == 3
    assert [row.time.case_id for row in list_cases(ListCases(agent="JCastillo"), boss, world.uow)] == [two]
    assert [row.time.case_id for row in list_cases(ListCases(state=CLOSED), boss, world.uow)] == [two, one]
    assert list_cases(ListCases(agent="jcastillo"), agent, world.uow) == ()  # not theirs to see
    for wrong in (ListCases(agent="nadie"), ListCases(number="9"), ListCases(state="x")):
        with pytest.raises(InvalidInput):
            list_cases(wrong, boss, world.uow)


def test_a_date_by_hand_waits_until_somebody_attends_to_it(world: World) -> None:
    agent, member = world.staff(), world.member()
    open_record(OpenRecord(member), agent, world.uow)
    key = uuid7()
    later = AddFollowUp(key, member, TODAY + timedelta(days=2), "Llamar para confirmar el correo")
    add_follow_up(later, agent, world.uow)
    add_follow_up(later, agent, world.uow)  # the same key again
    (one,) = pending(world, agent)
    assert (one.text, one.due, one.by_itself, one.number, one.agent) == (
        later.text,
        False,
        False,
        "50012",
        agent.username,
    )
    assert open_record(OpenRecord(member), agent, world.uow).pending == ()
    world.clock.advance(days=2)
    again = world.staff("otra")
    assert "Seguimiento 25/11: Llamar para" in open_record(OpenRecord(member), again, world.uow).pending[0]
    attend_follow_up(AttendFollowUp(key, member, "Confirmado"), again, world.uow)
    with pytest.raises(AlreadyAttended):
        attend_follow_up(AttendFollowUp(key, member, "Confirmado"), again, world.uow)
    assert open_record(OpenRecord(member), again, world.uow).pending == ()
    assert "confirmar" not in str(world.events()).casefold()  # the trail does not repeat what they say
    for table in ("follow_up", "follow_up_end"):
        with pytest.raises(DBAPIError):
            world.change(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    ("due_on", "text"),
    [
        (TODAY - timedelta(days=1), "Ayer no"),
        (TODAY + timedelta(days=400), "Muy lejos"),
        (TODAY, "  "),
        (TODAY, "x" * 201),
        (TODAY, "tarjeta 4539 1488 0343 6467"),
    ],
)
def test_what_is_no_follow_up_is_refused(world: World, due_on: date, text: str) -> None:
    agent, member = world.staff(), world.member()
    with pytest.raises(InvalidInput):
        add_follow_up(AddFollowUp(uuid7(), member, due_on, text), agent, world.uow)
    with pytest.raises(NotPermitted):
        add_follow_up(AddFollowUp(uuid7(), member, TODAY, "Bien"), world.staff("aud", (Role.AUDITOR,)), world.uow)
    with pytest.raises(NotFound):
        attend_follow_up(AttendFollowUp("nada", member, "Hecho"), agent, world.uow)


def credential(world: World, agent: Operator, member: int, **columns: object) -> None:
    values = {"secret_hash": "x", "delivery": "mail", "issued_at": START, "issued_by": agent.staff_id}
    values |= {"expires_at": START + timedelta(hours=24)}
    world._insert(TemporaryCredential, id="c1", member_id=member, **(values | columns))


def test_a_credential_that_nobody_used_comes_back_by_itself(world: World) -> None:
    agent, member = world.staff(), world.member()
    case_id = call(world, agent, member, "credential.issue")
    credential(world, agent, member)
    assert pending(world, agent) == []
    world.clock.advance(hours=25)
    again = world.staff("otra", (Role.SUPERVISOR,))
    assert pending(world, again) == []
    (one,) = pending(world, again, everybody=True)
    assert (one.key, one.agent, one.by_itself, one.due, one.case_id) == (
        "credential:c1",
        "mrodriguez",
        True,
        True,
        case_id,
    )
    (row,) = list_cases(ListCases(state=WAITING), again, world.uow)
    assert (row.time.case_id, row.follow_ups, row.kind) == (case_id, 1, "Credencial")
    world.change("UPDATE temporary_credential SET used_at = expires_at")
    assert pending(world, again, everybody=True) == []
    assert list_cases(ListCases(state=WAITING), again, world.uow) == ()


def test_a_bounced_mail_and_a_waiting_approval_come_back_and_can_be_attended_to(world: World) -> None:
    agent, member = world.staff(), world.member()
    mail = world._insert(
        Outbox, kind="mail", template="credential", member_id=member, destination="i•••@example.com", message_id="m",
        state="failed", created_at=START, next_at=START, expires_at=START, settled_at=START,
    )  # fmt: skip
    credential(world, agent, member, outbox_id=mail)
    world._insert(
        ApprovalRequest, id="a1", kind="transfer.third", member_id=member, staff_id=agent.staff_id, maker="{}",
        command="{}", summary="{}", prepared_hash="x", amount=1, reasons="{}", note="n", evidence="N2",
        requested_at=START, expires_at=START + timedelta(hours=24), state="waiting",
    )  # fmt: skip
    assert {one.key for one in pending(world, agent)} == {f"mail:{mail}", "approval:a1"}
    attend_follow_up(AttendFollowUp(f"mail:{mail}", member, "Dará otro correo"), agent, world.uow)
    assert [one.key for one in pending(world, agent)] == ["approval:a1"]


def test_a_case_is_taken_up_again_in_a_new_one_that_names_it(world: World) -> None:
    agent, member = world.staff(), world.member()
    first = call(world, agent, member, "access.unlock")
    world.clock.advance(minutes=3)
    other = world.staff("otra")
    second = reopen(ReopenCase(first), other, world.uow)
    with pytest.raises(InvalidInput):
        reopen(ReopenCase(first), agent, world.uow)  # it goes on in the second
    with pytest.raises(InvalidInput):
        reopen(ReopenCase(second), other, world.uow)  # still open
    assert open_record(OpenRecord(member), other, world.uow).case_id == second
    close_case(CloseCase(member), other, world.uow)
    rows = {row.time.case_id: row for row in list_cases(ListCases(number="50012"), agent, world.uow)}
    assert (rows[first].state, rows[second].state, rows[second].reopens) == (RESUMED, CLOSED, first)
    assert rows[first].time.seconds == 120  # each contact keeps its own time
    story = case_story(GetCase(second), agent, world.uow)
    assert [row.time.case_id for row in story.chain] == [first, second]
    told = [row.what for row in story.events]
    assert told[0] == "Abrió un caso" and "Desbloqueó el acceso" in told and "Vio la ficha" not in told
    with pytest.raises(NotFound):
        case_story(GetCase("nada"), agent, world.uow)
    with pytest.raises(NotPermitted):
        reopen(ReopenCase(second), world.staff("aud", (Role.AUDITOR,)), world.uow)
    kin = world.staff("pariente", member_id=member)
    with pytest.raises(NotPermitted):
        case_story(GetCase(second), kin, world.uow)
