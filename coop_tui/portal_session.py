"""Who stands before the portal, for how long, and that nothing of them stays (req. 13, 33, 38).

Time goes by the program's steady clock here, and by the services' clock in the service, which decides.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from textual import events
from textual.worker import WorkerCancelled, WorkerFailed, WorkerState

from coop_tui.base_app import BaseApp
from coop_tui.use_cases import bound
from screens.flow import background_flow, flow
from services.errors import CoopError, SessionEnded, StoreUnavailable
from widgets.shell import Identity

if TYPE_CHECKING:
    from data.secrets import Secret
    from services.biller_gateway import BillerGateway
    from services.door_entry import SignedInMember
    from services.operator import Operator
    from services.unit_of_work import UnitOfWork

R = TypeVar("R")

TOUCH_SECONDS: Final = 15
"""Keys are told to the session at most this often (req. 13)."""
TICK_SECONDS: Final = 1
WATCH_SECONDS: Final = 5
IDLE: Final = "Por su seguridad borramos lo que había en la pantalla: nadie la usó durante un rato."
FAULT: Final = "Algo falló y empezamos de nuevo. Lo que ya había confirmado quedó guardado."
SIGNED_OUT: Final = "Su sesión quedó cerrada. No queda nada suyo en esta pantalla."


class PortalSession(BaseApp[int]):
    """One member at a time. Subclasses give the store and the first screen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._operator: Operator | None = None
        self.visit: SignedInMember | None = None
        self.device_token: Secret | None = None
        self._last_key = self._last_touch = self.monotonic()
        self._touched = False  # Somebody pressed a key since the first screen came up.

    # For subclasses --------------------------------------------------------------------------------

    @property
    def uow(self) -> UnitOfWork:
        """The open store. Raises StoreUnavailable before it is open."""
        raise NotImplementedError

    @property
    def gateway(self) -> BillerGateway | None:
        """The way to the outside billers, if this installation has one."""
        return None

    @property
    def is_kiosk(self) -> bool:
        """A machine that everybody uses."""
        raise NotImplementedError

    def keep_device(self, token: Secret) -> None:
        """The member wants the device remembered: have its token kept where this program can't (S68)."""

    def front_door(self, notice: str = "") -> object:
        """Show the first screen, with a notice of why the last visit ended."""
        raise NotImplementedError

    def work_committed(self) -> None:
        """A call came back: there may be mail to send."""

    # Who -------------------------------------------------------------------------------------------

    @property
    def operator(self) -> Operator:
        """The member who has signed in. Raises SessionEnded when nobody has."""
        if self._operator is None:
            raise SessionEnded
        return self._operator

    def begin_session(self, signed: SignedInMember) -> None:
        """A member has signed in."""
        self._operator = signed.operator
        self.visit = signed
        if signed.device_token is not None:
            self.device_token = signed.device_token
            self.keep_device(signed.device_token)
        self._last_touch = self._last_key = self.monotonic()
        self.identify(Identity(self.INSTITUTION, signed.operator.full_name))

    def session_gone(self) -> None:
        """The service has ended the session; the same person goes on."""
        self._operator = self.visit = None
        self.identify(Identity(self.INSTITUTION))

    async def call(self, function: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
        """Run a use case (or any blocking function) in a thread, with member, store and gateway put in.

        What must be proven first is asked for, and the call made again. An ended session takes everything away; any
        other error is the caller's.
        """
        from services.member_authorisation import ProofNeeded

        operator = self._operator
        while True:
            try:
                result = await super().call(bound(function, args, kwargs, self))
            except ProofNeeded as needed:
                if not await self._prove(needed.proof):
                    raise
            except SessionEnded as ended:
                if operator is not None and operator is self._operator:
                    self.start_over(ended.user_text)
                raise
            else:
                self.work_committed()
                return result

    async def _prove(self, proof: str) -> bool:
        """Ask for the security question or the password once more; False when the member went back."""
        from screens.portal.proof import Prove, ProveQuestion
        from services.member_proofs import proof_question

        if proof == "answer":
            asked = await self.call(proof_question)
            answered: bool | None = await self.push_screen_wait(ProveQuestion(asked.text))
        else:
            answered = await self.push_screen_wait(Prove())
        return answered is True

    async def _quietly(self, function: Callable[..., R], /, *args: Any) -> R:
        return await super().call(function, *args)

    # Presence --------------------------------------------------------------------------------------

    def watch_clocks(self) -> None:
        """Look at the time from now on."""
        self.set_interval(TICK_SECONDS, self.watch_idle)
        self.set_interval(WATCH_SECONDS, self.watch_session)

    async def on_event(self, event: events.Event) -> None:
        """Count every key and click as a sign of life."""
        if isinstance(event, events.Key | events.Paste | events.MouseDown | events.MouseScrollDown):
            self._last_key = self.monotonic()
            self._touched = True
        await super().on_event(event)

    def watch_idle(self) -> None:
        """Ask whether somebody is still there, then wipe (req. 13)."""
        from screens.portal.still_there import StillThere

        if len(self.screen_stack) == 1 and not self._at_work():
            self.start_over(FAULT)  # A fault of the program took the last screen away: nobody is there to restart it.
            return
        if not self._touched and self._operator is None:
            return  # An empty first screen has nothing to wipe.
        try:
            limits = self.uow.policy.portal
        except StoreUnavailable:
            return
        minutes = limits.kiosk_idle_minutes if self.is_kiosk else limits.web_idle_minutes
        left = 60 * minutes - (self.monotonic() - self._last_key)
        if left <= 0:
            self.start_over(IDLE)
        elif left <= limits.kiosk_notice_seconds and not isinstance(self.screen, StillThere):
            # The service counts the same minutes: it hears of the answer at once.
            self.push_screen(StillThere(self.now() + timedelta(seconds=left)), lambda _: self._still_there())

    def _still_there(self) -> None:
        self.watch_session()

    def _at_work(self) -> bool:
        return any(worker.name in ("front_door", "start_over") and not worker.is_finished for worker in self.workers)

    @background_flow
    async def watch_session(self) -> None:
        """Tell the service of signs of life, and hear from it when the session is over."""
        operator = self._operator
        if operator is None:
            return
        from services.member_presence import session_state, touch

        try:
            if self._last_key > self._last_touch and self.monotonic() - self._last_touch >= TOUCH_SECONDS:
                self._last_touch = self.monotonic()
                await self._quietly(touch, operator, self.uow)
            state = await self._quietly(session_state, operator, self.uow)
        except SessionEnded as ended:
            if operator is self._operator:
                self.start_over(ended.user_text)
        except StoreUnavailable:
            return  # The next call that the member makes tells them.
        else:
            if operator is self._operator and state.ended:
                self.start_over(SessionEnded.default)

    # The end ---------------------------------------------------------------------------------------

    def sign_out(self) -> None:
        """«Salir»."""
        self.start_over(SIGNED_OUT)

    def end_quietly(self) -> None:
        """The program ends: so does the session."""
        from services.member_presence import sign_out

        operator, self._operator = self._operator, None
        if operator is not None:
            with contextlib.suppress(CoopError):  # An idle session ends by itself.
                sign_out(operator, self.uow)

    @flow
    async def start_over(self, notice: str = "") -> None:
        """Take every screen and everything that was typed or shown away, begin anew, and tell the service."""
        operator, self._operator = self._operator, None
        await self._stop_flows()
        self.gate.release_all()
        self.clear_notifications()
        self.serve(None)
        while len(self.screen_stack) > 1:  # Textual's empty screen stays.
            await self.pop_screen()
        self.forget()
        self.front_door(notice)
        if operator is not None:
            await self._end_in_service(operator)

    def forget(self) -> None:
        """Nothing of the last person stays in the program."""
        self.visit = None
        if self.is_kiosk:
            self.device_token = None  # A browser belongs to one person: it stays remembered there.
        self._clipboard = ""
        self.identify(Identity(self.INSTITUTION))
        self._touched = False

    async def _end_in_service(self, operator: Operator) -> None:
        from services.member_presence import sign_out

        with contextlib.suppress(CoopError):  # An idle session ends by itself.
            await self._quietly(sign_out, operator, self.uow)

    async def _stop_flows(self) -> None:
        """End the flows of the program and of its screens: what they wait for goes."""
        for worker in list(self.workers):
            if worker.name != "start_over":
                worker.cancel()
                if worker.node is self and worker.state in (WorkerState.PENDING, WorkerState.RUNNING):
                    with contextlib.suppress(WorkerCancelled, WorkerFailed):
                        await worker.wait()
