"""Cleaning and folding of free text (req. 19, 55; T8, C6)."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.text_cleaning import REPLACEMENT, clean, fold

UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
anything = st.text(st.characters(), max_size=80) | st.text(
    st.sampled_from("aÑé \n\r\t\x00\x1b\x9b\u202e\u200b\u2028\u2029\ue000\ud800\u0301·…"), max_size=80
)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  Rosa Muñoz Carrizo\n", "Rosa Muñoz Carrizo"),
        ("Pe\u006e\u0303a", "Peña"),
        ("a\x1b[31mb", "a·[31mb"),
        ("a\x1b]52;c;eA==\x1b\\b", "a·]52;c;eA==·\\b"),
        ("a\x9b31mb", "a·31mb"),
        ("abc\u202edef", "abc·def"),
        ("a\x00b", "a·b"),
        ("a\nb", "a·b"),
        ("a\u2028b\u2029c", "a·b·c"),
        ("\ud800x\ue000", "·x·"),
        ("[/] [@click=app.quit]x[/]", "[/] [@click=app.quit]x[/]"),
        ("", ""),
    ],
)
def test_clean(raw: str, cleaned: str) -> None:
    assert clean(raw, 100) == cleaned


def test_clean_caps_the_length_visibly() -> None:
    assert clean("a" * 10_000, 30) == "a" * 29 + "…"
    assert clean("a" * 30, 30) == "a" * 30
    assert clean("ab", 1) == "…"
    with pytest.raises(ValueError, match="max_length"):
        clean("a", 0)


def test_clean_keeps_lines_only_where_asked() -> None:
    assert clean("uno\r\ndos\ntres\x1b\n", 100, multiline=True) == "uno\ndos\ntres·"
    assert clean("uno\rdos", 100, multiline=True) == "uno·dos"
    assert "\n" not in clean("uno\ndos", 100)


@given(anything, st.integers(1, 90), st.booleans())
def test_clean_leaves_nothing_unsafe(raw: str, limit: int, multiline: bool) -> None:
    cleaned = clean(raw, limit, multiline=multiline)
    allowed = {"\n"} if multiline else set()
    assert all(char in allowed or unicodedata.category(char) not in UNSAFE for char in cleaned)
    assert len(cleaned) <= limit
    assert unicodedata.is_normalized("NFC", cleaned)


@given(anything, st.booleans())
def test_clean_twice_is_clean_once(raw: str, multiline: bool) -> None:
    once = clean(raw, 1_000, multiline=multiline)
    assert clean(once, 1_000, multiline=multiline) == once


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("  El  Bombéro.", "el bombero"),
        ("Peña", "pena"),
        ("PEN\u0303A", "pena"),
        ("O'Neill", "oneill"),
        ("O’Neill", "oneill"),
        ("Pérez-Muñoz", "perez munoz"),
        ("Ábrego,Espinosa", "abrego espinosa"),
        ("S.A.", "sa"),
        ("Straße", "strasse"),
        ("Ｆｕｌｌ", "full"),
        ("Łukasz – Øre", "łukasz øre"),
        ("\x1b[31mrojo\x00", "31mrojo"),
        ("...", ""),
        ("北京", "北京"),
    ],
)
def test_fold(raw: str, folded: str) -> None:
    assert fold(raw) == folded


@given(anything)
def test_fold_is_idempotent_and_plain(raw: str) -> None:
    once = fold(raw)
    assert fold(once) == once
    assert once == " ".join(once.split())
    assert all(unicodedata.category(char)[0] in "LNZ" for char in once)


@given(st.text("abcñáéíóúü ÑÁ", max_size=40))
def test_fold_ignores_case_and_composition(raw: str) -> None:
    assert fold(raw) == fold(raw.upper()) == fold(unicodedata.normalize("NFD", raw)) == fold(f" {raw}. ")


def test_a_million_names_take_seconds() -> None:
    names = ["Rosa Muñoz Carrizo", "Rolando Gaspar Abrego Espinosa", "Nereida Ana Sánchez Concepción"] * 5_000
    begun = time.process_time()
    for name in names:
        fold(clean(name, 80))
    # 15,000 names; the bound is ten times what two slow cores need, to catch a wrong algorithm only.
    assert time.process_time() - begun < 1.0


def test_replacement_is_one_visible_cell() -> None:
    assert REPLACEMENT == "·" and len(REPLACEMENT) == 1
