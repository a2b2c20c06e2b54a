"""The lines of the patterns in the store: each event once, killed or not; closed by another person, for good."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from data.engine import writing
from services import pattern_run
from services.audit_filter import AuditFilter
from services.audit_log import ReadAudit, read_audit
from services.audit_trail import seal_pending
from services.errors import CoopError, InvalidInput, NotFound, NotPermitted
from services.operations import Op
from services.operator import Operator, Role
from services.pattern_lines import (
    AlreadyClosed,
    ClosePattern,
    GetPattern,
    ListPatterns,
    close_pattern,
    list_patterns,
    open_count,
    pattern_detail,
)
from services.pattern_run import PatternWatch
from services.records import OpenRecord, open_record
from services.worker import seal
from tests.services.branch_life import Life
from tests.services.branch_plants import plant
from tests.services.world import World

REASON = "Explicado: trabajo normal"
LINES = 12  # of that month; nobody has declared kin in this store


def fill(world: World, life: Life) -> None:
    """The month becomes the store's trail."""
    with writing(world.engine).begin() as connection:
        bodies = [{"body": event.body} for event in life.in_order()]
        connection.execute(text("INSERT INTO audit_event (body) VALUES (:body)"), bodies)
    with writing(world.engine).begin() as connection:
        while seal_pending(connection):
            pass


def month() -> Life:
    life = Life(3, agents=2, days=9)
    plant(life)
    return life


def keys(world: World) -> list[str]:
    return [row["key"] for row in world.rows("SELECT key FROM pattern_line ORDER BY id")]


def probe(world: World, agent: Operator) -> None:
    """Twelve searches that find nobody, in the store's own trail."""
    for _ in range(12):
        with world.uow.begin(agent, Op.MEMBER_FIND) as tx:
            tx.record(result="not_found")
            tx.commit()
    seal(world.uow)


def test_the_worker_takes_every_event_once(world: World) -> None:
    fill(world, month())
    watch = PatternWatch(batch=100)
    added = watch(world.uow)
    found = keys(world)
    assert added == len(found) == len(set(found)) == LINES
    events = len(world.events())
    assert watch(world.uow) == 0  # its own events are looked at, and make none
    seal(world.uow)
    watch(world.uow)
    assert len(world.events()) == events and keys(world) == found
    assert PatternWatch().run_all(world.uow, again=True) == 0 and keys(world) == found


@pytest.mark.parametrize("batch", [7, 450])
def test_a_worker_that_is_killed_between_its_steps_loses_and_doubles_nothing(
    world: World, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = month()
    fill(world, life)
    keep, calls = pattern_run._keep, 0

    def killed(*args: object) -> bool:
        nonlocal calls
        calls += 1
        if calls % 3 == 1:
            raise KeyboardInterrupt  # before it wrote
        done = keep(*args)  # type: ignore[arg-type]
        if calls % 3 == 2:
            raise KeyboardInterrupt  # after
        return done

    monkeypatch.setattr(pattern_run, "_keep", killed)
    for _ in range(10_000):
        try:
            PatternWatch(batch=batch).run_all(world.uow)
            break
        except KeyboardInterrupt:
            continue
    monkeypatch.undo()
    broken = keys(world)
    world.change("UPDATE store_meta SET value = '0' WHERE key = 'patterns_seq'")
    assert PatternWatch().run_all(world.uow) == 0  # in one go it finds nothing that was not there
    assert len(broken) == len(set(broken)) == LINES


def test_two_workers_share_the_trail(world: World) -> None:
    fill(world, month())
    one, other = PatternWatch(batch=50), PatternWatch(batch=50)
    more = True
    while more:
        more = one._step(world.uow)[0] | other._step(world.uow)[0]
    found = keys(world)
    assert len(found) == len(set(found)) == LINES
    assert PatternWatch().run_all(world.uow, again=True) == 0


def test_a_line_names_rule_parameters_and_events(world: World) -> None:
    agent, boss = world.staff(), world.staff("jefa", (Role.SUPERVISOR,))
    probe(world, agent)
    assert PatternWatch()(world.uow) == 1
    (row,) = list_patterns(ListPatterns(), boss, world.uow)
    assert (row.rule, row.who, row.count, row.closed_at) == ("probing", "mrodriguez", 12, None)
    detail = pattern_detail(GetPattern(row.line_id), boss, world.uow)
    assert set(detail.params) == {"12 búsquedas", "dentro de 30 min"}
    assert detail.policy == world.uow.policy.sha256
    assert {event.who for event in detail.events} == {"mrodriguez"} and len(detail.events) == 12
    seal(world.uow)
    page = read_audit(ReadAudit(AuditFilter(line_id=row.line_id)), boss, world.uow)
    assert {event.event_id for event in page.rows} == {event.event_id for event in detail.events}
    stored = json.loads(world.rows("SELECT params FROM pattern_line")[0]["params"])
    assert stored == {"probing_misses": 12, "probing_minutes": 30}


def test_another_supervisor_closes_it_once_and_for_good(world: World) -> None:
    boss, other = world.staff("jefa", (Role.SUPERVISOR,)), world.staff("jefe", (Role.SUPERVISOR,))
    probe(world, boss)
    PatternWatch()(world.uow)
    line = world.scalar("SELECT id FROM pattern_line")
    assert list_patterns(ListPatterns(), boss, world.uow) == () and open_count(boss, world.uow) == 0
    with pytest.raises(NotFound):
        pattern_detail(GetPattern(line), boss, world.uow)
    with pytest.raises(InvalidInput):
        read_audit(ReadAudit(AuditFilter(line_id=line)), boss, world.uow)
    with pytest.raises(NotPermitted):
        close_pattern(ClosePattern(line, REASON), boss, world.uow)
    with pytest.raises(InvalidInput):
        close_pattern(ClosePattern(line, "x"), other, world.uow)
    with pytest.raises(NotPermitted):
        close_pattern(ClosePattern(line, REASON), world.staff("auditora", (Role.AUDITOR,)), world.uow)
    assert open_count(other, world.uow) == 1
    close_pattern(ClosePattern(line, REASON), other, world.uow)
    with pytest.raises(AlreadyClosed):
        close_pattern(ClosePattern(line, REASON), other, world.uow)
    assert list_patterns(ListPatterns(), other, world.uow) == ()
    (row,) = list_patterns(ListPatterns(closed=True), other, world.uow)
    assert (row.closed_by, row.reason) == ("jefe", REASON)
    assert [event["reason"] for event in world.events("pattern.close") if event["result"] == "ok"] == [REASON]
    for table in ("pattern_line", "pattern_closure"):
        for change in (f"UPDATE {table} SET id = id + 1", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError):
                world.change(change)


def test_one_person_under_two_names_closes_nothing_of_their_own(world: World) -> None:
    member = world.member()
    world.staff("agente", member_id=member)
    agent = world.staff("cajera", (Role.CASHIER,), member_id=member)
    boss = world.staff("jefa", (Role.SUPERVISOR,), member_id=member)
    probe(world, agent)
    PatternWatch()(world.uow)
    with pytest.raises(NotPermitted):
        close_pattern(ClosePattern(world.scalar("SELECT id FROM pattern_line"), REASON), boss, world.uow)
    assert list_patterns(ListPatterns(), boss, world.uow) == ()


def test_who_tries_their_own_record_is_told_of_and_others_work_on(world: World) -> None:
    member, other = world.member(), world.member("50013")
    agent = world.staff(member_id=member)
    with pytest.raises(NotPermitted):
        open_record(OpenRecord(member), agent, world.uow)
    seal(world.uow)
    PatternWatch()(world.uow)
    line = world.rows("SELECT rule, member_id, staff_id FROM pattern_line")[0]
    assert (line["rule"], line["member_id"], line["staff_id"]) == ("related", member, agent.staff_id)
    open_record(OpenRecord(other), agent, world.uow)  # a line blocks nobody
    world.clock.advance(minutes=1)
    history = world.rows("SELECT body FROM audit_event WHERE member_id = :id", id=member)
    assert not any("pattern.line" in row["body"] for row in history)  # nor does the member's history tell of it


def test_a_list_read_again_is_one_event(world: World) -> None:
    boss = world.staff("jefa", (Role.SUPERVISOR,))
    for _ in range(3):
        world.clock.advance(seconds=20)
        list_patterns(ListPatterns(), boss, world.uow)
    assert len(world.events("pattern.view")) == 1
    with pytest.raises(CoopError):
        list_patterns(ListPatterns(), world.staff(), world.uow)
