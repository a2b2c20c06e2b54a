"""What one origin may ask of the server, and how many sessions it carries (policy `[web_staff]`, `[web_portal]`)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Origins that are remembered at once. Beyond it the one that was quiet longest is forgotten.
REMEMBERED = 4096


class NoSeat(Exception):
    """The server, or what one origin may have of it, is full."""


class Rate:
    """So many a minute for each origin, saved up to one minute's worth (a token bucket each)."""

    def __init__(self, per_minute: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._monotonic = monotonic
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, origin: str) -> bool:
        """Use one up; False when none is left."""
        now = self._monotonic()
        left, since = self._left.pop(origin, (self._most, now))
        left = min(self._most, left + (now - since) * self._most / 60)
        allowed = left >= 1
        self._left[origin] = (left - 1 if allowed else left, now)  # put last: the order is that of the last visit
        if len(self._left) > REMEMBERED:
            del self._left[next(iter(self._left))]
        return allowed

    def __len__(self) -> int:
        return len(self._left)


class Seats:
    """The sessions that run, counted for each origin and in all."""

    def __init__(self, most: int, per_origin: int) -> None:
        self._most, self._per_origin = most, per_origin
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many sessions run."""
        return self._taken.total()

    def free_for(self, origin: str) -> bool:
        """Whether one more session from `origin` would find a seat."""
        return self.taken < self._most and self._taken[origin] < self._per_origin

    @contextmanager
    def seat(self, origin: str) -> Iterator[None]:
        """A seat for as long as the session runs. Raises NoSeat."""
        if not self.free_for(origin):
            raise NoSeat
        self._taken[origin] += 1
        try:
            yield
        finally:
            self._taken[origin] -= 1
            if not self._taken[origin]:
                del self._taken[origin]
