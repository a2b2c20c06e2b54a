"""What this installation is told from outside: folder, database, mail, desk. Nothing secret (req. 58).

Order: the command line, the environment, `<data>/.env`, the defaults. The first screen waits for it:
it loads no Textual, no database, no keyring.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast
from urllib.parse import urlsplit

from services.errors import CoopError

if TYPE_CHECKING:
    from data.secrets import SecretSources

APP: Final = "coop-tui"
CHANNELS: Final = ("cis", "sucursal", "capitulo", "kiosco", "web")
SmtpTls = Literal["starttls", "tls", "none"]

_VALUES: Final = frozenset(
    {
        "COOP_DATABASE_URL",
        "COOP_SMTP_HOST",
        "COOP_SMTP_PORT",
        "COOP_SMTP_USER",
        "COOP_SMTP_TLS",
        "COOP_SMTP_FROM",
        "COOP_SMS_URL",
        "COOP_BILLERS_URL",
        "COOP_MAILDIR",
        "COOP_TERMINAL",
        "COOP_CHANNEL",
        "COOP_BRANCH",
        "COOP_LOG",
        "COOP_KEYMAP",
        "COOP_THEME",
        "COOP_STORE_ID",
    }
)
_SECRET_POINTERS: Final = frozenset(
    {
        "COOP_KEYRING",
        "COOP_SEALED_FILE",
        "COOP_SEAL_KEY_FILE",
        "COOP_PEPPER_FILE",
        "COOP_DATA_KEY_FILE",
        "COOP_SIGNING_KEY_FILE",
        "COOP_SMTP_PASSWORD_FILE",
        "COOP_SMS_TOKEN_FILE",
        "COOP_BILLERS_TOKEN_FILE",
        "COOP_DATABASE_PASSWORD_FILE",
    }
)
_KNOWN: Final = _VALUES | _SECRET_POINTERS
_LOOKS_SECRET: Final = re.compile(r"PASSW|PASSPHRASE|CLAVE|CONTRASE|PEPPER|SECRET|TOKEN|_KEY$|_PIN$")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class SettingsError(CoopError):
    """A setting cannot be used; the text names it and never shows a secret's value."""

    code = "settings"
    default = "La configuración no es válida. Ejecute «coop-tui doctor»."


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Paths are absolute; `database_url` never holds a password."""

    data_dir: Path
    database_url: str
    terminal: str
    channel: str
    branch: str | None
    maildir: Path
    log_path: Path
    keymap_path: Path
    theme: str | None = None
    store_id: str | None = None
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_user: str | None = None
    smtp_tls: SmtpTls = "starttls"
    smtp_from: str | None = None
    sms_url: str | None = None
    billers_url: str | None = None
    _pointers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def sqlite_path(self) -> Path | None:
        """The database file of the embedded engine, or None on PostgreSQL."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite:")

    @property
    def vault_dir(self) -> Path:
        """Where a sealed file goes on a machine without a keyring: outside the data folder."""
        return _config_dir() / "llaves"

    @property
    def checkpoints_path(self) -> Path:
        """The signed checkpoints of the audit trail: beside the database, never in it."""
        return self.data_dir / "puntos-de-control.jsonl"

    @property
    def sms_folder(self) -> Path | None:
        """Where text messages land while nothing leaves this machine: neither mail server nor SMS gateway is set."""
        return self.data_dir / "mensajes" if self.smtp_host is None and self.sms_url is None else None

    @property
    def slips_folder(self) -> Path:
        """Where sealed slips wait for the printer; the worker clears what is over."""
        return self.data_dir / "sobres"

    def secret_sources(self) -> SecretSources:
        """Where to look for this store's secrets (`data.secrets.SecretStore` takes it with `store_id`)."""
        from data.secrets import Secret, SecretSources

        sources = SecretSources.from_environ(self._pointers)
        if sources.passphrase is None and (phrase := os.environ.get("COOP_SEAL_KEY")):
            from dataclasses import replace

            sources = replace(sources, passphrase=Secret(phrase))
        return sources


def load_settings(
    data: str | Path | None = None,
    *,
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings of this start: `data` is the option `--data`, `overrides` other options by variable.

    Raises: SettingsError for a value out of form, a secret where none belongs, an unknown name in `.env`.
    """
    environ = os.environ if environ is None else environ
    _refuse_secret_environment(environ)
    data_dir = _absolute(data or environ.get("COOP_DATA") or _default_data_dir())
    found = {**_read_env_file(data_dir / ".env"), **_known(environ), **_known(overrides or {})}
    values = {name: value.strip() for name, value in found.items() if value.strip()}
    return _build(data_dir, values)


def _build(data_dir: Path, values: Mapping[str, str]) -> Settings:
    channel = values.get("COOP_CHANNEL", "cis").lower()
    if channel not in CHANNELS:
        raise SettingsError(f"COOP_CHANNEL debe ser uno de: {', '.join(CHANNELS)}.")
    return Settings(
        data_dir=data_dir,
        database_url=_database_url(values.get("COOP_DATABASE_URL"), data_dir),
        terminal=values.get("COOP_TERMINAL") or socket.gethostname(),
        channel=channel,
        branch=values.get("COOP_BRANCH"),
        maildir=_path(values, "COOP_MAILDIR", data_dir / "correo"),
        log_path=_path(values, "COOP_LOG", data_dir / f"{APP}.log"),
        keymap_path=_path(values, "COOP_KEYMAP", _config_dir() / "teclas.toml"),
        theme=values.get("COOP_THEME"),
        store_id=values.get("COOP_STORE_ID"),
        smtp_host=values.get("COOP_SMTP_HOST"),
        smtp_port=_port(values.get("COOP_SMTP_PORT", "587")),
        smtp_user=values.get("COOP_SMTP_USER"),
        smtp_tls=_smtp_tls(values),
        smtp_from=values.get("COOP_SMTP_FROM"),
        sms_url=_gateway_url(values, "COOP_SMS_URL"),
        billers_url=_billers_url(values),
        _pointers={name: value for name, value in values.items() if name in _SECRET_POINTERS},
    )


def _read_env_file(path: Path) -> dict[str, str]:
    """The names and values of a `.env`, refused as a whole if it holds a secret or an unknown name."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"No se puede leer «{path}». Revise sus permisos y que sea texto UTF-8.") from None
    for name, value in found.items():
        if name not in _KNOWN and _LOOKS_SECRET.search(name.upper()) and value:
            raise SettingsError(
                f"«{path}» contiene un secreto ({name}). Bórrelo de ahí, cámbielo donde se usa y guárdelo "
                f"en el llavero, o en un archivo con modo 0600 que {name}_FILE indique."
            )
        if name.startswith("COOP_") and name not in _KNOWN:
            raise SettingsError(f"«{path}» tiene un nombre desconocido: {name}.{_closest(name)}")
    return {name: value for name, value in found.items() if value is not None and name in _KNOWN}


def _refuse_secret_environment(environ: Mapping[str, str]) -> None:
    """A variable shows in process lists and goes to every child: only a secret's file is taken."""
    for pointer in _SECRET_POINTERS - {"COOP_SEAL_KEY_FILE", "COOP_SEALED_FILE"}:
        name = pointer.removesuffix("_FILE")
        if name != pointer and environ.get(name):
            raise SettingsError(
                f"{name} no se acepta como variable. Escriba el secreto en un archivo con modo 0600 e "
                f"indique su ruta en {pointer}."
            )


def _known(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name in _KNOWN}


def _closest(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, _KNOWN, n=1)
    return f" ¿Quiso decir {near[0]}?" if near else ""


def _database_url(value: str | None, data_dir: Path) -> str:
    if value is None:
        return f"sqlite:///{(data_dir / 'coop.db').as_posix()}"
    if value.startswith("sqlite:///") and len(value) > len("sqlite:///"):
        return f"sqlite:///{_absolute(value.removeprefix('sqlite:///'), data_dir).as_posix()}"
    try:
        parts = urlsplit(value)
        has_password = parts.password is not None or re.search(r"[?&](password|sslpassword)=", value)
    except ValueError:
        raise SettingsError("COOP_DATABASE_URL no tiene la forma de una dirección.") from None
    if parts.scheme != "postgresql+psycopg":
        raise SettingsError("COOP_DATABASE_URL debe empezar con postgresql+psycopg:// o sqlite:///.")
    if has_password:
        raise SettingsError(
            "COOP_DATABASE_URL no debe llevar contraseña. Guárdela en el llavero o en un archivo con modo "
            "0600 que COOP_DATABASE_PASSWORD_FILE indique."
        )
    return value


def _smtp_tls(values: Mapping[str, str]) -> SmtpTls:
    mode = values.get("COOP_SMTP_TLS", "starttls").lower()
    if mode not in ("starttls", "tls", "none"):
        raise SettingsError("COOP_SMTP_TLS debe ser starttls, tls o none.")
    if mode == "none" and values.get("COOP_SMTP_HOST", "localhost") not in _LOOPBACK:
        raise SettingsError("COOP_SMTP_TLS=none solo se acepta con un servidor en esta misma máquina. Use starttls.")
    return cast(SmtpTls, mode)


def _gateway_url(values: Mapping[str, str], name: str) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        # A name that no network has («a..b») or a port beyond the last one would only fail when money moves.
        reachable = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        secure = reachable = False
    if not secure or not reachable or parts.username or parts.password:
        raise SettingsError(f"{name} debe empezar con https:// y no llevar usuario ni contraseña.")
    return value


def _billers_url(values: Mapping[str, str]) -> str | None:
    value = _gateway_url(values, "COOP_BILLERS_URL")
    if value is not None and ("?" in value or "#" in value):
        raise SettingsError("COOP_BILLERS_URL es una dirección base: sin «?» ni «#».")
    return value


def _port(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 0 < int(value) < 65536:
        raise SettingsError("COOP_SMTP_PORT debe ser un número entre 1 y 65535.")
    return int(value)


def _path(values: Mapping[str, str], name: str, default: Path) -> Path:
    return _absolute(values[name], default.parent) if name in values else default


def _absolute(value: str | Path, base: Path | None = None) -> Path:
    """An absolute path; a relative one counts from `base` (the data folder), else from where one stands."""
    return Path(os.path.abspath((base or Path()) / Path(value).expanduser()))


def _default_data_dir() -> str:
    from platformdirs import user_data_dir

    return user_data_dir(APP, appauthor=False)


def _config_dir() -> Path:
    from platformdirs import user_config_path

    return user_config_path(APP, appauthor=False)
