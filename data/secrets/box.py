"""Authenticated encryption and keyed digests for fields and bodies (req. 28, 58).

A sealed value is `version (1 byte) ‖ nonce (12) ‖ ChaCha20-Poly1305 ciphertext and tag (n + 16)`, RFC 8439.
The nonce is random: with one key, 2^32 sealed values keep the risk of a repeat below 2^-32.
"""

from __future__ import annotations

import functools
import hashlib
import os
from hmac import digest
from typing import TYPE_CHECKING, Final

from data.secrets.errors import SealBroken

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_VERSION: Final = b"\x01"
_DOMAIN: Final = b"coop-tui box 1\0"


def seal(data_key: bytes, plaintext: bytes, context: str) -> bytes:
    """Encrypt `plaintext` bound to `context` (what and whose it is, e.g. `outbox:0190…:body`).

    The same context must be given to `open_`: a value copied to another row or column does not open.
    Raises: ValueError for a key that is not 32 bytes.
    """
    nonce = os.urandom(NONCE_BYTES)
    return _VERSION + nonce + _cipher(data_key).encrypt(nonce, plaintext, _DOMAIN + context.encode())


def open_(data_key: bytes, sealed: bytes, context: str) -> bytes:
    """The plaintext that `seal` put in. Raises: SealBroken."""
    from cryptography.exceptions import InvalidTag

    if sealed[:1] != _VERSION or len(sealed) < 1 + NONCE_BYTES + 16:
        raise SealBroken
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return _cipher(data_key).decrypt(nonce, body, _DOMAIN + context.encode())
    except InvalidTag:
        raise SealBroken from None


@functools.lru_cache(maxsize=4)
def _cipher(data_key: bytes) -> ChaCha20Poly1305:
    """The cipher of a key, set up once; imported late, because reading a screen needs none of it."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return ChaCha20Poly1305(data_key)


def hmac(pepper: bytes, domain: str, message: bytes) -> bytes:
    """HMAC-SHA256 (32 bytes) of `message`, separated by `domain` so that one use says nothing about another.

    Raises: ValueError for a domain with NUL, which would let two (domain, message) pairs meet.
    """
    if "\0" in domain:
        raise ValueError("a domain holds no NUL")
    return digest(pepper, domain.encode() + b"\0" + message, hashlib.sha256)
