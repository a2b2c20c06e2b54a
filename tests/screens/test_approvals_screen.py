"""F4 on the real app: two keys an item, the next opens by itself, what changed is shown, what was decided is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens.approvals import ApprovalsScreen
from screens.desk import Desk
from screens.dialogs.confirm import Confirm
from screens.dialogs.password import PasswordDialog
from screens.dialogs.reason import ReasonDialog
from tests.screens.approval_seat import Seat
from tests.screens.staff import at_rest
from tests.screens.support import NARROW, WIDE, KeyCounter, assert_snapshot, screen_text, toasts
from tests.services.world import PASSWORD, World


@pytest.fixture
def seat(sqlite_world: World, tmp_path: Path) -> Seat:
    return Seat(sqlite_world, tmp_path)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_queue_looks_so(seat: Seat, size: tuple[int, int]) -> None:
    async with seat.open(size=size):
        assert_snapshot(seat.app, f"approvals_{size[0]}x{size[1]}")
        seat.world.fund(seat.desk.first, -1_000_00)
        await seat.keys("<f5>")
        assert_snapshot(seat.app, f"approvals_changed_{size[0]}x{size[1]}")
        await seat.keys("a")
        assert_snapshot(seat.app, f"approvals_question_{size[0]}x{size[1]}")


async def test_two_keys_an_item_and_none_for_the_next(seat: Seat) -> None:
    async with seat.open() as pilot:
        counter = KeyCounter(pilot)
        for number, request_id in enumerate(seat.requests, 1):
            assert seat.screen.request_id == request_id
            if number > 1:  # the balance moved with the one before: it is on the screen
                assert "▲ Saldo después" in screen_text(seat.app)
            for key in ("a", "f2"):
                await counter.press(key)
                await at_rest(seat.app)
            assert seat.desk.state(request_id) == "approved" and counter.count == 2 * number
        assert "No espera ninguna más." in seat.text()
        assert "No hay solicitudes que esperen aprobación." in seat.text()
    assert seat.desk.posted() == 3


async def test_the_same_at_0_ms(seat: Seat) -> None:
    """Keys that were typed ahead decide what they were typed for: nothing is skipped, nothing is approved twice."""
    async with seat.open():
        await seat.keys("a<f2>a<f2>a<f2>")
    assert seat.states() == ["approved"] * 3 and seat.desk.posted() == 3


async def test_arrow_and_letter_at_0_ms_act_on_the_row_that_was_meant(seat: Seat) -> None:
    async with seat.open():
        await seat.keys("<down><down>a<f2>")
    assert seat.states() == ["waiting", "waiting", "approved"]


async def test_the_cursor_chooses_and_the_place_stays(seat: Seat) -> None:
    first, _, third = seat.requests
    async with seat.open():
        await seat.keys("<down>a<f2>")
        assert seat.states() == ["waiting", "approved", "waiting"] and seat.screen.request_id == third
        await seat.keys("a<f2>")
        assert seat.states() == ["waiting", "approved", "approved"] and seat.screen.request_id == first
        await seat.keys("a<escape>")
        assert isinstance(seat.app.screen, ApprovalsScreen) and seat.desk.state(first) == "waiting"
        await seat.keys("<escape>")
        assert isinstance(seat.app.screen, Desk)


async def test_the_question_names_what_will_happen(seat: Seat) -> None:
    async with seat.open():
        await seat.keys("a")
        assert isinstance(seat.app.screen, Confirm)
        for part in (
            "Transferencia entre cuentas propias: B/.150.00",
            "ITZEL P••••",
            "Desde: AHORROS",
            "Hacia: AHORROS",
        ):
            assert part in seat.text(), seat.text()
        await seat.keys("a<enter>")  # neither the trigger nor Enter on «Cancelar» approves
    assert seat.desk.posted() == 0


async def test_an_old_password_is_asked_for_and_the_same_item_is_approved(seat: Seat) -> None:
    async with seat.open():
        at = seat.world.clock.now().replace(hour=seat.world.clock.now().hour - 1)
        seat.world.change(
            "UPDATE staff_session SET authenticated_at = :at",
            at=at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        )
        await seat.keys("a<f2>")
        assert isinstance(seat.app.screen, PasswordDialog) and seat.desk.posted() == 0
        await seat.keys(f"{PASSWORD}<enter>")
        assert seat.states()[0] == "approved" and seat.screen.request_id == seat.requests[1]


async def test_what_changed_between_the_look_and_the_approval_is_shown_first(seat: Seat) -> None:
    async with seat.open():
        seat.world.fund(seat.desk.first, -100_00)
        await seat.keys("a<f2>")
        assert "Cambió desde que la abrió" in seat.text() and "▲ Saldo después" in seat.text()
        assert seat.screen.request_id == seat.requests[0] and seat.desk.posted() == 0
        await seat.keys("a<f2>")
        assert seat.states()[0] == "approved"


async def test_missing_funds_keep_it_waiting_and_say_so(seat: Seat) -> None:
    async with seat.open():
        seat.world.fund(seat.desk.first, -5_400_00)
        await seat.keys("<f5>")
        assert "✗ Saldo insuficiente" in seat.text()
        await seat.keys("a")
        assert isinstance(seat.app.screen, ApprovalsScreen)
    assert seat.states() == ["waiting"] * 3


async def test_refused_with_a_reason_and_the_next_opens(seat: Seat) -> None:
    async with seat.open():
        await seat.keys("x")
        assert isinstance(seat.app.screen, ReasonDialog)
        await seat.keys("2<f2>")
        assert seat.states()[0] == "refused" and seat.screen.request_id == seat.requests[1]
        assert "Rechazada; se avisa a mrodriguez." in seat.text()
    (event,) = seat.world.events("approval.refuse")
    assert event["reason"] == "La verificación no es suficiente"


async def test_somebody_else_was_faster(seat: Seat) -> None:
    other = seat.desk.supervisor("lvega")
    async with seat.open():
        seat.desk.approve(seat.requests[0], other)
        await seat.keys("a<f2>")
        assert "aprobada por lvega" in seat.text()
        assert seat.screen.request_id == seat.requests[1] and seat.desk.posted() == 1


async def test_the_list_follows_by_itself_and_keeps_nobody_awake(seat: Seat) -> None:
    seen = "SELECT last_seen_at FROM staff_session WHERE staff_id = :id"
    async with seat.open():
        new = seat.desk.ask().request_id
        before = seat.world.scalar(seen, id=seat.supervisor.staff_id)
        seat.clock.advance(30)
        seat.screen._by_itself()
        await at_rest(seat.app)
        assert new in [row.request_id for row in seat.screen._rows]
        assert seat.screen.request_id == seat.requests[0]
        assert seat.world.scalar(seen, id=seat.supervisor.staff_id) == before


async def test_the_maker_follows_and_withdraws_and_decides_nothing(seat: Seat) -> None:
    async with seat.open("mrodriguez"):
        assert "Saldo después" not in seat.text()
        for key in ("a", "x"):
            await seat.keys(key)
            assert isinstance(seat.app.screen, ApprovalsScreen)
        await seat.keys("r<f2>")
        assert seat.states()[0] == "withdrawn" and seat.screen.request_id == seat.requests[1]


# ---------------------------------------------------------------- told at every desk


async def test_the_top_bar_counts_for_who_approves(seat: Seat) -> None:
    async with seat.seated():
        assert "▲ 3 por aprobar · F4" in screen_text(seat.app).splitlines()[0]
        await seat.keys("<f4>a<f2>")
        assert "▲ 2 por aprobar · F4" in screen_text(seat.app).splitlines()[0]
        await seat.keys("a<f2>a<f2>")
        assert "por aprobar" not in seat.text()


async def test_nobody_else_is_counted_to(seat: Seat) -> None:
    async with seat.seated("mrodriguez"):
        assert "por aprobar" not in seat.text()
        assert "3 esperan aprobación" in seat.text()  # «Mi día»


async def test_the_maker_is_told_once(seat: Seat) -> None:
    supervisor = seat.desk.supervisor("lvega")
    async with seat.seated("mrodriguez"):
        receipt = seat.desk.approve(seat.requests[0], supervisor)
        for _ in range(2):
            seat.app.watch_approvals()
            await at_rest(seat.app)
        found = [text for text in toasts(seat.app) if "aprobada por lvega" in text]
        assert len(found) == 1 and receipt.number in found[0]


async def test_f4_opens_nothing_over_a_dialog_and_nothing_twice(seat: Seat) -> None:
    async with seat.open():
        await seat.keys("<f4>")
        assert sum(isinstance(screen, ApprovalsScreen) for screen in seat.app.screen_stack) == 1
        await seat.keys("a<f4>")
        assert isinstance(seat.app.screen, Confirm) and seat.desk.posted() == 0
        await seat.keys("<escape><escape>:apr<enter>")
        assert isinstance(seat.app.screen, ApprovalsScreen)
