"""Auditors at work in the console: N events in 3 + N keys, samples by seed, threads, questions, live tail, calendar."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from screens.audit_calendar import AuditCalendar
from screens.audit_list import AuditList
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, KeyCounter, assert_snapshot, burst, screen_text
from tests.screens.test_audit_list import some_events
from tests.services.world import World


@pytest.mark.parametrize("events", [1, 12])
async def test_reviewing_and_signing_n_events_costs_three_keys_more(
    sqlite_world: World, tmp_path: Path, events: int
) -> None:
    some_events(sqlite_world, 20)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()) as pilot:
        keys = KeyCounter(pilot)
        await keys.press("f6")
        await at_rest(app)
        await keys.press("s")
        await at_rest(app)
        for _ in range(events):
            await keys.press("m")
            await at_rest(app)
        await keys.press("f2")
        await at_rest(app)
        assert f"Revisión firmada: {events} eventos" in screen_text(app)
    assert keys.count == 3 + events
    (signed,) = sqlite_world.events("audit.sign")
    (drawn,) = sqlite_world.events("audit.sample")
    assert signed["detail"]["events"] == events and signed["detail"]["seed"] == drawn["detail"]["seed"]
    assert len(sqlite_world.rows("SELECT DISTINCT event_id FROM audit_mark")) == events


async def test_a_seed_repeats_its_sample(sqlite_world: World, tmp_path: Path) -> None:
    some_events(sqlite_world, 60)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()):
        await burst(app, "<f6>/agente:mrodriguez<enter>s")
        await at_rest(app)
        (drawn,) = sqlite_world.events("audit.sample")
        seed = drawn["detail"]["seed"]
        assert f"Muestra {seed}: 25 de 60." in screen_text(app)
        assert isinstance(app.screen, AuditList)
        first = [row.event_id for row in app.screen._page.rows]
        await burst(app, f"r a{seed} 25<enter>")
        await at_rest(app)
        assert [row.event_id for row in app.screen._page.rows] == first
        await burst(app, "aQQ<enter>")
        await at_rest(app)
        assert "La semilla se escribe como" in screen_text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_marks_and_threads_stand_beside_the_event(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    some_events(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", size=size, code=sqlite_world.code().reveal()):
        await burst(app, "<f6>/acción:desbloqueó<enter>")
        await at_rest(app)
        await burst(app, "mk")
        await at_rest(app)
        await burst(app, "c¿Quién llamó?<enter>")
        await at_rest(app)
        shown = screen_text(app)
        assert "✓✎" in shown and "Evento 3   ✓ auditora" in shown
        assert_snapshot(app, f"audit_marked_{size[0]}x{size[1]}")
        await burst(app, "r")
        await at_rest(app)
        assert "✓✎" in screen_text(app)
        await burst(app, "m")
        await at_rest(app)
        assert "✓" not in screen_text(app)
    assert len(sqlite_world.events("audit.mark")) == len(sqlite_world.events("audit.unmark")) == 1


async def test_questions_are_kept_asked_and_dropped(sqlite_world: World, tmp_path: Path) -> None:
    some_events(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()):
        await burst(app, "<f6>")
        await at_rest(app)
        await burst(app, "g")
        await at_rest(app)
        assert "Aún no hay ninguna." in screen_text(app)
        await burst(app, "<escape>/socio:50012<enter>")
        await at_rest(app)
        await burst(app, "gcDe Itzel<enter>")
        await at_rest(app)
        assert "Consulta «De Itzel» guardada para todos." in screen_text(app)
        await burst(app, "/<delete><enter>g<enter>")
        await at_rest(app)
        assert app.screen.query_one("#audit-filter", Input).value == "socio:50012"
        assert "3 eventos." in screen_text(app)
        await burst(app, "gq")
        await at_rest(app)
        assert "Consulta «De Itzel» quitada." in screen_text(app)


async def test_the_tail_shows_what_comes_and_keeps_the_cursor(sqlite_world: World, tmp_path: Path) -> None:
    some_events(sqlite_world)
    agent = sqlite_world.staff("jperez")
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()):
        await burst(app, "<f6>/acción:desbloqueó<enter>t")
        await at_rest(app)
        assert "EN VIVO" in screen_text(app) and "3 eventos." in screen_text(app)
        await burst(app, "j")
        assert isinstance(app.screen, AuditList)
        chosen = app.screen._table.current_key
        with sqlite_world.uow.begin_system(agent) as tx:
            tx.record("access.unlock", about="nuevo")
            tx.commit()
        await app.screen.look_for_new().wait()
        await at_rest(app)
        assert "4 eventos." in screen_text(app) and "jperez" in screen_text(app)
        assert app.screen._table.current_key == chosen
        looks = len(sqlite_world.events("audit.read"))
        await app.screen.look_for_new().wait()
        assert len(sqlite_world.events("audit.read")) == looks
        await burst(app, "t")
        assert "EN VIVO" not in screen_text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_the_calendar_counts_days_and_opens_one(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    some_events(sqlite_world)
    agent = sqlite_world.staff("jperez")
    sqlite_world.clock.advance(days=-6)
    with sqlite_world.uow.begin_system(agent) as tx:
        for _ in range(1200):
            tx.record("access.unlock")
        tx.commit()
    sqlite_world.clock.advance(days=6)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", size=size, code=sqlite_world.code().reveal()):
        await burst(app, "<f6>/acción:desbloqueó<enter>d")
        await at_rest(app)
        assert isinstance(app.screen, AuditCalendar)
        await burst(app, "<up><right><down>")  # never into the future
        await burst(app, "<up><right>")
        await at_rest(app)
        assert_snapshot(app, f"audit_calendar_{size[0]}x{size[1]}")
        await burst(app, "<enter>")
        await at_rest(app)
        assert app.screen.query_one("#audit-filter", Input).value == "acción:desbloqueó día:17/11/2026"
        assert "200 eventos. Hay anteriores" in screen_text(app) and "1,200 eventos en el día" in screen_text(app)
        await burst(app, "dn")
        await at_rest(app)
        assert "Octubre 2026" in screen_text(app) and "0 eventos" in screen_text(app)
