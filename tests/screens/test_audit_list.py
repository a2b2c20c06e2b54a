"""The audit on the screen: filtered, paged, told whole, proven on one key, and stopped when asked."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest
from textual.widgets import Input

from data.secrets.signing import Signer
from screens import audit_list
from screens.audit_list import AuditList
from screens.audit_panels import bar, spark
from screens.desk import Desk
from services.audit_inclusion import check_inclusion
from services.audit_log import VerifyTrail, verify_trail
from services.audit_proof import Proof
from services.checkpoints import checkpoint
from services.operations import Op
from services.operator import Operator, Role
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, screen_text
from tests.services.world import World


def some_events(world: World, count: int = 3) -> None:
    """An auditor to look, and an agent's events to look at."""
    world.staff("auditora", (Role.AUDITOR,), sign_in=False)
    agent = world.staff()
    member_id = world.member("50012")
    with world.uow.begin(agent, Op.QUEUE_VIEW) as tx:
        for _ in range(count):
            tx.record(
                "access.unlock", member=member_id, reason="[red]lo pidió[/red] ella", detail={"before": "bloqueado"}
            )
        tx.commit()


@pytest.mark.parametrize("size", SIZES)
async def test_the_audit_looks_so(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    some_events(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", size=size, code=sqlite_world.code().reveal()):
        await burst(app, "<f6>")
        await at_rest(app)
        assert isinstance(app.screen, AuditList)
        await burst(app, "<f3>acción:desbloqueó<enter>")
        await at_rest(app)
        assert_snapshot(app, f"audit_{size[0]}x{size[1]}")
        assert "[red]lo pidió[/red] ella" in screen_text(app)


async def test_pages_and_filters(sqlite_world: World, tmp_path: Path) -> None:
    some_events(sqlite_world, 230)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()):
        await burst(app, "<f6>")
        await at_rest(app)
        assert "200 eventos. Hay anteriores" in screen_text(app)
        await burst(app, "n")
        await at_rest(app)
        older = screen_text(app)
        assert "200 eventos" not in older and "eventos." in older
        await burst(app, "/resultado:rechazado<enter>")
        await at_rest(app)
        assert "0 eventos." in screen_text(app)
        await burst(app, "/<end><space>x:1<enter>")
        await at_rest(app)
        assert "No se entiende" in screen_text(app)
        await burst(app, "<escape><escape>")
        assert isinstance(app.screen, Desk)


async def test_v_proves_the_trail_and_names_what_is_wrong(sqlite_world: World, tmp_path: Path) -> None:
    some_events(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()):
        await burst(app, "<f6>")
        await at_rest(app)
        await burst(app, "v")
        await at_rest(app)
        assert "Íntegra hasta el evento" in screen_text(app)
        await burst(app, "w")
        assert "Ponga los días en el filtro" in screen_text(app)
        await burst(app, "/día:hoy<enter>w")
        await at_rest(app)
        assert "Íntegra hasta el evento" in screen_text(app)
        sqlite_world.change("DROP TRIGGER audit_event_no_update")
        sqlite_world.change("UPDATE audit_event SET body = replace(body, 'ella', 'otra') WHERE id = 2")
        await burst(app, "v")
        await at_rest(app)
        assert "evento 2" in screen_text(app)


async def test_e_keeps_the_proof_of_an_event(sqlite_world: World, tmp_path: Path) -> None:
    some_events(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()):
        await burst(app, "<f6>/acción:desbloqueó<enter>e")
        await at_rest(app)
        assert "Ningún punto de control" in screen_text(app)
        checkpoint(sqlite_world.uow, app.settings.checkpoints_path, force=True)
        await burst(app, "e")
        await at_rest(app)
        assert "Prueba del evento 3 guardada" in screen_text(app)
    key = Signer(sqlite_world.uow.secrets.signing_key).public_key
    (path,) = app.receipts_folder.glob("prueba-*.json")
    assert check_inclusion(path.read_text("utf-8"), key).body["action"] == "access.unlock"


async def test_x_exports_what_fits_with_its_manifest(sqlite_world: World, tmp_path: Path) -> None:
    some_events(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()):
        await burst(app, "<f6>/socio:50012<enter>x1Revisión trimestral<enter>")
        await at_rest(app)
        assert "3 eventos en auditoria-" in screen_text(app)
    (event,) = sqlite_world.events("audit.export")
    (path,) = app.receipts_folder.glob("auditoria-*.csv")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == event["detail"]["sha256"]
    assert len(list(app.receipts_folder.glob("auditoria-*.manifiesto.json"))) == 1


async def test_esc_stops_a_proof(sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some_events(sqlite_world)
    go_on = threading.Event()

    def slow(command: VerifyTrail, operator: Operator, uow: object, *, progress: audit_list.Progress) -> Proof:
        progress(1, 10)
        assert go_on.wait(20)
        return verify_trail(command, operator, sqlite_world.uow, progress=progress)

    monkeypatch.setattr(audit_list, "verify_trail", slow)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()) as pilot:
        await burst(app, "<f6>")
        await at_rest(app)
        await burst(app, "v")
        await pilot.pause(0.15)
        assert "Verificando" in screen_text(app) and "10 %" in screen_text(app)
        await burst(app, "<escape>")
        go_on.set()
        await at_rest(app)
        assert isinstance(app.screen, AuditList) and "Verificación cancelada" in screen_text(app)


def test_the_bar_needs_no_colour() -> None:
    assert bar(0, 0).startswith("░") and bar(5, 10).count("█") == 15 and bar(10, 10).count("░") == 0


def test_a_line_of_bars_shows_nothing_for_nothing() -> None:
    assert spark((0, 1, 4, 8)) == " ▁▄█" and spark(()) == "" and spark((0, 0)) == "  "


async def test_pivots_narrowing_and_days_by_key(sqlite_world: World, tmp_path: Path) -> None:
    some_events(sqlite_world)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "auditora", code=sqlite_world.code().reveal()):
        await burst(app, "<f6>")
        await at_rest(app)
        line = app.screen.query_one("#audit-filter", Input)
        await burst(app, "jjjp")  # the newest look of its own stands on top
        await at_rest(app)
        assert line.value.startswith("agente:") and "0 eventos" not in screen_text(app)
        await burst(app, "/<end> ac<tab>unlock<enter>")
        await at_rest(app)
        await burst(app, "p<escape>/socio:50012<enter>")
        await at_rest(app)
        assert "3 eventos." in screen_text(app) and "agente:mrodriguez" in screen_text(app)
        await burst(app, "<right>f")
        await at_rest(app)
        assert line.value == "socio:50012 acción:access.unlock" and "3 eventos." in screen_text(app)
        await burst(app, "[")
        await at_rest(app)
        assert line.value.endswith("día:22/11/2026") and "0 eventos." in screen_text(app)
        await burst(app, "]")
        await at_rest(app)
        assert line.value.endswith("día:23/11/2026") and "3 eventos." in screen_text(app)
        await burst(app, "<escape>")
        await at_rest(app)
        assert line.value == "socio:50012"
        await burst(app, "<escape>")
        assert isinstance(app.screen, Desk)
