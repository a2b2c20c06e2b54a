"""Members by name: accents and ñ folded, typing errors forgiven, the last word may be its beginning.

Every word that was typed must be met. Exact words come first, then a beginning, then a word with one letter
too many, too few, wrong or swapped. Built on data/name_index.py; never a scan over the members.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, exists, func, literal_column, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from data.name_index import FORGIVING_FROM, beginning, name_words, one_letter_less
from data.tables import NameToken, NameVariant

EXACT, BEGINS, FORGIVEN, ABSENT = 0, 1, 2, 4
#: How many words of the dictionary one typed word may stand for, and how many members are ranked at most.
WORDS_A_WORD = 60
CANDIDATES = 200


def candidates(connection: Connection, words: Sequence[str], wanted: int) -> list[int]:
    """Ids of members whose names have every word, the strict readings before the forgiving ones.

    At most 200.
    """
    found: dict[int, None] = {}
    meanings = _meanings(connection, words)
    before: list[list[str]] = []
    for cost in (EXACT, BEGINS, FORGIVEN):
        groups = [[token for token, its_cost in meanings[word] if its_cost <= cost] for word in dict.fromkeys(words)]
        if groups == before or not all(groups):
            continue
        before = groups
        found.update(dict.fromkeys(_bearing_all(connection, groups)))
        if len(found) > wanted:
            break
    return list(found)[:CANDIDATES]


def cost(words: Sequence[str], name: str) -> int:
    """How far a name is from what was typed; 0 if each word is in it as typed."""
    borne = name_words(name)
    last = len(words) - 1
    return sum(
        min((_distance(word, token, place == last) for token in borne), default=ABSENT)
        for place, word in enumerate(words)
    )


def one_slip(left: str, right: str) -> bool:
    """Whether one letter more, fewer, other or swapped with its neighbour makes `left` into `right`."""
    if left == right:
        return True
    if len(left) > len(right):
        left, right = right, left
    start = next((place for place, letter in enumerate(left) if letter != right[place]), len(left))
    if len(left) + 1 == len(right):
        return left[start:] == right[start + 1 :]
    if len(left) != len(right):
        return False
    swapped = left[start : start + 2] == right[start : start + 2][::-1]
    return left[start + 1 :] == right[start + 1 :] or (swapped and left[start + 2 :] == right[start + 2 :])


def _distance(word: str, token: str, is_last: bool) -> int:
    if word == token:
        return EXACT
    if is_last and token.startswith(word):
        return BEGINS
    return FORGIVEN if len(word) >= FORGIVING_FROM and one_slip(word, token) else ABSENT


def _meanings(connection: Connection, words: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    """For each typed word the words of the dictionary that it may mean, nearest first."""
    keys: set[str] = set(words)
    for word in words:
        keys |= one_letter_less(word)
    keys.add(beginning(words[-1]))
    rows = connection.execute(
        select(col(NameVariant.token)).where(col(NameVariant.variant).in_(sorted(keys))).distinct()
    ).scalars()
    tokens = list(rows)
    return {word: _nearest(word, tokens, word == words[-1]) for word in words}


def _nearest(word: str, tokens: Iterable[str], is_last: bool) -> list[tuple[str, int]]:
    near = [(token, found) for token in tokens if (found := _distance(word, token, is_last)) != ABSENT]
    return sorted(near, key=lambda item: (item[1], item[0]))[:WORDS_A_WORD]


def _bearing_all(connection: Connection, groups: list[list[str]]) -> Sequence[int]:
    """Members who bear a word of each group.

    Starts at the rarest group and asks the index about the others.
    """
    if len(groups) > 1:
        groups = sorted(groups, key=lambda group: _frequency(connection, group))
    rarest, others = groups[0], groups[1:]
    query = select(col(NameToken.member_id)).where(col(NameToken.token).in_(rarest)).distinct()
    for group in others:
        other = aliased(NameToken)
        query = query.where(
            exists().where(col(other.member_id) == col(NameToken.member_id), col(other.token).in_(group))
        )
    return connection.execute(query.limit(CANDIDATES)).scalars().all()


def _frequency(connection: Connection, group: list[str]) -> int:
    """How many bear a word of the group, counted no further than it matters."""
    some: Any = select(literal_column("1")).select_from(NameToken).where(col(NameToken.token).in_(group)).limit(2_000)
    return int(connection.execute(select(func.count()).select_from(some.subquery())).scalar_one())
