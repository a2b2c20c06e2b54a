"""The oracle sees what it is there for: a control for the kills, which find nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.values.uuid7 import uuid7
from services.operations import Op
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from tests.faults.oracle import judge
from tests.faults.posting import Stage, set_up


def one_transfer(stage: Stage) -> tuple[str, dict[str, Any]]:
    uow, desk = stage.open(), stage.desks[0]
    source, target, _ = desk.accounts
    shown = prepare(PreparePayment(Op.TRANSFER_OWN, desk.member, source, target, 5_00), desk.agent, uow)
    order = ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, desk.member, source, target, 5_00)
    receipt = confirm(order, desk.agent, uow)
    ack = {"key": order.key, "outcome": "posted", "number": receipt.number, "payload": order.payload()}
    return order.key, ack


def test_it_finds_loss_doubling_and_silence(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = set_up(store_url, tmp_path)
    key, ack = one_transfer(stage)
    uow, other = stage.open(), uuid7()
    assert judge(uow, stage.total, [ack], [key], {key}) == []
    found = {
        "lost": judge(uow, stage.total, [ack | {"key": other}], [], {key}),
        "not what was": judge(uow, stage.total, [ack | {"payload": ack["payload"] | {"amount": 6_00}}], [], {key}),
        "not there": judge(uow, stage.total, [], [other], {key}),
        "no form's key": judge(uow, stage.total, [ack], [], {other}),
        "the total is": judge(uow, stage.total + 1, [ack], [], {key}),
    }
    for words, problems in found.items():
        assert len(problems) == 1 and words in problems[0]
    monkeypatch.setattr("services.payment_entry.outbox.notice", lambda *_args, **_names: None)
    quiet, _ = one_transfer(stage)
    assert judge(uow, stage.total, [], [], {key, quiet}) == ["2 operations, 1 notices"]


def test_it_finds_a_broken_chain(sqlite_store_url: str, tmp_path: Path) -> None:
    stage = set_up(sqlite_store_url, tmp_path)
    key, ack = one_transfer(stage)
    uow = stage.open()
    with uow.engine.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_event_no_update")
        connection.exec_driver_sql("UPDATE audit_event SET body = replace(body, 'T-1', 'T-2') WHERE id = 1")
        connection.commit()
    assert any(problem.startswith("audit") for problem in judge(uow, stage.total, [ack], [key], {key}))
