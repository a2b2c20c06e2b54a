"""A real browser without a window, from the system's packages, and what its terminal shows."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pyte
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, WebSocket

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",  # the tests may run as root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PATIENCE_MS = 40_000
TICK_MS = 50


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser. Without one the test is skipped with the reason, and fails where CI=true."""
    executable = next((found for name in NAMES if (found := shutil.which(name))), None)
    if executable is None:
        give_up("no Chromium on this machine")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        give_up("playwright has no build for this machine")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=executable, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


def give_up(reason: str) -> None:
    """A browser that is not there is an untested one where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (needed where CI=true)")
    pytest.skip(reason)


class Tab:
    """One tab. What its terminal shows is read from what the server sent, through a terminal of our own."""

    def __init__(self, browser: Browser, context: BrowserContext | None = None) -> None:
        viewport: ViewportSize = {"width": 1100, "height": 640}
        self.context = context or browser.new_context(viewport=viewport, locale="es-PA")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.asked: list[str] = []
        self.errors: list[str] = []
        self._screen = pyte.Screen(80, 24)
        self._news = True
        self._stream = pyte.ByteStream(self._screen)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("websocket", self._opened)

    @property
    def lines(self) -> list[str]:
        """The terminal's lines."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """All that the terminal shows."""
        return "\n".join(self.lines)

    def see(self, *texts: str) -> None:
        """Wait until all of these stand on the screen."""
        self._news = True
        for _ in range(PATIENCE_MS // TICK_MS):
            if self._news and not self._missing(texts):
                return
            self._news = False  # Looking is dear: look again when something was drawn.
            self.page.wait_for_timeout(TICK_MS)
        raise AssertionError(f"{self._missing(texts)} never stood on:\n{self.text}")

    def _missing(self, texts: tuple[str, ...]) -> list[str]:
        shown = self.text
        return [text for text in texts if text not in shown]

    def type(self, *keys: str) -> None:
        """Type texts and press keys; a key stands in <>: `<Enter>`."""
        for key in keys:
            if key.startswith("<"):
                self.page.keyboard.press(key[1:-1])
            else:
                self.page.keyboard.type(key)

    def picture(self, path: Path) -> Path:
        """What a person would see, as PNG."""
        self.page.screenshot(path=path)
        return path

    def _opened(self, socket: WebSocket) -> None:
        query = parse_qs(urlsplit(socket.url).query)
        self._screen.reset()
        self._screen.resize(int(query["height"][0]), int(query["width"][0]))
        socket.on("framereceived", self._drawn)
        socket.on("framesent", self._sent)

    def _drawn(self, content: Any) -> None:
        if isinstance(content, bytes):
            self._stream.feed(content)
            self._news = True

    def _sent(self, content: Any) -> None:
        kind, *values = json.loads(content)
        if kind == "resize":
            self._screen.resize(values[0]["height"], values[0]["width"])
