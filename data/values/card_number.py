"""Card numbers: read once, never shown, never stored whole (req. 52)."""

import hashlib
import hmac
import re
import unicodedata
from typing import Self

from data.values.errors import InvalidValue
from data.values.typed import DASHES, SPACES, trim

MESSAGE = "Número de tarjeta no válido. Revise los dígitos con la tarjeta en mano."
NOTE_MESSAGE = "No escriba números de tarjeta."
MIN_DIGITS = 13
MAX_DIGITS = 19
_SHAPE = re.compile(rf"[0-9](?:[{DASHES}{SPACES}]?[0-9]){{12,18}}")
_HALF_TYPED = re.compile(rf"(?<![0-9])[3-6](?:[{DASHES} ]?[0-9]){{10,}}")
# In free text a number may be broken by up to three blanks, dashes, dots or underscores in a row.
_GAP = rf"[\s._·{DASHES}]{{1,3}}"
_RUN = re.compile(rf"[0-9]+(?:{_GAP}[0-9]+)*")
_DIGITS = re.compile(r"[0-9]+")
# «322.64»: an amount beside a phone number would look like thirteen digits.
_AMOUNT = re.compile(r"(?<![0-9])[0-9]{1,3}(?:,[0-9]{3})*\.[0-9]{2}(?![0-9.])")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


class CardNumber:
    """A card number in memory, for the instant in which it becomes a token and four digits.

    ``str`` and ``repr`` show the masked form only, and it can't be pickled.
    """

    __slots__ = ("_digits",)
    _digits: str

    def __init__(self, digits: str) -> None:
        if not re.fullmatch(r"[0-9]{13,19}", digits) or not _passes_luhn(digits):
            raise InvalidValue(MESSAGE)
        object.__setattr__(self, "_digits", digits)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 13 to 19 digits, blanks and hyphens between them allowed, that pass Luhn.

        Raises: InvalidValue.
        """
        typed = trim(text, MESSAGE)
        if not _SHAPE.fullmatch(typed):
            raise InvalidValue(MESSAGE)
        return cls("".join(_DIGITS.findall(typed)))

    @property
    def bin4(self) -> str:
        """The first four digits, those that the guide shows (S91)."""
        return self._digits[:4]

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self._digits[-4:]

    def masked(self) -> str:
        """``5216-XXXX-XXXX-1234``, the most that any screen shows."""
        return masked_card(self.bin4, self.last4)

    def token(self, key: bytes) -> str:
        """Keyed fingerprint (HMAC-SHA-256, 64 hex digits) that stands for the number in the database.

        Raises: ValueError if the key is shorter than 32 bytes: without a secret key the few billion
            numbers of one issuer could be tried out.
        """
        if len(key) < 32:
            raise ValueError("the card token key needs 32 bytes")
        return hmac.new(key, b"coop-tui card\x00" + self._digits.encode("ascii"), hashlib.sha256).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CardNumber) and hmac.compare_digest(self._digits, other._digits)

    def __hash__(self) -> int:
        return hash(self._digits)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("CardNumber can't be changed")

    def __reduce__(self) -> str:
        raise TypeError("CardNumber can't be pickled")

    def __str__(self) -> str:
        return self.masked()

    def __repr__(self) -> str:
        return f"CardNumber({self.masked()!r})"


def masked_card(bin4: str, last4: str) -> str:
    """``masked_card("5216", "1234")`` → ``5216-XXXX-XXXX-1234``.

    Raises: InvalidValue if either is not four digits.
    """
    if not re.fullmatch(r"[0-9]{4}", bin4) or not re.fullmatch(r"[0-9]{4}", last4):
        raise InvalidValue(MESSAGE)
    return f"{bin4}-XXXX-XXXX-{last4}"


def contains_card_number(text: str) -> bool:
    """Whether 13 to 19 digits that pass Luhn stand in a text, grouped and spaced in any way.

    It errs towards yes: about one in ten long figures passes Luhn by chance, and a note can be worded anew,
    while a card number that got into the database can't be taken back.
    """
    plain = _AMOUNT.sub("/", _plain_digits(text))
    return any(_run_has_card(_DIGITS.findall(run)) for run in _RUN.findall(plain))


def card_digits(text: str) -> list[int]:
    """The places of the digits that nobody may keep, in a text where a card number may be half typed: from the seventh
    on, of more than ten digits with single blanks or hyphens between them that begin as issuers' numbers do (3 to 6).

    Numbers of accounts and receipts begin otherwise. It errs towards yes: a recording can do without a long reference.
    """
    return [
        at
        for typed in _HALF_TYPED.finditer(text)
        for at in [place for place in range(*typed.span()) if text[place] in "0123456789"][6:]
    ]


def _run_has_card(groups: list[str]) -> bool:
    for start in range(len(groups)):
        digits = ""
        for group in groups[start:]:
            digits += group
            if len(digits) > MAX_DIGITS:
                break
            if len(digits) >= MIN_DIGITS and _passes_luhn(digits):
                return True
    return False


def _plain_digits(text: str) -> str:
    """Every decimal digit of Unicode as 0-9, without invisible characters, so that no disguise helps."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in text
        if unicodedata.category(char) != "Cf"
    )


def _passes_luhn(digits: str) -> bool:
    total = 0
    for position, char in enumerate(reversed(digits)):
        total += _DOUBLED[int(char)] if position % 2 else int(char)
    return total % 10 == 0
