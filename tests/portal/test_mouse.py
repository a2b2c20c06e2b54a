"""With the mouse alone where nothing must be typed: buttons, links, boxes, rows, tabs."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from screens.dialogs.confirm import Confirm
from screens.portal.base import Info
from screens.portal.home import Home
from screens.portal.movements import MemberMovements
from screens.portal.profile import Profile
from screens.portal.question import Question
from screens.portal.register import RegisterMember
from screens.portal.user import User
from tests.portal.kiosk import Kiosk, at_rest, kiosk
from tests.portal.test_payments import inside
from tests.services.world import World
from widgets.account_groups import LAST, LINK, AccountGroups
from widgets.tick_box import TickBox


async def click(desk: Kiosk, selector: str, offset: tuple[int, int] | None = None) -> None:
    """A click, and everything that it sets off."""
    pilot: Pilot[int] = Pilot(desk.app)
    assert await pilot.click(selector, offset=offset or (1, 0))
    await at_rest(desk.app)


async def test_registering_by_mouse(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await click(desk, "#register")
        desk.on(RegisterMember)
        await click(desk, "#robot")
        assert desk.app.screen.query_one(TickBox).ticked
        await click(desk, "#forward")
        assert desk.text.count("Falta este dato") == 3
        await click(desk, "#back")
        desk.on(User)


async def test_the_information_can_be_closed(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        desk.on(User).query_one(Input).value = "nadie.conocido"
        await click(desk, "#forward")
        desk.on(Question)
        await click(desk, "#close-info")
        assert not desk.app.screen.query(Info)
        await desk.keys("algo")
        assert desk.app.screen.query_one("#answer", Input).value == "algo", "the field has the keys again"
        await click(desk, "#back")
        desk.on(User)


async def test_accounts_by_mouse(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        groups = desk.on(Home).query_one(AccountGroups)
        await click(desk, "#account-groups", (groups.size.width - LINK + LAST.index("30"), 2))
        assert desk.on(MemberMovements).count == 30
        await click(desk, "#last_20")
        assert desk.on(MemberMovements).count == 20
        await click(desk, "#back")
        await click(desk, "#transactions")
        assert "Transferencia entre cuentas propias" in desk.text
        await click(desk, "#profile")
        desk.on(Profile)
        await click(desk, "#back")
        await click(desk, "#back")
        desk.on(Confirm)
        await click(desk, "#accept")
        desk.on(User)
