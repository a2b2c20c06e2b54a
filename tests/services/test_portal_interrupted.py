"""Each step of the portal cut off before and after its commit: nothing by halves, and the person gets on (req. 30, 40).

The process does not die here, its transaction does; the first access is killed for real in tests/faults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services import faults
from services import forgotten_password as fp
from services import member_sign_in as door
from services.contracts import SignContract, current_contract, sign_contract
from services.errors import CoopError
from services.operations import Op
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.registration import Register, register
from tests.services import portal_door as portal
from tests.services.access_cases import mails
from tests.services.portal_door import WEB
from tests.services.world import World

Call = Callable[[], Any]
NEW = Secret("Otra frase larga 9")
#: What a step may change, but for the trail.
TABLES = (
    "access", "member_session", "member_door", "member_code", "outbox", "portal_try", "answer_failure", "image_report",
    "contract_signature", "remembered_device", "operation", "entry",
)  # fmt: skip


class Killed(BaseException):
    """The process ends here."""


def cut_off(monkeypatch: pytest.MonkeyPatch, point: str, call: Call) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(faults, "hook", die)
        with pytest.raises(Killed):
            call()


def everything(world: World) -> dict[str, list[dict[str, Any]]]:
    return {table: world.rows(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}


# Each prepares what comes before the step, and answers the step. ---------------------------------


def registering(world: World) -> Call:
    world.member("50014", cedula=portal.cedula("50014"))
    return lambda: register(Register("50014", portal.BIRTH, portal.cedula("50014")), WEB, world.uow)


def beginning(world: World) -> Call:
    return lambda: door.begin(door.Begin(portal.USER), WEB, world.uow)


def answering(world: World) -> Call:
    step = door.begin(door.Begin(portal.USER), WEB, world.uow)
    right = portal.right_answer(step.question_text or "")
    return lambda: door.answer(door.Answer(step.ticket, right), WEB, world.uow)


def coming_in(world: World) -> Call:
    step = portal.at_the_picture(world)
    return lambda: door.give_password(
        door.GivePassword(step.ticket, Secret(portal.NEW_PASSWORD), remember_device=True), WEB, world.uow
    )


def reporting(world: World) -> Call:
    step = portal.at_the_picture(world)
    return lambda: door.not_my_image(door.NotMyImage(step.ticket), WEB, world.uow)


def signing(world: World) -> Call:
    operator, now = portal.sign_in(world).operator, world.clock.now()
    shown = current_contract(operator, world.uow)
    command = SignContract(shown.version, shown.text_sha256, now, now)
    return lambda: sign_contract(command, operator, world.uow)


def forgetting(world: World) -> Call:
    return lambda: fp.forgot(fp.Forgot(portal.USER), WEB, world.uow)


def proving(world: World) -> Call:
    step = fp.forgot(fp.Forgot(portal.USER), WEB, world.uow)
    code = Secret(str(mails(world, "portal_code")[-1]["context"]["code"]))
    command = fp.ProveForgotten(step.ticket, code, portal.right_answer(step.question_text))
    return lambda: fp.prove(command, WEB, world.uow)


def renewing(world: World) -> Call:
    ticket = proving(world)().ticket
    return lambda: fp.renew(fp.RenewPassword(ticket, NEW, NEW), WEB, world.uow)


def paying(world: World) -> Call:
    operator = portal.sign_in(world).operator
    portal.sign(world, operator)
    member = operator.member_id
    asked = (member, world.account(member, balance=100_00), world.account(member), 10_00)
    shown = prepare(PreparePayment(Op.TRANSFER_OWN, *asked), operator, world.uow)
    command = ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, *asked)
    return lambda: confirm(command, operator, world.uow)


STEPS: dict[str, Callable[[World], Call]] = {
    "register": registering, "begin": beginning, "answer": answering, "password": coming_in, "report": reporting,
    "sign": signing, "forgot": forgetting, "prove": proving, "renew": renewing, "pay": paying,
}  # fmt: skip
#: What may simply be done again when its answer was lost; the others say that they were done, and how to go on: the
#: registration by pictures to choose, since it was the number's second.
AGAIN = {"begin", "sign", "forgot", "pay"}


@pytest.mark.parametrize("step", STEPS)
def test_cut_off_before_the_commit_nothing_was_done_and_the_step_is_still_good(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    portal.configured(world)
    call = STEPS[step](world)
    before = everything(world)
    cut_off(monkeypatch, "before_commit", call)
    assert everything(world) == before
    call()
    assert everything(world) != before


@pytest.mark.parametrize("step", STEPS)
def test_cut_off_after_the_commit_it_was_done_once(world: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    portal.configured(world)
    call = STEPS[step](world)
    before = everything(world)
    cut_off(monkeypatch, "after_commit", call)
    done = everything(world)
    assert done != before
    if step in AGAIN:
        call()
    else:
        with pytest.raises(CoopError):
            call()
    if step == "pay":
        assert world.scalar("SELECT count(*) FROM operation WHERE kind = 'transfer.own'") == 1
    for table in ("contract_signature", "image_report", "remembered_device"):
        assert len(everything(world)[table]) == len(done[table]), table
    if step in ("answer", "password", "report", "prove"):  # the ticket is used up: the way in begins anew, and is open
        assert portal.sign_in(world).must == "contract"
    if step == "renew":
        assert portal.sign_in(world, password=NEW.reveal()).must == "contract"
