"""What the screens about a member look like, at 80×24 and 120×40. `COOP_UPDATE_SNAPSHOTS=1` writes them anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.tables import Outbox, TemporaryCredential
from tests.screens.member_desk import MemberDesk, member_desk
from tests.screens.support import NARROW, SIZES, assert_snapshot, screen_text
from tests.services.world import START, World

YESTERDAY = START - timedelta(days=1)
ACTIVATED: dict[str, Any] = {"requested_at": YESTERDAY, "activated_at": YESTERDAY, "activated_by": 1}
DONE: dict[str, Any] = ACTIVATED | {
    f"{stage}_at": YESTERDAY + timedelta(minutes=minutes)
    for minutes, stage in enumerate(
        ("password", "username", "image", "questions", "services", "relogin", "contract", "last_visit"), 30
    )
}
ACTIVE = DONE | {"username": "Itzel1986"}
ACCOUNTS = (
    ("01", "APORTACIONES", "01-018-50012-1-7"),
    ("06", "PLAN DE CAPITALIZACIÓN NAVIDEÑO", "06-018-50012-3"),
    ("06", "AHORROS", "06-018-50012-4"),
    ("06", "AHORROS", "06-018-50012-5"),
)


def credential(world: World, member: int, *, mail: str, error: str | None = None, used: bool = False) -> None:
    """The latest temporary credential, and how its mail got on."""
    outbox_id = world._insert(
        Outbox,
        kind="mail",
        template="temporary_credentials",
        member_id=member,
        destination="s•••@example.com",
        message_id="<x@example.com>",
        state=mail,
        error=error,
        attempts=1,
        settled_at=YESTERDAY + timedelta(minutes=5),
        created_at=YESTERDAY,
        next_at=YESTERDAY,
        expires_at=START + timedelta(hours=4),
    )
    world._insert(
        TemporaryCredential,
        id="01000000-0000-7000-8000-000000000000",
        member_id=member,
        secret_hash="x",
        issued_by=1,
        issued_at=YESTERDAY,
        expires_at=START + timedelta(hours=4),
        delivery="mail",
        used_at=YESTERDAY + timedelta(minutes=28) if used else None,
        outbox_id=outbox_id,
    )


def named(name: str, size: tuple[int, int]) -> str:
    return f"{name}_{size[0]}x{size[1]}"


def desk_of(world: World, tmp_path: Path, size: tuple[int, int], stage: str) -> MemberDesk:
    """The member at a stage of the first access."""
    columns: dict[str, Any]
    state, columns, mail = {
        "requested": ("solicitado", {"requested_at": START - timedelta(minutes=8)}, ""),
        "sent": ("credencial_emitida", ACTIVATED, "sent"),
        "bounced": ("credencial_emitida", ACTIVATED, "failed"),
        "image": (
            "primer_acceso",
            {name: value for name, value in ACTIVE.items() if name not in LATER} | {"failed_count": 2},
            "sent",
        ),
        "active": ("activo", ACTIVE, ""),
        "locked": ("bloqueado", ACTIVE | LOCKED, ""),
        "suspended": ("suspendido", ACTIVE | {"state_before_block": "activo", "suspended_at": START}, ""),
    }[stage]
    desk = member_desk(world, tmp_path, access=state, size=size, supervisor=True, **columns)
    for product, label, number in ACCOUNTS:
        world.account(desk.member, product=product, label=label, number=number, balance=250_00)
    if mail:
        credential(world, desk.member, mail=mail, error="smtp_550" if mail == "failed" else None, used=stage == "image")
    return desk


LATER = ("image_at", "questions_at", "services_at", "relogin_at", "contract_at", "last_visit_at")
LOCKED: dict[str, Any] = {
    "state_before_block": "activo",
    "failed_count": 5,
    "blocked_at": START - timedelta(minutes=20),
    "blocked_reason": "5 contraseñas incorrectas",
}
STAGES = ("requested", "sent", "bounced", "image", "active", "locked", "suspended")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stage", STAGES)
async def test_the_record_at_each_stage(sqlite_world: World, tmp_path: Path, size: tuple[int, int], stage: str) -> None:
    desk = desk_of(sqlite_world, tmp_path, size, stage)
    async with desk.open(level=2):
        shown = screen_text(desk.app)
        assert_snapshot(desk.app, named(f"record_{stage}", size))
        assert "→ " in shown and shown.count("250.00") >= 4 and "1,322.64" in shown


@pytest.mark.parametrize("size", SIZES)
async def test_the_record_of_somebody_unverified(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    desk = desk_of(sqlite_world, tmp_path, size, "locked")
    async with desk.open():
        assert_snapshot(desk.app, named("record_unverified", size))
        await desk.keys("v")
        desk.app.screen.query_one("#question").show("¿Cuál es el apellido de su primer jefe?")  # type: ignore[attr-defined]
        await desk.rest()
        assert_snapshot(desk.app, named("verify_question", size))


@pytest.mark.parametrize("size", SIZES)
async def test_verification_on_its_way(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    desk = desk_of(sqlite_world, tmp_path, size, "locked")
    async with desk.open(level=1):
        await desk.keys("v4")
        assert_snapshot(desk.app, named("verify_code", size))
        await desk.keys("<escape>")
        desk.lease(2)
        await desk.keys("<f5>v<f9>1<f8>6")
        assert_snapshot(desk.app, named("verify_callback", size))
        await desk.keys("<f8>7")
        assert_snapshot(desk.app, named("verify_second_person", size))


@pytest.mark.parametrize("size", SIZES)
async def test_transfer_and_its_receipt(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.money_form.new_key", lambda: "019a0000-0000-7000-8000-000000000001")
    desk = desk_of(sqlite_world, tmp_path, size, "active")
    async with desk.open(level=2):
        await desk.keys("t")
        assert_snapshot(desk.app, named("transfer_form", size))
        await desk.keys("34<enter>75<tab>Para la escuela<enter>")
        assert_snapshot(desk.app, named("transfer_review", size))
        await desk.keys("<enter>")
        assert_snapshot(desk.app, named("transfer_receipt", size))
        await desk.keys("<escape><down><down>m")
        assert_snapshot(desk.app, named("movements", size))
        await desk.keys("<enter>")
        assert_snapshot(desk.app, named("receipt_copy", size))


@pytest.mark.parametrize("size", SIZES)
async def test_notes_and_timeline(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    desk = desk_of(sqlite_world, tmp_path, size, "locked")
    async with desk.open(level=2):
        await desk.keys("nPrefiere que la llamen de tarde.<enter>Llamó su hija por el bloqueo.<enter>Otra")
        assert_snapshot(desk.app, named("notes", size))
        await desk.keys("<escape><f2>d<f2>h")
        assert_snapshot(desk.app, named("timeline", size))


@pytest.mark.parametrize("size", SIZES)
async def test_dialogs_and_forms(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    desk = desk_of(sqlite_world, tmp_path, size, "locked")
    async with desk.open(level=3):
        for script, name in (
            ("d", "reason_unlock"),
            (":contacto<enter>", "form_contact"),
            (":afiliar<enter>", "form_affiliate"),
            ("o", "other_actions"),
            (":tr 3 4 75", "line_transfer"),
        ):
            await desk.keys(script)
            assert_snapshot(desk.app, named(name, size))
            await desk.keys("<escape>")
            if "¿Descartar" in screen_text(desk.app):
                await desk.keys("<f2>")
        await desk.keys("d<f2>:sobre<enter>")
        assert_snapshot(desk.app, named("form_fallback", size))


async def test_with_a_message_on_show_accounts_and_diagnosis_are_still_there(
    sqlite_world: World, tmp_path: Path
) -> None:
    desk = desk_of(sqlite_world, tmp_path, NARROW, "bounced")
    async with desk.open(level=2):
        await desk.keys("p")
        desk.app.clear_notifications()
        await desk.rest()
        shown = screen_text(desk.app)
        assert shown.count("250.00") >= 2 and "rebotó" in shown and "[:sobre]" in shown
