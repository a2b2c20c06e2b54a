"""Cases and follow-ups on the real app: the list, a case's story, taken up again, written down, attended to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data.values.uuid7 import uuid7
from screens.case_story import CaseStoryScreen
from screens.cases import CasesScreen
from screens.desk import Desk
from screens.record import RecordScreen
from services.cases import CloseCase, close_case
from services.follow_ups import AddFollowUp, add_follow_up
from services.operations import Op
from services.records import OpenRecord, open_record
from tests.screens.staff import Steps, at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, screen_text
from tests.services.world import START, World


def called(world: World) -> int:
    """Two calls of one agent, one with a follow-up for that day; answers the first member."""
    agent, first, second = world.staff(), world.member(), world.member("50013")
    open_record(OpenRecord(first), agent, world.uow)
    with world.uow.begin(agent, Op.RECORD_VIEW, member_id=first) as tx:
        tx.record("access.unlock", reason="Escribió mal")
        tx.commit()
    world.clock.advance(minutes=4)
    key, today = uuid7(), (START - timedelta(hours=5)).date()
    add_follow_up(AddFollowUp(key, first, today, "Llamar para confirmar"), agent, world.uow)
    close_case(CloseCase(first), agent, world.uow)
    open_record(OpenRecord(second), agent, world.uow)
    world.clock.advance(minutes=1)
    close_case(CloseCase(second), agent, world.uow)
    world.change("UPDATE staff_session SET ended_at = started_at")
    return first


async def keys(app: object, script: str) -> None:
    await burst(app, script)  # type: ignore[arg-type]
    await at_rest(app)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
async def test_cases_look_so(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    called(sqlite_world)
    app = staff_app(sqlite_world, tmp_path, clock=Steps(sqlite_world))
    async with at_the_desk(app, size=size):
        await at_rest(app)
        assert "▲ 1 para hoy  :casos" in screen_text(app)  # at sign-in, on the desk
        await keys(app, ":casos<enter>")
        assert isinstance(app.screen, CasesScreen)
        assert_snapshot(app, f"cases_{size[0]}x{size[1]}")
        await keys(app, "s")
        assert_snapshot(app, f"follow_ups_{size[0]}x{size[1]}")
        await keys(app, "s<down><enter>")
        assert isinstance(app.screen, CaseStoryScreen)
        assert_snapshot(app, f"case_story_{size[0]}x{size[1]}")


async def test_a_case_is_taken_up_and_its_follow_up_attended_to(sqlite_world: World, tmp_path: Path) -> None:
    called(sqlite_world)
    app = staff_app(sqlite_world, tmp_path, clock=Steps(sqlite_world))
    async with at_the_desk(app):
        await keys(app, ":casos estado:pendiente<enter><enter>r")
        assert isinstance(app.screen, RecordScreen)
        assert "▲ Seguimiento 23/11: Llamar" in screen_text(app), screen_text(app)
        await keys(app, ":seguir mañana enviar el formulario<enter>")
        assert "Seguimiento anotado para el 24/11/2026." in screen_text(app)
        await keys(app, ":seguir 1/1/2020 no<enter>")
        assert "La fecha va desde hoy" in screen_text(app)
        await keys(app, "<f7>")
        while not isinstance(app.screen, Desk):
            await keys(app, "<escape>")
        await keys(app, ":casos<enter>s")
        assert "Seguimientos: 2, 1 para hoy o antes" in screen_text(app)
        await keys(app, "xConfirmado<enter>")
        assert "Seguimientos: 1, 0 para hoy o antes" in screen_text(app)
        await keys(app, "s/estado:retomado<enter>")
        assert "Casos: 1 · estado:retomado" in screen_text(app)
        await keys(app, "/<end>x<enter>")
        assert "No hay un estado" in screen_text(app)
    assert sqlite_world.scalar("SELECT count(*) FROM service_case WHERE reopens IS NOT NULL") == 1
