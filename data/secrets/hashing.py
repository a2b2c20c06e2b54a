"""Slow hashes for what people type: passwords, answers, one-time codes (req. 12, 19, 22, 27, 31)."""

from __future__ import annotations

import base64
import os
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from data.secrets.box import hmac

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Argon2Params:
    """Cost of one Argon2id hash: passes, memory in KiB, lanes. Default: RFC 9106's second choice."""

    time_cost: int = 3
    memory_cost: int = 65536
    parallelism: int = 4


class Hasher:
    """Argon2id over HMAC(pepper, text): a stolen database alone cannot be guessed against.

    The text is NFKC-normalised first, so that «ñ» typed in one or two code points is the same, and then
    digested to a fixed length, so that no length is cut off (req. 31). It frees the GIL while it works: call
    it in a thread.
    """

    __slots__ = ("_dummy", "_engine", "_pepper")

    def __init__(self, pepper: bytes, params: Argon2Params | None = None) -> None:
        params = params or Argon2Params()
        self._pepper = pepper
        self._engine = _password_hasher(params)
        self._dummy = _impossible_hash(params)

    def __repr__(self) -> str:
        return "Hasher()"

    def hash(self, text: str) -> str:
        """A salted hash in PHC form (`$argon2id$v=19$…`, under 128 characters)."""
        return self._engine.hash(self._digest(text))

    def verify(self, stored: str, text: str) -> bool:
        """Whether `text` is what `stored` was made from. ValueError if `stored` is of another kind."""
        from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

        try:
            return self._engine.verify(stored, self._digest(text))
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError):
            raise ValueError("the stored value is not an Argon2id hash that can be checked") from None

    def verify_dummy(self, text: str = "") -> bool:
        """The work of `verify` for someone who does not exist; always False (req. 12: equal work)."""
        return self.verify(self._dummy, text)

    def needs_rehash(self, stored: str) -> bool:
        """Whether `stored` was made with other costs than today's: hash again at the next right password."""
        return self._engine.check_needs_rehash(stored)

    def _digest(self, text: str) -> bytes:
        normal = unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")
        return base64.b64encode(hmac(self._pepper, "coop-tui hash 1", normal))


def _password_hasher(params: Argon2Params) -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(
        time_cost=params.time_cost,
        memory_cost=params.memory_cost,
        parallelism=params.parallelism,
        hash_len=_HASH_BYTES,
        salt_len=_SALT_BYTES,
    )


def _impossible_hash(params: Argon2Params) -> str:
    """A well-formed hash with a random digest: checking it costs the same, and making it costs nothing."""

    def b64(count: int) -> str:
        return base64.b64encode(os.urandom(count)).decode().rstrip("=")

    costs = f"m={params.memory_cost},t={params.time_cost},p={params.parallelism}"
    return f"$argon2id$v=19${costs}${b64(_SALT_BYTES)}${b64(_HASH_BYTES)}"
