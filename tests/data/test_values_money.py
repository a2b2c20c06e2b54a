"""Money: integer centésimos, one way to read them, no float (req. 5)."""

import ast
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import data.values.money as money_module
from data.values.errors import InvalidValue
from data.values.money import MAX_CENTESIMOS, MESSAGE, ZERO, Money

amounts = st.integers(-MAX_CENTESIMOS, MAX_CENTESIMOS).map(Money)
positive = st.integers(1, MAX_CENTESIMOS).map(Money)


@pytest.mark.parametrize(
    ("typed", "centesimos"),
    [
        *(("1,322.64", 132264), ("1322.64", 132264), ("B/.1,322.64", 132264), ("b/. 1,322.64", 132264)),
        *(
            ("75", 7500),
            ("75.5", 7550),
            ("0.01", 1),
            (" 75.00\n", 7500),
            ("1,000,000", 100_000_000),
            ("007", 700),
        ),
    ],
)
def test_accepts(typed: str, centesimos: int) -> None:
    assert Money.parse(typed).centesimos == centesimos


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "1.322,64",
            "1,32.00",
            "1.234",
            "0",
            "0.00",
            "-5.00",
            "-0.01",
            "NaN",
            "nan",
            "inf",
            "1e3",
            "",
            " ",
            ".",
        ),
        *(
            "1,322,64",
            "1322,640.00",
            "01,322.64",
            ",322.64",
            "1,.00",
            "5.",
            ".50",
            "--5",
            "+5",
            "$5",
            "5 000.00",
        ),
        *("١٢", "１２", "1\x002", "1\n2", "\x1b[31m5", "\u202e5", "1_000", "9" * 10_000, "10000000000000.01"),
    ],
)
def test_rejects(typed: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money.parse(typed)
    assert caught.value.message_es == MESSAGE


@given(positive)
def test_round_trip_as_typed(money: Money) -> None:
    assert Money.parse(money.format()) == money == Money.parse(money.with_symbol())
    assert Money.parse(money.format().replace(",", "")) == money


@given(amounts)
def test_round_trip_signed(money: Money) -> None:
    assert Money.parse_signed(money.format()) == money == Money.parse_signed(money.with_symbol())
    assert Money.from_file(money.format().replace(",", "")) == money


@pytest.mark.parametrize(
    ("text", "centesimos"), [("1000.00", 100_000), ("-12.30", -1230), ("0.00", 0), ("12", 1200), ("-0.00", 0)]
)
def test_file_figures(text: str, centesimos: int) -> None:
    assert Money.from_file(text).centesimos == centesimos


@pytest.mark.parametrize("text", ["1,000.00", "B/.1", "1.234", "--1", "", "−1", "٣", "1 000"])
def test_file_figures_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        Money.from_file(text)


@given(amounts, amounts)
def test_arithmetic_is_that_of_integers(one: Money, other: Money) -> None:
    total = one.centesimos + other.centesimos
    if abs(total) <= MAX_CENTESIMOS:
        assert (one + other).centesimos == total
        assert one + other - other == one
    else:
        with pytest.raises(InvalidValue):
            _ = one + other
    assert (one < other) == (one.centesimos < other.centesimos)
    back = -one
    assert -back == one and abs(one) >= ZERO


@pytest.mark.parametrize("wrong", [1.5, True, "1", Decimal(1), None])
def test_only_int_makes_money(wrong: Any) -> None:
    with pytest.raises(TypeError):
        Money(wrong)
    with pytest.raises(TypeError):
        _ = Money(1) + wrong


@pytest.mark.parametrize(
    ("centesimos", "words"),
    [
        (7500, "setenta y cinco balboas con 00/100"),
        (100, "un balboa con 00/100"),
        (50, "cero balboas con 50/100"),
        (2100, "veintiún balboas con 00/100"),
        (10_000, "cien balboas con 00/100"),
        (132_264, "mil trescientos veintidós balboas con 64/100"),
        (2_100_031, "veintiún mil balboas con 31/100"),
        (10_100, "ciento un balboas con 00/100"),
        (100_000_000, "un millón de balboas con 00/100"),
        (100_010_000, "un millón cien balboas con 00/100"),
        (200_000_000, "dos millones de balboas con 00/100"),
        (-12_30, "menos doce balboas con 30/100"),
        (MAX_CENTESIMOS, "diez billones de balboas con 00/100"),
    ],
)
def test_words(centesimos: int, words: str) -> None:
    assert Money(centesimos).in_words() == words


def test_words_tell_neighbours_apart() -> None:
    assert len({Money(whole * 100).in_words() for whole in range(20_000)}) == 20_000


def test_display() -> None:
    assert str(Money(132264)) == "1,322.64"
    assert Money(132264).with_symbol() == "B/.1,322.64"
    assert Money(-132260).with_symbol() == "-B/.1,322.60"
    assert f"{ZERO}" == "0.00" and ZERO.is_zero


def test_no_float_in_the_value_types() -> None:
    for path in Path(money_module.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), path
            assert not (isinstance(node, ast.Name) and node.id == "float"), path
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)), path
