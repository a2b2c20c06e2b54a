"""A cashier's app on a branch with a funded vault, a member with savings, and a supervisor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from coop_tui.app import StaffApp
from data.values.uuid7 import uuid7
from screens.drawer import DrawerScreen
from services.operations import Op
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from tests.screens.staff import Steps, at_rest, at_the_desk, staff_app
from tests.screens.support import NARROW, burst
from tests.services.counters import Counter
from tests.services.world import World


@dataclass
class CounterDesk:
    """The store behind it, and the app in front."""

    counter: Counter
    app: StaffApp

    @asynccontextmanager
    async def at_the_drawer(self, size: tuple[int, int] = NARROW, username: str = "caja") -> AsyncIterator[Pilot[Any]]:
        """Signed in, the drawer's screen open."""
        async with at_the_desk(self.app, username, size=size) as pilot:
            await self.keys("<ctrl+g>")
            assert isinstance(self.app.screen, DrawerScreen), self.app.screen
            yield pilot

    async def keys(self, script: str) -> None:
        """Keys at 0 ms, and everything that they set off."""
        await burst(self.app, script)
        await at_rest(self.app)

    def deposit(self, amount: int) -> None:
        """The cashier takes cash in, in the session that the app has."""
        counter, operator = self.counter, self.app.operator
        sides = counter.drawer(operator), counter.savings
        asked = PreparePayment(Op.CASH_DEPOSIT, counter.member, *sides, amount)
        prepared = prepare(asked, operator, counter.world.uow)
        command = ConfirmPayment(uuid7(), prepared.hash, asked.op, counter.member, *sides, amount)
        confirm(command, operator, counter.world.uow)


def counter_desk(world: World, folder: Path) -> CounterDesk:
    """Everybody's own sessions are over: they sign in at the app."""
    counter = Counter(world)
    world.change("UPDATE staff_session SET ended_at = started_at")
    app = staff_app(world, folder / "datos", clock=Steps(world))
    return CounterDesk(counter, app)
