"""Keys at 0 ms land where slow keys land; none is lost, whatever the program is doing."""

from __future__ import annotations

import asyncio
import os
import random
import threading
from typing import Any, ClassVar

import pytest
from textual import events, on
from textual.app import App, ComposeResult
from textual.widgets import Input

from coop_tui.base_app import BaseApp
from coop_tui.key_gate import KeyGate
from screens.base import BaseModal, BaseScreen
from screens.dialogs.confirm import Confirm
from screens.flow import flow
from tests.screens.support import burst, key_event, running, screen_text, settle, told, type_slowly
from widgets.command import Command, CommandClass
from widgets.fields import Field
from widgets.house_input import TextInput
from widgets.text import PlainText


class Ask(Command):
    """Abre un diálogo."""

    id = "ask"
    label = "Preguntar"
    keys = ("f2",)


class Slow(Command):
    """Llama a un servicio lento y abre la pantalla siguiente."""

    id = "slow"
    label = "Enviar"
    keys = ("f5",)


class Danger(Command):
    """Pregunta antes de actuar."""

    id = "danger"
    label = "Borrar"
    keys = ("f8",)
    dangerous = True


class AskDialog(BaseModal[str]):
    AUTO_FOCUS = "Input"

    def compose_body(self) -> ComposeResult:
        yield TextInput(id="dialog-text")

    @on(Input.Submitted)
    def done(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class Second(BaseScreen[None]):
    """A screen that takes its focus late, as one that builds its fields from an answer does."""

    def compose_body(self) -> ComposeResult:
        yield PlainText("Segunda")

    async def on_mount(self) -> None:
        super().on_mount()
        await asyncio.sleep(0)
        await self.query_one("#body").mount(TextInput(id="late"))
        self.query_one("#late").focus()

    async def action_back(self) -> None:
        self.app.log_of_session.append(f"segunda={self.query_one('#late', Input).value}")  # type: ignore[attr-defined]
        await super().action_back()


class First(BaseScreen[None]):
    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Ask, Slow, Danger)
    AUTO_FOCUS = "#a"

    def compose_body(self) -> ComposeResult:
        yield Field("Uno", TextInput(id="a"))
        yield Field("Dos", TextInput(id="b"))

    @property
    def record(self) -> list[str]:
        return self.app.log_of_session  # type: ignore[attr-defined, no-any-return]

    def value(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value

    @flow
    async def action_ask(self) -> None:
        answer = await self.app.push_screen_wait(AskDialog())
        self.record.append(f"dijo={answer}")

    @flow
    async def action_slow(self) -> None:
        gate = self.app.gate_of_service  # type: ignore[attr-defined]
        await self.call(gate.wait, 5)
        self.app.push_screen(Second())

    @flow
    async def action_danger(self) -> None:
        agreed = await self.app.push_screen_wait(Confirm("¿Borrar?", ["Cuenta 1"]))
        await self.call(lambda: None)
        self.record.append(f"borrar={agreed}")
        if agreed:
            self.query_one("#b").focus()

    @on(Input.Submitted, "#a")
    def next_field(self) -> None:
        self.query_one("#b").focus()

    @on(Input.Submitted, "#b")
    def submitted(self) -> None:
        self.action_slow()


class Desk(BaseApp[None]):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.log_of_session: list[str] = []
        self.gate_of_service = threading.Event()
        self.gate_of_service.set()

    def on_mount(self) -> None:
        self.push_screen(First())

    @property
    def first(self) -> First:
        return next(screen for screen in self.screen_stack if isinstance(screen, First))

    def state(self) -> tuple[object, ...]:
        inputs = [(type(screen).__name__, w.id, w.value) for screen in self.screen_stack for w in screen.query(Input)]
        return (inputs, self.focused.id if self.focused else None, self.log_of_session)


async def test_tab_and_text_reach_the_next_field() -> None:
    app = Desk()
    async with running(app):
        await burst(app, "juana<tab>pérez muñoz")
        assert (app.first.value("a"), app.first.value("b")) == ("juana", "pérez muñoz")


async def test_text_after_f2_reaches_the_dialog_and_what_follows_reaches_the_screen_behind() -> None:
    app = Desk()
    async with running(app):
        await burst(app, "uno<f2>8-700-1234<enter>dos")
        assert app.log_of_session == ["dijo=8-700-1234"]
        assert app.first.value("a") == "unodos"


async def test_without_the_gate_the_same_burst_goes_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate is what makes the other tests pass: Textual alone types into the field behind."""
    monkeypatch.setattr(Desk, "on_event", lambda self, event: App.on_event(self, event))
    app = Desk()
    async with running(app) as pilot:
        for key in ("f2", "8", "7", "0", "0"):
            app.post_message(key_event(key))
        await pilot.pause()
        assert app.first.value("a") != ""


async def test_keys_wait_for_a_slow_submission_and_land_on_the_new_screen() -> None:
    app = Desk()
    async with running(app) as pilot:
        app.gate_of_service.clear()
        for key in ("x", "enter", "y", "enter", *"8700", "space", "9"):
            app.post_message(key_event(key))
        while app.first.value("b") != "y" or app.gate.waiting != 6:
            await asyncio.sleep(0)
        assert isinstance(app.screen, First)
        app.gate_of_service.set()
        await settle(app)
        assert isinstance(app.screen, Second)
        assert app.screen.query_one("#late", Input).value == "8700 9"
        assert (app.first.value("a"), app.first.value("b")) == ("x", "y")
        await pilot.pause()


async def test_a_dialog_of_a_flow_gets_its_keys_and_the_flow_holds_the_ones_after_it() -> None:
    app = Desk()
    async with running(app):
        await burst(app, "1<f8><f2>dos")
        assert app.log_of_session == ["borrar=True"]
        assert (app.first.value("a"), app.first.value("b")) == ("1", "dos")


async def test_a_paste_keeps_its_place_among_the_keys() -> None:
    app = Desk()
    async with running(app):
        parts = (key_event("a"), events.Paste("PEGADO"), key_event("tab"), events.Paste("8-1-2"), key_event("z"))
        for event in parts:
            app.post_message(event)
        await settle(app)
        assert (app.first.value("a"), app.first.value("b")) == ("aPEGADO", "8-1-2z")


async def test_escape_breaks_an_old_hold_and_drops_what_was_typed_for_the_screen_that_did_not_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(KeyGate, "PATIENCE", 0.0)
    app = Desk()
    async with running(app):
        app.gate_of_service.clear()
        for key in ("f5", "a", "b"):
            app.post_message(key_event(key))
        while not (app.gate.held and app.gate.waiting == 2):
            await asyncio.sleep(0)
        await burst(app, "<escape>z")
        assert app.first.value("a") == "z"
        app.gate_of_service.set()
        await app.workers.wait_for_complete()
        await settle(app)


async def test_escape_keeps_its_place_in_a_young_hold() -> None:
    app = Desk()
    async with running(app):
        await burst(app, "<f5>ocho<escape>uno")
        assert app.log_of_session == ["segunda=ocho"]
        assert app.first.value("a") == "uno"


async def test_a_cancelled_flow_releases_the_keys() -> None:
    app = Desk()
    async with running(app):
        worker = app.first.action_slow()
        worker.cancel()  # Before its first step.
        await burst(app, "a")
        assert app.first.value("a") == "a"


async def test_a_flow_started_twice_runs_once() -> None:
    app = Desk()
    async with running(app):
        app.gate_of_service.clear()
        assert app.first.action_slow() is app.first.action_slow()
        app.gate_of_service.set()
        await app.workers.wait_for_complete()
        await settle(app)
        assert [type(screen).__name__ for screen in app.screen_stack].count("Second") == 1


async def test_holds_are_counted() -> None:
    app = Desk()
    async with running(app):
        outer, inner = app.hold_keys(), app.hold_keys()
        app.post_message(key_event("q"))
        inner.release()
        while not app.gate.waiting:
            await asyncio.sleep(0)
        for _ in range(50):
            await asyncio.sleep(0)
        assert app.first.value("a") == ""
        outer.release()
        await settle(app)
        assert app.first.value("a") == "q"


class Failing(First):
    error: Exception = ValueError()

    @flow
    async def action_slow(self) -> None:
        secret_local = "clave-" + "secreta"

        def service() -> None:
            raise self.error

        await self.call(service)
        del secret_local


class Refused(Exception):
    user_text = "No hay fondos suficientes. Revise el monto."


async def test_a_service_error_is_shown_and_the_session_lives(caplog: pytest.LogCaptureFixture) -> None:
    app = Desk()
    async with running(app):
        screen = Failing()
        screen.error = Refused()
        await app.push_screen(screen)
        await burst(app, "<f5>sigo")
        assert told(app) == ["No hay fondos suficientes. Revise el monto."]
        assert "✗ No hay fondos suficientes." in screen_text(app)
        assert screen.value("a") == "sigo"
        assert not caplog.records


async def test_a_fault_shows_a_code_logs_no_values_and_the_session_lives(caplog: pytest.LogCaptureFixture) -> None:
    app = Desk()
    async with running(app):
        screen = Failing()
        screen.error = KeyError("8-123-456 Tmp-SECRETO [/]")
        await app.push_screen(screen)
        await burst(app, "<f5>sigo")
        (text,) = told(app)
        assert text.startswith("Error interno. Código ")
        code = text.split()[-1].rstrip(".")
        assert code in caplog.text and "builtins.KeyError" in caplog.text and "test_key_gate.py" in caplog.text
        assert "SECRETO" not in caplog.text and "clave-secreta" not in caplog.text
        assert screen.value("a") == "sigo"


SCRIPT_PARTS = ["a", "ñ", "8-1", "<tab>", "<shift+tab>", "<f2>", "<enter>", "<f5>", "<f8>", "<escape>", "<backspace>"]


SESSIONS = int(os.environ.get("COOP_GATE_SESSIONS", "30"))
"""200 take a minute and a half."""


def session_script(seed: int) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice(SCRIPT_PARTS) for _ in range(rng.randint(4, 14)))


@pytest.mark.parametrize("start", range(0, SESSIONS, 10))
@pytest.mark.thorough
async def test_random_sessions_end_alike_at_0_ms_and_typed_slowly(start: int) -> None:
    for seed in range(start, start + 10):
        script = session_script(seed)
        ends = []
        for deliver in (burst, type_slowly):
            app = Desk()
            async with running(app):
                await deliver(app, script)
                ends.append(app.state())
        assert ends[0] == ends[1], f"seed {seed}: {script}"


async def test_keys_before_the_first_screen_stands_reach_it() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        await burst(app, "8-123-456")
        assert app.first.value("a") == "8-123-456"
        await pilot.pause()


async def test_a_thousand_keys_in_a_burst_lose_none() -> None:
    app = Desk()
    async with running(app):
        text = "".join(random.Random(7).choice("abcdefgh0123") for _ in range(190))
        for _ in range(2):
            await burst(app, text + "<f2>x<enter>" + "<backspace>" * 190)
        assert app.log_of_session == ["dijo=x"] * 2
        assert app.first.value("a") == ""


def test_a_question_within_a_question_holds_the_keys_again_after_the_last_answer() -> None:
    """A form that a flow waits for asks in a flow of its own: its answer must not end the first flow's wait."""
    gate = KeyGate(Desk(), deliver=None)  # type: ignore[arg-type]
    hold = gate.hold()
    hold.pause()
    hold.pause()
    hold.resume()
    assert not gate.held
    hold.resume()
    assert gate.held
    hold.release()
    assert not gate.held
