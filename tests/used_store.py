"""A PostgreSQL database that many tests use, one after the other, each as if it were new."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

#: Every change of the schema writes a row of the catalogue anew.
SCHEMA = " UNION ALL ".join(
    [
        "SELECT 'database', sum(hashtextextended(setrole::text || setconfig::text, 0)) FROM pg_db_role_setting",
        *(
            f"SELECT '{table}', sum(hashtextextended(concat_ws(' ', xmin, {row}), 0)) FROM {table} WHERE {oid} >= 16384"
            for table, oid, row in (
                ("pg_attribute", "attrelid", "attrelid, attnum"),
                ("pg_class", "oid", "oid"),
                ("pg_constraint", "oid", "oid"),
                ("pg_namespace", "oid", "oid"),
                ("pg_proc", "oid", "oid"),
                ("pg_trigger", "oid", "oid"),
            )
        ),
    ]
)
SEQUENCES = "SELECT schemaname || '.' || sequencename, coalesce(last_value, start_value), last_value IS NOT NULL"
MOST_USES = 100  # what was deleted stays in the files


class UsedStore:
    """A database that is emptied between two tests: a twentieth of the time of a new one."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._uses = 0
        self._connection = psycopg.connect(url, autocommit=True)
        self._schema = self._read(SCHEMA)
        self._tables = [
            sql.Identifier(schema, table)
            for schema, table in self._read(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT LIKE 'pg\\_%'"
                " AND schemaname <> 'information_schema'"
            )
        ]
        self._seeds = [(table, *self._rows(table)) for table in self._filled()]
        self._sequences = self._read(f"{SEQUENCES} FROM pg_sequences")

    def close(self) -> None:
        self._connection.close()

    def empty(self) -> bool:
        """Put everything back as it was when it was new. False if that can't be done: then it is to be dropped."""
        try:
            return self._empty()
        except psycopg.OperationalError:  # a test that ends every connection has ended this one, too
            return False

    def _empty(self) -> bool:
        self._uses += 1
        with self._connection.transaction():
            self._read(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if self._uses >= MOST_USES or self._read(SCHEMA) != self._schema:
                return False
            self._connection.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
            for table in self._filled():
                self._connection.execute(sql.SQL("DELETE FROM {}").format(table))
            for table, columns, rows in self._seeds:
                with self._connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)) as copy:
                    copy.write(rows)
            for name, value, called in self._sequences:
                self._connection.execute("SELECT setval(%s, %s, %s)", (name, value, called))
        return True

    def _read(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    def _filled(self) -> list[sql.Identifier]:
        asked = [sql.SQL("EXISTS (SELECT FROM {})").format(table) for table in self._tables]
        (row,) = self._connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(asked))).fetchall()
        return [table for table, filled in zip(self._tables, row, strict=True) if filled]

    def _rows(self, table: sql.Identifier) -> tuple[sql.Composed, bytes]:
        """The columns that are written, and the rows as COPY has them."""
        written = self._connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attgenerated = '' ORDER BY attnum",
            (table.as_string(self._connection),),
        )
        columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in written)
        with self._connection.cursor().copy(sql.SQL("COPY {} ({}) TO STDOUT").format(table, columns)) as copy:
            return columns, b"".join(bytes(part) for part in copy)
