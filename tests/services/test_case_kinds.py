"""What a call was for and how long it took, as the trail tells it."""

from datetime import timedelta

import pytest

from services.case_kinds import OUTCOMES, CaseKind, CaseTime, case_times, kind_of
from services.cases import CloseCase, close_case
from services.operations import MONEY_OPS, Op
from services.operator import Operator, Role
from services.policy import load_policy
from services.records import OpenRecord, open_record
from services.staff_sessions import sign_out
from tests.services.world import START, World


def times(world: World) -> tuple[CaseTime, ...]:
    with world.uow.begin(world.staff("jefa", (Role.SUPERVISOR,)), Op.AUDIT_READ) as tx:
        return case_times(tx, START - timedelta(days=1), START + timedelta(days=1))


def done(world: World, operator: Operator, member_id: int, *actions: tuple[str, str], minutes: int = 1) -> None:
    """These events in the member's open case, a while apart."""
    for action, result in actions:
        world.clock.advance(minutes=minutes)
        with world.uow.begin(operator, Op.RECORD_VIEW, member_id=member_id) as tx:
            tx.record(action, result=result)
            tx.commit()


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        ((), CaseKind.INQUIRY),
        (("record.view", "balances.view", "caller.verify", "movements.view"), CaseKind.INQUIRY),
        (("access.unlock", "credential.issue"), CaseKind.CREDENTIAL),
        (("credential.issue", "access.activate"), CaseKind.ACTIVATION),
        (("transfer.own", "biller.pay"), CaseKind.TRANSFER),
        (("note.add",), CaseKind.OTHER),
        (("approval.request",), CaseKind.APPROVAL),
        (("favourite.manage", "biller.top_up"), CaseKind.BILLER),
    ],
)
def test_the_kind_is_the_weightiest_thing_done(actions: tuple[str, ...], kind: CaseKind) -> None:
    assert kind_of(actions) is kind


def test_whatever_asks_for_a_verified_caller_or_moves_money_has_a_kind_of_its_own() -> None:
    """A new operation must not end under «otra gestión» unnoticed."""
    rules = load_policy().operations
    weighty = {op for op, rule in rules.items() if op.value in OUTCOMES and (rule.level or op in MONEY_OPS)}
    assert len(weighty) > 20
    assert {op for op in weighty if kind_of((op.value,)) is CaseKind.OTHER} == set()


def test_a_case_lasts_from_its_record_to_its_end(world: World) -> None:
    agent, first, second = world.staff(), world.member(), world.member("50013")
    open_record(OpenRecord(first), agent, world.uow)
    done(world, agent, first, ("access.unlock", "ok"), ("questions.reset", "refused"), ("biller.pay", "held"))
    world.clock.advance(seconds=30)
    closed = close_case(CloseCase(first), agent, world.uow)
    open_record(OpenRecord(second), agent, world.uow)
    one, two = times(world)
    assert (one.kind, one.actions, one.seconds) == (CaseKind.UNLOCK, ("access.unlock", "biller.pay"), 210)
    assert closed.outcome == "access.unlock biller.pay" and one.agent == "mrodriguez"
    assert (two.kind, two.seconds, two.ended_at) == (CaseKind.INQUIRY, None, None)


def test_an_open_case_says_what_was_done_until_now(world: World) -> None:
    agent, member = world.staff(), world.member()
    open_record(OpenRecord(member), agent, world.uow)
    done(world, agent, member, ("transfer.own", "ok"))
    assert times(world)[0].actions == ("transfer.own",)


def test_a_case_whose_session_ended_was_over_with_its_last_event(world: World) -> None:
    agent, member = world.staff(), world.member()
    open_record(OpenRecord(member), agent, world.uow)
    done(world, agent, member, ("contact.change", "ok"), minutes=3)
    world.clock.advance(minutes=4)
    sign_out(agent, world.uow)
    case = times(world)[0]
    assert (case.kind, case.seconds) == (CaseKind.CONTACT, 180)
    assert case.ended_at == START + timedelta(minutes=3)
