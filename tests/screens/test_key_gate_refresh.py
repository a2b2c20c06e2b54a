"""A screen that Textual forgot to refresh must not stop the keyboard."""

from __future__ import annotations

import asyncio

from textual.app import ComposeResult
from textual.widgets import Input

from coop_tui.base_app import BaseApp
from screens.base import BaseScreen
from tests.screens.support import key_event, running, settle
from widgets.house_input import TextInput


class OneField(BaseScreen[None]):
    def compose_body(self) -> ComposeResult:
        yield TextInput(id="field")


class OneScreen(BaseApp[None]):
    def on_mount(self) -> None:
        self.push_screen(OneField())


async def test_a_forgotten_refresh_is_asked_for_again() -> None:
    app = OneScreen()
    async with running(app):
        await settle(app)
        screen, timer, asked = app.screen, app.screen._update_timer, 0
        resume, check_idle = timer.resume, screen.check_idle

        def ask() -> None:
            nonlocal asked
            asked += 1
            check_idle()

        def forget() -> None:
            """What the resize of a dialog above does to a refresh that was due: its timer stands still."""
            if asked >= 6:
                resume()

        screen.check_idle, timer.resume = ask, forget  # type: ignore[method-assign]
        screen.refresh(layout=True)
        screen.call_after_refresh(lambda: None)
        app.post_message(key_event("x"))
        async with asyncio.timeout(10):
            while app.screen.query_one(Input).value != "x":
                await asyncio.sleep(0.01)
        screen.check_idle, timer.resume = check_idle, resume  # type: ignore[method-assign]
