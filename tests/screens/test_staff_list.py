"""People on the screen: added, disabled, reset, unlocked; a temporary password is shown once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from screens.desk import Desk
from screens.dialogs.message import Message
from screens.staff_list import StaffList
from services.operator import Role
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, screen_text
from tests.services.world import World

TEMPORARY = re.compile(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}")


def house(world: World) -> None:
    """An administrator, and two to administer."""
    world.staff("admin", (Role.ADMINISTRATOR,), sign_in=False)
    world.staff("jcastillo", sign_in=False, full_name="[b]Jorge[/b] Castillo")


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_looks_so(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    house(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "admin", size=size, code=sqlite_world.code().reveal()):
        await burst(app, "<f7>")
        await at_rest(app)
        assert isinstance(app.screen, StaffList) and "[b]Jorge[/b]" in screen_text(app)
        assert_snapshot(app, f"staff_list_{size[0]}x{size[1]}")


async def test_a_person_is_added_and_the_password_told_once(sqlite_world: World, tmp_path: Path) -> None:
    house(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "admin", code=sqlite_world.code().reveal()):
        await burst(app, "<f7>")
        await at_rest(app)
        await burst(app, "a")
        await burst(app, "nnueva<enter>Nadia<space>Nueva<enter>018<enter>12<enter><enter>ingreso<space>nuevo<enter>")
        await at_rest(app)
        assert isinstance(app.screen, Message)
        found = TEMPORARY.search(screen_text(app))
        assert found is not None
        await burst(app, "<escape>")
        await at_rest(app)
        assert "nnueva" in screen_text(app) and TEMPORARY.search(screen_text(app)) is None
    row = sqlite_world.rows("SELECT roles, branch, password_hash FROM staff WHERE username = 'nnueva'")[0]
    assert (row["roles"], row["branch"]) == ("agente_cis cajero", "018")
    assert sqlite_world.hasher.verify(row["password_hash"], found.group())


async def test_a_person_is_disabled_enabled_and_reset_with_a_reason(sqlite_world: World, tmp_path: Path) -> None:
    house(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "admin", code=sqlite_world.code().reveal()):
        await burst(app, "<f7>")
        await at_rest(app)
        await burst(app, "<down>d2<f2>")
        await at_rest(app)
        assert "quedó deshabilitado" in screen_text(app) and "deshabilitado" in screen_text(app)
        await burst(app, "h1<f2>")
        await at_rest(app)
        assert "quedó habilitado" in screen_text(app)
        await burst(app, "r1<f2>")
        await at_rest(app)
        assert TEMPORARY.search(screen_text(app))
        await burst(app, "<escape>u1<f2>")
        await at_rest(app)
        assert "no está bloqueado" in screen_text(app)
        await burst(app, "<escape>")
        assert isinstance(app.screen, Desk)
    assert [event["reason"] for event in sqlite_world.events("staff.disable")] == ["Dejó de trabajar aquí"]


async def test_leaving_the_reason_changes_nothing(sqlite_world: World, tmp_path: Path) -> None:
    house(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "admin", code=sqlite_world.code().reveal()):
        await burst(app, "<f7>")
        await at_rest(app)
        await burst(app, "<down>d<escape>")
        await at_rest(app)
        assert isinstance(app.screen, StaffList)
    assert sqlite_world.scalar("SELECT min(enabled) FROM staff") == 1
