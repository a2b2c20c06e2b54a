"""Cash by denomination: what was counted, its total, and which pieces to hand out. Pure; no drawer is known here."""

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from data.catalog.denominations import load_denominations
from services.errors import InvalidInput

MESSAGE = "Escriba cuántas piezas hay, en números: 12. Deje vacío si no hay ninguna."
MOST_PIECES = 99_999
_PIECES = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class CashCount:
    """Pieces by denomination id. `pieces` stands in the order of the catalogue, without zeros: make it with `of`."""

    pieces: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, pieces: Mapping[str, int]) -> "CashCount":
        """From any mapping, such as the one that `to_body` made.

        Raises ValueError: unknown denomination, or a number of pieces that is none.
        """
        known = load_denominations().by_id
        if pieces.keys() - known.keys() or any(type(number) is not int or number < 0 for number in pieces.values()):
            raise ValueError("pieces: whole numbers by denomination id")
        return cls(tuple((name, pieces[name]) for name in known if pieces.get(name)))

    @property
    def total(self) -> int:
        """What it is worth, centésimos."""
        return sum(number * _value(name) for name, number in self.pieces)

    def number(self, denomination: str) -> int:
        """How many pieces there are of one denomination."""
        return dict(self.pieces).get(denomination, 0)

    def to_body(self) -> dict[str, int]:
        """Plain values for the body of an operation; `of` reads them back."""
        return dict(self.pieces)

    def __add__(self, other: "CashCount") -> "CashCount":
        return CashCount.of({name: self.number(name) + other.number(name) for name in _names(self, other)})

    def minus(self, other: "CashCount") -> "CashCount":
        """What is left when `other` is taken out.

        Raises InvalidInput (field: the denomination) where there are not enough pieces.
        """
        left = {name: self.number(name) - other.number(name) for name in _names(self, other)}
        for name, number in left.items():
            if number < 0:
                raise InvalidInput(f"{_name(name)}: faltan {-number}. Cuente de nuevo esas piezas.", field=name)
        return CashCount.of(left)


def parse_count(texts: Mapping[str, str], day: date) -> CashCount:
    """What a form has, by denomination id; an empty field is no piece. `day` tells which denominations are in use.

    Raises InvalidInput (field: the denomination).
    """
    in_use = {row.id for row in load_denominations().in_use(day)}
    pieces: dict[str, int] = {}
    for name, text in texts.items():
        typed = text.strip()
        if name not in in_use or not _PIECES.fullmatch(typed or "0"):
            raise InvalidInput(MESSAGE, field=name)
        pieces[name] = int(typed or "0")
    return CashCount.of(pieces)


def difference(counted: CashCount, expected: CashCount) -> tuple[tuple[str, int], ...]:
    """Pieces over (+) or short (−) by denomination, in the order of the catalogue; empty when both agree."""
    pairs = ((name, counted.number(name) - expected.number(name)) for name in _names(counted, expected))
    return tuple((name, number) for name, number in pairs if number)


def suggest(amount: int, held: CashCount) -> CashCount | None:
    """`amount` centésimos out of the pieces held, the largest ones first; None if they can't make it.

    Exact, where taking the largest that fits fails: B/.0.30 of one quarter and three dimes is three dimes. It is what
    taking the largest gives whenever that works.
    """
    if amount < 0:
        raise ValueError("an amount to hand out is not negative")
    largest_first = sorted(held.pieces, key=lambda piece: -_value(piece[0]))
    unit = math.gcd(*(_value(name) for name, _ in largest_first)) or 1
    if amount > held.total or amount % unit:
        return None
    wanted = amount // unit
    # reach[i] is a set of sums, as bits: those that the i smallest denominations can make.
    reach = [1]
    for name, number in reversed(largest_first):
        reach.append(_extended(reach[-1], _value(name) // unit, number, wanted))
    if not reach[-1] >> wanted & 1:
        return None
    taken: dict[str, int] = {}
    for (name, number), below in zip(largest_first, reversed(reach[:-1]), strict=True):
        value = _value(name) // unit
        taken[name] = next(
            pieces for pieces in range(min(number, wanted // value), -1, -1) if below >> (wanted - pieces * value) & 1
        )
        wanted -= taken[name] * value
    return CashCount.of(taken)


def _extended(sums: int, value: int, number: int, most: int) -> int:
    """The sums that up to `number` more pieces of `value` make out of `sums`, none above `most`."""
    step, left, mask = 1, min(number, most // value), (1 << (most + 1)) - 1
    while left:
        take = min(step, left)
        sums |= (sums << (take * value)) & mask
        left, step = left - take, step * 2
    return sums


@functools.cache
def _value(name: str) -> int:
    return load_denominations().by_id[name].value.centesimos


def _name(name: str) -> str:
    return load_denominations().by_id[name].name


def _names(one: CashCount, other: CashCount) -> tuple[str, ...]:
    found = {name for count in (one, other) for name, _ in count.pieces}
    return tuple(name for name in load_denominations().by_id if name in found)
