"""Fixtures of the journeys: a cooperative on its first day, with its store, its people and a mail server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.secrets import Hasher
from tests.conftest import CHEAP
from tests.journeys.house import House, open_house
from tests.screens.support import fast_pilot
from tests.services.conftest import sqlite_world

__all__ = ["fast_pilot", "house", "sqlite_world"]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """An empty store in a folder of its own, hashes at a cost for tests, mail to a server on loopback."""
    monkeypatch.setattr("coop_tui.wiring.Hasher", lambda pepper: Hasher(pepper, CHEAP))
    with open_house(tmp_path) as opened:
        yield opened
