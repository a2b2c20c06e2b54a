"""The name index: which words count, and which typed spellings lead to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.name_index import beginning, name_words, one_letter_less, variants
from services.name_search import one_slip

WORDS = st.text("abcdeñz", min_size=4, max_size=12)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("María de la Peña", ["maria", "pena"]),
        ("  O'Neill-Ábrego  ", ["oneill", "abrego"]),
        ("De la O", ["o"]),
        ("de la", ["de", "la"]),
        ("", []),
        ("[/] \x1b[2J", ["2j"]),
    ],
)
def test_the_words_of_a_name(name: str, words: list[str]) -> None:
    assert name_words(name) == words


def test_short_words_forgive_nothing() -> None:
    assert one_letter_less("ana") == set() and len(one_letter_less("itzel")) == 5
    assert variants("ana") == {"ana", "an*"}
    assert beginning("x" * 50) == "x" * 12 + "*"


@given(WORDS, st.data())
def test_one_slip_of_the_hand_leads_to_the_word(word: str, data: st.DataObject) -> None:
    """Whatever one slip makes of a word, the two meet in the dictionary."""
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcxyz"))
    slips = [
        word[:place] + letter + word[place:],
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place + 1 :],
        word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
    ]
    for typed in slips:
        assert one_slip(typed, word) and one_slip(word, typed)
        if len(typed) >= 4:
            assert ({typed} | one_letter_less(typed)) & variants(word)


@given(WORDS, WORDS)
def test_one_slip_is_exact(left: str, right: str) -> None:
    assert one_slip(left, right) == (_distance(left, right) <= 1)


def _distance(left: str, right: str) -> int:
    """Optimal string alignment, the slow way."""
    rows = [[max(i, j) if not (i and j) else 0 for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            same = left[i - 1] == right[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]
