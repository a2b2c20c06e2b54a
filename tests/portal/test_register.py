"""«Registrar»: the guide's form, one answer for everybody, pictures where the risk asks for them (S33–S38)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.widgets import Input

from data.catalog.images.tiles import deal
from screens.dialogs.message import Message
from screens.portal.challenge import ChooseTiles, TileBoard
from screens.portal.register import RegisterMember
from screens.portal.user import User
from services import challenges
from tests.portal.kiosk import Kiosk, kiosk
from tests.screens.support import SIZES, assert_snapshot, told
from tests.services.world import World
from widgets.tick_box import TickBox

FORM = "50012<enter>140219868-700-50012<enter><space>"


async def send(desk: Kiosk, form: str = FORM) -> None:
    """The whole form, from the first screen."""
    await desk.keys("<f3>")
    desk.on(RegisterMember)
    await desk.keys(f"{form}<f2>")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_member_asks_for_access(size: tuple[int, int], sqlite_world: World, tmp_path: Path) -> None:
    member = sqlite_world.member()
    async with kiosk(sqlite_world, tmp_path, size, first_access=False) as desk:
        await desk.keys(f"<f3>{FORM}")
        assert_snapshot(desk.app, f"portal_register_{size[0]}x{size[1]}")
        await desk.keys("<f2>")
        assert "205-0911" in desk.on(Message)._text
        await desk.keys("<enter>")
        desk.on(User)
        asked = sqlite_world.rows("SELECT member_id, state, route FROM access")
        assert asked == [{"member_id": member, "state": "solicitado", "route": "kiosco"}]


async def test_a_stranger_reads_the_same(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.member()
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await send(desk)
        known = desk.on(Message)._text
        await desk.keys("<enter>")
        await send(desk, "99999<enter>140219868-1-1<enter><space>")
        assert desk.on(Message)._text == known
        assert sqlite_world.scalar("SELECT count(*) FROM access") == 1


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("<enter>140219868-700-50012<enter><space>", "Falta este dato"),
        ("50012<enter>310219868-700-50012<enter><space>", "Fecha no válida"),
        ("50012<enter>1402198614-1-1<enter><space>", "Cédula no válida"),
        ("itzel<enter>140219868-700-50012<enter><space>", "solo números"),
        ("50012<enter>140219868-700-50012<enter>", "Marque la casilla"),
    ],
)
async def test_what_is_wrong_is_said_at_its_place(form: str, text: str, sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.member()
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await send(desk, form)
        desk.on(RegisterMember)
        assert text in re.sub(r"\s+", " ", desk.text) or any(text in line for line in told(desk.app)), desk.text
        assert sqlite_world.scalar("SELECT count(*) FROM access") == 0


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_pictures_are_asked_for_and_answered(
    size: tuple[int, int], sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test fixes the deal, the service checks the answer: wrong ones get another board, right ones pass."""
    fixed = deal(b"un mazo que no cambia")
    monkeypatch.setattr(challenges, "deal", lambda _seed: fixed)
    sqlite_world.member()
    async with kiosk(sqlite_world, tmp_path, size, first_access=False) as desk:
        for _ in range(sqlite_world.uow.policy.portal.challenge_from - 1):
            await send(desk, "77777<enter>140219868-1-1<enter><space>")
            if isinstance(desk.app.screen, ChooseTiles):
                await desk.keys("<escape><escape>")
            else:
                await desk.keys("<enter>")
        await send(desk)
        desk.on(ChooseTiles)
        assert_snapshot(desk.app, f"portal_challenge_{size[0]}x{size[1]}")
        wrong = next(at for at in range(len(fixed.tiles)) if at not in fixed.right)
        await desk.keys(f"{wrong + 1}<enter>")
        desk.on(ChooseTiles)
        assert any("No eran esas" in text for text in told(desk.app))
        board = desk.app.screen.query_one(TileBoard)
        await desk.keys("".join(str(at + 1) for at in sorted(fixed.right)))
        assert board.chosen == set(fixed.right)
        await desk.keys("<enter>")
        desk.on(Message)
        assert sqlite_world.scalar("SELECT count(*) FROM access") == 1


async def test_tiles_are_chosen_with_arrows_and_mouse(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        for _ in range(sqlite_world.uow.policy.portal.challenge_from):
            await send(desk, "77777<enter>140219868-1-1<enter><space>")
            if isinstance(desk.app.screen, ChooseTiles):
                break
            await desk.keys("<enter>")
        board = desk.on(ChooseTiles).query_one(TileBoard)
        await desk.keys("<right><down><space>")
        assert board.chosen == {5}
        tile = board.query_one("#tile-2")
        tile.post_message
        from textual.pilot import Pilot

        await Pilot(desk.app).click("#tile-2")
        assert board.chosen == {5, 2}
        await desk.keys("<escape>")
        assert desk.on(RegisterMember).query_one("#number", Input).value == "77777"


async def test_cancel_sends_nothing(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await desk.keys(f"<f3>{FORM}<escape>")
        desk.on(User)
        assert sqlite_world.scalar("SELECT count(*) FROM portal_try") == 0
        await desk.keys("<f3>")
        assert not desk.on(RegisterMember).query_one(TickBox).ticked
