"""The forms of what is done seldom, on the real app: request, contact, affiliation, credential without mail."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from screens.access_forms import AffiliateForm, CancelContactForm, ChangeContactForm, RequestAccessForm
from screens.ask_supervisor import AskSupervisorForm
from screens.dialogs.confirm import Confirm
from screens.fallback_form import FallbackForm, HalfDialog
from screens.lock import LockScreen
from screens.record import RecordScreen
from tests.screens.member_desk import MemberDesk, member_desk
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import burst, screen_text
from tests.services.access_cases import live_credentials, mails
from tests.services.world import PASSWORD, START, World
from widgets.text import PlainText


def on(desk: MemberDesk) -> Any:
    return desk.app.screen


def flat(desk: MemberDesk) -> str:
    return " ".join(screen_text(desk.app).replace("│", " ").split())


def part(desk: MemberDesk, widget: str) -> str:
    """What a panel of the record says, however it is broken into lines."""
    return str(desk.record.query_one(widget, PlainText).plain_text)


async def test_a_request_is_registered_and_the_xray_asks_for_the_next_step(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path, access=None)
    async with desk.open():
        assert part(desk, "#diagnosis") == "→ No ha solicitado el acceso en línea. [:solicitar]"
        await desk.keys(":solicitar<enter>")
        assert isinstance(on(desk), RequestAccessForm)
        await desk.keys("2<f2>")
        assert "Solicitud registrada; espera activación." in flat(desk) and "Falta activar" in part(desk, "#diagnosis")
    assert sqlite_world.scalar("SELECT request_kind FROM access") == "activacion"


async def test_a_contact_changes_after_its_wait_and_can_be_called_off(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path)
    async with desk.open(level=3):
        await desk.keys(":contacto<enter>")
        assert isinstance(on(desk), ChangeContactForm)
        await desk.keys("<enter>no es un correo<enter><enter>")
        assert isinstance(on(desk), ChangeContactForm) and on(desk).new.text == "no es un correo"
        assert "correo" in flat(desk)
        await desk.keys("<escape>")
        assert isinstance(on(desk), Confirm)
        await desk.keys("<escape>")
        on(desk).new.input.value = "nueva@example.org"
        await desk.keys("<f2>")
        assert isinstance(on(desk), RecordScreen) and "Correo nuevo n•••@example.org" in part(desk, "#identity")
        await desk.keys("ocancelar<enter>")
        assert isinstance(on(desk), CancelContactForm) and "n•••@example.org" in flat(desk)
        await desk.keys("1<f2>")
        assert isinstance(on(desk), RecordScreen) and "Correo nuevo" not in part(desk, "#identity")
    done = [event["action"] for event in sqlite_world.events() if event["result"] == "ok"]
    assert done.count("contact.change") == done.count("contact.cancel") == 1


async def test_the_marked_account_is_affiliated_and_taken_off(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path)
    async with desk.open(level=2):
        await desk.keys("<down>:afiliar<enter>")
        assert isinstance(on(desk), AffiliateForm) and "06-018-50012-2" in flat(desk)
        await desk.keys("<f2>")
        assert "desafiliada; deja de verse en línea" in flat(desk) and "AHORROS (no afiliada)" in flat(desk)
        await desk.keys("t12<enter>5<enter>")
        assert "La cuenta no está afiliada" in flat(desk)
        await desk.keys("<escape><f2>:afiliar<enter><f2>")
        assert "(no afiliada)" not in flat(desk)


def fallback_desk(world: World, tmp_path: Path) -> MemberDesk:
    return member_desk(world, tmp_path, access="credencial_emitida", activated_at=START, supervisor=True)


async def signed(desk: MemberDesk, choice: str) -> None:
    """The form filled in by both people."""
    await desk.keys(f":sobre<enter>{choice}<enter>sgomez<enter>{PASSWORD}<enter>")
    await desk.keys(f"{desk.world.code().reveal()}<enter><enter>")


async def test_a_sealed_slip_is_written_for_its_owner_alone_and_never_shown(
    sqlite_world: World, tmp_path: Path
) -> None:
    desk = fallback_desk(sqlite_world, tmp_path)
    async with desk.open(level=3):
        await signed(desk, "1")
        assert isinstance(on(desk), RecordScreen), flat(desk)
        assert "Imprima el sobre sellado" in flat(desk)
        (slip,) = desk.app.slips_folder.iterdir()
        assert stat.S_IMODE(slip.stat().st_mode) == 0o600
    assert live_credentials(sqlite_world, desk.member) == 1


async def test_the_form_says_who_may_not_sign_and_keeps_the_rest(sqlite_world: World, tmp_path: Path) -> None:
    desk = fallback_desk(sqlite_world, tmp_path)
    async with desk.open(level=3):
        await desk.keys(f":sobre<enter>2<enter>mrodriguez<enter>{PASSWORD}<enter>000000<enter><enter>")
        form = on(desk)
        assert isinstance(form, FallbackForm) and "No puede aprobar una operación que usted registró" in flat(desk)
        assert form.signature.user.text == "mrodriguez" and form.signature.password.input.has_focus
        assert PASSWORD not in screen_text(desk.app)
    assert live_credentials(sqlite_world, desk.member) == 0


async def test_each_half_is_shown_to_its_person_on_their_key_and_is_gone_after(
    sqlite_world: World, tmp_path: Path
) -> None:
    desk = fallback_desk(sqlite_world, tmp_path)
    async with desk.open(level=3):
        await signed(desk, "2")
        dialog = on(desk)
        assert isinstance(dialog, HalfDialog), flat(desk)
        first = "  ".join(dialog._half.reveal())
        assert "Solo María Rodríguez mira" in flat(desk) and first not in screen_text(desk.app)
        await desk.keys("<f2>")
        assert first in screen_text(desk.app)
        await desk.keys("<f12>")
        assert isinstance(on(desk), LockScreen)
        await desk.keys(f"{PASSWORD}<enter>")
        assert isinstance(on(desk), HalfDialog) and first not in screen_text(desk.app)
        await desk.keys("<f2>")
        assert first in screen_text(desk.app)
        await desk.keys("<f2>")
        second = "  ".join(on(desk)._half.reveal())
        assert "Solo Saúl Gómez mira" in flat(desk)
        assert first not in screen_text(desk.app) and second not in screen_text(desk.app)
        await desk.keys("<f2>")
        assert second in screen_text(desk.app) and first not in screen_text(desk.app)
        await desk.keys("<f2>")
        assert isinstance(on(desk), RecordScreen) and "Entregada en mitades." in flat(desk)
        assert second not in screen_text(desk.app)
    assert live_credentials(sqlite_world, desk.member) == 1 and len(mails(sqlite_world, "credential_handed")) >= 1


async def test_a_supervisor_approves_halves_from_another_seat(sqlite_world: World, tmp_path: Path) -> None:
    """The agent dictates the first half, the supervisor the second; neither screen ever has both."""
    desk = fallback_desk(sqlite_world, tmp_path)
    async with desk.open(level=2):
        await desk.keys(":pedir<enter>4<enter><enter>no<space>le<space>llega<space>el<space>correo<enter>")
        dialog = on(desk)
        assert isinstance(dialog, HalfDialog), flat(desk)
        first = dialog._half.reveal()
        await desk.keys("<f2><f2>")
        assert isinstance(on(desk), RecordScreen) and "Queda en la cola (F4)" in flat(desk)
        assert desk.record.record is not None
        assert "Espera aprobación: Credencial en mitades (mrodriguez)" in desk.record.record.pending
    assert live_credentials(sqlite_world, desk.member) == 0
    other = staff_app(sqlite_world, tmp_path / "otro")
    async with at_the_desk(other, "sgomez", code=sqlite_world.code().reveal()):
        await burst(other, "<f4>")
        await at_rest(other)
        shown = " ".join(screen_text(other).split())
        assert (
            "Credencial en mitades" in shown and "en mitades, sin correo" in shown and "no le llega el correo" in shown
        )
        await burst(other, "a<f2>")
        await at_rest(other)
        told = " ".join(screen_text(other).split())
        assert "Segunda mitad:" in told and "La primera la dictó mrodriguez" in told
        second = told.partition("Segunda mitad: ")[2].partition(" Díctela")[0].replace(" ", "")[:6]
        assert "  ".join(first) not in screen_text(other)
        await burst(other, "<escape>")
        await at_rest(other)
    assert live_credentials(sqlite_world, desk.member) == 1
    hashed = sqlite_world.scalar(
        "SELECT secret_hash FROM temporary_credential ORDER BY issued_at DESC, id DESC LIMIT 1"
    )
    assert sqlite_world.hasher.verify(hashed, first + second)


async def test_what_is_wrong_with_the_request_is_told_in_its_form(sqlite_world: World, tmp_path: Path) -> None:
    desk = fallback_desk(sqlite_world, tmp_path)
    async with desk.open(level=2):
        await desk.keys(":pedir<enter>1<enter>no<space>es<space>correo<enter>lo<space>pidió<enter>")
        assert isinstance(on(desk), AskSupervisorForm) and on(desk).new.has_class("-invalid")
        await desk.keys("<escape><f2>:pedir<enter>3<enter><enter>lo<space>pidió<enter>")
        assert "no está suspendido" in flat(desk)
    assert sqlite_world.scalar("SELECT count(*) FROM proposal") == 0
