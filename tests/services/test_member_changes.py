"""What a supervisor approves from their own seat for a caller at N2: contact, reopening, credential (C10)."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.approval_inbox import pending_approvals
from services.approval_notices import OwnDecisions, own_decisions
from services.contacts import CancelChange, ChangeContact, cancel_change, change_contact
from services.errors import DataChanged, InvalidInput, NotPermitted, VerificationNeeded
from services.member_changes import AskContact, AskHalves, AskResume
from services.operator import Role
from services.policy import packaged_policy
from services.policy_changes import ChangePolicy
from services.proposal_families import KINDS, OF_COMMAND
from services.proposals import Agree, Propose, agree, propose
from services.records import OpenRecord, open_record
from services.staff_rights import ChangeRights, EnablePerson, ResetPerson
from services.temporary_passwords import match_temporary
from tests.services.two_people import TwoPeople, person, rights
from tests.services.world import World

REASON = "El asociado llamó desde su casa"
NEW = "nueva@example.com"


class Call:
    """A caller verified at N2 on the line of an agent, and a supervisor elsewhere."""

    def __init__(self, world: World, state: str = "activo") -> None:
        self.world = world
        self.agent, self.boss = world.staff(), world.staff("sgomez", [Role.SUPERVISOR], branch="002")
        self.member = world.member()
        more: dict[str, Any] = {"state_before_block": "activo"} if state == "suspendido" else {}
        world.access(self.member, state, **more)
        self.case = world.lease(self.agent, self.member, level=2, factors=("question", "code"))
        self.two = TwoPeople(world.uow, self.agent, self.boss)

    def ask(self, command: Any = None) -> str:
        return self.two.ask(command or AskContact(self.member, "email", NEW), reason=REASON)


@pytest.fixture
def call(world: World) -> Call:
    return Call(world)


def test_a_contact_waits_for_the_supervisor_and_then_its_hours(world: World, call: Call) -> None:
    with pytest.raises(VerificationNeeded):
        change_contact(ChangeContact(call.member, "email", NEW, REASON), call.agent, world.uow)
    asked = call.ask()
    assert world.scalar("SELECT count(*) FROM contact_change") == 0
    (row,) = pending_approvals(call.boss, world.uow)
    assert (row.title, row.number, row.member) == ("Cambio de contacto", "50012", "ITZEL P••••")
    seen = call.two.see(asked)
    assert seen.differences[0] == ("Correo", "s•••@example.com", "n•••@example.com")
    assert seen.evidence == "N2 · código de un solo uso, pregunta de seguridad" and seen.note == REASON
    waiting = open_record(OpenRecord(call.member), call.agent, world.uow)
    assert "Espera aprobación: Cambio de contacto (mrodriguez)" in waiting.pending
    call.two.agree(asked)
    (change,) = world.rows("SELECT new, state, staff_id FROM contact_change")
    assert change == {"new": NEW, "state": "waiting", "staff_id": call.agent.staff_id}
    event = world.events("contact.change")[-1]
    assert (event["result"], event["detail"]["made_by"], event["detail"]["second_person"]) == (
        "ok",
        "mrodriguez",
        "sgomez",
    )
    assert NEW not in json.dumps(world.events())
    assert own_decisions(OwnDecisions(world.clock.now()), call.agent, world.uow).told == (
        (asked, "Cambio de contacto, 50012: aprobada por sgomez."),
    )


@pytest.mark.parametrize("level", [0, 1])
def test_below_n2_nothing_is_asked_for(world: World, call: Call, level: int) -> None:
    world.change("UPDATE verification_lease SET level = :level", level=level)
    with pytest.raises(VerificationNeeded) as refused:
        call.ask()
    assert refused.value.level == 2
    assert world.scalar("SELECT count(*) FROM proposal") == 0


def test_a_suspended_access_is_reopened_by_two(world: World) -> None:
    call = Call(world, "suspendido")
    asked = call.ask(AskResume(call.member))
    assert world.scalar("SELECT state FROM access") == "suspendido"
    assert call.two.see(asked).differences == (("Acceso", "suspendido", "activo"),)
    call.two.agree(asked)
    assert world.scalar("SELECT state FROM access") == "activo"
    event = world.events("access.resume")[-1]
    assert (event["reason"], event["detail"]["second_person"]) == (REASON, "sgomez")
    with pytest.raises(InvalidInput):
        call.ask(AskResume(call.member))


@pytest.mark.parametrize("before", ["solicitado", "credencial_emitida", "activo"])
def test_a_credential_in_halves_that_nobody_has_whole(world: World, before: str) -> None:
    call = Call(world, before)
    first = propose(Propose(AskHalves(call.member), REASON, uuid7()), call.agent, world.uow)
    assert world.scalar("SELECT count(*) FROM temporary_credential") == 0
    second = call.two.agree(first.proposal_id).secret
    assert first.told is not None and second is not None
    whole = first.told.reveal() + second.reveal()
    assert len(whole) == world.uow.policy.credential.length
    for typed, found in ((whole, first.proposal_id), (first.told.reveal(), None), (second.reveal(), None)):
        assert match_temporary(call.member, Secret(typed), world.uow).credential_id == found
    kept = json.dumps(world.events()) + str(world.rows("SELECT * FROM proposal"))
    assert first.told.reveal() not in kept and second.reveal() not in kept
    assert world.scalar("SELECT state FROM access") == "credencial_emitida"
    assert world.events("credential.fallback")[-1]["detail"]["critical"] is True


def test_what_changed_meanwhile_is_asked_again(world: World, call: Call) -> None:
    asked = call.ask()
    shown = call.two.see(asked).hash
    world.change("UPDATE member SET email = 'tercera@example.com'")
    with pytest.raises(DataChanged):
        call.two.agree(asked, shown=shown)
    world.change("UPDATE member SET email = :new", new=NEW)
    with pytest.raises(InvalidInput):
        call.two.agree(asked, shown=shown)
    assert world.scalar("SELECT count(*) FROM contact_change") == 0


def test_two_asked_for_the_same_and_one_is_done(world: World, call: Call) -> None:
    one, other = call.ask(), call.ask(AskContact(call.member, "email", "otra@example.com"))
    call.two.agree(one)
    with pytest.raises(InvalidInput):
        call.two.agree(other, shown=str(world.scalar("SELECT prepared_hash FROM proposal WHERE id = :id", id=other)))
    world.lease(call.agent, call.member, level=3)
    cancel_change(CancelChange(call.member, "email", REASON), call.agent, world.uow)
    call.two.agree(other)


def test_relatives_and_the_member_themself_decide_nothing(world: World, call: Call) -> None:
    asked = call.ask()
    cousin = world.staff("prima", [Role.SUPERVISOR])
    world.relative(cousin, call.member)
    self = world.staff("itzel", [Role.SUPERVISOR], member_id=call.member)
    for operator in (cousin, self):
        assert pending_approvals(operator, world.uow) == ()
        with pytest.raises(NotPermitted):
            agree(Agree(asked, call.two.see(asked).hash), operator, world.uow)


SAMPLES: dict[type[Any], Callable[[World, int], Any]] = {
    AskContact: lambda _, member: AskContact(member, "phone", "6123-4567"),
    AskResume: lambda world, member: (world.change("UPDATE access SET state = 'suspendido'"), AskResume(member))[1],
    AskHalves: lambda world, member: (world.change("UPDATE access SET state = 'activo'"), AskHalves(member))[1],
    type(person()): lambda *_: person("nueva"),
    ChangeRights: lambda *_: ChangeRights("agente", rights(Role.CASHIER)),
    EnablePerson: lambda *_: EnablePerson("cerrado"),
    ResetPerson: lambda *_: ResetPerson("agente"),
    ChangePolicy: lambda *_: ChangePolicy(packaged_policy().decode().replace('"2026-11-23"', '"otra"', 1)),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_two_people_over_all_combinations_of_roles_in_one_person(sqlite_world: World, kind: Any) -> None:
    """Of each kind, by the policy's own table: who may ask asks, and with the same roles never decides it."""
    world = sqlite_world
    assert set(SAMPLES) == set(OF_COMMAND)
    world.staff("agente", sign_in=False)
    world.staff("cerrado", enabled=False, sign_in=False)
    world.staff("jefa", [Role.SUPERVISOR], sign_in=False)
    world.staff("otra", [Role.ADMINISTRATOR], sign_in=False)
    member, rules = world.member(), world.uow.policy.operations
    world.access(member, "activo", state_before_block="activo")
    command = next(make for type_, make in SAMPLES.items() if OF_COMMAND[type_] is kind)(world, member)
    asked = 0
    for many in range(1, len(Role) + 1):
        for roles in combinations(Role, many):
            maker = world.staff(f"u{sum(1 << list(Role).index(role) for role in roles)}", roles)
            world.lease(maker, member, level=2)
            two = TwoPeople(world.uow, maker, maker)
            if rules[kind.asks].roles.isdisjoint(roles):
                with pytest.raises(NotPermitted):
                    two.ask(command)
                continue
            proposal = two.ask(command)
            hashed = str(world.scalar("SELECT prepared_hash FROM proposal WHERE id = :id", id=proposal))
            assert two.see(proposal).hash == ""
            with pytest.raises(NotPermitted):
                two.agree(proposal, shown=hashed)
            asked += 1
    expected = sum(
        1
        for many in range(1, len(Role) + 1)
        for roles in combinations(Role, many)
        if not rules[kind.asks].roles.isdisjoint(roles)
    )
    assert asked == expected > 0
    assert world.scalar("SELECT count(*) FROM proposal WHERE state <> 'waiting'") == 0
