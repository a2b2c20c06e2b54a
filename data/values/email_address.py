"""E-mail addresses: plain enough that no header can be smuggled through one (req. 26 and 29)."""

import re
from dataclasses import dataclass, field
from typing import Self

from data.values.errors import InvalidValue
from data.values.typed import trim

MESSAGE = "Correo no válido. Ejemplo: nombre@dominio.com, sin espacios, tildes ni ñ."
MAX_LENGTH = 254
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|[Xx][Nn]--[A-Za-z0-9-]{{1,59}})")


@dataclass(frozen=True, slots=True, order=True)
class EmailAddress:
    """An address as its owner writes it (domain in lower case); two spellings by case are one address."""

    address: str = field(compare=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        local, at, domain = self.address.rpartition("@")
        right = _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain) and len(local) <= 64
        if not at or not right or len(self.address) > MAX_LENGTH:
            raise InvalidValue(MESSAGE)
        object.__setattr__(self, "address", f"{local}@{domain.lower()}")
        object.__setattr__(self, "key", f"{local}@{domain}".lower())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an ASCII address; quoted local parts, comments, CR, LF and other controls are refused.

        Raises: InvalidValue.
        """
        return cls(trim(text, MESSAGE, max_length=MAX_LENGTH))

    def format(self) -> str:
        """The address to which mail goes."""
        return self.address

    def masked(self) -> str:
        """``j•••@dominio.com``, the same width whatever the local part's length."""
        local, _, domain = self.address.rpartition("@")
        return f"{local[0]}•••@{domain}"

    def __str__(self) -> str:
        return self.address

    def __repr__(self) -> str:
        return f"EmailAddress({self.masked()!r})"
