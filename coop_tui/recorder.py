"""Keeps what a person sees and presses, beside their work (C5).

The program hands on keys and paints, which costs it an append; a thread of its own follows the screen, makes steps and
writes them every few seconds. Nothing here ever holds a key back, and without its store the desk works on: the steps
wait, as many as fit, and what did not fit is marked as lost in the recording.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from coop_tui.shadow_screen import ShadowScreen
from data.values.uuid7 import uuid7
from services.errors import CoopError, StoreUnavailable
from services.recording_frames import Step
from services.recordings import (
    EndRecording,
    KeepChunk,
    SealedChunk,
    StartRecording,
    end_recording,
    keep_chunk,
    seal_chunk,
    start_recording,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual._compositor import CompositorUpdate
    from textual.geometry import Region, Size

    from services.operator import Operator
    from services.unit_of_work import UnitOfWork

HIDDEN_KEY: Final = "•"
"""Stands for whatever was typed into a secret's field."""
QUIET_SECONDS: Final = 0.3
"""What is painted later than this after key and paint is the program's own doing: a step without a key."""
OWN_SECONDS: Final = 5
"""Such steps come at most this often: clocks that count down paint every second."""
MOST_DIGITS: Final = 10
MOST_ITEMS: Final = 5_000
MOST_STEPS: Final = 3_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """A key that was pressed, or something that was painted."""

    seconds: float
    at: datetime
    key: str = ""
    update: CompositorUpdate | None = None
    size: Size | None = None
    hidden: Sequence[Region] = ()


class StepMaker:
    """Makes steps of keys and paints. `ready`: those that are at rest."""

    def __init__(self) -> None:
        self._shadow = ShadowScreen()
        self._open: Item | None = None
        self._last_seconds = 0.0
        self._last_key = ""
        self._digits = 0
        self.ready: list[Step] = []
        self.lost = 0

    def take(self, item: Item) -> None:
        """One more thing happened."""
        if item.update is None:
            item = self._without_card(item)
            if item.key != HIDDEN_KEY or self._last_key != HIDDEN_KEY:  # how many there were is nobody's business
                self._rest()
                self._open = item
            self._last_key = item.key
        elif item.size is not None:
            if self._is_own(item):
                self._rest()
                self._open = item
            self._shadow.paint(item.update, item.size, item.hidden)
        self._last_seconds = item.seconds

    def _without_card(self, item: Item) -> Item:
        """Digits that go on and on may be a card's: those after the tenth are kept as «•» (req. 52)."""
        if item.key.isdecimal():
            self._digits += 1
        elif item.key not in ("space", " ", "-"):
            self._digits = 0
        return replace(item, key=HIDDEN_KEY) if self._digits > MOST_DIGITS and item.key.isdecimal() else item

    def settle(self, seconds: float) -> None:
        """Time has passed: what is at rest is ready."""
        if seconds - self._last_seconds > QUIET_SECONDS:
            self._rest()

    def _is_own(self, item: Item) -> bool:
        if self._open is None:
            return True
        if item.seconds - self._last_seconds <= QUIET_SECONDS:
            return False
        return bool(self._open.key) or item.seconds - self._open.seconds >= OWN_SECONDS

    def _rest(self) -> None:
        item, self._open = self._open, None
        if item is None:
            return
        frame = self._shadow.frame()
        if item.key or not self.ready or self.ready[-1].frame != frame:
            self.ready.append(Step(item.at, item.key, frame, self.lost))
            self.lost = 0


class Recorder:
    """Records one session in a thread of its own. Call `start` once; `stop` closes the recording."""

    def __init__(self, operator: Operator, uow: UnitOfWork) -> None:
        self.recording_id = uuid7()
        self._operator, self._uow = operator, uow
        self._items: deque[Item] = deque()
        self._overflown = 0
        self._maker = StepMaker()
        self._waiting: SealedChunk | None = None
        self._head = b""
        self._last: SealedChunk | None = None
        self._next_step = 1
        self._marked_at = uow.clock.now()
        self._over = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Record from now on."""
        self._thread.start()

    def stop(self, *, wait_seconds: float = 0) -> None:
        """Close the recording with what came until now; wait for it as long as told."""
        self._stopped.set()
        if wait_seconds:
            self._thread.join(wait_seconds)

    # In the program's own thread: an append each --------------------------------------------------

    def key(self, label: str, at: datetime) -> None:
        """A key was pressed."""
        self._take(Item(time.monotonic(), at, label))

    def paint(self, update: CompositorUpdate, size: Size, hidden: Sequence[Region], at: datetime) -> None:
        """Something was painted."""
        self._take(Item(time.monotonic(), at, "", update, size, hidden))

    def _take(self, item: Item) -> None:
        if self._stopped.is_set() or self._over:
            return
        if len(self._items) < MOST_ITEMS:
            self._items.append(item)
        elif item.key:
            self._overflown += 1

    # In the recorder's ----------------------------------------------------------------------------

    def _run(self) -> None:
        seconds = self._uow.policy.recording.write_seconds
        while not self._over:
            stopping = self._stopped.wait(seconds)
            self._digest(everything=stopping)
            try:
                self._write()
                if stopping:
                    end = EndRecording(self.recording_id, self._last, self._head, self._maker.lost)
                    end_recording(end, self._operator, self._uow)
            except StoreUnavailable:
                _log.warning("recorder: %s", StoreUnavailable.code)
            except CoopError as error:
                _log.warning("recorder: %s", error.code)
                self._over = True
            if stopping:
                self._over = True

    def _digest(self, *, everything: bool) -> None:
        while self._items:
            self._maker.take(self._items.popleft())
        self._maker.lost, self._overflown = self._maker.lost + self._overflown, 0
        self._maker.settle(float("inf") if everything else time.monotonic())
        ready = self._maker.ready
        if (surplus := len(ready) - MOST_STEPS) > 0:
            gone = sum(1 + step.lost for step in ready[:surplus])
            del ready[:surplus]
            ready[0] = replace(ready[0], lost=ready[0].lost + gone)

    def _write(self) -> None:
        """Write what is ready. A chunk whose fate is unknown is written again as it was."""
        if not self._head:
            self._head = start_recording(StartRecording(self.recording_id), self._operator, self._uow)
        if self._waiting is not None:
            self._keep(self._waiting)
        if steps := list(self._maker.ready):
            number = self._last.number + 1 if self._last else 1
            chunk = seal_chunk(self._uow.secrets, self.recording_id, number, self._next_step, steps, self._head)
            del self._maker.ready[: len(steps)]
            self._waiting = chunk
            self._keep(chunk)

    def _keep(self, chunk: SealedChunk) -> None:
        now = self._uow.clock.now()
        mark = now - self._marked_at >= timedelta(minutes=self._uow.policy.recording.mark_minutes)
        keep_chunk(KeepChunk(chunk, mark), self._operator, self._uow)
        self._waiting, self._last, self._head = None, chunk, chunk.hash
        self._next_step = chunk.last_step + 1
        if mark:
            self._marked_at = now
