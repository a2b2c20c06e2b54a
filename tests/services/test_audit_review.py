"""Auditors mark, sign, comment, keep questions and draw samples; each is an event; nobody rewrites any of it."""

import random

import pytest
from sqlalchemy.exc import DBAPIError

from services.audit_filter import AuditFilter
from services.audit_log import ReadAudit, read_audit
from services.audit_questions import DropQuestion, SaveQuestion, drop_question, list_questions, save_question
from services.audit_review import CommentEvent, MarkEvent, SignOff, comment_event, mark_event, sign_off
from services.audit_sample import DrawSample, draw_sample, draws
from services.errors import InvalidInput, NotFound, NotPermitted
from services.operations import Op
from services.operator import Operator, Role
from services.worker import seal
from tests.services.world import World


def auditor(world: World, name: str = "auditora") -> Operator:
    return world.staff(name, (Role.AUDITOR,))


def some(world: World, count: int = 5) -> list[int]:
    """Events of an agent, sealed; their ids, oldest first."""
    agent = world.staff()
    with world.uow.begin(agent, Op.QUEUE_VIEW) as tx:
        for number in range(count):
            tx.record("record.view" if number % 2 else "notes.view", about=str(number))
        tx.commit()
    return [row["id"] for row in world.rows("SELECT id FROM audit_event ORDER BY id")]


def test_marks_stand_on_the_page_and_can_be_taken_back(world: World) -> None:
    reader, other, ids = auditor(world), auditor(world, "otra"), some(world)
    assert mark_event(MarkEvent(ids[0]), reader, world.uow)
    mark_event(MarkEvent(ids[0]), reader, world.uow)  # the same again is nothing new
    mark_event(MarkEvent(ids[0]), other, world.uow)
    mark_event(MarkEvent(ids[1]), reader, world.uow)
    mark_event(MarkEvent(ids[1], reviewed=False), reader, world.uow)
    rows = {row.event_id: row.reviewed for row in read_audit(ReadAudit(), reader, world.uow).rows}
    assert rows[ids[0]] == ("auditora", "otra") and rows[ids[1]] == ()
    assert len(world.events("audit.mark")) == 3 and len(world.events("audit.unmark")) == 1
    with pytest.raises(NotFound):
        mark_event(MarkEvent(10**9), reader, world.uow)


def test_a_signature_covers_what_was_marked_since_the_last(world: World) -> None:
    reader, ids = auditor(world), some(world)
    with pytest.raises(InvalidInput):
        sign_off(SignOff(), reader, world.uow)
    for event in ids[:3]:
        mark_event(MarkEvent(event), reader, world.uow)
    mark_event(MarkEvent(ids[2], reviewed=False), reader, world.uow)
    first = sign_off(SignOff("agente:mrodriguez", "K7QPM4-5"), reader, world.uow)
    assert first.events == 2
    with pytest.raises(InvalidInput):
        sign_off(SignOff(), reader, world.uow)
    mark_event(MarkEvent(ids[4]), reader, world.uow)
    second = sign_off(SignOff(), reader, world.uow)
    assert second.events == 1 and second.sha256 != first.sha256
    signed = world.events("audit.sign")
    assert [event["detail"]["events"] for event in signed] == [2, 1]
    assert (signed[0]["detail"]["seed"], signed[0]["detail"]["line"]) == ("K7QPM4-5", "agente:mrodriguez")
    assert signed[0]["detail"]["sha256"] == first.sha256


def test_comments_are_a_thread_and_the_trail_does_not_repeat_them(world: World) -> None:
    reader, other, ids = auditor(world), auditor(world, "otra"), some(world)
    comment_event(CommentEvent(ids[0], "¿Quién llamó?\x1b"), reader, world.uow)
    comment_event(CommentEvent(ids[0], "La sucursal 018."), other, world.uow)
    row = next(row for row in read_audit(ReadAudit(), reader, world.uow).rows if row.event_id == ids[0])
    assert [line.split(": ")[-1][:13] for line in row.comments] == ["¿Quién llamó?", "La sucursal 0"]
    assert row.comments[0].startswith("23/11/2026 09:00 auditora") and "\x1b" not in row.comments[0]
    assert "llamó" not in str(world.events())
    for bad in ("", "x" * 501, "tarjeta 4539 1488 0343 6467"):
        with pytest.raises(InvalidInput):
            comment_event(CommentEvent(ids[0], bad), reader, world.uow)


def test_questions_are_own_or_shared_and_the_last_of_a_name_counts(world: World) -> None:
    reader, other = auditor(world), auditor(world, "otra")
    save_question(SaveQuestion("Negados", "resultado:negado día:hoy"), reader, world.uow)
    save_question(SaveQuestion("Fichas", "acción:ficha", shared=True), reader, world.uow)
    save_question(SaveQuestion("Negados", "resultado:negado"), reader, world.uow)
    assert [(one.name, one.line) for one in list_questions(reader, world.uow)] == [
        ("Fichas", "acción:ficha"),
        ("Negados", "resultado:negado"),
    ]
    (seen,) = list_questions(other, world.uow)
    assert (seen.name, seen.by, seen.own) == ("Fichas", "auditora", False)
    with pytest.raises(NotFound):
        drop_question(DropQuestion("Fichas"), other, world.uow)
    drop_question(DropQuestion("Fichas"), reader, world.uow)
    assert list_questions(other, world.uow) == ()
    for name, line in (("", "agente:a"), ("x", ""), ("x", "color:azul")):
        with pytest.raises(InvalidInput):
            save_question(SaveQuestion(name, line), reader, world.uow)


def test_a_seed_draws_the_same_events_again_whatever_came_after(world: World) -> None:
    reader = auditor(world)
    ids = some(world, 60)
    seal(world.uow)
    first = draw_sample(DrawSample(AuditFilter(who="mrodriguez"), 10), reader, world.uow)
    assert len(first.rows) == 10 and first.population == 60
    world.clock.advance(minutes=1)
    with world.uow.begin_system(reader) as tx:
        tx.record("queue.view")
        tx.commit()
    seal(world.uow)
    again = draw_sample(DrawSample(AuditFilter(who="mrodriguez"), 10, first.seed.lower()), reader, world.uow)
    assert [row.event_id for row in again.rows] == [row.event_id for row in first.rows]
    assert {row.event_id for row in first.rows} <= set(ids)
    other = draw_sample(DrawSample(AuditFilter(who="mrodriguez"), 10), reader, world.uow)
    assert other.seed != first.seed
    assert world.events("audit.sample")[0]["detail"]["seed"] == first.seed
    for bad in ("K7QPM4", "O0O0O0-5", "K7QPM4-99999999"):
        with pytest.raises(InvalidInput):
            draw_sample(DrawSample(seed=bad), reader, world.uow)


def test_draws_are_as_documented_and_even() -> None:
    assert draws("K7QPM4-98765", 5, 1000) == [890, 468, 783, 244, 140]
    assert sorted(draws("K7QPM4-98765", 50, 7)) == list(range(7)) and draws("K7QPM4-1", 5, 0) == []
    hits = [0] * 10
    for _ in range(400):
        for place in draws(f"{random.random()}", 3, 10):
            hits[place] += 1
    assert min(hits) > 60 and max(hits) < 190  # 120 each, give or take six deviations


@pytest.mark.parametrize("table", ["audit_mark", "audit_sign_off", "audit_comment", "audit_question"])
def test_nobody_rewrites_a_review(world: World, table: str) -> None:
    reader, ids = auditor(world), some(world)
    mark_event(MarkEvent(ids[0]), reader, world.uow)
    sign_off(SignOff(), reader, world.uow)
    comment_event(CommentEvent(ids[0], "Bien."), reader, world.uow)
    save_question(SaveQuestion("x", "día:hoy"), reader, world.uow)
    statements = {"update": f"UPDATE {table} SET staff_id = staff_id", "delete": f"DELETE FROM {table}"}
    for statement in statements.values():
        with pytest.raises(DBAPIError):
            world.change(statement)
    assert world.scalar(f"SELECT count(*) FROM {table}") == 1


def test_agents_do_not_review(sqlite_world: World) -> None:
    ids = some(sqlite_world)
    agent = sqlite_world.staff("jperez")
    for work in (
        lambda: mark_event(MarkEvent(ids[0]), agent, sqlite_world.uow),
        lambda: sign_off(SignOff(), agent, sqlite_world.uow),
        lambda: comment_event(CommentEvent(ids[0], "x"), agent, sqlite_world.uow),
        lambda: list_questions(agent, sqlite_world.uow),
        lambda: draw_sample(DrawSample(), agent, sqlite_world.uow),
    ):
        with pytest.raises(NotPermitted):
            work()
