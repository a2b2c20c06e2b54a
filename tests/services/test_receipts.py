"""Receipts: masked, in words, on 40 columns, and a PDF that is the same every time (req. 44)."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.receipt_print import COLUMNS, pdf, text40
from services.receipts import Receipt, receipt_number, short_reference

LINES = (
    ("Comprobante", "2026-0000123"),
    ("Fecha y hora", "23/11/2026 09:00"),
    ("Operación", "Transferencia entre cuentas propias"),
    ("Desde", "AHORROS 06-018-•••12-1"),
    ("Titular", "ITZEL P••••"),
    ("Monto", "B/.1,322.64"),
    ("Son", "mil trescientos veintidós balboas con 64/100"),
)
AT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def receipt(lines: tuple[tuple[str, str], ...] = LINES, *, copy: bool = False) -> Receipt:
    return Receipt("2026-0000123", AT, lines, "posted", False, "0190c0de-0000-7000-8000-00000000abcd", copy)


def test_forty_columns() -> None:
    text = text40(receipt())
    lines = text.split("\n")
    assert lines[-1] == "" and all(len(line) <= COLUMNS for line in lines)
    assert "Desde             AHORROS 06-018-***12-1" in lines
    assert "Operación" in lines and lines[lines.index("Operación") + 1].strip() == "Transferencia entre cuentas propias"
    assert "COPIA" not in text
    text.encode("cp850")


def test_a_copy_says_so_twice_on_paper() -> None:
    text = text40(receipt(copy=True))
    assert text.count("COPIA") == 2
    assert b"COPIA" in pdf(receipt(copy=True)) and b"COPIA" not in pdf(receipt())


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=200)), max_size=8))
def test_whatever_is_in_it_the_paper_stays_plain(lines: list[tuple[str, str]]) -> None:
    text = text40(receipt(tuple(lines)))
    for line in text.split("\n"):
        assert len(line) <= COLUMNS
        assert not any(unicodedata.category(char).startswith("C") for char in line)
    text.encode("cp850")


def test_the_pdf_is_the_same_bytes_every_time() -> None:
    first, second = pdf(receipt()), pdf(receipt())
    assert first == second and first.startswith(b"%PDF-")
    assert b"2026-0000123" in first and b"1,322.64" in first
    assert pdf(receipt((*LINES, ("Detalle", "luz")))) != first


@pytest.mark.parametrize("memo", ["(paréntesis) \\ y ñ", "漢字", "x" * 300])
def test_the_pdf_takes_any_text(memo: str) -> None:
    assert pdf(receipt((*LINES, ("Detalle", memo)))).rstrip().endswith(b"%%EOF")


def test_numbers_belong_to_the_year_in_panama() -> None:
    assert receipt_number(123, datetime(2027, 1, 1, 4, 59, tzinfo=UTC)) == "2026-0000123"
    assert receipt_number(12345678, datetime(2027, 1, 1, 5, 0, tzinfo=UTC)) == "2027-12345678"
    assert re.fullmatch(r"[0-9A-F]{12}", short_reference("0190c0de-0000-7000-8000-00000000abcd"))
