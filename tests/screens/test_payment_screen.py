"""Transfer on the real app: form, line and burst do the same; nothing typed is lost, nothing is posted twice."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from screens.dialogs.confirm import Confirm
from screens.lock import LockScreen
from screens.money_panels import Review
from screens.payment import PaymentScreen
from screens.record import RecordScreen
from services import payments
from services.errors import StoreUnavailable
from services.payments import ConfirmPayment
from tests.screens.member_desk import MemberDesk, member_desk
from tests.screens.staff import at_rest
from tests.screens.support import screen_text, type_slowly
from tests.services.world import PASSWORD, World

LINE = ":tr 1 2 75<enter><enter>"
FORM = "t12<enter>75<enter><enter>"


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> MemberDesk:
    return member_desk(sqlite_world, tmp_path)


def posted(world: World) -> list[dict[str, Any]]:
    """What the ledger keeps of the transfers, without what differs from one to the next."""
    rows = world.rows("SELECT * FROM operation WHERE kind = 'transfer.own' ORDER BY seq")
    return [{name: row[name] for name in ("kind", "outcome", "actor", "body", "member_id")} for row in rows]


def told(world: World, start: int) -> list[tuple[str, str, str]]:
    """The trail from an event on: action, result, detail without the proofs of the ledger."""
    found = []
    for event in world.events()[start:]:
        if event["action"] in ("balances.view", "favourite.view"):  # what line and form read of their own
            continue
        detail = {name: value for name, value in event["detail"].items() if name in ("from", "to", "amount")}
        found.append((event["action"], event["result"], json.dumps(detail, sort_keys=True)))
    return found


def on(desk: MemberDesk) -> Any:
    return desk.app.screen


@pytest.mark.parametrize("slowly", [False, True], ids=["burst", "slowly"])
@pytest.mark.parametrize("script", [LINE, FORM], ids=["line", "form"])
async def test_line_and_form_at_any_speed_are_one_command(
    sqlite_world: World, desk: MemberDesk, script: str, slowly: bool
) -> None:
    async with desk.open(level=2):
        start = len(sqlite_world.events())
        if slowly:
            await type_slowly(desk.app, script)
            await at_rest(desk.app)
        else:
            await desk.keys(script)
        assert on(desk).receipt is not None
        assert "Transferencia aplicada: comprobante 2026-0000002" in screen_text(desk.app)
        legs = json.dumps({"amount": 75_00, "from": desk.first, "to": desk.second}, sort_keys=True)
        accounts = json.dumps({"from": desk.first, "to": desk.second}, sort_keys=True)
        assert told(sqlite_world, start) == [
            ("payment.prepare", "ok", accounts),
            ("transfer.own", "ok", legs),
        ]
    (operation,) = posted(sqlite_world)
    body = json.loads(operation.pop("body"))
    assert operation["outcome"] == "posted" and operation["member_id"] == desk.member
    assert body["legs"] == [{"debit": desk.first, "credit": desk.second, "amount": 75_00}]
    assert body["request"] == {"asked": {"amount": 75_00, "from": desk.first, "to": desk.second}, "memo": ""}
    assert (sqlite_world.balance(desk.first), sqlite_world.balance(desk.second)) == (1_247_64, 75_00)


async def test_form_and_line_send_the_same_command(desk: MemberDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[ConfirmPayment] = []
    real = payments.confirm

    def confirm(command: ConfirmPayment, operator: Any, uow: Any) -> Any:
        sent.append(command)
        return real(command, operator, uow)

    monkeypatch.setattr("screens.payment.confirm", confirm)
    async with desk.open(level=2):
        await desk.keys(f"{FORM}<escape>{LINE}")
    first, second = sent
    assert first.key != second.key and first.prepared_hash != second.prepared_hash  # the balance had moved
    names = ("member_id", "from_account", "to_account", "amount", "memo")
    assert [getattr(first, name) for name in names] == [getattr(second, name) for name in names]
    assert [getattr(first, name) for name in names] == [desk.member, desk.first, desk.second, 75_00, ""]


async def test_a_held_enter_posts_once(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open(level=2):
        await desk.keys("t12<enter>75" + "<enter>" * 12)
        assert on(desk).receipt is not None
    assert sqlite_world.balance(desk.second) == 75_00 and len(posted(sqlite_world)) == 1


async def test_a_half_line_says_what_is_missing(desk: MemberDesk) -> None:
    async with desk.open(level=2):
        for typed, said in (
            ("tr", "Transfiere entre cuentas propias"),
            ("tr 1", "De 1 AHORROS 06-018-50012-1. Falta la cuenta de destino"),
            ("tr 1 9", "No hay una cuenta número 9"),
            ("tr 1 2", "Falta el monto"),
            ("tr 1 2 7x", "✗"),
            ("tr 1 2 75", "a 2 AHORROS 06-018-50012-2: B/.75.00. Enter muestra la revisión."),
        ):
            await desk.keys(f":{typed}")
            shown = " ".join(screen_text(desk.app).replace("│", " ").split())
            assert said in shown, shown
            await desk.keys("<escape>")
            if isinstance(on(desk), Confirm):
                await desk.keys("<f2>")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ("11<enter>75", "target", "Elija dos cuentas distintas"),
        ("12<enter><tab>", "amount", "Falta este dato."),
        ("12<enter>999999", "amount", "Saldo insuficiente"),
        ("12<enter>75<tab>4111111111111111", "memo", "tarjeta"),
        ("9", "source", "No hay una cuenta número 9"),
    ],
)
async def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(
    sqlite_world: World, desk: MemberDesk, typed: str, field: str, said: str
) -> None:
    async with desk.open(level=2):
        await desk.keys(f"t{typed}<f2>")
        screen = on(desk)
        assert isinstance(screen, PaymentScreen) and screen.prepared is None
        before = screen.typed()
        assert any(before)
        assert said in (getattr(screen, field).error if field else screen_text(desk.app))
        assert screen.typed() == before
    assert posted(sqlite_world) == []


async def test_what_is_changed_after_the_review_is_reviewed_again(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open(level=2):
        await desk.keys("t12<enter>75<enter>")
        assert isinstance(on(desk).focused, Review)
        await desk.keys("<escape>")
        assert not on(desk).query_one(Review).display and on(desk).amount.input.has_focus
        await desk.keys("0<enter>")
        assert "B/.750.00" in screen_text(desk.app)
        await desk.keys("<enter>")
    assert sqlite_world.balance(desk.second) == 750_00


async def test_data_that_changed_meanwhile_is_shown_and_must_be_reviewed_again(
    sqlite_world: World, desk: MemberDesk
) -> None:
    async with desk.open(level=2):
        await desk.keys("t12<enter>75<enter>")
        sqlite_world.fund(desk.first, -300_00)
        await desk.keys("<enter>")
        screen = on(desk)
        assert "Los datos cambiaron; revise de nuevo." in screen_text(desk.app)
        assert screen.prepared is None and screen.typed()[:3] == ("1", "2", "75")
        await desk.keys("<enter><enter>")
        assert screen.receipt is not None
    assert sqlite_world.balance(desk.second) == 75_00


async def test_esc_asks_before_typed_data_goes(desk: MemberDesk) -> None:
    async with desk.open(level=2):
        await desk.keys("t<escape>")
        assert isinstance(on(desk), RecordScreen)
        await desk.keys("t1<escape>")
        assert isinstance(on(desk), Confirm)
        await desk.keys("<escape>")
        assert isinstance(on(desk), PaymentScreen) and on(desk).source.text == "1"
        await desk.keys("<escape><f2>")
        assert isinstance(on(desk), RecordScreen)


async def test_at_the_end_of_the_verification_nothing_is_posted_and_nothing_is_lost(
    sqlite_world: World, desk: MemberDesk
) -> None:
    async with desk.open(level=2):
        await desk.keys("t12<enter>75<enter>")
        desk.run_out()
        await desk.tick()
        screen = on(desk)
        assert isinstance(screen, PaymentScreen) and screen.prepared is None
        shown = screen_text(desk.app)
        assert "verificación vencida" in shown or "sin verificar" in shown
        assert "1,322.64" not in shown and "06-018-50012" not in shown
        assert screen.typed()[:3] == ("1", "2", "75")
        await desk.keys("<enter><enter>")
        assert "Requiere verificación N2" in screen_text(desk.app)
        assert screen.typed()[:3] == ("1", "2", "75") and posted(sqlite_world) == []
        assert desk.record.record is not None and desk.record.record.level == 0


async def test_after_a_lock_in_the_middle_the_data_are_there_and_the_caller_is_verified_anew(
    sqlite_world: World, desk: MemberDesk
) -> None:
    async with desk.open(level=2):
        await desk.keys("t12<enter>75<enter>")
        desk.clock.advance(5 * 60 + 1)
        desk.app.watch_session()
        await at_rest(desk.app)
        assert isinstance(on(desk), LockScreen)
        assert "1,322.64" not in screen_text(desk.app) and "50012" not in screen_text(desk.app)
        await desk.keys(f"{PASSWORD}<enter>")
        screen = on(desk)
        assert isinstance(screen, PaymentScreen) and screen.typed()[:3] == ("1", "2", "75")
        assert "1,322.64" not in screen_text(desk.app)
        await desk.keys("<f2>")
        assert "Requiere verificación N2" in screen_text(desk.app) and posted(sqlite_world) == []
        desk.lease(2)
        await desk.keys("<f2><enter>")
        assert screen.receipt is not None
    assert sqlite_world.balance(desk.second) == 75_00


async def test_a_lost_answer_is_asked_for_under_the_same_key(
    sqlite_world: World, desk: MemberDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, keys = payments.confirm, []

    def confirm(command: ConfirmPayment, operator: Any, uow: Any) -> Any:
        keys.append(command.key)
        receipt = real(command, operator, uow)
        if len(keys) == 1:
            raise StoreUnavailable
        return receipt

    monkeypatch.setattr("screens.payment.confirm", confirm)
    async with desk.open(level=2):
        await desk.keys(f"{LINE}")
        screen = on(desk)
        assert screen.unanswered and "No se sabe si se aplicó" in " ".join(screen_text(desk.app).split())
        await desk.keys("9")  # nothing can be changed meanwhile
        assert screen.typed()[:3] == ("1", "2", "75.00")
        await desk.keys("<escape>")
        assert isinstance(on(desk), Confirm)
        await desk.keys("<escape><enter>")
        assert screen.receipt is not None and screen.receipt.existed
        assert "Ya estaba aplicada" in screen_text(desk.app)
    assert keys[0] == keys[1] and sqlite_world.balance(desk.second) == 75_00


async def test_the_receipt_is_saved_for_its_owner_alone(desk: MemberDesk) -> None:
    async with desk.open(level=2):
        await desk.keys("t<f9>")
        assert "Todavía no hay comprobante" in screen_text(desk.app)
        await desk.keys("12<enter>75<enter><enter><f9>")
        folder = desk.app.receipts_folder
        files = sorted(folder.iterdir())
        assert [file.suffix for file in files] == [".pdf", ".txt"]
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert files[0].read_bytes().startswith(b"%PDF") and "B/.75.00" in files[1].read_text("utf-8")
        assert "Guardado en" in screen_text(desk.app)
