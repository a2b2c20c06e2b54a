"""Where the secrets of one store may come from: names, paths, perhaps a passphrase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from data.secrets.errors import SecretsUnavailable
from data.secrets.private_file import read_private
from data.secrets.secret import Secret


class SecretName(StrEnum):
    """The secrets of a store; the value is the name under which a keyring holds it."""

    PEPPER = "pepper"
    DATA_KEY = "data_key"
    SIGNING_KEY = "signing_key"
    SMTP_PASSWORD = "smtp_password"  # noqa: S105 (a name, not a password)
    DATABASE_PASSWORD = "database_password"  # noqa: S105
    SMS_TOKEN = "sms_token"  # noqa: S105
    BILLERS_TOKEN = "billers_token"  # noqa: S105

    @property
    def file_variable(self) -> str:
        """The variable that names a 0600 file with this secret, e.g. `COOP_PEPPER_FILE`."""
        return f"COOP_{self.name}_FILE"


class KeyringChoice(StrEnum):
    """`auto`: the system's keyring, then the sealed file. `system` or `sealed`: that one alone."""

    AUTO = "auto"
    SYSTEM = "system"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class SecretSources:
    """Pointers to secrets. `files` wins over the keyring, the keyring over the sealed file."""

    files: Mapping[SecretName, Path] = field(default_factory=dict)
    keyring: KeyringChoice = KeyringChoice.AUTO
    sealed_file: Path | None = None
    seal_key_file: Path | None = None
    passphrase: Secret | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> SecretSources:
        """Read COOP_<NAME>_FILE, COOP_KEYRING, COOP_SEALED_FILE, COOP_SEAL_KEY_FILE and COOP_SEAL_KEY.

        Raises: SecretsUnavailable for an unknown COOP_KEYRING.
        """

        def path(variable: str) -> Path | None:
            value = environ.get(variable)
            return Path(value).expanduser() if value else None

        choice = environ.get("COOP_KEYRING") or KeyringChoice.AUTO
        if choice not in list(KeyringChoice):
            raise SecretsUnavailable("COOP_KEYRING debe ser auto, system o sealed.")
        phrase = environ.get("COOP_SEAL_KEY")
        return cls(
            files={name: file for name in SecretName if (file := path(name.file_variable))},
            keyring=KeyringChoice(choice),
            sealed_file=path("COOP_SEALED_FILE"),
            seal_key_file=path("COOP_SEAL_KEY_FILE"),
            passphrase=Secret(phrase) if phrase else None,
        )

    def seal_passphrase(self) -> Secret | None:
        """The sealed file's passphrase: from its file if one is named, else the one given."""
        if self.seal_key_file is not None:
            return read_text(self.seal_key_file)
        return self.passphrase


def read_text(path: Path) -> Secret:
    """The one line of a private file, without its line end. Raises: SecretsUnavailable."""
    try:
        text = read_private(path).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretsUnavailable(f"el archivo «{path}» no es texto UTF-8.") from None
    if not text:
        raise SecretsUnavailable(f"el archivo «{path}» está vacío.")
    return Secret(text)
