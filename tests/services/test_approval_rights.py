"""Who may approve what: another person, unrelated, whatever roles they hold; everybody else is refused (req. 43)."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from services import approvals
from services.approval_inbox import pending_approvals
from services.approval_rules import ShareTooSmall
from services.approval_views import GetApproval, approval_detail
from services.approvals import Approve, Refuse, approve, refuse
from services.errors import NotPermitted, SecondPersonNeeded
from services.operations import Op
from services.operator import Operator, Role
from tests.services.approval_desk import ApprovalDesk, tighten
from tests.services.world import World

COMBINATIONS = tuple(frozenset(found) for size in range(1, len(Role) + 1) for found in combinations(Role, size))
MAKERS = tuple(roles for roles in COMBINATIONS if roles & {Role.CIS_AGENT, Role.CASHIER, Role.SUPERVISOR})


def with_roles(world: World, operator: Operator, roles: frozenset[Role]) -> None:
    """The person holds these roles from now on."""
    names = " ".join(sorted(role.value for role in roles))
    world.change("UPDATE staff SET roles = :roles WHERE id = :id", roles=names, id=operator.staff_id)


def person(world: World, username: str, **columns: Any) -> Operator:
    """Somebody with a second factor, so that any roles can be theirs."""
    return world.staff(username, [Role.SUPERVISOR], **columns)


def refused(world: World, operator: Operator, request_id: str, shown: str) -> None:
    """Neither yes nor no is theirs to say."""
    for use_case, command in (
        (approve, Approve(request_id, shown)),
        (refuse, Refuse(request_id, "Me equivoqué de monto")),
    ):
        with pytest.raises(NotPermitted):
            use_case(command, operator, world.uow)  # type: ignore[operator]


def test_nobody_approves_their_own_in_any_roles(sqlite_world: World) -> None:
    """A maker in every set of roles that can make one, trying in the same, in more and in others; one in all sets."""
    world = sqlite_world
    desk = ApprovalDesk(world, roles=(Role.CIS_AGENT, Role.SUPERVISOR))
    tighten(world, member_daily=10_00)  # whoever makes it, a second person is needed
    for number, roles in enumerate(MAKERS):
        with_roles(world, desk.agent, roles)
        command = desk.form()
        request_id = desk.ask(command).request_id
        some = (roles, roles | {Role.SUPERVISOR}, frozenset({Role.SUPERVISOR}), frozenset(Role))
        for later in some if number else COMBINATIONS:
            with_roles(world, desk.agent, later)
            refused(world, desk.agent, request_id, command.prepared_hash)
        assert desk.state(request_id) == "waiting"
    assert desk.posted() == 0


def test_the_maker_is_told_why(world: World) -> None:
    desk = ApprovalDesk(world, roles=(Role.CIS_AGENT, Role.SUPERVISOR))
    tighten(world, member_daily=10_00)
    asked = desk.ask()
    detail = desk.detail(asked.request_id, desk.agent)
    assert detail.hash == "" and detail.trouble.startswith("No puede aprobar una operación que usted registró.")
    with pytest.raises(NotPermitted) as told:
        approve(Approve(asked.request_id, desk.prepare().hash), desk.agent, world.uow)
    assert told.value.user_text == detail.trouble


def test_one_person_under_two_names_is_one_person(world: World) -> None:
    desk = ApprovalDesk(world)
    other_self = world.member("60001")
    world.change("UPDATE staff SET member_id = :m WHERE id = :id", m=other_self, id=desk.agent.staff_id)
    twin = person(world, "mrodriguez2", member_id=other_self)
    asked = desk.ask()
    refused(world, twin, asked.request_id, desk.prepare().hash)
    with pytest.raises(NotPermitted):
        desk.here(desk.form(), "mrodriguez2")
    assert desk.posted() == 0


def test_another_person_approves_in_exactly_the_roles_of_the_policy(sqlite_world: World) -> None:
    world = sqlite_world
    desk = ApprovalDesk(world)
    world.fund(desk.first, 50_000_00)
    other, may = person(world, "otra"), world.uow.policy.operations[Op.APPROVAL_GIVE].roles
    approved = 0
    for roles in COMBINATIONS:
        command = desk.form()
        request_id = desk.ask(command).request_id
        with_roles(world, other, roles)
        if roles & may:
            assert approve(Approve(request_id, command.prepared_hash), other, world.uow).outcome == "posted"
            approved += 1
        else:
            refused(world, other, request_id, command.prepared_hash)
    assert desk.posted() == approved == sum(Role.SUPERVISOR in roles for roles in COMBINATIONS)


@pytest.mark.parametrize("related", ["member", "holder"])
@pytest.mark.parametrize("how", ["relative", "own"])
def test_no_relative_of_payer_or_payee_and_neither_of_them(world: World, related: str, how: str) -> None:
    desk = ApprovalDesk(world, op=Op.TRANSFER_THIRD)
    who = desk.member if related == "member" else desk.holder
    supervisor = desk.supervisor()
    desk.code()
    asked = desk.ask()
    desk.code()
    command = desk.form()
    if how == "relative":
        world.relative(supervisor, who)
    else:
        world.change("UPDATE staff SET member_id = :m WHERE id = :id", m=who, id=supervisor.staff_id)
    for roles in (roles for roles in COMBINATIONS if Role.SUPERVISOR in roles):
        with_roles(world, supervisor, roles)
        with pytest.raises(NotPermitted):
            approve(Approve(asked.request_id, command.prepared_hash), supervisor, world.uow)
    with_roles(world, supervisor, frozenset({Role.SUPERVISOR}))
    with pytest.raises(NotPermitted):
        desk.here(command)
    assert desk.posted() == 0 and desk.state(asked.request_id) == "waiting"
    if related == "member":
        assert pending_approvals(supervisor, world.uow) == ()
        with pytest.raises(NotPermitted):
            approval_detail(GetApproval(asked.request_id), supervisor, world.uow)
    else:
        assert "familiar" in desk.detail(asked.request_id, supervisor).trouble


def test_a_maker_who_became_a_relative_of_the_payee_stops_it(world: World) -> None:
    desk = ApprovalDesk(world, op=Op.TRANSFER_THIRD)
    desk.code()
    asked = desk.ask()
    shown, supervisor = desk.prepare().hash, desk.supervisor()
    world.relative(desk.agent, desk.holder)
    with pytest.raises(NotPermitted):
        approve(Approve(asked.request_id, shown), supervisor, world.uow)
    assert desk.posted() == 0


def test_the_share_must_cover_what_was_over_the_makers(world: World) -> None:
    desk = ApprovalDesk(world)
    asked, supervisor = desk.ask(), desk.supervisor()
    tighten(world, single={Role.CIS_AGENT: 100_00, Role.SUPERVISOR: 149_99, Role.AUDITOR: 1_000_00})
    detail = desk.detail(asked.request_id, supervisor)
    assert "B/.149.99" in detail.trouble and detail.hash == ""
    with pytest.raises(ShareTooSmall):
        approve(Approve(asked.request_id, desk.prepare().hash), supervisor, world.uow)
    with_roles(world, supervisor, frozenset({Role.SUPERVISOR, Role.AUDITOR}))
    assert desk.approve(asked.request_id, supervisor).outcome == "posted"


def test_a_days_share_is_approved_by_who_approves_at_all(world: World) -> None:
    desk = ApprovalDesk(world)
    tighten(world, member_daily=10_00, single={Role.CIS_AGENT: 1_000_00, Role.SUPERVISOR: 1_00})
    asked = desk.ask()
    assert desk.approve(asked.request_id, desk.supervisor()).outcome == "posted"


def test_the_second_person_is_looked_at_again_in_the_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the role between the password and the posting."""
    desk = ApprovalDesk(world)
    supervisor = desk.supervisor(sign_in=False)
    real = approvals.check_staff

    def slow(*arguments: Any, **options: Any) -> Any:
        proven = real(*arguments, **options)
        with_roles(world, supervisor, frozenset({Role.CASHIER}))
        return proven

    monkeypatch.setattr("services.approvals.check_staff", slow)
    with pytest.raises(SecondPersonNeeded):
        desk.here(desk.form())
    assert desk.posted() == 0
