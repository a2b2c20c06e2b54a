"""The driver's own SQL: one spelling for both engines, the same values and errors as everywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from data.driver_sql import DriverSql, moment
from data.engine import is_outage, make_engine, writing

AT = datetime(2026, 11, 23, 9, 0, 7, 120000, tzinfo=timezone(timedelta(hours=-5)))


@pytest.fixture
def connection(store_url: str) -> Iterator[Connection]:
    engine = make_engine(store_url)
    with writing(engine).connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
    engine.dispose()


PUT = DriverSql("INSERT INTO imported_file (sha256, name, kind, rows, at) VALUES (:sha, :name, 'x', :rows, :at)")
GET = DriverSql("SELECT sha256, name, rows, at FROM imported_file WHERE sha256 = :sha AND name LIKE '%a%'")


def test_values_go_in_and_come_back_as_the_tables_have_them(connection: Connection) -> None:
    for name in ("año", "a%b:c"):
        PUT.run(connection, {"sha": name, "name": name, "rows": 2**40, "at": AT})
        row = GET.first(connection, {"sha": name})
        assert (row.sha256, row.name, row.rows, moment(row.at)) == (name, name, 2**40, AT)
        assert moment(row.at).tzinfo is UTC
    stored = connection.execute(text("SELECT count(*) FROM imported_file WHERE sha256 = 'año'")).scalar()
    assert stored == 1 and GET.first(connection, {"sha": "none"}) is None
    assert GET.scalar(connection, {"sha": "none"}) is None and GET.rows(connection, {"sha": "none"}) == []


def test_days_are_days(connection: Connection) -> None:
    put = DriverSql(
        "INSERT INTO member (number, kind, cedula, given_names, surnames, birth_date, branch)"
        " VALUES ('1', 'asociado', '8-1-1', 'A', 'B', :born, '001') RETURNING id"
    )
    found = put.scalar(connection, {"born": date(1986, 2, 14)})
    get = DriverSql("SELECT 1 FROM member WHERE id = :id AND birth_date = :born")
    assert get.scalar(connection, {"id": found, "born": date(1986, 2, 14)}) == 1


def test_parts_are_put_together(connection: Connection) -> None:
    assert DriverSql("SELECT 1", " AS one").first(connection, {}).one == 1


def test_errors_are_wrapped_and_tell_no_values(connection: Connection) -> None:
    PUT.run(connection, {"sha": "twice", "name": "geheim", "rows": 1, "at": AT})
    with pytest.raises(IntegrityError) as refused:
        PUT.run(connection, {"sha": "twice", "name": "geheim", "rows": 1, "at": AT})
    assert not is_outage(refused.value) and "geheim" not in str(refused.value)


@pytest.mark.postgresql
def test_a_broken_connection_is_an_outage_and_not_used_again(postgresql_store_url: str) -> None:
    engine = make_engine(postgresql_store_url)
    ask = DriverSql("SELECT pg_backend_pid()")
    with engine.connect() as connection, engine.connect() as other:
        pid = ask.scalar(connection, {})
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError) as broken:
            ask.scalar(connection, {})
        assert is_outage(broken.value) and broken.value.connection_invalidated
    with engine.connect() as connection:
        assert ask.scalar(connection, {}) != pid
    engine.dispose()


@pytest.mark.postgresql
def test_a_rollback_keeps_what_is_prepared_and_takes_back_what_was_done(postgresql_store_url: str) -> None:
    engine = make_engine(postgresql_store_url)
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'coop%'")
    with engine.connect() as connection:
        connection.begin()
        PUT.run(connection, {"sha": "gone", "name": "a", "rows": 1, "at": AT})
        connection.rollback()
        connection.begin()
        assert GET.first(connection, {"sha": "gone"}) is None
        assert connection.execute(prepared).scalar() == 2
    engine.dispose()


@pytest.mark.postgresql
def test_what_failed_cannot_be_committed(postgresql_store_url: str) -> None:
    """The server answers such a COMMIT with a rollback that succeeds: nobody may take that for kept."""
    engine = make_engine(postgresql_store_url)
    with engine.connect() as connection:
        connection.begin()
        PUT.run(connection, {"sha": "lost", "name": "a", "rows": 1, "at": AT})
        with pytest.raises(IntegrityError):
            PUT.run(connection, {"sha": "lost", "name": "a", "rows": 1, "at": AT})
        with pytest.raises(DBAPIError, match="before the commit"):
            connection.commit()
    with engine.begin() as connection:
        assert GET.first(connection, {"sha": "lost"}) is None
    engine.dispose()
