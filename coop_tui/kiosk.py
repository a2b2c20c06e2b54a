"""A terminal that is the portal's alone: no key of it reaches the process or a shell (req. 38)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

#: What a terminal sends at a key (interrupt, quit, stop); Windows knows the first alone.
OF_THE_KEYBOARD = ("SIGINT", "SIGQUIT", "SIGTSTP")


def keep_signals_out() -> None:
    """From now on the terminal's own signals do nothing. Call it again when Textual has set its handlers: it would
    stop the program at SIGTSTP, and the shell would be there."""
    os.environ.pop("TEXTUAL_ALLOW_SIGNALS", None)
    for name in OF_THE_KEYBOARD:
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)


def end_when_told(end: Callable[[], object]) -> None:
    """Whoever looks after the machine ends the portal with SIGTERM: it signs out and leaves the terminal whole. Called
    inside the running loop; Windows has no such signal.
    """
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
