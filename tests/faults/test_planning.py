"""A short seeded set of real kills of the worker that pays what is scheduled and of a desk with a basket."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from data.values.uuid7 import uuid7
from services.baskets import ConfirmBasket, KeyedItem, PrepareBasket, confirm_basket, prepare_basket
from services.biller_orders import settle_due
from services.biller_payments import PrepareBill
from services.operations import Op
from services.payments import PreparePayment
from services.schedule_runs import run_due
from services.schedule_subjects import PlannedPayment
from services.schedules import CreateSchedule, PrepareSchedule, create_schedule, prepare_schedule
from tests.faults.issuing import cheap_hasher, fixed_secrets
from tests.faults.planning import POINTS
from tests.faults.planning_oracle import judge_plans
from tests.house_rules import ROOT
from tests.services.biller_desk import MOBILE, BillerDesk, biller_desk
from tests.services.plans import TODAY
from tests.services.world import World

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def run(kills: int, part: str, *more: str) -> str:
    command = [sys.executable, "-m", "tests.faults", "--kills", str(kills), "--seed", "20261125", "--only", part, *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{kills} kills" in done.stdout and "0 problems" in done.stdout
    return done.stdout


def test_kills_pay_no_date_and_no_basket_twice_or_in_part() -> None:
    told = run(6, "plans")
    assert all(point in told for point in POINTS[:6])


@pytest.mark.thorough
def test_every_point_on_sqlite() -> None:
    told = run(len(POINTS), "plans")
    assert all(point in told for point in POINTS)


@pytest.mark.thorough
@pytest.mark.postgresql
def test_every_point_on_postgresql(postgresql_store_url: str) -> None:
    told = run(len(POINTS), "plans-postgresql", "--url", postgresql_store_url)
    assert all(point in told for point in POINTS)


def test_the_oracle_finds_loss_doubling_and_halves(sqlite_store_url: str, tmp_path: Path) -> None:
    world = World(sqlite_store_url, fixed_secrets(), cheap_hasher())
    with biller_desk(world, tmp_path / "sandbox") as desk:
        plan, keys, acks = _one_of_each(desk)
    judge = partial(judge_plans, world.uow, tmp_path / "sandbox")
    basket, total, other = {"basket": "b", "keys": keys}, 1_000_00, uuid7()
    assert judge(total, acks, [plan, basket]) == []
    found = {
        "never made": judge(total, acks, [plan | {"schedule": other}, basket]),
        "due [": judge(total, acks, [plan | {"times": 2, "first": "2026-11-16"}, basket]),
        "told as paid": judge(total, acks, [plan | {"amount": 1}, basket]),
        "in part": judge(total, acks, [plan, basket | {"keys": [*keys, other]}]),
        "is lost": judge(total, [acks[0] | {"key": other}], [plan, basket]),
        "no form's key": judge(total, acks, [plan, basket | {"keys": keys[:1]}]),
        "the total": judge(total + 1, acks, [plan, basket]),
    }
    for words, problems in found.items():
        assert any(words in problem for problem in problems), words
    (tmp_path / "sandbox" / "pedidos.jsonl").write_bytes(b"")
    assert judge(total, acks, [plan, basket]) == ["here 1 orders are paid, there 0 accepted, or not the same"]
    world.change("DELETE FROM outbox WHERE template = 'schedule_created'")
    assert any("notices" in problem for problem in judge(total, acks, [plan, basket]))
    world.close()


def _one_of_each(desk: BillerDesk) -> tuple[dict[str, object], list[str], list[dict[str, object]]]:
    """A transfer that was scheduled and paid, a basket of a transfer and a recarga, and what was shown of them."""
    world, agent, member, source = desk.world, desk.agent, desk.member, desk.source
    second, quota = world.account(member), world.account(member, product="11")
    payment = PlannedPayment(Op.TRANSFER_OWN, member, source, TODAY, to_account=second, amount=10_00, times=1)
    shown = prepare_schedule(PrepareSchedule(payment), agent, world.uow)
    made = create_schedule(CreateSchedule(uuid7(), shown.hash, payment), agent, world.uow)
    assert run_due(world.uow) == 1
    items = (
        PreparePayment(Op.QUOTA_PAY, member, source, quota, 5_00),
        PrepareBill(Op.BILLER_TOP_UP, member, source, "mas-movil", MOBILE, 5_00),
    )
    keyed = tuple(KeyedItem(uuid7(), item) for item in items)
    prepared = prepare_basket(PrepareBasket(member, items), agent, world.uow)
    paid = confirm_basket(ConfirmBasket(uuid7(), prepared.hash, member, keyed), agent, desk.gateway, world.uow)
    assert settle_due(world.uow, desk.gateway) == 0
    plan: dict[str, object] = {
        "schedule": made.schedule_id,
        "first": TODAY.isoformat(),
        "times": 1,
        "amount": 10_00,
        "member": member,
    }
    payload: dict[str, object] = {"from_account": source, "to_account": quota, "amount": 5_00}
    ack: dict[str, object] = {
        "key": keyed[0].key,
        "outcome": "posted",
        "number": paid.receipts[0].number,
        "payload": payload,
    }
    return plan, [item.key for item in keyed], [ack]
