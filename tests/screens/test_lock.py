"""The station locks: nothing of the work is seen or reached, nothing typed is lost, and only the password opens it."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from textual.app import ComposeResult

from coop_tui.session_app import ENDED_ELSEWHERE
from data.secrets import Secret
from screens.base import BaseScreen
from screens.desk import Desk
from screens.dialogs.password import PasswordDialog
from screens.flow import flow
from screens.lock import LockScreen
from screens.sign_in import SignIn
from services.errors import ReauthenticationNeeded
from services.operations import Op
from services.operator import Operator, Role
from services.unit_of_work import UnitOfWork
from tests.screens.staff import Steps, at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, screen_text, settle, toasts, told
from tests.services.world import PASSWORD, World
from widgets.command import Command, CommandClass
from widgets.fields import Field
from widgets.house_input import TextInput
from widgets.shell import Served
from widgets.text import PlainText


class Grave(Command):
    """Llama a un servicio que pide la contraseña."""

    id = "grave"
    label = "Grave"
    keys = ("f4",)


class Slow(Command):
    """Llama a un servicio lento."""

    id = "slow"
    label = "Lento"
    keys = ("f9",)


class Work(BaseScreen[None]):
    """A screen with a member's data and typed work."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Grave, Slow)
    SHOWS_MEMBER = True

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.keys_seen: list[str] = []
        self.may_go_on = threading.Event()
        self.note: Field[str] = Field("Nota", TextInput(id="note"))

    def compose_body(self) -> ComposeResult:
        yield PlainText("ITZEL PÉREZ MUÑOZ debe 1,322.64")
        yield self.note

    @flow
    async def action_grave(self) -> None:
        await self.call(grave, "clave-1")
        self.say("Hecho lo grave")

    @flow
    async def action_slow(self) -> None:
        await self.call(self.may_go_on.wait, 20)
        self.say("Terminó lo lento de ITZEL")
        self.shell.notify_safe("Aviso sobre ITZEL")


def grave(key: str, operator: Operator, uow: UnitOfWork) -> str:
    """Needs a fresh password, like the mending of an access."""
    with uow.begin(operator, Op.QUEUE_VIEW) as tx:
        if tx.standing is not None and tx.now - tx.standing.authenticated_at > timedelta(minutes=4):
            raise ReauthenticationNeeded
        tx.record(about=key)
        tx.commit()
    return key


async def work(world: World, tmp_path: Path, clock: Steps | None = None) -> tuple[object, Work]:
    world.staff(sign_in=False)
    return staff_app(world, tmp_path, clock=clock), Work(world)


@pytest.mark.parametrize("size", SIZES)
async def test_f12_covers_everything_and_the_password_gives_it_back(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    world = sqlite_world
    world.staff(sign_in=False)
    app, screen = staff_app(world, tmp_path), Work(world)
    async with at_the_desk(app, size=size):
        await app.push_screen(screen)
        app.serve(Served("ITZEL PÉREZ MUÑOZ", "50012", "asociada", "N3", world.clock.now() + timedelta(minutes=9)))
        await burst(app, "llamar<f12>")
        await at_rest(app)
        assert isinstance(app.screen, LockScreen)
        assert_snapshot(app, f"lock_{size[0]}x{size[1]}")
        assert "ITZEL" not in screen_text(app) and "50012" not in screen_text(app)
        assert world.scalar("SELECT locked_at IS NOT NULL FROM staff_session") == 1
        await burst(app, "<escape>:<ctrl+p><f3>/abc<f12><escape>")
        assert isinstance(app.screen, LockScreen) and screen.note.text == "llamar"
        await burst(app, "no-es-esta-palabra<enter>")
        await at_rest(app)
        assert "Contraseña incorrecta" in screen_text(app) and isinstance(app.screen, LockScreen)
        await burst(app, f"{PASSWORD}<enter>")
        await at_rest(app)
        assert app.screen is screen and screen.note.text == "llamar" and not app.locked
        served = app.served()
        assert served is not None and (served.level, served.lease_until) == ("", None)
        await burst(app, "ón")
        assert screen.note.text == "llamarón"


async def test_work_under_way_waits_beneath_the_lock(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    app, screen = staff_app(sqlite_world, tmp_path), Work(sqlite_world)
    async with at_the_desk(app):
        await app.push_screen(screen)
        screen.action_slow()
        app.lock_station()  # As the idle timer does it: no key waits for the flow.
        screen.may_go_on.set()
        await asyncio.sleep(0.05)
        assert isinstance(app.screen, LockScreen)
        assert "ITZEL" not in screen_text(app) and told(app) == []
        await burst(app, f"{PASSWORD}<enter>")
        await at_rest(app)
        assert app.screen is screen and "Terminó lo lento" in screen_text(app)
        assert toasts(app) == ["Aviso sobre ITZEL"]


async def test_nobody_there_locks_by_the_services_clock(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    clock = Steps(sqlite_world)
    app = staff_app(sqlite_world, tmp_path, clock=clock)
    async with at_the_desk(app):
        clock.advance(299)
        await app.watch_session().wait()
        assert isinstance(app.screen, Desk)
        clock.advance(2)
        await app.watch_session().wait()
        await at_rest(app)
        assert isinstance(app.screen, LockScreen)
    assert sqlite_world.events("session.lock")[0]["detail"]["idle"] is True


async def test_keys_are_presence_told_at_most_every_twenty_seconds(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    world.staff(sign_in=False)
    clock = Steps(world)
    app = staff_app(world, tmp_path, clock=clock)
    seen = "SELECT last_seen_at FROM staff_session"
    async with at_the_desk(app):
        first = world.scalar(seen)
        clock.advance(19)
        await burst(app, "5")
        await at_rest(app)
        assert world.scalar(seen) == first
        clock.advance(2)
        await burst(app, "0")
        await at_rest(app)
        assert world.scalar(seen) > first
        for _ in range(20):  # A whole busy quarter of an hour.
            clock.advance(45)
            await burst(app, "1")
            await at_rest(app)
        await app.watch_session().wait()
        assert isinstance(app.screen, Desk)


async def test_looking_is_not_presence(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    clock = Steps(sqlite_world)
    app = staff_app(sqlite_world, tmp_path, clock=clock)
    async with at_the_desk(app):
        for _ in range(16):
            clock.advance(20)
            await app.watch_session().wait()
            desk = app.screen
            if isinstance(desk, Desk):
                await desk.refresh_panels().wait()
        await at_rest(app)
        assert isinstance(app.screen, LockScreen)


async def test_an_ended_session_takes_everything_away_and_says_why(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    world.staff(sign_in=False)
    app, screen = staff_app(world, tmp_path), Work(world)
    async with at_the_desk(app):
        await app.push_screen(screen)
        await burst(app, "<ctrl+p>")  # A question of the program's own stands open.
        world.change("UPDATE staff_session SET ended_at = started_at, end_reason = 'replaced'")
        await app.watch_session().wait()
        await at_rest(app)
        assert isinstance(app.screen, SignIn) and len(app.screen_stack) == 2
        assert ENDED_ELSEWHERE[:40] in screen_text(app).replace("\n", " ")
        assert "ITZEL" not in screen_text(app) and app.served() is None and not app.identity().user
        await burst(app, f"mrodriguez<tab>{PASSWORD}<enter>")
        await at_rest(app)
        assert isinstance(app.screen, Desk)
        await burst(app, "<ctrl+p>")
        assert type(app.screen).__name__ == "Palette"


async def test_a_session_that_ends_while_locked_goes_to_the_door(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, "<f12>")
        await at_rest(app)
        sqlite_world.change("UPDATE staff SET enabled = 0")
        await burst(app, f"{PASSWORD}<enter>")
        await at_rest(app)
        assert isinstance(app.screen, SignIn) and not app.locked


async def test_the_end_by_hours_is_told_five_minutes_before(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    world.staff(sign_in=False)
    clock = Steps(world)
    app = staff_app(world, tmp_path, clock=clock)
    async with at_the_desk(app):
        world.clock.advance(hours=8, minutes=-4)
        world.change("UPDATE staff_session SET last_seen_at = :now", now=world.clock.now().isoformat())
        await app.watch_session().wait()
        await app.watch_session().wait()
        said = [text for text in told(app) if "máximo de horas" in text]
        assert len(said) == 1 and "4 min" in said[0]


async def test_an_old_password_is_asked_for_and_the_same_command_runs_again(
    sqlite_world: World, tmp_path: Path
) -> None:
    world = sqlite_world
    world.staff(sign_in=False)
    clock = Steps(world)
    app, screen = staff_app(world, tmp_path, clock=clock), Work(world)
    async with at_the_desk(app):
        await app.push_screen(screen)
        clock.advance(250)
        await burst(app, "<f4>")
        await at_rest(app)
        assert isinstance(app.screen, PasswordDialog)
        await burst(app, "equivocada-del-todo<enter>")
        await at_rest(app)
        assert isinstance(app.screen, PasswordDialog) and "Contraseña incorrecta" in screen_text(app)
        await burst(app, f"{PASSWORD}<enter>")
        await at_rest(app)
        assert app.screen is screen and "Hecho lo grave" in screen_text(app)
    assert [event["object"] for event in world.events("queue.view") if "object" in event] == ["clave-1"]


async def test_leaving_the_question_leaves_it_undone_and_says_so(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    world.staff(sign_in=False)
    clock = Steps(world)
    app, screen = staff_app(world, tmp_path, clock=clock), Work(world)
    async with at_the_desk(app):
        await app.push_screen(screen)
        clock.advance(250)
        await burst(app, "<f4>")
        await at_rest(app)
        await burst(app, "<escape>")
        await at_rest(app)
        assert app.screen is screen and "Hecho" not in screen_text(app)
        assert ReauthenticationNeeded.default in told(app)


async def test_a_locked_session_covers_the_screen_and_the_call_goes_on_after_it(
    sqlite_world: World, tmp_path: Path
) -> None:
    world = sqlite_world
    world.staff(sign_in=False)
    app, screen = staff_app(world, tmp_path), Work(world)
    async with at_the_desk(app):
        await app.push_screen(screen)
        world.change("UPDATE staff_session SET locked_at = last_seen_at")  # The service knew before the screen did.
        await burst(app, "<f4>")
        await settle(app)
        for _ in range(200):
            if isinstance(app.screen, LockScreen):
                break
            await asyncio.sleep(0.005)
        assert isinstance(app.screen, LockScreen)
        await burst(app, f"{PASSWORD}<enter>")
        await at_rest(app)
        assert app.screen is screen and "Hecho lo grave" in screen_text(app)


async def test_f10_on_a_locked_station_asks_and_shows_no_data(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, "<f12>")
        await at_rest(app)
        await burst(app, "<f10>")
        await at_rest(app)
        assert app.return_code == 0


async def test_roles_that_need_it_are_told_apart(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff("jefa", (Role.SUPERVISOR,), sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", code=sqlite_world.code().reveal()):
        await app.unlock(Secret(PASSWORD))
        assert app.identity().role == "Supervisor"
