"""The staff app: the front door, the desk, and what lies behind it.

Importing this module loads Textual and the sign-in screen alone; the rest loads in a thread behind the first paint.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from coop_tui.base_app import BaseApp
from coop_tui.commands.staff import STAFF_COMMANDS, Approvals
from coop_tui.environment import allow_collection, harden_process
from coop_tui.session_app import NOBODY
from coop_tui.settings import Settings, SettingsError, load_settings
from coop_tui.themes import HIGH_CONTRAST, LIGHT, NIGHT, theme_of
from coop_tui.warm_up import Store, load_screens, open_store_of
from coop_tui.working_app import WorkingApp
from screens.flow import background_flow, flow
from screens.sign_in import SignIn
from services.errors import CoopError, StoreUnavailable
from widgets.command import CommandClass
from widgets.shell import Identity

if TYPE_CHECKING:
    from screens.desk import Desk
    from services.operator import Channel
    from services.staff_sessions import SignedIn
    from services.unit_of_work import UnitOfWork

NOT_YOUR_ROLE = "Su rol no permite esta operación. Pida ayuda a su supervisor."


class StaffApp(WorkingApp):
    """What the people of the cooperative work with. Returns the process's exit code."""

    PROGRAM_COMMANDS: ClassVar[tuple[CommandClass, ...]] = STAFF_COMMANDS
    BINDINGS = [Approvals.binding()]

    def __init__(
        self,
        settings: Settings,
        *,
        opener: Callable[[], UnitOfWork] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        background: bool = True,
        recording: bool | None = None,
    ) -> None:
        """`opener` gives the store (tests); `background`: deliver mail and resubmit from inside the app; `recording`:
        record sessions as the policy says (None: with the background work)."""
        super().__init__(
            settings,
            background=background,
            recording=recording,
            now=now,
            monotonic=monotonic,
            theme=theme_of(settings.theme),
        )
        self._store = Store(opener or partial(open_store_of, settings))
        self._demo = False

    def on_mount(self) -> None:
        """The front door stands first; everything else waits for its paint."""
        self.set_interval(5, self.watch_session)
        self.front_door()

    # The store -------------------------------------------------------------------------------------

    @property
    def opened(self) -> UnitOfWork | None:
        """The store, if it was opened."""
        return self._store.uow

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
        if first:
            from coop_tui.wiring import store_fact

            self._demo = await self._quietly(store_fact, uow, "demo") == "1"
            self._read_own_keys()
        return uow

    @background_flow
    async def _read_own_keys(self) -> None:
        """The user's own keys, where there are any."""
        from coop_tui.own_keys import own_keys

        keymap, complaint = await self._quietly(own_keys, self.settings.keymap_path, self.PROGRAM_COMMANDS)
        if keymap:
            self.remap_keys(keymap)
        if complaint:
            self.notify_safe(complaint, severity="warning")

    def now(self) -> datetime:
        """The services' time once the store is open."""
        return super().now() if self._store.uow is None else self._store.uow.clock.now()

    def drop_typed_ahead(self) -> None:
        """Forget the keys that wait: what they were meant for did not come."""
        self.gate.discard()

    @property
    def terminal(self) -> str:
        """The name of this desk."""
        return self.settings.terminal

    @property
    def own_channel(self) -> Channel | None:
        """The channel in person that the desk's settings name; else role and branch decide."""
        from services.operator import Channel

        return Channel(self.settings.channel) if self.settings.channel in ("sucursal", "capitulo") else None

    @property
    def mail_folder(self) -> Path | None:
        """Where mail lands while no mail server is set up. In a real store it stays shut: nobody of staff sees a
        password or a code, wherever it lies (req. 22, 28)."""
        return self.settings.maildir if self._demo and self.settings.smtp_host is None else None

    @property
    def sms_folder(self) -> Path | None:
        """Where text messages land while neither a mail server nor an SMS gateway is set up."""
        return self.settings.sms_folder if self._demo else None

    @property
    def checkpoints_path(self) -> Path:
        """The signed checkpoints of the audit trail: beside the database, never in it."""
        return self.settings.checkpoints_path

    @property
    def slips_folder(self) -> Path:
        """Where sealed slips wait for the printer."""
        return self.settings.slips_folder

    @property
    def receipts_folder(self) -> Path:
        """Where this desk keeps the receipts and slips that it printed: readable by its owner alone."""
        return self.settings.data_dir / "comprobantes"

    # In and out ------------------------------------------------------------------------------------

    @flow
    async def front_door(self, notice: str = "") -> None:
        """Sign in, set up what is missing, show the desk."""
        signed_in: SignedIn | None = await self.push_screen_wait(SignIn(notice))
        if signed_in is None:
            return
        operator = signed_in.operator
        self.begin_session(operator, identity_of(operator, self.INSTITUTION))
        if not await self._set_up(signed_in):
            self.sign_out()
            return
        from screens.desk import Desk

        self.push_screen(Desk())
        self.start_background()
        self._load_rest()

    @background_flow
    async def _load_rest(self) -> None:
        """The screens over the desk, while somebody begins to work at it: a terminal that waits holds none of them."""
        await self._quietly(load_screens)

    async def _set_up(self, signed_in: SignedIn) -> bool:
        """Temporary password and missing second factor come before any work (req. 11, A4)."""
        if signed_in.must_change_password:
            from screens.change_password import ChangePassword

            if not await self.push_screen_wait(ChangePassword(signed_in.password_minimum, must=True)):
                return False
        if signed_in.must_enrol_second_factor:
            from screens.second_factor import SecondFactor

            return await self.push_screen_wait(SecondFactor(must=True))
        return True

    def sign_out(self) -> None:
        """End the session and go back to the front door."""
        self._sign_out()

    @flow
    async def _sign_out(self) -> None:
        from services.staff_sessions import sign_out

        try:
            if self._operator is not None:
                await self._quietly(sign_out, self.operator, self.uow)
        except CoopError as error:
            # The screens go all the same; the session ends by itself when it has been idle.
            self.end_session(error.user_text)
        else:
            self.end_session()

    @flow
    async def action_sign_out(self) -> None:
        """`:salir`: after a question."""
        from screens.dialogs.confirm import Confirm

        work = [f"Se perderán {text}." for text in self.pending_works()]
        question = Confirm("¿Cerrar su sesión?", work or ["El programa queda abierto."], accept="Cerrar sesión")
        if await self.push_screen_wait(question):
            self.sign_out()

    def pending_works(self) -> list[str]:
        """What would be lost by leaving, screen by screen."""
        from screens.base import BaseScreen

        screens = [screen for screen in self.screen_stack if isinstance(screen, BaseScreen)]
        return [work for screen in screens if (work := screen.pending_work())]

    def action_own_password(self) -> None:
        """`:clave`."""
        from screens.change_password import ChangePassword
        from services.passwords import minimum_length

        if not isinstance(self.screen, ChangePassword):
            minimum = minimum_length(self.uow.policy.session, second_factor=False)
            self.push_screen(ChangePassword(minimum))

    def action_own_second_factor(self) -> None:
        """`:factor`."""
        from screens.second_factor import SecondFactor

        if not isinstance(self.screen, SecondFactor):
            self.push_screen(SecondFactor())

    def action_approvals(self) -> None:
        """F4, and `:apr`."""
        from screens.approvals import ApprovalsScreen

        if self.desk() is None:
            self.notify_safe("Termine primero de completar su acceso.", severity="warning")
        elif not isinstance(self.screen, ApprovalsScreen):
            self.push_screen(ApprovalsScreen())

    def action_show_policy(self) -> None:
        """`:politica`."""
        from screens.policy import PolicyScreen

        if self.desk() is None:
            self.notify_safe("Termine primero de completar su acceso.", severity="warning")
        elif not isinstance(self.screen, PolicyScreen):
            self.push_screen(PolicyScreen())

    # Work ------------------------------------------------------------------------------------------

    def desk(self) -> Desk | None:
        """The desk, if somebody is at it."""
        from screens.desk import Desk

        return next((screen for screen in self.screen_stack if isinstance(screen, Desk)), None)

    @flow
    async def open_record(self, member_id: int) -> None:
        """Show a member's record over the desk; the screens of another member go first."""
        from screens.record import RecordScreen

        await self.back_to_desk()
        self.push_screen(RecordScreen(member_id))

    async def back_to_desk(self) -> None:
        """Take away what lies over the desk. Callers ask about typed work first."""
        desk = self.desk()
        self.serve(None)
        while desk is not None and self.screen is not desk:
            await self.pop_screen()

    def command_reason(self, command: CommandClass) -> str | None:
        """Why the operator's role can't use a command: the policy's own table; the services decide."""
        if (reason := super().command_reason(command)) is not None or not command.operation:
            return reason
        if self._operator is None or self._store.uow is None:
            return NOBODY
        from services.operations import Op

        rule = self._store.uow.policy.operations[Op(command.operation)]
        return None if rule.roles & self._operator.roles else NOT_YOUR_ROLE

    # Looks -----------------------------------------------------------------------------------------

    def action_light_theme(self) -> None:
        """`:claro`."""
        self.theme = LIGHT

    def action_night_theme(self) -> None:
        """`:oscuro`."""
        self.theme = NIGHT

    def action_high_contrast_theme(self) -> None:
        """`:contraste`."""
        self.theme = HIGH_CONTRAST


def identity_of(operator: Any, institution: str) -> Identity:
    """Who works here, as the top bar shows it."""
    from data.catalog.branches import load_branches
    from services.operator import ROLE_LABELS, Role

    roles = ", ".join(ROLE_LABELS[role] for role in Role if role in operator.roles)
    return Identity(institution, operator.username, roles, load_branches().name_of(operator.branch))


def run(data: str | None = None) -> int:
    """Open the app on the store in `data`; answers the exit code."""
    harden_process()
    try:
        settings = load_settings(data)
    except SettingsError as error:
        sys.stderr.write(f"{error.user_text}\n")
        return 1
    return run_app(StaffApp(settings))


def run_app(app: StaffApp) -> int:
    """Run until it is left; the session ends with it."""
    from coop_tui.logs import log_to

    log_to(app.settings.log_path)
    try:
        app.run()
    finally:
        app.close()
    return app.return_code or 0


__all__ = ["BaseApp", "StaffApp", "run", "run_app"]
