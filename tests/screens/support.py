"""What tests of screens share: a fast pilot, keys at 0 ms, a key counter and text snapshots."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import textual._wait
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from coop_tui.base_app import BaseApp
from widgets.message_line import MessageLine

NARROW = (80, 24)
WIDE = (120, 40)
SIZES = (NARROW, WIDE)
SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = "COOP_UPDATE_SNAPSHOTS"
UPDATING = os.environ.get(UPDATE) == "1"  # Read here: the tests' own home drops the program's variables.

_TOKEN = re.compile(r"<([a-z0-9+_]+)>|(.)", re.DOTALL)


@dataclass
class SteadyClock:
    """A clock that moves only when a test moves it. 09:41 on 23/11/2026 in Panama at first."""

    at: datetime = datetime(2026, 11, 23, 14, 41, tzinfo=UTC)
    seconds: float = 1000.0

    def now(self) -> datetime:
        """Return the time (UTC)."""
        return self.at

    def monotonic(self) -> float:
        """Return steady seconds."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture(autouse=True)
def fast_pilot(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Freeze what a snapshot may not show, and let the pilot look 10 times as often whether the program rests."""
    monkeypatch.setattr(textual._wait, "SLEEP_GRANULARITY", 0.002)
    monkeypatch.setattr(textual._wait, "SLEEP_IDLE", 0.001)
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _self: None)
    yield


def keys_of(script: str) -> list[str]:
    """Return the keys of a script: `<f2>8-700<enter>`; characters stand for themselves."""
    return [token or _key_of(char) for token, char in _TOKEN.findall(script)]


def _key_of(char: str) -> str:
    return char if char.isalnum() else _character_to_key(char)


def key_event(key: str) -> events.Key:
    """Return the event that a terminal driver makes of a key."""
    if len(key) == 1:
        return events.Key(key, key)
    named = {"space": " ", "minus": "-", "full_stop": ".", "comma": ",", "slash": "/", "colon": ":", "at": "@"}
    named |= {"question_mark": "?", "underscore": "_", "left_square_bracket": "[", "right_square_bracket": "]"}
    return events.Key(key, named.get(key))


async def burst(app: BaseApp[Any], script: str) -> None:
    """Deliver all keys of a script at 0 ms, as a card reader does; wait until the program has worked them off."""
    for key in keys_of(script):
        app.post_message(key_event(key))
    await settle(app)


async def settle(app: BaseApp[Any], *, paint: bool = True) -> None:
    """Wait until the program has worked off every key and, with `paint`, shows it."""
    while app._message_queue.qsize():
        await _marker(app)
    await _marker(app)
    await app.gate.idle()
    for _ in range(3 if paint else 0):
        if app.is_running:
            await app.screen.wait_for_refresh()


async def _marker(app: BaseApp[Any]) -> None:
    done = asyncio.Event()
    if app.call_later(done.set):
        await done.wait()


async def type_slowly(app: BaseApp[Any], script: str) -> None:
    """Deliver the keys of a script one by one, each after the program has come to rest."""
    for key in keys_of(script):
        app.post_message(key_event(key))
        await settle(app, paint=False)
        await settle(app, paint=False)
    await settle(app)


@dataclass
class KeyCounter:
    """Counts the keys of a task: control keys and command letters count, typed data doesn't."""

    pilot: Pilot[Any]
    pressed: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Keys so far."""
        return len(self.pressed)

    async def press(self, *keys: str) -> None:
        """Press keys that count."""
        self.pressed += keys
        await self.pilot.press(*keys)
        await settle(self.pilot.app)  # type: ignore[arg-type]

    async def data(self, text: str) -> None:
        """Type data: it doesn't count."""
        for char in text:
            self.pilot.app.post_message(key_event(_key_of(char)))
        await settle(self.pilot.app)  # type: ignore[arg-type]


@asynccontextmanager
async def running(app: BaseApp[Any], size: tuple[int, int] = NARROW) -> AsyncIterator[Pilot[Any]]:
    """Run an app with toasts, at a size, until its first screen stands."""
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield pilot


def screen_text(app: BaseApp[Any]) -> str:
    """Return what the terminal shows, line by line, without trailing blanks."""
    strips = app.screen._compositor.render_strips()
    lines = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    return "\n".join(lines).rstrip("\n") + "\n"


def assert_snapshot(app: BaseApp[Any], name: str) -> None:
    """Compare the screen with `snapshots/<name>.txt`; write it when COOP_UPDATE_SNAPSHOTS=1."""
    shown, path = screen_text(app), SNAPSHOTS / f"{name}.txt"
    if UPDATING:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown, encoding="utf-8")
        return
    assert path.exists(), f"no snapshot {path.name}: look at the screen below, then run with {UPDATE}=1\n{shown}"
    assert shown == path.read_text(encoding="utf-8"), f"{path.name} differs; if it should, run with {UPDATE}=1\n{shown}"


def toasts(app: BaseApp[Any]) -> list[str]:
    """Return the texts of the toasts on show, oldest first."""
    return [str(note.message) for note in app._notifications]


def told(app: BaseApp[Any]) -> list[str]:
    """Return what the user was told: the toasts on show and the message line of the screen."""
    lines = [line.plain_text for line in app.screen.query(MessageLine) if line.has_class("-shown")]
    return toasts(app) + [re.sub(r"^[^\w«¿]+ ", "", line) for line in lines]


def widths(app: BaseApp[Any]) -> Sequence[int]:
    """Return the cell width of each line on the screen."""
    return [strip.cell_length for strip in app.screen._compositor.render_strips()]
