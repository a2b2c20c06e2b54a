"""libpq's own calls, for the statements that every request runs on PostgreSQL: psycopg's cursor costs more client time
than the rest of a short statement, and it is spent under the interpreter's one lock.

The conversions and the errors stay psycopg's. Each connection prepares a statement once; the server tells the types of
the values from where they stand.
"""

from typing import Any

from psycopg import OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InFailedSqlTransaction, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from sqlalchemy import Engine


class _Known:
    """What one connection has prepared, and its converter."""

    __slots__ = ("convert", "names")

    def __init__(self, connection: Any) -> None:
        self.convert = Transformer(connection)
        self.names: dict[bytes, bytes] = {}


def run(taken: Any, statement: bytes, values: list[Any]) -> Any:
    """Execute on a pooled connection, `values` for $1, $2, …, in its transaction or a new one. Raises psycopg.Error."""
    connection = taken.dbapi_connection
    libpq = connection.pgconn
    known = taken.info.get("libpq") or taken.info.setdefault("libpq", _Known(connection))
    if libpq.transaction_status == TransactionStatus.IDLE:
        _checked(connection, libpq.exec_(b"BEGIN"))
    name = known.names.get(statement)
    if name is None:
        name = b"coop_%d" % len(known.names)
        _checked(connection, libpq.prepare(name, statement))
        known.names[statement] = name
    given = known.convert.dump_sequence(values, [PyFormat.TEXT] * len(values))
    return _checked(connection, libpq.exec_prepared(name, given))


def columns(result: Any) -> list[str]:
    """The names of the answer's columns; none of a statement that answers with no rows."""
    return [result.fname(place).decode() for place in range(result.nfields)]


def rows(taken: Any, result: Any) -> list[tuple[Any, ...]]:
    """The answer's rows, their values as psycopg gives them."""
    convert = taken.info["libpq"].convert
    convert.set_pgresult(result)
    found: list[tuple[Any, ...]] = convert.load_rows(0, result.ntuples, tuple)
    return found


def end_transactions(engine: Engine) -> None:
    """Let an engine commit and roll back by libpq's own call, too.

    A rollback leaves what is prepared: psycopg forgets all of it, for a table might have been made in it, and each
    refusal would then cost every statement its plan; this program makes its tables with other engines. And a commit of
    what failed before is an error: the server rolls back and calls that a success.
    """

    def do_rollback(connection: Any) -> None:
        if connection.pgconn.transaction_status != TransactionStatus.IDLE:
            _checked(connection, connection.pgconn.exec_(b"ROLLBACK"))

    def do_commit(connection: Any) -> None:
        if connection.pgconn.transaction_status == TransactionStatus.IDLE:
            return
        result = _checked(connection, connection.pgconn.exec_(b"COMMIT"))
        if result.command_status == b"ROLLBACK":
            raise InFailedSqlTransaction("a statement before the commit had failed")

    engine.dialect.do_rollback = do_rollback  # type: ignore[assignment,method-assign]
    engine.dialect.do_commit = do_commit  # type: ignore[assignment,method-assign]


def _checked(connection: Any, result: Any) -> Any:
    """The answer of libpq, or its refusal as psycopg's error."""
    if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        return result
    if connection.pgconn.status == ConnStatus.BAD:
        raise OperationalError(connection.pgconn.get_error_message())
    raise error_from_result(result, connection.info.encoding)
