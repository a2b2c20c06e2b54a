"""Sessions, leases and look-ups turned against the cooperative: each of these once worked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from data.secrets import Secret
from services import verification as v
from services.errors import CoopError, NotFound, RateLimited, SessionEnded, VerificationNeeded
from services.lookup import Find, find
from services.notes import AddNote, ListNotes, add_note, list_notes
from services.operations import Op
from services.operator import Channel, Operator, Role
from services.payments import PreparePayment, prepare
from services.policy import PolicyError, load_policy
from services.records import OpenRecord, open_record, refresh_record
from services.timeline import MemberTimeline, member_timeline
from tests.services.callers import answer_all, caller, check, give_answers, reach_two, say, send, wait
from tests.services.world import World

# ---------------------------------------------------------------- a session is one person's, at one desk


@pytest.mark.parametrize(
    "forged",
    [
        {"actor": "staff:2"},
        {"actor": "system"},
        {"username": "supervisora"},
        {"channel": Channel.BRANCH},
        {"branch": "018"},
        {"terminal": "T-9"},
    ],
)
def test_a_session_carries_nobody_else(world: World, forged: dict[str, str]) -> None:
    agent, member = caller(world)
    world.staff("supervisora", [Role.SUPERVISOR])
    with pytest.raises(SessionEnded):
        open_record(OpenRecord(member), replace(agent, **forged), world.uow)
    assert world.events("record.view")[-1]["result"] == "refused"


def test_a_colleagues_key_opens_no_lease(world: World) -> None:
    agent, member = caller(world)
    one, two = world.account(member, balance=100_00), world.account(member)
    reach_two(world, agent, member)
    other = world.staff("jcastillo", [Role.CASHIER])
    wanted = PreparePayment(Op.TRANSFER_OWN, member, one, two, 1_00)
    with pytest.raises(VerificationNeeded):
        prepare(wanted, other, world.uow)
    with pytest.raises(SessionEnded):
        prepare(wanted, replace(other, session_id=agent.session_id), world.uow)


def test_in_person_is_not_claimed_from_the_service_centre(world: World) -> None:
    agent, member = caller(world)
    with pytest.raises(SessionEnded):
        v.in_person(v.InPerson(member, "8-700-50012"), replace(agent, channel=Channel.BRANCH), world.uow)


def test_a_lease_ends_with_its_case_however_the_case_ended(world: World) -> None:
    """A step that commits just after the case was closed leaves a lease that opens nothing."""
    agent, member = caller(world)
    one, two = world.account(member, balance=100_00), world.account(member)
    reach_two(world, agent, member)
    world.change("UPDATE service_case SET closed_at = :now", now=world.clock.now().isoformat())
    with pytest.raises(VerificationNeeded):
        prepare(PreparePayment(Op.TRANSFER_OWN, member, one, two, 1_00), agent, world.uow)


# ---------------------------------------------------------------- the caller has hung up


def test_what_the_agent_heard_once_keeps_nobody_verified(world: World) -> None:
    agent, member = caller(world)
    state = reach_two(world, agent, member)
    ends = state.lease_expires_at
    position = state.questions[0].position
    wait(world, minutes=14)
    assert say(world, agent, member, position).lease_expires_at == ends
    wait(world, minutes=1)
    assert v.begin(v.BeginVerification(member), agent, world.uow).level == 0


def test_a_call_back_that_is_only_claimed_again_renews_nothing(world: World) -> None:
    agent, member = caller(world)
    reach_two(world, agent, member)
    v.callback_number(v.CallbackNumber(member), agent, world.uow)
    ends = v.callback(v.CallbackDone(member, True), agent, world.uow).lease_expires_at
    wait(world, minutes=5)
    assert v.callback(v.CallbackDone(member, True), agent, world.uow).lease_expires_at == ends


def test_a_new_code_renews(world: World) -> None:
    agent, member = caller(world)
    reach_two(world, agent, member)
    wait(world, minutes=10)
    state = check(world, agent, member, send(world, agent, member))
    assert (state.level, state.lease_expires_at) == (2, world.clock.now() + timedelta(minutes=15))


# ---------------------------------------------------------------- fishing for an easier question


def drawn(world: World, agent: Operator, member: int) -> tuple[int, ...]:
    state = v.begin(v.BeginVerification(member), agent, world.uow)
    return tuple(question.position for question in state.questions)


def test_opening_the_record_again_draws_the_same_questions(world: World) -> None:
    agent, member = world.staff(), world.member()
    other, elsewhere = world.staff("jcastillo", [Role.CASHIER]), world.member("50013")
    give_answers(world, member)
    open_record(OpenRecord(member), agent, world.uow)
    first = drawn(world, agent, member)
    for desk in (agent, other) * 5:
        open_record(OpenRecord(elsewhere), desk, world.uow)
        open_record(OpenRecord(member), desk, world.uow)
        assert drawn(world, desk, member) == first


def test_new_answers_or_another_day_draw_anew(sqlite_world: World) -> None:
    world = sqlite_world
    agent, member = caller(world)
    world.change("UPDATE service_case SET questions = '1 2'")
    found = set()
    for _ in range(30):
        wait(world, minutes=1)
        give_answers(world, member)
        world.change("UPDATE service_case SET closed_at = opened_at WHERE closed_at IS NULL")
        world.case(agent, member)
        found.add(drawn(world, agent, member))
    assert len(found) == 3


# ---------------------------------------------------------------- walking through the members by their ids


def test_records_are_not_walked_by_id(world: World) -> None:
    agent = world.staff()
    members = [world.member(str(50100 + number)) for number in range(32)]
    for member in members[:30]:
        open_record(OpenRecord(member), agent, world.uow)
    for look in (
        lambda member: open_record(OpenRecord(member), agent, world.uow),
        lambda member: refresh_record(OpenRecord(member), agent, world.uow),
        lambda member: member_timeline(MemberTimeline(member), agent, world.uow),
        lambda member: list_notes(ListNotes(member), agent, world.uow),
    ):
        with pytest.raises(RateLimited):
            look(members[30])
    assert world.events("record.view")[-1]["reason"] == "rate_limited"
    assert open_record(OpenRecord(members[0]), agent, world.uow).member_id == members[0], "seen already"
    other = world.staff("jcastillo", [Role.CASHIER])
    assert open_record(OpenRecord(members[30]), other, world.uow), "everybody has their own count"
    wait(world, minutes=10, seconds=1)
    assert open_record(OpenRecord(members[31]), agent, world.uow)


def test_looking_at_ids_that_nobody_has_tells_nothing_and_is_recorded(world: World) -> None:
    agent = world.staff()
    with pytest.raises(NotFound):
        open_record(OpenRecord(987654), agent, world.uow)
    assert world.events("record.view")[-1]["result"] == "refused"


# ---------------------------------------------------------------- what may be read where it should not


def test_no_command_shows_what_it_carries(sqlite_world: World) -> None:
    secret = "Secreto-Plantado-77"
    commands = (
        v.AnswerQuestion(1, 1, Secret(secret)),
        v.CheckCode(1, Secret(secret)),
        v.CheckRecord(1, secret, secret, secret),
        v.InPerson(1, secret),
        v.SecondPerson(1, "supervisora", Secret(secret), Secret(secret)),
        v.CallbackTarget(secret),
        AddNote(1, secret),
        Find(secret),
    )
    assert not any(secret in repr(command) for command in commands)


def test_a_fault_of_the_database_does_not_quote_values(world: World) -> None:
    secret = "Secreto-Plantado-77"
    with pytest.raises(Exception) as raised:
        world.change("INSERT INTO member_note (member_id, staff_id, at, text, x) VALUES (1, 1, 'y', :t, 1)", t=secret)
    assert secret not in str(raised.value)


def test_no_event_holds_a_whole_cedula_or_a_contact(world: World) -> None:
    agent, member = caller(world, channel=Channel.CIS)
    answer_all(world, agent, member)
    find(Find("8-700-50012"), agent, world.uow)
    add_note(AddNote(member, "Dice que su cédula es 8-700-50012"), agent, world.uow)
    for act in (
        lambda: v.check_record(v.CheckRecord(member, "50012", "8-700-50012", "14/02/1986"), agent, world.uow),
        lambda: v.in_person(v.InPerson(member, "8-700-50012"), agent, world.uow),
    ):
        with pytest.raises(CoopError):
            act()
    send(world, agent, member)
    told = str(world.events())
    assert "8-700-50012" not in told and "socio50012@" not in told and "+5076" not in told


# ---------------------------------------------------------------- the policy


@pytest.mark.parametrize(
    ("line", "weak"),
    [
        ("failures_before_lock = 5", "failures_before_lock = 0"),
        ("code_tries = 3", "code_tries = 0"),
        ("questions_drawn = 2", "questions_drawn = 0"),
        ("length = 12", "length = 8"),
        ("password_min_alone = 15", "password_min_alone = 4"),
        ("flags_for_supervisor = 2", "flags_for_supervisor = true"),
        ('second_factor_roles = ["supervisor",', 'second_factor_roles = ["supervisora",'),
    ],
)
def test_a_policy_that_guards_nothing_is_refused(tmp_path, line: str, weak: str) -> None:  # type: ignore[no-untyped-def]
    from importlib.resources import files

    shipped = (files("data") / "catalog" / "policy.toml").read_text(encoding="utf-8")
    assert line in shipped
    path = tmp_path / "policy.toml"
    path.write_text(shipped.replace(line, weak), "utf-8")
    with pytest.raises(PolicyError):
        load_policy(path)
