"""What `mov 1 20` means for the accounts on show. It reads and says; nothing is done here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from screens.line_words import named
from services.account_view import AccountRow

SIZES = (10, 20, 30)


@dataclass(frozen=True)
class MovementsWords:
    """A `mov` line as far as it goes."""

    row: AccountRow | None
    count: int
    text: str


def movements_words(arguments: str, rows: Sequence[AccountRow]) -> MovementsWords:
    """Read CUENTA [10, 20 o 30]."""
    words = arguments.split()
    row, why = _account(words[0] if words else "", rows, "la cuenta")
    if row is None:
        return MovementsWords(None, SIZES[0], why)
    count = words[1] if len(words) > 1 else str(SIZES[0])
    if len(words) > 2 or count not in {str(size) for size in SIZES}:
        return MovementsWords(None, SIZES[0], f"De {named(row)}: escriba 10, 20 o 30.")
    return MovementsWords(row, int(count), f"Últimos {count} movimientos de {named(row)}.")


def complete(arguments: str, rows: Sequence[AccountRow]) -> list[str]:
    """Whole argument texts that go on from `arguments`: account numbers, then sizes."""
    words = arguments.split()
    typing = (arguments[-1:].strip() and words.pop()) or ""
    start = " ".join(words)
    if len(words) > 1:
        return []
    choices = [str(size) for size in SIZES] if words else [str(row.position) for row in rows]
    return [f"{start} {choice}".strip() for choice in choices if choice.startswith(typing)]


def _account(word: str, rows: Sequence[AccountRow], what: str) -> tuple[AccountRow | None, str]:
    if not word:
        return None, f"Falta {what}: su número en la lista."
    row = next((row for row in rows if word.isdecimal() and row.position == int(word)), None)
    return row, "" if row else f"No hay una cuenta número {word}."
