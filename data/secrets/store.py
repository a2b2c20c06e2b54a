"""The secrets of one store: found, checked, handed over whole; made once, never a default (req. 58)."""

from __future__ import annotations

import base64
import binascii
import re
import secrets as random_source
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from data.secrets import system_keyring
from data.secrets.box import KEY_BYTES
from data.secrets.errors import SecretsExist, SecretsUnavailable
from data.secrets.hashing import Argon2Params
from data.secrets.secret import Secret
from data.secrets.signing import new_signing_key
from data.secrets.sources import KeyringChoice, SecretName, SecretSources, read_text

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

    from data.secrets.sealed import SealedFileKeyring

KEYS: Final = (SecretName.PEPPER, SecretName.DATA_KEY, SecretName.SIGNING_KEY)
_STORE_ID: Final = re.compile(r"[0-9a-f]{16}")


def new_store_id() -> str:
    """16 random hex digits: the name under which a store's secrets are kept."""
    return random_source.token_hex(8)


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What the services need to know: three keys of 32 bytes, and its neighbours' passwords and tokens."""

    pepper: bytes
    data_key: bytes
    signing_key: bytes
    smtp_password: Secret | None = None
    database_password: Secret | None = None
    sms_token: Secret | None = None
    billers_token: Secret | None = None

    def __repr__(self) -> str:
        return "Secrets(•••)"


class SecretStore:
    """Looks for each secret in a private file, the system's keyring, the sealed file; else fails closed.

    Nothing is opened before the first call. Raises (everywhere): SecretsUnavailable.
    """

    def __init__(
        self,
        store_id: str,
        sources: SecretSources | None = None,
        *,
        system: Callable[[], KeyringBackend | None] | None = None,
        params: Argon2Params | None = None,
    ) -> None:
        if not _STORE_ID.fullmatch(store_id):
            raise SecretsUnavailable("el identificador del almacén (COOP_STORE_ID) no es válido.")
        self.store_id = store_id
        self._sources = sources or SecretSources()
        self._system = system or system_keyring.system_keyring
        self._params = params
        self._found: list[KeyringBackend | SealedFileKeyring] | None = None

    def __repr__(self) -> str:
        return f"SecretStore({self.store_id})"

    @property
    def service(self) -> str:
        """The service name in a keyring."""
        return f"coop-tui/{self.store_id}"

    def get(self, name: SecretName) -> Secret | None:
        """The secret's text (keys in base64), or None if no place has it."""
        if (file := self._sources.files.get(name)) is not None:
            return read_text(file)
        for backend in self._backends():
            if value := _ask(backend, self.service, name):
                return Secret(value)
        return None

    def set(self, name: SecretName, value: Secret) -> None:
        """Keep a password in the first keyring there is (the store's keys are made by `create_secrets`)."""
        self._set_many({name.value: value.reveal()})

    def load(self) -> Secrets:
        """All secrets; a missing or malformed key stops the program."""
        return Secrets(
            pepper=self._key(SecretName.PEPPER),
            data_key=self._key(SecretName.DATA_KEY),
            signing_key=self._key(SecretName.SIGNING_KEY),
            smtp_password=self.get(SecretName.SMTP_PASSWORD),
            database_password=self.get(SecretName.DATABASE_PASSWORD),
            sms_token=self.get(SecretName.SMS_TOKEN),
            billers_token=self.get(SecretName.BILLERS_TOKEN),
        )

    def places(self) -> list[str]:
        """The keyrings in reach, by name, for `coop-tui doctor`."""
        from data.secrets.sealed import SealedFileKeyring

        kinds = [type(backend) for backend in self._backends()]
        return ["un archivo sellado" if kind is SealedFileKeyring else kind.__module__ for kind in kinds]

    def _key(self, name: SecretName) -> bytes:
        text = self.get(name)
        if text is None:
            raise SecretsUnavailable(f"falta «{name.value}» del almacén {self.store_id}.")
        try:
            key = base64.b64decode(text.reveal(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise SecretsUnavailable(f"«{name.value}» no tiene la forma esperada (32 bytes en base64).")
        return key

    def _backends(self) -> list[KeyringBackend | SealedFileKeyring]:
        if self._found is None:
            found = [self._system_backend(), self._sealed_backend()]
            self._found = [backend for backend in found if backend is not None]
        return self._found

    def _system_backend(self) -> KeyringBackend | None:
        return None if self._sources.keyring is KeyringChoice.SEALED else self._system()

    def _sealed_backend(self) -> SealedFileKeyring | None:
        if self._sources.keyring is KeyringChoice.SYSTEM or self._sources.sealed_file is None:
            return None
        passphrase = self._sources.seal_passphrase()
        if passphrase is None:
            raise SecretsUnavailable(
                "el archivo sellado necesita su frase: indique COOP_SEAL_KEY_FILE (archivo con modo 0600)."
            )
        from data.secrets.sealed import SealedFileKeyring

        return SealedFileKeyring(self._sources.sealed_file, passphrase, self._params)

    def _set_many(self, values: dict[str, str]) -> None:
        backends = self._backends()
        if not backends:
            raise SecretsUnavailable("esta máquina no tiene un llavero de confianza ni un archivo sellado.")
        try:
            many = getattr(backends[0], "set_many", None)
            if many is not None:
                many(self.service, values)
            else:
                for name, value in values.items():
                    backends[0].set_password(self.service, name, value)
        except _keyring_error() as error:
            raise SecretsUnavailable(_locked_text(error)) from None


def create_secrets(store: SecretStore) -> Secrets:
    """Mint pepper, data key and signing key for a new store and keep them where `store` looks first.

    Raises: SecretsExist if the store has any of them; SecretsUnavailable if there is no place to keep them.
    """
    if any(store.get(name) is not None for name in KEYS):
        raise SecretsExist
    minted = {
        SecretName.PEPPER: random_source.token_bytes(KEY_BYTES),
        SecretName.DATA_KEY: random_source.token_bytes(KEY_BYTES),
        SecretName.SIGNING_KEY: new_signing_key(),
    }
    store._set_many({name.value: base64.b64encode(key).decode() for name, key in minted.items()})
    kept = store.load()  # read back: a keyring that swallowed a key must be found out now, not after the first member
    if (kept.pepper, kept.data_key, kept.signing_key) != tuple(minted.values()):
        raise SecretsUnavailable("el llavero no devolvió las llaves recién guardadas.")
    return kept


def _ask(backend: KeyringBackend | SealedFileKeyring, service: str, name: SecretName) -> str | None:
    try:
        return backend.get_password(service, name.value)
    except _keyring_error() as error:
        raise SecretsUnavailable(_locked_text(error)) from None


def _keyring_error() -> type[Exception]:
    """What keyring raises. An `except` asks once something was raised: a sealed file that opens needs no keyring."""
    from keyring.errors import KeyringError

    return KeyringError


def _locked_text(error: Exception) -> str:
    from keyring.errors import KeyringLocked

    if isinstance(error, KeyringLocked):
        return "el llavero está cerrado o la frase del archivo sellado no es la correcta."
    return "el llavero del sistema no respondió."
