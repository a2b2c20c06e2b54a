"""What the door tells the audit trail: when it opened and closed, who came to it, whom it sent away and why (req. 48).

The server holds neither the store nor a key, so it hands each note to a process of its own that does (`serve --trail`),
through a pipe. A thread writes, so that a slow store keeps no visitor waiting.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

logger = logging.getLogger("coop_tui.web")

WAITING = 1000
"""Notes that may wait for the store. What comes beyond is counted, and the next note says how many."""
CLOSE_SECONDS = 10


class Trail(Protocol):
    """Where the door leaves its notes."""

    def note(self, action: str, terminal: str = "", *, reason: str = "", **detail: str | int | bool) -> None:
        """Leave one. Never waits, never fails."""


class NoTrail:
    """For a door without a store behind it."""

    def note(self, action: str, terminal: str = "", *, reason: str = "", **detail: str | int | bool) -> None:
        """Nothing is kept."""


class TrailPipe:
    """Hands notes to the process that writes them. `command` starts it; it ends when its input does."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command, self._folder = list(command), folder
        self._notes: queue.Queue[str | None] = queue.Queue(WAITING)
        self._lost = 0
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._write, name="trail", daemon=True)
        self._thread.start()

    def note(self, action: str, terminal: str = "", *, reason: str = "", **detail: str | int | bool) -> None:
        """Leave one."""
        lost, self._lost = self._lost, 0
        told = detail | ({"lost": lost} if lost else {})
        line = json.dumps({"action": action, "terminal": terminal, "reason": reason, "detail": told})
        try:
            self._notes.put_nowait(line)
        except queue.Full:
            self._lost = lost + 1

    def close(self) -> None:
        """Let what waits be written, for some seconds."""
        with contextlib.suppress(queue.Full):
            self._notes.put(None, timeout=CLOSE_SECONDS)
        self._thread.join(CLOSE_SECONDS)
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(CLOSE_SECONDS)

    def _write(self) -> None:
        while (line := self._notes.get()) is not None:
            if not (self._hand_over(line) or self._hand_over(line)):  # a process that died is started anew, once
                self._lost += 1
                logger.error("the audit trail did not get a note of the web door: run «coop-tui doctor»")
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _hand_over(self, line: str) -> bool:
        try:
            if self._process is None or self._process.poll() is not None:
                # A session of its own: Ctrl+C at the server must not end it before it has told of the server's end.
                self._process = subprocess.Popen(
                    self._command, cwd=self._folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                    encoding="utf-8", start_new_session=True,
                )  # fmt: skip
            if self._process.stdin is None:
                return False
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        except OSError:
            return False
        return True
