"""A member at the desk: two savings accounts, answers on record, and short ways to their verified record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from coop_tui.app import StaffApp
from data.tables import Lease
from data.types import utc_text
from screens.record import RecordScreen
from services.operator import Role
from tests.screens.staff import Steps, at_rest, enter, staff_app
from tests.screens.support import NARROW, burst, running
from tests.services.callers import give_answers
from tests.services.world import START, World
from widgets.member_banner import MemberBanner

NUMBER = "50012"
LEVEL_FACTORS = {1: "question", 2: "code question", 3: "callback code question"}


@dataclass
class MemberDesk:
    """The app of an agent, and the member who is served there."""

    world: World
    app: StaffApp
    clock: Steps
    member: int
    first: int
    second: int
    folder: Path
    size: tuple[int, int] = NARROW

    @asynccontextmanager
    async def open(self, *, level: int = 0, username: str = "mrodriguez", code: str = "") -> AsyncIterator[Pilot[Any]]:
        """Signed in, the record open, the caller verified at `level`."""
        async with running(self.app, self.size) as pilot:
            await enter(self.app, username, code=code)
            await self.keys(f"{NUMBER}<enter>")
            assert isinstance(self.app.screen, RecordScreen), self.app.screen
            if level:
                await self.verify(level)
            yield pilot

    async def keys(self, script: str) -> None:
        """Keys at 0 ms, and everything that they set off."""
        await burst(self.app, script)
        await self.rest()

    async def verify(self, level: int) -> None:
        """The caller stands verified for 15 minutes; the record shows it."""
        self.lease(level)
        await self.keys("<f5>")

    def lease(self, level: int) -> None:
        """A lease of this session with the member, put in place directly."""
        operator, now = self.app.operator, self.world.clock.now()
        case = self.world.scalar(
            "SELECT id FROM service_case WHERE session_id = :id AND closed_at IS NULL", id=operator.session_id
        )
        self.world._insert(
            Lease,
            case_id=case,
            member_id=self.member,
            staff_id=operator.staff_id,
            session_id=operator.session_id,
            level=level,
            factors=LEVEL_FACTORS[level],
            granted_at=now,
            expires_at=now + timedelta(minutes=15),
        )

    def run_out(self) -> None:
        """The verification's 15 minutes pass while the agent keeps the session alive."""
        self.clock.advance(15 * 60 + 1)
        now = utc_text(self.world.clock.now())
        self.world.change("UPDATE staff_session SET last_seen_at = :now, authenticated_at = :now", now=now)

    async def tick(self) -> None:
        """What the clock on the wall sets off: banners look at the time once a second."""
        for screen in self.app.screen_stack:
            for banner in screen.query(MemberBanner):
                banner.redraw()
        await self.rest()

    async def rest(self) -> None:
        """Until the program, and what it reads by itself, is done."""
        await at_rest(self.app)
        while reads := [worker for worker in self.app.workers if worker.name == "read_by_itself"]:
            await reads[0].wait()
            await at_rest(self.app)

    def again(self) -> MemberDesk:
        """The program started anew on the same store, for another person."""
        return replace(self, app=staff_app(self.world, self.folder / "datos", clock=self.clock))

    def age_password(self, minutes: int = 6) -> None:
        """The agent's password was given longer ago than grave acts allow (req. 15)."""
        self.world.change(
            "UPDATE staff_session SET authenticated_at = :at WHERE id = :id",
            at=utc_text(self.world.clock.now() - timedelta(minutes=minutes)),
            id=self.app.operator.session_id,
        )

    @property
    def record(self) -> RecordScreen:
        """The record, on top or beneath."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, RecordScreen))

    def state(self) -> str:
        """The access's state in the store."""
        return str(self.world.scalar("SELECT state FROM access WHERE member_id = :id", id=self.member))


def member_desk(
    world: World,
    folder: Path,
    *,
    access: str | None = "solicitado",
    size: tuple[int, int] = NARROW,
    answers: bool = True,
    supervisor: bool = False,
    accounts: int = 2,
    member: dict[str, Any] | None = None,
    **columns: Any,
) -> MemberDesk:
    """An agent's app on a world with one member: `access` in a state, two savings accounts of B/.1,322.64 and 0."""
    world.staff(sign_in=False, full_name="María Rodríguez")
    if supervisor:
        world.staff("sgomez", [Role.SUPERVISOR], sign_in=False, full_name="Saúl Gómez")
    member_id = world.member(NUMBER, **(member or {}))
    if access is not None:
        world.access(member_id, access, **columns)
    if answers:
        give_answers(world, member_id)
    ids = [
        world.account(member_id, balance=1_322_64 if at == 0 else 0, number=f"06-018-{NUMBER}-{at + 1}")
        for at in range(accounts)
    ]
    clock = Steps(world)
    app = staff_app(world, folder / "datos", clock=clock)
    ids += [0, 0]
    return MemberDesk(world, app, clock, member_id, ids[0], ids[1], folder, size)


__all__ = ["NUMBER", "START", "MemberDesk", "member_desk"]
