"""A short seeded day of the bank under faults; `make faults` strikes hundreds of times."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.house_rules import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


@pytest.mark.postgresql
def test_killed_tellers_and_lost_answers_lose_and_double_nothing(postgresql_store_url: str) -> None:
    command = [sys.executable, "-m", "tests.faults", "--kills", "14", "--seed", "20261123", "--only", "bank"]
    command += ["--url", postgresql_store_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bank of 8" in done.stdout and "0 problems" in done.stdout
    for fault in ("answer lost", "request lost", "session ended", "teller killed"):
        assert fault in done.stdout
