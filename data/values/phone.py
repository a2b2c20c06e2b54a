"""Phone numbers of Panama: stored as E.164, shown as ``6123-4567`` or ``205-0911`` (req. 4).

A number never tells its operator: numbers have been portable since 2011.
"""

import re
from dataclasses import dataclass
from typing import Self

from data.values.errors import InvalidValue
from data.values.typed import DASHES, SPACES, trim

MESSAGE = "Teléfono no válido: celular de 8 dígitos que empieza con 6 o fijo de 7. Ejemplo: 6123-4567."
MOBILE_MESSAGE = "Celular no válido: 8 dígitos que empiezan con 6."
COUNTRY_CODE = "507"
_MOBILE = re.compile(r"6[0-9]{7}")
# Seven digits: fixed lines and 800-xxxx; eight digits that start with 800: the longer toll-free form.
_OTHER = re.compile(r"[1-57-9][0-9]{6}|800[0-9]{5}")
_TYPED = re.compile(rf"(\+|00)?[0-9][0-9{DASHES}{SPACES}.()]*")
_NOT_DIGITS = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True, order=True)
class Phone:
    """A Panamanian number; ``e164`` such as ``+50761234567`` is what the database holds."""

    e164: str

    def __post_init__(self) -> None:
        national = self.e164.removeprefix(f"+{COUNTRY_CODE}")
        if national == self.e164 or not (_MOBILE.fullmatch(national) or _OTHER.fullmatch(national)):
            raise InvalidValue(MESSAGE)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number with or without ``+507``, blanks, hyphens, dots and brackets.

        Raises: InvalidValue.
        """
        typed = trim(text, MESSAGE, max_length=40)
        # An opening bracket may stand first: «(507) 205-0911».
        match = _TYPED.fullmatch(typed.removeprefix("("))
        if match is None:
            raise InvalidValue(MESSAGE)
        digits = _NOT_DIGITS.sub("", typed)
        if match[1] == "00":
            digits = digits.removeprefix("00")
        # 507-1234 is a fixed line of its own, so the country code counts only in front of a whole number.
        if match[1] or len(digits) in (10, 11):
            if not digits.startswith(COUNTRY_CODE):
                raise InvalidValue(MESSAGE)
            digits = digits[len(COUNTRY_CODE) :]
        return cls(f"+{COUNTRY_CODE}{digits}")

    @classmethod
    def parse_mobile(cls, text: str) -> Self:
        """Read a mobile number, the only kind that takes a recarga or an SMS.

        Raises: InvalidValue with the text of req. 4.
        """
        try:
            phone = cls.parse(text)
        except InvalidValue:
            raise InvalidValue(MOBILE_MESSAGE) from None
        if not phone.is_mobile:
            raise InvalidValue(MOBILE_MESSAGE)
        return phone

    @property
    def national(self) -> str:
        """The digits without the country code."""
        return self.e164[len(COUNTRY_CODE) + 1 :]

    @property
    def is_mobile(self) -> bool:
        """Whether it is a mobile number (8 digits that start with 6)."""
        return self.national[0] == "6"

    def format(self) -> str:
        """``6123-4567``, ``205-0911``, ``800-12345``."""
        digits = self.national
        head = 4 if self.is_mobile else 3
        return f"{digits[:head]}-{digits[head:]}"

    def masked(self) -> str:
        """``6•••-••21``: first digit and last two."""
        formatted = self.format()
        hidden = "".join("-" if char == "-" else "•" for char in formatted[1:-2])
        return formatted[0] + hidden + formatted[-2:]

    def __str__(self) -> str:
        return self.format()

    def __repr__(self) -> str:
        return f"Phone({self.masked()!r})"
