"""What a `:` line about money means: which form it fills, what it asks for, what it refuses (C3, S12–S17)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.values.money import Money
from screens.line_words import FORM, REVIEW, FormText, Hand
from screens.payment_line import PAID, complete_payment, read_payment
from tests.screens.lines import HAND, PAYABLES, ROWS, TODAY, TWO_SAVINGS, row

WHOLE = [
    ("tr", "1 4 75", ("1", "4", "75.00", "")),
    ("tr", "1 06-018-50012-1 75", ("1", "1", "75.00", "")),
    ("tr", "1 50233 1,322.64", ("1", "50233", "1,322.64", "")),
    ("tr", "1 50233/2 40 para la luz", ("1", "50233/2", "40.00", "para la luz")),
    ("tr", "1 06-018-50233-1 40", ("1", "06-018-50233-1", "40.00", "")),
    ("tr", "1 4 cuota", ("1", "4", "cuota", "")),
    ("tr", "c 1 40", ("c", "1", "40.00", "")),
    ("pl", "20", ("1", "2", "20.00", "")),
    ("pl", "2 cuo", ("1", "2", "cuota", "")),
    ("ap", "3 5", ("1", "3", "5.00", "")),
    ("pr", "cuota", ("1", "4", "cuota", "")),
    ("pr", "125", ("1", "4", "125.00", "")),
    ("pr", "4 125 de 1", ("1", "4", "125.00", "")),
    ("pr", "total de c", ("c", "4", "total", "")),
    ("pr", "50233/1 125", ("1", "50233/1", "125.00", "")),
    ("tc", "Mín", ("1", "6", "minimo", "")),
    ("seg", "5 10.50", ("1", "5", "10.50", "")),
    ("cel", "18.50", ("1", "7", "18.50", "")),
    ("dep", "1 40", ("c", "1", "40.00", "")),
    ("dep", "40", ("c", "1", "40.00", "")),
    ("ret", "1 40", ("1", "c", "40.00", "")),
]


@pytest.mark.parametrize(("word", "typed", "form"), WHOLE)
def test_a_whole_line_fills_the_form_and_goes_to_the_review(word: str, typed: str, form: tuple[str, ...]) -> None:
    said = read_payment(word, typed, HAND)
    assert said.form == FormText(*form, whole=True), said
    assert said.text.endswith(REVIEW)


PARTS = [
    ("tr", "1", "Falta la cuenta de destino", ("1", "", "")),
    ("tr", "1 4", "Falta el monto", ("1", "4", "")),
    ("pr", "", "Falta el monto", ("1", "4", "")),
    ("pr", "4", "Falta el monto", ("1", "4", "")),
    ("pr", "cuota de", "Falta la cuenta de origen después de «de»", ("", "4", "cuota")),
    ("dep", "", "Falta el monto", ("c", "1", "")),
]


@pytest.mark.parametrize(("word", "typed", "missing", "form"), PARTS)
def test_a_line_that_lacks_something_opens_the_form_with_what_is_clear(
    word: str, typed: str, missing: str, form: tuple[str, ...]
) -> None:
    said = read_payment(word, typed, HAND)
    assert said.form == FormText(*form) and missing in said.text and said.text.endswith(FORM), said


def test_what_there_are_two_of_must_be_said() -> None:
    said = read_payment("pr", "cuota", replace(TWO_SAVINGS, cash=False))
    assert said.form == FormText("", "", "cuota")
    assert "Hay 2 préstamos: falta cuál, 4 o 9." in said.text and "Falta de qué cuenta: «de 1» o «de 8»." in said.text
    assert "«de 1», «de 8» o «de c» (efectivo)" in read_payment("pr", "cuota", TWO_SAVINGS).text
    whole = read_payment("pr", "9 125 de 8", TWO_SAVINGS)
    assert whole.form == FormText("8", "9", "125.00", whole=True)


REFUSED = [
    ("tr", "9 1 75", "No hay una cuenta número 9"),
    ("tr", "1 9 75", "No hay una cuenta número 9"),
    ("tr", "50233 1 75", "no es una cuenta de quien se atiende"),
    ("tr", "1 4 0", "Monto no válido"),
    ("tr", "1 4 -5", "Monto no válido"),
    ("tr", "1 4 7x", "Monto no válido"),
    ("tr", "1 50233 cuota", "escriba la cifra"),
    ("pr", "minimo", "no tiene «minimo»: escriba una cifra, o cuota o total"),
    ("pr", "luz", "«luz» no es un monto"),
    ("pr", "3", "¿3 es un monto o una cuenta? Escriba 3.00"),
    ("pr", "50233", "¿50233 es un monto o una cuenta? Escriba 50233.00"),
    ("pr", "3 125", "La cuenta 3 APORTACIONES no es un préstamo"),
    ("pr", "4 125 7", "Sobra «7»"),
    ("pr", "125 de 50233", "no es una cuenta de quien se atiende"),
    ("dep", "50233 40", "no es una cuenta de quien se atiende"),
    ("dep", "4 40", "no es una cuenta de ahorros"),
    ("ret", "c 40", "no es una cuenta"),
]


@pytest.mark.parametrize(("word", "typed", "why"), REFUSED)
def test_what_is_wrong_or_could_be_two_things_opens_nothing(word: str, typed: str, why: str) -> None:
    said = read_payment(word, typed, HAND)
    assert said.form is None and why in said.text, said


def test_the_echo_says_what_it_will_be() -> None:
    said = read_payment("pr", "cuota", HAND)
    loan, savings = "4 PRÉSTAMO PERSONAL 21-018-50012-4", "1 AHORROS 06-018-50012-1"
    assert said.text == f"Pagar cuota B/.125.00 de {loan} desde {savings}. Enter muestra la revisión."
    unknown = read_payment("pr", "cuota", Hand(ROWS, None))
    assert unknown.form is not None and unknown.form.whole and "Pagar cuota de 4 PRÉSTAMO" in unknown.text
    assert "Recibir B/.40.00 en efectivo, depósito en 1 AHORROS" in read_payment("dep", "40", HAND).text


def test_who_takes_no_cash_has_no_words_for_it() -> None:
    hand = Hand(ROWS, PAYABLES)
    for word, typed in (("dep", "1 40"), ("ret", "1 40"), ("tr", "c 1 40"), ("pr", "cuota de c")):
        assert read_payment(word, typed, hand).form is None


def test_accounts_that_are_closed_or_not_affiliated_are_not_taken_by_themselves() -> None:
    rows = (row(1, "06", "AHORROS", status="blocked"), row(2, "06", "AHORROS"), row(3, "21", "X", affiliated=False))
    said = read_payment("pr", "125", Hand(rows, {}))
    assert said.form is None and "No hay préstamos que sirvan" in said.text
    assert read_payment("tr", "2 50233 5", Hand(rows, {})).form is not None


TOKENS = st.sampled_from(
    [
        "1",
        "4",
        "9",
        "50233",
        "50233/1",
        "06-018-50233-1",
        "75",
        "0",
        "1,322.64",
        "cuota",
        "min",
        "de",
        "c",
        "-",
        "x",
        "²",
    ]
)
LINES = st.lists(TOKENS | st.text(max_size=8), max_size=6).map(" ".join)


@given(st.sampled_from(["tr", "dep", "ret", *PAID]), LINES, st.booleans())
def test_any_line_is_read_and_what_it_fills_is_what_was_typed(word: str, typed: str, cash: bool) -> None:
    said = read_payment(word, typed, Hand(ROWS, PAYABLES, cash=cash, today=TODAY))
    assert said.text.endswith((REVIEW, FORM)) is (said.form is not None)
    if said.form is None:
        return
    own = {str(each.position) for each in ROWS} | ({"c"} if cash else set())
    assert said.form.source in own | {""}
    if said.form.whole:
        assert said.form.source and said.form.amount
        assert said.form.target in own or said.form.target in typed.split()
        if not said.form.amount.isalpha():
            assert said.form.amount in {_money(token) for token in typed.split()}


@given(st.sampled_from(["tr", "dep", "ret", *PAID]), LINES)
def test_what_completes_a_line_goes_on_from_it(word: str, typed: str) -> None:
    finished = typed.rpartition(" ")[0].split()
    for choice in complete_payment(word, typed, HAND):
        assert choice.split()[: len(finished)] == finished


def _money(token: str) -> str:
    try:
        return Money.parse(token).format()
    except ValueError:
        return ""


@pytest.mark.parametrize(
    ("word", "typed", "choices"),
    [
        ("tr", "", ["1", "2", "3", "4", "5", "6", "7"]),
        ("tr", "1 4 ", ["1 4 cuota", "1 4 total"]),
        ("pr", "", ["cuota", "total", "4"]),
        ("pr", "4 t", ["4 total"]),
        ("dep", "", ["1"]),
    ],
)
def test_completion_offers_accounts_and_the_words_of_amounts(word: str, typed: str, choices: list[str]) -> None:
    assert complete_payment(word, typed, HAND) == choices
