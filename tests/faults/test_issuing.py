"""A short seeded run of the kills at issuing; `make faults` does hundreds."""

import os

import pytest

from tests.faults.issuing import POINTS, run_issuing

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL")


def test_killed_desks_leave_nothing_lost_doubled_or_half_done() -> None:
    report = run_issuing(cycles=2 * len(POINTS), seed=20261123)
    assert report.ok, (report.problems, dict(report.kills))
    assert sum(report.kills.values()) == 2 * len(POINTS)
