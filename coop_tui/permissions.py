"""The data folder is its owner's alone: 0700, files 0600, or the program does not start (req. 58)."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from coop_tui.settings import Settings, SettingsError

DIR_MODE: Final = 0o700
FILE_MODE: Final = 0o600
_POSIX: Final = os.name == "posix"


def prepare_storage(settings: Settings) -> None:
    """Create the data folder and, on SQLite, the empty database file with the right modes; then check both.

    SQLite gives its -wal and -shm files the mode of the database file, so it has to be right from the start.
    Raises: SettingsError.
    """
    try:
        settings.data_dir.mkdir(mode=DIR_MODE, parents=True, exist_ok=True)
        if settings.sqlite_path is not None and not settings.sqlite_path.exists():
            os.close(os.open(settings.sqlite_path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
    except OSError as error:
        raise SettingsError(
            f"No se puede crear la carpeta de datos «{settings.data_dir}» ({error.strerror}). "
            "Indique otra con --data o COOP_DATA."
        ) from None
    check_permissions(settings)


def check_permissions(settings: Settings) -> None:
    """Refuse a data folder, database, `.env` or log that others can reach. Raises: SettingsError.

    On Windows the modes say nothing; the user's profile folder keeps others out there.
    """
    problems = permission_problems(settings)
    if problems:
        raise SettingsError(" ".join(problems))


def permission_problems(settings: Settings) -> list[str]:
    """What is wrong, each with the command that mends it, in Spanish; empty if all is well."""
    if not settings.data_dir.is_dir():
        return [f"La carpeta de datos «{settings.data_dir}» no existe. Créela con: coop-tui init."]
    if not _POSIX:
        return []
    files = [settings.data_dir / ".env", settings.log_path]
    if (database := settings.sqlite_path) is not None:
        files += [
            database,
            database.with_name(database.name + "-wal"),
            database.with_name(database.name + "-shm"),
        ]
    found = [_problem(settings.data_dir, "la carpeta", DIR_MODE)]
    found += [_problem(path, "el archivo", FILE_MODE) for path in files]
    # The policy is no secret, but whoever writes it decides.
    found.append(_problem(settings.data_dir / "policy.toml", "el archivo", FILE_MODE, forbidden=0o022))
    return [problem for problem in found if problem]


def _problem(path: Path, kind: str, mode: int, forbidden: int = 0o077) -> str | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"No se puede revisar {kind} «{path}» ({error.strerror})."
    if status.st_uid not in (os.geteuid(), 0):
        return f"{kind.capitalize()} «{path}» es de otro usuario del sistema. Trabaje con ese usuario."
    if stat.S_IMODE(status.st_mode) & forbidden:
        verb = "abrir" if forbidden & 0o044 else "cambiar"
        return f"Otros usuarios pueden {verb} {kind} «{path}». Corríjalo con: chmod {mode:o} '{path}'."
    return None
