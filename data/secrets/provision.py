"""The keys of a new store, without asking anyone: `init --yes` and the demo (req. 58)."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from data.secrets.errors import SecretsExist, SecretsUnavailable
from data.secrets.hashing import Argon2Params
from data.secrets.private_file import make_private_dir, write_private
from data.secrets.sources import KeyringChoice, SecretSources
from data.secrets.store import SecretStore, create_secrets, new_store_id

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

STORE_ID: Final = "COOP_STORE_ID"


def provision(
    data_dir: Path,
    vault_dir: Path,
    *,
    keyring: KeyringChoice = KeyringChoice.AUTO,
    system: Callable[[], KeyringBackend | None] | None = None,
    params: Argon2Params | None = None,
) -> SecretStore:
    """Make the secrets of a new store and write the pointers to them, never a secret, into `<data_dir>/.env`.

    The system's keyring keeps them if a trusted one answers; else a sealed file in `vault_dir` (the user's
    configuration folder; the demo's own folder for the demo), with its random passphrase in a 0600 file
    beside it. The pointers are written last: a run cut short leaves keys that no store uses.

    Raises: SecretsExist if `data_dir` has a store; SecretsUnavailable if no place keeps the keys.
    """
    pointers_file = data_dir / ".env"
    if pointers_file.exists() and STORE_ID in pointers_file.read_text("utf-8"):
        raise SecretsExist
    store_id = new_store_id()
    store: SecretStore | None = None
    pointers: dict[str, str] = {}
    if keyring is not KeyringChoice.SEALED:
        store, pointers = _in_system(store_id, keyring, system)
    if store is None:
        store, pointers = _in_seal(store_id, vault_dir, params)
    _append_pointers(pointers_file, {STORE_ID: store_id, **pointers})
    return store


def _in_system(
    store_id: str, keyring: KeyringChoice, system: Callable[[], KeyringBackend | None] | None
) -> tuple[SecretStore | None, dict[str, str]]:
    """The keys in the system's keyring; None where `auto` may go on to the sealed file."""
    store = SecretStore(store_id, SecretSources(keyring=KeyringChoice.SYSTEM), system=system)
    try:
        create_secrets(store)
    except SecretsUnavailable:
        if keyring is KeyringChoice.SYSTEM:
            raise
        return None, {}
    return store, {"COOP_KEYRING": KeyringChoice.SYSTEM.value}


def _in_seal(store_id: str, vault_dir: Path, params: Argon2Params | None) -> tuple[SecretStore, dict[str, str]]:
    sources = _new_seal(vault_dir, store_id)
    store = SecretStore(store_id, sources, params=params)
    create_secrets(store)
    return store, {
        "COOP_KEYRING": KeyringChoice.SEALED.value,
        "COOP_SEALED_FILE": str(sources.sealed_file),
        "COOP_SEAL_KEY_FILE": str(sources.seal_key_file),
    }


def _new_seal(vault_dir: Path, store_id: str) -> SecretSources:
    vault = vault_dir.resolve()
    make_private_dir(vault)
    key_file = vault / f"{store_id}.key"
    write_private(key_file, random_source.token_urlsafe(32).encode() + b"\n")
    return SecretSources(keyring=KeyringChoice.SEALED, sealed_file=vault / f"{store_id}.sealed", seal_key_file=key_file)


def _append_pointers(path: Path, pointers: Mapping[str, str]) -> None:
    before = path.read_text("utf-8") if path.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    lines = [f"{name}={_quoted(value)}\n" for name, value in pointers.items()]
    write_private(path, (before + "".join(lines)).encode())


def _quoted(value: str) -> str:
    """A value as python-dotenv reads it back, whatever the path holds."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
