"""A text that does not show itself."""

from __future__ import annotations

import hmac
from typing import Final, NoReturn

MASK: Final = "•••"


class Secret:
    """A secret text: `repr`, `str` and `format` give `•••`; only `reveal()` gives the text.

    Not a `str` on purpose: joining it to a message, logging or pickling it by mistake shows nothing or fails.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself. Call it at the last moment and keep no copy."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    # Without a hash it cannot become a cache key that outlives its use.
    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")
