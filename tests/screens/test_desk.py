"""The desk: whoever calls is found with one key after the number; the panels follow by themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from coop_tui.app import NOT_YOUR_ROLE, StaffApp
from data.engine import writing
from data.name_index import index_names
from screens.desk import Desk, age
from screens.dialogs.confirm import Confirm
from screens.lock import LockScreen
from services.errors import NotFound
from services.operator import Role
from tests.screens.staff import Steps, at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, KeyCounter, assert_snapshot, burst, screen_text, told
from tests.services.world import World


def recording(world: World, tmp_path: Path, **options: Any) -> tuple[StaffApp, list[int]]:
    """The app, and the members whose record it was asked to open."""
    app, opened = staff_app(world, tmp_path, **options), []
    app.open_record = opened.append  # type: ignore[method-assign, assignment]
    return app, opened


def people(world: World) -> list[int]:
    """Three members, two of them Pérez, two waiting."""
    ids = [
        world.member("50012"),
        world.member("50233", given_names="Ñurka", surnames="Pérez Díaz"),
        world.member("40001", given_names="[b]Luz[/b]", surnames="\x1b[31mGarcía"),
    ]
    now = world.clock.now()
    world.access(ids[0], requested_at=now - timedelta(minutes=8))
    world.access(ids[1], requested_at=now - timedelta(hours=25), route="sucursal")
    with writing(world.engine).begin() as connection:
        index_names(connection, ids)
    return ids


@pytest.mark.parametrize("size", SIZES)
async def test_the_desk_looks_so(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    sqlite_world.staff(sign_in=False)
    people(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, size=size):
        assert_snapshot(app, f"desk_{size[0]}x{size[1]}")


@pytest.mark.parametrize("typed", ["50012", "8-700-50012", "8 700 50012"])
async def test_one_key_after_the_number(sqlite_world: World, tmp_path: Path, typed: str) -> None:
    sqlite_world.staff(sign_in=False)
    ids = people(sqlite_world)
    app, opened = recording(sqlite_world, tmp_path)
    async with at_the_desk(app) as pilot:
        keys = KeyCounter(pilot)
        await keys.data(typed)
        await keys.press("enter")
        await at_rest(app)
        assert opened == [ids[0]] and keys.count == 1
        desk = app.screen
        assert isinstance(desk, Desk) and desk._search.value == ""


async def test_typing_from_a_list_goes_to_the_box_whole(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    ids = people(sqlite_world)
    app, opened = recording(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, "<down>50233<enter>")
        await at_rest(app)
        assert opened == [ids[1]]
        await burst(app, "<down>j8k")
        desk = app.screen
        assert isinstance(desk, Desk) and desk._search.value == "j8k" and app.focused is desk._search


async def test_several_hits_are_chosen_with_arrows(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff("cajera", (Role.CASHIER,), sign_in=False)
    people(sqlite_world)
    app, opened = recording(sqlite_world, tmp_path)
    async with at_the_desk(app, "cajera"):
        await burst(app, "perez<enter>")
        await at_rest(app)
        assert "2 coincidencias" in screen_text(app) and opened == []
        assert "Pérez" not in screen_text(app)  # Masked before anybody is verified.
        await burst(app, "<down><enter>")
        await at_rest(app)
        assert len(opened) == 1


@pytest.mark.parametrize("typed", ["99999", "perez"])
async def test_nobody_and_not_allowed_answer_alike(sqlite_world: World, tmp_path: Path, typed: str) -> None:
    sqlite_world.staff(sign_in=False)
    people(sqlite_world)
    app, opened = recording(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, f"{typed}<enter>")
        await at_rest(app)
        assert NotFound.default in screen_text(app) and opened == []
        desk = app.screen
        assert isinstance(desk, Desk) and desk._search.value == typed  # To be mended, not typed again.


async def test_who_waits_is_opened_from_the_queue(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    ids = people(sqlite_world)
    app, opened = recording(sqlite_world, tmp_path)
    async with at_the_desk(app):
        assert "Esperan activación · 2" in screen_text(app)
        await burst(app, "<down><down><enter>")
        await at_rest(app)
        assert opened == [ids[0]]  # The oldest stands first.


async def test_the_queue_follows_on_f5(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    ids = people(sqlite_world)
    clock = Steps(sqlite_world)
    app, _ = recording(sqlite_world, tmp_path, clock=clock)
    async with at_the_desk(app):
        sqlite_world.access(ids[2])
        clock.advance(60)
        await burst(app, "<f5>")
        await at_rest(app)
        assert "Esperan activación · 3" in screen_text(app) and "9 min" in screen_text(app)


async def test_esc_empties_the_box_and_ends_nothing(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    app, _ = recording(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, "123<escape>")
        desk = app.screen
        assert isinstance(desk, Desk) and desk._search.value == ""
        await burst(app, "<escape>")
        assert isinstance(app.screen, Desk) and "F10" in screen_text(app)


async def test_the_line_finds_changes_colours_and_signs_out(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    ids = people(sqlite_world)
    app, opened = recording(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, ":buscar<space>50012<enter>")
        await at_rest(app)
        assert opened == [ids[0]]
        await burst(app, ":contraste<enter>")
        assert app.theme == "coop-alto-contraste"
        await burst(app, ":oscuro<enter>")
        assert app.theme == "coop-oscuro"
        await burst(app, ":salir<enter>")
        assert isinstance(app.screen, Confirm)


async def test_a_role_is_told_what_it_may_not(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff("admin", (Role.ADMINISTRATOR,), sign_in=False)
    app, opened = recording(sqlite_world, tmp_path)
    async with at_the_desk(app, "admin", code=sqlite_world.code().reveal()):
        assert "Esperan activación" not in screen_text(app)  # Administrators serve nobody.
        await burst(app, "50012<enter>")
        await at_rest(app)
        assert NOT_YOUR_ROLE in screen_text(app) and opened == []
        await burst(app, "<f6>")
        assert NOT_YOUR_ROLE in told(app) and isinstance(app.screen, Desk)


async def test_every_key_is_explained(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    app, _ = recording(sqlite_world, tmp_path)
    async with at_the_desk(app, size=(120, 40)):
        await burst(app, "<f1>")
        shown = " ".join(screen_text(app).replace("│", " ").split())
        assert (
            "la cédula en cualquier forma" in shown
            and "(Auditoría) Su rol no permite" in shown
            and "Correo local" in shown
        )


async def test_f12_right_behind_the_number_locks_and_opens_nothing_after(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    people(sqlite_world)
    app, _ = recording(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, "500<f12>12<enter>")
        await at_rest(app)
        assert isinstance(app.screen, LockScreen) and "500" not in screen_text(app)


@pytest.mark.parametrize(
    ("minutes", "shown"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (2879, "47 h"), (2880, "2 d")]
)
def test_age(minutes: int, shown: str) -> None:
    assert age(minutes) == shown


async def test_a_word_of_the_record_says_where_it_belongs(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, ":pg ensa 40")
        assert "✗ «pg» es de la ficha: busque primero al asociado." in screen_text(app)
        await burst(app, "<enter><escape>:xyz")
        assert "✗ No existe ese comando" in screen_text(app)
