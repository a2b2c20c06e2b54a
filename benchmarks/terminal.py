"""The program on a pseudo-terminal, timed from outside: from exec to a text on the screen, from a key to its echo."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from pathlib import Path
from types import TracebackType

ESCAPES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_^X].*?\x1b\\|\x1b[ -/]*[0-~]", re.S
)
#: What a program asks its terminal, and what one answers.
ANSWERS = ((re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22c"), (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"))


class TooSlow(AssertionError):
    """The text never came; the end of what was on the screen is in the message."""


class Terminal:
    """One run of a command on a terminal of 120×40."""

    def __init__(
        self, command: list[str], *, env: dict[str, str] | None = None, columns: int = 120, rows: int = 40
    ) -> None:
        size = struct.pack("HHHH", rows, columns, rows * 16, columns * 8)
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            **(env or {}),
        }
        self.seen = bytearray()
        self.started = time.perf_counter()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, size)
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)

    def wait(self, text: str, *, since: float | None = None, limit: float = 30) -> float:
        """Milliseconds from `since` (or from exec) until `text` has been written. Raises TooSlow."""
        start = self.started if since is None else since
        wanted = text.encode()
        while wanted not in ESCAPES.sub(b"", bytes(self.seen)):
            left = limit - (time.perf_counter() - start)
            if left <= 0 or not self._read(left):
                raise TooSlow(ESCAPES.sub(b"", bytes(self.seen)).decode("utf-8", "replace")[-1500:])
        return (time.perf_counter() - start) * 1000

    def key(self, text: str) -> float:
        """Type one key and answer the milliseconds until the screen is written to."""
        self.quiet()
        self.seen.clear()
        start = time.perf_counter()
        os.write(self.master, text.encode())
        if not self._read(5):
            raise TooSlow(f"no echo of {text!r}")
        return (time.perf_counter() - start) * 1000

    def type(self, text: str) -> None:
        """Type without waiting."""
        self.seen.clear()
        os.write(self.master, text.encode())

    def quiet(self, still: float = 0.05, limit: float = 2) -> None:
        """Read until nothing was written for `still` seconds, at most `limit` seconds: a cursor blinks for ever."""
        end = time.perf_counter() + limit
        while self._read(still) and time.perf_counter() < end:
            pass

    def memory(self) -> float:
        """Resident megabytes of the process."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576

    def _read(self, limit: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], limit)
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        for question, reply in ANSWERS:
            for _ in question.findall(data):
                os.write(self.master, reply)
        self.seen += data
        return bool(data)
