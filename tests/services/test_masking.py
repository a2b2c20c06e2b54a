"""Before the caller is verified nothing shows but what identifies the row (req. 16)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.values.text import UNSAFE_CATEGORIES
from services.masking import (
    HIDDEN,
    full_name,
    masked_account,
    masked_cedula,
    masked_email,
    masked_name,
    masked_phone,
    masked_username,
    shown_card,
)

LETTERS = st.text(st.characters(categories=["Lu", "Ll"]), min_size=1, max_size=20)


def test_the_screen_s_own_examples() -> None:
    assert masked_name("Itzel María", "Pérez Muñoz") == "ITZEL P••••"
    assert full_name("Itzel", "Pérez Muñoz") == "ITZEL PÉREZ MUÑOZ"
    assert masked_cedula("8-123-456") == "8-•••-•456"
    assert masked_email("itzel@example.com") == "i•••@example.com"
    assert masked_phone("+50761234521") == "6•••-••21"
    assert masked_account("06-018-50012-1") == "06-018-•••12-1"


@given(LETTERS, LETTERS, LETTERS, LETTERS)
def test_a_masked_name_shows_one_name_and_one_letter(first: str, second: str, surname: str, other: str) -> None:
    shown = masked_name(f"{first} {second}", f"{surname} {other}")
    head, _, tail = shown.partition(" ")
    assert head == unicodedata.normalize("NFC", first).upper()
    assert tail == f"{unicodedata.normalize('NFC', surname)[0]}••••".upper()
    assert shown == masked_name(f"{first} {second}", f"{surname}x {other}")  # its length does not show


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_name_is_masked_to_something_printable(given: str, surnames: str) -> None:
    shown = masked_name(given, surnames)
    assert shown.endswith("••••")
    for letter in shown + full_name(given, surnames):
        assert unicodedata.category(letter) not in UNSAFE_CATEGORIES


def test_names_without_parts() -> None:
    assert masked_name("", "") == f"{HIDDEN} ••••"
    assert masked_name("Rosa", "") == "ROSA ••••"


@pytest.mark.parametrize("bad", ["", "no es", "\x1b[2J"])
def test_what_is_not_of_its_type_hides_whole(bad: str) -> None:
    assert masked_cedula(bad) == HIDDEN
    assert masked_email(bad) in ("", HIDDEN) and masked_phone(bad) in ("", HIDDEN)
    assert "\x1b" not in masked_account(bad)


@pytest.mark.parametrize(
    ("number", "last4", "shown"),
    [
        ("5216-XXXX-XXXX-1234", "1234", "5216-XXXX-XXXX-1234"),
        ("5216000011112222", "2222", "5216-XXXX-XXXX-2222"),
        ("TC-0001", "4471", "XXXX-XXXX-XXXX-4471"),
        ("5216-XXXX", None, "XXXX-XXXX-XXXX-XXXX"),
        ("5216-XXXX", "12x4", "XXXX-XXXX-XXXX-XXXX"),
    ],
)
def test_cards_show_four_and_four_at_most(number: str, last4: str | None, shown: str) -> None:
    assert shown_card(number, last4) == shown


def test_other_numbers_show_their_ends() -> None:
    assert masked_account("0090703-6") == "00•••6"
    assert masked_account("12") == HIDDEN
    assert masked_username("Uprueba01") == "Up•••••"
