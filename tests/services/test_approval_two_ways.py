"""One form, two ways: what waits in the queue is signed at the desk, applied alone, or its key is used for another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from data.secrets import Secret
from services.approval_ends import expire_due
from services.approval_inbox import pending_approvals
from services.approval_notices import OwnDecisions, Waiting, own_decisions, pending_count
from services.approval_rows import AlreadyDecided
from services.approval_views import FindRequest, find_request
from services.approvals import (
    Approve,
    Refuse,
    Withdraw,
    approve,
    confirm_with_second_person,
    refuse,
    withdraw,
)
from services.errors import (
    KeyReused,
)
from services.ledger_check import check
from services.operator import Role
from services.payments import confirm
from tests.services.approval_desk import BIG, ApprovalDesk, tighten
from tests.services.world import PASSWORD, World


@pytest.fixture
def desk(world: World) -> ApprovalDesk:
    return ApprovalDesk(world)


@pytest.fixture(autouse=True)
def books_stand(world: World) -> Iterator[None]:
    """Whatever was tried, the ledger stands."""
    yield
    assert check(world.uow) == ()


def test_signed_at_the_desk_while_it_waits_it_leaves_the_queue(desk: ApprovalDesk) -> None:
    form, uow = desk.form(), desk.world.uow
    asked = desk.ask(form).request_id
    late = desk.supervisor("lvega")
    desk.supervisor(sign_in=False)
    shown = desk.detail(asked, late).hash
    receipt = desk.here(form)
    assert (desk.state(asked), desk.posted()) == ("approved", 1)
    assert pending_approvals(late, uow) == () and pending_count(late, uow) == Waiting()
    for attempt in (
        partial(approve, Approve(asked, shown), late, uow),
        partial(refuse, Refuse(asked, "No trae la escritura"), late, uow),
        partial(withdraw, Withdraw(asked), desk.agent, uow),
    ):
        with pytest.raises(AlreadyDecided):
            attempt()
    (told,) = own_decisions(OwnDecisions(desk.world.clock.now()), desk.agent, uow).told
    assert told[0] == asked and "aprobada por sgomez" in told[1] and receipt.number in told[1]
    assert "aprobada por sgomez" in str(find_request(FindRequest(asked), desk.agent, uow))
    desk.later(hours=25)
    assert expire_due(uow) == 0 and desk.state(asked) == "approved"


def test_applied_alone_after_the_limits_were_raised_it_leaves_the_queue_and_nobody_approved_it(
    desk: ApprovalDesk,
) -> None:
    form, uow = desk.form(), desk.world.uow
    asked = desk.ask(form).request_id
    supervisor = desk.supervisor()
    tighten(desk.world, single={Role.CIS_AGENT: 1_000_00, Role.SUPERVISOR: 1_000_00})
    receipt = confirm(form, desk.agent, uow)
    assert pending_approvals(supervisor, uow) == () and pending_count(supervisor, uow) == Waiting()
    for attempt in (
        partial(desk.detail, asked, supervisor),
        partial(approve, Approve(asked, form.prepared_hash), supervisor, uow),
    ):
        with pytest.raises(AlreadyDecided):
            attempt()
    assert [event for event in desk.world.events("approval.give") if event["result"] == "ok"] == []
    assert expire_due(uow) == 1 and expire_due(uow) == 0
    assert len(desk.world.events("approval.leave")) == 1 and desk.posted() == 1
    (told,) = own_decisions(OwnDecisions(desk.world.clock.now()), desk.agent, uow).told
    assert "aplicada sin la cola" in told[1] and receipt.number in told[1]


def test_a_key_that_paid_something_smaller_pays_nothing_more(desk: ApprovalDesk) -> None:
    """The maker sends a small payment under the key of what waits: the request is dead, and says so."""
    uow, supervisor = desk.world.uow, desk.supervisor()
    big = desk.form()
    asked = desk.ask(big).request_id
    shown = desk.detail(asked, supervisor).hash
    small = replace(desk.form(10_00), key=big.key)
    confirm(small, desk.agent, uow)
    for attempt in (
        partial(approve, Approve(asked, shown), supervisor, uow),
        partial(withdraw, Withdraw(asked), desk.agent, uow),
    ):
        with pytest.raises(AlreadyDecided):
            attempt()
    with pytest.raises(KeyReused):
        desk.here(big)
    assert expire_due(uow) == 1 and desk.state(asked) == "expired"
    assert desk.posted() == 1 and desk.world.balance(desk.second) == 10_00


def test_the_key_of_what_waits_signs_nothing_else_and_nobody_elses(desk: ApprovalDesk) -> None:
    world = desk.world
    form = desk.form()
    asked, _ = desk.ask(form).request_id, desk.supervisor(sign_in=False)
    other = world.staff("jcastillo")
    world.lease(other, desk.member, level=2)
    signed: Any = ("sgomez", Secret(PASSWORD), world.code())
    with pytest.raises(KeyReused):
        confirm_with_second_person(form, *signed, other, world.uow)
    desk.later(minutes=1)
    with pytest.raises(KeyReused):
        desk.here(replace(desk.form(BIG + 1), key=form.key))
    assert desk.state(asked) == "waiting" and desk.posted() == 0
