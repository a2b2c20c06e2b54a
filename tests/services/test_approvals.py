"""A second person, at the desk or from the queue: asked, looked at, decided once (req. 15, 42, 43)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.secrets import Secret
from services.errors import (
    DataChanged,
    NotPermitted,
    SecondFactorNeeded,
    SignInRefused,
)
from services.payment_limits import ApprovalNeeded
from services.payments import confirm
from tests.services.approval_desk import BIG, ApprovalDesk
from tests.services.world import PASSWORD, World


@pytest.fixture
def desk(world: World) -> ApprovalDesk:
    return ApprovalDesk(world)


# ---------------------------------------------------------------- at the desk


def test_here_a_second_person_signs_for_one_transaction(desk: ApprovalDesk) -> None:
    desk.supervisor(sign_in=False)
    command = desk.form()
    with pytest.raises(ApprovalNeeded):
        confirm(command, desk.agent, desk.world.uow)
    receipt = desk.here(command)
    lines = dict(receipt.lines)
    assert (lines["Aprobó"], lines["Agente"]) == ("sgomez", "mrodriguez")
    assert desk.world.balance(desk.second) == BIG
    (done,) = [event for event in desk.world.events("transfer.own") if event["result"] == "ok"]
    assert (done["actor"], done["detail"]["approved_by"]) == (desk.agent.actor, "sgomez")
    again = desk.here(command)  # a second Enter asks nobody and posts nothing
    assert again.existed and again.number == receipt.number and desk.posted() == 1
    with pytest.raises(ApprovalNeeded):  # for one transaction
        confirm(desk.form(), desk.agent, desk.world.uow)


def test_here_what_is_wrong_is_told_and_nothing_moves(desk: ApprovalDesk) -> None:
    world = desk.world
    desk.supervisor(sign_in=False)
    command = desk.form()
    with pytest.raises(SignInRefused):
        desk.here(command, "nadie")
    with pytest.raises(NotPermitted, match="not_permitted") as own:
        desk.here(command, "mrodriguez")
    assert "que usted registró" in own.value.user_text
    world.staff("jcastillo", sign_in=False)
    with pytest.raises(NotPermitted):
        desk.here(command, "jcastillo")
    from services.approvals import confirm_with_second_person

    with pytest.raises(SecondFactorNeeded):
        confirm_with_second_person(command, "sgomez", Secret(PASSWORD), None, desk.agent, world.uow)
    with pytest.raises(DataChanged):  # before any password is looked at
        desk.here(replace(command, prepared_hash="0" * 64), "nadie")
    assert desk.posted() == 0 and world.balance(desk.second) == 0
