"""How many keys the usual tasks take on the real app: control keys and command letters count, typed data doesn't.

The member's record is open and the caller verified where it matters; no mouse. Run with `-s` for the table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from screens.desk import Desk
from screens.movements import MovementsScreen
from screens.payment import PaymentScreen
from screens.record import RecordScreen
from screens.verify import VerifyScreen
from services.operations import Op
from tests.screens.approval_seat import Seat
from tests.screens.billers import ENSA, bill_counter
from tests.screens.counter import counter
from tests.screens.member_desk import NUMBER, MemberDesk, member_desk
from tests.screens.staff import at_rest
from tests.screens.support import KeyCounter, screen_text
from tests.services.access_cases import live_credentials, mails
from tests.services.callers import ANSWERS, sent_code
from tests.services.world import PASSWORD, START, World


class Hand:
    """Somebody at the keyboard."""

    def __init__(self, desk: MemberDesk | Seat, pilot: Any) -> None:
        self.desk, self.counter = desk, KeyCounter(pilot)

    async def press(self, *keys: str) -> None:
        """Keys that count."""
        for key in keys:
            await self.counter.press(key)
            await at_rest(self.desk.app)

    async def data(self, text: str) -> None:
        """Data that the member says or the agent knows."""
        await self.counter.data(text)
        await at_rest(self.desk.app)

    def spent(self, task: str, budget: int) -> None:
        """Print the table's line and hold to the budget."""
        keys = " ".join(self.counter.pressed)
        sys.stdout.write(f"\n{task:<46} {self.counter.count:>2} of {budget:>2}  {keys}\n")
        assert self.counter.count <= budget, self.counter.pressed


def on(desk: MemberDesk) -> Any:
    return desk.app.screen


async def test_find(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path)
    async with desk.open() as pilot:
        await desk.keys("<escape>")
        assert isinstance(on(desk), Desk)
        hand = Hand(desk, pilot)
        await hand.data(NUMBER)
        await hand.press("enter")
        assert isinstance(on(desk), RecordScreen) and on(desk).member_id == desk.member
        hand.spent("find a member by number", 1)


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh-password", "old-password"])
async def test_activate_and_send(sqlite_world: World, tmp_path: Path, fresh: bool) -> None:
    desk = member_desk(sqlite_world, tmp_path)
    async with desk.open(level=3) as pilot:
        if not fresh:
            desk.age_password()
        hand = Hand(desk, pilot)
        await hand.press("a", "f2")
        if not fresh:
            await hand.data(PASSWORD)
            await hand.press("enter")
        assert desk.state() == "credencial_emitida"
        assert len(mails(sqlite_world, "temporary_credentials")) == 1
        hand.spent(f"activate and send ({'fresh' if fresh else 'old'} password)", 4)


async def test_resend(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path, access="credencial_emitida", activated_at=START)
    async with desk.open(level=3) as pilot:
        hand = Hand(desk, pilot)
        await hand.press("c", "f2")
        assert (
            len(mails(sqlite_world, "temporary_credentials")) == 1 and live_credentials(sqlite_world, desk.member) == 1
        )
        hand.spent("resend the credential", 2)


async def test_unlock(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path, access="bloqueado", state_before_block="activo", failed_count=5)
    async with desk.open(level=2) as pilot:
        hand = Hand(desk, pilot)
        await hand.press("d", "f2")
        assert desk.state() == "activo"
        hand.spent("unlock", 3)


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh-password", "old-password"])
async def test_reset_questions(sqlite_world: World, tmp_path: Path, fresh: bool) -> None:
    desk = member_desk(sqlite_world, tmp_path, access="activo", questions_at=START)
    async with desk.open(level=3) as pilot:
        if not fresh:
            desk.age_password()
        hand = Hand(desk, pilot)
        await hand.press("p", "f2")
        if not fresh:
            await hand.data(PASSWORD)
            await hand.press("enter")
        assert sqlite_world.scalar("SELECT count(*) FROM security_answer") == 0
        hand.spent(f"reset the questions ({'fresh' if fresh else 'old'} password)", 3)


async def test_own_transfer_by_form_and_by_line(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path)
    async with desk.open(level=2) as pilot:
        form = Hand(desk, pilot)
        await form.press("t")
        await form.data("12")
        await form.press("enter")
        await form.data("75")
        await form.press("enter", "enter")
        assert sqlite_world.balance(desk.second) == 75_00
        form.spent("own transfer by the form", 4)
        await desk.keys("<escape>")
        line = Hand(desk, pilot)
        await line.press("colon")
        await line.data("tr 1 2 75")
        await line.press("enter")
        assert isinstance(on(desk), PaymentScreen)
        await line.press("enter")
        assert sqlite_world.balance(desk.second) == 150_00
        line.spent("own transfer by the line: tr 1 2 75", 3)


async def test_a_loan_by_the_line(sqlite_world: World, tmp_path: Path) -> None:
    served = counter(sqlite_world, tmp_path, accounts=1)
    async with served.desk.open(level=2) as pilot:
        hand = Hand(served.desk, pilot)
        await hand.press("colon")
        await hand.data("pr cuota")
        await hand.press("enter", "enter")
        assert sqlite_world.scalar("SELECT count(*) FROM operation WHERE kind = 'loan.pay'") == 1
        hand.spent("quota of an own loan by the line: pr cuota", 3)


async def test_approve(sqlite_world: World, tmp_path: Path) -> None:
    """Two keys an item, none for the next."""
    seat = Seat(sqlite_world, tmp_path)
    async with seat.open() as pilot:
        for _ in seat.requests:
            hand = Hand(seat, pilot)
            await hand.press("a", "f2")
            hand.spent("approve one item", 2)
    assert seat.states() == ["approved"] * 3


async def test_a_biller_from_the_favourites_and_by_its_name(sqlite_world: World, tmp_path: Path) -> None:
    with bill_counter(sqlite_world, tmp_path, accounts=1) as desk:
        async with desk.served.desk.open(level=2) as pilot:
            desk.favourite(Op.BILLER_PAY, "Luz de la casa", biller="ensa", reference=ENSA)
            line = Hand(desk.served.desk, pilot)
            await line.press("colon")
            await line.data("pg ensa 5")
            await line.press("enter", "enter")
            assert desk.paid() == [5_00], desk.shown()
            line.spent("a biller by the line: pg ensa 5", 3)
            await desk.keys("<escape>")
            again = Hand(desk.served.desk, pilot)
            await again.press("g", "1", "enter")
            assert len(desk.paid()) == 2, desk.shown()
            again.spent("a favourite biller again, from the record", 3)
            await desk.keys("<escape>")
            form = Hand(desk.served.desk, pilot)
            await form.press("g")
            await form.data("fenosa")
            await form.press("enter")
            await form.data("1234567")
            await form.press("enter", "enter")
            assert len(desk.paid()) == 3
            form.spent("a biller by its name and number", 4)


async def test_kept_repeated_and_together(sqlite_world: World, tmp_path: Path) -> None:
    """From where a payment stands: one key to keep it, one into the basket, one to repeat it."""
    served = counter(sqlite_world, tmp_path)
    async with served.desk.open(level=2) as pilot:
        await served.desk.keys(":pl 3 20 de 1<enter><enter>")
        keep = Hand(served.desk, pilot)
        await keep.press("f")
        assert served.world.scalar("SELECT count(*) FROM favourite") == 1
        keep.spent("a favourite from the receipt", 1)
        await served.desk.keys("<escape>:pl 3 21 de 1<enter>")
        plan = Hand(served.desk, pilot)
        await plan.press("p", "f2", "f2")
        assert served.world.scalar("SELECT count(*) FROM schedule") == 1
        plan.spent("a payment each month from its review", 3)
        await served.desk.keys(":pl 3 22 de 1<enter>")
        basket = Hand(served.desk, pilot)
        await basket.press("b")
        await served.desk.keys(":pr 5 50 de 1<enter>")
        await basket.press("b", "b", "f2")
        assert served.world.balance(served.plan) == 42_00, screen_text(served.desk.app)
        basket.spent("two reviewed payments as one basket", 4)


async def test_movements(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path)
    async with desk.open(level=1) as pilot:
        hand = Hand(desk, pilot)
        await hand.press("m")
        assert isinstance(on(desk), MovementsScreen) and "Saldo inicial" in screen_text(desk.app)
        hand.spent("movements", 1)


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh-password", "old-password"])
async def test_whole_call_of_a_locked_out_member(sqlite_world: World, tmp_path: Path, fresh: bool) -> None:
    """Find, two questions, code by e-mail, call back, unlock, send the credential again, end the call."""
    blocked = {"state_before_block": "credencial_emitida", "activated_at": START, "failed_count": 5}
    desk = member_desk(sqlite_world, tmp_path, access="bloqueado", **blocked)
    async with desk.open() as pilot:
        await desk.keys("<f7>")
        hand = Hand(desk, pilot)
        await hand.data(NUMBER)
        await hand.press("enter", "v")
        for _ in range(2):
            await hand.data(answer_on_show(desk))
            await hand.press("enter")
        await hand.press("4")
        await hand.data(sent_code(sqlite_world))
        await hand.press("enter", "6", "1")
        assert isinstance(on(desk), RecordScreen) and on(desk).record.level == 3
        await hand.press("d", "f2")
        if not fresh:
            desk.age_password()
        await hand.press("c", "f2")
        if not fresh:
            await hand.data(PASSWORD)
            await hand.press("enter")
        assert desk.state() == "credencial_emitida" and live_credentials(sqlite_world, desk.member) == 1
        await hand.press("f7")
        assert isinstance(on(desk), Desk)
        hand.spent(f"whole call, locked out ({'fresh' if fresh else 'old'} password)", 16)


def answer_on_show(desk: MemberDesk) -> str:
    """What the member says to the question that the screen asks."""
    screen = on(desk)
    assert isinstance(screen, VerifyScreen) and screen.state is not None
    from screens.verify_panels import asked

    question = asked(screen.state)
    assert question is not None and question.text[:16] in screen_text(desk.app)
    return ANSWERS[question.position][1]
