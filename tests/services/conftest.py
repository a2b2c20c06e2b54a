"""The world that service tests begin in, once on each engine."""

from collections.abc import Iterator

import pytest

from data.secrets import Hasher, Secrets
from tests.services.world import World


@pytest.fixture
def world(store_url: str, secrets: Secrets, hasher: Hasher) -> Iterator[World]:
    """An empty cooperative on SQLite and on PostgreSQL."""
    world = World(store_url, secrets, hasher)
    yield world
    world.close()


@pytest.fixture
def sqlite_world(sqlite_store_url: str, secrets: Secrets, hasher: Hasher) -> Iterator[World]:
    """The same on SQLite alone, for what doesn't touch the database's own ways."""
    world = World(sqlite_store_url, secrets, hasher)
    yield world
    world.close()
