"""What every test stands on: its own home, no network, no real keyring, and a migrated store on both engines.

Fixtures: `engine_url` (empty database), `store_url` (migrated), both once on SQLite and once on PostgreSQL;
`sqlite_store_url`, `postgresql_store_url` for one engine alone; `secrets`, `hasher`, `memory_keyring`.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from data.secrets import Argon2Params, Hasher, Secrets
from tests import postgresql

ENGINES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgresql),
]
CHEAP = Argon2Params(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2 in under 0.1 ms. Never for anything but tests."""


# ---------------------------------------------------------------- the world around the program


class MemoryKeyring(KeyringBackend):
    """A keyring that forgets everything at the end of the test."""

    priority = 9.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.held.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


#: Where the engines differ most, or money and entry are decided: these run on PostgreSQL every day, the rest of the
#: services' tests with `make thorough`.
DAILY_ON_POSTGRESQL = frozenset(
    [
        "test_posting",
        "test_posting_model",
        "test_unit_of_work",
        "test_ledger_check",
        "test_payments_own",
        "test_payments_model",
        "test_approval_races",
        "test_approvals_model",
        "test_attack_grants",
        "test_attack_guards",
        "test_attack_portal",
        "test_baskets_model",
        "test_biller_payments",
        "test_drawer_payments",
        "test_schedules_model",
        "test_portal_sign_in",
        "test_portal_first_access",
        "test_audit_proof",
        "test_billing",
        "test_bank",
        "test_posting_faults",
        "test_oracle",
        "test_ledger_sql",
        "test_writers",
        "test_driver_sql",
    ]
)
#: Second looks at what another variant of a test has shown: typed slowly, on a wide terminal, with the whole bank.
SECOND_LOOKS = frozenset({"slowly", "size1", "120x40", "whole"})


def is_thorough(item: pytest.Item) -> bool:
    """Whether a test is one of the long walks, or the second look of one that isn't."""
    if item.get_closest_marker("thorough"):
        return True
    variant = set(item.name.partition("[")[2].rstrip("]").split("-"))
    on_postgresql = "postgresql" in variant and item.path.stem not in DAILY_ON_POSTGRESQL
    return on_postgresql or not variant.isdisjoint(SECOND_LOOKS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long walks to `make thorough`, or to who names one."""
    if os.environ.get("COOP_THOROUGH") == "1" or any("::" in name for name in config.args):
        return
    long = [item for item in items if is_thorough(item)]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in set(long)]


@pytest.fixture(autouse=True)
def memory_keyring(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    """In place of the system's keyring, so that no test reads or writes the developer's own."""
    memory = MemoryKeyring()
    monkeypatch.setattr("data.secrets.system_keyring.system_keyring", lambda: memory)
    return memory


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home, none of the developer's settings, and a zone that is not Panama's.

    A clock 17 to 18 hours away from Panama shows any use of the machine's zone as a wrong date.
    Sub-processes get the same: no session bus means no keyring service.
    """
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("COOP_") and name != "COOP_TEST_PG_URL"]:
        monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={home}/no-bus")
    monkeypatch.setenv("TZ", "XXX-13")
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    if hasattr(time, "tzset"):
        time.tzset()
    return home


class OutsideNetwork(AssertionError):
    """A test wanted to leave the machine."""


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Connections and name look-ups stay on this machine; anything else is an error of the test."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guard(address: Any) -> None:
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise OutsideNetwork(f"a test wanted to connect to {address[0]!r}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        guard(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        guard(address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host and not _is_here(host):
            raise OutsideNetwork(f"a test wanted to look up {host!r}")
        return getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def _is_here(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    return name in ("", "localhost", "::", "::1", "0.0.0.0", socket.gethostname()) or name.startswith("127.")


@pytest.fixture(autouse=True, scope="session")
def quick_pilot() -> None:
    """Textual's pilot waits 40 ms a key by default; the apps under test are idle long before."""
    if "textual.app" in sys.modules:
        import textual._wait

        textual._wait.SLEEP_GRANULARITY = 0.002
        textual._wait.SLEEP_IDLE = 0.001


# ---------------------------------------------------------------- databases


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: whoever asks for it runs once on each."""
    return str(request.param)


@pytest.fixture(scope="session")
def databases() -> Iterator[postgresql.Databases]:
    """The PostgreSQL server of this worker, started when the first test needs it."""
    try:
        with postgresql.server() as url:
            made = postgresql.Databases(url)
            try:
                yield made
            finally:
                made.close()
    except postgresql.NoServer as error:
        postgresql.give_up(error)


@pytest.fixture
def engine_url(engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database, on each engine."""
    if engine_name == "sqlite":
        yield _sqlite_url(tmp_path / "empty.db")
        return
    with request.getfixturevalue("databases").fresh() as url:
        yield url


@pytest.fixture
def store_url(engine_name: str, request: pytest.FixtureRequest) -> str:
    """The address of a store with all migrations and no rows of ours, on each engine."""
    return str(request.getfixturevalue(f"{engine_name}_store_url"))


@pytest.fixture
def sqlite_store_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A migrated store on SQLite alone."""
    path = tmp_path / "coop.db"
    shutil.copyfile(sqlite_template, path)
    path.chmod(0o600)
    return _sqlite_url(path)


@pytest.fixture
def postgresql_store_url(databases: postgresql.Databases) -> Iterator[str]:
    """A migrated store on PostgreSQL alone (mark such a test `postgresql`)."""
    from data.schema import upgrade

    with databases.store("store", upgrade) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; every test gets a copy (2 ms instead of a whole upgrade)."""
    from data.schema import upgrade

    path = tmp_path_factory.mktemp("template") / "coop.db"
    upgrade(_sqlite_url(path))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it into the one file that is copied
    connection.close()
    return path


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path.as_posix()}"


# ---------------------------------------------------------------- secrets


@pytest.fixture
def secrets() -> Secrets:
    """Fixed keys, so that a failure can be repeated. They protect nothing."""
    return Secrets(pepper=b"p" * 32, data_key=b"d" * 32, signing_key=b"s" * 32)


@pytest.fixture
def hasher(secrets: Secrets) -> Hasher:
    """Argon2id at a cost for tests."""
    return Hasher(secrets.pepper, CHEAP)
