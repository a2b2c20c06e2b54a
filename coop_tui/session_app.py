"""The session of the person at the desk: their calls, their presence, the lock, and its end (req. 13–15).

All of it goes by the services' clock. While the station is locked no call hands its result on: whatever was under
way waits beneath the lock screen, unseen, and goes on after the password.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from textual import events
from textual.worker import WorkerCancelled, WorkerFailed, WorkerState

from coop_tui.base_app import BaseApp
from coop_tui.use_cases import bound
from screens.flow import background_flow, flow
from services.errors import (
    CoopError,
    ReauthenticationNeeded,
    SessionEnded,
    SessionLocked,
    SignInRefused,
    StoreUnavailable,
)
from widgets.command import CommandClass
from widgets.shell import Identity, Severity

if TYPE_CHECKING:
    from data.secrets import Secret
    from services.biller_gateway import BillerGateway
    from services.operator import Operator
    from services.staff_sessions import SessionState
    from services.unit_of_work import UnitOfWork

R = TypeVar("R")

WATCH_SECONDS: Final = 5
TOUCH_SECONDS: Final = 20
"""Keys are told to the session at most this often (req. 13)."""
LAST_CALL_SECONDS: Final = 300
"""The end of the session by its absolute hours is told this long before."""
WHILE_LOCKED: Final = frozenset({"help", "quit"})
OF_A_SESSION: Final = frozenset({"lock", "sign_out", "own_password", "own_second_factor"})
STATION_LOCKED: Final = "La estación está bloqueada."
NOBODY: Final = "Ingrese primero con su usuario."
ENDED_ELSEWHERE: Final = (
    "Su sesión terminó: se abrió en otra estación, cambió su acceso o un administrador la cerró. Ingrese de nuevo."
)


class SessionApp(BaseApp[int]):
    """A program in which one person at a time signs in. Subclasses give the store and the front door."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._operator: Operator | None = None
        self._unlocked = asyncio.Event()
        self._unlocked.set()
        self._kept_messages: list[tuple[object, str, Severity]] = []
        self._last_touch = self._last_key = 0.0
        self._last_call_told = False

    # For subclasses -------------------------------------------------------------------------------

    @property
    def uow(self) -> UnitOfWork:
        """The open store. Raises StoreUnavailable before it is open."""
        raise NotImplementedError

    @property
    def gateway(self) -> BillerGateway | None:
        """The way to the outside billers, if this installation has one."""
        return None

    def front_door(self, notice: str = "") -> object:
        """Show the sign-in, with a notice of why the last session ended."""
        raise NotImplementedError

    def session_gone(self) -> None:
        """The session has just ended: forget what belonged to it."""

    def prepare_call(self, function: Callable[..., R], args: tuple[Any, ...], work: Callable[[], R]) -> Callable[[], R]:
        """Wrap a call before it runs in its thread."""
        del function, args
        return work

    def work_committed(self) -> None:
        """A call came back: there may be mail to send."""

    # Who -------------------------------------------------------------------------------------------

    @property
    def operator(self) -> Operator:
        """Who has signed in. Raises SessionEnded when nobody has."""
        if self._operator is None:
            raise SessionEnded
        return self._operator

    @property
    def locked(self) -> bool:
        """The lock screen covers everything."""
        return not self._unlocked.is_set()

    def begin_session(self, operator: Operator, identity: Identity) -> None:
        """Somebody has signed in."""
        self._operator = operator
        self._last_touch = self._last_key = self.monotonic()
        self._last_call_told = False
        self.identify(identity)

    # Calls -----------------------------------------------------------------------------------------

    async def call(self, function: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        """Run a use case (or any blocking function) in a thread, with operator and store put in.

        After a password that has grown old is asked for (req. 15), and after the lock screen, the same command runs
        again; an ended session goes back to the sign-in. Anything else is the caller's.
        """
        while True:
            work = bound(function, args, kwargs, self)
            try:
                result = await super().call(self.prepare_call(function, args, work))
            except ReauthenticationNeeded as needed:
                await self._unlocked.wait()
                if not await self._reauthenticate(needed.user_text):
                    raise
            except SessionLocked:
                self.cover()
                await self._unlocked.wait()
            except SessionEnded as ended:
                self._session_over(ended)
                raise
            except CoopError:
                await self._unlocked.wait()
                raise
            else:
                self.work_committed()
                await self._unlocked.wait()
                return result

    async def _quietly(self, function: Callable[..., R], /, *args: Any) -> R:
        """A call of the session's own, which neither the lock nor an old password stops."""
        return await super().call(function, *args)

    async def _reauthenticate(self, why: str) -> bool:
        """Ask for the password until it is right or the question is left; tell if it was given."""
        from data.secrets import Secret
        from screens.dialogs.password import PasswordDialog
        from services.staff_sessions import Reauthenticate, reauthenticate

        error = ""
        while True:
            typed = await self.push_screen_wait(PasswordDialog("Confirme con su contraseña", why, error=error))
            if typed is None:
                return False
            try:
                await self._quietly(reauthenticate, Reauthenticate(Secret(typed)), self.operator, self.uow)
            except SignInRefused as refused:
                error = refused.user_text
            except SessionLocked:  # Nobody typed for too long: the lock asks for the same password.
                self.cover()
                await self._unlocked.wait()
                return True
            except SessionEnded as ended:
                self._session_over(ended)
                raise
            else:
                return True

    # Presence --------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Count every key as a sign of life."""
        if isinstance(event, events.Key | events.Paste | events.MouseDown) and self._operator is not None:
            self._last_key = self.monotonic()
            if not self.locked and self._last_key - self._last_touch >= TOUCH_SECONDS:
                self._touch()
        await super().on_event(event)

    @background_flow
    async def _touch(self) -> None:
        await self._tell_presence()

    async def _tell_presence(self) -> None:
        from services.staff_sessions import touch

        self._last_touch = self.monotonic()
        try:
            await self._quietly(touch, self.operator, self.uow)
        except SessionLocked:
            self.lock_station()
        except SessionEnded as ended:
            self._session_over(ended)
        except StoreUnavailable:
            return  # The next call that the person makes tells them.

    @background_flow
    async def watch_session(self) -> None:
        """Look how the session stands, without counting as a sign of life; runs every few seconds."""
        if self._operator is None:
            return
        from services.staff_sessions import session_state

        operator = self._operator
        since_touch = self.monotonic() - self._last_touch
        if not self.locked and self._last_key > self._last_touch and since_touch >= TOUCH_SECONDS:
            await self._tell_presence()
        try:
            state = await self._quietly(session_state, operator, self.uow)
        except StoreUnavailable:
            return
        if operator is self._operator:
            self._heed(state)

    def _heed(self, state: SessionState) -> None:
        if state.ended:
            self._session_over(None)
        elif state.locked and not self.locked:
            self.lock_station()
        elif state.absolute_seconds_left <= LAST_CALL_SECONDS and not self._last_call_told:
            self._last_call_told = True
            minutes = max(1, round(state.absolute_seconds_left / 60))
            self.notify_safe(
                f"Su sesión llega a su máximo de horas en {minutes} min. Termine lo que hace e ingrese de nuevo.",
                severity="warning",
            )

    # The lock --------------------------------------------------------------------------------------

    def action_lock(self) -> None:
        """F12."""
        if self._operator is None:
            super().action_lock()
        else:
            self.lock_station()

    def cover(self) -> None:
        """Put the lock screen over everything. What was typed ahead is dropped: it was not meant for it."""
        from screens.lock import LockScreen

        if self.locked or self._operator is None:
            return
        self._unlocked.clear()
        self.gate.release_all()
        self.clear_notifications()
        if (served := self.served()) is not None:  # The caller must be verified anew (req. 24).
            self.serve(replace(served, level="", lease_until=None))
        self.push_screen(LockScreen(self._operator.full_name or self._operator.username))

    def lock_station(self) -> None:
        """Cover the screen at once, then tell the service."""
        if not self.locked:
            self.cover()
            self._lock_service()

    @background_flow
    async def _lock_service(self) -> None:
        from services.staff_sessions import lock

        try:
            await self._quietly(lock, self.operator, self.uow)
        except SessionEnded as ended:
            self._session_over(ended)
        except StoreUnavailable:
            return  # Nothing is to be seen either way, and idle time locks the session by itself.

    async def unlock(self, password: Secret) -> None:
        """Unlock the station. Raises SignInRefused, StoreUnavailable."""
        from services.staff_sessions import Unlock, unlock

        try:
            await self._quietly(unlock, Unlock(password), self.operator, self.uow)
        except SessionEnded as ended:
            self._session_over(ended)
            return
        self._uncover()

    def _uncover(self) -> None:
        from screens.lock import LockScreen

        self._last_touch = self._last_key = self.monotonic()
        while any(isinstance(screen, LockScreen) for screen in self.screen_stack):
            self.pop_screen()
        self._unlocked.set()
        kept, self._kept_messages = self._kept_messages, []
        for message, title, severity in kept:
            self.notify_safe(message, title=title, severity=severity)

    def notify_safe(self, message: object, *, title: str = "", severity: Severity = "information") -> None:
        """Show a toast. While the station is locked it waits: it belongs to the work beneath."""
        if self.locked:
            self._kept_messages.append((message, title, severity))
        else:
            super().notify_safe(message, title=title, severity=severity)

    def command_reason(self, command: CommandClass) -> str | None:
        """A locked station has help and the way out alone; without a session some commands mean nothing."""
        if command in self.PROGRAM_COMMANDS:
            if self.locked and command.id not in WHILE_LOCKED:
                return STATION_LOCKED
            if self._operator is None and command.id in OF_A_SESSION:
                return NOBODY
        return super().command_reason(command)

    async def action_command(self, command_id: str) -> None:
        """Run a program command; on a locked station a refused one says nothing, toasts wait there."""
        if not self.locked or command_id in WHILE_LOCKED:
            await super().action_command(command_id)

    # The end ---------------------------------------------------------------------------------------

    def _session_over(self, error: SessionEnded | None) -> None:
        if self._operator is not None:
            known = error is not None and error.user_text != SessionEnded.default
            self.end_session(error.user_text if error is not None and known else ENDED_ELSEWHERE)

    def end_session(self, notice: str = "") -> None:
        """Take every screen and every member's data away, and go back to the sign-in."""
        if self._operator is None:
            return
        self._operator = None
        self._clear_away(notice)

    @flow
    async def _clear_away(self, notice: str) -> None:
        await self._stop_own_flows()
        self.gate.discard()
        self.clear_notifications()
        self._kept_messages = []
        self.serve(None)
        self.session_gone()
        while len(self.screen_stack) > 1:  # Textual's empty screen stays.
            await self.pop_screen()
        self._unlocked.set()
        self.identify(Identity(self.INSTITUTION))
        self.front_door(notice)

    async def _stop_own_flows(self) -> None:
        """End the flows of the program itself (palette, questions): their screens go, so they would wait for ever."""
        for worker in list(self.workers):
            if worker.node is self and worker.name != "_clear_away":
                worker.cancel()
                if worker.state in (WorkerState.PENDING, WorkerState.RUNNING):
                    with contextlib.suppress(WorkerCancelled, WorkerFailed):
                        await worker.wait()
