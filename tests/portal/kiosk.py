"""What tests of the portal share: the kiosk over a world's store, and short ways through its screens."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from coop_tui.portal_app import PortalApp
from coop_tui.settings import load_settings
from screens.dialogs.message import Message
from screens.portal.change_password import MemberPassword
from screens.portal.change_username import ChangeUsername
from screens.portal.contract import Contract
from screens.portal.image import ChooseImage
from screens.portal.password import Password
from screens.portal.question import Question
from screens.portal.questions import ChooseQuestions
from screens.portal.services import ChooseServices
from screens.portal.temporary import Temporary
from screens.portal.user import User
from tests.screens.staff import Steps
from tests.screens.support import NARROW, burst, running, screen_text, settle
from tests.services.callers import ANSWERS
from tests.services.portal_door import IMAGE_NAME, NEW_PASSWORD, USER, issued, right_answer
from tests.services.world import World
from widgets.tick_box import TickBox

NUMBER = "50012"
SCREENS = {
    "password": MemberPassword,
    "username": ChangeUsername,
    "image": ChooseImage,
    "questions": ChooseQuestions,
    "services": ChooseServices,
}
BESIDE = ("follow_store", "watch_session", "start_over")


def portal_app(
    world: World, folder: Path, *, clock: Steps | None = None, channel: str = "kiosco", **options: Any
) -> PortalApp:
    """The portal over the world's store; nothing runs in its background."""
    settings = replace(load_settings(folder, environ={"COOP_TERMINAL": "K-1"}), channel=channel)
    return PortalApp(
        settings,
        opener=lambda: world.uow,
        now=world.clock.now,
        monotonic=(clock or Steps(world)).monotonic,
        background=False,
        **options,
    )


async def at_rest(app: PortalApp) -> None:
    """Until the keys, the flows that hold them and the reads beside them are done; open questions may stand."""
    await settle(app, paint=False)
    while app.gate.held or any(worker.name in BESIDE and not worker.is_finished for worker in app.workers):
        await asyncio.sleep(0.002)
    await settle(app, paint=False)
    await settle(app)


@dataclass
class Kiosk:
    """The portal and the member who stands before it. `temporary`: the password of their mail."""

    world: World
    app: PortalApp
    clock: Steps
    member: int = 0
    temporary: str = ""

    async def keys(self, script: str) -> None:
        """Keys at 0 ms, and everything that they set off."""
        await burst(self.app, script)
        await at_rest(self.app)

    async def fill(self, **texts: str) -> None:
        """Put texts into fields by id, as if typed; the last key is the test's to press."""
        for name, text in texts.items():
            field = self.app.screen.query_one(f"#{name.replace('_', '-')}", Input)
            field.value = text
            field.focus()
        await at_rest(self.app)

    def on(self, kind: type[Any]) -> Any:
        """The screen on top, which is of this kind."""
        assert isinstance(self.app.screen, kind), f"{self.app.screen}\n{screen_text(self.app)}"
        return self.app.screen

    @property
    def text(self) -> str:
        """What the terminal shows."""
        return screen_text(self.app)

    # The first access -------------------------------------------------------------------------------

    async def enter_temporary(self, password: str | None = None, number: str = NUMBER) -> None:
        """Through the door with the temporary data (or the chosen password of an unfinished access)."""
        await self.keys(f"{number}<enter>")
        self.on(Temporary)
        await self.fill(temporary=password or self.temporary, cedula=f"8-700-{number}")
        await self.fill(birth_day="14", birth_month="02", birth_year="1986")
        await self.keys("<enter>")

    async def take(self, step: str) -> None:
        """One right step of the first access."""
        self.on(SCREENS[step])
        match step:
            case "password":
                await self.fill(current=self.temporary, new=NEW_PASSWORD, again=NEW_PASSWORD)
                await self.keys("<enter>")
            case "username":
                await self.keys(f"{USER}<enter>")
            case "image":
                await self.keys(f"<down><enter>{IMAGE_NAME}<enter>")
            case "questions":
                for question, answer in ANSWERS.values():
                    self.app.screen._list.mark(question)  # type: ignore[attr-defined]
                    await self.keys(f"<enter>{answer}<enter>")
            case _:
                await self.keys("<tab><space><f2>")

    async def up_to(self, step: str) -> None:
        """Everything right until this step's screen stands."""
        await self.enter_temporary()
        for name in SCREENS:
            if name == step:
                break
            await self.take(name)

    # The sign-in ------------------------------------------------------------------------------------

    async def answer(self, text: str | None = None) -> None:
        """The security question, rightly unless a text is given."""
        screen = self.on(Question)
        said = text if text is not None else right_answer(screen.step.question_text).reveal()
        await self.keys(f"{said}<enter>")

    async def sign_in(self, user: str = USER, password: str = NEW_PASSWORD) -> None:
        """The whole way in with the member's own data."""
        self.on(User)
        await self.keys(f"{user}<enter>")
        await self.answer()
        self.on(Password)
        await self.keys(f"{password}<enter>")

    async def sign_contract(self) -> None:
        """Read to the end, tick, sign."""
        await self.read_contract()
        await self.keys("<tab><space><f2>")
        self.on(Message)
        await self.keys("<enter>")

    async def read_contract(self) -> None:
        """To its end. Textual scrolls there after its next refresh, whenever that is."""
        box = self.on(Contract).query_one(TickBox)
        await self.keys("<end>")
        for _ in range(100):
            if not box.locked:
                return
            await at_rest(self.app)
        raise AssertionError("the end of the contract was not noticed")

    # The clock --------------------------------------------------------------------------------------

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and let the program look at it as it does once a second."""
        self.clock.advance(seconds)
        self.app.watch_idle()
        self.app.watch_session()
        await at_rest(self.app)


@asynccontextmanager
async def kiosk(
    world: World, folder: Path, size: tuple[int, int] = NARROW, *, first_access: bool = True, **options: Any
) -> AsyncIterator[Kiosk]:
    """A kiosk in a branch, running; a member with a temporary password in their mail unless told otherwise."""
    member, temporary = 0, ""
    if first_access:
        _, member, temporary = issued(world)
    clock = Steps(world)
    app = portal_app(world, folder, clock=clock, **options)
    pilot: Pilot[Any]
    async with running(app, size) as pilot:
        del pilot
        await at_rest(app)
        yield Kiosk(world, app, clock, member, temporary)


def texts_of(app: PortalApp) -> Iterator[str]:
    """Every text that can be reached from the program, its screens, widgets, caches and messages; not from its store,
    nor from what belongs to Python or to the process. The loop keeps a widget's stopped clock for up to a second.
    """
    stop = {id(thing) for thing in (app.uow, app._store, app._now, app._monotonic, asyncio.get_running_loop())}
    seen, waiting = set(stop), [vars(app)]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType | FunctionType):
            continue
        seen.add(id(thing))
        if isinstance(thing, str):
            yield thing
        elif isinstance(thing, bytes | bytearray):
            yield thing.decode("utf-8", "replace")
        else:
            waiting += gc.get_referents(thing)
