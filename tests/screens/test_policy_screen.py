"""The policy on the screen: read in words, proposed as text, approved at another seat, compared (req. 48)."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import TextArea

from screens.desk import Desk
from screens.dialogs.policy_terms import PolicyTerms
from screens.policy import PolicyScreen
from screens.policy_editor import PolicyEditor
from services.operator import Role
from services.policy import packaged_policy
from services.policy_trail import adopt_policy
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, burst, screen_text
from tests.services.world import World


@pytest.fixture
def world(sqlite_world: World) -> World:
    """A store with its first policy, and the two people whom another one takes."""
    adopt_policy(sqlite_world.uow, packaged_policy(), source="packaged")
    sqlite_world.staff("admin", (Role.ADMINISTRATOR,), sign_in=False)
    sqlite_world.staff("sgomez", (Role.SUPERVISOR,), sign_in=False)
    return sqlite_world


@pytest.mark.parametrize("size", SIZES)
async def test_the_policy_is_read_in_words(world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    app = staff_app(world, tmp_path)
    async with at_the_desk(app, "admin", size=size, code=world.code().reveal()):
        await burst(app, ":politica<enter>")
        await at_rest(app)
        assert isinstance(app.screen, PolicyScreen)
        await burst(app, "<down>")
        await at_rest(app)
        shown = screen_text(app)
        assert "Política 2026-11-23 · en vigor" in shown and "Sesión del personal" in shown
        line = next(line for line in shown.splitlines() if "Minutos que dura ese bloqueo" in line)
        assert line.split()[-1] == "30"


async def test_a_draft_is_mended_proposed_approved_and_compared(world: World, tmp_path: Path) -> None:
    app = staff_app(world, tmp_path / "a")
    async with at_the_desk(app, "admin", code=world.code().reveal()):
        await burst(app, ":politica<enter>p")
        await at_rest(app)
        assert isinstance(app.screen, PolicyEditor)
        draft = app.screen.query_one("#draft", TextArea)
        shipped = draft.text
        draft.text = shipped.replace("lock_minutes = 30", "lock_minutes = 0")
        await burst(app, "<f2>")
        await at_rest(app)
        assert "[session] lock_minutes: un número entero, 1 o más" in " ".join(screen_text(app).split())
        assert draft.text.splitlines()[draft.cursor_location[0]] == "lock_minutes = 0"
        draft.text = shipped.replace("lock_minutes = 30", "lock_minutes = 45").replace('"2026-11-23"', '"2027-01"')
        await burst(app, "<f2>")
        await at_rest(app)
        assert isinstance(app.screen, PolicyTerms)
        assert "Minutos que dura ese bloqueo: 30 → 45" in screen_text(app)
        await burst(app, "<enter><enter>acuerdo<space>de<space>la<space>junta<enter>")
        await at_rest(app)
        assert isinstance(app.screen, PolicyScreen), screen_text(app)
        await burst(app, "<escape><escape>")
        assert isinstance(app.screen, Desk)
    other = staff_app(world, tmp_path / "b")
    async with at_the_desk(other, "sgomez", code=world.code().reveal()):
        await burst(other, "<f4>")
        await at_rest(other)
        assert "Cambio de política" in screen_text(other) and "30 → 45" in screen_text(other)
        await burst(other, "a<f2>")
        await at_rest(other)
        assert "La política «2027-01» vale desde" in " ".join(screen_text(other).split())
        await burst(other, "<escape>:politica<enter>v")
        await at_rest(other)
        assert "futura" in screen_text(other) and "30 → 45" in screen_text(other)
        assert "acuerdo de la junta" in screen_text(other)
    world.clock.advance(minutes=1)
    with world.uow.begin_system(world.staff("x")):
        assert world.uow.policy.session.lock_minutes == 45


async def test_who_may_only_read_proposes_nothing(world: World, tmp_path: Path) -> None:
    app = staff_app(world, tmp_path)
    async with at_the_desk(app, "sgomez", code=world.code().reveal()):
        await burst(app, ":politica<enter>p")
        await at_rest(app)
        assert isinstance(app.screen, PolicyScreen) and "Su rol no permite" in screen_text(app)
