"""The operating system's keyring, from a list of backends that we trust.

keyring picks whatever is installed: a plain-text backend, one that asks on the terminal under the app, a
chain of them. So the known good ones are asked by name; entry points and keyring's own settings are not read.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

TRUSTED: Final = (
    ("keyring.backends.macOS", "Keyring"),
    ("keyring.backends.Windows", "WinVaultKeyring"),
    ("keyring.backends.SecretService", "Keyring"),
    ("keyring.backends.libsecret", "Keyring"),
    ("keyring.backends.kwallet", "DBusKeyring"),
    ("keyring.backends.kwallet", "DBusKeyringKWallet4"),
)


def system_keyring() -> KeyringBackend | None:
    """The first trusted keyring that works on this machine, or None (a server, a container)."""
    for module, name in TRUSTED:
        try:
            backend: type[KeyringBackend] = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue  # made for another system
        if backend.viable:
            return backend()
    return None
