"""Data that looks like markup or like a terminal's orders is shown letter by letter, and does nothing (req. 55)."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens.portal.choose import Choose
from screens.portal.home import Home
from screens.portal.movements import MemberMovements
from tests.portal.kiosk import kiosk
from tests.services.portal_door import member_inside
from tests.services.world import World

HOSTILE = (
    "[@click=app.exit]AHORROS[/]",
    "[/] [bold red]AHORROS",
    "\x1b]52;c;cm9ibw==\x07AHORROS",
    "AHORROS \u202eSORROHA",
    "[link=https://example.com]AHORROS",
)


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
async def test_an_account_with_a_hostile_name(label: str, sqlite_world: World, tmp_path: Path) -> None:
    _, member = member_inside(sqlite_world)
    sqlite_world.account(member, balance=75_00, label=label, number="06-018-50012-1")
    sqlite_world.account(member, label=label, number="06-018-50012-2")
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await desk.sign_in()
        desk.on(Home)
        assert "75.00" in desk.text
        await desk.keys("+1")
        desk.on(MemberMovements)
        await desk.keys("<escape>t<enter>")
        desk.on(Choose)
        strips = desk.app.screen._compositor.render_strips()
        shown = "".join(segment.text for strip in strips for segment in strip)
        assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown
        assert "AHORROS" in shown
        assert desk.app.is_running and desk.app.return_code is None
