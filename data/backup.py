"""Copies of the embedded store, taken while it works, and put back into one that stands still."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path


class BackupUnusable(Exception):
    """The copy can't be put back; the text (Spanish) says why."""


def backup_sqlite(source: Path, target: Path) -> int:
    """Copy a store that may be in use into a new file of mode 0600; answers the pages copied.

    SQLite's own online backup: what was committed when it ended is in the copy, whole.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy, pages=1024)
        pages = int(copy.execute("PRAGMA page_count").fetchone()[0])
        copy.execute("PRAGMA journal_mode=DELETE")
    with target.open("rb") as written:
        os.fsync(written.fileno())
    return pages


def restore_sqlite(copy: Path, target: Path) -> Path | None:
    """Put `copy` in the place of `target`; the former file is kept beside it and its path is answered.

    Raises BackupUnusable if the copy is damaged or is not a store, or if somebody is working on the target.
    """
    _whole(copy)
    kept = None
    if target.exists():
        _idle(target)
        kept = target.with_name(f"{target.name}.{datetime.now(UTC):%Y%m%dT%H%M%S}")
        os.replace(target, kept)
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
    fresh = target.with_name(target.name + ".nuevo")
    fresh.unlink(missing_ok=True)
    backup_sqlite(copy, fresh)
    os.replace(fresh, target)
    return kept


def _whole(copy: Path) -> None:
    if not copy.is_file():
        raise BackupUnusable(f"No existe «{copy}».")
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            result = connection.execute("PRAGMA integrity_check").fetchone()[0]
            connection.execute("SELECT count(*) FROM audit_event").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupUnusable(f"«{copy}» no es una copia de un almacén: {error}.") from None
    if result != "ok":
        raise BackupUnusable(f"La copia está dañada: {result}.")


def _idle(target: Path) -> None:
    """Fold the write-ahead log in and see that nobody else holds the file."""
    try:
        with closing(sqlite3.connect(target, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            connection.execute("PRAGMA locking_mode=NORMAL")
    except sqlite3.OperationalError:
        busy = 1
    if busy:
        raise BackupUnusable("Hay programas trabajando sobre la base. Ciérrelos y repita.")
