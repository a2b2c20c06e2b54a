"""Makes the pictures of the README: the real app on a demo cooperative, an agent at work.

    uv run --frozen python docs/screenshots/make.py

Writes mostrador.svg and ficha.svg beside this file. The demo's people are invented; its clock stands still, so that
the pictures change only when the screens do.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from textual.pilot import Pilot

from coop_tui.app import StaffApp
from coop_tui.settings import load_settings
from coop_tui.wiring import init_store, open_store
from screens.desk import Desk
from screens.record import RecordScreen
from screens.sign_in import SignIn
from screens.verify import VerifyScreen
from services.demo import DemoSheet, build_demo
from widgets.text import PlainText

HERE = Path(__file__).resolve().parent
SIZE = (120, 36)
PATIENCE = 30
AGENT = "mrodriguez"
MEMBER = "40020"
#: Fonts from elsewhere, and the window's frame that names them: a picture must not call on anybody.
OUTSIDE = re.compile(r"@font-face\s*\{[^}]*\}\s*|<!--.*?-->\s*", re.DOTALL)


class StillClock:
    """09:41 in Panama, 23 November 2026."""

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 14, 41, tzinfo=UTC)


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    """Wait for what the program does by itself, then for its paint."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(pilot.app.screen)
        await asyncio.sleep(0.02)
    await pilot.pause(0.5)


async def type_in(pilot: Pilot[int], text: str) -> None:
    """Type into the field that has the focus."""
    await pilot.press(*("space" if char == " " else char for char in text))


def keep(app: StaffApp, name: str) -> None:
    """Write the screen as an SVG that stands on its own."""
    picture = OUTSIDE.sub("", app.export_screenshot(title="coop-tui"))
    picture = picture.replace("Fira Code", "ui-monospace, DejaVu Sans Mono")
    (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")


async def sign_in(pilot: Pilot[int], app: StaffApp, sheet: DemoSheet) -> None:
    await until(pilot, lambda: isinstance(app.screen, SignIn))
    await type_in(pilot, AGENT)
    await pilot.press("enter")
    await type_in(pilot, sheet.password)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, Desk))


async def verify(pilot: Pilot[int], app: StaffApp, sheet: DemoSheet) -> None:
    """Open the record and answer the two questions that were drawn."""
    answers = dict(sheet.member(MEMBER).answers)
    await type_in(pilot, MEMBER)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, RecordScreen))
    await pilot.press("v")
    await until(pilot, lambda: isinstance(app.screen, VerifyScreen) and app.screen.state is not None)
    question, asked = app.screen.query_one("#question", PlainText), {""}
    for _ in range(2):
        await until(pilot, lambda: question.plain_text not in asked)
        asked.add(question.plain_text)
        await type_in(pilot, answers[question.plain_text])
        await pilot.press("enter")
    await until(pilot, lambda: level(app) == 1)
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(app.screen, RecordScreen))


def level(app: StaffApp) -> int:
    """How far the caller is verified."""
    screen = app.screen
    return screen.state.level if isinstance(screen, VerifyScreen) and screen.state is not None else 0


async def make(folder: Path) -> None:
    """A new demo store in `folder`, and the pictures of it."""
    settings = init_store(load_settings(folder, environ={}), vault_dir=folder / "llaves", demo=True)
    opener = partial(open_store, settings, clock=StillClock())
    sheet = build_demo(opener())
    app = StaffApp(settings, opener=opener, now=StillClock().now, background=False)
    async with app.run_test(size=SIZE) as pilot:
        await sign_in(pilot, app, sheet)
        keep(app, "mostrador")
        await verify(pilot, app, sheet)
        keep(app, "ficha")
    app.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(make(Path(temporary) / "datos"))
