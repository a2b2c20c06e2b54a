"""A supervisor's seat before the queue of approvals, for tests of its screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from coop_tui.app import StaffApp
from screens.approvals import ApprovalsScreen
from services.operator import Role
from tests.screens.staff import Steps, at_rest, at_the_desk, staff_app
from tests.screens.support import NARROW, burst, screen_text
from tests.services.approval_desk import BIG, ApprovalDesk
from tests.services.world import World


class Seat:
    """A supervisor's seat, and what an agent elsewhere left for them."""

    def __init__(
        self, world: World, folder: Path, waiting: int = 3, maker: tuple[Role, ...] = (Role.CIS_AGENT,)
    ) -> None:
        self.world, self.desk = world, ApprovalDesk(world, roles=maker)
        world.fund(self.desk.first, 5_000_00)
        self.requests: list[str] = []
        for number in range(waiting):
            self.requests.append(self.desk.ask(self.desk.form(BIG + number * 1_00)).request_id)
            world.clock.advance(seconds=60)
        self.supervisor = world.staff("sgomez", [Role.SUPERVISOR], sign_in=False, full_name="Saúl Gómez")
        self.clock = Steps(world)
        self.app: StaffApp = staff_app(world, folder / "datos", clock=self.clock)

    @asynccontextmanager
    async def seated(self, username: str = "sgomez", size: tuple[int, int] = NARROW) -> AsyncIterator[Pilot[Any]]:
        """Signed in, at the desk."""
        factor = self.world.scalar("SELECT count(totp_sealed) FROM staff WHERE username = :name", name=username)
        code = self.world.code().reveal() if factor else ""
        async with at_the_desk(self.app, username, size=size, code=code) as pilot:
            await at_rest(self.app)
            yield pilot

    @asynccontextmanager
    async def open(self, username: str = "sgomez", size: tuple[int, int] = NARROW) -> AsyncIterator[Pilot[Any]]:
        """Signed in, the queue open."""
        async with self.seated(username, size) as pilot:
            await self.keys("<f4>")
            assert isinstance(self.app.screen, ApprovalsScreen), self.app.screen
            yield pilot

    async def keys(self, script: str) -> None:
        """Keys at 0 ms, and everything that they set off."""
        await burst(self.app, script)
        await at_rest(self.app)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what the program does by itself."""
        deadline = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < deadline, self.text()
            await asyncio.sleep(0.005)
            await at_rest(self.app)

    @property
    def screen(self) -> ApprovalsScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, ApprovalsScreen))

    def states(self) -> list[str]:
        return [self.desk.state(request_id) for request_id in self.requests]

    def text(self) -> str:
        """What the screen says, in one line."""
        return " ".join(screen_text(self.app).split())
