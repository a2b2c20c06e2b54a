"""Money: a whole number of centésimos of a balboa (req. 5). No float comes near it."""

import re
from dataclasses import dataclass
from typing import Self

from data.values.errors import InvalidValue
from data.values.typed import DASHES, SPACES, trim
from data.values.words import spell_number

MESSAGE = "Monto no válido. Use coma para miles y punto para centésimos: 1,322.64."
SYMBOL = "B/."
# Far below BIGINT (9.2 * 10**18), so that sums of thousands of amounts still fit a column.
MAX_CENTESIMOS = 10**15
_AMOUNT = re.compile(
    rf"(?P<sign>[{DASHES}])?(?:B/\.?[{SPACES}]?)?"
    r"(?P<whole>[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<cents>[0-9]{1,2}))?",
    re.IGNORECASE,
)
_FILE_AMOUNT = re.compile(r"(?P<sign>-)?(?P<whole>[0-9]+)(?:\.(?P<cents>[0-9]{1,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in integer centésimos, negative for what is owed; at most 10**15 either way."""

    centesimos: int

    def __post_init__(self) -> None:
        if type(self.centesimos) is not int:
            raise TypeError("Money takes an int of centésimos")
        if abs(self.centesimos) > MAX_CENTESIMOS:
            raise InvalidValue(MESSAGE)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an amount that somebody typed: ``1,322.64``, ``1322.64``, ``B/.1,322.64``; above zero only.

        Raises: InvalidValue, also for zero and for negative amounts.
        """
        money = cls.parse_signed(text)
        if money.centesimos <= 0:
            raise InvalidValue(MESSAGE)
        return money

    @classmethod
    def parse_signed(cls, text: str) -> Self:
        """Read a typed amount that may be zero or negative: ``-B/.1,322.64``, ``0.00``.

        Raises: InvalidValue.
        """
        return cls._from_match(_AMOUNT.fullmatch(trim(text, MESSAGE)))

    @classmethod
    def from_file(cls, text: str) -> Self:
        """Read a figure of an import file: ``1000.00``, ``-12.30``, ``0.00``; no thousands, no symbol.

        Raises: InvalidValue.
        """
        return cls._from_match(_FILE_AMOUNT.fullmatch(trim(text, MESSAGE)))

    @classmethod
    def _from_match(cls, match: re.Match[str] | None) -> Self:
        if match is None:
            raise InvalidValue(MESSAGE)
        value = int(match["whole"].replace(",", "")) * 100 + int((match["cents"] or "0").ljust(2, "0"))
        return cls(-value if match["sign"] else value)

    @property
    def is_zero(self) -> bool:
        """Whether nothing is left."""
        return self.centesimos == 0

    def format(self) -> str:
        """``1,322.64``, the form of the guide (S89)."""
        return f"{self._sign}{self._unsigned}"

    def with_symbol(self) -> str:
        """``B/.1,322.64`` or ``-B/.1,322.64``."""
        return f"{self._sign}{SYMBOL}{self._unsigned}"

    def in_words(self) -> str:
        """Spanish words for a review or a receipt: ``setenta y cinco balboas con 00/100``."""
        whole, cents = divmod(abs(self.centesimos), 100)
        # «un millón de balboas», but «un millón cien balboas».
        link = " de" if whole and whole % 1_000_000 == 0 else ""
        noun = "balboa" if whole == 1 else "balboas"
        minus = "menos " if self.centesimos < 0 else ""
        return f"{minus}{spell_number(whole)}{link} {noun} con {cents:02d}/100"

    @property
    def _sign(self) -> str:
        return "-" if self.centesimos < 0 else ""

    @property
    def _unsigned(self) -> str:
        whole, cents = divmod(abs(self.centesimos), 100)
        return f"{whole:,}.{cents:02d}"

    def __str__(self) -> str:
        return self.format()

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.centesimos + other.centesimos)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.centesimos - other.centesimos)

    def __neg__(self) -> "Money":
        return Money(-self.centesimos)

    def __abs__(self) -> "Money":
        return Money(abs(self.centesimos))


ZERO = Money(0)
