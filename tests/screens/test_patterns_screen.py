"""The patterns and the looks on the real app: two keys a line, its events in the console, look after look."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens.audit_list import AuditList
from screens.desk import Desk
from screens.patterns import PatternsScreen
from screens.who_looked import WhoLookedScreen
from services.operations import Op
from services.operator import Role
from services.pattern_run import PatternWatch
from services.records import OpenRecord, open_record
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import NARROW, SIZES, assert_snapshot, burst, screen_text
from tests.services.world import World


def watched(world: World) -> int:
    """An agent who probes, and who tries their own account; a supervisor to look. Answers that member."""
    own = world.member("50077")
    agent = world.staff(member_id=own)
    member = world.member()
    open_record(OpenRecord(member), agent, world.uow)
    open_record(OpenRecord(member), agent, world.uow)
    with world.uow.begin(agent, Op.MEMBER_FIND) as tx:
        for _ in range(12):
            tx.record(result="not_found")
        tx.record("record.view", result="refused", reason="not_permitted", member=own)
        tx.commit()
    assert PatternWatch()(world.uow) == 2
    world.staff("jefa", (Role.SUPERVISOR,), sign_in=False)
    return member


async def keys(app: object, script: str) -> None:
    await burst(app, script)  # type: ignore[arg-type]
    await at_rest(app)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
async def test_the_patterns_look_so(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    watched(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", size=size, code=sqlite_world.code().reveal()):
        await keys(app, ":señales<enter>")
        assert isinstance(app.screen, PatternsScreen)
        assert_snapshot(app, f"patterns_{size[0]}x{size[1]}")


async def test_two_keys_close_a_line_and_the_next_opens(sqlite_world: World, tmp_path: Path) -> None:
    watched(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", code=sqlite_world.code().reveal()):
        await keys(app, "<f6>z")
        assert "Su propia cuenta o la de un famil" in screen_text(app)
        for number in (1, 2):
            await keys(app, "c<f2>")
            assert sqlite_world.scalar("SELECT count(*) FROM pattern_closure") == number
        assert "No hay señales abiertas." in screen_text(app)
        await keys(app, "r")
        assert "Cerrada por jefa" in screen_text(app)
        await keys(app, "c")
        assert "Ya está cerrada" in screen_text(app)


async def test_the_events_of_a_line_open_in_the_console(sqlite_world: World, tmp_path: Path) -> None:
    watched(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", code=sqlite_world.code().reveal()):
        await keys(app, ":señales<enter><down>e")
        assert isinstance(app.screen, AuditList)
        assert "señal:1" in screen_text(app) and "12 eventos." in screen_text(app)
        await keys(app, "<escape>")
        assert isinstance(app.screen, PatternsScreen)


@pytest.mark.parametrize("size", SIZES)
async def test_who_looked_leads_on(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    watched(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", size=size, code=sqlite_world.code().reveal()):
        await keys(app, ":miro 50012<enter>")
        assert isinstance(app.screen, WhoLookedScreen)
        assert_snapshot(app, f"who_looked_{size[0]}x{size[1]}")
        await keys(app, "p")
        assert "A quiénes miró mrodriguez" in screen_text(app)
        await keys(app, "e")
        assert isinstance(app.screen, AuditList) and "agente:mrodriguez socio:50012 día:23/11/2026" in screen_text(app)
        await keys(app, "q")
        assert isinstance(app.screen, WhoLookedScreen) and "Quién miró a 50012" in screen_text(app)
        await keys(app, "[")
        assert "Nadie miró en esos días." in screen_text(app)
        await keys(app, "<escape><escape><escape><escape>")
        assert isinstance(app.screen, Desk)


async def test_from_the_record_and_not_for_agents(sqlite_world: World, tmp_path: Path) -> None:
    watched(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", size=NARROW, code=sqlite_world.code().reveal()):
        await keys(app, "50012<enter>:miro<enter>")
        assert isinstance(app.screen, WhoLookedScreen) and "mrodriguez" in screen_text(app)
    agents = staff_app(sqlite_world, tmp_path / "otra")
    async with at_the_desk(agents, "mrodriguez"):
        await keys(agents, ":señales<enter>")
        assert not isinstance(agents.screen, PatternsScreen)
