"""What goes on behind the work at a desk: mail is delivered, nothing that was confirmed is lost, and what waits for a
second person is told (req. 28, 40, 43)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from coop_tui.commands.staff import Approvals
from coop_tui.recorded_app import RecordedApp
from coop_tui.settings import Settings
from screens.flow import background_flow, flow
from screens.staff_shell import ShowsDelivery, ShowsOrders, ShowsWaiting
from services.errors import CoopError
from widgets.keys import key_name

if TYPE_CHECKING:
    from datetime import datetime

    from textual.timer import Timer

    from coop_tui.background import Background
    from services.approval_notices import Waiting
    from services.biller_gateway import BillerGateway
    from services.journal import Journal
    from services.unit_of_work import UnitOfWork

R = TypeVar("R")


class WorkingApp(RecordedApp):
    """A program with a worker and a journal of its own. `background` False: neither (tests)."""

    def __init__(self, settings: Settings, *, background: bool, recording: bool | None = None, **options: Any) -> None:
        super().__init__(recording=background if recording is None else recording, **options)
        self.settings = settings
        self._wants_background = background
        self.background: Background | None = None
        self._journal: Journal | None = None
        self._approvals_timer: Timer | None = None
        self._decided_since: datetime | None = None
        self._decided_told: set[str] = set()

    @property
    def opened(self) -> UnitOfWork | None:
        """The store, if it was opened."""
        return None

    @property
    def gateway(self) -> BillerGateway | None:
        """As the settings say. Raises StoreUnavailable before the store is open."""
        from coop_tui.ways_out import biller_gateway_of

        return biller_gateway_of(self.settings, self.uow.secrets)

    def start_background(self) -> None:
        """Somebody is at the desk: follow the approvals, deliver mail, open the journal, ask again for what was left
        open."""
        self._follow_approvals()
        if not self._wants_background:
            return
        from coop_tui.background import Background
        from services.journal import open_journal

        if self.background is None:
            loop = asyncio.get_running_loop()

            def told(_: object) -> None:
                with contextlib.suppress(RuntimeError):  # The program has just ended.
                    loop.call_soon_threadsafe(self._mail_moved)

            self.background = Background(self.settings, self.uow, told)
            self.background.start()
        if self._journal is None:
            try:
                self._journal = open_journal(self.settings.data_dir / "libreta")
            except CoopError as error:
                self.notify_safe(error.user_text, severity="error")
        self._resubmit()

    @flow
    async def _resubmit(self) -> None:
        """Ask again for what this person confirmed and nobody answered (the program or the machine had died)."""
        from coop_tui.resubmission import resubmit_open

        if self._journal is not None:
            for text in await self.call(resubmit_open, self._journal):
                self.notify_safe(text, severity="warning")

    def prepare_call(self, function: Callable[..., R], args: tuple[Any, ...], work: Callable[[], R]) -> Callable[[], R]:
        """What has a key is written to the journal before it leaves (req. 40)."""
        if self._journal is None or self._operator is None:
            return work
        from coop_tui.resubmission import journaled

        return journaled(self._journal, function, args, self._operator, work)

    def _mail_moved(self) -> None:
        """A message went out or failed: screens that show delivery read it again."""
        for screen in self.screen_stack:
            if isinstance(screen, ShowsDelivery) and not self.locked:
                screen.mail_moved()
        self.watch_orders()  # A payment that ended has sent its notice.

    # Approvals -------------------------------------------------------------------------------------

    def _follow_approvals(self) -> None:
        self._stop_following()
        self._approvals_timer = self.set_interval(self.uow.policy.approval.notice_seconds, self._watch)
        self._watch()

    def _watch(self) -> None:
        self.watch_approvals()
        self.watch_orders()

    def session_gone(self) -> None:
        """The next person has another queue."""
        super().session_gone()
        self._stop_following()

    def _stop_following(self) -> None:
        if self._approvals_timer is not None:
            self._approvals_timer.stop()
        self._approvals_timer, self._decided_since, self._decided_told = None, None, set()

    @background_flow
    async def watch_approvals(self) -> None:
        """Ask how many wait and what was decided of one's own; neither counts as a sign of life."""
        from services.approval_notices import OwnDecisions, own_decisions, pending_count

        operator = self._operator
        if operator is None or self.locked:
            return
        try:
            waiting = await self._quietly(pending_count, operator, self.uow)
            decided = await self._quietly(own_decisions, OwnDecisions(self._decided_since), operator, self.uow)
        except CoopError:  # The session's own watch tells of its end, the next call of a silent store.
            return
        if operator is not self._operator:
            return
        self._show_waiting(waiting)
        self._decided_since = decided.until
        news = [(request_id, text) for request_id, text in decided.told if request_id not in self._decided_told]
        for request_id, text in news:
            self._decided_told.add(request_id)
            self.notify_safe(text, title="Aprobaciones")
        if news:
            self._tell_screens()

    @background_flow
    async def watch_orders(self) -> None:
        """Ask what became of the payments that screens show as in process, whoever settled them and where."""
        screens = [screen for screen in self.screen_stack if isinstance(screen, ShowsOrders)]
        ids = frozenset().union(*(screen.open_orders for screen in screens))
        operator = self._operator
        if not ids or operator is None or self.locked:
            return
        from services.order_notices import EndedOrders, ended_orders

        try:
            ended = await self._quietly(ended_orders, EndedOrders(ids), operator, self.uow)
        except CoopError:  # As above.
            return
        if operator is not self._operator:
            return
        for screen in screens:
            if screen.is_attached and (theirs := screen.open_orders & ended):
                screen.orders_ended(theirs)

    def request_moved(self) -> None:
        """Something that waited was decided at this desk."""
        self._tell_screens()
        self.watch_approvals()

    def _tell_screens(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ShowsWaiting):
                screen.request_decided()

    def _show_waiting(self, waiting: Waiting) -> None:
        key = key_name(next(iter(self.keys_of(Approvals)), ""))
        count, plural = waiting.count, "s" if waiting.late != 1 else ""
        late = f", {waiting.late} atrasada{plural}" if waiting.late else ""
        wordings = (f"▲ {count} por aprobar{late} · {key}", f"▲ {count}{late} · {key}", f"▲ {count} · {key}")
        notice = wordings if count else ()
        if self.identity().notice != notice:
            self.identify(replace(self.identity(), notice=notice))

    def work_committed(self) -> None:
        """Mail may wait: don't let it wait for the next round."""
        if self.background is not None:
            self.background.nudge()

    def close(self) -> None:
        """End the session and the background work. Called when the screen is the terminal's again."""
        if self.background is not None:
            self.background.stop()
        if self._journal is not None:
            self._journal.close()
        self.stop_recording(wait=True)
        if self._operator is not None:
            from services.staff_sessions import sign_out

            # An idle session locks and ends by itself.
            with contextlib.suppress(CoopError):
                sign_out(self._operator, self.uow)
            self._operator = None
        if (uow := self.opened) is not None:
            from services.checkpoints import checkpoint
            from services.program_life import STOP, tell

            with contextlib.suppress(CoopError):
                tell(uow, STOP, self.settings.terminal)
                checkpoint(uow, self.settings.checkpoints_path, force=True)
