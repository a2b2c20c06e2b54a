"""Two at once over one request: it is decided once, and the money moves once or not at all."""

from __future__ import annotations

from functools import partial

import pytest

from services.approval_ends import expire_due
from services.approvals import (
    Approve,
    Refuse,
    RequestApproval,
    Withdraw,
    approve,
    refuse,
    request_approval,
    withdraw,
)
from services.ledger_check import check
from services.receipts import Receipt
from tests.services.approval_desk import BIG, NOTE, ApprovalDesk
from tests.services.test_posting import together
from tests.services.world import World

ROUNDS = 6


@pytest.fixture
def desk(world: World) -> ApprovalDesk:
    desk = ApprovalDesk(world)
    world.fund(desk.first, 5_000_00)
    return desk


def settled(desk: ApprovalDesk, request_id: str, moved: int) -> None:
    """The row, the ledger and the balance tell the same story."""
    approved = desk.state(request_id) == "approved"
    outcome = desk.world.scalar("SELECT outcome FROM operation WHERE id = :id", id=request_id)
    assert outcome == ("posted" if approved else "rejected")
    assert desk.world.balance(desk.second) == moved + (BIG if approved else 0)


def test_two_approvers_at_once(desk: ApprovalDesk) -> None:
    one, two = desk.supervisor(), desk.supervisor("lvega")
    for number in range(ROUNDS):
        request_id = desk.ask().request_id
        command = Approve(request_id, desk.detail(request_id, one).hash)
        answers = together(*(partial(approve, command, who, desk.world.uow) for who in (one, two)))
        assert [isinstance(answer, Receipt) for answer in answers].count(True) == 1
        assert answers.count("already_decided") == 1
        assert desk.posted() == number + 1
        settled(desk, request_id, number * BIG)
    assert check(desk.world.uow) == ()


def test_one_approver_twice_at_once(desk: ApprovalDesk) -> None:
    supervisor = desk.supervisor()
    request_id = desk.ask().request_id
    command = Approve(request_id, desk.detail(request_id, supervisor).hash)
    answers = together(*(partial(approve, command, supervisor, desk.world.uow) for _ in range(4)))
    receipts = [answer for answer in answers if isinstance(answer, Receipt)]
    assert len(receipts) == 4 and len({receipt.number for receipt in receipts}) == 1
    assert [receipt.existed for receipt in receipts].count(False) == 1 and desk.posted() == 1


@pytest.mark.parametrize("against", ["withdraw", "refuse"])
def test_approved_against_ended(desk: ApprovalDesk, against: str) -> None:
    one, two = desk.supervisor(), desk.supervisor("lvega")
    moved = 0
    for _ in range(ROUNDS):
        request_id = desk.ask().request_id
        shown, uow = desk.detail(request_id, one).hash, desk.world.uow
        end = {
            "withdraw": partial(withdraw, Withdraw(request_id), desk.agent, uow),
            "refuse": partial(refuse, Refuse(request_id, "No trae la escritura"), two, uow),
        }[against]
        answers = together(partial(approve, Approve(request_id, shown), one, uow), end)
        assert answers.count("already_decided") == 1
        settled(desk, request_id, moved)
        moved = desk.world.balance(desk.second)
    assert check(desk.world.uow) == ()


def test_two_sweeps_and_an_approval_of_what_ran_out(desk: ApprovalDesk) -> None:
    supervisor = desk.supervisor()
    requests = [desk.ask().request_id for _ in range(ROUNDS)]
    shown = desk.detail(requests[0], supervisor).hash
    desk.later(hours=24)
    uow = desk.world.uow
    answers = together(
        partial(expire_due, uow),
        partial(expire_due, uow),
        partial(approve, Approve(requests[0], shown), supervisor, uow),
    )
    assert answers.count("already_decided") == 1
    assert sum(answer for answer in answers if isinstance(answer, int)) == ROUNDS
    assert len(desk.world.events("approval.expire")) == ROUNDS
    for request_id in requests:
        settled(desk, request_id, 0)
    assert check(uow) == ()


def test_one_request_sent_twice_at_once_waits_once(desk: ApprovalDesk) -> None:
    command = desk.form()
    answers = together(
        *(partial(request_approval, RequestApproval(command, NOTE), desk.agent, desk.world.uow) for _ in range(4))
    )
    assert sorted(answer.existed for answer in answers) == [False, True, True, True]  # type: ignore[attr-defined]
    assert desk.world.scalar("SELECT count(*) FROM approval_request") == 1
