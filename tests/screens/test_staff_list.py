"""People on the screen: added, disabled, reset, unlocked; a temporary password is shown once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from screens.desk import Desk
from screens.dialogs.message import Message
from screens.sign_in import SignIn
from screens.staff_list import StaffList
from services.operator import Role
from tests.screens.staff import at_rest, at_the_desk, enter, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, running, screen_text
from tests.services.world import PASSWORD, World

HALF = re.compile(r"\b[a-z2-9]{4}-[a-z2-9]{4}\b")


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


async def test_a_person_is_proposed_and_approved_by_another(sqlite_world: World, tmp_path: Path) -> None:
    """Two seats: the form and the first half at one, the difference and the second half at the other."""
    house(sqlite_world)
    sqlite_world.staff("sgomez", (Role.SUPERVISOR,), sign_in=False)
    app = staff_app(sqlite_world, tmp_path / "a")
    async with at_the_desk(app, "admin", code=sqlite_world.code().reveal()):
        await burst(app, "<f7>")
        await at_rest(app)
        await burst(app, "a")
        await burst(app, "nnueva<enter>Nadia<space>Nueva<enter>12<enter>018<enter><enter>")
        await burst(app, "l-v<space>7:30-18:00<enter><enter><enter>ingreso<space>nuevo<enter>")
        await at_rest(app)
        assert isinstance(app.screen, Message), screen_text(app)
        first = HALF.search(screen_text(app))
        assert first is not None
        await burst(app, "<escape>")
        await at_rest(app)
        assert "propuesto" in screen_text(app) and HALF.search(screen_text(app)) is None
        assert sqlite_world.scalar("SELECT count(*) FROM staff WHERE username = 'nnueva'") == 0
    other = staff_app(sqlite_world, tmp_path / "b")
    async with at_the_desk(other, "sgomez", code=sqlite_world.code().reveal()):
        await at_rest(other)
        assert "1 por aprobar" in screen_text(other)
        await burst(other, "<f4>")
        await at_rest(other)
        shown = screen_text(other)
        assert "Persona nueva" in shown and "L-V 07:30-18:00" in shown and "admin" in shown
        await burst(other, "a<f2>")
        await at_rest(other)
        second = HALF.search(screen_text(other))
        assert second is not None
        await burst(other, "<escape>")
        await at_rest(other)
        assert "No espera ninguna más" in screen_text(other) and HALF.search(screen_text(other)) is None
    row = sqlite_world.rows("SELECT roles, branch, hours, password_hash FROM staff WHERE username = 'nnueva'")[0]
    assert (row["roles"], row["branch"], row["hours"]) == ("agente_cis cajero", "018", "L-V 07:30-18:00")
    assert sqlite_world.hasher.verify(row["password_hash"], f"{first.group()}-{second.group()}")


async def test_disabling_is_at_once_the_rest_is_proposed(sqlite_world: World, tmp_path: Path) -> None:
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
        assert "propuesto" in screen_text(app)
        await burst(app, "r1<f2>")
        await at_rest(app)
        assert HALF.search(screen_text(app))
        await burst(app, "<escape>c3<f2>")
        await at_rest(app)
        assert "Motivo" in screen_text(app)
        await burst(app, "traslado<space>a<space>caja<f2>")
        await at_rest(app)
        await burst(app, "u1<f2>")
        await at_rest(app)
        assert "no está bloqueado" in screen_text(app)
        await burst(app, "<f4>")
        await at_rest(app)
        assert "Restablecer" in screen_text(app) and "Habilitar" in screen_text(app)
        await burst(app, "a")
        await at_rest(app)
        assert "que usted propuso" in screen_text(app)
        await burst(app, "<escape>")
        await burst(app, "<escape>")
        assert isinstance(app.screen, Desk)
    assert [event["reason"] for event in sqlite_world.events("staff.disable")] == ["Dejó de trabajar aquí"]
    kinds = [row["kind"] for row in sqlite_world.rows("SELECT kind FROM proposal ORDER BY requested_at, id")]
    assert sorted(kinds) == ["staff.enable", "staff.reset", "staff.rights"]
    assert sqlite_world.scalar("SELECT enabled FROM staff WHERE username = 'jcastillo'") == 0


@pytest.mark.parametrize("size", SIZES)
async def test_the_form_of_rights_looks_so(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    house(sqlite_world)
    sqlite_world.change("UPDATE staff SET hours = 'L-V 07:30-18:00', single_limit = 50000 WHERE username = 'jcastillo'")
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "admin", size=size, code=sqlite_world.code().reveal()):
        await burst(app, "<f7>")
        await at_rest(app)
        await burst(app, "<down>c")
        await at_rest(app)
        assert_snapshot(app, f"staff_rights_{size[0]}x{size[1]}")


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


@pytest.mark.parametrize("size", SIZES)
async def test_the_open_sessions_look_so(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    house(sqlite_world)
    sqlite_world.staff("[b]ana[/b]", (Role.CASHIER,), branch="018")
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "admin", size=size, code=sqlite_world.code().reveal()):
        await burst(app, "<f7>s")
        await at_rest(app)
        assert_snapshot(app, f"live_sessions_{size[0]}x{size[1]}")


async def test_a_session_is_ended_and_its_desk_shuts_by_itself(sqlite_world: World, tmp_path: Path) -> None:
    """Two programs on one store: the killed one goes back to the door without a key."""
    house(sqlite_world)
    killed, boss = staff_app(sqlite_world, tmp_path / "a"), staff_app(sqlite_world, tmp_path / "b")
    code = sqlite_world.code().reveal()
    async with at_the_desk(killed, "jcastillo"):
        async with at_the_desk(boss, "admin", code=code):
            await burst(boss, "<f7>s<down>")
            await at_rest(boss)
            await burst(boss, "x1<f2>")
            await at_rest(boss)
            assert "La sesión de jcastillo terminó." in screen_text(boss)
            await burst(boss, "x")
            await at_rest(boss)
            assert "Es su propia sesión" in screen_text(boss)
        killed.watch_session()
        await at_rest(killed)
        assert isinstance(killed.screen, SignIn) and "Su sesión terminó" in screen_text(killed)
    assert sqlite_world.scalar("SELECT count(*) FROM staff_session WHERE end_reason = 'killed'") == 1


async def test_outside_the_hours_a_second_person_lets_in_at_the_door(sqlite_world: World, tmp_path: Path) -> None:
    house(sqlite_world)
    sqlite_world.staff("sgomez", (Role.SUPERVISOR,), sign_in=False)
    sqlite_world.change("UPDATE staff SET hours = 'D 01:00-02:00' WHERE username = 'jcastillo'")
    app = staff_app(sqlite_world, tmp_path)
    async with running(app):
        await enter(app, "jcastillo")
        assert "Fuera de horario" in screen_text(app)
        await burst(app, "<escape>")
        await at_rest(app)
        assert isinstance(app.screen, SignIn) and "fuera de su horario" in screen_text(app)
        await enter(app, "jcastillo")
        await burst(app, f"sgomez<enter>{PASSWORD}<enter>{sqlite_world.code().reveal()}<enter>")
        await at_rest(app)
        assert isinstance(app.screen, Desk), screen_text(app)
    assert sqlite_world.events("session.sign_in")[-1]["detail"]["let_in_by"] == "sgomez"
