"""Fields lose nothing that was typed, say what is wrong, and secrets don't get out."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from coop_tui.base_app import BaseApp
from data.values.money import Money
from screens.base import BaseScreen
from tests.screens.support import burst, key_event, running, screen_text, settle
from widgets.command import Command, CommandClass
from widgets.fields import Field, SecretField, check_fields
from widgets.house_input import CedulaInput, DateInput, MoneyInput, ReasonInput, TextInput
from widgets.secret_input import SecretInput

SECRET = "Clave-Secreta-9"


class Slash(Command):
    """Filtra."""

    id = "slash"
    label = "Filtrar"
    keys = ("/",)


class Form(BaseScreen[None]):
    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Slash,)
    AUTO_FOCUS = "#cedula"

    def compose_body(self) -> ComposeResult:
        yield Field("Cédula", CedulaInput(id="cedula", passthrough="/"), id="f-cedula")
        yield Field("Monto", MoneyInput(id="money"), id="f-money")
        yield Field("Fecha", DateInput(id="date"), required=False, id="f-date")
        yield Field("Motivo", ReasonInput(id="reason"), id="f-reason")
        yield Field("Corto", TextInput(id="short", max_length=8), id="f-short", required=False)
        yield SecretField("Clave", SecretInput(id="secret", max_length=20), id="f-secret")

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.slashes = 0

    def action_slash(self) -> None:
        self.slashes += 1

    @on(Input.Changed, "#secret")
    @on(Input.Submitted, "#secret")
    def note(self, event: Input.Changed | Input.Submitted) -> None:
        self.seen.append(event.value)

    def field(self, name: str) -> Field[Any]:
        return self.query_one(f"#f-{name}", Field)


class Desk(BaseApp[None]):
    form: Form

    def on_mount(self) -> None:
        self.form = Form()
        self.push_screen(self.form)


async def test_values_are_read_with_the_value_types() -> None:
    app = Desk()
    async with running(app):
        await burst(app, "8-123-456<tab>1,322.64<tab>14021986")
        assert app.form.field("money").given == Money(132264)
        assert app.form.field("cedula").given.format() == "8-123-456"
        assert app.form.field("date").given.isoformat() == "1986-02-14"


async def test_an_error_stands_at_its_field_and_nothing_typed_is_lost() -> None:
    app = Desk()
    async with running(app):
        await burst(app, "8-1<tab>7..5<tab>31/02/2026<tab>x")
        fields = [app.form.field(name) for name in ("cedula", "money", "date", "reason", "short")]
        assert not check_fields(fields)
        await settle(app)
        assert [bool(field.error) for field in fields] == [True, True, True, True, False]
        assert [field.text for field in fields] == ["8-1", "7..5", "31/02/2026", "x", ""]
        assert app.focused is app.form.field("cedula").input
        assert "✗ " in screen_text(app)
        await burst(app, "<end>23-456")
        assert app.form.field("cedula").error == "" and app.form.field("cedula").check()


async def test_an_empty_optional_field_is_none_and_a_required_one_says_so() -> None:
    app = Desk()
    async with running(app):
        assert app.form.field("date").value is None
        assert not app.form.field("money").check()
        assert app.form.field("money").error == "Falta este dato."


async def test_a_paste_that_does_not_fit_says_so_and_changes_nothing() -> None:
    app = Desk()
    async with running(app):
        field = app.form.field("short")
        field.input.focus()
        await settle(app)
        await burst(app, "ya")
        app.post_message(events.Paste("123456789"))
        await settle(app)
        assert field.text == "ya"
        assert "caben 8" in field.error
        app.post_message(events.Paste("123456"))
        await settle(app)
        assert (field.text, field.error) == ("ya123456", "")
        await burst(app, "x")
        assert field.text == "ya123456" and "Máximo 8" in field.error


async def test_a_paste_of_the_wrong_kind_says_so() -> None:
    app = Desk()
    async with running(app):
        field = app.form.field("money")
        field.input.focus()
        await settle(app)
        app.post_message(events.Paste("B/. 75.00"))
        await settle(app)
        assert field.text == "" and "Solo van cifras" in field.error
        await burst(app, "7x")
        assert field.text == "7" and "Solo van cifras" in field.error


async def test_a_paste_is_cleaned() -> None:
    app = Desk()
    async with running(app):
        app.post_message(events.Paste("\n\x1b]52;c;AAAAAAAAAAAAAAAA\x07ab\u202ec\nsegunda"))
        await settle(app)
        assert app.form.field("cedula").text == ""  # 20 characters at most: refused whole, and said
        assert "caben" in app.form.field("cedula").error
        app.post_message(events.Paste("\n8-1\u202e2\x1b\nsegunda"))
        await settle(app)
        assert app.form.field("cedula").text == "8-1·2·"


async def test_an_empty_search_field_leaves_command_characters_to_the_screen() -> None:
    app = Desk()
    async with running(app):
        await burst(app, "/")
        assert (app.form.slashes, app.form.field("cedula").text) == (1, "")
        await burst(app, "8/")
        assert (app.form.slashes, app.form.field("cedula").text) == (1, "8/")


async def test_a_secret_never_leaves_its_field() -> None:
    messages: list[str] = []

    def hook(message: Message) -> None:
        if not isinstance(message, events.Key):
            messages.append(repr(message))

    app = Desk()
    async with app.run_test(notifications=True, message_hook=hook):
        await settle(app)
        secret = app.form.query_one("#secret", SecretInput)
        secret.focus()
        await settle(app)
        for char in SECRET:
            app.post_message(events.Key("x", char))
        await settle(app)
        assert secret.value == SECRET and secret.check(len) == len(SECRET)
        for key in ("ctrl+shift+a", "ctrl+c", "super+c", "ctrl+x", "enter"):
            app.post_message(key_event(key))
        await settle(app)
        assert app.clipboard == ""
        assert set(app.form.seen) == {""} and len(app.form.seen) > len(SECRET)
        assert SECRET not in screen_text(app)
        assert not any(SECRET in message for message in messages)
        assert secret.take() == SECRET and secret.value == ""


async def test_a_secret_is_wiped_when_its_screen_is_left() -> None:
    app = Desk()
    async with running(app):
        form = Form()
        await app.push_screen(form)
        secret = form.query_one("#secret", SecretInput)
        secret.value = SECRET
        await burst(app, "<escape>")
        assert app.screen is app.form
        while secret.is_attached:
            await settle(app)
        await app.workers.wait_for_complete()
        assert secret.value == ""


async def test_a_secret_may_be_pasted_but_only_whole() -> None:
    app = Desk()
    async with running(app):
        field = app.form.query_one("#f-secret", SecretField)
        field.input.focus()
        await settle(app)
        app.post_message(events.Paste("x" * 21))
        await settle(app)
        assert not field.input.filled and "no cabe" in screen_text(app)
        app.post_message(events.Paste(SECRET))
        await settle(app)
        assert field.input.take() == SECRET


@pytest.mark.parametrize("widget", [Form, BaseApp, SecretInput])
def test_screen_text_cannot_be_selected(widget: type[Any]) -> None:
    assert widget.ALLOW_SELECT is False
