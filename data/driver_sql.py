"""SQL that goes to the driver as it stands: for the few statements that every request runs.

The Core's own work for a call (cache key, parameters, result metadata) is many times that of SQLite for a look-up by
key, and on PostgreSQL it is done under the interpreter's one lock; here it is done once. One spelling serves both
engines, and errors come wrapped as everywhere else. Only inside a transaction that the caller has begun.
"""

import re
from collections import namedtuple
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from data.types import utc_text

_NAME = re.compile(r"(?<!:):([a-z_]+)")
NO_ROWS = object()


class DriverSql:
    """A statement with `:named` values. Moments and days are written as the column types write them (data/types)."""

    __slots__ = ("_postgresql", "_row", "_sqlite")

    def __init__(self, *parts: str) -> None:
        """`parts` are literals of the program; they are put together as they are."""
        self._sqlite = "".join(parts)
        self._postgresql = _NAME.sub(r"%(\1)s", self._sqlite.replace("%", "%%"))
        self._row: Any = None

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Execute; the rows as named tuples, their values as the driver gives them (see `moment`).

        Raises sqlalchemy.exc.DBAPIError of the fitting kind.
        """
        driver: Any = connection.connection.dbapi_connection
        try:
            if connection.dialect.name == "sqlite":
                plain = {name: _plain(value) if isinstance(value, date) else value for name, value in values.items()}
                cursor = driver.execute(self._sqlite, plain)
            else:
                cursor = driver.execute(self._postgresql, values)
            if self._row is None:  # asked once: psycopg builds an object a column for the answer
                self._row = _row_type(cursor.description)
            if self._row is NO_ROWS:
                return []
            return [self._row(*row) for row in cursor.fetchall()]
        except connection.dialect.loaded_dbapi.Error as error:
            raise self._wrapped(connection, error) from error

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, or None."""
        rows = self.rows(connection, values)
        return rows[0] if rows else None

    def scalar(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first value of the first row, or None."""
        rows = self.rows(connection, values)
        return rows[0][0] if rows else None

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Execute, for the sake of what it does."""
        self.rows(connection, values)

    def _wrapped(self, connection: Connection, error: Any) -> Any:
        """The error as SQLAlchemy raises it, without the values; a connection that broke is not used again."""
        dialect = connection.dialect
        broken = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if broken:
            connection.invalidate(error)
            connection.engine.dispose(close=False)
        return DBAPIError.instance(
            self._sqlite,
            None,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=broken,
            dialect=dialect,
        )


def _row_type(description: Any) -> Any:
    return namedtuple("Row", [column[0] for column in description], rename=True) if description else NO_ROWS


def moment(value: Any) -> datetime:
    """A stored moment as either driver gives it, in UTC."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


def _plain(value: date) -> str:
    """A moment is a date too, for Python."""
    return utc_text(value) if isinstance(value, datetime) else value.isoformat()
