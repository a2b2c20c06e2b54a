"""A keyring in one file, for machines without a keyring service (servers, containers, text consoles).

Layout: magic ‖ time, memory, lanes (3 × uint32 big-endian) ‖ salt (16) ‖ nonce (12) ‖ ChaCha20-Poly1305 of a
JSON object. The key is Argon2id(passphrase, salt); the head is authenticated too. It never asks anyone.

It answers like a backend of keyring and is none: that library and what it brings (2.4 MB, fifty modules) are for the
machines that have a keyring. Its errors are loaded when they are raised.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, cast

from data.secrets.errors import SecretsUnavailable
from data.secrets.hashing import Argon2Params
from data.secrets.private_file import make_private_dir, read_private, write_private
from data.secrets.secret import Secret

_MAGIC: Final = b"coop-tui sealed 1\n"
_HEAD: Final = struct.Struct(f">{len(_MAGIC)}s3I16s")
_NONCE: Final = 12
_MOST_MEMORY: Final = 1 << 20  # KiB: a damaged head must not ask for all the memory of the machine


class SealedFileKeyring:
    """keyring's interface over a sealed file.

    Raises: KeyringLocked (wrong passphrase, damaged file), SecretsUnavailable (open to others, unreadable).
    """

    def __init__(self, path: Path, passphrase: Secret, params: Argon2Params | None = None) -> None:
        self._path = path
        self._passphrase = passphrase
        self._params = params or Argon2Params()
        self._derived: tuple[bytes, bytes] | None = None  # (head, key): one slow derivation a file, not a read

    def get_password(self, service: str, username: str) -> str | None:
        return self._load().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.set_many(service, {username: password})

    def set_many(self, service: str, passwords: Mapping[str, str]) -> None:
        """Store several secrets in one write: all of them or none."""
        with self._locked():
            content = self._load()
            content.update({f"{service}/{name}": value for name, value in passwords.items()})
            self._save(content)

    def delete_password(self, service: str, username: str) -> None:
        with self._locked():
            content = self._load()
            if content.pop(f"{service}/{username}", None) is None:
                from keyring.errors import PasswordDeleteError

                raise PasswordDeleteError("not found")
            self._save(content)

    def _load(self) -> dict[str, str]:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        if not self._path.exists():
            return {}
        blob = read_private(self._path)
        head, nonce, body = (
            blob[: _HEAD.size],
            blob[_HEAD.size : _HEAD.size + _NONCE],
            blob[_HEAD.size + _NONCE :],
        )
        try:
            plain = ChaCha20Poly1305(self._key(head)).decrypt(nonce, body, head)
        except (InvalidTag, ValueError):
            raise _locked("wrong passphrase or damaged file") from None
        return cast(dict[str, str], json.loads(plain))

    def _save(self, content: Mapping[str, str]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        if self._derived is None:
            costs = (self._params.time_cost, self._params.memory_cost, self._params.parallelism)
            self._key(_HEAD.pack(_MAGIC, *costs, os.urandom(16)))
        assert self._derived is not None
        head, key = self._derived
        nonce = os.urandom(_NONCE)
        sealed = ChaCha20Poly1305(key).encrypt(nonce, json.dumps(content).encode(), head)
        write_private(self._path, head + nonce + sealed)

    def _key(self, head: bytes) -> bytes:
        if self._derived is not None and self._derived[0] == head:
            return self._derived[1]
        try:
            magic, time_cost, memory_cost, lanes, salt = _HEAD.unpack(head)
        except struct.error:
            raise _locked("damaged file") from None
        if magic != _MAGIC or memory_cost > _MOST_MEMORY or not 0 < time_cost <= 64 or not 0 < lanes <= 64:
            raise _locked("not a sealed file of coop-tui")
        key = _derive(self._passphrase, salt, Argon2Params(time_cost, memory_cost, lanes))
        self._derived = (head, key)
        return key

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Two processes that write at once must not lose each other's secret."""
        try:
            import fcntl
        except ImportError:  # Windows: has its own keyring; the sealed file is written by one process there
            yield
            return
        make_private_dir(self._path.parent)
        descriptor = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _locked(why: str) -> Exception:
    from keyring.errors import KeyringLocked

    return KeyringLocked(why)


def _derive(passphrase: Secret, salt: bytes, params: Argon2Params) -> bytes:
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw

    try:
        return hash_secret_raw(
            passphrase.reveal().encode(),
            salt,
            time_cost=params.time_cost,
            memory_cost=params.memory_cost,
            parallelism=params.parallelism,
            hash_len=32,
            type=Type.ID,
        )
    except HashingError:
        raise SecretsUnavailable("no hay memoria para abrir el archivo sellado.") from None
