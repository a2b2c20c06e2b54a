"""Time left, as mm:ss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from textual.message import Message

from widgets.shell import shell_of
from widgets.text import PlainText


def seconds_left(until: datetime, now: datetime) -> int:
    """Return whole seconds from `now` to `until` (both aware), rounded up; 0 when it is over."""
    return max(0, math.ceil((until - now).total_seconds()))


def remaining(seconds: int) -> str:
    """Return seconds as `mm:ss`, from an hour on as `h:mm:ss`."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


class Countdown(PlainText):
    """Counts down to a moment by the program's clock and says once when it has come."""

    DEFAULT_CSS = "Countdown { width: auto; height: 1; }"

    @dataclass
    class Expired(Message):
        """The moment has come."""

        countdown: Countdown

        @property
        def control(self) -> Countdown:
            """The countdown, for `@on` selectors."""
            return self.countdown

    def __init__(
        self,
        until: datetime | None = None,
        *,
        after: str = "vencido",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._until = until
        self._after = after

    def on_mount(self) -> None:
        """Follow the clock."""
        self.set_interval(1, self.tick)
        self.tick()

    def count_to(self, until: datetime | None) -> None:
        """Count to another moment (aware), or stop at None."""
        self._until = until
        self.tick()

    def tick(self) -> None:
        """Draw the time left."""
        if self._until is None:
            self.show("")
            return
        left = seconds_left(self._until, shell_of(self).now())
        self.show(remaining(left) if left else self._after)
        if not left:
            self._until = None
            self.post_message(self.Expired(self))
