"""Account numbers: product, branch, member number, sequence and, for aportes, a check digit (S90).

``01-018-50012-1-7`` carries a check digit, ``06-018-50012-1`` (savings) does not. Which rule gives the
digit is not known, so it is kept and never tested.
"""

import functools
import re
from dataclasses import dataclass
from typing import Self

from data.values.errors import InvalidValue
from data.values.typed import split_parts, trim

MESSAGE = "Cuenta no válida. Ejemplo: 06-018-50012-1 o 01-018-50012-1-7."
_PARTS = (
    re.compile(r"[0-9]{1,2}"),
    re.compile(r"[0-9]{1,3}"),
    re.compile(r"0*[1-9][0-9]{0,9}"),
    re.compile(r"0?[1-9]|[1-9][0-9]"),
    re.compile(r"[0-9]"),
)


@functools.total_ordering
@dataclass(frozen=True, slots=True)
class AccountNumber:
    """The parts of a number: product (2 digits), branch (3), holder, sequence 1-99, check 0-9 or None."""

    product: str
    branch: str
    holder: int
    sequence: int
    check: int | None = None

    def __post_init__(self) -> None:
        codes = re.fullmatch(r"[0-9]{2}", self.product) and re.fullmatch(r"[0-9]{3}", self.branch)
        numbers = 1 <= self.holder < 10**10 and 1 <= self.sequence <= 99
        if not codes or not numbers or (self.check is not None and not 0 <= self.check <= 9):
            raise InvalidValue(MESSAGE)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number with hyphens or blanks between its parts; leading zeros may be missing.

        Raises: InvalidValue, also for bare digits, whose parts can't be told apart.
        """
        parts = split_parts(trim(text, MESSAGE, max_length=40))
        if len(parts) not in (4, 5) or not all(
            shape.fullmatch(part) for shape, part in zip(_PARTS, parts, strict=False)
        ):
            raise InvalidValue(MESSAGE)
        check = int(parts[4]) if len(parts) == 5 else None
        return cls(parts[0].zfill(2), parts[1].zfill(3), int(parts[2]), int(parts[3]), check)

    def format(self) -> str:
        """The canonical form: ``06-018-50012-1``."""
        return self._spell(str(self.holder))

    def masked(self) -> str:
        """``06-018-•••12-1``: what a receipt prints (req. 44)."""
        holder = str(self.holder)
        # At least one digit stays hidden, however short the member number is.
        shown = holder[-2:] if len(holder) > 2 else holder[1:]
        return self._spell(f"•••{shown}")

    def _spell(self, holder: str) -> str:
        tail = "" if self.check is None else f"-{self.check}"
        return f"{self.product}-{self.branch}-{holder}-{self.sequence}{tail}"

    def __lt__(self, other: "AccountNumber") -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[str, str, int, int, int]:
        return self.product, self.branch, self.holder, self.sequence, -1 if self.check is None else self.check

    def __str__(self) -> str:
        return self.format()
