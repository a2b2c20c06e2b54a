"""Filters of the audit: each word finds what it names on both databases, pages are whole, the rarest word leads."""

import random
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from services.audit_activity import ReadActivity, read_activity
from services.audit_completion import completions
from services.audit_filter import AuditFilter, day_of, on_day, parse_filter, with_word
from services.audit_log import FollowAudit, ReadAudit, follow_audit, read_audit
from services.audit_query import page_ids, place_of, selected
from services.errors import InvalidInput
from services.operations import Op
from services.operator import Operator, Role
from tests.services.world import World

TODAY = date(2026, 11, 23)


def auditor(world: World) -> Operator:
    return world.staff("auditora", (Role.AUDITOR,))


def events(world: World, operator: Operator, *rows: dict[str, Any]) -> None:
    for row in rows:
        with world.uow.begin(operator, Op.QUEUE_VIEW) as tx:
            tx.record(**row)
            tx.commit()


def found(world: World, reader: Operator, line: str) -> list[str]:
    """The objects of what a line finds, newest first."""
    page = read_audit(ReadAudit(parse_filter(line, TODAY)), reader, world.uow)
    return [row.object for row in page.rows if row.object is not None]


def test_every_word_finds_what_it_names(world: World) -> None:
    reader, agent = auditor(world), world.staff()
    other = world.staff("jperez")
    member = world.member("50012")
    case = world.case(agent, member)
    events(world, agent, {"about": "a", "detail": {"amount": 7500}}, {"about": "b", "result": "failed"})
    events(world, other, {"about": "c", "action": "access.unlock"}, {"about": "d", "action": "record.view"})
    with world.uow.begin(agent, Op.NOTE_ADD, member_id=member) as tx:
        tx.record(about="e")
        tx.commit()
    assert found(world, reader, "agente:jperez") == ["d", "c"]
    assert found(world, reader, "monto:75") == ["a"] and found(world, reader, "monto:75.01") == []
    assert found(world, reader, "resultado:falló") == ["b"]
    assert found(world, reader, 'acción:"desbloqueó el acceso"') == ["c"]
    assert found(world, reader, "acción:vio agente:jperez") == ["d"]
    assert found(world, reader, "socio:50012") == ["e"] and found(world, reader, f"caso:{case}") == ["e"]
    assert found(world, reader, "terminal:T-1 resultado:hecho agente:mrodriguez") == ["e", "a"]
    assert found(world, reader, "terminal:T-2") == []
    assert found(world, reader, "día:hoy agente:jperez") == ["d", "c"] and found(world, reader, "día:ayer") == []


def test_one_event_by_its_number_in_the_chain(sqlite_world: World) -> None:
    world = sqlite_world
    reader = auditor(world)
    events(world, world.staff(), {"about": "a"}, {"about": "b"})
    assert found(world, reader, "evento:2") == ["b"]
    with pytest.raises(InvalidInput) as refused:
        found(world, reader, "evento:99")
    assert "99" in refused.value.user_text


def test_pages_of_any_filter_hold_every_event_once(world: World) -> None:
    """Against a plain scan: any filter, any page size, moments that many events share."""
    reader, agent = auditor(world), world.staff()
    chance = random.Random(5)
    actions = ("record.view", "notes.view", "access.unlock", "note.add")
    with world.uow.begin(agent, Op.QUEUE_VIEW) as tx:
        for number in range(120):
            if number % 7 == 0:
                world.clock.advance(seconds=1)
                tx.now = world.clock.now()
            tx.record(
                chance.choice(actions), result=chance.choice(("ok", "ok", "refused", "failed")), about=str(number)
            )
        tx.commit()
    for line in ("", "acción:vio", "resultado:negado", "agente:mrodriguez acción:vio", "terminal:T-1", "acción:leyó"):
        wanted = parse_filter(line)
        expected = [row["id"] for row in _scan(world, wanted)]
        got: list[int] = []
        with world.uow.begin(reader, Op.AUDIT_READ) as tx:
            before = None
            while ids := page_ids(tx, wanted, 17, before=before):
                got += ids
                before = place_of(tx, ids[-1])
        assert got == expected, line
        assert expected


def _scan(world: World, wanted: AuditFilter) -> list[dict[str, Any]]:
    rows = world.rows("SELECT id, actor, action, result FROM audit_event ORDER BY at DESC, id DESC")
    return [
        row
        for row in rows
        if (wanted.actions is None or row["action"] in wanted.actions)
        and (wanted.results is None or row["result"] in wanted.results)
    ]


@pytest.mark.parametrize(
    ("line", "index"),
    [
        ("", "at"), ("agente:auditora acción:vio", "actor"), ("acción:vio", "action"), ("terminal:T-1", "terminal"),
        ("resultado:negado acción:vio", "result"), ("monto:75", "amount"), ("socio:50012 agente:auditora", "member_id"),
    ],
)  # fmt: skip
def test_the_rarest_word_leads_on_sqlite(sqlite_world: World, line: str, index: str) -> None:
    reader = auditor(sqlite_world)
    sqlite_world.member("50012")
    with sqlite_world.uow.begin(reader, Op.AUDIT_READ) as tx:
        query = selected(tx, parse_filter(line), text("audit_event.id"))
        statement = query.compile(tx.connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(str(row) for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}"))
    assert f"ix_audit_event_{index} (" in plan or f"ix_audit_event_{index}'" in plan, plan


def test_what_came_after_is_followed_and_no_look_feeds_itself(world: World) -> None:
    reader, agent = auditor(world), world.staff()
    events(world, agent, {"about": "a"})
    page = read_audit(ReadAudit(), reader, world.uow)
    last = page.rows[0].event_id
    assert follow_audit(FollowAudit(AuditFilter(), last), reader, world.uow) == ()
    looks = len(world.events("audit.read"))
    events(world, agent, {"about": "b"}, {"about": "c"})
    rows = follow_audit(FollowAudit(AuditFilter(), last), reader, world.uow)
    assert [row.object for row in rows] == ["c", "b"]
    assert len(world.events("audit.read")) == looks + 1
    assert follow_audit(FollowAudit(AuditFilter(), rows[0].event_id), reader, world.uow) == ()


def test_activity_by_day_and_hour_in_panama(world: World) -> None:
    reader, agent = auditor(world), world.staff()
    events(world, agent, {}, {})
    world.clock.advance(hours=14.5)  # 23:30 in Panama, the next day in UTC
    with world.uow.begin_system(agent) as tx:
        tx.record("queue.view")
        tx.commit()
    world.clock.advance(hours=-14.5)
    page = read_audit(ReadAudit(AuditFilter(who="mrodriguez")), reader, world.uow)
    assert page.day == TODAY and (page.hours[9], page.hours[23], sum(page.hours)) == (2, 1, 3)
    days = read_activity(ReadActivity(TODAY, AuditFilter(who="mrodriguez")), reader, world.uow)
    assert days == {TODAY: 3}
    assert read_activity(ReadActivity(date(2026, 2, 1)), reader, world.uow) == {}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("a", ("agente:", "acción:")),
        ("socio:50012 re", ("socio:50012 resultado:",)),
        ("agente:mr", ("agente:mrodriguez",)),
        ("agente:mrodriguez", ()),
        ('día:hoy acción:"leyó la a', ('día:hoy acción:"Leyó la auditoría"',)),
        ("resultado:n", ("resultado:negado", 'resultado:"no encontrado"')),
        ("desde:", ("desde:hoy", "desde:ayer")),
        ("color:a", ()),
    ],
)
def test_the_line_completes(line: str, wanted: tuple[str, ...]) -> None:
    assert completions(line, ["jperez", "mrodriguez"]) == wanted


def test_every_proposal_can_be_read() -> None:
    for start in ("acción:", "resultado:", "desde:", "agente:"):
        for line in completions(start, ["mrodriguez"]):
            assert parse_filter(line, TODAY) != AuditFilter()


def test_words_are_put_into_the_line_and_days_change() -> None:
    line = with_word('agente:a acción:"vio la ficha"', "agente", "b")
    assert line == 'acción:"vio la ficha" agente:b' and with_word(line, "acción", "") == "agente:b"
    assert on_day("desde:01/11/2026 agente:b", TODAY) == "agente:b día:23/11/2026"
    assert day_of("", TODAY, -1) == date(2026, 11, 22) and day_of("", TODAY, 1) == TODAY
    assert day_of("día:20/11/2026", TODAY, -1) == date(2026, 11, 19)
    assert day_of("día:23/11/2026", TODAY, 1) == TODAY
