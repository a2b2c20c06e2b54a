"""Hand typed keys on one at a time, so that none is lost and none reaches the wrong field.

Textual forwards a key to whatever has the focus at that moment and does not wait for what the key before
it set off. A fast hand, a card reader or a script would type the user name's second half into the
password, or a cédula behind the dialog that F2 is still opening. Here the next key waits until the last
one has done its work: focus moved, dialog built, submission answered. Nothing waits for a length of time;
the gate waits for message queues to run empty.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar, Token
from time import monotonic
from types import TracebackType
from typing import Any, Self

from textual import events
from textual.app import App, ScreenStackError
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

Typed = events.Key | events.Paste

NUDGE_SECONDS = 0.1
"""A refresh takes milliseconds; one that has not come by then was forgotten."""

_own_holds: ContextVar[tuple[Hold, ...]] = ContextVar("own_holds", default=())
"""Holds of the flow that runs in this context: a dialog that it opens lets keys through again."""


class Hold:
    """Keys stay back while one of these is active. Made by `KeyGate.hold`; release it, or use it as a
    context.
    """

    def __init__(self, gate: KeyGate) -> None:
        self._gate = gate
        self._over = False
        self._pauses = 0
        self._token: Token[tuple[Hold, ...]] | None = None
        self.since = monotonic()
        gate.add(self)

    def pause(self) -> None:
        """Let keys through while the user is asked something. A question may open another flow that asks again:
        as many answers hold the keys again as there were questions.
        """
        self._pauses += 1
        self._gate.remove(self)

    def resume(self) -> None:
        """Hold keys again after the answer."""
        self._pauses -= 1
        if not self._over and not self._pauses:
            self.since = monotonic()
            self._gate.add(self)

    def release(self) -> None:
        """End the hold; the keys that waited go to the field that has the focus now."""
        self._over = True
        self._gate.remove(self)

    def __enter__(self) -> Self:
        self._token = _own_holds.set((*_own_holds.get(), self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _own_holds.reset(self._token)
        self.release()


def own_holds() -> tuple[Hold, ...]:
    """Return the holds of the flow that calls."""
    return _own_holds.get()


class KeyGate:
    """The keyboard's single file. `deliver` hands an event to the program, in the program's own task."""

    URGENT = frozenset({"escape", "f10", "f12"})
    """Keys that a hold does not stop for long: leave, quit, lock."""
    PATIENCE = 1.0
    """Seconds that a hold must have lasted before an urgent key breaks it. Younger, the key keeps its
    place in the file, so that a burst «Enter, text, Esc» does the same as when it is typed slowly."""
    MAX_ROUNDS = 200
    """Rounds of one settling: more are a program that talks to itself for ever, and the keyboard must not
    die of it.
    """

    def __init__(self, app: App[Any], deliver: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Typed] = deque()
        self._holds: set[Hold] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Number of keys and pastes that have not been handed on yet."""
        return len(self._waiting)

    @property
    def held(self) -> bool:
        """Keys are held back now."""
        return bool(self._holds)

    def take(self, event: Typed) -> None:
        """Accept a typed key or a paste; it is handed on when its turn comes."""
        if self._breaks_hold(event):
            self._break_hold()
        self._waiting.append(event)
        self._idle.clear()
        self._wanted.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="key gate")
            self._task.add_done_callback(self._ended)

    def hold(self) -> Hold:
        """Hold keys back from now on. Counted: they pass when every hold has ended."""
        return Hold(self)

    def add(self, hold: Hold) -> None:
        """Make `hold` active."""
        self._holds.add(hold)
        self._open.clear()

    def remove(self, hold: Hold) -> None:
        """Make `hold` inactive."""
        self._holds.discard(hold)
        if not self._holds:
            self._open.set()

    def discard(self) -> int:
        """Throw away what was typed ahead (the lock screen came up, the wait was given up). Returns how many
        keys.
        """
        count = len(self._waiting)
        self._waiting.clear()
        return count

    def release_all(self) -> None:
        """Drop what was typed ahead and every hold: another screen takes over at once (the lock)."""
        self._break_hold()

    async def idle(self) -> None:
        """Wait until every key has been handed on and has done its work."""
        await self._idle.wait()

    def close(self) -> None:
        """Stop handing on keys."""
        if self._task is not None:
            self._task.cancel()

    def _breaks_hold(self, event: Typed) -> bool:
        if not (isinstance(event, events.Key) and event.key in self.URGENT and self._holds):
            return False
        return monotonic() - min(hold.since for hold in self._holds) >= self.PATIENCE

    def _break_hold(self) -> None:
        # What was typed ahead was meant for the screen that did not come: it must not land in this one.
        self.discard()
        self._holds.clear()
        self._open.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None and isinstance(error, Exception):
            self._app._handle_exception(error)

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            while self._waiting:
                await self._ready()
                if self._waiting:
                    event = self._waiting.popleft()
                    # In the program's own task: errors and context are then those of any other message.
                    self._app.call_later(self._deliver, event)
                    await self._settled()
            self._wanted.clear()
            await self._ready()
            if not self._waiting:
                self._idle.set()

    async def _ready(self) -> None:
        while True:
            await self._open.wait()
            await self._settled()
            if self._open.is_set():
                return

    async def _settled(self) -> None:
        """Wait until two rounds in a row find every queue empty and the focus where it was."""
        quiet = 0
        for _ in range(self.MAX_ROUNDS):
            quiet = 0 if await self._round() else quiet + 1
            if quiet == 2:
                return

    async def _round(self) -> bool:
        """Pass a marker through each queue that a key can travel, in the direction it travels; tell if any
        was at work.
        """
        place = self._place()
        busy = False
        for pump in self._route():
            busy = _has_mail(pump) or busy
            await self._marker(pump)
        for pump in list(self._off_route()):
            busy = True
            await self._marker(pump)
        screen = self._screen()
        if screen is not None and screen._callbacks:
            busy = True
            await _refresh(screen)
        return busy or place != self._place()

    def _screen(self) -> Screen[Any] | None:
        try:
            return self._app.screen
        except ScreenStackError:
            return None

    def _place(self) -> tuple[int, int]:
        screen = self._screen()
        return id(screen), id(None if screen is None else screen.focused)

    def _route(self) -> list[MessagePump]:
        screen = self._screen()
        if screen is None:
            return [self._app]
        if screen.focused is None:
            return [screen, self._app]
        return list(screen.focused.ancestors_with_self)

    def _off_route(self) -> Iterator[Widget]:
        """Widgets beside the route that have mail or are still being built (they may take the focus when
        they are).
        """
        screen = self._screen()
        if screen is not None:
            for node in screen.walk_children(with_self=True):
                if isinstance(node, Widget) and (_has_mail(node) or not node.is_mounted):
                    yield node

    async def _marker(self, pump: MessagePump) -> None:
        """Wait until `pump` has worked off what is in its queue now; return at once if it has ended."""
        if pump._task is None and pump is not self._app:
            await asyncio.sleep(0)  # Registered, not started: the next round sees it running or gone.
        else:
            await _arrival(pump, pump.call_later)


async def _arrival(pump: MessagePump, post: Callable[[Callable[[], None]], bool]) -> None:
    """Wait until the callback that `post` leaves with `pump` is called, or `pump` has ended."""
    reached = asyncio.get_running_loop().create_future()

    def arrive(_: object = None) -> None:
        if not reached.done():
            reached.set_result(None)

    task = pump._task
    if not post(arrive):
        return
    if task is not None:
        task.add_done_callback(arrive)
    try:
        await reached
    finally:
        if task is not None:
            task.remove_done_callback(arrive)


async def _refresh(screen: Screen[Any]) -> None:
    """Wait until the screen has called what waits for its next refresh.

    Textual lays a screen out from the resize of the dialog above it, which stops the timer of a refresh that was due
    and forgets what waited for it. The keyboard must not wait for ever: the screen is asked again.
    """
    arrival = asyncio.ensure_future(_arrival(screen, screen.call_after_refresh))
    try:
        while not (await asyncio.wait({arrival}, timeout=NUDGE_SECONDS))[0]:
            screen.check_idle()
    finally:
        arrival.cancel()


def _has_mail(pump: MessagePump) -> bool:
    return not pump._message_queue.empty()
