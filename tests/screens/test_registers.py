"""The registers of rights and of breaches by keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coop_tui.app import StaffApp
from screens.breach_form import BreachForm
from screens.breaches import BreachesScreen
from screens.desk import Desk
from screens.privacy import PrivacyScreen
from services.operator import Role
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, key_event, keys_of, screen_text
from tests.services.world import World


async def press(app: StaffApp, script: str) -> None:
    """All keys at once, then until everything stands still."""
    for key in keys_of(script):
        app.post_message(key_event(key))
    await at_rest(app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_request_from_its_form_to_its_answer(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    sqlite_world.staff("jefa", [Role.SUPERVISOR], sign_in=False)
    sqlite_world.account(sqlite_world.member(), balance=10_00)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", size=size, code=sqlite_world.code().reveal()):
        await press(app, ":arco<enter>")
        assert isinstance(app.screen, PrivacyScreen) and "No hay solicitudes" in screen_text(app)
        for key in ("t", "c", "x"):
            await press(app, key)
            assert "No hay una solicitud elegida." in screen_text(app)
        await press(app, "n50012<enter>")
        await press(app, "1Quiere copia de todo<f2>")
        await press(app, "<enter>")
        assert "Registrada: Acceso de 50012" in screen_text(app)
        await press(app, "tSe reúne lo que pidió<enter>")
        await press(app, "x<f2>")
        assert "Guardado datos-50012-" in screen_text(app)
        await press(app, "<f5>")
        if size == SIZES[0]:
            assert "Datos entregados. JSON, huella" in screen_text(app)
        await press(app, "c1Se le entregó la copia<f2>")
        assert "Cerrada: Concedida, respondida a tiempo." in screen_text(app)
        await press(app, "a")
        assert "respondida a tiempo" in screen_text(app)
        await press(app, "c")
        assert "ya está cerrada" in screen_text(app)
        await burst(app, "<escape>")
        assert isinstance(app.screen, Desk)
    (path,) = app.receipts_folder.glob("datos-50012-*.json")
    assert json.loads(path.read_text("utf-8"))["cuentas"][0]["balance"] == "10.00"


async def test_an_agent_registers_and_sees_no_list(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    sqlite_world.member()
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await press(app, ":arco<enter>")
        assert "Su rol registra solicitudes con N" in screen_text(app)
        await press(app, "n50012<enter>")
        await press(app, "4No quiere publicidad<f2>")
        await press(app, "<enter>")
        assert "Registrada: Oposición de 50012" in screen_text(app)
        await press(app, "<escape>:vulneraciones<enter>")
        assert isinstance(app.screen, Desk) or "rol no permite" in screen_text(app)
    assert sqlite_world.scalar("SELECT count(*) FROM privacy_request") == 1


@pytest.mark.parametrize("size", SIZES)
async def test_a_breach_from_its_form_to_its_end(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    sqlite_world.staff("jefa", [Role.SUPERVISOR], sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", size=size, code=sqlite_world.code().reveal()):
        await press(app, ":vulneraciones<enter>")
        assert isinstance(app.screen, BreachesScreen)
        await press(app, "n")
        assert isinstance(app.screen, BreachForm)
        await press(app, "<f2>")
        assert "Falta este dato." in screen_text(app)
        await press(app, "Correo a quien no era<enter>Nombres y saldos<f2>")
        assert "Registrada: quedan 3 d" in screen_text(app)
        assert_snapshot(app, f"breaches_{size[0]}x{size[1]}")
        await press(app, "iCarta enviada<enter>")
        assert "Falta para notificar: Acciones inmediatas" in screen_text(app)
        await press(app, "cNo hay más que hacer<enter>")
        assert "antes de cerrarla" in screen_text(app)
        await press(
            app, "e<tab><tab><tab><tab><tab><tab>Se recuperó el correo<enter>Cambiar la clave<enter>205-0911<f2>"
        )
        await press(app, "Se completó<enter>")
        assert "Lista para notificar." in screen_text(app)
        for keys in ("iCarta a ANTAI", "pCorreo a cada una", "cNo hay más que hacer"):
            await press(app, f"{keys}<enter>")
        assert "Cerrada: notificada a tiempo" in screen_text(app) and "· 0" in screen_text(app)
    assert sqlite_world.scalar("SELECT count(*) FROM breach_step") == 5


async def test_without_risk_and_an_impossible_hour(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff("jefa", [Role.SUPERVISOR], sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", code=sqlite_world.code().reveal()):
        await press(app, ":vulneraciones<enter>")
        await press(app, "nUna prueba<enter>Ninguno<f6>")
        assert "Riesgo: no, no se notifica" in screen_text(app)
        screen = app.screen
        assert isinstance(screen, BreachForm)
        screen._known.input.value = "31/02/2026 09:00"
        await press(app, "<f2>")
        assert "Fecha" in screen_text(app) and isinstance(app.screen, BreachForm)
        screen._known.input.value = "22/11/2026 9:05"
        await press(app, "<f2>")
        assert "sin riesgo: no se notifica" in screen_text(app)
    assert sqlite_world.scalar("SELECT known_at FROM breach").startswith("2026-11-22T14:05")
