"""Changes that take two people: nobody gives rights alone, in whatever role, session or order (req. 11, 43, C10)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from data.values.uuid7 import uuid7
from services.approval_inbox import pending_approvals
from services.approval_notices import OwnDecisions, Waiting, own_decisions, pending_count
from services.approval_rows import AlreadyDecided
from services.errors import (
    CoopError,
    DataChanged,
    InvalidInput,
    KeyReused,
    NotFound,
    NotPermitted,
    ReauthenticationNeeded,
    SessionEnded,
    SessionLocked,
    SignInRefused,
)
from services.operations import Op
from services.operator import Operator, Role
from services.proposal_families import KINDS
from services.proposals import Agree, Decline, Propose, TakeBack, agree, decline, expire_proposals, propose, take_back
from services.staff import DisableStaff, disable_staff
from services.staff_rights import ChangeRights, EnablePerson, ResetPerson
from services.staff_sessions import SignIn, lock, sign_in, sign_out
from tests.services.two_people import REASON, TwoPeople, person, rights
from tests.services.world import World

ROLE_SETS = [frozenset(found) for many in range(1, len(Role) + 1) for found in combinations(Role, many)]


@pytest.fixture
def two(world: World) -> TwoPeople:
    world.staff()
    return TwoPeople.of(world)


def roles_now(world: World, username: str = "mrodriguez") -> str:
    return str(world.scalar("SELECT roles FROM staff WHERE username = :name", name=username))


def state(world: World, proposal_id: str) -> str:
    return str(world.scalar("SELECT state FROM proposal WHERE id = :id", id=proposal_id))


def test_a_change_waits_is_seen_and_takes_effect_with_its_events(world: World, two: TwoPeople) -> None:
    asked = two.ask_rights("mrodriguez", Role.CASHIER, branch="018", hours="l-v 7:30-18:00", single_limit=500_00)
    assert (roles_now(world), state(world, asked)) == ("agente_cis", "waiting")
    (row,) = pending_approvals(two.checker, world.uow)
    assert (row.request_id, row.title, row.member, row.amount, row.own) == (
        asked,
        "Cambio de derechos",
        "mrodriguez",
        None,
        False,
    )
    seen = two.see(asked)
    assert seen.differences == (
        ("Roles", "Agente CIS", "Cajero"),
        ("Sucursal", "001", "018"),
        ("Horario", "a toda hora", "L-V 07:30-18:00"),
        ("Tope por operación", "el de su rol", "B/.500.00"),
    )
    assert (seen.note, seen.trouble, seen.changes) == (REASON, "", ())
    two.agree(asked)
    (kept,) = world.rows(
        "SELECT roles, branch, hours, single_limit, daily_limit FROM staff WHERE username='mrodriguez'"
    )
    assert tuple(kept.values()) == ("cajero", "018", "L-V 07:30-18:00", 500_00, None)
    (effect,), (decision,) = world.events("staff.rights"), world.events("staff.approve")
    assert (effect["actor"], effect["reason"], effect["detail"]["made_by"]) == (two.checker.actor, REASON, "admin")
    assert decision["detail"]["hashes"] == {"asked": seen.hash, "approved": seen.hash}
    assert decision["detail"]["after"]["Roles"] == "Cajero"
    assert pending_approvals(two.checker, world.uow) == ()


def test_over_all_combinations_of_roles_nobody_decides_their_own(sqlite_world: World) -> None:
    """One person in any roles proposes whatever they may; with the same roles they never decide it."""
    world = sqlite_world
    world.staff()
    policy = world.uow.policy
    asked = 0
    for number, roles in enumerate(ROLE_SETS):
        maker = world.staff(f"todo{number}", roles)
        two = TwoPeople(world.uow, maker, maker)
        if not policy.operations[Op.STAFF_MANAGE].roles & roles:
            with pytest.raises(NotPermitted):
                two.ask_rights("mrodriguez", Role.CASHIER)
            continue
        proposal = two.ask_rights("mrodriguez", Role.CASHIER)
        shown = two.see(proposal)
        assert shown.hash == "" and shown.trouble
        with pytest.raises(NotPermitted):
            two.agree(proposal, shown=_hash_of(world, proposal))
        with pytest.raises(NotPermitted):
            decline(Decline(proposal, REASON), maker, world.uow)
        take_back(TakeBack(proposal), maker, world.uow)
        asked += 1
    assert asked == 32 and roles_now(world) == "agente_cis"


def test_exactly_the_roles_of_the_policy_decide(sqlite_world: World) -> None:
    world = sqlite_world
    world.staff()
    maker = world.staff("admin", [Role.ADMINISTRATOR])
    may = world.uow.policy.operations[Op.STAFF_APPROVE].roles
    for number, roles in enumerate(ROLE_SETS):
        checker = world.staff(f"otra{number}", roles)
        two = TwoPeople(world.uow, maker, checker)
        proposal = two.ask_rights("mrodriguez", Role.CASHIER, branch=f"{number:03d}")
        if may & roles:
            two.agree(proposal)
            assert state(world, proposal) == "approved"
        else:
            with pytest.raises(NotPermitted):
                two.agree(proposal, shown=_hash_of(world, proposal))
            assert state(world, proposal) == "waiting"


def _hash_of(world: World, proposal: str) -> str:
    return str(world.scalar("SELECT prepared_hash FROM proposal WHERE id = :id", id=proposal))


def test_the_person_concerned_decides_nothing_and_sees_nothing(world: World, two: TwoPeople) -> None:
    other = world.staff("jefa", [Role.SUPERVISOR])
    proposal = two.ask_rights("jefa", Role.ADMINISTRATOR, Role.SUPERVISOR)
    assert pending_approvals(other, world.uow) == () and pending_count(other, world.uow) == Waiting()
    with pytest.raises(NotPermitted):
        two.agree(proposal, other, shown=_hash_of(world, proposal))
    two.agree(proposal)
    assert roles_now(world, "jefa") == "administrador supervisor"


def test_two_user_names_of_one_person_are_one(world: World, two: TwoPeople) -> None:
    member = world.member("50020")
    world.change("UPDATE staff SET member_id = :id WHERE username = 'admin'", id=member)
    alias = world.staff("admin2", [Role.SUPERVISOR], member_id=member)
    proposal = two.ask_rights("mrodriguez", Role.SUPERVISOR)
    with pytest.raises(NotPermitted):
        two.agree(proposal, alias, shown=_hash_of(world, proposal))
    with pytest.raises(NotPermitted):
        two.ask_rights("admin2", Role.ADMINISTRATOR)
    about_member = two.ask(person("nuevo", member_number="50020"))
    cousin = world.staff("prima", [Role.SUPERVISOR])
    world.relative(cousin, member)
    for checker in (alias, cousin):
        with pytest.raises(NotPermitted):
            two.agree(about_member, checker, shown=_hash_of(world, about_member))


@pytest.mark.parametrize(
    "between",
    [
        "UPDATE staff SET roles = 'auditor' WHERE username = 'mrodriguez'",
        "UPDATE staff SET branch = '009' WHERE username = 'mrodriguez'",
        "UPDATE staff SET single_limit = 5 WHERE username = 'mrodriguez'",
        "UPDATE staff SET enabled = :off WHERE username = 'mrodriguez'",
    ],
)
def test_what_changed_meanwhile_is_asked_again(world: World, two: TwoPeople, between: str) -> None:
    proposal = two.ask_rights("mrodriguez", Role.CASHIER)
    shown = two.see(proposal).hash
    world.change(between, **({"off": False if world.dialect == "postgresql" else 0} if ":off" in between else {}))
    with pytest.raises(DataChanged):
        two.agree(proposal, shown=shown)
    assert state(world, proposal) == "waiting"
    assert two.see(proposal).hash != shown
    two.agree(proposal)
    assert roles_now(world) == "cajero"


def test_no_forged_or_foreign_fingerprint(world: World, two: TwoPeople) -> None:
    one, other = two.ask_rights("mrodriguez", Role.CASHIER), two.ask_rights("mrodriguez", Role.SUPERVISOR)
    for shown in ("", "0" * 64, "ñ", two.see(other).hash):
        with pytest.raises(DataChanged):
            two.agree(one, shown=shown)
    assert roles_now(world) == "agente_cis"


def test_an_approval_is_good_once(world: World, two: TwoPeople) -> None:
    proposal = two.ask_rights("mrodriguez", Role.CASHIER)
    shown = two.see(proposal).hash
    two.agree(proposal, shown=shown)
    world.change("UPDATE staff SET roles = 'agente_cis', branch = '001' WHERE username = 'mrodriguez'")
    assert "Ya estaba aprobado" in two.agree(proposal, shown=shown).text
    with pytest.raises(AlreadyDecided):
        two.agree(proposal, world.staff("jefa", [Role.SUPERVISOR]), shown=shown)
    assert roles_now(world) == "agente_cis"
    assert len(world.events("staff.rights")) == 1


def test_two_approvers_at_once_are_one(world: World, two: TwoPeople) -> None:
    other = world.staff("jefa", [Role.SUPERVISOR])
    proposal = two.ask(person())
    shown, ready = two.see(proposal).hash, Barrier(2)

    def act(checker: Operator) -> str:
        ready.wait()
        try:
            return "half" if two.agree(proposal, checker, shown=shown).secret else "none"
        except CoopError as error:
            return error.code

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(act, (two.checker, other)))
    assert outcomes == ["already_decided", "half"]
    assert world.scalar("SELECT count(*) FROM staff WHERE username = 'jcastillo'") == 1
    assert len(world.events("staff.add")) == 1


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_killed_between_approval_and_effect(
    world: World, two: TwoPeople, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decision and effect are one transaction: either both are there or neither."""
    proposal = two.ask_rights("mrodriguez", Role.CASHIER)
    shown = two.see(proposal).hash

    def die(at: str) -> None:
        if at == point:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("services.unit_of_work.fault", die)
        with pytest.raises(KeyboardInterrupt):
            two.agree(proposal, shown=shown)
    done = point == "after_commit"
    assert (state(world, proposal), roles_now(world)) == (("approved", "cajero") if done else ("waiting", "agente_cis"))
    assert len(world.events("staff.rights")) == len(world.events("staff.approve")) == int(done)
    two.agree(proposal, shown=shown)
    assert roles_now(world) == "cajero" and len(world.events("staff.rights")) == 1


SESSIONS: dict[str, Callable[[World, TwoPeople], Operator]] = {
    "the maker under the checker's session": lambda _, two: replace(two.maker, session_id=two.checker.session_id),
    "the checker's name over the maker's session": lambda _, two: replace(two.checker, session_id=two.maker.session_id),
    "roles that are not on record": lambda world, _: replace(world.staff("x"), roles=frozenset(Role)),
    "another desk": lambda _, two: replace(two.checker, terminal="T-9"),
}


@pytest.mark.parametrize("forge", SESSIONS.values(), ids=SESSIONS)
def test_another_s_session_decides_nothing(
    world: World, two: TwoPeople, forge: Callable[[World, TwoPeople], Operator]
) -> None:
    proposal = two.ask_rights("mrodriguez", Role.CASHIER)
    with pytest.raises((SessionEnded, NotPermitted)):
        agree(Agree(proposal, _hash_of(world, proposal)), forge(world, two), world.uow)
    assert state(world, proposal) == "waiting"


def test_a_locked_ended_or_old_session_decides_nothing(world: World, two: TwoPeople) -> None:
    proposal = two.ask_rights("mrodriguez", Role.CASHIER)
    shown = two.see(proposal).hash
    world.clock.advance(minutes=4)
    two.see(proposal)
    world.clock.advance(minutes=4)
    with pytest.raises(ReauthenticationNeeded):
        two.agree(proposal, shown=shown)
    lock(two.checker, world.uow)
    with pytest.raises(SessionLocked):
        two.agree(proposal, shown=shown)
    sign_out(two.checker, world.uow)
    with pytest.raises(SessionEnded):
        two.agree(proposal, shown=shown)
    assert roles_now(world) == "agente_cis"


def test_what_a_maker_who_may_no_more_asked_for_is_not_approved(world: World, two: TwoPeople) -> None:
    world.staff("admin2", [Role.ADMINISTRATOR])
    proposal = two.ask_rights("mrodriguez", Role.CASHIER)
    shown = two.see(proposal).hash
    world.change("UPDATE staff SET roles = 'auditor' WHERE username = 'admin'")
    with pytest.raises(NotPermitted):
        two.agree(proposal, shown=shown)
    assert two.see(proposal).hash == "" and "ya no tiene" in two.see(proposal).trouble
    decline(Decline(proposal, "La persona cambió de puesto"), two.checker, world.uow)
    assert state(world, proposal) == "refused"


def test_neither_half_opens_anything(world: World, two: TwoPeople) -> None:
    asked = propose(Propose(person(), REASON, uuid7()), two.maker, world.uow)
    first, second = asked.told, two.agree(asked.proposal_id).secret
    assert first is not None and second is not None and first != second
    for given in (first, second):
        with pytest.raises(SignInRefused):
            sign_in(SignIn("jcastillo", given, None, "T-1"), world.uow)
    trail = str(world.events()) + str(world.rows("SELECT * FROM proposal"))
    assert first.reveal() not in trail and second.reveal() not in trail


def test_the_same_key_is_the_same_proposal(world: World, two: TwoPeople) -> None:
    key, command = uuid7(), ResetPerson("mrodriguez")
    first = propose(Propose(command, REASON, key), two.maker, world.uow)
    again = propose(Propose(command, REASON, key), two.maker, world.uow)
    assert (again.proposal_id, again.existed, again.told) == (first.proposal_id, True, None)
    for maker, other in ((two.maker, EnablePerson("mrodriguez")), (world.staff("b", [Role.ADMINISTRATOR]), command)):
        with pytest.raises(KeyReused):
            propose(Propose(other, REASON, key), maker, world.uow)
    assert world.scalar("SELECT count(*) FROM proposal") == 1


def test_refused_withdrawn_and_run_out(world: World, two: TwoPeople) -> None:
    refused, withdrawn, late = (
        two.ask_rights("mrodriguez", Role.CASHIER, branch=name) for name in ("001", "002", "003")
    )
    with pytest.raises(InvalidInput):
        decline(Decline(refused, "no"), two.checker, world.uow)
    decline(Decline(refused, "No hace falta ese rol"), two.checker, world.uow)
    with pytest.raises(NotPermitted):
        take_back(TakeBack(withdrawn), two.checker, world.uow)
    take_back(TakeBack(withdrawn), two.maker, world.uow)
    world.clock.advance(hours=24)
    assert (expire_proposals(world.uow), expire_proposals(world.uow)) == (1, 0)
    assert [state(world, one) for one in (refused, withdrawn, late)] == ["refused", "withdrawn", "expired"]
    maker = world.staff("b", [Role.SUPERVISOR])
    for one in (refused, withdrawn, late):
        with pytest.raises(AlreadyDecided):
            two.agree(one, maker, shown=_hash_of(world, one))
    assert roles_now(world) == "agente_cis"


def test_the_maker_hears_and_late_ones_reach_who_else_the_policy_names(world: World, two: TwoPeople) -> None:
    auditor = world.staff("aud", [Role.AUDITOR])
    one, other = two.ask_rights("mrodriguez", Role.CASHIER), two.ask_rights("mrodriguez", Role.SUPERVISOR)
    counts = [pending_count(who, world.uow) for who in (two.checker, two.maker, auditor)]
    assert counts == [Waiting(2, 0), Waiting(), Waiting()]
    decline(Decline(one, "No hace falta ese rol"), two.checker, world.uow)
    told = own_decisions(OwnDecisions(world.clock.now()), two.maker, world.uow).told
    assert told == (
        (one, "Cambio de derechos, mrodriguez: rechazada por revisora: No hace falta ese rol. No cambió nada."),
    )
    world.clock.advance(minutes=60)
    world.change("UPDATE staff_session SET last_seen_at = :now", now=_now(world))
    assert [pending_count(who, world.uow) for who in (two.checker, auditor)] == [Waiting(1, 1), Waiting(1, 1)]
    assert [row.late for row in pending_approvals(auditor, world.uow)] == [True]
    del other


def _now(world: World) -> Any:
    from data.types import utc_text

    return utc_text(world.clock.now()) if world.dialect == "sqlite" else world.clock.now()


@pytest.mark.parametrize(
    "statement", ["DELETE FROM proposal", "UPDATE proposal SET command = '{}'", "UPDATE proposal SET concerns = NULL"]
)
def test_the_database_keeps_what_was_asked_for(world: World, two: TwoPeople, statement: str) -> None:
    two.ask_rights("mrodriguez", Role.CASHIER)
    with pytest.raises(DBAPIError):
        world.change(statement)


def test_a_decided_one_stays_decided(world: World, two: TwoPeople) -> None:
    two.agree(two.ask_rights("mrodriguez", Role.CASHIER))
    with pytest.raises(DBAPIError):
        world.change("UPDATE proposal SET state = 'waiting'")


def test_who_may_see_what(world: World, two: TwoPeople) -> None:
    proposal = two.ask_rights("mrodriguez", Role.CASHIER)
    agent, auditor = world.staff("otro"), world.staff("aud", [Role.AUDITOR])
    assert pending_approvals(agent, world.uow) == ()
    with pytest.raises(NotPermitted):
        two.see(proposal, agent)
    assert [row.request_id for row in pending_approvals(auditor, world.uow)] == [proposal]
    assert two.see(proposal, auditor).hash == "" and not two.see(proposal, auditor).decides
    assert pending_approvals(two.maker, world.uow)[0].own
    with pytest.raises(NotFound):
        two.see(uuid7())


def test_nothing_to_change_is_no_proposal(world: World, two: TwoPeople) -> None:
    with pytest.raises(InvalidInput):
        two.ask(ChangeRights("mrodriguez", rights(Role.CIS_AGENT, branch="001")))
    for name in ("single_limit", "daily_limit"):
        with pytest.raises(InvalidInput) as refused:
            two.ask_rights("mrodriguez", Role.CIS_AGENT, **{name: -1})
        assert refused.value.field == name
    assert world.scalar("SELECT count(*) FROM proposal") == 0


def test_disabling_takes_nobody_to_approve(world: World, two: TwoPeople) -> None:
    disable_staff(DisableStaff("mrodriguez", REASON), two.maker, world.uow)
    proposal = two.ask(EnablePerson("mrodriguez"))
    with pytest.raises(SignInRefused):
        sign_in(SignIn("mrodriguez", person_password(), None, "T-1"), world.uow)
    two.agree(proposal)
    assert sign_in(SignIn("mrodriguez", person_password(), None, "T-1"), world.uow).operator.roles


def person_password() -> Any:
    from data.secrets import Secret
    from tests.services.world import PASSWORD

    return Secret(PASSWORD)


def test_every_kind_names_rights_that_different_people_can_hold(world: World) -> None:
    for kind in KINDS.values():
        rules = world.uow.policy.operations
        assert rules[kind.asks].roles and rules[kind.gives].roles and rules[kind.gives].reauthenticate
