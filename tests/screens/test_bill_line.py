"""What a `:` line about billers means: whom, which number, how much; what is unclear opens nothing (C3, B3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalog.billers import load_billers
from screens.bill_line import ASK, OPS, complete_bill, read_bill
from screens.line_words import FORM, BillText, FormText, Hand
from screens.payment_line import complete_payment, read_payment
from services.bills import MODES
from services.favourites import FavouriteRow
from services.operations import Op
from tests.screens.lines import PAYABLES, ROWS, TODAY, row

PAY, TOP_UP = Op.BILLER_PAY, Op.BILLER_TOP_UP


def favourite(position: int, kind: Op, label: str, **changed: Any) -> FavouriteRow:
    values: dict[str, Any] = {
        "id": position,
        "position": position,
        "kind": kind,
        "label": label,
        "target": "AHORROS 06-018-•••33-1",
        "holder": "",
        "from_account": None,
        "to_account": None,
        "biller": None,
        "reference": None,
        "reference_shown": "",
        "extra": None,
        "last_amount": None,
        "last_used_at": datetime(2026, 11, 1, tzinfo=UTC),
        "uses": 1,
        "obstacle": "",
    }
    return FavouriteRow(**values | changed)


FAVOURITES = (
    favourite(1, PAY, "Luz", biller="ensa", reference="7654321", reference_shown="765 4321"),
    favourite(
        2, TOP_UP, "Rubén", biller="mas-movil", reference="61234567", reference_shown="6123-4567", last_amount=5_00
    ),
    favourite(3, Op.TRANSFER_THIRD, "Mesada", to_account=900, holder="RUBÉN Ñ••••", last_amount=40_00),
    favourite(4, Op.LOAN_PAY, "Préstamo", to_account=104),
    favourite(5, TOP_UP, "Viejo", biller="digicel", reference="61234567", obstacle="Digicel no está disponible."),
    favourite(6, Op.LOAN_PAY_THIRD, "Préstamo de mamá", to_account=901, holder="ANA B••••"),
)
HAND = Hand(ROWS, PAYABLES, FAVOURITES, today=TODAY)
BARE = Hand(ROWS, PAYABLES, today=TODAY)


WHOLE = [
    ("pg", "ensa 1234567 40", BillText("ensa", PAY, "1234567", "", "40.00", "1", None, True)),
    ("pg", "ensa 1234567", BillText("ensa", PAY, "1234567", "", "", "1", None, True)),
    ("pg", "ensa 1234567 total", BillText("ensa", PAY, "1234567", "", "total", "1", None, True)),
    ("pg", "ensa 40", BillText("ensa", PAY, "7654321", "", "40.00", "1", None, True)),
    ("pg", "ensa", BillText("ensa", PAY, "7654321", "", "", "1", None, True)),
    ("pg", "Fenosa 1234567 1,322.64 de 1", BillText("naturgy", PAY, "1234567", "", "1,322.64", "1", None, True)),
    ("pg", "multas 8-123-456 999 20", BillText("attt", PAY, "8-123-456", "999", "20.00", "1", None, True)),
    (
        "pg",
        "mupa 8-123-456 8-999-999",
        BillText("municipio-panama", PAY, "8-123-456", "8-999-999", "", "1", None, True),
    ),
    ("pg", "mupa 8-123-456 12.50", BillText("municipio-panama", PAY, "8-123-456", "", "12.50", "1", None, True)),
    ("pg", "f1", BillText("ensa", PAY, "7654321", "", "", "1", None, True)),
    ("pg", "f1 25 de 1", BillText("ensa", PAY, "7654321", "", "25.00", "1", None, True)),
    ("rc", "movil 6123-4567 10", BillText("mas-movil", TOP_UP, "6123-4567", "", "10.00", "1", None, True)),
    ("rc", "movil 10", BillText("mas-movil", TOP_UP, "61234567", "", "10.00", "1", 5_00, True)),
    ("rc", "f2", BillText("mas-movil", TOP_UP, "61234567", "", "", "1", 5_00, True)),
    ("rc", "mas-movil", BillText("mas-movil", TOP_UP, "61234567", "", "", "1", 5_00, True)),
]


@pytest.mark.parametrize(("word", "typed", "form"), WHOLE)
def test_a_whole_line_fills_the_form(word: str, typed: str, form: BillText) -> None:
    said = read_bill(word, typed, HAND)
    assert said.form == form and said.text.endswith(ASK), said


PARTS = [
    ("pg", "", "Falta el recaudador"),
    ("pg", "naturgy", "Falta NIC de la factura."),
    ("pg", "attt 8-123-456", "Falta también: Número de control."),
    ("rc", "panapass 12345678", "Falta el monto."),
    ("pg", "ensa 40 de", "Falta la cuenta de origen después de «de»."),
]


@pytest.mark.parametrize(("word", "typed", "missing"), PARTS)
def test_what_is_missing_is_asked_by_the_form(word: str, typed: str, missing: str) -> None:
    said = read_bill(word, typed, HAND)
    assert said.form is not None and not said.form.whole and missing in said.text and said.text.endswith(FORM), said


REFUSED = [
    ("pg", "zzz 1 2", "No hay un recaudador «zzz»"),
    ("pg", "3 1234567 40", "«3» no es un recaudador"),
    ("pg", "luz 1234567", "puede ser ensa o naturgy"),
    ("pg", "claro 61234567 5", "Claro se paga como +Móvil."),
    ("rc", "ensa 1234567 5", "ENSA no admite recargas."),
    ("pg", "panapass 12345678 5", "solo admite recargas"),
    ("pg", "ensa 1234 40", "«1234» no es número de cliente (NAC)"),
    ("pg", "mupa 100", "¿100 es un monto o número de contribuyente? Escriba 100.00"),
    ("pg", "ensa 1234567 4x", "Monto no válido"),
    ("pg", "ensa 1234567 40 50", "Sobra «50»"),
    ("pg", "ensa x", "«x» no es un monto ni número de cliente (NAC)"),
    ("pg", "f2 10", "El favorito 2 (Rubén) no es un pago a recaudador."),
    ("pg", "f3 10", "no es un pago a recaudador"),
    ("pg", "f9", "No hay un favorito número 9."),
    ("rc", "f5 5", "Digicel no está disponible."),
    ("pg", "ensa 1234567 40 de 50233", "no es una cuenta de quien se atiende"),
    ("pg", "f1 10 20", "Sobra «20»"),
]


@pytest.mark.parametrize(("word", "typed", "why"), REFUSED)
def test_what_is_wrong_or_could_be_two_things_opens_nothing(word: str, typed: str, why: str) -> None:
    said = read_bill(word, typed, HAND)
    assert said.form is None and why in said.text, said


def test_two_favourites_of_a_biller_must_be_told_apart() -> None:
    two = (*FAVOURITES, favourite(7, PAY, "Finca", biller="ensa", reference="1111111"))
    said = read_bill("pg", "ensa 40", Hand(ROWS, PAYABLES, two, today=TODAY))
    assert said.form is None and "Hay 2 favoritos de ENSA: escriba cuál (f1 Luz, f7 Finca), o el número." in said.text


def test_the_echo_says_whom_what_for_how_much_and_from_where() -> None:
    origin = "1 AHORROS 06-018-50012-1"
    assert read_bill("pg", "ensa", HAND).text == f"Pagar a ENSA 765 4321 (Luz), lo que se deba, desde {origin}. {ASK}"
    assert read_bill("rc", "f2", HAND).text == f"Recargar B/.5.00 a +Móvil 6123-4567 (Rubén), desde {origin}. {ASK}"
    assert read_bill("pg", "attt 8-1-1 9 20", BARE).text.startswith("Pagar B/.20.00 a ATTT 8-1-1 / 9, desde")


def test_every_biller_that_can_be_paid_has_a_line() -> None:
    """By its id, its reference and an amount: the thirteen but those that are gone."""
    known = 0
    for biller in load_billers().by_id.values():
        for word, op in OPS.items():
            if not biller.payable_on(TODAY) or (mode := biller.mode(MODES[op])) is None:
                continue
            reference = biller.references_for(mode.kind)[0].example
            second = biller.extra_reference
            extra = f" {second.example}" if second is not None and second.required else ""
            said = read_bill(word, f"{biller.id} {reference}{extra} {mode.minimum.format()}", BARE)
            assert said.form is not None and said.form.whole and said.form.biller == biller.id, said
            known += 1
    assert known == 13


# Favourites as the destination of payments in the house ---------------------------------------------


def test_a_favourite_is_a_destination() -> None:
    assert read_payment("tr", "1 f3 40", HAND).form == FormText("1", "f3", "40.00", whole=True)
    assert "Mesada: AHORROS 06-018-•••33-1 de RUBÉN Ñ••••" in read_payment("tr", "1 f3 40", HAND).text
    assert read_payment("tr", "1 f4 cuota", HAND).form == FormText("1", "4", "cuota", whole=True)
    assert read_payment("pr", "f6 40", HAND).form == FormText("1", "f6", "40.00", whole=True)
    assert read_payment("pr", "f6", HAND).form == FormText("1", "f6", "")
    for word, typed, why in (
        ("tr", "f3 1 40", "Un favorito es a quién se paga"),
        ("tr", "1 f1 40", "es de un recaudador: escriba pg f1"),
        ("tr", "1 f8 40", "No hay un favorito número 8"),
        ("pr", "f3 40", "no es un préstamo"),
        ("tc", "f6 40", "no es una tarjeta"),
        ("pr", "f6 cuota", "escriba la cifra"),
    ):
        said = read_payment(word, typed, HAND)
        assert said.form is None and why in said.text, said


def test_completion_offers_favourites_and_billers() -> None:
    assert complete_bill("pg", "", HAND)[:3] == ["f1", "cable-wireless", "mas-movil"]
    assert complete_bill("pg", "en", HAND) == ["ensa"] and complete_bill("pg", "fenosa", HAND) == ["naturgy"]
    assert complete_bill("pg", "luz", HAND) == ["ensa", "naturgy"]
    assert complete_bill("pg", "ensa ", HAND) == ["ensa 7654321"]
    assert complete_bill("rc", "movistar 6123-4567 ", HAND)[:2] == ["movistar 6123-4567 1", "movistar 6123-4567 2"]
    assert complete_payment("tr", "1 f", HAND) == ["1 f3", "1 f4", "1 f6"]
    assert complete_payment("pr", "f", HAND) == ["f4", "f6"]
    more = Hand((*ROWS, row(8, "06", "AHORROS")), PAYABLES, FAVOURITES, today=TODAY)
    assert complete_bill("pg", "ensa 7654321 40 ", more) == ["ensa 7654321 40 de"]
    assert complete_bill("pg", "ensa 7654321 40 de ", more) == [f"ensa 7654321 40 de {each}" for each in (1, 8)]


TOKENS = st.sampled_from(
    [
        "ensa",
        "luz",
        "movil",
        "attt",
        "f1",
        "f2",
        "f9",
        "1234567",
        "6123-4567",
        "40",
        "10.00",
        "total",
        "de",
        "1",
        "x",
        "²",
    ]
)
LINES = st.lists(TOKENS | st.text("abñ19/.-²· f", max_size=8), max_size=6).map(" ".join)


@given(st.sampled_from(list(OPS)), LINES)
def test_any_line_is_read_and_what_it_fills_was_typed_or_is_a_favourites(word: str, typed: str) -> None:
    said = read_bill(word, typed, HAND)
    assert said.text.endswith((ASK, FORM)) is (said.form is not None)
    if said.form is not None and said.form.whole:
        assert said.form.biller and said.form.reference and said.form.source == "1"
        assert said.form.reference in typed.split() or said.form.reference in {"7654321", "61234567"}


@given(st.sampled_from(list(OPS)), LINES)
def test_what_completes_a_line_goes_on_from_it(word: str, typed: str) -> None:
    finished = typed.rpartition(" ")[0].split()
    for choice in complete_bill(word, typed, HAND):
        assert choice.split()[: len(finished)] == finished
