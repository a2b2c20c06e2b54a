"""A short seeded set of real kills while billers are paid, on each engine; `make faults` makes hundreds of them."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from data.values.uuid7 import uuid7
from tests.faults.billing import POINTS
from tests.faults.billing_oracle import judge_bills
from tests.faults.issuing import cheap_hasher, fixed_secrets
from tests.house_rules import ROOT
from tests.services.biller_desk import biller_desk
from tests.services.world import World

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def test_kills_pay_nothing_twice_and_lose_nothing(engine_name: str, request: pytest.FixtureRequest) -> None:
    part = {"sqlite": "bills", "postgresql": "bills-postgresql"}[engine_name]
    command = [sys.executable, "-m", "tests.faults", "--kills", "10", "--seed", "20261123", "--only", part]
    if engine_name == "postgresql":
        command += ["--url", request.getfixturevalue("postgresql_store_url")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 kills" in done.stdout and "0 problems" in done.stdout
    for point in POINTS:
        assert point in done.stdout


def test_the_oracle_finds_loss_doubling_and_silence(sqlite_store_url: str, tmp_path: Path) -> None:
    world = World(sqlite_store_url, fixed_secrets(), cheap_hasher())
    with biller_desk(world, tmp_path / "sandbox") as desk:
        form = desk.form()
        receipt = desk.pay(form)
    ack, other = {"key": form.key, "outcome": "posted", "number": receipt.number}, uuid7()
    judge = partial(judge_bills, world.uow, tmp_path / "sandbox")
    total = 1_000_00
    assert judge(total, [ack], {form.key}) == []
    found = {
        "is lost": judge(total, [ack | {"key": other}], {form.key}),
        "was told": judge(total, [ack | {"outcome": "released"}], {form.key}),
        "no form's key": judge(total, [ack], {other}),
        "left of": judge(total + 1, [ack], {form.key}),
    }
    for words, problems in found.items():
        assert len(problems) == 1 and words in problems[0]
    (tmp_path / "sandbox" / "pedidos.jsonl").write_bytes(b"")
    assert [problem[:4] for problem in judge(total, [ack], {form.key})] == ["here", "what"]
    world.change("DELETE FROM outbox")
    assert any("notices" in problem for problem in judge(total, [ack], {form.key}))
    world.close()
