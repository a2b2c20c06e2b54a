"""What typed text has in common: a length that no honest value reaches, outer blanks, the many hyphens."""

import re

from data.values.errors import InvalidValue

# Both stand inside a character class of a pattern. Hyphen, dashes and the minus sign: phones and word
# processors write any of them for «-».
DASHES = "\\-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
SPACES = " \u00a0\u2007\u202f"
_OUTER = f"{SPACES}\t\r\n"
_SEPARATOR = re.compile(f"[{SPACES}]*[{DASHES}][{SPACES}]*|[{SPACES}]+")


def trim(text: str, message_es: str, *, max_length: int = 64) -> str:
    """Cut outer blanks and line ends; refuse text that is longer than any honest value.

    Raises: InvalidValue with ``message_es``.
    """
    if len(text) > max_length * 4:
        raise InvalidValue(message_es)
    trimmed = text.strip(_OUTER)
    if not trimmed or len(trimmed) > max_length:
        raise InvalidValue(message_es)
    return trimmed


def split_parts(text: str) -> list[str]:
    """Split on one hyphen of any kind (blanks around it allowed) or on blanks alone."""
    return _SEPARATOR.split(text)
