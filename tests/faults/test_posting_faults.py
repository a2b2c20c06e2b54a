"""A short seeded set of real kills on each engine; `make faults` makes hundreds of them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.faults.posting import POINTS
from tests.house_rules import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def test_kills_lose_nothing_and_double_nothing(engine_name: str, request: pytest.FixtureRequest) -> None:
    command = [sys.executable, "-m", "tests.faults", "--kills", "10", "--seed", "20261123", "--only", engine_name]
    if engine_name == "postgresql":
        command += ["--url", request.getfixturevalue("postgresql_store_url")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 kills" in done.stdout and "0 problems" in done.stdout
    for point in POINTS:
        assert point in done.stdout
