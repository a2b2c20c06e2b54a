"""Every operation as a member: only what the policy names, only their own, only with the proof that it asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services import member_proofs as proofs
from services.access_mending import Suspend, suspend
from services.errors import CoopError, InvalidInput, NotPermitted, SessionEnded, SetupNeeded
from services.member_authorisation import ProofNeeded
from services.operations import Op
from services.operator import Channel, Operator, Role
from tests.services import portal_door as portal
from tests.services.access_cases import REASON, state_of
from tests.services.portal_door import KIOSK, WEB
from tests.services.world import World

#: Pinned by hand, so that a slip of the pen in the policy shows.
OF_A_MEMBER = {
    Op.PORTAL_WIZARD: "session", Op.PORTAL_CONTRACT: "session", Op.PORTAL_VIEW: "session", Op.PORTAL_PROOF: "session",
    Op.PORTAL_SECURITY: "password", Op.BALANCES_VIEW: "session", Op.MOVEMENTS_VIEW: "session",
    Op.RECEIPT_VIEW: "session", Op.PAYEE_FIND: "session", Op.FAVOURITE_MANAGE: "session",
    Op.SCHEDULE_MANAGE: "session",
    Op.TRANSFER_OWN: "answer", Op.QUOTA_PAY: "answer", Op.LOAN_PAY: "answer", Op.CARD_PAY: "answer",
    Op.SERVICE_PAY: "answer", Op.TRANSFER_THIRD: "code", Op.QUOTA_PAY_THIRD: "code", Op.LOAN_PAY_THIRD: "code",
    Op.CARD_PAY_THIRD: "code", Op.SERVICE_PAY_THIRD: "code", Op.BILLER_PAY: "code", Op.BILLER_TOP_UP: "code",
}  # fmt: skip


def attempt(world: World, operator: Operator, op: Op, member: int | None) -> type[CoopError] | None:
    try:
        with world.uow.begin(operator, op, member_id=member) as tx:
            tx.record()
            tx.commit()
    except CoopError as error:
        return type(error)
    return None


def test_the_policy_names_for_members_exactly_these(world: World) -> None:
    assert {op: rule.member for op, rule in world.uow.policy.operations.items() if rule.member} == OF_A_MEMBER


def test_every_operation_as_a_member_on_their_own_on_anothers_and_on_nobodys(world: World) -> None:
    operator, own = portal.member_inside(world)
    other = world.member("50013")
    answers = {op: attempt(world, operator, op, own) for op in Op}
    assert answers == {op: None if op in OF_A_MEMBER else NotPermitted for op in Op}
    assert {attempt(world, operator, op, other) for op in Op} == {NotPermitted}
    assert {op for op in Op if attempt(world, operator, op, None) is None} == {Op.RECEIPT_VIEW}
    refused = [event for event in world.events() if event["result"] == "refused"]
    assert {event["actor"] for event in refused} == {operator.actor} and len(refused) == 3 * len(Op) - len(
        OF_A_MEMBER
    ) - 1


def test_the_proofs_grow_old(world: World) -> None:
    operator, own = portal.member_inside(world)
    world.clock.advance(minutes=4)
    assert attempt(world, operator, Op.PORTAL_VIEW, own) is None
    world.clock.advance(minutes=1, microseconds=1)
    answers = {op: attempt(world, operator, op, own) for op in OF_A_MEMBER}
    asked = {"answer", "password"}
    assert answers == {op: ProofNeeded if proof in asked else None for op, proof in OF_A_MEMBER.items()}
    text = proofs.proof_question(operator, world.uow).text
    proofs.prove_answer(proofs.ProveAnswer(portal.right_answer(text)), operator, world.uow)
    assert attempt(world, operator, Op.TRANSFER_OWN, own) is None
    assert attempt(world, operator, Op.PORTAL_SECURITY, own) is ProofNeeded
    from data.secrets import Secret

    proofs.prove_password(proofs.ProvePassword(Secret(portal.NEW_PASSWORD)), operator, world.uow)
    assert attempt(world, operator, Op.PORTAL_SECURITY, own) is None


def test_the_question_inside_is_drawn_once_and_is_not_the_doors(world: World) -> None:
    from services import member_sign_in as door

    operator, _ = portal.member_inside(world)
    at_the_door = door.begin(door.Begin(portal.USER), WEB, world.uow).question_text
    asked = {proofs.proof_question(operator, world.uow).text for _ in range(8)}
    assert len(asked) == 1 and at_the_door not in asked


def test_wrong_proofs_block_and_end_the_session(world: World) -> None:
    from data.secrets import Secret

    operator, member = portal.member_inside(world)
    proofs.proof_question(operator, world.uow)
    for number in range(5):
        with pytest.raises(InvalidInput):
            if number % 2:
                proofs.prove_password(proofs.ProvePassword(Secret("no es")), operator, world.uow)
            else:
                proofs.prove_answer(proofs.ProveAnswer(Secret("no es")), operator, world.uow)
    assert state_of(world, member) == "bloqueado"
    with pytest.raises(SessionEnded):
        proofs.proof_question(operator, world.uow)
    assert "no es" not in str(world.events())


@pytest.mark.parametrize("stage", ["wizard", "contract"])
def test_before_the_contract_only_what_leads_there(world: World, stage: str) -> None:
    if stage == "wizard":
        _, member, password = portal.issued(world)
        operator = portal.with_temporary(world, password).operator
        open_ = {Op.PORTAL_WIZARD}
    else:
        member = portal.configured(world)
        operator = portal.sign_in(world).operator
        open_ = {Op.PORTAL_WIZARD, Op.PORTAL_CONTRACT}
    answers = {op: attempt(world, operator, op, member) for op in OF_A_MEMBER}
    assert answers == {op: None if op in open_ else SetupNeeded for op in OF_A_MEMBER}


@pytest.mark.parametrize("changed", ["actor", "username", "channel", "branch", "terminal", "session_id"])
def test_a_session_carried_elsewhere_opens_nothing(world: World, changed: str) -> None:
    operator, own = portal.member_inside(world)
    other, _ = portal.member_inside(world, "50013", "otra", "Otra.Persona")
    values = {
        "actor": other.actor, "username": other.username, "channel": Channel.KIOSK, "branch": "018",
        "terminal": "T-9", "session_id": other.session_id,
    }  # fmt: skip
    forged = replace(operator, **{changed: values[changed]})
    member = own if changed != "actor" else forged.member_id
    assert {attempt(world, forged, op, member) for op in Op} == {SessionEnded}


def test_a_member_does_not_become_staff_nor_staff_a_member(world: World) -> None:
    operator, own = portal.member_inside(world)
    agent = world.staff("otra", list(Role))
    as_staff = replace(operator, actor=agent.actor, username=agent.username, roles=frozenset(Role))
    assert {attempt(world, as_staff, op, own) for op in Op} == {SessionEnded}
    as_member = replace(agent, actor=operator.actor, username=operator.username)
    assert {attempt(world, as_member, op, own) for op in Op} == {SessionEnded}
    promoted = replace(operator, roles=frozenset(Role))
    assert attempt(world, promoted, Op.STAFF_MANAGE, own) is NotPermitted


@pytest.mark.parametrize("place", [WEB, KIOSK])
def test_no_operation_passes_a_session_that_is_over(world: World, place: object) -> None:
    operator, own = portal.member_inside(world, place=place)  # type: ignore[arg-type]
    agent = world.staff("otra")
    suspend(Suspend(own, REASON), agent, world.uow)
    assert {attempt(world, operator, op, own) for op in Op} == {SessionEnded}
