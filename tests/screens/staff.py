"""What tests of the staff app share: the app on a world, and somebody at its desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from coop_tui.app import StaffApp
from coop_tui.settings import load_settings
from screens.desk import Desk
from screens.sign_in import SignIn
from services.unit_of_work import UnitOfWork
from tests.screens.support import NARROW, SteadyClock, burst, running, settle
from tests.services.world import PASSWORD, World

BESIDE = (
    "follow_store",
    "refresh_panels",
    "read_by_itself",
    "read_delivery",
    "_load_rest",
    "_read_own_keys",
    "_read",
    "learn_amounts",
    "_touch",
    "_lock_service",
    "_prove",
    "look_for_new",
    "watch_session",
    "watch_approvals",
    "watch_orders",
    "orders_ended",
)
"""Work that goes on without holding the keys."""


class Steps(SteadyClock):
    """The world's clock and the keyboard's, moved together."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock.now())
        self._world = world

    def advance(self, seconds: float) -> None:
        """Let time pass everywhere."""
        super().advance(seconds)
        self._world.clock.advance(seconds=seconds)


def staff_app(
    world: World,
    folder: Path,
    *,
    clock: Steps | None = None,
    opener: Callable[[], UnitOfWork] | None = None,
    billers_url: str | None = None,
    **options: Any,
) -> StaffApp:
    """The app over the world's store. Nothing runs in its background unless asked for. `billers_url`: of a sandbox.

    The store is a demonstration unless it says otherwise: only there is the local mail to be read.
    """
    world.change("INSERT INTO store_meta (key, value) VALUES ('demo', '1') ON CONFLICT (key) DO NOTHING")
    settings = replace(load_settings(folder, environ={"COOP_TERMINAL": "T-1"}), billers_url=billers_url)
    options = {"background": False} | options
    return StaffApp(
        settings,
        opener=opener or (lambda: world.uow),
        now=world.clock.now,
        monotonic=(clock or Steps(world)).monotonic,
        **options,
    )


async def enter(app: StaffApp, username: str = "mrodriguez", *, password: str = PASSWORD, code: str = "") -> None:
    """Sign in; only the last key is pressed (bursts have tests of their own)."""
    door = app.screen
    assert isinstance(door, SignIn)
    door.query_one("#username", Input).value = username
    door.query_one("#password", Input).value = password
    door.query_one("#password", Input).focus()
    await burst(app, "<enter>")
    await at_rest(app)
    if code:
        await burst(app, f"{code}<enter>")
        await at_rest(app)


async def at_rest(app: StaffApp) -> None:
    """Until the keys, the flows that hold them and the reads beside them are done; open questions may stand."""
    await settle(app, paint=False)
    while app.gate.held or any(worker.name in BESIDE and not worker.is_finished for worker in app.workers):
        await asyncio.sleep(0.002)
    await settle(app, paint=False)
    await settle(app)


@asynccontextmanager
async def at_the_desk(
    app: StaffApp, username: str = "mrodriguez", *, size: tuple[int, int] = NARROW, code: str = ""
) -> AsyncIterator[Pilot[Any]]:
    """The app with somebody signed in, at the desk."""
    async with running(app, size) as pilot:
        await enter(app, username, code=code)
        assert isinstance(app.screen, Desk), app.screen
        yield pilot
