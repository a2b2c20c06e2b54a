"""Fixtures of every test of the portal."""

from tests.screens.support import fast_pilot
from tests.services.conftest import sqlite_world

__all__ = ["fast_pilot", "sqlite_world"]
