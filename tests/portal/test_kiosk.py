"""The kiosk: no key leads out of it, and nothing of the last person stays in it (req. 13, 33, 38, 56)."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.widgets import Input

from coop_tui.portal_app import PortalApp
from screens.portal.account_detail import CardStatement
from screens.portal.ask import Ask, AskSecret
from screens.portal.contract import Contract
from screens.portal.forgotten import NewPassword, ProveMember
from screens.portal.help_page import HelpText
from screens.portal.password import Password
from screens.portal.statement import MonthlyStatement
from screens.portal.still_there import StillThere
from screens.portal.temporary import Temporary
from screens.portal.user import User
from tests.portal.kiosk import IMAGE_NAME, NEW_PASSWORD, SCREENS, USER, Kiosk, at_rest, kiosk, texts_of
from tests.portal.test_payments import code_of, inside
from tests.screens.support import key_event, settle, told
from tests.services.portal_door import configured, right_answer
from tests.services.world import World

NAMED = (
    *("escape", "enter", "tab", "space", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"),
    *("up", "down", "left", "right", "menu", "pause"),
)
FUNCTION = [f"f{number}" for number in range(1, 25)]
PLAIN = [*NAMED, *FUNCTION, *string.ascii_letters, *string.digits, *string.punctuation]
MODIFIED = [*NAMED, *FUNCTION, *string.ascii_lowercase, *string.digits]
EVERY_KEY = [
    *PLAIN,
    *(f"{held}+{key}" for held in ("ctrl", "alt", "shift", "super", "ctrl+shift", "ctrl+alt") for key in MODIFIED),
    *(f"ctrl+{name}" for name in ("backslash", "right_square_bracket", "left_square_bracket", "at", "underscore")),
]
LETS_GO_SECONDS = 20
OURS = ("screens.portal.", "screens.dialogs.help", "screens.dialogs.confirm", "screens.dialogs.message")


def still_inside(app: PortalApp) -> None:
    assert app.is_running and not app._exit and app.return_code is None
    assert [screen for screen in app.screen_stack[1:] if not type(screen).__module__.startswith(OURS)] == []
    assert app.clipboard == ""


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would leave the program: nothing of it may be called."""
    called: list[str] = []
    for name in (
        "action_quit",
        "action_suspend_process",
        "action_palette",
        "action_line",
        "action_screenshot",
        "suspend",
    ):
        monkeypatch.setattr(App, name, lambda *_, name=name, **__: called.append(name), raising=False)
        if hasattr(PortalApp, name):
            monkeypatch.setattr(PortalApp, name, lambda *_, name=name, **__: called.append(name))
    return called


#: The registration, movements, a payment step by step to its review, profile, security.
DEEPER = ("<f3>", "1", "t", "t<enter>", "t<enter><enter><enter>", "t<enter><enter><enter>75<enter><enter>", "p", "s")


async def press_everything(desk: Kiosk) -> None:
    """Every key once, wherever the last one has led; the screens themselves may change meanwhile."""
    for key in EVERY_KEY:
        desk.app.post_message(key_event(key))
        await settle(desk.app, paint=False)
        still_inside(desk.app)
    await at_rest(desk.app)


@pytest.mark.thorough
@pytest.mark.parametrize("where", ["temporary", *SCREENS])
async def test_no_key_leads_out(where: str, sqlite_world: World, tmp_path: Path, no_way_out: list[str]) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        if where == "temporary":
            await desk.keys("50012<enter>")
        else:
            await desk.up_to(where)
        await press_everything(desk)
        assert no_way_out == []


async def test_no_key_leads_out_of_the_sign_in(sqlite_world: World, tmp_path: Path, no_way_out: list[str]) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.keys("nadie.conocido<enter>")
        await press_everything(desk)
        await desk.app.start_over().wait()
        await at_rest(desk.app)
        await desk.keys("nadie.conocido<enter>cualquiera<enter>")
        desk.on(Password)
        await press_everything(desk)
        assert no_way_out == []


@pytest.mark.parametrize(
    "script",
    [""] + [pytest.param(script, marks=pytest.mark.thorough) for script in DEEPER],
)
async def test_no_key_leads_out_of_what_a_member_sees(
    script: str, sqlite_world: World, tmp_path: Path, no_way_out: list[str]
) -> None:
    """The registration, the accounts, a payment as far as its review, profile and security."""
    async with inside(sqlite_world, tmp_path) as desk:
        if script == "<f3>":
            desk.app.sign_out()
            await at_rest(desk.app)
        await desk.keys(script)
        await press_everything(desk)
        assert no_way_out == []


async def by(desk: Kiosk, script: str, kind: type[Any]) -> None:
    await desk.keys(script)
    desk.on(kind)


async def to_new_password(desk: Kiosk) -> None:
    """Past the forgotten password's code and question."""
    await by(desk, f"{FORGOTTEN}{USER}<enter>", ProveMember)
    answer = right_answer(desk.on(ProveMember)._step.question_text).reveal()
    await by(desk, f"{code_of(desk.world)}<enter>{answer}<enter>", NewPassword)


PLAN = "t<end><enter><enter><enter><enter><enter>"
FORGOTTEN = f"{USER}<enter>cualquiera<enter><f6>"
#: How what stands beside the way in, asks for a code or tells of a card is reached; the first four from the door.
BESIDE: dict[str, Callable[[Kiosk], Awaitable[None]]] = {
    "questions": lambda desk: by(desk, "<f7>", HelpText),
    "guide": lambda desk: by(desk, "<f6>", HelpText),
    "forgotten": lambda desk: by(desk, f"{FORGOTTEN}{USER}<enter>", ProveMember),
    "new password": to_new_password,
    "card": lambda desk: by(desk, "<end><enter>", CardStatement),
    "month": lambda desk: by(desk, "e", MonthlyStatement),
    "plan": lambda desk: by(desk, f"{PLAN}75<enter><enter><enter>", Ask),
    "code": lambda desk: by(
        desk, "t<home><down><down><down><down><down><enter><enter>50233<enter>40<enter><enter><f2><enter>", AskSecret
    ),
}


@pytest.mark.thorough
@pytest.mark.parametrize("where", BESIDE)
async def test_no_key_leads_out_of_what_stands_beside(
    where: str, sqlite_world: World, tmp_path: Path, no_way_out: list[str]
) -> None:
    """The help pages, the forgotten password, a card's statement, the code of a payment."""
    async with inside(sqlite_world, tmp_path) as desk:
        if where == "card":
            debts = {"floor": -1_000_00, "min_balance": -1_000_00, "card_last4": "4471"}
            sqlite_world.account(desk.member, product="41", number="5216-XXXX-XXXX-4471", **debts)
            desk.app.screen.load()  # type: ignore[attr-defined]
            await at_rest(desk.app)
        if where in list(BESIDE)[:4]:
            desk.app.sign_out()
            await at_rest(desk.app)
        await BESIDE[where](desk)
        await press_everything(desk)
        assert no_way_out == []


async def test_no_key_leads_out_of_the_contract(sqlite_world: World, tmp_path: Path, no_way_out: list[str]) -> None:
    configured(sqlite_world)
    async with kiosk(sqlite_world, tmp_path, first_access=False) as desk:
        await desk.sign_in()
        desk.on(Contract)
        await press_everything(desk)
        assert no_way_out == []


async def test_actions_of_the_toolkit_are_none_of_the_kiosks(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        for action in (
            "quit",
            "suspend_process",
            "screenshot",
            "toggle_dark",
            "command_palette",
            "help_quit",
            "palette",
        ):
            assert await desk.app.run_action(f"app.{action}") is False
            still_inside(desk.app)
        assert {binding.key for _, binding in desk.app._bindings} == {"f1"}


async def test_nothing_is_copied(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.keys("itzel<ctrl+shift+a><ctrl+c>")
        desk.app.copy_to_clipboard("itzel")
        assert desk.app.clipboard == ""


async def test_an_idle_screen_is_asked_about_then_wiped(sqlite_world: World, tmp_path: Path) -> None:
    limits = sqlite_world.uow.policy.portal
    idle, notice = limits.kiosk_idle_minutes * 60, limits.kiosk_notice_seconds
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.keys("itzel.perez")
        await desk.pass_time(idle - notice - 1)
        desk.on(User)
        await desk.pass_time(1)
        desk.on(StillThere)
        await desk.keys("x")  # Somebody is there: the key answers, and goes no further.
        assert desk.on(User).query_one(Input).value == "itzel.perez"
        await desk.pass_time(idle - notice)
        desk.on(StillThere)
        await desk.pass_time(notice)
        assert desk.on(User).query_one(Input).value == ""
        assert any("Por su seguridad" in text for text in told(desk.app))


async def test_an_answer_in_the_last_second_keeps_the_session_in_the_service_too(
    sqlite_world: World, tmp_path: Path
) -> None:
    """The service counts the same two minutes: it hears of the answer at once, not with its next look."""
    limits = sqlite_world.uow.policy.portal
    idle, notice = limits.kiosk_idle_minutes * 60, limits.kiosk_notice_seconds
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to("image")
        await desk.pass_time(idle - notice)
        desk.on(StillThere)
        await desk.pass_time(notice - 1)
        await desk.keys("x")
        await desk.pass_time(4)
        desk.on(SCREENS["image"])
        await desk.take("image")
        desk.on(SCREENS["questions"])


@pytest.mark.parametrize("first", ["answer", "time"])
async def test_an_answer_at_the_very_time_out(sqlite_world: World, tmp_path: Path, first: str) -> None:
    """Whichever comes first counts: nothing is wiped by halves, and nobody stands before a screen that is not there."""
    limits = sqlite_world.uow.policy.portal
    idle, notice = limits.kiosk_idle_minutes * 60, limits.kiosk_notice_seconds
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to("image")
        await desk.pass_time(idle - notice)
        desk.on(StillThere)
        desk.clock.advance(notice)
        if first == "time":
            desk.app.post_message(key_event("x"))  # It waits its turn: the clock is looked at before it is read.
            desk.app.watch_idle()
            desk.app.watch_idle()
        else:
            await desk.app.on_event(key_event("x"))
            desk.app.watch_idle()
        await at_rest(desk.app)
        assert not any("referencia" in text.lower() for text in told(desk.app)), told(desk.app)
        alive = sqlite_world.scalar("SELECT count(*) FROM member_session WHERE ended_at IS NULL")
        if first == "answer":
            desk.on(SCREENS["image"])
            assert alive == 1
            return
        desk.on(User)
        assert alive == 0 and [type(screen) for screen in desk.app.screen_stack[1:]] == [User]
        await desk.fill(username="")
        await desk.enter_temporary(NEW_PASSWORD)  # The next one, or the same one again, comes in.
        desk.on(SCREENS["image"])


async def test_an_empty_first_screen_rests_in_peace(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        first = desk.on(User)
        await desk.pass_time(3600)
        assert desk.app.screen is first


async def test_an_idle_wipe_ends_the_session_in_the_service(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to("image")
        await desk.pass_time(sqlite_world.uow.policy.portal.kiosk_idle_minutes * 60)
        desk.on(User)
        assert sqlite_world.scalar("SELECT count(*) FROM member_session WHERE ended_at IS NULL") == 0


async def test_a_session_that_the_service_ends_takes_the_screen_away(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to("image")
        sqlite_world.change("UPDATE access SET state = 'suspendido' WHERE member_id = :id", id=desk.member)
        await desk.pass_time(5)
        desk.on(User)
        assert "ITZEL" not in desk.text


async def test_two_people_one_after_the_other_leave_nothing(sqlite_world: World, tmp_path: Path) -> None:
    """What the first one typed, saw and was called is nowhere in the program that serves the second."""
    planted = ["Itzel", "ITZEL", "8-700-50012", NEW_PASSWORD, USER, IMAGE_NAME, "Samudio"]
    async with kiosk(sqlite_world, tmp_path) as desk:
        planted.append(desk.temporary)
        await desk.up_to("services")
        assert any("ITZEL" in text for text in texts_of(desk.app)), "the search finds what is there"
        desk.app.sign_out()
        await at_rest(desk.app)
        desk.on(User)
        await nothing_left(desk, planted)
        await desk.keys("50012<enter>")
        assert "ITZEL" not in desk.text


async def nothing_left(desk: Kiosk, planted: Sequence[str]) -> None:
    """None of it is reachable, once a stopped clock has let go of its bar, which takes it a second."""
    loop = asyncio.get_running_loop()
    late = loop.time() + LETS_GO_SECONDS
    while left := {word for text in texts_of(desk.app) for word in planted if word in text}:
        assert loop.time() < late, f"still in the program's memory: {sorted(left)}"
        await at_rest(desk.app)


async def test_what_stays_in_memory_fails_the_search(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.portal.test_kiosk.LETS_GO_SECONDS", 0)
    async with kiosk(sqlite_world, tmp_path) as desk:
        desk.app.forgotten = ["de la persona anterior: Itzel"]  # type: ignore[attr-defined]
        with pytest.raises(AssertionError, match="Itzel"):
            await nothing_left(desk, ["Itzel", "Samudio"])


async def test_figures_of_the_first_person_are_gone_too(sqlite_world: World, tmp_path: Path) -> None:
    """Accounts, a payment under way, its receipt: whoever comes next finds none of it."""
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("t<enter><enter><enter>75<enter>para mi tía<enter><enter>")
        await desk.keys("<enter>1")
        assert any("1,247.64" in text for text in texts_of(desk.app))
        await desk.pass_time(sqlite_world.uow.policy.portal.kiosk_idle_minutes * 60)
        desk.on(User)
        planted = ("1,247.64", "06-018-50012", "para mi tía", "ITZEL", NEW_PASSWORD)
        await nothing_left(desk, planted)


@pytest.mark.thorough
async def test_what_the_first_person_planned_is_gone_too(sqlite_world: World, tmp_path: Path) -> None:
    """A favourite on show, a plan half made, a statement: in the middle of each the time runs out."""
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("t<enter><enter><enter>75<enter><enter><enter>g<enter>")
        sqlite_world.change("UPDATE favourite SET label = 'Mi guardadito'")
        for script, seen in (
            ("t<end><up><enter>", "Mi guardadito"),
            (f"{PLAN}66.01<enter>", "66.01"),
            ("e", "Octubre"),
        ):
            await desk.keys(script)
            assert any(seen in text for text in texts_of(desk.app)), desk.text
            await desk.pass_time(sqlite_world.uow.policy.portal.kiosk_idle_minutes * 60)
            desk.on(User)
            await nothing_left(desk, ("Mi guardadito", "66.01", "06-018-50012", "ITZEL"))
            await desk.sign_in()


async def test_a_fault_brings_the_first_screen_back(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        for worker in list(desk.app.workers):
            if worker.name == "front_door":
                worker.cancel()
        await desk.app.pop_screen()
        await at_rest(desk.app)
        desk.app.watch_idle()
        await at_rest(desk.app)
        desk.on(User)
        await desk.keys("50012<enter>")
        desk.on(Temporary)
