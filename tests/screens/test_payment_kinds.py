"""Each kind of payment on the real app: what the form takes, what it shows, what it sends (S10–S17, S102, req. 42)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from screens.payment import PaymentScreen
from services.operations import Op
from tests.screens.counter import Counter, counter
from tests.screens.staff import at_rest
from tests.screens.support import SIZES, assert_snapshot, screen_text, type_slowly
from tests.services.callers import sent_code
from tests.services.world import World


@pytest.fixture
def served(sqlite_world: World, tmp_path: Path) -> Counter:
    return counter(sqlite_world, tmp_path)


def on(served: Counter) -> Any:
    return served.desk.app.screen


def shown(served: Counter) -> str:
    """What the terminal shows, without frames, in one line: the form's side whole, then what stands beside it."""
    halves = [line.partition("││") for line in screen_text(served.desk.app).splitlines()]
    sides = " ".join(half[0] for half in halves) + " " + " ".join(half[2] for half in halves)
    return " ".join(sides.replace("│", " ").split())


def posted(served: Counter) -> list[dict[str, Any]]:
    return served.world.rows("SELECT kind, body FROM operation WHERE kind <> 'opening' ORDER BY seq")


OWN = [
    ("3", "cuota", Op.QUOTA_PAY, 20_00, "Pago de cuota: PLAN DE CAPITALIZACIÓN"),
    ("4", "cuota", Op.QUOTA_PAY, 5_00, "Pago de cuota: APORTACIONES"),
    ("5", "50", Op.LOAN_PAY, 50_00, "Pago de préstamo: PRÉSTAMO PERSONAL"),
    ("6", "total", Op.SERVICE_PAY, 62_68, "Pago de servicio de la Cooperativa: SEG.VIDA"),
    ("7", "min", Op.CARD_PAY, 35_00, "Pago de tarjeta de crédito: MASTERCARD"),
    ("7", "Éstado", Op.CARD_PAY, 280_00, "Pago de tarjeta de crédito: MASTERCARD"),
    ("8", "cuota", Op.SERVICE_PAY, 18_50, "Pago de servicio de la Cooperativa: PLAN CELULAR"),
]


@pytest.mark.parametrize("slowly", [False, True], ids=["burst", "slowly"])
@pytest.mark.parametrize(("target", "amount", "op", "centesimos", "note"), OWN)
async def test_an_own_account_is_paid_by_its_number_and_a_word(
    served: Counter, target: str, amount: str, op: Op, centesimos: int, note: str, slowly: bool
) -> None:
    async with served.desk.open(level=2):
        script = f"t1{target}<enter>{amount}"
        if slowly:
            await type_slowly(served.desk.app, script)
            await at_rest(served.desk.app)
        else:
            await served.desk.keys(script)
        assert note in shown(served)
        await served.desk.keys("<enter><enter>")
        assert on(served).receipt is not None, shown(served)
    (done,) = posted(served)
    asked = json.loads(done["body"])["request"]["asked"]
    assert (done["kind"], asked["from"], asked["amount"]) == (op.value, served.desk.first, centesimos)


async def test_the_usual_amounts_stand_beside_the_form_and_the_arrows_go_through_them(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys("t17<enter>")
        for text in (
            "minimo 35.00 Pago mínimo",
            "estado 280.00 Saldo del estado de cuenta",
            "total 322.64 Saldo total",
        ):
            assert text in shown(served)
        await served.desk.keys("<down><down>")
        assert on(served).amount.text == "estado" and "▸ estado" in shown(served)
        await served.desk.keys("<up><up>")
        assert on(served).amount.text == "total"
        await served.desk.keys("<enter>")
        assert "B/.322.64" in shown(served)


async def test_a_word_that_names_no_amount_says_which_do(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys("t17<enter>cuota<enter>")
        assert "minimo, estado, total" in on(served).amount.error
        await served.desk.keys("<escape><f2>t12<enter>cuota<enter>")
        assert "no tiene montos con nombre" in on(served).amount.error
    assert posted(served) == []


async def test_a_caller_at_n1_may_pay_what_needs_no_more(served: Counter) -> None:
    async with served.desk.open(level=1):
        await served.desk.keys("t15<enter>50<enter><enter>")
        assert on(served).receipt is not None, shown(served)
        await served.desk.keys("<escape>t12<enter>5<enter>")
        assert "Requiere verificación N2" in shown(served) and on(served).prepared is None
        await served.desk.keys("<escape><f2>")
    assert [row["kind"] for row in posted(served)] == ["loan.pay"]


async def test_nobody_who_is_not_verified_opens_the_form(served: Counter) -> None:
    async with served.desk.open():
        await served.desk.keys("t")
        assert not isinstance(on(served), PaymentScreen) and "Requiere verificación N" in shown(served)


async def test_the_only_number_that_can_be_the_origin_needs_no_enter(served: Counter) -> None:
    """With more than nine accounts «1» begins other numbers, of accounts that nothing leaves."""
    for _ in range(3):
        served.world.account(served.desk.member, product="11", label="PLAN", balance=0)
    async with served.desk.open(level=2):
        await served.desk.keys("t1")
        assert on(served).target.input.has_focus, shown(served)
        assert len(served.desk.record.rows()) > 10
        await served.desk.keys("2<enter>5<enter>")
        assert on(served).prepared is not None


# Somebody else ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["50233", "50233/1", "06-018-50233-1"])
async def test_somebody_else_is_paid_with_a_code_for_this_payment(served: Counter, number: str) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"t1{number}<enter>")
        screen = on(served)
        assert "Transferencia a otra persona: AHORROS" in shown(served) and "de RUBÉN Ñ••••" in shown(served)
        assert screen.amount.input.has_focus and "10.00" not in shown(served)
        await served.desk.keys("40<enter><enter>")
        assert "Falta el código de este pago" in shown(served) and screen.receipt is None
        await served.desk.keys("c")
        assert "Código enviado a" in shown(served) and screen.code.input.has_focus
        code = sent_code(served.world)
        wrong = "000000" if code != "000000" else "111111"
        await served.desk.keys(f"{wrong}<enter>")
        assert "no coincide" in shown(served) and screen.receipt is None
        assert wrong not in shown(served) and code not in shown(served)
        await served.desk.keys(f"{code}<enter>")
        assert screen.receipt is not None, shown(served)
    (done,) = posted(served)
    assert done["kind"] == "transfer.third" and len(served.world.events("payment.prepare")) == 1
    assert served.world.balance(served.theirs) == 50_00 and served.world.balance(served.desk.first) == 1_282_64


async def test_a_changed_amount_needs_another_code(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys("t150233<enter>40<enter>c")
        code = sent_code(served.world)
        await served.desk.keys("<escape>0<enter>")
        assert "B/.400.00" in shown(served) and not on(served).code.input.filled
        await served.desk.keys("<tab>")
        await served.desk.keys(f"{code}<enter>")
        assert on(served).receipt is None
    assert posted(served) == []


async def test_one_of_several_accounts_is_chosen_by_number(sqlite_world: World, tmp_path: Path) -> None:
    served = counter(sqlite_world, tmp_path, more=True)
    async with served.desk.open(level=2):
        await served.desk.keys("t150233<enter>")
        assert "¿A cuál de las cuentas de RUBÉN Ñ••••?" in shown(served)
        assert "3 PLAN DE CAPITALIZACIÓN 11-018-•••33-1" in shown(served)
        await served.desk.keys("240<enter>")
        assert "B/.40.00" in shown(served) and "transfer" in on(served).asked.op.value
        assert on(served).asked.to_account != served.theirs
        await served.desk.keys("<escape><escape><f2>t150233<enter>340<enter>")
        assert on(served).asked.op is Op.QUOTA_PAY_THIRD


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("50999", "No hay una cuenta con esos datos"),
        ("50012", "No hay una cuenta con esos datos"),
        ("50233/9", "No hay una cuenta con esos datos"),
        ("99", "No hay una cuenta número 99"),
        ("abc", "No hay una cuenta número abc"),
        ("c", "No tiene una caja abierta"),
    ],
)
async def test_a_destination_that_is_none_is_refused_at_its_field(served: Counter, typed: str, said: str) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys(f"t1{typed}<enter>")
        assert said in on(served).target.error and on(served).target.input.has_focus
        assert on(served).target.text == typed
        await served.desk.keys("<tab>40<enter>")
        assert isinstance(on(served), PaymentScreen) and on(served).prepared is None


async def test_what_is_typed_over_is_looked_up_again(served: Counter) -> None:
    """The name beside the form is that of the account that will be paid."""
    async with served.desk.open(level=2):
        await served.desk.keys("t150233/1<tab>40")
        assert "RUBÉN" in shown(served)
        on(served).target.input.focus()
        await served.desk.keys("<backspace>9")
        assert "RUBÉN" not in shown(served)
        await served.desk.keys("<f2>")
        assert "No hay una cuenta con esos datos" in on(served).target.error and on(served).prepared is None


async def test_at_the_end_of_the_verification_what_was_shown_of_the_accounts_goes(served: Counter) -> None:
    async with served.desk.open(level=2):
        await served.desk.keys("t17<enter>min")
        assert "280.00" in shown(served)
        served.desk.run_out()
        await served.desk.tick()
        assert "280.00" not in shown(served) and "4471" not in shown(served) and "322.64" not in shown(served)
        served.desk.lease(2)
        await served.desk.keys("<f2>")
        assert "B/.35.00" in shown(served) and on(served).prepared is not None


# Looks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_what_each_state_of_the_form_looks_like(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    served = counter(sqlite_world, tmp_path, size=size, more=True)
    named = f"{size[0]}x{size[1]}"
    async with served.desk.open(level=2):
        await served.desk.keys("t15<enter>cuo")
        assert_snapshot(served.desk.app, f"payment_own_amounts_{named}")
        await served.desk.keys("<enter>")
        assert_snapshot(served.desk.app, f"payment_loan_review_{named}")
        await served.desk.keys("<escape><escape><f2>t150233<enter>")
        assert_snapshot(served.desk.app, f"payment_which_account_{named}")
        await served.desk.keys("140<enter><enter>")
        assert_snapshot(served.desk.app, f"payment_code_wanted_{named}")
        await served.desk.keys("c000000<enter>")
        assert_snapshot(served.desk.app, f"payment_code_wrong_{named}")
