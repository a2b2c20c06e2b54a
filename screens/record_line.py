"""What `tr 1 2 75` and `mov 1 20` mean for the accounts on show. It reads and says; nothing is done here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.values.errors import InvalidValue
from data.values.money import Money
from services.account_view import AccountRow

SIZES = (10, 20, 30)


@dataclass(frozen=True)
class TransferWords:
    """A `tr` line as far as it goes. `text` says in Spanish what it would do or what is missing."""

    source: AccountRow | None
    target: AccountRow | None
    amount: Money | None
    text: str

    @property
    def complete(self) -> bool:
        """Whether it can go to the review."""
        return None not in (self.source, self.target, self.amount)


@dataclass(frozen=True)
class MovementsWords:
    """A `mov` line as far as it goes."""

    row: AccountRow | None
    count: int
    text: str


def transfer_words(arguments: str, rows: Sequence[AccountRow]) -> TransferWords:
    """Read ORIGEN DESTINO MONTO: two account numbers of the list and an amount."""
    words = arguments.split()
    source, why = _account(words[0] if words else "", rows, "la cuenta de origen")
    if source is None:
        return TransferWords(None, None, None, why)
    target, why = _account(words[1] if len(words) > 1 else "", rows, "la cuenta de destino")
    if target is None:
        return TransferWords(source, None, None, f"De {_named(source)}. {why}")
    said = f"De {_named(source)} a {_named(target)}"
    if len(words) < 3:
        return TransferWords(source, target, None, f"{said}. Falta el monto.")
    if len(words) > 3:
        return TransferWords(source, target, None, f"{said}. Sobra «{' '.join(words[3:])}».")
    try:
        amount = Money.parse(words[2])
    except InvalidValue as error:
        return TransferWords(source, target, None, f"{said}. {error}")
    return TransferWords(source, target, amount, f"{said}: {amount.with_symbol()}. Enter muestra la revisión.")


def movements_words(arguments: str, rows: Sequence[AccountRow]) -> MovementsWords:
    """Read CUENTA [10, 20 o 30]."""
    words = arguments.split()
    row, why = _account(words[0] if words else "", rows, "la cuenta")
    if row is None:
        return MovementsWords(None, SIZES[0], why)
    count = words[1] if len(words) > 1 else str(SIZES[0])
    if len(words) > 2 or count not in {str(size) for size in SIZES}:
        return MovementsWords(None, SIZES[0], f"De {_named(row)}: escriba 10, 20 o 30.")
    return MovementsWords(row, int(count), f"Últimos {count} movimientos de {_named(row)}.")


def complete(arguments: str, rows: Sequence[AccountRow], *, ending: bool) -> list[str]:
    """Whole argument texts that go on from `arguments`: account numbers, and the sizes of `mov`."""
    words = arguments.split()
    typing = (arguments[-1:].strip() and words.pop()) or ""
    start = " ".join(words)
    if ending and len(words) == 1:
        choices = [str(size) for size in SIZES]
    elif len(words) < (1 if ending else 2):
        choices = [str(row.position) for row in rows]
    else:
        return []
    return [f"{start} {choice}".strip() for choice in choices if choice.startswith(typing)]


def _account(word: str, rows: Sequence[AccountRow], what: str) -> tuple[AccountRow | None, str]:
    if not word:
        return None, f"Falta {what}: su número en la lista."
    row = next((row for row in rows if word.isdecimal() and row.position == int(word)), None)
    return row, "" if row else f"No hay una cuenta número {word}."


def _named(row: AccountRow) -> str:
    return f"{row.position} {row.label} {row.number}"
