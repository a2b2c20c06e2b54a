"""A member pays: one question a screen, the question or the code that the policy asks for, one receipt (S10–S31)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from screens.dialogs.message import Message
from screens.portal.ask import Ask, AskSecret
from screens.portal.choose import Choose
from screens.portal.home import Home
from screens.portal.proof import ProveQuestion
from screens.portal.review import PaymentReceipt, ReviewPayment
from services import payments
from services.errors import StoreUnavailable
from tests.portal.kiosk import Kiosk, kiosk
from tests.screens.support import SIZES, assert_snapshot, told
from tests.services.access_cases import mails
from tests.services.portal_door import member_inside, right_answer
from tests.services.world import World


@asynccontextmanager
async def inside(world: World, folder: Path, size: tuple[int, int] = SIZES[0]) -> AsyncIterator[Kiosk]:
    """A member at their accounts: savings of B/.1,322.64 and 0, contributions, and somebody else's savings."""
    _, member = member_inside(world)
    world.account(member, balance=1_322_64, number="06-018-50012-1")
    world.account(member, number="06-018-50012-2")
    world.account(member, product="01", label="APORTACIONES", balance=250_00, number="01-018-50012-1-7")
    stranger = world.member("50233", given_names="Rosa", surnames="Díaz")
    world.account(stranger, number="06-018-50233-1")
    async with kiosk(world, folder, size, first_access=False) as desk:
        desk.member = member
        await desk.sign_in()
        desk.on(Home)
        yield desk


def balance(world: World, number: str) -> int:
    return int(world.scalar("SELECT balance FROM account WHERE number = :number", number=number))


def code_of(world: World) -> str:
    return str(mails(world, "portal_code")[-1]["context"]["code"])


async def to_review(desk: Kiosk, amount: str, line: int = 0) -> None:
    """An own transfer, as far as its review."""
    await desk.keys("t<home>" + "<down>" * line + "<enter><enter><enter>")
    await desk.keys(f"{amount}<enter><enter>")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_between_own_accounts_by_keyboard(size: tuple[int, int], sqlite_world: World, tmp_path: Path) -> None:
    name = f"{size[0]}x{size[1]}"
    async with inside(sqlite_world, tmp_path, size) as desk:
        await desk.keys("t")
        assert_snapshot(desk.app, f"portal_transactions_{name}")
        await desk.keys("<enter>")
        desk.on(Choose)
        assert_snapshot(desk.app, f"portal_pay_source_{name}")
        await desk.keys("<enter><enter>")
        desk.on(Ask)
        assert_snapshot(desk.app, f"portal_pay_amount_{name}")
        await desk.keys("75<enter>para luz<enter>")
        desk.on(ReviewPayment)
        assert_snapshot(desk.app, f"portal_pay_review_{name}")
        await desk.keys("<enter>")
        desk.on(PaymentReceipt)
        assert "75.00" in desk.text
        await desk.keys("<enter>")
        desk.on(Home)
        assert "1,247.64" in desk.text
        assert (balance(sqlite_world, "06-018-50012-1"), balance(sqlite_world, "06-018-50012-2")) == (1_247_64, 75_00)


async def test_going_back_keeps_what_was_answered(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        await to_review(desk, "75")
        desk.on(ReviewPayment)
        await desk.keys("<escape>")
        assert desk.on(Ask).query_one("#amount", Input).value == "75.00"
        await desk.keys("<escape>")
        assert "¿A qué cuenta?" in desk.text
        await desk.keys("<escape><escape>")
        desk.on(Home)
        assert balance(sqlite_world, "06-018-50012-1") == 1_322_64


async def test_enter_on_the_way_back_goes_back(sqlite_world: World, tmp_path: Path) -> None:
    """What Enter does follows the focus: on «Retroceder» it must not confirm."""
    async with inside(sqlite_world, tmp_path) as desk:
        await to_review(desk, "75")
        desk.on(ReviewPayment).query_one("#back").focus()
        await desk.keys("<enter>")
        desk.on(Ask)
        assert balance(sqlite_world, "06-018-50012-1") == 1_322_64


async def test_enter_on_the_receipt_starts_no_other_payment(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("t<enter><enter><enter>75<enter><enter><enter>")
        desk.on(PaymentReceipt)
        await desk.keys("<enter>")
        desk.on(Home)


async def test_an_old_answer_is_asked_for_again(sqlite_world: World, tmp_path: Path) -> None:
    """What must be fresh is asked for, and the payment goes on where it was (S56)."""
    async with inside(sqlite_world, tmp_path) as desk:
        sqlite_world.change("UPDATE member_session SET answered_at = NULL")
        await to_review(desk, "20")
        prove = desk.on(ProveQuestion)
        await desk.keys("no es esa<enter>")
        desk.on(ProveQuestion)
        assert "✗" in desk.text
        await desk.keys(f"{right_answer(prove._text).reveal()}<enter>")
        desk.on(ReviewPayment)


async def test_another_person_is_paid_with_the_code_of_this_payment(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("t<home>" + "<down>" * 5 + "<enter><enter>50233<enter>")
        assert "ROSA D" in desk.text
        await desk.keys("40<enter><enter>")
        desk.on(ReviewPayment)
        await desk.keys("<f2>")
        assert "¿A dónde le enviamos el código" in desk.on(Choose)._question
        await desk.keys("<enter>")
        desk.on(AskSecret)
        assert "s•••" in desk.text
        code = code_of(sqlite_world)
        await desk.keys(("000000" if code != "000000" else "111111") + "<enter>")
        assert "no coincide" in desk.text and balance(sqlite_world, "06-018-50233-1") == 0
        await desk.keys(f"{code}<enter>")
        desk.on(PaymentReceipt)
        assert balance(sqlite_world, "06-018-50233-1") == 40_00


async def test_what_is_wrong_stands_at_its_field(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        await to_review(desk, "999999")
        assert "✗" in desk.text
        desk.on(Ask)
        await desk.keys("<escape><escape><escape>")
        await desk.keys("t<home>" + "<down>" * 5 + "<enter><enter>99999<enter>")
        assert "No hay una cuenta con esos datos" in desk.text


async def test_above_the_members_share_it_is_sent_to_a_branch(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        share = sqlite_world.uow.policy.limits
        own = next(limits for op, limits in share.items() if op.value == "transfer.own")
        account = sqlite_world.scalar("SELECT id FROM account WHERE number = '06-018-50012-1'")
        sqlite_world.fund(account, own.single_of_member * 2)
        await to_review(desk, f"{own.single_of_member // 100 + 1}")
        assert "205-0911" in desk.text or any("sucursal" in text for text in told(desk.app)), desk.text
        assert balance(sqlite_world, "06-018-50012-2") == 0


async def test_a_payment_without_answer_is_asked_about_never_repeated(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, keys = payments.confirm, []

    def silent_once(command: payments.ConfirmPayment, operator: object, uow: object) -> object:
        keys.append(command.key)
        done = real(command, operator, uow)  # type: ignore[arg-type]
        if len(keys) == 1:
            raise StoreUnavailable
        return done

    monkeypatch.setattr("screens.portal.pay.confirm", silent_once)
    async with inside(sqlite_world, tmp_path) as desk:
        await to_review(desk, "75")
        await desk.keys("<f2>")
        desk.on(ReviewPayment)
        assert any("nunca" in text for text in told(desk.app))
        await desk.keys("<escape>")
        desk.on(ReviewPayment)
        await desk.keys("<f2>")
        desk.on(PaymentReceipt)
        assert keys[0] == keys[1] and balance(sqlite_world, "06-018-50012-2") == 75_00


async def test_no_account_to_pay_to_is_said(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("t<home>" + "<down>" * 2 + "<enter><enter>")
        assert "No tiene otra cuenta" in desk.on(Message)._text
