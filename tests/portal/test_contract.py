"""The contract on the screen: the box opens at its end, the button with the box, and nothing else signs (S70–S73)."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Button

from screens.dialogs.confirm import Confirm
from screens.dialogs.message import Message
from screens.portal.contract import Contract
from screens.portal.user import User
from services.contracts import current_contract
from tests.portal.kiosk import Kiosk, kiosk
from tests.screens.support import SIZES, assert_snapshot, told
from tests.services.portal_door import configured
from tests.services.world import World
from widgets.tick_box import TickBox


def signatures(world: World) -> int:
    return int(world.scalar("SELECT count(*) FROM contract_signature"))


def is_open(desk: Kiosk) -> tuple[bool, bool]:
    """Whether box and button can be used."""
    screen = desk.on(Contract)
    return not screen.query_one(TickBox).locked, not screen.query_one("#forward", Button).disabled


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_read_tick_sign(size: tuple[int, int], sqlite_world: World, tmp_path: Path) -> None:
    configured(sqlite_world)
    async with kiosk(sqlite_world, tmp_path, size, first_access=False) as desk:
        await desk.sign_in()
        assert_snapshot(desk.app, f"portal_contract_{size[0]}x{size[1]}")
        assert is_open(desk) == (False, False)
        await desk.keys("<f2>")
        assert any("hasta el final" in text for text in told(desk.app)) and signatures(sqlite_world) == 0
        await desk.keys("<tab><space>")
        assert is_open(desk) == (False, False), "the box is shut until the end was on the screen"
        await desk.keys("<shift+tab><pagedown>")
        assert is_open(desk) == (False, False)
        await desk.read_contract()
        assert is_open(desk) == (True, False)
        assert "EN FE DE LO CUAL" in desk.text
        await desk.keys("<f2>")
        assert any("Marque antes" in text for text in told(desk.app)) and signatures(sqlite_world) == 0
        await desk.keys("<tab><space>")
        assert is_open(desk) == (True, True)
        await desk.keys("<space>")
        assert is_open(desk) == (True, False)
        await desk.keys("<space>")
        assert_snapshot(desk.app, f"portal_contract_read_{size[0]}x{size[1]}")
        await desk.keys("<f2>")
        assert "copia" in desk.on(Message)._text
        assert signatures(sqlite_world) == 1


async def test_every_word_of_the_text_is_on_the_screen(sqlite_world: World, tmp_path: Path) -> None:
    """The hash that is signed is of what was shown, clause by clause."""
    configured(sqlite_world)
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await desk.sign_in()
        text = current_contract(desk.app.operator, sqlite_world.uow).text
        shown = "\n\n".join(part.plain_text for part in desk.on(Contract).query("#contract PlainText").results())
        assert shown.split() == text.split()


async def test_page_by_page_the_end_is_noticed_once_it_is_there(sqlite_world: World, tmp_path: Path) -> None:
    configured(sqlite_world)
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await desk.sign_in()
        pages = 0
        while not is_open(desk)[0]:
            assert "EN FE DE LO CUAL" not in desk.text or "2026." not in desk.text
            await desk.keys("<pagedown>")
            pages += 1
            assert pages < 100
        assert "2026." in desk.text and pages > 5


async def test_who_leaves_without_signing_is_asked_again(sqlite_world: World, tmp_path: Path) -> None:
    configured(sqlite_world)
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await desk.sign_in()
        await desk.read_contract()
        await desk.keys("<tab><space><escape>")
        desk.on(Confirm)
        await desk.keys("<f2>")
        desk.on(User)
        assert signatures(sqlite_world) == 0
        await desk.sign_in()
        assert is_open(desk) == (False, False)
