"""Working hours, a person's own limits, and sessions that others end: rights that take effect (req. 12, 14, 42, 43)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data.secrets import Secret
from services.approval_rules import ShareTooSmall
from services.approvals import Approve, approve
from services.errors import (
    HoursRefused,
    InvalidInput,
    NotFound,
    NotPermitted,
    OutsideHours,
    SecondPersonNeeded,
    SessionEnded,
    SignInRefused,
)
from services.operations import Op
from services.operator import Operator, Role
from services.outside_hours import Doorkeeper
from services.payment_limits import ApprovalNeeded
from services.payments import confirm
from services.staff_live import EndSession, LookAtSessions, end_live_session, live_sessions
from services.staff_sessions import SignIn, session_state, sign_in
from services.working_hours import parse_hours
from tests.services.approval_desk import SHARE, ApprovalDesk
from tests.services.world import PASSWORD, World

NIGHT = "L-V 20:00-24:00"
REASON = "Dejó su puesto sin cerrar"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("l-v 7:30-18:00", "L-V 07:30-18:00"),
        ("S 8:00-12:00; L-V 7:30-18:00", "L-V 07:30-18:00; S 08:00-12:00"),
        (" d 0:00-24:00 ;", "D 00:00-24:00"),
    ],
)
def test_hours_have_one_form(typed: str, stored: str) -> None:
    assert parse_hours(typed).text == parse_hours(stored).text == stored


@pytest.mark.parametrize(
    "typed", ["", ";", "L-V", "V-L 8:00-9:00", "L 9:00-8:00", "L 8:00-24:01", "L 8:60-9:00", "K 8:00-9:00", "L 8-9"]
)
def test_what_no_hours_are(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_hours(typed)
    assert refused.value.field == "hours"


@pytest.mark.parametrize(
    ("day", "hour", "inside"),
    [(23, 12, False), (23, 13, True), (23, 22, True), (23, 23, False), (28, 13, False), (29, 15, False)],
)
def test_hours_hold_by_panamas_clock(day: int, hour: int, inside: bool) -> None:
    """23/11/2026 is a Monday; 13:00 in Greenwich is 08:00 in Panama."""
    assert parse_hours("L-V 08:00-18:00").hold(datetime(2026, 11, day, hour, tzinfo=UTC)) is inside


def enter(world: World, keeper: Doorkeeper | None = None, username: str = "mrodriguez") -> Operator:
    return sign_in(SignIn(username, Secret(PASSWORD), None, "T-1", keeper=keeper), world.uow).operator


def keeper(world: World, username: str = "sgomez", *, steps: int = 0, password: str = PASSWORD) -> Doorkeeper:
    return Doorkeeper(username, Secret(password), world.code(steps))


def test_inside_the_hours_nothing_is_asked(world: World) -> None:
    world.staff(sign_in=False, hours="L-V 08:00-18:00")
    assert enter(world).username == "mrodriguez"


def test_outside_a_second_person_lets_in_and_the_trail_says_so(world: World) -> None:
    world.staff(sign_in=False, hours=NIGHT)
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    with pytest.raises(OutsideHours):
        enter(world)
    assert world.scalar("SELECT count(*) FROM staff_session") == 0
    enter(world, keeper(world))
    event = world.events("session.sign_in")[-1]
    assert event["detail"] == {"second_factor": False, "outside_hours": True, "critical": True, "let_in_by": "sgomez"}
    assert world.events("session.sign_in")[0]["reason"] == "outside_hours"
    given = world.events("second_person.give")[-1]
    assert (given["result"], given["detail"]) == ("ok", {"user": "sgomez", "for": "mrodriguez"})


def test_who_lets_nobody_in(world: World) -> None:
    member = world.member("50020")
    world.staff(sign_in=False, hours=NIGHT, member_id=member)
    world.staff("jefe", [Role.SUPERVISOR], sign_in=False, hours=NIGHT)
    world.staff("alias", [Role.SUPERVISOR], sign_in=False, member_id=member)
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    world.staff("cajero", [Role.CASHIER], sign_in=False)
    wrong = (
        keeper(world, password="no es su frase"),
        keeper(world, steps=-9),
        Doorkeeper("sgomez", Secret(PASSWORD)),
        keeper(world, "cajero"),
        keeper(world, "alias"),
        keeper(world, "nadie"),
        keeper(world, "mrodriguez"),
    )
    for given in wrong:
        with pytest.raises(SecondPersonNeeded):
            enter(world, given)
    assert world.scalar("SELECT count(*) FROM staff_session") == 0
    assert world.scalar("SELECT failed_count FROM staff WHERE username = 'sgomez'") == 2
    with pytest.raises(SignInRefused):  # a wrong password learns nothing of hours, and costs the keeper nothing
        sign_in(SignIn("mrodriguez", Secret("otra frase larga"), None, "T-1", keeper=keeper(world)), world.uow)
    enter(world, keeper(world))


def test_the_policy_may_refuse_without_appeal(world: World) -> None:
    world.staff(sign_in=False, hours=NIGHT)
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    policy = world.uow.policy
    world.uow.policy = replace(policy, session=replace(policy.session, outside_hours="refuse"))
    for given in (None, keeper(world)):
        with pytest.raises(HoursRefused):
            enter(world, given)
    assert world.scalar("SELECT count(*) FROM staff_session") == 0


def test_a_person_s_own_limit_narrows_what_the_role_may(world: World) -> None:
    desk = ApprovalDesk(world)
    desk.agent
    world.change("UPDATE staff SET single_limit = 3000 WHERE username = 'mrodriguez'")
    with pytest.raises(ApprovalNeeded):
        confirm(desk.form(30_01), desk.agent, world.uow)
    assert confirm(desk.form(30_00), desk.agent, world.uow).outcome == "posted"
    world.change("UPDATE staff SET single_limit = NULL, daily_limit = 5000 WHERE username = 'mrodriguez'")
    with pytest.raises(ApprovalNeeded):
        confirm(desk.form(20_01), desk.agent, world.uow)
    world.change("UPDATE staff SET single_limit = 99999999, daily_limit = NULL WHERE username = 'mrodriguez'")
    with pytest.raises(ApprovalNeeded):  # never widened
        confirm(desk.form(SHARE + 1), desk.agent, world.uow)


def test_an_approver_s_own_limit_counts_too(world: World) -> None:
    desk = ApprovalDesk(world)
    asked = desk.ask().request_id
    narrow = desk.supervisor(single_limit=149_99)
    shown = desk.detail(asked, desk.supervisor("otra")).hash
    assert desk.detail(asked, narrow).hash == ""
    with pytest.raises(ShareTooSmall):
        approve(Approve(asked, shown), narrow, world.uow)
    assert desk.state(asked) == "waiting"


def test_a_session_is_ended_by_another_and_its_next_call_refused(world: World) -> None:
    agent, boss = world.staff(), world.staff("sgomez", [Role.SUPERVISOR])
    member = world.member()
    world.lease(agent, member)
    rows = {row.username: row for row in live_sessions(LookAtSessions(), boss, world.uow)}
    assert set(rows) == {"mrodriguez", "sgomez"} and rows["sgomez"].own and not rows["mrodriguez"].own
    with pytest.raises(NotPermitted):
        end_live_session(EndSession(rows["sgomez"].name, REASON), boss, world.uow)
    assert end_live_session(EndSession(rows["mrodriguez"].name, REASON), boss, world.uow) == "mrodriguez"
    with pytest.raises(SessionEnded), world.uow.begin(agent, Op.QUEUE_VIEW):
        pass
    assert session_state(agent, world.uow).ended
    assert world.scalar("SELECT end_reason FROM staff_session WHERE id = :id", id=agent.session_id) == "killed"
    assert world.scalar("SELECT end_reason FROM verification_lease") == "killed"
    event = world.events("staff.end_session")[-1]
    assert (event["object"], event["reason"], event["detail"]["user"]) == (agent.actor, REASON, "mrodriguez")
    for name in (rows["mrodriguez"].name, "", "%", rows["sgomez"].name[:4]):
        with pytest.raises(NotFound):
            end_live_session(EndSession(name, REASON), boss, world.uow)


def test_who_ends_no_session(world: World) -> None:
    target = world.staff("target")
    name = target.session_id[:16]
    for role in Role:
        operator = world.staff(f"de_{role.value}", [role])
        if role in world.uow.policy.operations[Op.STAFF_END_SESSION].roles:
            continue
        with pytest.raises(NotPermitted):
            end_live_session(EndSession(name, REASON), operator, world.uow)
    assert not session_state(target, world.uow).ended
