"""«Perfil», «Seguridad» and «¿Olvidó su contraseña?»: changed by the member, proven first, told of (S53, S67, S78)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data.types import utc_text
from screens.dialogs.message import Message
from screens.portal.forgotten import NewPassword, ProveMember
from screens.portal.home import Home
from screens.portal.own_changes import OwnPassword, OwnServices, OwnUsername
from screens.portal.password import Password
from screens.portal.profile import Profile, Security
from screens.portal.proof import Prove
from screens.portal.user import User
from tests.portal.kiosk import Kiosk, kiosk
from tests.portal.test_payments import inside
from tests.screens.support import SIZES, assert_snapshot, told
from tests.services.access_cases import mails
from tests.services.portal_door import NEW_PASSWORD, USER, member_inside, right_answer
from tests.services.world import World

OTHER = "Corvina frita con patacones 9"


async def prove(desk: Kiosk) -> None:
    """The password once more, where it is asked for."""
    if isinstance(desk.app.screen, Prove):
        await desk.keys(f"{NEW_PASSWORD}<enter>")


def old_password(world: World) -> None:
    """The password was given longer ago than a change allows."""
    minutes = world.uow.policy.portal.proof_minutes + 1
    at = utc_text(world.clock.now() - timedelta(minutes=minutes))
    world.change("UPDATE member_session SET authenticated_at = :at", at=at)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_profile_and_security_look(size: tuple[int, int], sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path, size) as desk:
        await desk.keys("p")
        desk.on(Profile)
        assert_snapshot(desk.app, f"portal_profile_{size[0]}x{size[1]}")
        assert "8-700-50012" not in desk.text and "socio50012@example.com" not in desk.text
        await desk.keys("<escape>s")
        desk.on(Security)
        assert_snapshot(desk.app, f"portal_security_{size[0]}x{size[1]}")


async def test_a_new_user_is_proven_first_and_told_of(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        old_password(sqlite_world)
        await desk.keys("p<enter>")
        desk.on(OwnUsername)
        await desk.keys("itzel.perez<enter>")
        desk.on(Prove)
        await desk.keys("no es esa<enter>")
        assert "✗" in desk.text
        await desk.keys(f"{NEW_PASSWORD}<enter>")
        desk.on(Profile)
        assert any("Usuario cambiado" in text for text in told(desk.app)) and "itzel.perez" in desk.text
        assert mails(sqlite_world)[-1]["template"] == "member_security_changed"
        await desk.keys("<escape><escape><f2>")
        await desk.sign_in("itzel.perez")
        desk.on(Home)


async def test_a_new_password(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("s<enter>")
        desk.on(OwnPassword)
        await desk.fill(current="no es esa", new=OTHER, again=OTHER)
        await desk.keys("<enter>")
        assert "no coincide" in desk.text
        await desk.fill(current=NEW_PASSWORD, new=OTHER, again=OTHER)
        await desk.keys("<enter>")
        desk.on(Security)
        await desk.keys("<escape><escape><f2>")
        await desk.sign_in(password=OTHER)
        desk.on(Home)


async def test_services_are_switched_with_as_few_keys_as_at_first(sqlite_world: World, tmp_path: Path) -> None:
    """Revoking is as easy as giving (req. 34)."""
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("p<down><enter>")
        desk.on(OwnServices)
        await desk.keys("<tab><space><f2>")
        await prove(desk)
        desk.on(Profile)
        last = sqlite_world.rows("SELECT service, given FROM consent ORDER BY id DESC LIMIT 1")[0]
        assert (last["service"], bool(last["given"])) == ("estado_cuenta", False)


async def test_esc_changes_nothing(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        before = sqlite_world.rows("SELECT username, image_id, password_hash FROM access")
        for key, downs in (("p", 0), ("p", 1), ("s", 0), ("s", 1), ("s", 2)):
            await desk.keys(f"{key}" + "<home>" + "<down>" * downs + "<enter>")
            await prove(desk)
            await desk.keys("<escape>")
            assert isinstance(desk.app.screen, Profile | Security), desk.app.screen
            await desk.keys("<escape>")
            desk.on(Home)
        assert sqlite_world.rows("SELECT username, image_id, password_hash FROM access") == before


async def test_last_accesses_show_a_failed_one(sqlite_world: World, tmp_path: Path) -> None:
    member_inside(sqlite_world)
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await desk.keys(f"{USER}<enter>")
        await desk.answer()
        await desk.keys("no es esa<enter>")
        await desk.keys("<enter>")
        await desk.keys("<escape>")
        await desk.sign_in()
        await desk.keys("s<end><enter>")
        text = desk.on(Message)._text
        kiosk_lines = [line for line in text.splitlines() if "K-1" in line]
        assert ["entró" in line for line in kiosk_lines] == [True, False] and "negado" in kiosk_lines[1]


async def to_the_password(desk: Kiosk) -> None:
    await desk.keys(f"{USER}<enter>")
    await desk.answer()
    desk.on(Password)


async def test_a_forgotten_password_has_a_way_back(sqlite_world: World, tmp_path: Path) -> None:
    member_inside(sqlite_world)
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await to_the_password(desk)
        await desk.keys(f"<f6>{USER}<enter>")
        question = desk.on(ProveMember)._step.question_text
        code = str(mails(sqlite_world, "portal_code")[-1]["context"]["code"])
        await desk.keys(f"{code}<enter>no es esa<enter>")
        desk.on(ProveMember)
        assert any("no coinciden" in text for text in told(desk.app))
        await desk.keys(f"{code}<enter>{right_answer(question).reveal()}<enter>")
        desk.on(NewPassword)
        await desk.fill(new="corta", again="corta")
        await desk.keys("<enter>")
        assert "✗" in desk.text
        await desk.fill(new=OTHER, again=OTHER)
        await desk.keys("<enter>")
        assert "Contraseña cambiada" in desk.on(Message)._text
        await desk.keys("<enter>")
        desk.on(User)
        await desk.sign_in(password=OTHER)
        desk.on(Home)


async def test_who_is_unknown_is_asked_the_same(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await desk.keys("nadie.conocido<enter>cualquiera<enter><f6>nadie.conocido<enter>")
        desk.on(ProveMember)
        assert "Si el usuario existe" in desk.text
        await desk.keys("123456<enter>cualquiera<enter>")
        desk.on(ProveMember)
        assert any("no coinciden" in text for text in told(desk.app))
