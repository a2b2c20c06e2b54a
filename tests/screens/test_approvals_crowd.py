"""F4 with many that wait, with others at work on the same store, in every size (req. 43, C10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from data.values.uuid7 import uuid7
from screens.approvals import ApprovalsScreen
from screens.dialogs.confirm import Confirm
from screens.record import RecordScreen
from services.approval_ends import expire_due
from services.approval_views import GetApproval, approval_detail
from services.approvals import Approve, RequestApproval, approve, request_approval
from services.ledger_check import check
from services.operations import Op
from services.operator import Role
from services.payments import ConfirmPayment, PreparePayment, prepare
from services.unit_of_work import UnitOfWork
from tests.screens.approval_seat import Seat
from tests.screens.member_desk import MemberDesk, member_desk
from tests.screens.staff import at_rest, enter, staff_app
from tests.screens.support import NARROW, WIDE, assert_snapshot, burst, running, screen_text, toasts
from tests.services.approval_desk import tighten
from tests.services.world import World

pytestmark = pytest.mark.thorough

MANY = 50


def top(app: object) -> str:
    return screen_text(app).splitlines()[0]  # type: ignore[arg-type]


def another_uow(world: World) -> UnitOfWork:
    """The same store, opened once more as another program would."""
    from data.engine import make_engine

    mine = world.uow
    return UnitOfWork(
        make_engine(world.url), clock=world.clock, policy=mine.policy, secrets=mine.secrets, hasher=mine.hasher
    )


@pytest.mark.timeout(400)  # a hundred keys on a machine with other work
@pytest.mark.thorough
async def test_fifty_in_one_go(sqlite_world: World, tmp_path: Path) -> None:
    """A hundred keys typed ahead decide fifty, each once; then the queue is empty."""
    seat = Seat(sqlite_world, tmp_path, waiting=0)
    sqlite_world.fund(seat.desk.first, 20_000_00)
    seat.requests = [seat.desk.ask().request_id for _ in range(MANY)]
    async with seat.open():
        assert f"▲ {MANY} por aprobar" in top(seat.app)
        await seat.keys("a<f2>" * MANY)
        assert seat.states() == ["approved"] * MANY
        assert "No espera ninguna más." in seat.text() and "por aprobar" not in top(seat.app)
    assert seat.desk.posted() == MANY and check(sqlite_world.uow) == ()


async def test_a_second_app_on_the_same_store_is_told_by_itself(sqlite_world: World, tmp_path: Path) -> None:
    """Nobody touches a key at either desk: the notices come with the beat of the policy."""
    uow = sqlite_world.uow
    beat = replace(uow.policy.approval, notice_seconds=0.05)  # type: ignore[arg-type]
    uow.policy = replace(uow.policy, approval=beat)
    seat = Seat(sqlite_world, tmp_path, waiting=0)
    other = another_uow(sqlite_world)
    maker = staff_app(sqlite_world, tmp_path / "otro", opener=lambda: other)
    async with seat.seated(), running(maker, NARROW):
        await enter(maker)
        seat.desk.agent = maker.operator
        sqlite_world.lease(maker.operator, seat.desk.member, level=2, factors=("question", "code"))
        assert "por aprobar" not in top(seat.app)
        request_id = seat.desk.ask().request_id
        await seat.until(lambda: "▲ 1 por aprobar · F4" in top(seat.app))
        assert "por aprobar" not in top(maker)
        receipt = seat.desk.approve(request_id, seat.desk.supervisor("lvega"))
        await seat.until(lambda: any(receipt.number in text for text in toasts(maker)))
        await seat.until(lambda: "por aprobar" not in top(seat.app))
        assert not any(receipt.number in text for text in toasts(seat.app))
    other.engine.dispose()


class Record(NamedTuple):
    """An agent who looks at a member of whom a transfer waits."""

    desk: MemberDesk
    key: str


@asynccontextmanager
async def record_that_waits(world: World, folder: Path) -> AsyncIterator[Record]:
    desk = member_desk(world, folder)
    tighten(world, single={Role.CIS_AGENT: 100_00, Role.SUPERVISOR: 1_000_00})
    async with desk.open(level=2):
        sides = (desk.member, desk.first, desk.second, 150_00)
        shown = prepare(PreparePayment(Op.TRANSFER_OWN, *sides), desk.app.operator, world.uow)
        form = ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, *sides)
        request_approval(RequestApproval(form, "Compra de un terreno"), desk.app.operator, world.uow)
        await desk.keys("<f5>")
        assert "Espera aprobación" in screen_text(desk.app) and "150.00" in screen_text(desk.app)
        yield Record(desk, form.key)
        assert isinstance(desk.app.screen, RecordScreen) and desk.app.screen.record is not None
        assert desk.app.screen.record.pending == () and "Espera aprobación" not in screen_text(desk.app)


async def test_the_record_on_show_follows_what_was_decided(sqlite_world: World, tmp_path: Path) -> None:
    """A supervisor decides elsewhere: no key is pressed."""
    boss, uow = sqlite_world.staff("sgomez", [Role.SUPERVISOR]), sqlite_world.uow
    async with record_that_waits(sqlite_world, tmp_path) as (desk, key):
        approve(Approve(key, approval_detail(GetApproval(key), boss, uow).hash), boss, uow)
        desk.app.watch_approvals()
        await desk.rest()
        await desk.rest()
        assert any("aprobada por sgomez" in told for told in toasts(desk.app))


async def test_the_record_under_the_queue_follows_what_its_maker_withdrew(sqlite_world: World, tmp_path: Path) -> None:
    async with record_that_waits(sqlite_world, tmp_path) as (desk, _):
        await desk.keys("<f4>r<f2>")
        await desk.rest()
        await desk.keys("<escape>")


async def test_two_supervisors_with_the_same_item_on_show(sqlite_world: World, tmp_path: Path) -> None:
    seat = Seat(sqlite_world, tmp_path)
    seat.desk.supervisor("lvega", sign_in=False)
    other = another_uow(sqlite_world)
    second = staff_app(sqlite_world, tmp_path / "otro", opener=lambda: other)
    async with seat.open(), running(second, WIDE):
        seat.clock.advance(60)
        await enter(second, "lvega", code=sqlite_world.code().reveal())
        await burst(second, "<f4>a")
        await at_rest(second)
        assert isinstance(second.screen, Confirm)
        await seat.keys("a<f2>")
        await burst(second, "<f2>")
        await at_rest(second)
        assert "aprobada por sgomez" in " ".join(screen_text(second).split())
        queue = second.screen
        assert isinstance(queue, ApprovalsScreen) and queue.request_id == seat.requests[1]
    assert seat.desk.posted() == 1 and seat.states() == ["approved", "waiting", "waiting"]
    other.engine.dispose()


async def test_what_is_late_is_marked_in_the_list_and_above(sqlite_world: World, tmp_path: Path) -> None:
    seat = Seat(sqlite_world, tmp_path)
    async with seat.open(size=WIDE):
        seat.clock.advance(58 * 60)
        seat.desk.later()
        await seat.keys("<f5>")
        seat.app.watch_approvals()
        await at_rest(seat.app)
        assert "▲ 3 por aprobar, 2 atrasadas · F4" in top(seat.app)
        assert_snapshot(seat.app, "approvals_late_120x40")


async def test_what_ran_out_before_the_eyes_of_the_approver(sqlite_world: World, tmp_path: Path) -> None:
    seat = Seat(sqlite_world, tmp_path)
    async with seat.open():
        await seat.keys("a")
        seat.clock.advance(24 * 3600)
        seat.desk.later()
        await seat.keys("<f2>")
        assert seat.desk.posted() == 0 and "No hay solicitudes" in seat.text()
        assert expire_due(sqlite_world.uow) == 3 and seat.states() == ["expired"] * 3


async def test_who_called_and_how_they_were_verified_stands_beside_it(sqlite_world: World, tmp_path: Path) -> None:
    seat = Seat(sqlite_world, tmp_path, waiting=1)
    async with seat.open(size=WIDE):
        for part in (
            "N2 · código de un solo uso",
            "pregunta de seguridad",
            "Compra de un terreno",
            "asociado: B/.0.00 de",
        ):
            assert part in seat.text(), seat.text()


async def test_what_the_maker_wrote_is_shown_as_it_was_written(sqlite_world: World, tmp_path: Path) -> None:
    seat = Seat(sqlite_world, tmp_path, waiting=0)
    note = "[red]pide[/red] $(rm) «ñandú» 漢字 \\[/] :pg ensa 40"
    seat.requests.append(seat.desk.ask(seat.desk.form(memo="[b]hola[/b]"), note).request_id)
    async with seat.open(size=WIDE):
        for part in ("[red]pide[/red]", "«ñandú»", "漢字", "[b]hola[/b]"):
            assert part in seat.text(), seat.text()
        await seat.keys("a")
        assert isinstance(seat.app.screen, Confirm)
        await seat.keys("<f2>")
    assert seat.states() == ["approved"]


@pytest.mark.parametrize("size", [(60, 16), NARROW, (100, 30), WIDE, (200, 60)])
async def test_it_works_in_every_size_and_through_a_resize(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    seat = Seat(sqlite_world, tmp_path)
    async with seat.open() as pilot:
        await pilot.resize_terminal(*size)
        await at_rest(seat.app)
        assert "150.0" in seat.text() and seat.screen.request_id == seat.requests[0]
        await seat.keys("a")
        await pilot.resize_terminal(*NARROW)
        await at_rest(seat.app)
        assert "Aprobar esta operación" in seat.text()
        await seat.keys("<f2>")
    assert seat.states() == ["approved", "waiting", "waiting"]


@pytest.mark.parametrize("related", ["own", "relative"])
async def test_nothing_of_ones_own_account_or_a_relatives_is_seen(
    sqlite_world: World, tmp_path: Path, related: str
) -> None:
    seat = Seat(sqlite_world, tmp_path)
    if related == "own":
        sqlite_world.change(
            "UPDATE staff SET member_id = :m WHERE id = :id", m=seat.desk.member, id=seat.supervisor.staff_id
        )
    else:
        sqlite_world.relative(seat.supervisor, seat.desk.member)
    async with seat.open():
        assert "No hay solicitudes" in seat.text() and "ITZEL" not in seat.text()
        assert "por aprobar" not in top(seat.app)
        await seat.keys("a<f2>x")
    assert seat.states() == ["waiting"] * 3


async def test_ones_own_is_followed_and_not_decided(sqlite_world: World, tmp_path: Path) -> None:
    """A supervisor who registered it sees it and is told why they can't; nobody counts it to them."""
    seat = Seat(sqlite_world, tmp_path, waiting=0, maker=(Role.CIS_AGENT, Role.SUPERVISOR))
    tighten(sqlite_world, member_daily=10_00)
    seat.requests.append(seat.desk.ask().request_id)
    async with seat.open("mrodriguez"):
        assert "✗ No puede aprobar una operación que usted registró." in seat.text()
        assert "por aprobar" not in top(seat.app)
        await seat.keys("a<f2>x")
        assert isinstance(seat.app.screen, ApprovalsScreen) and seat.states() == ["waiting"]
        await seat.keys("r<f2>")
        assert seat.states() == ["withdrawn"]
