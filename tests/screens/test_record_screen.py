"""The member's record on the real app: masked until verified, each act by one key, each refusal with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.tables import RememberedDevice
from data.types import utc_text
from screens.desk import Desk
from screens.dialogs.confirm import Confirm
from screens.dialogs.password import PasswordDialog
from screens.dialogs.reason import ReasonDialog
from screens.lock import LockScreen
from screens.movements import MovementsScreen
from screens.receipt import ReceiptScreen
from screens.record import RecordScreen
from screens.timeline import TimelineScreen
from services import credentials
from services.errors import StoreUnavailable
from services.operations import Op
from services.operator import Role
from services.reasons import reasons_for
from tests.screens.member_desk import MemberDesk, member_desk
from tests.screens.support import SIZES, screen_text
from tests.services.access_cases import live_credentials, mails
from tests.services.world import PASSWORD, START, World
from widgets.text import PlainText


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> MemberDesk:
    return member_desk(sqlite_world, tmp_path)


def on(desk: MemberDesk) -> Any:
    return desk.app.screen


def flat(desk: MemberDesk) -> str:
    return " ".join(screen_text(desk.app).split())


@pytest.mark.parametrize("size", SIZES)
async def test_before_verification_everything_is_masked(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    desk = member_desk(sqlite_world, tmp_path, size=size)
    async with desk.open():
        shown = screen_text(desk.app)
        for secret in ("PÉREZ", "8-700", "14/02/1986", "socio50012", "1,322.64", "06-018-50012"):
            assert secret not in shown, secret
        assert "ITZEL P••••" in shown and "○ sin verificar" in shown and shown.count("•••") >= 6
        await desk.verify(1)
        shown = screen_text(desk.app)
        for fact in ("ITZEL PÉREZ MUÑOZ", "8-700-50012", "14/02/1986 (40)", "1,322.64", "06-018-50012-1"):
            assert fact in shown, fact
        assert "socio50012" not in shown  # contacts are masked at every level


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("a", "Requiere verificación N3"),
        ("c", "El acceso todavía no está activado."),
        ("d", "El acceso no está bloqueado."),
        ("p", "no tiene preguntas de seguridad configuradas"),
        ("t", "Requiere verificación N2"),
        ("m", "Requiere verificación N1"),
        (":act<enter>", "Requiere verificación N3"),
        ("<enter>", "Requiere verificación N1"),
    ],
)
async def test_what_can_not_be_done_says_why_and_opens_nothing(desk: MemberDesk, key: str, said: str) -> None:
    async with desk.open():
        await desk.keys(key)
        assert said in flat(desk)
        assert not isinstance(on(desk), ReasonDialog | MovementsScreen)


async def test_the_other_actions_are_listed_with_their_reasons(desk: MemberDesk) -> None:
    async with desk.open():
        await desk.keys("oimagen")
        assert "(Reiniciar imagen)" in screen_text(desk.app)
        assert "no tiene imagen de seguridad configurada" in flat(desk)
        await desk.keys("<enter>")  # not chosen
        await desk.keys("<escape>osuspender<enter>")
        assert isinstance(on(desk), ReasonDialog)
        await desk.keys("1<f2>")
        assert desk.state() == "suspendido" and "→ El acceso está suspendido" in flat(desk)


MENDS: list[tuple[str, str, int, dict[str, Any], str, str]] = [
    ("p1<f2>", "activo", 3, {"questions_at": START}, "Preguntas borradas", "questions_reset"),
    (":imagen<enter>1<f2>", "activo", 3, {"image_id": "faro", "image_at": START}, "Imagen borrada", "image_reset"),
    (":contrasena<enter>1<f2>", "activo", 3, {}, "Contraseña anulada", "temporary_credentials"),
    (":equipos<enter>1<f2>", "activo", 2, {}, "Equipo olvidado", "devices_forgotten"),
    (":suspender<enter>1<f2>", "activo", 0, {}, "Acceso suspendido", "access_suspended"),
    (":reanudar<enter>1<f2>", "suspendido", 3, {"state_before_block": "activo"}, "Acceso reanudado", "access_resumed"),
    (":cerrar<enter>1<f2>", "activo", 3, {}, "Acceso cerrado definitivamente", "access_closed"),
]


@pytest.mark.parametrize(("script", "state", "level", "columns", "said", "template"), MENDS, ids=[m[0] for m in MENDS])
async def test_each_mend_asks_why_does_it_and_says_so(
    sqlite_world: World,
    tmp_path: Path,
    script: str,
    state: str,
    level: int,
    columns: dict[str, Any],
    said: str,
    template: str,
) -> None:
    desk = member_desk(sqlite_world, tmp_path, access=state, activated_at=START, password_at=START, **columns)
    sqlite_world._insert(
        RememberedDevice,
        member_id=desk.member,
        name="Teléfono",
        token_hash="x",
        added_at=START,
        expires_at=START.replace(year=2027),
    )
    async with desk.open(level=level):
        await desk.keys(script)
        assert said in flat(desk), flat(desk)
    assert len(mails(sqlite_world, template)) >= 1
    (event,) = [event for event in sqlite_world.events() if event.get("reason") and event["result"] == "ok"]
    assert len(event["reason"]) >= 5 and event["member"] == desk.member


async def test_a_reason_of_ones_own_goes_to_the_trail(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open():
        other = len(reasons_for(Op.ACCESS_SUSPEND)) + 1
        await desk.keys(f":suspender<enter>{other}<f2>")
        assert isinstance(on(desk), ReasonDialog)  # «Otro» alone says nothing
        await desk.keys("Llamó su hija: le robaron el teléfono<enter>")
        assert desk.state() == "suspendido"
    (event,) = sqlite_world.events("access.suspend")
    assert event["reason"] == "Llamó su hija: le robaron el teléfono"


async def test_esc_leaves_a_reason_and_asks_when_something_was_typed(desk: MemberDesk) -> None:
    async with desk.open():
        await desk.keys(":suspender<enter>1<escape>")
        assert isinstance(on(desk), RecordScreen)
        await desk.keys(":suspender<enter>texto<escape>")
        assert isinstance(on(desk), Confirm)
        await desk.keys("<escape>")
        assert isinstance(on(desk), ReasonDialog)
        await desk.keys("<escape><f2>")
        assert isinstance(on(desk), RecordScreen) and desk.state() == "solicitado"


async def test_an_old_password_is_asked_for_and_a_wrong_one_changes_nothing(
    sqlite_world: World, desk: MemberDesk
) -> None:
    async with desk.open(level=3):
        desk.age_password()
        await desk.keys("a<f2>")
        assert isinstance(on(desk), PasswordDialog) and desk.state() == "solicitado"
        await desk.keys("no-es-esta<enter>")
        assert isinstance(on(desk), PasswordDialog) and "Contraseña incorrecta" in screen_text(desk.app)
        await desk.keys("<escape>")
        assert isinstance(on(desk), RecordScreen) and desk.state() == "solicitado"
        assert "Escriba su contraseña otra vez" in flat(desk)
        await desk.keys(f"a<f2>{PASSWORD}<enter>")
        assert desk.state() == "credencial_emitida" and "Credencial para s•••@example.com" in flat(desk)
    assert len(mails(sqlite_world, "temporary_credentials")) == 1


async def test_a_step_that_is_not_there_any_more_is_told(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open(level=3):
        sqlite_world.change("UPDATE access SET state = 'suspendido', state_before_block = 'solicitado'")
        await desk.keys("a<f2>")  # the screen still shows the old state
        assert "suspendido" in flat(desk) and desk.state() == "suspendido"
        assert isinstance(on(desk), RecordScreen)


async def test_a_lost_answer_of_a_credential_is_asked_for_under_the_same_key(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from screens import record_commands, record_mends

    desk = member_desk(sqlite_world, tmp_path, access="credencial_emitida", activated_at=START)
    keys: list[str] = []

    def issue(command: Any, operator: Any, uow: Any) -> Any:
        keys.append(command.key)
        issued = credentials.issue_credential(command, operator, uow)
        if len(keys) == 1:
            raise StoreUnavailable
        return issued

    row = replace(record_mends.MENDS[record_commands.SendCredential], call=issue)
    monkeypatch.setitem(record_mends.MENDS, record_commands.SendCredential, row)
    async with desk.open(level=3):
        await desk.keys("c<f2>")
        assert "La base de datos no responde" in flat(desk)
        await desk.keys("c<f2>")
        assert "Ya estaba emitida. Credencial para s•••@example.com" in flat(desk)
        assert live_credentials(sqlite_world, desk.member) == 1
        await desk.keys("c<f2>")
    assert keys[0] == keys[1] != keys[2]


async def test_the_verification_runs_down_and_everything_is_masked_again(desk: MemberDesk) -> None:
    async with desk.open(level=2):
        desk.clock.advance(60)
        await desk.tick()
        assert "● N2 verificada ▸ 14:00" in screen_text(desk.app)
        desk.run_out()
        await desk.tick()
        shown = screen_text(desk.app)
        assert "1,322.64" not in shown and "PÉREZ" not in shown and "○ sin verificar" in shown
        await desk.keys("t")
        assert "Requiere verificación N2" in flat(desk)


async def test_under_the_movements_too(desk: MemberDesk) -> None:
    async with desk.open(level=1):
        await desk.keys("m")
        assert "1,322.64" in screen_text(desk.app)
        desk.run_out()
        await desk.tick()
        assert "1,322.64" not in screen_text(desk.app) and "La verificación terminó" in flat(desk)
        await desk.keys("<escape>")
        assert isinstance(on(desk), RecordScreen) and "1,322.64" not in screen_text(desk.app)


async def test_a_lock_ends_the_verification(desk: MemberDesk) -> None:
    async with desk.open(level=2):
        await desk.keys("<f12>")
        assert isinstance(on(desk), LockScreen) and "PÉREZ" not in screen_text(desk.app)
        await desk.keys(f"{PASSWORD}<enter>")
        shown = screen_text(desk.app)
        assert isinstance(on(desk), RecordScreen) and "○ sin verificar" in shown
        assert "1,322.64" not in shown and "PÉREZ" not in shown


async def test_the_xray_names_the_key_that_mends(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(
        sqlite_world, tmp_path, access="bloqueado", state_before_block="activo", blocked_at=START, activated_at=START
    )
    async with desk.open(level=2):
        line = on(desk).query_one("#diagnosis", PlainText).plain_text
        assert line == "→ El acceso está bloqueado desde 09:00. [D]"
        await desk.keys("d<f2>")
        assert "[D]" not in on(desk).query_one("#diagnosis", PlainText).plain_text


async def test_movements_receipts_and_what_has_none(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open(level=2):
        await desk.keys("t12<enter>75<enter><enter><escape>m")
        assert "últimos 10" in screen_text(desk.app)
        await desk.keys("3")
        assert "últimos 30" in screen_text(desk.app)
        await desk.keys("<enter>")
        assert isinstance(on(desk), ReceiptScreen) and "COPIA" in screen_text(desk.app)
        await desk.keys("<f9>r")
        assert "Su rol no permite esta operación" in flat(desk)
        assert {file.name for file in desk.app.receipts_folder.iterdir()} == {
            "comprobante-2026-0000002-copia.pdf",
            "comprobante-2026-0000002-copia.txt",
        }
        await desk.keys("<escape><down><enter>")
        assert isinstance(on(desk), MovementsScreen) and "no tiene comprobante" in flat(desk)
        await desk.keys("<f9>")
        assert "no tiene comprobante" in flat(desk)


async def test_a_supervisor_reverses_from_the_movement(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path, supervisor=True)
    async with desk.open(level=2):
        await desk.keys("t12<enter>75<enter><enter><escape><escape>")
    assert sqlite_world.balance(desk.second) == 75_00
    other = desk.again()
    async with other.open(username="sgomez", code=sqlite_world.code().reveal(), level=1):
        await other.keys("mr")
        assert isinstance(on(other), ReasonDialog) and "2026-0000002" in screen_text(other.app)
        await other.keys("1<f2>")
        assert "Reversada: comprobante 2026-0000003." in flat(other)
        assert "Reversa" in screen_text(other.app)
        await other.keys("r1<f2>")
        assert "ya fue reversada" in flat(other)
    assert sqlite_world.balance(desk.second) == 0


async def test_notes_are_kept_and_unsaved_ones_asked_about(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open():
        await desk.keys("n<enter>")
        assert "Falta este dato" in screen_text(desk.app)
        await desk.keys("Prefiere que la llamen de tarde<enter>")
        assert "Prefiere que la llamen de tarde" in screen_text(desk.app) and "Nota guardada" in screen_text(desk.app)
        await desk.keys("4111 1111 1111 1111<enter>")
        assert "tarjeta" in screen_text(desk.app) and on(desk).note.text == "4111 1111 1111 1111"
        await desk.keys("<escape>")
        assert isinstance(on(desk), Confirm)
        await desk.keys("<f2>")
        assert isinstance(on(desk), RecordScreen)
    assert sqlite_world.scalar("SELECT count(*) FROM member_note") == 1


async def test_the_timeline_tells_who_did_what(desk: MemberDesk) -> None:
    async with desk.open():
        await desk.keys(":suspender<enter>1<f2>h")
        assert isinstance(on(desk), TimelineScreen)
        assert "mrodriguez" in screen_text(desk.app) and "Vio la ficha" not in screen_text(desk.app)
        await desk.keys("c")
        assert "Vio la ficha" in screen_text(desk.app)


async def test_an_auditor_looks_and_can_do_nothing(sqlite_world: World, desk: MemberDesk) -> None:
    sqlite_world.staff("auditora", [Role.AUDITOR], sign_in=False)
    async with desk.open(username="auditora", code=sqlite_world.code().reveal()):
        await desk.keys("v")
        assert "Su rol no permite esta operación" in flat(desk)
        assert sqlite_world.scalar("SELECT count(*) FROM service_case") == 0


async def test_the_end_of_a_call_and_the_next_one(sqlite_world: World, desk: MemberDesk) -> None:
    sqlite_world.member("50013", given_names="Rubén", surnames="Castillo")
    async with desk.open(level=2):
        await desk.keys(":suspender<enter>1<f2><f7>")
        assert isinstance(on(desk), Desk) and desk.app.served() is None
        assert sqlite_world.scalar("SELECT count(*) FROM service_case WHERE closed_at IS NULL") == 0
        assert "ITZEL" not in screen_text(desk.app)
        await desk.keys("50012<enter><f3>50013<enter>")
        assert isinstance(on(desk), RecordScreen) and "RUBÉN C••••" in screen_text(desk.app)
        assert "ITZEL" not in screen_text(desk.app)
        assert sqlite_world.scalar("SELECT count(*) FROM service_case WHERE closed_at IS NULL") == 1


async def test_a_mail_that_went_out_shows_by_itself(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open(level=3):
        await desk.keys("a<f2>")
        before = sqlite_world.scalar("SELECT last_seen_at FROM staff_session WHERE ended_at IS NULL")
        sqlite_world.change("UPDATE outbox SET state = 'sent', settled_at = :at, sealed = NULL", at=utc_text(START))
        desk.app._mail_moved()
        await desk.rest()
        assert "Falta que ingrese por primera vez" in flat(desk)
        assert sqlite_world.scalar("SELECT last_seen_at FROM staff_session WHERE ended_at IS NULL") == before
