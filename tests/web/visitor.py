"""A browser's ways to a server, without a browser: pages, the form, and the websocket of a tab."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

PATIENCE = 30
"""Seconds after which a wait is given up: what is waited for did not happen."""


@asynccontextmanager
async def visitor(url: str) -> AsyncIterator[Visitor]:
    """Somebody at the server of that address; no cookie yet."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as client:
        yield Visitor(url, client)


@dataclass
class Visitor:
    """A browser, as far as the server can tell."""

    url: str
    client: aiohttp.ClientSession
    cookie: str = ""

    async def get(self, path: str = "/", **headers: str) -> aiohttp.ClientResponse:
        """The answer to a GET, read to its end."""
        async with self.client.get(
            self.url + path, headers=self._with_cookie(headers), allow_redirects=False
        ) as answer:
            await answer.read()
            return answer

    async def enter(self, key: str = "", origin: str | None = None, **headers: str) -> aiohttp.ClientResponse:
        """Press «Entrar»; the cookie is kept as a browser keeps it."""
        sent = {"Origin": self.url if origin is None else origin, **headers}
        form = {"llave": key}
        async with self.client.post(self.url + "/entrar", data=form, headers=sent, allow_redirects=False) as answer:
            await answer.read()
            if answer.status == 303:
                self.cookie = answer.headers["Set-Cookie"].split(";")[0]
            return answer

    @asynccontextmanager
    async def tab(self, query: str = "?width=100&height=30", **headers: str) -> AsyncIterator[Tab]:
        """A websocket as our page opens it. Raises aiohttp.WSServerHandshakeError."""
        sent = self._with_cookie({"Origin": self.url, **headers})
        async with self.client.ws_connect(f"{self.url}/ws{query}", headers=sent) as socket:
            yield Tab(socket)

    async def refusal(self, **headers: str) -> int:
        """The status by which a websocket is refused."""
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with self.tab(**headers):
                pass
        return refused.value.status

    def _with_cookie(self, headers: dict[str, str]) -> dict[str, str]:
        return {"Cookie": self.cookie, **headers} if self.cookie else headers


@dataclass
class Tab:
    """The browser's end of a session."""

    socket: aiohttp.ClientWebSocketResponse

    async def drawn(self) -> bytes:
        """The next thing that is drawn."""
        message = await self.socket.receive(PATIENCE)
        assert message.type is WSMsgType.BINARY, message
        return bytes(message.data)

    async def told(self) -> dict[str, Any]:
        """What the process was told at its start."""
        found: dict[str, Any] = json.loads(await self.drawn())
        return found

    async def shows(self, text: str) -> None:
        """Read on until the program has drawn `text` (in one piece)."""
        drawn = b""
        while text.encode() not in drawn:
            drawn += await self.drawn()

    async def closed(self) -> int | None:
        """The code by which the server ends it."""
        while (await self.socket.receive(PATIENCE)).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
            pass
        return self.socket.close_code


async def gone(pid: int) -> bool:
    """Wait until a process has ended and was waited for."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
            await asyncio.to_thread(os.stat, "/")
