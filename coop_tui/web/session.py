"""A tab and its process: keys one way, the screen the other, until either ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import WSCloseCode, WSMsgType, web

from coop_tui.web.child import Child, NotStarted, environment_of, inherited_environment, size_within
from coop_tui.web.devices import Device
from coop_tui.web.limits import Rate
from coop_tui.web.passes import Pass

logger = logging.getLogger("coop_tui.web")

HEARTBEAT_SECONDS = 15
"""A browser that is gone without a word is missed after one and a half of these."""
CLOSE_SECONDS = 2
MESSAGE_BYTES = 64 * 1024
MESSAGES_PER_MINUTE = 6000
"""Far above a hand, a pasted page and a mouse that never rests."""
USUAL_SIZE = (80, 24)


class Nonsense(Exception):
    """A message that no page of ours sends."""


@dataclass(frozen=True, slots=True)
class Program:
    """What a session runs, and where. `settings`: variables that are the same for every session."""

    command: Sequence[str]
    folder: Path
    settings: dict[str, str]

    def told(self, station: Pass) -> dict[str, str]:
        """The settings of a session at that station."""
        own = {"COOP_TERMINAL": station.terminal, "COOP_CHANNEL": station.channel}
        return self.settings | {name: value for name, value in own.items() if value}


class Sessions:
    """The sessions that run on this server."""

    def __init__(self, program: Program, *, idle_seconds: float) -> None:
        self._program, self._idle_seconds = program, idle_seconds
        self._open: set[web.WebSocketResponse] = set()
        self._ending = False

    async def run(self, request: web.Request, station: Pass, origin: str) -> web.WebSocketResponse:
        """One session from its first byte to the end of its process."""
        socket = web.WebSocketResponse(
            timeout=CLOSE_SECONDS, heartbeat=HEARTBEAT_SECONDS, max_msg_size=MESSAGE_BYTES, compress=False
        )
        await socket.prepare(request)
        if self._ending:
            await socket.close(code=WSCloseCode.GOING_AWAY)
            return socket
        self._open.add(socket)
        try:
            size = _first_size(request)
            environment = environment_of(inherited_environment(), size, origin, self._program.told(station))
            child = await Child.start(self._program.command, environment, self._program.folder)
            await self._join(socket, child, station.device)
        finally:
            self._open.discard(socket)
        return socket

    async def end_all(self) -> None:
        """Take leave of every browser; each session then ends its own process."""
        self._ending = True
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(self._open)))

    async def _join(self, socket: web.WebSocketResponse, child: Child, device: Device | None) -> None:
        if device is not None and (token := device.token()) is not None:
            await child.note("device", token=token)
        screen = asyncio.create_task(_show(child, socket, device.keep if device else lambda _token: None))
        code = WSCloseCode.OK
        try:
            async with asyncio.timeout(self._idle_seconds) as idle:
                await _listen(socket, child, lambda: idle.reschedule(_later(self._idle_seconds)))
        except TimeoutError:
            logger.info("idle")
        except Nonsense:
            code = WSCloseCode.POLICY_VIOLATION
        finally:
            screen.cancel()
            await asyncio.gather(screen, return_exceptions=True)
            await asyncio.gather(socket.close(code=code), child.end())


def _later(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def _show(child: Child, socket: web.WebSocketResponse, keep_device: Callable[[str], None]) -> None:
    """Send what is drawn; close the tab's session when the program has ended."""
    try:
        async for drawn in child.screen(keep_device):
            await socket.send_bytes(drawn)
    except NotStarted as error:
        logger.error("a session ended before its first screen, exit code %s: run «coop-tui doctor»", error.code)
    except ConnectionError:
        return
    with contextlib.suppress(ConnectionError):
        await socket.close()


async def _listen(socket: web.WebSocketResponse, child: Child, alive: Callable[[], None]) -> None:
    """Hand on what the browser says, until it goes. Raises Nonsense."""
    rate = Rate(MESSAGES_PER_MINUTE)
    async for message in socket:
        if message.type is not WSMsgType.TEXT or not rate.take(""):
            raise Nonsense
        kind, value = _parsed(message.data)
        if kind == "stdin" and isinstance(value, str):
            alive()
            await child.keys(value)
        elif kind == "resize" and isinstance(value, dict):
            if (size := size_within(value.get("width"), value.get("height"))) is not None:
                await child.note("resize", width=size[0], height=size[1])
        elif kind == "focus" or kind == "blur":
            await child.note(str(kind))
        elif kind == "ping" and isinstance(value, str):
            await socket.send_json(["pong", value[:20]])
        else:
            raise Nonsense


def _parsed(text: str) -> tuple[object, object]:
    try:
        match json.loads(text):
            case [kind]:
                return kind, None
            case [kind, value]:
                return kind, value
    except (ValueError, RecursionError):
        pass
    raise Nonsense


def _first_size(request: web.Request) -> tuple[int, int]:
    """The size that the page asks for, or the usual one."""
    asked = [request.query.get(name, "") for name in ("width", "height")]
    numbers = [int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else None for text in asked]
    return size_within(*numbers) or USUAL_SIZE
