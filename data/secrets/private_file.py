"""Files that only their owner reads (req. 58: mode 0600, folder 0700)."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from pathlib import Path

from data.secrets.errors import SecretsUnavailable

_POSIX = os.name == "posix"
_LIMIT = 1 << 20  # no secret is larger; a mistaken path to a huge file must not fill the memory


def read_private(path: Path) -> bytes:
    """The content of a file that no one else can read.

    Raises: SecretsUnavailable when it is missing, not a plain file, of another owner or open to others.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise SecretsUnavailable(f"no se puede abrir el archivo «{path}» ({error.strerror}).") from None
    try:
        # The open file is asked, not the path: nobody can swap it between the question and the reading.
        _check(os.fstat(descriptor), path)
        content = os.read(descriptor, _LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(content) > _LIMIT:
        raise SecretsUnavailable(f"el archivo «{path}» es demasiado grande.")
    return content


def _check(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SecretsUnavailable(f"«{path}» no es un archivo.")
    if _POSIX and status.st_uid not in (os.geteuid(), 0):
        raise SecretsUnavailable(f"el archivo «{path}» es de otro usuario del sistema.")
    if _POSIX and status.st_mode & 0o077:
        raise SecretsUnavailable(f"otros usuarios pueden leer el archivo «{path}»; corríjalo con: chmod 600 '{path}'.")


def make_private_dir(path: Path) -> None:
    """Create `path` with mode 0700 if it is not there; its missing parents too."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        make_private_dir(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)


def own_file(path: Path) -> int | None:
    """Make `path` this process's own until the descriptor is closed or the process ends; None if another has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` by `content` whole or not at all, mode 0600, on the disk before it returns."""
    make_private_dir(path.parent)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _sync_dir(path.parent)


def _sync_dir(path: Path) -> None:
    """A rename lasts only once its folder is on the disk (Windows has no such call)."""
    if not _POSIX:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
