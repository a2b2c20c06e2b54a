"""Form and line are two ways to one and the same command, at any speed (C3, C4): own, somebody else's, cash."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from screens.dialogs.confirm import Confirm
from screens.record import RecordScreen
from services import payments
from tests.screens.counter import counter, open_till, with_till
from tests.screens.staff import at_rest
from tests.screens.support import screen_text, type_slowly
from tests.services.callers import sent_code
from tests.services.world import World


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every command that was confirmed."""
    found: list[Any] = []
    real = payments.confirm

    def confirm(command: Any, operator: Any, uow: Any) -> Any:
        found.append(command)
        return real(command, operator, uow)

    monkeypatch.setattr("screens.payment.confirm", confirm)
    return found


def same(sent: list[Any]) -> None:
    """Two commands that ask for the same, each under its own key."""
    first, second = (asdict(command) for command in sent)
    assert first.pop("key") != second.pop("key") and type(sent[0]) is type(sent[1])
    first.pop("prepared_hash"), second.pop("prepared_hash")  # it names the balance, which had moved
    assert first == second


WAYS = {
    "own": ("t12<enter>75<enter><enter>", ":tr 1 2 75<enter><enter>"),
    "plan": ("t13<enter>20<enter><enter>", ":pl 20 de 1<enter><enter>"),
    "contributions": ("t14<enter>cuota<enter><enter>", ":ap cuota de 1<enter><enter>"),
    "loan": ("t15<enter>100<enter><enter>", ":pr 100 de 1<enter><enter>"),
    "insurance": ("t16<enter>10<enter><enter>", ":seg 6 10 de 1<enter><enter>"),
    "card": ("t17<enter>35<enter><enter>", ":tc minimo de 1<enter><enter>"),
    "mobile": ("t18<enter>9.25<enter><enter>", ":cel 9.25 de 1<enter><enter>"),
}


@pytest.mark.parametrize("slowly", [False, True], ids=["burst", "slowly"])
@pytest.mark.parametrize("kind", WAYS)
async def test_form_and_line_send_the_same_command(
    sqlite_world: World, tmp_path: Path, sent: list[Any], kind: str, slowly: bool
) -> None:
    served = counter(sqlite_world, tmp_path)
    async with served.desk.open(level=2):
        for script in WAYS[kind]:
            if slowly:
                await type_slowly(served.desk.app, script)
                await at_rest(served.desk.app)
            else:
                await served.desk.keys(script)
            assert served.desk.app.screen.receipt is not None, screen_text(served.desk.app)  # type: ignore[attr-defined]
            await served.desk.keys("<escape>")
    same(sent)


async def test_somebody_else_by_form_and_by_line(sqlite_world: World, tmp_path: Path, sent: list[Any]) -> None:
    served = counter(sqlite_world, tmp_path)
    async with served.desk.open(level=2):
        for script in ("t150233/1<enter>40<enter>", ":tr 1 50233/1 40<enter>"):
            await served.desk.keys(f"{script}c")
            await served.desk.keys(f"{sent_code(sqlite_world)}<enter>")
            assert served.desk.app.screen.receipt is not None, screen_text(served.desk.app)  # type: ignore[attr-defined]
            await served.desk.keys("<escape>")
    same(sent)


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("tc2<enter>40<enter><enter>", ":dep 2 40<enter><enter>"),
        ("t1c<enter>40<enter><enter>", ":ret 1 40<enter><enter>"),
    ],
    ids=["deposit", "withdrawal"],
)
async def test_cash_by_form_and_by_line(
    sqlite_world: World, tmp_path: Path, sent: list[Any], form: str, line: str
) -> None:
    served = with_till(sqlite_world, tmp_path)
    async with served.desk.open(level=2, username="caja"):
        open_till(served)
        for script in (form, line):
            await served.desk.keys(script)
            assert served.desk.app.screen.receipt is not None, screen_text(served.desk.app)  # type: ignore[attr-defined]
            await served.desk.keys("<escape>")
    same(sent)


async def test_no_line_posts_by_itself(sqlite_world: World, tmp_path: Path, sent: list[Any]) -> None:
    """Whatever is typed, one Enter at most opens a form or its review."""
    served = counter(sqlite_world, tmp_path)
    async with served.desk.open(level=2):
        for line in ("tr 1 2 75", "pr", "pr cuota de 1", "pr 3", "tr 1 50233 5", "zzz", "dep 1 40", "tc min de 1"):
            await served.desk.keys(f":{line}<enter>")
            while not isinstance(served.desk.app.screen, RecordScreen):
                await served.desk.keys("<escape>")
                if isinstance(served.desk.app.screen, Confirm):
                    await served.desk.keys("<f2>")
    assert sent == []
    assert sqlite_world.scalar("SELECT count(*) FROM operation WHERE kind <> 'opening'") == 0
