"""Who looked at a member, whom a person looked at, by day; and that this look is told of, too."""

from __future__ import annotations

from datetime import date

import pytest

from services.errors import NotFound, NotPermitted
from services.looks import DAYS, LookRow, ReadLooks, read_looks
from services.notes import AddNote, add_note
from services.operations import Op
from services.operator import Channel, Operator, Role
from services.records import OpenRecord, open_record, refresh_record
from services.timeline import MemberTimeline, member_timeline
from tests.services.world import World


def told(rows: tuple[LookRow, ...]) -> list[tuple[str, str, int, int, bool]]:
    return [(row.who, row.number, row.records, row.total, row.served) for row in rows]


def test_who_looked_at_a_member_and_who_only_looked(world: World) -> None:
    boss, nosy, agent = world.staff("jefa", (Role.SUPERVISOR,)), world.staff("curioso"), world.staff()
    member, other = world.member(), world.member("50013")
    for _ in range(3):
        open_record(OpenRecord(member), nosy, world.uow)
    open_record(OpenRecord(other), nosy, world.uow)
    open_record(OpenRecord(member), agent, world.uow)
    add_note(AddNote(member, "Pidió copia de su contrato"), agent, world.uow)
    page = read_looks(ReadLooks("50012"), boss, world.uow)
    assert page.of_member and page.name == "ITZEL P••••" and not page.more
    assert told(page.rows) == [("curioso", "50012", 3, 3, False), ("mrodriguez", "50012", 1, 1, True)]
    assert page.rows[0].day == date(2026, 11, 23) and page.until == date(2026, 11, 23)
    whom = read_looks(ReadLooks("CURIOSO"), boss, world.uow)
    assert not whom.of_member
    assert told(whom.rows) == [("curioso", "50012", 3, 3, False), ("curioso", "50013", 1, 1, False)]
    mine = world.events("looks.view")
    assert [(event.get("member"), event.get("object")) for event in mine] == [
        (member, None),
        (None, f"staff:{nosy.staff_id}"),
    ]


def test_days_are_panamas_and_pages_go_back(world: World) -> None:
    boss, agent, member = world.staff("jefa", (Role.SUPERVISOR,)), world.staff(), world.member()
    world.clock.advance(hours=-11)  # 22:00 of the day before in Panama, another day in UTC
    with world.uow.begin_system(agent, member_id=member) as tx:
        tx.record("record.view")
        tx.commit()
    world.clock.advance(hours=11)
    refresh_record(OpenRecord(member), agent, world.uow)
    rows = read_looks(ReadLooks("50012"), boss, world.uow).rows
    assert [row.day for row in rows] == [date(2026, 11, 23), date(2026, 11, 22)]
    before = read_looks(ReadLooks("50012", until=date(2026, 11, 22)), boss, world.uow)
    assert [row.day for row in before.rows] == [date(2026, 11, 22)]
    assert (before.until - before.since).days == DAYS - 1
    assert read_looks(ReadLooks("50012", until=date(2026, 11, 21)), boss, world.uow).rows == ()


def test_the_member_in_the_portal_and_other_kinds_of_looks_are_counted(world: World) -> None:
    boss, agent, member = world.staff("jefa", (Role.SUPERVISOR,)), world.staff(), world.member()
    world.lease(agent, member)
    member_timeline(MemberTimeline(member), agent, world.uow)
    with world.uow.begin(agent, Op.BALANCES_VIEW, member_id=member) as tx:
        tx.record()
        tx.record("payment.prepare")
        tx.record("receipt.view", result="refused")
        tx.commit()
    own = Operator(f"member:{member}", "itzel.perez", frozenset(), "", "web", Channel.WEB)
    with world.uow.begin_system(own, member_id=member) as tx:
        tx.record(Op.BALANCES_VIEW.value)
        tx.commit()
    row, theirs = read_looks(ReadLooks("50012"), boss, world.uow).rows
    assert (row.records, row.money, row.others, row.served) == (1, 2, 0, False)
    assert (theirs.who, theirs.money) == ("asociado", 1)


def test_only_supervisors_and_auditors_read_it_and_nobody_their_own(world: World) -> None:
    member = world.member()
    agent, auditor = world.staff(), world.staff("auditora", (Role.AUDITOR,), member_id=member)
    with pytest.raises(NotPermitted):
        read_looks(ReadLooks("50012"), agent, world.uow)
    with pytest.raises(NotPermitted):
        read_looks(ReadLooks("50012"), auditor, world.uow)
    with pytest.raises(NotFound):
        read_looks(ReadLooks("99999"), auditor, world.uow)
    assert [event["result"] for event in world.events("looks.view")] == ["refused"] * 3
