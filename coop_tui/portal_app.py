"""The member's portal, at the kiosk of a branch and in the browser. No way leads from it to a shell or to staff's side.

Importing this module loads Textual and the first screen alone; the rest loads in a thread behind the first paint.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from coop_tui.commands.program import ShowHelp
from coop_tui.environment import allow_collection
from coop_tui.kiosk import end_when_told, keep_signals_out
from coop_tui.portal_session import PortalSession
from coop_tui.settings import Settings
from coop_tui.themes import theme_of
from coop_tui.warm_up import Store
from screens.flow import flow
from screens.portal.user import User
from services.errors import CoopError, StoreUnavailable
from widgets.command import CommandClass

if TYPE_CHECKING:
    from data.secrets import Secret
    from services.biller_gateway import BillerGateway
    from services.portal_place import PortalPlace
    from services.unit_of_work import UnitOfWork

NO_BRANCH = "000"
ALLOWED_ACTIONS = frozenset({"command", "focus_next", "focus_previous"})
"""All that a key, a click or a screen can make the program itself do (req. 38)."""


class PortalApp(PortalSession, inherit_bindings=False):
    """What the members of the cooperative work with. It runs until its process is ended from outside."""

    PROGRAM_COMMANDS: ClassVar[tuple[CommandClass, ...]] = (ShowHelp,)
    BINDINGS = [ShowHelp.binding()]

    def __init__(
        self,
        settings: Settings,
        *,
        opener: Callable[[], UnitOfWork] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        origin: str = "",
        background: bool = True,
        own_terminal: bool = False,
    ) -> None:
        """`opener` gives the store (tests); `origin`: where a browser comes from; `background`: deliver mail from
        inside the app (a kiosk on the embedded database); `own_terminal`: no signal of the keyboard may stop it."""
        super().__init__(now=now, monotonic=monotonic, theme=theme_of(settings.theme))
        self.settings = settings
        self._origin = origin
        self._store = Store(opener or partial(open_portal_store, settings))
        self._wants_background = background and self.is_kiosk
        self._background: Any = None
        self._own_terminal = own_terminal

    def on_mount(self) -> None:
        """The first screen stands first; everything else waits for its paint."""
        if self._own_terminal:
            keep_signals_out()
            end_when_told(self.exit)
        self.watch_clocks()
        self.front_door()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let through what a member may do; Textual's own ways out (quit, suspend, screenshot, palette) are none."""
        return action in ALLOWED_ACTIONS and super().check_action(action, parameters)

    def copy_to_clipboard(self, text: str) -> None:
        """Nothing is copied: the next person would paste it (req. 38, 56)."""

    # The store and the place ------------------------------------------------------------------------

    @property
    def is_kiosk(self) -> bool:
        """A machine that everybody uses; a browser belongs to one person."""
        return self.settings.channel != "web"

    @property
    def uow(self) -> UnitOfWork:
        """The open store. Raises StoreUnavailable before it is open."""
        if self._store.uow is None:
            raise StoreUnavailable
        return self._store.uow

    async def store(self) -> UnitOfWork:
        """Wait until the store is open. Raises CoopError; call again to retry."""
        first = self._store.uow is None
        try:
            uow = await self._store.ready()
        finally:
            allow_collection()  # The libraries are loaded, or will not be.
        if first and self._wants_background and self._background is None:
            from coop_tui.background import Background

            self._background = Background(self.settings, uow, lambda _: None)
            self._background.start()
        return uow

    @property
    def gateway(self) -> BillerGateway | None:
        """As the settings say. Raises StoreUnavailable before the store is open."""
        from coop_tui.ways_out import biller_gateway_of

        return biller_gateway_of(self.settings, self.uow.secrets)

    @property
    def place(self) -> PortalPlace:
        """Where the member stands."""
        from services.operator import Channel
        from services.portal_place import PortalPlace

        channel = Channel.KIOSK if self.is_kiosk else Channel.WEB
        terminal, branch = self.settings.terminal, self.settings.branch or NO_BRANCH
        return PortalPlace(channel, terminal, self._origin or terminal, self.device_token, branch)

    def device_known(self, token: str) -> None:
        """The browser's server tells what it keeps for a remembered device."""
        from data.secrets import Secret

        self.device_token = Secret(token)

    def keep_device(self, token: Secret) -> None:
        """The browser's server keeps it; at a kiosk nobody does."""
        keep = getattr(self._driver, "keep_device", None)
        if keep is not None:
            keep(token.reveal())

    def now(self) -> datetime:
        """The services' time once the store is open."""
        return super().now() if self._store.uow is None else self._store.uow.clock.now()

    def drop_typed_ahead(self) -> None:
        """Forget the keys that wait: what they were meant for did not come."""
        self.gate.discard()

    def work_committed(self) -> None:
        """Mail may wait: don't let it wait for the next round."""
        if self._background is not None:
            self._background.nudge()

    # From screen to screen -------------------------------------------------------------------------

    @flow
    async def front_door(self, notice: str = "") -> None:
        """Lead the next person from their user name to their accounts, again and again."""
        from coop_tui.portal_journey import to_the_accounts

        inside = False
        while not inside:
            step = await self.push_screen_wait(User(notice))
            notice = ""
            try:
                inside = await to_the_accounts(self, step)
            except CoopError as error:  # Nobody stands before a screen that is not there.
                notice = error.user_text
                self.session_gone()

    def close(self) -> None:
        """End the session and the background work. Called when the screen is the terminal's again."""
        if self._background is not None:
            self._background.stop()
        self.end_quietly()
        if (uow := self._store.uow) is not None:
            from services.program_life import STOP, tell

            with contextlib.suppress(CoopError):
                tell(uow, STOP, self.settings.terminal)


def open_portal_store(settings: Settings) -> UnitOfWork:
    """Load the libraries, open the store, and load what comes right after the user name."""
    import importlib

    from coop_tui.wiring import open_store
    from services.program_life import START, tell

    uow = open_store(settings)
    tell(uow, START, settings.terminal)
    for module in ("services.member_sign_in", "screens.portal.question", "screens.portal.password"):
        importlib.import_module(module)
    return uow


def run_portal(app: PortalApp) -> int:
    """Run until the process is told to end; the session ends with it."""
    from coop_tui.logs import log_to

    log_to(app.settings.log_path)
    try:
        app.run()
    finally:
        app.close()
    return app.return_code or 0
