"""UUID version 7 (RFC 9562): ids that sort by the time at which they were made, and idempotency keys."""

import functools
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Callable

_RANDOM_BITS = 74
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1
_STEP_MASK = (1 << 32) - 1
_DRAWN_BYTES = 14  # both at once: each draw is a call of the system
_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Uuid7Mint:
    """Mints ids that strictly grow within one process, also when the clock stands still or steps back."""

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        """``clock_ms`` gives Unix milliseconds."""
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        self._last = -1

    def mint(self) -> str:
        """A new id in the canonical form, 36 lower-case characters. Safe to call from several threads."""
        drawn = int.from_bytes(secrets.token_bytes(_DRAWN_BYTES))
        fresh = self._clock_ms() << _RANDOM_BITS | drawn & _RANDOM_MASK
        step = (drawn >> _RANDOM_BITS & _STEP_MASK) + 1
        with self._lock:
            same_millisecond = fresh >> _RANDOM_BITS <= self._last >> _RANDOM_BITS
            # Within a millisecond the random part grows by a random step; an overflow runs into the next one.
            self._last = self._last + step if self._last >= 0 and same_millisecond else fresh
            value = self._last
        return _spell(value)


@functools.cache
def _process_mint() -> Uuid7Mint:
    return Uuid7Mint(lambda: time.time_ns() // 1_000_000)


def uuid7() -> str:
    """Mint an id from the clock of the machine."""
    return _process_mint().mint()


def uuid7_after(key: str, purpose: str) -> str:
    """The id of what follows from `key`, the same each time: the key's moment, and bits that only its text gives.

    Raises ValueError for a key that is none.
    """
    if not is_uuid7(key):
        raise ValueError("not a canonical UUIDv7")
    moment = int(key.replace("-", "")[:12], 16)
    digest = int.from_bytes(hashlib.sha256(f"{purpose}\0{key}".encode()).digest())
    return _spell(moment << _RANDOM_BITS | digest & _RANDOM_MASK)


def is_uuid7(text: str) -> bool:
    """Whether a text is a canonical UUIDv7, the only form that an idempotency key may have."""
    return _CANONICAL.fullmatch(text) is not None


def _spell(value: int) -> str:
    random = value & _RANDOM_MASK
    high, low = random >> 62, random & ((1 << 62) - 1)
    digits = f"{(value >> _RANDOM_BITS) & ((1 << 48) - 1):012x}7{high:03x}{(0b10 << 62) | low:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
