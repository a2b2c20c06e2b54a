"""Favourites, scheduled payments and the basket on the real app, by keyboard alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from screens.basket import BasketScreen
from screens.dialogs.confirm import Confirm
from screens.favourites import FavouritesScreen
from screens.payment import PaymentScreen
from screens.record import RecordScreen
from screens.schedule_form import ScheduleScreen
from screens.schedules import SchedulesScreen
from services import baskets
from services.calendar_rules import Every
from services.errors import StoreUnavailable
from services.operations import Op
from tests.screens.counter import Counter, counter
from tests.screens.support import SIZES, assert_snapshot, screen_text
from tests.services.callers import sent_code
from tests.services.world import World

pytestmark = pytest.mark.thorough

TO_PLAN = "t13<enter>cuota<enter>"  # the plan's quota, from savings 1, reviewed
TO_LOAN = "t15<enter>50<enter>"


@pytest.fixture
def served(sqlite_world: World, tmp_path: Path) -> Counter:
    return counter(sqlite_world, tmp_path)


def on(served: Counter) -> Any:
    return served.desk.app.screen


def shown(served: Counter) -> str:
    return " ".join(screen_text(served.desk.app).replace("│", " ").split())


def named(name: str, size: tuple[int, int]) -> str:
    return f"{name}_{size[0]}x{size[1]}"


# ---------------------------------------------------------------- favourites


async def test_kept_from_a_receipt_and_paid_again_by_its_number(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}<enter>f")
        assert "quedó en los favoritos" in shown(served)
        await served.desk.keys("<escape>:fav<enter>")
        assert isinstance(on(served), FavouritesScreen)
        assert "PLAN DE CAPITALIZACIÓN" in shown(served) and "20.00" in shown(served)
        await served.desk.keys("1")  # what is usual now, whole: straight to the review
        assert isinstance(on(served), PaymentScreen)
        assert on(served).typed() == ("1", "3", "cuota", "")
        await served.desk.keys("<enter>")
        assert on(served).receipt is not None
        await served.desk.keys("<escape>")
        assert isinstance(on(served), RecordScreen) and "comprobante" in shown(served)
    assert served.world.balance(served.plan) == 40_00
    assert served.world.scalar("SELECT uses FROM favourite") == 1


async def test_somebody_else_is_paid_again_without_looking_them_up(served: Counter) -> None:
    served.world._insert(
        _favourite(), member_id=served.desk.member, kind=Op.TRANSFER_THIRD.value, label="Mi hermano",
        from_account=served.desk.first, to_account=served.theirs, last_amount=12_50, uses=3,
        created_at=served.world.clock.now(),
    )  # fmt: skip
    async with served.desk.open(level=2):
        await served.desk.keys(":fav<enter>1")
        assert "RUBÉN Ñ••••" in shown(served) and on(served).prepared.code_needed
        assert served.world.events("payee.find") == []


def _favourite() -> Any:
    from data.tables import Favourite

    return Favourite


async def test_renamed_and_taken_off(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}<enter>f<escape>:fav<enter>r<end>")
        await served.desk.keys(" de casa<enter>")
        assert "PLAN DE CAPITALIZACIÓN de casa" in served.world.scalar("SELECT label FROM favourite")
        await served.desk.keys("x")
        assert isinstance(on(served), Confirm)
        await served.desk.keys("<f2>")
        assert "Ninguno" in shown(served)
    assert served.world.scalar("SELECT count(*) FROM favourite WHERE removed_at IS NOT NULL") == 1


@pytest.mark.parametrize("size", SIZES)
async def test_favourites_look(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    served = counter(sqlite_world, tmp_path, size=size)
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}<enter>f<escape>{TO_LOAN}<enter>f<escape>:fav<enter>")
        assert_snapshot(served.desk.app, named("favourites", size))
        served.desk.run_out()
        await served.desk.tick()
        assert "PRÉSTAMO" not in shown(served)


# ---------------------------------------------------------------- scheduled payments


async def test_a_payment_is_repeated_from_its_review(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}p")
        assert isinstance(on(served), ScheduleScreen) and "la cuota de ese día" in shown(served)
        await served.desk.keys("<enter><enter>12<enter>Plan<enter>")
        assert "cada mes, el día 23" in shown(served) and "12 veces" in shown(served)
        await served.desk.keys("<enter>")
        assert isinstance(on(served), RecordScreen) and "«Plan» quedó programado cada mes" in shown(served)
    (row,) = served.world.rows("SELECT * FROM schedule")
    assert (row["every"], row["runs_left"], str(row["first_on"]), row["kind"]) == (
        "month",
        12,
        "2026-11-23",
        "quota.pay",
    )
    assert '"word":"cuota"' in row["command"] and served.world.balance(served.plan) == 0


async def test_a_new_one_needs_no_funds_today(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(":prog<enter>n")
        await served.desk.keys("12<enter>5000<enter>")
        assert isinstance(on(served), ScheduleScreen)
        await served.desk.keys("<end><backspace><backspace><backspace>quinc<enter>")
        await served.desk.keys("<home><delete><delete>30<enter><enter><enter><enter>")
        assert isinstance(on(served), SchedulesScreen) and "quedó programado cada quincena" in shown(served)
        assert "5,000.00" in shown(served)
        await served.desk.keys("o")
        assert isinstance(on(served), Confirm)
        await served.desk.keys("<f2>")
        assert "No se pagará el 30/11/2026" in shown(served)
        assert str(served.world.scalar("SELECT next_on FROM schedule")) == "2026-12-15"
        await served.desk.keys("x<f2>")
        assert "cancelado" in shown(served)
    assert served.world.scalar("SELECT state FROM schedule") == "cancelled"


async def test_to_somebody_else_the_code_says_how_often(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys("t150233/1<enter>10<enter>p<enter><enter><enter><enter>")
        assert on(served).prepared.code_needed
        await served.desk.keys("c")
        await served.desk.keys(f"{sent_code(served.world)}<enter>")
        assert "quedó programado" in shown(served), shown(served)
    assert served.world.scalar("SELECT count(*) FROM schedule") == 1


async def test_what_is_wrong_stands_at_its_field(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}p<backspace><backspace><backspace>año<f2>")
        assert "mes, quincena, semana, una vez" in on(served).every.error
        await served.desk.keys("<backspace><backspace><backspace>mes<enter>")
        await served.desk.keys("<backspace>0<enter>01/01/2020<enter><f2>")  # 23/11/2020: over; so is the end
        assert on(served).first.error.startswith("La primera fecha ya pasó")
    assert served.world.scalar("SELECT count(*) FROM schedule") == 0


@pytest.mark.parametrize("size", SIZES)
async def test_schedules_look(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    served = counter(sqlite_world, tmp_path, size=size)
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_LOAN}p")
        assert_snapshot(served.desk.app, named("schedule_form", size))
        await served.desk.keys("<enter><enter><enter>Préstamo<enter>")
        assert_snapshot(served.desk.app, named("schedule_review", size))
        await served.desk.keys("<enter>:prog<enter>")
        assert_snapshot(served.desk.app, named("schedules", size))
        served.desk.run_out()
        await served.desk.tick()
        assert "PRÉSTAMO" not in shown(served)


# ---------------------------------------------------------------- the basket


async def test_collected_on_the_call_and_confirmed_together(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}b")
        assert isinstance(on(served), RecordScreen) and "En la canasta: 1 pago" in shown(served)
        await served.desk.keys(f"{TO_LOAN}+:canasta<enter>")
        assert isinstance(on(served), BasketScreen) and "2 pagos · total B/.70.00" in shown(served)
        assert "1,252.64" in shown(served)  # behind both
        assert served.world.balance(served.plan) == 0
        await served.desk.keys("<f2>")
        assert "Canasta confirmada: comprobantes" in shown(served) and shown(served).count("Aplicada") == 2
        await served.desk.keys("<f2><enter>")
        assert "Canasta" in shown(served) and "1 de 2" in shown(served)
        await served.desk.keys("<escape><escape>")
        assert isinstance(on(served), RecordScreen) and not served.desk.record.basket.items
    assert served.world.balance(served.plan) == 20_00
    assert served.world.scalar("SELECT count(*) FROM operation WHERE kind IN ('loan.pay', 'quota.pay')") == 2


async def test_a_destination_comes_once_and_can_be_taken_out(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}b{TO_PLAN}b")
        assert "ya está en la canasta" in shown(served)
        await served.desk.keys("<escape><escape><f2>")
        await served.desk.keys(f"{TO_LOAN}b:canasta<enter>x")
        assert "1 pago · total B/.50.00" in shown(served)
        await served.desk.keys("x")
        assert "La canasta está vacía" in shown(served)


async def test_a_payment_to_somebody_else_gets_its_code_in_the_basket(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"t150233/1<enter>10<enter>b{TO_PLAN}b:canasta<enter>")
        assert "falta código" in shown(served)
        await served.desk.keys("<f2>")
        assert served.world.scalar("SELECT count(*) FROM operation WHERE kind = 'quota.pay'") == 0
        await served.desk.keys("c")
        await served.desk.keys(f"{sent_code(served.world)}<enter>")
        assert "falta código" not in shown(served)
        await served.desk.keys("<f2>")
        assert shown(served).count("Aplicada") == 2
    assert served.world.balance(served.theirs) == 20_00


async def test_what_changed_since_the_review_is_marked_and_agreed_to_again(served: Counter) -> None:
    served.world.fund(served.desk.second, 50_00)
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}bt21<enter>7<enter>bb")
        served.world.fund(served.desk.second, 5_00)  # the source of the second line, from elsewhere
        await served.desk.keys("<f2>")
        assert served.world.balance(served.plan) == 0
        rows = [line for line in screen_text(served.desk.app).splitlines() if "▲ cambió" in line]
        assert len(rows) == 1 and "  2  " in rows[0] and "Los datos cambiaron" in shown(served), shown(served)
        await served.desk.keys("<f2>")
        assert shown(served).count("Aplicada") == 2
    assert served.world.balance(served.plan) == 20_00


async def test_without_an_answer_the_same_keys_are_asked_for(served: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    real = baskets.confirm_basket

    def lost(command: Any, operator: Any, gateway: Any, uow: Any) -> Any:
        sent.append(command)
        answer = real(command, operator, gateway, uow)
        if len(sent) == 1:
            raise StoreUnavailable
        return answer

    monkeypatch.setattr("screens.basket.confirm_basket", lost)
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}b:canasta<enter><f2>")
        assert "No se sabe si se aplicó" in shown(served)
        await served.desk.keys("<f5>x<f2>")
        assert "Canasta confirmada" in shown(served)
    assert sent[0] == sent[1] and served.world.balance(served.plan) == 20_00


async def test_a_basket_without_an_answer_keeps_its_keys_when_it_is_left(
    served: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is added, taken out or reviewed anew until it is known what became of it."""
    sent: list[Any] = []
    real = baskets.confirm_basket

    def lost(command: Any, operator: Any, gateway: Any, uow: Any) -> Any:
        sent.append(command)
        answer = real(command, operator, gateway, uow)
        if len(sent) == 1:
            raise StoreUnavailable
        return answer

    monkeypatch.setattr("screens.basket.confirm_basket", lost)
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}bb<f2><escape>")
        assert isinstance(on(served), RecordScreen)
        await served.desk.keys(f"{TO_LOAN}b")
        assert "La canasta espera respuesta" in shown(served)
        await served.desk.keys("<escape><escape><f2><f7>")
        assert isinstance(on(served), Confirm) and "sin respuesta" in shown(served)
        await served.desk.keys("<escape>b")
        assert "sin respuesta" in shown(served)
        await served.desk.keys("<f2>")
        assert "Canasta confirmada" in shown(served)
    assert sent[0] == sent[1] and served.world.balance(served.plan) == 20_00


async def test_the_end_of_the_call_asks_before_the_case_is_closed(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}b<f7>")
        assert isinstance(on(served), Confirm)
        await served.desk.keys("<escape>")
        assert served.world.events("case.close") == []
        await served.desk.keys("bx<escape><f7>")
        assert not isinstance(on(served), RecordScreen)


async def test_leaving_with_something_in_it_asks_first(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}b<f3>")
        assert isinstance(on(served), Confirm) and "(1 pago)" in shown(served)
        await served.desk.keys("<escape>")
        assert isinstance(on(served), RecordScreen)
        await served.desk.keys("<f3><f2>")
        assert not isinstance(on(served), RecordScreen)


@pytest.mark.parametrize("size", SIZES)
async def test_the_basket_looks(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    served = counter(sqlite_world, tmp_path, size=size)
    async with served.desk.open(level=2):
        await served.desk.keys(f"{TO_PLAN}b{TO_LOAN}b:canasta<enter>")
        assert_snapshot(served.desk.app, named("basket", size))
        await served.desk.keys("<f2>")
        assert_snapshot(served.desk.app, named("basket_done", size))


def test_the_words_of_the_plan() -> None:
    from screens.schedule_form import parse_end, parse_every

    assert [parse_every(word) for word in ("m", "MES", "q", "sem", "una")] == [
        Every.MONTH, Every.MONTH, Every.FORTNIGHT, Every.WEEK, Every.ONCE,
    ]  # fmt: skip
    assert (parse_end("12"), parse_end("31/12/2027")) == (12, date(2027, 12, 31))
    for text in ("", "x", "semanal"):
        with pytest.raises(ValueError, match="mes, quincena"):
            parse_every(text)
