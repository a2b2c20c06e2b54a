"""The index by which members are found by name: folded words, and for each word the spellings that lead to
it.

`name_token` says who bears a word. `name_variant` is the dictionary of the words and of what people type
for them: the word itself, the word with one letter left out (SymSpell: letting one letter go on both sides
finds a letter too many, too few, wrong or swapped without a scan), and its beginnings, marked with `*`.
Everything is found by equality, so that it works alike on both engines, whatever the collation.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, bindparam, select, text
from sqlmodel import col

from data.tables import Member
from data.values.text import fold

T = TypeVar("T")
PARTICLES = frozenset({"da", "de", "del", "do", "dos", "e", "el", "la", "las", "los", "van", "von", "y"})
#: Words of fewer letters forgive nothing: half of them would be each other's typing errors.
FORGIVING_FROM = 4
PREFIX_FROM = 2
LONGEST_PREFIX = 12
LONGEST_WORD = 40
CHUNK = 5_000
_ADD_VARIANT = text("INSERT INTO name_variant (variant, token) VALUES (:variant, :token) ON CONFLICT DO NOTHING")

_NAMES = text("SELECT id, given_names, surnames FROM member WHERE id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
_KNOWN = text("SELECT token FROM name_variant WHERE variant IN :words AND token = variant").bindparams(
    bindparam("words", expanding=True)
)
_FORGET = text("DELETE FROM name_token WHERE member_id IN :ids").bindparams(bindparam("ids", expanding=True))


def name_words(name: str) -> list[str]:
    """The words of a name that count, folded, in order: `María de la Peña` → `maria`, `pena`.

    Particles count only where a name has nothing else.
    """
    words = [word[:LONGEST_WORD] for word in fold(name).split()]
    return [word for word in words if word not in PARTICLES] or words


def one_letter_less(word: str) -> set[str]:
    """Every text that is `word` without one of its letters; none for a word too short to forgive anything."""
    if len(word) < FORGIVING_FROM:
        return set()
    return {word[:place] + word[place + 1 :] for place in range(len(word))}


def beginning(prefix: str) -> str:
    """How the beginning of a word stands in the index."""
    return f"{prefix[:LONGEST_PREFIX]}*"


def variants(word: str) -> set[str]:
    """Every key under which `word` stands in the dictionary, itself included."""
    beginnings = {beginning(word[:length]) for length in range(PREFIX_FROM, min(len(word), LONGEST_PREFIX + 1))}
    return {word} | one_letter_less(word) | beginnings


def index_names(connection: Connection, member_ids: Iterable[int] | None = None, *, fresh: bool = False) -> int:
    """Put the names of these members into the index, in place of what it had for them; answers how many
    members.

    None means every member. `fresh=True` says that none of them is in the index yet, as in an import. Runs
    in the caller's transaction.
    """
    ids = connection.execute(select(col(Member.id))).scalars().all() if member_ids is None else member_ids
    dictionary: set[str] = set()
    count = 0
    for chunk in _chunks(ids, CHUNK):
        rows = connection.execute(_NAMES, {"ids": chunk}).all()
        if not fresh:
            connection.execute(_FORGET, {"ids": chunk})
        pairs = {(word, row[0]) for row in rows for word in name_words(f"{row[1]} {row[2]}")}
        _insert_tokens(connection, sorted(pairs))
        _add_words(connection, {word for word, _ in pairs} - dictionary)
        dictionary.update(word for word, _ in pairs)
        count += len(rows)
    return count


def _insert_tokens(connection: Connection, pairs: list[tuple[str, int]]) -> None:
    if not pairs:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO name_token (token, member_id) VALUES (?, ?)", pairs)
        return
    tokens, members = [word for word, _ in pairs], [member for _, member in pairs]
    connection.execute(
        text(
            "INSERT INTO name_token (token, member_id)"
            " SELECT * FROM unnest(CAST(:tokens AS text[]), CAST(:members AS bigint[]))"
        ),
        {"tokens": tokens, "members": members},
    )


def _add_words(connection: Connection, words: set[str]) -> None:
    """Enter words into the dictionary. Two transactions may meet in a new word.

    The second leaves it as it is.
    """
    for chunk in _chunks(sorted(words), 500):
        known = set(connection.execute(_KNOWN, {"words": chunk}).scalars())
        rows = [
            {"variant": variant, "token": word}
            for word in chunk
            if word not in known
            for variant in sorted(variants(word))
        ]
        if rows:
            connection.execute(_ADD_VARIANT, rows)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


__all__ = ["beginning", "index_names", "name_words", "one_letter_less", "variants"]
