"""SQL that goes to the driver as it stands: for the few statements that every request runs.

The Core's own work for a call (cache key, parameters, result metadata) is many times that of SQLite for a look-up by
key, and on PostgreSQL it is done under the interpreter's one lock; here it is done once. One spelling serves both
engines, and errors come wrapped as everywhere else. Only inside a transaction that the caller has begun.
"""

import re
import sqlite3
from collections import namedtuple
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from data.types import utc_text

_NAME = re.compile(r"(?<!:):([a-z_]+)")
NO_ROWS = object()
# SQLite's driver asks these itself, for the exact type: no look at every value here.
sqlite3.register_adapter(datetime, utc_text)
sqlite3.register_adapter(date, date.isoformat)


class DriverSql:
    """A statement with `:named` values. Moments and days are written as the column types write them (data/types)."""

    __slots__ = ("_names", "_numbered", "_postgresql", "_row", "_sqlite", "text")

    def __init__(self, *parts: str) -> None:
        """`parts` are literals of the program; they are put together as they are."""
        self.text = "".join(parts)
        # SQLite binds by place faster than by name; PostgreSQL plans better for one value than for two that are equal.
        self._names = tuple(_NAME.findall(self.text))
        self._sqlite = _NAME.sub("?", self.text)
        self._numbered = tuple(dict.fromkeys(self._names))
        self._postgresql = _NAME.sub(lambda name: f"${self._numbered.index(name[1]) + 1}", self.text).encode()
        self._row: Any = None

    def tuples(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute; the rows as plain tuples, their values as the driver gives them (see `moment`).

        Raises sqlalchemy.exc.DBAPIError of the fitting kind.
        """
        taken: Any = connection.connection
        try:
            if connection.dialect.name == "sqlite":
                cursor = taken.dbapi_connection.execute(self._sqlite, tuple(map(values.__getitem__, self._names)))
                if self._row is None:
                    self._row = _row_type([column[0] for column in cursor.description or ()])
                return cursor.fetchall() if self._row is not NO_ROWS else []
            from data import libpq  # psycopg takes 10 MB, which a store in a file can do without

            result = libpq.run(taken, self._postgresql, list(map(values.__getitem__, self._numbered)))
            if self._row is None:
                self._row = _row_type(libpq.columns(result))
            return libpq.rows(taken, result)
        except connection.dialect.loaded_dbapi.Error as error:
            raise self._wrapped(connection, error) from error

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Execute; the rows as named tuples."""
        found = self.tuples(connection, values)
        return [tuple.__new__(self._row, row) for row in found]

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, or None."""
        rows = self.rows(connection, values)
        return rows[0] if rows else None

    def scalar(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first value of the first row, or None."""
        found = self.tuples(connection, values)
        return found[0][0] if found else None

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Execute, for the sake of what it does."""
        self.tuples(connection, values)

    def _wrapped(self, connection: Connection, error: Any) -> Any:
        """The error as SQLAlchemy raises it, without the values; a connection that broke is not used again."""
        dialect = connection.dialect
        broken = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if broken:
            connection.invalidate(error)
            connection.engine.dispose(close=False)
        return DBAPIError.instance(
            self.text,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=broken,
            dialect=dialect,
        )


def _row_type(names: list[str]) -> Any:
    return namedtuple("Row", names, rename=True) if names else NO_ROWS


def moment(value: Any) -> datetime:
    """A stored moment as either driver gives it, in UTC."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)
