"""Nothing secret on any screen about a member, and nothing that a member wrote is more than text (req. 18, 55, 56)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.tables import MemberNote
from screens.record import RecordScreen
from screens.verify_panels import asked
from tests.screens.member_desk import MemberDesk, member_desk
from tests.screens.support import NARROW, SIZES, screen_text, widths
from tests.services.access_cases import last_password
from tests.services.callers import ANSWERS, sent_code
from tests.services.world import PASSWORD, START, World

HOSTILE = (
    "[@click=app.quit]x[/]",
    "[/] [b=1 [link=http://x]y[/link]",
    "\x1b]52;c;QUJD\x1b\\\x1b[31mrojo\x9b31m",
    "abc\u202edcba\u2066x\u200b",
    "Ñ" * 10_000,
)


class Eyes:
    """Everything that was on the screen, after each key."""

    def __init__(self, desk: MemberDesk) -> None:
        self.desk, self.seen = desk, [""]

    async def keys(self, script: str) -> None:
        await self.desk.keys(script)
        shown = screen_text(self.desk.app)
        self.seen.append(shown)
        assert "\x1b" not in shown and "\u202e" not in shown and "\x9b" not in shown
        assert set(widths(self.desk.app)) == {self.desk.size[0]}

    @property
    def everything(self) -> str:
        return "\n".join(self.seen)


async def test_no_answer_code_or_password_is_ever_on_a_screen(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path, supervisor=True)
    async with desk.open():
        eyes, said = Eyes(desk), []
        await eyes.keys("v")
        for _ in range(2):
            question = asked(desk.app.screen.state)  # type: ignore[attr-defined]
            assert question is not None
            said.append(ANSWERS[question.position][1])
            await eyes.keys(said[-1])
            await eyes.keys("<enter>")
        await eyes.keys("4")
        code = sent_code(sqlite_world)
        await eyes.keys(code)
        await eyes.keys("<enter>")
        await eyes.keys(f"7sgomez<enter>{PASSWORD}")
        factor = sqlite_world.code().reveal()
        await eyes.keys(f"<enter>{factor}")
        await eyes.keys("<enter>")
        assert isinstance(desk.app.screen, RecordScreen) and desk.record.record is not None
        assert desk.record.record.level == 3
        desk.age_password()
        await eyes.keys("a<f2>")
        await eyes.keys(PASSWORD)
        await eyes.keys("<enter>")
        password = last_password(sqlite_world)
        for script in (
            "<f5>",
            "h",
            "c",
            "<escape>",
            "n",
            "<escape>",
            "o",
            "<escape>",
            "<f1>",
            "<escape>",
            "t",
            "<escape>",
        ):
            await eyes.keys(script)
    for secret in (*(answer[1] for answer in ANSWERS.values()), code, factor, PASSWORD, password):
        assert secret not in eyes.everything, secret
    assert "socio50012@example.com" not in eyes.everything and "6005-0012" not in eyes.everything


def member_columns(text: str) -> dict[str, Any]:
    return {"given_names": text, "surnames": text}


@pytest.fixture(params=HOSTILE, ids=["click", "markup", "escapes", "bidi", "long"])
def hostile(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


@pytest.mark.parametrize("size", SIZES, ids=["narrow", "wide"])
async def test_what_a_member_or_a_file_wrote_is_text(
    sqlite_world: World, tmp_path: Path, hostile: str, size: tuple[int, int]
) -> None:
    columns = {"activated_at": START, "password_at": START, "blocked_reason": hostile[:200], "username": hostile[:60]}
    desk = member_desk(
        sqlite_world,
        tmp_path,
        access="bloqueado",
        state_before_block="activo",
        size=size,
        member=member_columns(hostile),
        **columns,
    )
    sqlite_world.change("UPDATE account SET label = :text WHERE member_id = :id", text=hostile, id=desk.member)
    sqlite_world._insert(MemberNote, member_id=desk.member, staff_id=1, at=START, text=hostile)
    async with desk.open(level=3):
        eyes = Eyes(desk)
        for script in (
            "<f5>",
            "v",
            "<escape>",
            "h",
            "<escape>",
            "n",
            "<escape>",
            "o",
            "<escape>",
            "d",
            "<escape>",
            "m",
        ):
            await eyes.keys(script)
        for script in ("<escape>", "t", "12<enter>", "75<tab>", hostile_typed(hostile), "<enter>", "<enter>"):
            await eyes.keys(script)
        for script in ("<escape>", "m"):
            await eyes.keys(script)
        for script in ("<enter>", "<escape>", "<escape>", ":", "tr 1 2", "<escape>", "<f2>"):
            await eyes.keys(script)
        # A file with such characters is not imported; where they got into the store all the same, no mail carries them.
        mailable = hostile.isprintable() and len(hostile) <= 200
        assert sqlite_world.balance(desk.second) == (75_00 if mailable else 0)
        assert desk.app.is_running and any(isinstance(screen, RecordScreen) for screen in desk.app.screen_stack)
        assert "N3 verificada" in screen_text(desk.app) or size == NARROW
        assert "50012" in screen_text(desk.app)


def hostile_typed(text: str) -> str:
    """What a hand can type of it, as a memo."""
    return "".join(char for char in text[:50] if char.isprintable() and char not in "<>")
