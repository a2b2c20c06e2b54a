"""What is typed into the box is read as what it may be, and nothing typed breaks it (req. 1, 2, 16, 55)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.values.text import UNSAFE_CATEGORIES
from services.lookup_query import read_query

KEY = b"k" * 32


@pytest.mark.parametrize("typed", ["8-123-456", "08-0123-00456", "8 123 456", "8–123–456", " 8 - 123 - 456 "])
def test_spellings_of_a_cedula_are_one_query(typed: str) -> None:
    query = read_query(typed)
    assert (query.kind, query.cedula) == ("cedula", "8-123-456")
    assert query.fingerprint(KEY) == read_query("8-123-456").fingerprint(KEY)


@pytest.mark.parametrize("typed", ["e-8-102017", "PE-12-345", "N 19 1234", "1av-432-658", "4-PI-234-123"])
def test_letters_in_a_cedula(typed: str) -> None:
    assert read_query(typed).kind == "cedula"


@pytest.mark.parametrize(
    "typed",
    ["06-018-50012-1", "6-18-50012-1", "06 018 50012 1", "06018500121", "06018 50012 1", " 06–018–50012–1 "],
)
def test_spellings_of_an_account_number(typed: str) -> None:
    assert "06-018-50012-1" in read_query(typed).accounts


def test_bare_digits_try_the_check_digit_too() -> None:
    assert "01-018-50012-1-7" in read_query("010185001217").accounts


@pytest.mark.parametrize("typed", ["50012", "0050012", " 50012 ", "50 012"])
def test_member_numbers(typed: str) -> None:
    assert "50012" in read_query(typed).numbers


def test_a_name_is_folded_without_particles() -> None:
    assert read_query("María de la Peña").words == ("maria", "pena")


def test_fingerprints_need_the_key_and_hide_the_text() -> None:
    query = read_query("8-123-456")
    assert query.fingerprint(KEY) != query.fingerprint(b"x" * 32)
    assert "123" not in repr(query) and len(query.fingerprint(KEY)) == 16


HOSTILE = [
    "",
    " ",
    "\x1b]52;c;aGVsbG8=\x1b\\",
    "\u202e8-123-456",
    "[/]",
    "[@click=app.quit]x[/]",
    "' OR 1=1 --",
    "%",
    "_" * 80,
    "9" * 10_000,
    "a" * 10_000,
    "\ud800",
    "8-٣-4",
    "4111 1111 1111 1111",
    "\x00",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_text_reads_as_something(typed: str) -> None:
    query = read_query(typed)
    assert query.cedula is None
    assert len(query.fingerprint(KEY)) == 16 and len(query.words) <= 6 and len(query.accounts) <= 8


@given(st.text(max_size=400))
def test_any_text_reads_as_something(typed: str) -> None:
    query = read_query(typed)
    assert query.kind in ("numero", "cedula", "cuenta", "nombre", "otro")
    assert len(query.numbers) <= 2 and len(query.accounts) <= 8
    read = "".join((*query.numbers, *query.accounts, *query.words))
    assert not any(unicodedata.category(letter) in UNSAFE_CATEGORIES for letter in read)


@given(st.integers(1, 13), st.integers(1, 9999), st.integers(1, 999_999))
def test_every_cedula_is_found_as_one(province: int, tomo: int, asiento: int) -> None:
    typed = f"{province}-{tomo}-{asiento}"
    assert read_query(typed.replace("-", " ")).cedula == typed
