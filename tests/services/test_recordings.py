"""Recordings in the store: what is kept, found out when changed, watched, closed for the dead, purged (C5)."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.errors import InvalidInput, NotFound, NotPermitted
from services.operator import Channel, Operator, Role, system_operator
from services.recording_frames import BadChunk, Step, decode, encode, text_of
from services.recording_upkeep import end_lost, purge_recordings
from services.recording_views import (
    GONE,
    LeaveRecording,
    ListRecordings,
    WatchRecording,
    events_by_step,
    leave_recording,
    list_recordings,
    verify_recordings,
    watch_recording,
)
from services.recordings import KeepChunk, RecordingOver, StartRecording, is_recorded, keep_chunk, start_recording
from services.records import OpenRecord, open_record
from services.staff_sessions import sign_out
from tests.services.recorded import RecordedDesk, age, frame
from tests.services.world import START, World

KEYS = st.sampled_from(["a", "enter", "f2", "•", "", "ñ", "clic 3,4"])
LINES = st.lists(st.tuples(st.text(max_size=9), st.sampled_from(["", "bold", "#010203 on #fefefe"])), max_size=3)
FRAMES = st.lists(LINES.map(tuple), max_size=5).map(tuple)


def desk(world: World) -> RecordedDesk:
    return RecordedDesk(world, world.staff()).start()


def bodies(world: World, action: str) -> list[dict[str, object]]:
    rows = world.rows("SELECT body FROM audit_event ORDER BY id")
    return [body for row in rows if (body := json.loads(row["body"]))["action"] == action]


# Steps and bytes -----------------------------------------------------------------------------------


@given(st.lists(st.tuples(KEYS, FRAMES, st.integers(0, 3), st.integers(0, 10**8)), min_size=1, max_size=12))
def test_steps_come_back_as_they_were(drawn: list[tuple[str, tuple, int, int]]) -> None:  # type: ignore[type-arg]
    from datetime import timedelta

    steps = [Step(START + timedelta(milliseconds=ms), key, shown, lost) for key, shown, lost, ms in drawn]
    assert decode(encode(steps)) == steps


@given(st.binary(max_size=60))
def test_other_bytes_are_no_steps(noise: bytes) -> None:
    with pytest.raises(BadChunk):
        decode(noise)


def test_a_line_that_stays_is_the_same_object() -> None:
    steps = [Step(START, "a", frame("same", "one")), Step(START, "b", frame("same", "two"))]
    first, second = decode(encode(steps))
    assert first.frame[0] is second.frame[0]
    assert text_of(second.frame) == ["same", "two"]


# Writing -------------------------------------------------------------------------------------------


def test_what_was_kept_is_read_back(world: World) -> None:
    recorded = desk(world).keep_some().end()
    found = recorded.examine()
    assert found.problems == ()
    assert [found.steps[number] for number in range(1, 13)] == recorded.kept
    [end] = bodies(world, "recording.end")
    assert end["detail"] == {"chunks": 4, "steps": 12, "head": recorded.head.hex()}
    assert end["session"] == recorded.operator.session_id[:16]


def test_nothing_stands_in_clear(world: World) -> None:
    recorded = desk(world)
    recorded.keep(recorded.step("z", "ITZEL PÉREZ MUÑOZ 8-123-456"))
    [row] = world.rows("SELECT sealed FROM recording_chunk")
    assert b"ITZEL" not in bytes(row["sealed"])
    assert text_of(recorded.examine().steps[1].frame) == ["ITZEL PÉREZ MUÑOZ 8-123-456"]


def test_the_same_chunk_again_changes_nothing(world: World) -> None:
    recorded = desk(world).keep_some(1)
    assert recorded.last is not None
    keep_chunk(KeepChunk(recorded.last), recorded.operator, world.uow)
    assert world.scalar("SELECT count(*) FROM recording_chunk") == 1
    other = replace(recorded.last, sealed=b"other", hash=b"other")
    with pytest.raises(RecordingOver):
        keep_chunk(KeepChunk(other), recorded.operator, world.uow)


def test_only_ones_own_session_is_added_to(world: World) -> None:
    recorded = desk(world).keep_some(1)
    other = world.staff("otro")
    with pytest.raises(RecordingOver):
        keep_chunk(KeepChunk(replace(recorded.last, number=2)), other, world.uow)  # type: ignore[type-var]
    with pytest.raises(RecordingOver):
        start_recording(StartRecording(recorded.recording_id), other, world.uow)


def test_nothing_is_added_after_the_end(world: World) -> None:
    recorded = desk(world).keep_some(1).end()
    with pytest.raises(RecordingOver):
        recorded.keep(recorded.step("x", "later"))
    recorded.end()
    assert len(bodies(world, "recording.end")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE recording_chunk SET steps = 1",
        "DELETE FROM recording_chunk",
        "DELETE FROM recording",
        "UPDATE recording SET terminal = 'T-9'",
        "UPDATE recording SET ended_at = NULL, ending = NULL",
        "INSERT INTO recording_chunk SELECT recording_id, 9, 99, 1, at, sealed, hash FROM recording_chunk LIMIT 1",
    ],
)
def test_the_database_refuses_changes(world: World, statement: str) -> None:
    desk(world).keep_some(2).end()
    with pytest.raises(DBAPIError), world.engine.begin() as connection:
        connection.execute(text(statement))


def test_who_is_recorded(world: World) -> None:
    agent, policy = world.staff(), world.uow.policy.recording
    member = Operator("member:1", "x", frozenset(), "web", "web", Channel.WEB)
    assert is_recorded(agent, policy)
    assert not is_recorded(member, policy)
    assert not is_recorded(agent, replace(policy, enabled=False))
    assert not is_recorded(agent, replace(policy, roles=("cajero",)))


# Proof ---------------------------------------------------------------------------------------------


def test_an_untouched_recording_is_no_alarm(world: World) -> None:
    recorded = desk(world)
    assert recorded.examine().problems == ()
    recorded.keep_some(2)
    assert recorded.examine().problems == ()
    recorded.keep(recorded.step("m", "marked"), mark=True)
    recorded.keep_some(2)
    assert recorded.examine().problems == ()
    assert recorded.end().examine().problems == ()


def test_a_changed_byte_names_its_steps(world: World) -> None:
    recorded = desk(world).keep_some().end()
    [row] = world.rows("SELECT sealed FROM recording_chunk WHERE number = 2")
    sealed = bytearray(row["sealed"])
    sealed[random.Random(5).randrange(len(sealed))] ^= 1
    recorded.sql("UPDATE recording_chunk SET sealed = :sealed WHERE number = 2", sealed=bytes(sealed))
    found = recorded.examine()
    assert found.problems[0].startswith("Pasos 4–6: ")
    assert sorted(found.steps) == [1, 2, 3, 7, 8, 9, 10, 11, 12]


def test_a_missing_chunk_names_its_steps(world: World) -> None:
    recorded = desk(world).keep_some().end()
    recorded.sql("DELETE FROM recording_chunk WHERE number = 3")
    assert recorded.examine().problems[0] == "Pasos 7–9: falta lo grabado."


def test_exchanged_chunks_are_found(world: World) -> None:
    recorded = desk(world).keep_some().end()
    recorded.sql("UPDATE recording_chunk SET number = 5 - number + 100 WHERE number IN (2, 3)")
    recorded.sql("UPDATE recording_chunk SET number = number - 100 WHERE number > 100")
    assert recorded.examine().problems[0].startswith("Pasos 4–6: ")


@pytest.mark.parametrize("ended", [True, False])
def test_a_cut_end_is_found(world: World, ended: bool) -> None:
    recorded = desk(world).keep_some()
    if ended:
        recorded.end()
    else:
        recorded.keep(recorded.step("m", "marked"), mark=True)
    recorded.sql("DELETE FROM recording_chunk WHERE number >= 4")
    steps = 12 if ended else 13
    assert recorded.examine().problems == (
        f"Pasos 10–{steps}: falta el final; la auditoría dice que hubo {steps} pasos.",
    )


def test_a_recording_of_another_session_is_found(world: World) -> None:
    first = desk(world).keep_some(2).end()
    second = RecordedDesk(world, world.staff("otro")).start().keep_some(2).end()
    for number in (1, 2):
        rows = world.rows(f"SELECT sealed, hash FROM recording_chunk WHERE recording_id = '{first.recording_id}'")
        values = {"sealed": rows[number - 1]["sealed"], "hash": rows[number - 1]["hash"]}
        second.sql(
            "UPDATE recording_chunk SET sealed = :sealed, hash = :hash WHERE recording_id = :id AND number = :number",
            id=second.recording_id,
            number=number,
            **values,
        )
    assert "Pasos 1–3" in second.examine().problems[0]
    assert second.examine().steps == {}
    first.sql("UPDATE recording SET terminal = 'T-9' WHERE id = :id", id=first.recording_id)
    assert first.examine().problems[0].startswith("Pasos 1–3: ")


def test_a_removed_close_and_an_unknown_purge_are_found(world: World) -> None:
    recorded = desk(world).keep_some(1).end()
    recorded.sql("UPDATE recording SET ended_at = NULL, ending = NULL")
    assert recorded.examine().problems == ("El cierre no concuerda con la auditoría.",)
    recorded.sql("UPDATE recording SET ended_at = started_at, ending = 'closed', purged_at = started_at")
    recorded.sql("DELETE FROM recording_chunk")
    assert "Fue borrada sin que la auditoría lo diga." in recorded.examine().problems


# The dead and the old ------------------------------------------------------------------------------


def test_what_nobody_closed_is_closed_by_the_worker(world: World) -> None:
    recorded = desk(world).keep_some(2)
    sign_out(recorded.operator, world.uow)
    assert end_lost(world.uow) == 0  # the desk may still be at it
    world.clock.advance(minutes=6)
    assert end_lost(world.uow) == 1
    assert end_lost(world.uow) == 0
    [lost] = bodies(world, "recording.lost")
    assert lost["detail"] == {"chunks": 2, "steps": 6, "head": recorded.head.hex()}
    assert recorded.examine().problems == ()


def test_a_session_past_its_hours_is_over_too(world: World) -> None:
    desk(world).keep_some(1)
    world.clock.advance(hours=world.uow.policy.session.absolute_hours, minutes=6)
    assert end_lost(world.uow) == 1


def test_old_recordings_go_and_young_ones_stay(world: World) -> None:
    old = desk(world).keep_some(2).end()
    age(world, world.uow.policy.recording.kept_days - 1)
    young = RecordedDesk(world, world.staff("otro")).start().keep_some(1).end()
    assert purge_recordings(world.uow) == 0
    age(world, 2)
    assert purge_recordings(world.uow) == 1
    assert purge_recordings(world.uow) == 0
    assert old.examine().problems == ()
    assert young.examine().last_step == 3
    [purge] = bodies(world, "recording.purge")
    assert (purge["object"], purge["actor"]) == (f"recording:{old.recording_id}", "system")
    assert world.rows("SELECT DISTINCT recording_id AS id FROM recording_chunk") == [{"id": young.recording_id}]


# Watching ------------------------------------------------------------------------------------------


def test_watching_is_an_event(world: World) -> None:
    recorded = desk(world).keep_some().end()
    watcher = world.staff("sgomez", [Role.SUPERVISOR])
    [row] = list_recordings(ListRecordings(), watcher, world.uow)
    assert (row.username, row.steps, row.state) == ("mrodriguez", 12, "closed")
    watched = watch_recording(WatchRecording(row.recording_id), watcher, world.uow)
    assert list(watched.steps) == recorded.kept
    leave_recording(LeaveRecording(row.recording_id, 2, 9), watcher, world.uow)
    told = [event for event in bodies(world, "recording.watch") if "object" in event]
    assert [(event["user"], event["object"]) for event in told] == [("sgomez", f"recording:{row.recording_id}")]
    [left] = bodies(world, "recording.watched")
    assert left["detail"] == {"subject": "mrodriguez", "from": 2, "to": 9}
    with pytest.raises(InvalidInput):
        leave_recording(LeaveRecording(row.recording_id, 5, 2), watcher, world.uow)


def test_events_stand_at_the_step_that_left_them(world: World) -> None:
    member = world.member()
    recorded = desk(world)
    first = recorded.step("a", "before")
    second = recorded.step("enter", "the record")
    open_record(OpenRecord(member), recorded.operator, world.uow)
    third = recorded.step("m", "after")
    recorded.keep(first, second, third)
    recorded.end()
    watcher = world.staff("sgomez", [Role.SUPERVISOR])
    found = events_by_step(watch_recording(WatchRecording(recorded.recording_id), watcher, world.uow))
    assert [row.action for row in found[1]] == ["Abrió un caso", "Vio la ficha"]


def test_lists_by_person_day_and_session(world: World) -> None:
    first = desk(world).keep_some(1).end()
    age(world, 1)
    second = RecordedDesk(world, world.staff("otro")).start().end()
    watcher = world.staff("sgomez", [Role.SUPERVISOR])

    def found(wanted: ListRecordings) -> list[str]:
        return [row.recording_id for row in list_recordings(wanted, watcher, world.uow)]

    assert found(ListRecordings()) == [second.recording_id, first.recording_id]
    assert found(ListRecordings("OTRO")) == [second.recording_id]
    assert found(ListRecordings(day=START.date())) == [first.recording_id]
    assert found(ListRecordings(session=first.operator.session_id[:16])) == [first.recording_id]
    assert found(ListRecordings(session="%")) == []


@pytest.mark.parametrize("role", list(Role))
def test_who_may_watch(sqlite_world: World, role: Role) -> None:
    world = sqlite_world
    recorded = desk(world).keep_some(1).end()
    somebody = world.staff("alguien", [role])
    may = role in (Role.SUPERVISOR, Role.AUDITOR)
    for call in (
        lambda: list_recordings(ListRecordings(), somebody, world.uow),
        lambda: watch_recording(WatchRecording(recorded.recording_id), somebody, world.uow),
        lambda: leave_recording(LeaveRecording(recorded.recording_id, 1, 1), somebody, world.uow),
    ):
        if may:
            call()
        else:
            with pytest.raises(NotPermitted):
                call()


def test_what_is_not_there_is_not_found(world: World) -> None:
    recorded = desk(world).keep_some(1).end()
    watcher = world.staff("sgomez", [Role.SUPERVISOR])
    with pytest.raises(NotFound):
        watch_recording(WatchRecording("no"), watcher, world.uow)
    age(world, 91)
    purge_recordings(world.uow)
    late = world.staff("tarde", [Role.AUDITOR])
    with pytest.raises(NotFound, match="not_found"):
        watch_recording(WatchRecording(recorded.recording_id), late, world.uow)
    [row] = list_recordings(ListRecordings(), late, world.uow)
    assert row.state == "purged"


# From the command line -----------------------------------------------------------------------------


def test_all_are_proved_and_a_missing_one_is_named(world: World) -> None:
    first = desk(world).keep_some(2).end()
    second = RecordedDesk(world, world.staff("otro")).start().keep_some(1).end()
    console = system_operator("replay.verify")
    checked = verify_recordings(None, console, world.uow)
    assert [(one.username, one.steps, one.problems) for one in checked] == [("otro", 3, ()), ("mrodriguez", 6, ())]
    second.sql("DELETE FROM recording_chunk WHERE recording_id = :id", id=second.recording_id)
    second.sql("DELETE FROM recording WHERE id = :id", id=second.recording_id)
    found = {one.recording_id: one.problems for one in verify_recordings(None, console, world.uow)}
    assert found == {first.recording_id: (), second.recording_id: (GONE,)}
    assert [event["result"] for event in bodies(world, "recording.verify")] == ["ok", "failed"]
    with pytest.raises(NotFound):
        verify_recordings(second.recording_id, console, world.uow)
