"""Members who did not recognise their image: counted at the desk, listed, attended for a reason (S69)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data.tables import ImageReport
from screens.desk import Desk
from screens.image_reports import NONE_OPEN, ImageReportsScreen
from screens.record import RecordScreen
from services.operator import Role
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, screen_text
from tests.services.world import World


def reported(world: World, member: int, minutes: int, *, answered: bool) -> None:
    at = world.clock.now() - timedelta(minutes=minutes)
    values = {"channel": "web", "terminal": "Firefox en Linux", "answered": answered}
    world._insert(ImageReport, member_id=member, at=at, **values)


@pytest.fixture
def both(sqlite_world: World) -> World:
    """One who saw a strange image three times, and one who did not know their own."""
    sqlite_world.staff(sign_in=False)
    first, second = sqlite_world.member("50012"), sqlite_world.member("50233")
    for minutes in (90, 60, 30):
        reported(sqlite_world, first, minutes, answered=False)
    reported(sqlite_world, second, 5, answered=True)
    return sqlite_world


@pytest.mark.parametrize("size", SIZES)
async def test_the_desk_counts_them_and_the_list_is_attended(
    both: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = staff_app(both, tmp_path)
    async with at_the_desk(app, size=size):
        assert "! 2 avisos  :imagenes" in screen_text(app)
        await burst(app, ":imagenes<enter>")
        await at_rest(app)
        assert isinstance(app.screen, ImageReportsScreen)
        assert_snapshot(app, f"image_reports_{size[0]}x{size[1]}")
        await burst(app, "a1<f2>")
        await at_rest(app)
        assert "Atendido: 50233." in screen_text(app) and "1 asociado espera; 0 con" in screen_text(app)
        await burst(app, "a4Su hija pulsó la tecla<f2>")
        await at_rest(app)
        assert NONE_OPEN in screen_text(app)
        await burst(app, "a")
        await at_rest(app)
        assert isinstance(app.screen, ImageReportsScreen)  # Nothing to attend to, and it says so.
        await burst(app, "<escape>")
        await at_rest(app)
        assert isinstance(app.screen, Desk) and ":imagenes" not in screen_text(app)
    notes = both.rows("SELECT note FROM image_report ORDER BY id")
    assert [row["note"] for row in notes] == ["Su hija pulsó la tecla"] * 3 + [
        "El asociado reconoció su imagen al intentar de nuevo"
    ]


async def test_the_record_of_a_row_says_so(both: World, tmp_path: Path) -> None:
    app = staff_app(both, tmp_path)
    async with at_the_desk(app):
        await burst(app, ":imagenes<enter>")
        await at_rest(app)
        await burst(app, "<enter>")
        await at_rest(app)
        assert isinstance(app.screen, RecordScreen) and "! No reconoció su imagen" in screen_text(app)
        assert "hoy 08:55" in screen_text(app)


async def test_a_colleague_who_was_faster_is_told_of(both: World, tmp_path: Path) -> None:
    app = staff_app(both, tmp_path)
    async with at_the_desk(app):
        await burst(app, ":imagenes<enter>")
        await at_rest(app)
        both.change("UPDATE image_report SET settled_at = at, note = 'Ya se llamó' WHERE answered")
        await burst(app, "a1<f2>")
        await at_rest(app)
        assert "Otra persona ya atendió ese aviso" in screen_text(app)
        await burst(app, "<f5>")
        await at_rest(app)
        assert "1 asociado espera" in screen_text(app)


async def test_an_auditor_does_not_attend(both: World, tmp_path: Path) -> None:
    both.staff("auditora", (Role.AUDITOR,), sign_in=False)
    app = staff_app(both, tmp_path)
    async with at_the_desk(app, "auditora", code=both.code().reveal()):
        await burst(app, ":imagenes<enter>")
        await at_rest(app)
        assert not isinstance(app.screen, ImageReportsScreen) and "Su rol no permite" in screen_text(app)
