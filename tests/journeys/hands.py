"""A person at the keyboard of the real app. They press keys and read the screen; nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from coop_tui.app import StaffApp
from coop_tui.wiring import open_store
from screens.change_password import ChangePassword
from screens.desk import Desk
from screens.second_factor import SecondFactor
from screens.sign_in import SignIn
from screens.verify import VerifyScreen
from tests.journeys.house import PATIENCE, House, Person
from tests.screens.staff import at_rest
from tests.screens.support import WIDE, burst, running, screen_text, toasts
from widgets.text import PlainText


@dataclass
class Hands:
    """Keys in, text out. `seen` collects every screen that stood there, for who looks for secrets on them."""

    app: StaffApp
    house: House
    seen: list[str] = field(default_factory=list)

    async def keys(self, script: str) -> None:
        """Press the keys of a script at 0 ms and wait until the program rests."""
        self.app.clear_notifications()  # The toasts of the last step would have gone by themselves.
        await burst(self.app, script)
        await at_rest(self.app)
        self.look()

    def look(self) -> str:
        """Read the screen."""
        shown = "\n".join([screen_text(self.app), *toasts(self.app)])
        self.seen.append(shown)
        return shown

    def sees(self, *texts: str) -> None:
        """All of it stands on the screen."""
        shown = self.look()
        for text in texts:
            assert text in shown, f"{text!r} is not on the screen:\n{shown}"

    def sees_not(self, *texts: str) -> None:
        """None of it stands on the screen."""
        shown = self.look()
        for text in texts:
            assert text not in shown, f"{text!r} is on the screen:\n{shown}"

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for what the program does by itself (a delivery that a screen hears of)."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"never came: {what}\n{self.look()}"
            await asyncio.sleep(0.005)
            await at_rest(self.app)
        self.look()

    async def comes(self, text: str) -> None:
        """Wait until a text stands on the screen."""
        await self.until(lambda: text in screen_text(self.app), text)

    # Coming and going --------------------------------------------------------------------------------

    async def sign_in(self, person: Person) -> None:
        """To the desk: password, code, and on the first day one's own password and second factor."""
        assert isinstance(self.app.screen, SignIn), self.app.screen
        first_day, person_had_factor = person.temporary is not None, person.totp is not None
        await self.keys(f"{person.username}<enter>{person.temporary or person.password}<enter>")
        if person_had_factor:
            await self.keys(f"{person.code(self.house.clock)}<enter>")
        if first_day:
            assert isinstance(self.app.screen, ChangePassword), self.look()
            await self.keys(f"{person.temporary}<enter>{person.password}<enter>{person.password}<enter>")
            person.temporary = None
        if isinstance(self.app.screen, SecondFactor):
            await self.enrol(person)
        assert isinstance(self.app.screen, Desk), self.look()

    async def enrol(self, person: Person) -> None:
        """Type the secret from the screen into the phone, and the phone's code into the screen."""
        shown = self.app.screen.query_one("#factor-secret", PlainText).plain_text
        person.totp = shown.replace(" ", "")
        self.seen.pop()  # The one screen that must show it.
        await self.keys(f"{person.code(self.house.clock)}<enter>")

    async def sign_out(self) -> None:
        """`:salir`."""
        await self.keys(":salir<enter>")
        await self.keys("<f2>")
        assert isinstance(self.app.screen, SignIn), self.look()

    async def stay(self, minutes: int) -> None:
        """Time goes by while somebody is at the keyboard."""
        for _ in range(minutes):
            self.house.clock.advance(minutes=1)
            await self.keys("<f1>")
            await self.keys("<escape>")

    # Verifying ---------------------------------------------------------------------------------------

    async def way(self, kind: str) -> None:
        """Choose a way to verify by its number."""
        screen = self.app.screen
        assert isinstance(screen, VerifyScreen) and screen.state is not None, self.look()
        kinds = [offer.kind for offer in screen.state.offers]
        assert kind in kinds, kinds
        await self.keys(f"<f8>{kinds.index(kind) + 1}")

    def question(self) -> str:
        """The question that is to be read out now."""
        return self.app.screen.query_one("#question", PlainText).plain_text


@asynccontextmanager
async def at_the_keyboard(house: House, size: tuple[int, int] = WIDE) -> AsyncIterator[Hands]:
    """The real app on the house's store, its own worker running, at its front door."""
    app = StaffApp(
        house.settings,
        opener=lambda: open_store(house.settings, clock=house.clock),
        now=house.clock.now,
        monotonic=house.clock.monotonic,
    )
    try:
        async with running(app, size):
            await app.store()
            await at_rest(app)
            yield Hands(app, house)
    finally:
        app.close()
        if app._store.uow is not None:
            app._store.uow.engine.dispose()
