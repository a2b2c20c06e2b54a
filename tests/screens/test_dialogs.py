"""The generic dialogs: a slip confirms nothing, a reason costs one key, nothing typed is dropped in silence."""

from __future__ import annotations

from typing import Any

import pytest

from coop_tui.base_app import BaseApp
from screens.base import BaseModal, BaseScreen
from screens.dialogs.confirm import Confirm
from screens.dialogs.message import Message
from screens.dialogs.reason import Reason, ReasonDialog, ReasonGiven
from tests.screens.support import (
    SIZES,
    KeyCounter,
    SteadyClock,
    assert_snapshot,
    burst,
    running,
    screen_text,
    settle,
    toasts,
)

NOT_YET = object()
LINES = ("Asociado: ITZEL PÉREZ MUÑOZ · 50012", "Efecto: se anula la contraseña temporal [/]")
REASONS = (
    Reason("call", "Llamada verificada"),
    Reason("branch", "Solicitud en sucursal"),
    Reason("phishing", "Sospecha de fraude"),
    Reason("other", "Otro", needs_text=True),
)


class Desk(BaseApp[None]):
    def __init__(self, dialog: BaseModal[Any], clock: SteadyClock | None = None) -> None:
        clock = clock or SteadyClock()
        super().__init__(now=clock.now, monotonic=clock.monotonic)
        self.dialog, self.answer = dialog, NOT_YET

    def on_mount(self) -> None:
        self.push_screen(BaseScreen[None]())
        self.push_screen(self.dialog, self.note)

    def note(self, answer: Any) -> None:
        self.answer = answer


async def answer(dialog: BaseModal[Any], script: str) -> Any:
    app = Desk(dialog)
    async with running(app):
        await burst(app, script)
        return app.answer


@pytest.mark.parametrize(
    ("script", "given"),
    [("<f2>", True), ("<enter>", False), ("<escape>", None), ("<tab><enter>", True), ("y s<f4>", NOT_YET)],
)
async def test_only_the_confirm_key_or_its_button_confirms(script: str, given: object) -> None:
    assert await answer(Confirm("¿Anular?", LINES), script) is given


async def test_the_key_that_asked_does_not_confirm() -> None:
    dialog = Confirm("¿Publicar?", trigger_keys=("f2",))
    assert dialog.confirm_key == "f4"
    assert await answer(dialog, "<f2><f2>") is NOT_YET
    assert await answer(Confirm("¿Publicar?", trigger_keys=("f2",)), "<f4>") is True


async def test_a_reason_is_one_key_and_f2() -> None:
    app = Desk(ReasonDialog("Desbloquear", REASONS, summary=LINES))
    async with running(app) as pilot:
        keys = KeyCounter(pilot)
        await keys.press("2", "f2")
        assert app.answer == ReasonGiven("branch", "")
        assert keys.count == 2


@pytest.mark.parametrize(
    ("script", "code", "text"),
    [
        ("1<enter>pidió ayuda<enter>", "call", "pidió ayuda"),
        ("no recuerda<f2>", "other", "no recuerda"),
        ("<down><down><f2>", "branch", ""),
        ("4no recuerda<f2>", "other", "no recuerda"),
    ],
)
async def test_reasons_by_number_arrow_and_with_text(script: str, code: str, text: str) -> None:
    assert await answer(ReasonDialog("Desbloquear", REASONS), script) == ReasonGiven(code, text)


async def test_what_is_missing_is_asked_for_at_its_place() -> None:
    app = Desk(ReasonDialog("Desbloquear", REASONS, ask_password=True))
    async with running(app):
        await burst(app, "<f2>")
        assert "Elija un motivo" in screen_text(app)
        await burst(app, "4<f2>")
        assert screen_text(app).count("✗ Falta este dato.") == 2
        await burst(app, "porque sí<enter>mi-clave<enter>")
        assert app.answer == ReasonGiven("other", "porque sí", "mi-clave")
        assert "mi-clave" not in repr(app.answer)


async def test_after_a_pick_by_key_the_password_is_next() -> None:
    given = await answer(ReasonDialog("X", REASONS, ask_password=True), "1mi-clave<f2>")
    assert given == ReasonGiven("call", "", "mi-clave")


async def test_escape_asks_before_typed_text_is_dropped() -> None:
    app = Desk(ReasonDialog("Desbloquear", REASONS))
    async with running(app):
        await burst(app, "1<enter>algo<escape>")
        assert isinstance(app.screen, Confirm) and app.answer is NOT_YET
        await burst(app, "<escape>")
        assert app.screen is app.dialog
        await burst(app, " más<escape><f2>")
        assert app.answer is None
    assert await answer(ReasonDialog("X", REASONS), "1<escape>") is None


async def test_a_long_message_scrolls_and_closes() -> None:
    app = Desk(Message("Aviso", "\n".join(f"línea {n}" for n in range(60))))
    async with running(app):
        assert "línea 0" in screen_text(app) and "línea 40" not in screen_text(app)
        await burst(app, "<pagedown><pagedown><pagedown><pagedown>")
        assert "línea 59" in screen_text(app)
        await burst(app, "<enter>")
        assert app.answer is None


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["confirm", "reason"])
async def test_dialogs_fit(name: str, size: tuple[int, int]) -> None:
    dialog: BaseModal[Any] = (
        Confirm("¿Anular?", LINES, accept="Anular", dangerous=True)
        if name == "confirm"
        else ReasonDialog("Desbloquear", REASONS, summary=LINES, ask_password=True)
    )
    app = Desk(dialog)
    async with running(app, size):
        await settle(app)
        assert_snapshot(app, f"{name}_{size[0]}x{size[1]}")


class Work(BaseScreen[None]):
    def pending_work(self) -> str:
        return "los datos de la transferencia"


async def test_f10_asks_only_when_work_is_pending() -> None:
    app = Desk(Confirm("¿Anular?"))
    async with running(app):
        await burst(app, "<escape>")
        await app.push_screen(Work())
        await burst(app, "<f10>")
        assert "Se perderán los datos de la transferencia." in screen_text(app)
        await burst(app, "<f10><escape>")
        assert app.is_running and isinstance(app.screen, Work)
        await burst(app, "<f10><f2>")
        assert app._exit


async def test_f10_without_work_quits_and_ctrl_q_does_not() -> None:
    app = Desk(Confirm("¿Anular?"))
    async with running(app):
        await burst(app, "<escape><ctrl+q><ctrl+c>")
        assert not app._exit and toasts(app) == []
        await burst(app, "<f10>")
        assert app._exit


async def test_f12_without_a_session_says_so_under_a_dialog_too() -> None:
    app = Desk(Confirm("¿Anular?"))
    async with running(app):
        await burst(app, "<f12>")
        assert toasts(app) == ["No hay una sesión abierta que bloquear."]
