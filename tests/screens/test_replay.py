"""The player: the same screens forward and backward, its keys, and what the trail gets of watching."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from screens import replay_panels
from screens.audit_list import AuditList
from screens.dialogs.message import Message
from screens.dialogs.session_events import SessionEvents
from screens.recordings import RecordingsScreen
from screens.replay import ReplayScreen
from services.recording_frames import Step, text_of
from tests.screens.member_desk import MemberDesk, member_desk
from tests.screens.recordings import kept_steps, recordable, shown_in
from tests.screens.staff import at_rest, enter
from tests.screens.support import NARROW, WIDE, burst, running, screen_text, told
from tests.services.recorded import break_in
from tests.services.world import World


async def record(desk: MemberDesk) -> list[Step]:
    """An agent opens a record, looks at movements and help, a second a key."""
    recordable(desk.app)
    async with desk.open(level=2):
        for key in ("m", "<escape>", "<f1>", "<escape>", "<f12>"):
            desk.clock.advance(1)
            await desk.keys(key)
    desk.app.stop_recording(wait=True)
    return kept_steps(desk.world.uow)


@asynccontextmanager
async def watching(desk: MemberDesk, *, size: tuple[int, int] = NARROW) -> AsyncIterator[MemberDesk]:
    """A supervisor in the list of recorded sessions."""
    again = desk.again()
    async with running(again.app, size):
        await enter(again.app, "sgomez", code=desk.world.code().reveal())
        await burst(again.app, ":repeticion<enter>")
        await at_rest(again.app)
        assert isinstance(again.app.screen, RecordingsScreen), screen_text(again.app)
        yield again


async def player(desk: MemberDesk) -> ReplayScreen:
    await burst(desk.app, "<enter>")
    await at_rest(desk.app)
    assert isinstance(desk.app.screen, ReplayScreen), screen_text(desk.app)
    return desk.app.screen


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> MemberDesk:
    return member_desk(sqlite_world, tmp_path, supervisor=True)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_same_screens_forward_and_backward(desk: MemberDesk, size: tuple[int, int]) -> None:
    steps = await record(desk)
    async with watching(desk, size=size) as again:
        screen = await player(again)
        await burst(again.app, "v")  # the player's lines would lie over the lower edge
        for key, order in (("<right>", range(1, len(steps))), ("<left>", range(len(steps) - 2, -1, -1))):
            for at in order:
                await burst(again.app, key)
                assert screen.at == at
                shown = [line[:80].rstrip() for line in screen_text(again.app).split("\n")]
                kept = text_of(steps[at].frame)
                assert shown[1 : len(kept)] == kept[1:], shown_in(steps[at])
                assert "REPETICIÓN" in shown[0]
        await burst(again.app, "<escape>")
        await at_rest(again.app)
    [left] = events(desk.world, "recording.watched")
    assert f'"from":1,"subject":"mrodriguez","to":{len(steps)}' in left


def events(world: World, action: str) -> list[str]:
    rows = world.rows("SELECT body FROM audit_event ORDER BY id")
    return [row["body"] for row in rows if f'"action":"{action}"' in row["body"]]


async def test_the_bar_tells_step_key_and_events(desk: MemberDesk) -> None:
    steps = await record(desk)
    async with watching(desk) as again:
        screen = await player(again)
        await burst(again.app, "e")
        first = screen.at
        assert "● " in screen_text(again.app).splitlines()[-2]
        before = -1
        while screen.at != before:
            before = screen.at
            await burst(again.app, "e")
        assert any("No hay más eventos" in one for one in told(again.app))
        assert "Bloqueó la estación" in screen_text(again.app)
        await burst(again.app, "r")
        assert first <= screen.at < len(steps) - 1
        await burst(again.app, "<f6>")
        assert isinstance(again.app.screen, SessionEvents)
        await burst(again.app, "<down>" * 50 + "<enter>")
        assert "Bloqueó la estación" in screen_text(again.app)
        assert screen_text(again.app).splitlines()[-3].endswith("F12")


async def test_go_find_and_play(desk: MemberDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = await record(desk)
    async with watching(desk) as again:
        screen = await player(again)
        await burst(again.app, "g3<enter>")
        assert screen.at == 2
        await burst(again.app, "<home>/saldo inicial<enter>")
        found = screen.at
        assert any("Saldo inicial" in line for line in text_of(steps[found].frame))
        assert not any("Saldo inicial" in line for step in steps[:found] for line in text_of(step.frame))
        await burst(again.app, "/zzqq<enter>")
        assert screen.at == found and any("no aparece" in one for one in told(again.app))
        await burst(again.app, "<home>4<space>")
        assert screen.playing
        while screen.playing:
            await asyncio.sleep(0.01)
        assert screen.at == len(steps) - 1


def test_idle_time_is_shortened() -> None:
    from datetime import timedelta

    from tests.services.world import START

    steps = [Step(START + timedelta(seconds=at), "a", ()) for at in (0, 1, 600)]
    assert [replay_panels.gap(steps, 0, speed) for speed in (1, 4, 16)] == [1, 0.25, 0.0625]
    assert replay_panels.gap(steps, 1, 1) == 2
    assert replay_panels.gap(steps, 0, 0) == replay_panels.SHORTEST_GAP


async def test_the_moment_of_an_event_from_the_console(desk: MemberDesk) -> None:
    steps = await record(desk)
    async with watching(desk) as again:
        await burst(again.app, "<escape><f6>")
        await at_rest(again.app)
        assert isinstance(again.app.screen, AuditList)
        await burst(again.app, "/acción:session.lock<enter>")
        await at_rest(again.app)
        await burst(again.app, "y")
        await at_rest(again.app)
        screen = again.app.screen
        assert isinstance(screen, ReplayScreen), screen_text(again.app)
        assert "Estación bloqueada" in shown_in(steps[screen.at])
        assert "Estación bloqueada" not in shown_in(steps[screen.at - 2])


async def test_an_altered_one_says_so(desk: MemberDesk) -> None:
    await record(desk)
    break_in(desk.world.engine, "UPDATE recording_chunk SET hash = zeroblob(32)")
    async with watching(desk) as again:
        await burst(again.app, "<enter>")
        await at_rest(again.app)
        assert isinstance(again.app.screen, Message)
        assert "Paso" in screen_text(again.app) and "cambiado" in screen_text(again.app)


async def test_the_agent_has_no_way_in(desk: MemberDesk) -> None:
    await record(desk)
    again = desk.again()
    async with running(again.app, NARROW):
        await enter(again.app)
        await burst(again.app, ":repeticion<enter>")
        await at_rest(again.app)
        assert not isinstance(again.app.screen, RecordingsScreen)
    with desk.world.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM recording")).scalar() == 1
