"""The Panamanian identity number (cédula): prefix, tomo and asiento (req. 1 and 2).

Prefixes: a province 1-13, a province followed by AV or PI, or PE, E, N alone. There is no check digit
inside a cédula. ``EE`` has no known source and ``NT`` is a tax number, so both are refused.
"""

import re
from dataclasses import dataclass
from typing import Self

from data.values.errors import InvalidValue
from data.values.typed import split_parts, trim

MESSAGE = "Cédula no válida. Ejemplo: 8-123-456, PE-12-345, E-8-102017."
LAST_PROVINCE = 13
_PREFIX = re.compile(r"0?([1-9]|1[0-3])(AV|PI)?|(PE|E|N)")
# Leading zeros mean the same number; [0-9] because \d also takes Arabic and other digits.
_TOMO = re.compile(r"0*([1-9][0-9]{0,3})")
_ASIENTO = re.compile(r"0*([1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True, order=True)
class Cedula:
    """A cédula in parts. ``province`` is 0 for PE, E and N; ``kind`` is "", AV, PI, PE, E or N."""

    kind: str
    province: int
    tomo: int
    asiento: int

    def __post_init__(self) -> None:
        with_province = self.kind in ("", "AV", "PI") and 1 <= self.province <= LAST_PROVINCE
        without = self.kind in ("PE", "E", "N") and self.province == 0
        if not (with_province or without) or not (1 <= self.tomo <= 9999 and 1 <= self.asiento <= 999_999):
            raise InvalidValue(MESSAGE)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read any usual spelling: hyphens of any kind, blanks, lower case, leading zeros, ``4-PI-234-123``.

        Raises: InvalidValue.
        """
        parts = split_parts(trim(text, MESSAGE, max_length=40).upper())
        if len(parts) == 4 and parts[1] in ("AV", "PI"):
            parts = [parts[0] + parts[1], *parts[2:]]
        if len(parts) != 3:
            raise InvalidValue(MESSAGE)
        prefix, tomo = _PREFIX.fullmatch(parts[0]), _TOMO.fullmatch(parts[1])
        asiento = _ASIENTO.fullmatch(parts[2])
        if prefix is None or tomo is None or asiento is None:
            raise InvalidValue(MESSAGE)
        province, suffix, letters = prefix.groups()
        return cls(letters or suffix or "", int(province or 0), int(tomo[1]), int(asiento[1]))

    @property
    def prefix(self) -> str:
        """``8``, ``1AV``, ``PE`` …"""
        return f"{self.province}{self.kind}" if self.province else self.kind

    def format(self) -> str:
        """The canonical form, the one that is stored and unique: ``8-123-456``."""
        return f"{self.prefix}-{self.tomo}-{self.asiento}"

    def masked(self) -> str:
        """``8-•••-•456``: what a screen shows before the caller is verified (req. 16)."""
        return f"{self.prefix}-•••-•{str(self.asiento)[-3:]}"

    def __str__(self) -> str:
        return self.format()

    def __repr__(self) -> str:
        # Masked: reprs end in logs and error reports, where no full cédula may stand (req. 48).
        return f"Cedula({self.masked()!r})"
