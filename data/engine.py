"""Engines for both databases, set up so that what is committed stays committed."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, create_engine, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError

from data.driver_sql import DriverSql

#: What SQLite says when the file, the disk or another process is in the way, rather than the statement.
SQLITE_TROUBLE = ("locked", "busy", "disk", "unable to open", "readonly", "malformed", "not a database")

BEGIN, BEGIN_TO_WRITE = DriverSql("BEGIN"), DriverSql("BEGIN IMMEDIATE")
#: A pooled connection that was not used for longer is asked whether it lives.
REST_SECONDS = 5
KEPT = 8


def make_engine(url: str, *, password: str | None = None) -> Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`.

    SQLite: WAL, synchronous=FULL (NORMAL loses acknowledged work in a power cut), foreign keys, recursive triggers
    (so that REPLACE can't pass a delete trigger), and transactions that write begin IMMEDIATE: a later upgrade of a
    read lock is refused under load. PostgreSQL: READ COMMITTED with time limits on locks and statements.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url)
    if password is not None:
        parsed = parsed.set(password=password)
    limits = {
        "lock_timeout": 2000,
        "statement_timeout": 60_000,
        "idle_in_transaction_session_timeout": 30_000,
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    arguments = {"options": options, "connect_timeout": 5}
    # Values stay out of error texts: they are names, cédulas and hashes (req. 57).
    engine = create_engine(parsed, hide_parameters=True, pool_size=16, max_overflow=0, connect_args=arguments)
    from data import libpq  # only where there is a server: psycopg takes 10 MB

    libpq.end_transactions(engine)
    _ping_after_a_rest(engine)
    return engine


def _ping_after_a_rest(engine: Engine) -> None:
    """Ask a connection whether it still lives only if it lay idle: asking each time costs a round trip each time.

    One that broke in between fails its first statement; the pool then drops all of its age.
    """

    @event.listens_for(engine, "checkin")
    def left(_connection: Any, record: Any) -> None:
        record.info["left"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("left", time.monotonic()) > REST_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 10, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "busy_timeout=10000",
            # 16 MB between checkpoints, not 4: each one syncs the whole file while a commit waits.
            "wal_autocheckpoint=4000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("write", False)
        (BEGIN_TO_WRITE if writes else BEGIN).run(connection, {})

    return engine


def writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take the write lock when they begin."""
    return engine.execution_options(write=True)


class Writers:
    """Connections for transactions that write, a few of them kept between two: fetching one from the pool and giving it
    back costs as much as three statements. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = writing(engine)
        self._kept: list[tuple[float, Connection]] = []
        event.listen(engine, "engine_disposed", self._let_go)

    def take(self) -> Connection:
        """A connection without a transaction, the one that was used last. One that lay idle is asked whether it lives.

        Raises sqlalchemy.exc.DBAPIError if the store can't be reached.
        """
        while self._kept:
            try:
                left, connection = self._kept.pop()
            except IndexError:  # another thread was faster
                break
            if time.monotonic() - left <= REST_SECONDS or self._lives(connection):
                return connection
        return self._engine.connect()

    def give(self, connection: Connection) -> None:
        """Take it back after its transaction; the pool gets what is in doubt or too much."""
        if connection.invalidated or connection.in_transaction() or len(self._kept) >= KEPT:
            connection.close()
        else:
            self._kept.append((time.monotonic(), connection))

    def _lives(self, connection: Connection) -> bool:
        try:
            self._engine.dialect.do_ping(connection.connection.dbapi_connection)  # type: ignore[arg-type]
        except self._engine.dialect.loaded_dbapi.Error:
            connection.invalidate()
            connection.close()
            return False
        return True

    def _let_go(self, _engine: Engine) -> None:
        """The engine was disposed of: nothing of it stays open."""
        while self._kept:
            connection = self._kept.pop()[1]
            connection.invalidate()
            connection.close()


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that reads one state of the store, however long it takes and whatever is written meanwhile."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def is_outage(error: DBAPIError) -> bool:
    """Whether the database could not be reached or could not work, as opposed to refusing a faulty statement."""
    if isinstance(error.orig, sqlite3.Error):
        return isinstance(error, OperationalError) and any(word in str(error.orig) for word in SQLITE_TROUBLE)
    return isinstance(error, OperationalError | InterfaceError)
