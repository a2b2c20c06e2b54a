"""The process behind a tab: started, spoken to in Textual's packets, and ended within seconds.

A packet is one byte of kind (`D` screen or keys, `M` a note in JSON), four bytes of length, and the content. What
matters lies in the database, so a process may be ended at any moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from coop_tui.environment import ORIGIN_VARIABLE, SERVED_DRIVER

PRELUDE: Final = b"__GANGLION__\n"
LEAVE_SECONDS: Final = 3
"""For each way of ending a process: asked, told by SIGTERM, and then not asked any more."""
WIDTHS, HEIGHTS = range(20, 501), range(5, 201)


class NotStarted(Exception):
    """The program ended before its first screen; `code` is its exit code."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


def environment_of(
    inherited: Mapping[str, str], size: tuple[int, int], origin: str, told: Mapping[str, str]
) -> dict[str, str]:
    """What the process is told: its driver, its first size, where the browser is, and the settings in `told`."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("TEXTUAL")}
    width, height = size
    return kept | {
        "TEXTUAL_DRIVER": SERVED_DRIVER,
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "TEXTUAL_FPS": "60",
        "COLUMNS": str(width),
        "ROWS": str(height),
        ORIGIN_VARIABLE: origin,
        **told,
    }


def size_within(width: object, height: object) -> tuple[int, int] | None:
    """Columns and rows that a browser may ask for, or None for anything else."""
    if type(width) is int and type(height) is int and width in WIDTHS and height in HEIGHTS:
        return width, height
    return None


class Child:
    """One running program. `start`, then `screen()` and `keys()`/`resize()` at the same time, then `end`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Child:
        """Start the program in `folder`. What it says on standard error is dropped: nobody there may read it."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            start_new_session=sys.platform != "win32",  # Ctrl+C on the server's terminal is the server's affair.
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The system's number of the process."""
        return self._process.pid

    async def screen(self, keep_device: Callable[[str], None]) -> AsyncIterator[bytes]:
        """What the program draws, until it ends; the device's token goes to `keep_device`. Raises NotStarted."""
        stdout = self._process.stdout
        assert stdout is not None
        if await stdout.readline() != PRELUDE:
            raise NotStarted(await self._process.wait())
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = await stdout.readexactly(5)
                content = await stdout.readexactly(int.from_bytes(head[1:], "big"))
                if head[:1] == b"D":
                    yield content
                elif head[:1] == b"M":
                    note = json.loads(content)
                    if note["type"] == "exit":
                        return
                    if note["type"] == "device":
                        keep_device(note["token"])

    async def keys(self, text: str) -> None:
        """Hand on what was typed."""
        await self._send(b"D", text.encode("utf-8", "replace"))

    async def note(self, kind: str, **values: int | str) -> None:
        """Hand on a note: `resize` with width and height, `device` with its token, `focus`, `blur`, `quit`."""
        await self._send(b"M", json.dumps({"type": kind, **values}).encode())

    async def end(self) -> None:
        """End the program: by its own way out, else by SIGTERM, else at once. Returns when it is gone."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.note("quit"), LEAVE_SECONDS)
        if self._process.stdin is not None:
            self._process.stdin.close()
        for stop in (None, self._process.terminate, self._process.kill):
            with contextlib.suppress(ProcessLookupError):
                if stop is not None:
                    stop()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone(), LEAVE_SECONDS)
                return

    async def _gone(self) -> None:
        """Read what it still draws, or it would wait for a reader for ever."""
        assert self._process.stdout is not None
        while await self._process.stdout.read(65536):
            pass
        await self._process.wait()

    async def _send(self, kind: bytes, content: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):  # It has just ended: its screen tells so.
            stdin.write(kind + len(content).to_bytes(4, "big") + content)
            await stdin.drain()


def inherited_environment() -> dict[str, str]:
    """The server's own variables."""
    return dict(os.environ)
