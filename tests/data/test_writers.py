"""Connections that are kept between transactions: reused, never with anything left in them, never a dead one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from data import engine as engines
from data.engine import KEPT, Writers, make_engine


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    engine = make_engine(store_url)
    yield engine
    engine.dispose()


def _driver(writers: Writers) -> object:
    """The driver's connection that the next transaction gets."""
    connection = writers.take()
    with connection.begin():
        found = connection.connection.dbapi_connection
    writers.give(connection)
    return found


def test_one_desk_keeps_to_one_connection(engine: Engine) -> None:
    writers = Writers(engine)
    assert len({id(_driver(writers)) for _ in range(5)}) == 1


def test_nothing_is_left_open_by_who_forgot(engine: Engine) -> None:
    writers = Writers(engine)
    connection = writers.take()
    connection.execute(text("INSERT INTO store_meta (key, value) VALUES ('left', 'behind')"))
    writers.give(connection)
    connection = writers.take()
    assert not connection.in_transaction()
    assert connection.execute(text("SELECT count(*) FROM store_meta WHERE key = 'left'")).scalar() == 0
    connection.close()


def test_a_crowd_leaves_few_behind(engine: Engine) -> None:
    writers = Writers(engine)
    taken = [writers.take() for _ in range(KEPT + 3)]
    assert len({id(connection.connection.dbapi_connection) for connection in taken}) == KEPT + 3
    for connection in taken:
        writers.give(connection)
    assert [connection.closed for connection in taken] == [False] * KEPT + [True] * 3


def test_who_disposes_of_the_engine_closes_them(engine: Engine) -> None:
    writers = Writers(engine)
    first = writers.take()
    writers.give(first)
    engine.dispose()
    assert first.closed
    assert writers.take() is not first


@pytest.mark.postgresql
def test_one_that_died_at_rest_is_not_given_out(postgresql_store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(postgresql_store_url)
    writers, ask = Writers(engine), text("SELECT pg_backend_pid()")
    connection = writers.take()
    with connection.begin():
        pid = connection.execute(ask).scalar()
    writers.give(connection)
    with engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    monkeypatch.setattr(engines, "REST_SECONDS", -1)
    connection = writers.take()
    with connection.begin():
        assert connection.execute(ask).scalar() != pid
    connection.close()
    engine.dispose()
