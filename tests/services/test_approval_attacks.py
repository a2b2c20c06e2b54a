"""What somebody might try against the second person: each attempt is refused, or moves the money once (req. 43)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services import approvals
from services.approval_inbox import pending_approvals
from services.approval_notices import pending_count
from services.approval_rows import AlreadyDecided
from services.approval_views import FindRequest, find_request
from services.approvals import (
    Approve,
    Refuse,
    RequestApproval,
    Withdraw,
    approve,
    confirm_with_second_person,
    refuse,
    request_approval,
    withdraw,
)
from services.errors import (
    CoopError,
    DataChanged,
    KeyReused,
    NotPermitted,
    ReauthenticationNeeded,
    SecondFactorNeeded,
    SecondPersonNeeded,
    SessionEnded,
    SessionLocked,
    SignInRefused,
)
from services.ledger_check import check
from services.operations import Op
from services.operator import Operator, Role
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.reversals import Reverse, reverse
from services.staff import DisableStaff, disable_staff
from tests.services import portal_door as portal
from tests.services.approval_desk import BIG, NOTE, ApprovalDesk, tighten
from tests.services.world import PASSWORD, World


@pytest.fixture
def desk(world: World) -> ApprovalDesk:
    return ApprovalDesk(world)


@pytest.fixture(autouse=True)
def books_stand(world: World) -> Iterator[None]:
    """Whatever was tried, the ledger stands."""
    yield
    assert check(world.uow) == ()


# ---------------------------------------------------------------- the same words again


def test_a_replayed_approval_gives_the_first_receipt_even_after_a_reversal(desk: ApprovalDesk) -> None:
    uow, supervisor, other = desk.world.uow, desk.supervisor(), desk.supervisor("lvega")
    asked = desk.ask().request_id
    command = Approve(asked, desk.detail(asked, supervisor).hash)
    first = approve(command, supervisor, uow)
    reverse(Reverse(asked, "Monto equivocado por el agente", uuid7()), other, uow)
    again = approve(command, supervisor, uow)
    assert again.existed and again.number == first.number and desk.world.balance(desk.second) == 0
    with pytest.raises(AlreadyDecided):
        approve(command, other, uow)
    assert desk.world.balance(desk.second) == 0


def test_what_was_seen_of_one_approves_no_other(desk: ApprovalDesk) -> None:
    desk.world.fund(desk.first, 5_000_00)
    supervisor = desk.supervisor()
    small, large = desk.ask(desk.form(BIG)).request_id, desk.ask(desk.form(4 * BIG)).request_id
    seen = desk.detail(small, supervisor).hash
    with pytest.raises(DataChanged):
        desk.approve(large, supervisor, seen)
    for forged in ("", "0" * 64, seen.upper(), "ñ" * 64):
        with pytest.raises(DataChanged):
            desk.approve(large, supervisor, forged)
    assert desk.posted() == 0


def test_a_signature_is_good_once(desk: ApprovalDesk) -> None:
    """Who watched the supervisor type can't use the same password and code for the next one."""
    desk.supervisor(sign_in=False)
    code = desk.world.code()
    desk.here(desk.form(), code=code)
    with pytest.raises((SignInRefused, SecondFactorNeeded)):
        desk.here(desk.form(), code=code)
    assert desk.posted() == 1


def test_a_row_that_says_approved_moves_nothing_by_itself(desk: ApprovalDesk) -> None:
    """Somebody wrote into the table: without its posting an approval is none."""
    boss = desk.supervisor()
    asked = desk.ask().request_id
    shown = desk.detail(asked, boss).hash
    sql = "UPDATE approval_request SET state = 'approved', decided_by = :who WHERE id = :id"
    desk.world.change(sql, who=boss.staff_id, id=asked)
    with pytest.raises(AlreadyDecided):
        desk.approve(asked, boss, shown)
    assert desk.posted() == 0


# ---------------------------------------------------------------- other hands


@pytest.mark.parametrize("name", ["mrodriguez", " MRodriguez ", "MRODRIGUEZ"])
def test_ones_own_name_however_it_is_written_signs_nothing(world: World, name: str) -> None:
    desk = ApprovalDesk(world, roles=(Role.CIS_AGENT, Role.SUPERVISOR))
    tighten(world, member_daily=10_00)
    with pytest.raises(NotPermitted):
        desk.here(desk.form(), name)
    assert desk.posted() == 0


FORGERIES: dict[str, Callable[[Operator, Operator], Operator]] = {
    "more roles": lambda agent, _: replace(agent, roles=frozenset({Role.SUPERVISOR})),
    "another's name over one's own session": lambda agent, boss: replace(boss, session_id=agent.session_id),
    "one's own name over another's session": lambda agent, boss: replace(agent, session_id=boss.session_id),
    "no session": lambda _, boss: replace(boss, session_id=""),
    "the program": lambda _, boss: replace(boss, actor="system", session_id=""),
    "the portal": lambda agent, _: Operator("system", "portal", frozenset(Role), "web", "web", agent.channel),
}


@pytest.mark.parametrize("kind", list(FORGERIES))
def test_an_operator_who_was_made_up_decides_nothing(desk: ApprovalDesk, kind: str) -> None:
    boss, uow = desk.supervisor(), desk.world.uow
    asked = desk.ask().request_id
    shown = desk.detail(asked, boss).hash
    forged = FORGERIES[kind](desk.agent, boss)
    for attempt in (
        partial(approve, Approve(asked, shown), forged, uow),
        partial(refuse, Refuse(asked, "No trae la escritura"), forged, uow),
    ):
        with pytest.raises((SessionEnded, NotPermitted)):
            attempt()
    assert desk.state(asked) == "waiting" and desk.posted() == 0


def test_a_member_in_the_portal_asks_nobody_and_signs_with_nobody(world: World) -> None:
    """Not even with a supervisor's password at the kiosk, nor with the key of what an agent left (L11)."""
    desk = ApprovalDesk(world)
    desk.supervisor(sign_in=False)
    waiting, uow = desk.form(), world.uow
    asked = desk.ask(waiting).request_id
    operator, member = portal.member_inside(world, "50020", "jcastillo")
    sides = (member, world.account(member, balance=500_00), world.account(member))
    shown = prepare(PreparePayment(Op.TRANSFER_OWN, *sides, 60_00), operator, uow)
    own = ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_OWN, *sides, 60_00)
    tries: list[Callable[[], object]] = [
        partial(approve, Approve(asked, waiting.prepared_hash), operator, uow),
        partial(refuse, Refuse(asked, "No trae la escritura"), operator, uow),
        partial(withdraw, Withdraw(asked), operator, uow),
        partial(desk.detail, asked, operator),
        partial(pending_approvals, operator, uow),
        partial(pending_count, operator, uow),
        partial(find_request, FindRequest(asked), operator, uow),
    ]
    for form in (own, replace(own, amount=400_00), replace(own, key=asked), waiting):
        tries.append(partial(request_approval, RequestApproval(form, NOTE), operator, uow))
        signed: Any = ("sgomez", Secret(PASSWORD), world.code())
        tries.append(partial(confirm_with_second_person, form, *signed, operator, uow))
    for attempt in tries:
        with pytest.raises(CoopError):
            attempt()
    assert desk.state(asked) == "waiting" and desk.posted() == 0
    assert world.scalar("SELECT count(*) FROM approval_request") == 1


def test_a_disabled_approver_decides_nothing_even_with_the_request_on_show(desk: ApprovalDesk) -> None:
    boss, uow = desk.supervisor(), desk.world.uow
    admin = desk.world.staff("amendoza", [Role.ADMINISTRATOR])
    asked = desk.ask().request_id
    shown = desk.detail(asked, boss).hash
    disable_staff(DisableStaff("sgomez", "Dejó de trabajar aquí"), admin, uow)
    for attempt in (
        partial(approve, Approve(asked, shown), boss, uow),
        partial(refuse, Refuse(asked, "No trae la escritura"), boss, uow),
        partial(pending_count, boss, uow),
    ):
        with pytest.raises(SessionEnded):
            attempt()
    with pytest.raises((SignInRefused, SecondPersonNeeded)):
        desk.here(desk.form())
    assert desk.state(asked) == "waiting" and desk.posted() == 0


def test_disabled_between_the_signature_and_the_posting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = ApprovalDesk(world)
    desk.supervisor(sign_in=False)
    real = approvals.check_staff

    def slow(*arguments: Any, **options: Any) -> Any:
        proven = real(*arguments, **options)
        world.change("UPDATE staff SET enabled = :no WHERE username = 'sgomez'", no=False)
        return proven

    monkeypatch.setattr("services.approvals.check_staff", slow)
    with pytest.raises(SecondPersonNeeded):
        desk.here(desk.form())
    assert desk.posted() == 0


def test_a_maker_who_works_here_no_more_is_told_to_who_decides(desk: ApprovalDesk) -> None:
    boss, uow = desk.supervisor(), desk.world.uow
    admin = desk.world.staff("amendoza", [Role.ADMINISTRATOR])
    asked = desk.ask().request_id
    assert desk.detail(asked, boss).flags == ()
    disable_staff(DisableStaff("mrodriguez", "Señales de fraude"), admin, uow)
    assert desk.detail(asked, boss).flags == ("El acceso de quien la registró está deshabilitado.",)
    with pytest.raises(SessionEnded):
        desk.ask()


# ---------------------------------------------------------------- other rules


def test_rules_that_changed_after_the_look_are_asked_again_and_hold(desk: ApprovalDesk) -> None:
    world, boss = desk.world, desk.supervisor()
    asked = desk.ask().request_id
    seen = desk.detail(asked, boss).hash
    policy = world.uow.policy
    world.uow.policy = replace(policy, sha256="f" * 64)
    with pytest.raises(DataChanged):
        desk.approve(asked, boss, seen)
    tighten(world, maximum=BIG - 1)
    with pytest.raises(CoopError) as refused:
        desk.approve(asked, boss, seen)
    assert refused.value.code == "limit_exceeded"
    operations = {Op.APPROVAL_GIVE: replace(policy.operations[Op.APPROVAL_GIVE], roles=frozenset({Role.ADMINISTRATOR}))}
    world.uow.policy = replace(policy, operations=policy.operations | operations)  # type: ignore[operator]
    with pytest.raises(NotPermitted):
        desk.approve(asked, boss, seen)
    assert desk.state(asked) == "waiting" and desk.posted() == 0


def test_an_old_password_and_a_locked_desk_decide_nothing(desk: ApprovalDesk) -> None:
    boss, session = desk.supervisor(), desk.world.uow.policy.session
    asked = desk.ask().request_id
    shown = desk.detail(asked, boss).hash
    for _ in range(session.reauthentication_minutes + 1):  # at work, but the password grows old
        desk.world.clock.advance(minutes=1)
        desk.detail(asked, boss)
    with pytest.raises(ReauthenticationNeeded):
        desk.approve(asked, boss, shown)
    desk.world.clock.advance(minutes=session.idle_lock_minutes + 1)
    with pytest.raises(SessionLocked):
        desk.approve(asked, boss, shown)
    assert desk.posted() == 0


def test_a_request_is_never_made_of_what_was_decided(desk: ApprovalDesk) -> None:
    """A refused form comes back neither as it was nor mended under its key."""
    uow, boss = desk.world.uow, desk.supervisor()
    form = desk.form()
    asked = desk.ask(form).request_id
    refuse(Refuse(asked, "No trae la escritura"), boss, uow)
    assert request_approval(RequestApproval(form, NOTE), desk.agent, uow).existed and desk.state(asked) == "refused"
    with pytest.raises(KeyReused):
        desk.ask(replace(desk.form(BIG + 1), key=form.key))
    with pytest.raises(CoopError):
        desk.here(form)
    tighten(desk.world, single={Role.CIS_AGENT: 1_000_00, Role.SUPERVISOR: 1_000_00})
    with pytest.raises(CoopError) as closed:
        confirm(form, desk.agent, uow)
    assert closed.value.code != "approval_needed" and desk.posted() == 0
