"""The front door: nothing typed is lost, nothing is told to strangers, nothing secret stays."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest

from coop_tui.environment import forbid_collection
from coop_tui.wiring import StoreNotReady
from screens.change_password import ChangePassword
from screens.desk import Desk
from screens.second_factor import SecondFactor
from screens.sign_in import SignIn
from services.operator import Role
from services.unit_of_work import UnitOfWork
from tests.screens.staff import at_rest, enter, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, running, screen_text, settle, told
from tests.services.world import PASSWORD, World

WRONG = "Usuario o contraseña incorrectos."


@pytest.mark.parametrize("size", SIZES)
async def test_the_front_door_looks_so(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    app = staff_app(sqlite_world, tmp_path)
    async with running(app, size):
        await at_rest(app)
        assert_snapshot(app, f"sign_in_{size[0]}x{size[1]}")


async def test_one_burst_goes_through_door_and_desk(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    member_id = sqlite_world.member("50012")
    app, opened = staff_app(sqlite_world, tmp_path), []
    app.open_record = opened.append  # type: ignore[method-assign, assignment]
    async with running(app):
        await burst(app, f"mrodriguez<tab>{PASSWORD}<enter>50012<enter>")
        await at_rest(app)
        assert isinstance(app.screen, Desk)
    assert opened == [member_id]


async def test_what_is_typed_before_the_store_is_open_waits_for_it(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    member_id = sqlite_world.member("50012")
    gate = threading.Event()

    def opener() -> UnitOfWork:
        assert gate.wait(20)
        return sqlite_world.uow

    app, opened = staff_app(sqlite_world, tmp_path, opener=opener), []
    app.open_record = opened.append  # type: ignore[method-assign, assignment]
    async with running(app) as pilot:
        from tests.screens.support import key_event, keys_of

        for key in keys_of(f"mrodriguez<tab>{PASSWORD}<enter>50012<enter>"):
            app.post_message(key_event(key))
        await pilot.pause()
        assert "Abriendo la base de datos…" in screen_text(app) and isinstance(app.screen, SignIn)
        gate.set()
        await at_rest(app)
    assert opened == [member_id]


async def test_a_store_that_can_not_be_opened_says_what_to_do_and_is_tried_again(
    sqlite_world: World, tmp_path: Path
) -> None:
    sqlite_world.staff(sign_in=False)
    tries: list[int] = []

    def opener() -> UnitOfWork:
        tries.append(1)
        if len(tries) == 1:
            raise StoreNotReady
        return sqlite_world.uow

    app = staff_app(sqlite_world, tmp_path, opener=opener)
    async with running(app):
        await at_rest(app)
        assert "coop-tui init" in screen_text(app) and "F5" in screen_text(app)
        await burst(app, "<f5>")
        await at_rest(app)
        assert "Demostración: mrodriguez" in screen_text(app)
        await enter(app)
        assert isinstance(app.screen, Desk)


@pytest.mark.parametrize("username", ["mrodriguez", "nadie"])
async def test_a_wrong_word_keeps_the_name_and_wipes_the_secret(
    sqlite_world: World, tmp_path: Path, username: str
) -> None:
    sqlite_world.staff(sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with running(app):
        await burst(app, f"{username}<tab>otra-cosa-muy-larga<enter>")
        await at_rest(app)
        door = app.screen
        assert isinstance(door, SignIn) and WRONG in told(app)
        assert door._username.text == username and not door._password.input.filled
        await burst(app, f"{PASSWORD}<enter>")
        await at_rest(app)
        assert isinstance(app.screen, Desk) is (username == "mrodriguez")


async def test_keys_behind_a_refused_sign_in_are_no_second_attempt(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with running(app):
        await burst(app, "mrodriguez<tab>equivocada<enter>50012<enter>")
        await at_rest(app)
        assert isinstance(app.screen, SignIn) and not app.screen._password.input.filled
    assert sqlite_world.scalar("SELECT failed_count FROM staff") == 1


async def test_the_second_factor_is_asked_for_and_taken(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff("jefa", (Role.SUPERVISOR,), sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with running(app):
        await burst(app, f"jefa<tab>{PASSWORD}<enter>")
        await at_rest(app)
        assert isinstance(app.screen, SignIn) and "Código" in screen_text(app)
        assert PASSWORD not in screen_text(app)
        await burst(app, f"{sqlite_world.code().reveal()}<enter>")
        await at_rest(app)
        assert isinstance(app.screen, Desk)


async def test_a_wrong_code_starts_over_with_one_text(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff("jefa", (Role.SUPERVISOR,), sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with running(app):
        await burst(app, f"jefa<tab>{PASSWORD}<enter>000000<enter>")
        await at_rest(app)
        door = app.screen
        assert isinstance(door, SignIn) and WRONG in told(app)
        assert door._proven is None and not door._code.display and door._username.text == "jefa"


async def test_a_temporary_password_is_changed_before_any_work(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    until = world.clock.now().replace(hour=23)
    world.staff(sign_in=False, password_expires_at=until)
    app = staff_app(world, tmp_path)
    async with running(app):
        await enter(app)
        assert isinstance(app.screen, ChangePassword)
        assert_snapshot(app, "change_password_80x24")
        new = "una frase bien larga y tranquila"
        await burst(app, f"{PASSWORD}<tab>{new}<tab>{new}x<enter>".replace(" ", "<space>"))
        await at_rest(app)
        assert "No es igual" in screen_text(app)
        await burst(app, f"{new}<enter>".replace(" ", "<space>"))
        await at_rest(app)
        assert isinstance(app.screen, Desk)
        assert new not in screen_text(app)
    assert world.events("staff.change_password")[-1]["result"] == "ok"


async def test_leaving_the_change_ends_the_session(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    world.staff(sign_in=False, password_expires_at=world.clock.now().replace(hour=23))
    app = staff_app(world, tmp_path)
    async with running(app):
        await enter(app)
        await burst(app, "<escape>")
        await at_rest(app)
        assert isinstance(app.screen, SignIn)
    assert world.scalar("SELECT end_reason FROM staff_session") == "sign_out"


async def test_a_role_that_needs_one_registers_its_second_factor(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyotp

    world = sqlite_world
    world.staff("auditora", (Role.AUDITOR,), sign_in=False, totp_sealed=None)
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    monkeypatch.setattr(pyotp, "random_base32", lambda: secret)
    app = staff_app(world, tmp_path)
    async with running(app):
        await enter(app, "auditora")
        assert isinstance(app.screen, SecondFactor)
        shown = screen_text(app)
        assert "JBSW Y3DP" in shown and "█" in shown
        await burst(app, f"000000<enter>{world.code().reveal()}<enter>")
        await at_rest(app)
        assert isinstance(app.screen, Desk)
        assert "JBSW" not in screen_text(app)
    assert world.scalar("SELECT totp_sealed IS NOT NULL FROM staff") == 1


async def test_esc_at_the_door_empties_it(sqlite_world: World, tmp_path: Path) -> None:
    app = staff_app(sqlite_world, tmp_path)
    async with running(app):
        await burst(app, "alguien<tab>algo<escape>")
        await settle(app)
        door = app.screen
        assert isinstance(door, SignIn) and not door._username.text and not door._password.input.filled


@pytest.mark.parametrize("opens", [True, False])
async def test_the_collector_rests_until_the_store_is_open_or_will_not_be(
    sqlite_world: World, tmp_path: Path, opens: bool
) -> None:
    def opener() -> UnitOfWork:
        assert not gc.isenabled()
        if not opens:
            raise StoreNotReady
        return sqlite_world.uow

    try:
        app = staff_app(sqlite_world, tmp_path, opener=opener)
        forbid_collection()
        async with running(app):
            await at_rest(app)
            assert gc.isenabled() and gc.get_freeze_count() > 10_000
            assert (app.opened is not None) == opens
    finally:
        gc.enable()
        gc.unfreeze()
