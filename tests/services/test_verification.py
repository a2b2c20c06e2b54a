"""Verifying the caller: levels, failures over all desks, blocks, leases, flags (req. 16–24, C1–C7)."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations, product

import pytest

from data.secrets import Secret
from services import authorisation
from services import verification as v
from services.errors import (
    ContactMissing,
    ContactTooRecent,
    InvalidInput,
    NotFound,
    NotPermitted,
    ReauthenticationNeeded,
    SecondFactorNeeded,
    SessionLocked,
    SignInRefused,
    VerificationBlocked,
    VerificationNeeded,
)
from services.operations import Op
from services.operator import Channel, Operator, Role
from services.verification_state import level_of, missing_for
from tests.services.callers import (
    answer_all,
    caller,
    check,
    give_answers,
    reach_two,
    say,
    send,
    set_member,
    wait,
    wrong,
)
from tests.services.world import PASSWORD, World

BLOCKED = "Verificación bloqueada. El asociado debe presentarse en sucursal."


def begin(world: World, agent: Operator, member: int) -> v.VerificationState:
    return v.begin(v.BeginVerification(member), agent, world.uow)


def record(world: World, agent: Operator, member: int, **changes: str) -> v.VerificationState:
    said = {"number": "50012", "cedula": "8-700-50012", "birth_date": "14/02/1986"} | changes
    return v.check_record(v.CheckRecord(member, **said), agent, world.uow)


def seen(world: World, agent: Operator, member: int, cedula: str = "8-700-50012") -> v.VerificationState:
    return v.in_person(v.InPerson(member, cedula), agent, world.uow)


def second(world: World, agent: Operator, member: int, username: str = "sgomez") -> v.VerificationState:
    return v.second_person(v.SecondPerson(member, username, Secret(PASSWORD), world.code()), agent, world.uow)


def may(world: World, agent: Operator, member: int, op: Op) -> bool:
    """Whether authorisation lets the operation through now."""
    try:
        with world.uow.begin(agent, op, member_id=member):
            return True
    except VerificationNeeded:
        return False


# ---------------------------------------------------------------- levels


ALL = ("question", "record", "in_person", "code", "callback", "second_person")


SETS = [frozenset(chosen) for size in range(7) for chosen in combinations(ALL, size)]


@pytest.mark.parametrize("code_possible", [True, False])
def test_levels_are_those_of_the_rule(code_possible: bool) -> None:
    for had in SETS:
        base = bool(had & {"question", "in_person"})
        two = "code" in had and (base or "record" in had)
        three = two and bool(had & {"in_person", "callback", "second_person"})
        alone = not code_possible and {"in_person", "second_person"} <= had
        expected = 3 if three or alone else 2 if two else int(base)
        assert level_of(had, code_possible=code_possible) == expected, had


def test_what_is_missing_is_named_for_every_level_above() -> None:
    for had, has_questions, possible in product(SETS, (True, False), (True, False)):
        level = level_of(had, code_possible=possible)
        told = missing_for(had, level, has_questions=has_questions, code_possible=possible)
        assert set(told) == set(range(level + 1, 4)) and "verificar de nuevo" not in told.values()


def test_from_nothing_to_everything(world: World) -> None:
    agent, member = caller(world)
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    state = begin(world, agent, member)
    assert (state.level, state.lease_expires_at, state.tries_left, state.blocked) == (0, None, 3, False)
    assert state.missing_for[1] == authorisation.FACTOR_NAMES[1]
    assert not may(world, agent, member, Op.BALANCES_VIEW)
    state = answer_all(world, agent, member)
    assert state.level == 1 and set(state.missing_for) == {2, 3}
    assert state.missing_for[2] == "código de un solo uso al correo o celular registrado"
    assert may(world, agent, member, Op.BALANCES_VIEW) and not may(world, agent, member, Op.TRANSFER_OWN)
    state = check(world, agent, member, send(world, agent, member))
    assert state.level == 2 and may(world, agent, member, Op.TRANSFER_OWN)
    assert not may(world, agent, member, Op.ACCESS_ACTIVATE)
    state = second(world, agent, member)
    assert (state.level, state.factors) == (3, ("code", "question", "second_person"))
    assert may(world, agent, member, Op.ACCESS_ACTIVATE) and dict(state.missing_for) == {}
    assert [event["result"] for event in world.events("verification.step")] == ["passed"] * 4
    assert len(world.events("lease.grant")) == 1 and len(world.events("lease.renew")) == 2


def test_the_code_may_come_first(world: World) -> None:
    agent, member = caller(world)
    assert check(world, agent, member, send(world, agent, member)).level == 0
    assert answer_all(world, agent, member).level == 2


def test_another_agent_has_nothing_of_it(world: World) -> None:
    agent, member = caller(world)
    reach_two(world, agent, member)
    colleague = world.staff("jcastillo")
    world.case(colleague, member)
    assert begin(world, colleague, member).level == 0
    assert not may(world, colleague, member, Op.BALANCES_VIEW)
    assert not may(world, agent, world.member("50013"), Op.BALANCES_VIEW)


def test_without_an_open_case_nothing_begins(world: World) -> None:
    agent, member = world.staff(), world.member()
    give_answers(world, member)
    for step in (
        lambda: begin(world, agent, member),
        lambda: say(world, agent, member, 1),
        lambda: send(world, agent, member),
    ):
        with pytest.raises(InvalidInput) as refused:
            step()
        assert "Abra la ficha" in refused.value.user_text
    with pytest.raises(NotFound):
        begin(world, agent, 999)


def test_who_may_not_verify(world: World) -> None:
    agent, member = caller(world)
    auditor = world.staff("auditora", [Role.AUDITOR])
    with pytest.raises(NotPermitted):
        begin(world, auditor, member)
    world.relative(agent, member)
    with pytest.raises(NotPermitted):
        say(world, agent, member, 1)


# ---------------------------------------------------------------- failures and the block


def test_three_wrong_answers_over_two_agents_block(world: World) -> None:
    agent, member = caller(world)
    colleague = world.staff("jcastillo")
    world.case(colleague, member)
    world.change("UPDATE service_case SET questions = '1 2'")
    first = say(world, agent, member, 1, "Equivocada")
    assert (first.outcome, first.tries_left, first.questions[0].passed) == ("failed", 2, False)
    assert first.message == "La respuesta no coincide. Quedan 2 intentos."
    assert say(world, colleague, member, 2, "Equivocada").message.endswith("Queda 1 intento.")
    answered = say(world, colleague, member, 1)
    assert (answered.outcome, answered.tries_left) == ("passed", 1)
    last = say(world, agent, member, 1, "Equivocada")
    assert (last.blocked, last.tries_left) == (True, 0) and last.message.endswith(BLOCKED)
    assert len(world.events("verification.block")) == 1
    for desk in (agent, colleague):
        for step in (
            lambda desk=desk: say(world, desk, member, 1),
            lambda desk=desk: send(world, desk, member),
            lambda desk=desk: check(world, desk, member, "123456"),
        ):
            with pytest.raises((VerificationBlocked, InvalidInput)) as refused:
                step()
            assert refused.value.user_text == BLOCKED
    shown = begin(world, agent, member)
    assert shown.blocked and all(offer.reason_disabled for offer in shown.offers if offer.kind != "in_person")


def test_failures_of_every_kind_count_together(world: World) -> None:
    agent, member = caller(world, answers=False, channel=Channel.BRANCH)
    assert record(world, agent, member, birth_date="15/02/1986").tries_left == 2
    assert seen(world, agent, member, "8-700-1").tries_left == 1
    state = check(world, agent, member, wrong(send(world, agent, member)))
    assert state.blocked and world.scalar("SELECT count(*) FROM verification_block") == 1


def test_a_failure_stays_even_though_the_call_went_on(world: World) -> None:
    agent, member = caller(world)
    world.change("UPDATE service_case SET questions = '1 2'")
    say(world, agent, member, 1, "Equivocada")
    assert world.scalar("SELECT count(*) FROM verification_factor WHERE result = 'failed'") == 1
    (event,) = world.events("verification.step")
    assert (event["result"], event["detail"]) == ("failed", {"kind": "question", "detail": "1"})


def test_failures_are_forgotten_after_24_hours_to_the_second(world: World) -> None:
    agent, member = caller(world)
    world.change("UPDATE service_case SET questions = '1 2'")
    say(world, agent, member, 1, "Equivocada")
    say(world, agent, member, 1, "Equivocada")
    wait(world, hours=23, minutes=59, seconds=59)
    assert begin(world, agent, member).tries_left == 1
    wait(world, seconds=1)
    assert begin(world, agent, member).tries_left == 3
    assert not say(world, agent, member, 1, "Equivocada").blocked


def test_a_block_does_not_go_away_by_itself(world: World) -> None:
    agent, member = blocked(world)
    wait(world, days=3)
    with pytest.raises(VerificationBlocked):
        say(world, agent, member, 1)


def blocked(world: World, channel: Channel = Channel.CIS) -> tuple[Operator, int]:
    agent, member = caller(world, channel=channel)
    world.change("UPDATE service_case SET questions = '1 2'")
    for _ in range(3):
        say(world, agent, member, 1, "Equivocada")
    return agent, member


def test_a_block_ends_what_was_open_at_every_desk_except_in_person(world: World) -> None:
    agent, member = caller(world)
    reach_two(world, agent, member)
    cashier = world.staff("jcastillo", [Role.CASHIER], channel=Channel.BRANCH)
    world.case(cashier, member)
    assert seen(world, cashier, member).level == 1
    caller_two = world.staff("apitti")
    world.case(caller_two, member)
    world.change("UPDATE service_case SET questions = '1 2'")
    for _ in range(3):
        state = say(world, caller_two, member, 1, "Equivocada")
    assert state.blocked
    assert not may(world, agent, member, Op.BALANCES_VIEW) and may(world, cashier, member, Op.BALANCES_VIEW)
    assert begin(world, agent, member).factors == () and begin(world, cashier, member).level == 1
    assert check(world, cashier, member, send(world, cashier, member)).level == 3, "in the branch it goes on"


def test_in_the_branch_the_block_does_not_hold_but_guesses_end(world: World) -> None:
    cashier, member = blocked(world, Channel.BRANCH)
    with pytest.raises(VerificationBlocked):
        send(world, cashier, member)
    for _ in range(3):
        assert seen(world, cashier, member, "8-1-1").outcome == "failed"
    with pytest.raises(VerificationBlocked) as refused:
        seen(world, cashier, member)
    assert "supervisor" in refused.value.user_text


def test_a_supervisor_lifts_the_block_with_a_reason_and_a_fresh_password(world: World) -> None:
    agent, member = blocked(world)
    boss = world.staff("sgomez", [Role.SUPERVISOR])
    lift = v.UnblockVerification(member, "Se identificó en la sucursal")
    with pytest.raises(NotPermitted):
        v.unblock(lift, agent, world.uow)
    with pytest.raises(InvalidInput):
        v.unblock(v.UnblockVerification(member, "  .. "), boss, world.uow)
    state = v.unblock(lift, boss, world.uow)
    assert (state.blocked, state.tries_left, state.case_id, state.questions) == (False, 3, "", ())
    assert world.events("verification.unblock")[-1]["reason"] == "Se identificó en la sucursal"
    assert answer_all(world, agent, member).level == 1
    with pytest.raises(InvalidInput):
        v.unblock(lift, boss, world.uow)
    world.clock.advance(minutes=4, seconds=59)
    world.case(boss, member)
    begin(world, boss, member)
    world.clock.advance(minutes=1)
    with pytest.raises(ReauthenticationNeeded):
        v.unblock(lift, boss, world.uow)


def test_parallel_guesses_are_counted_one_by_one(world: World) -> None:
    from threading import Barrier, Thread

    _, member = caller(world)
    agents = [world.staff(f"agente{number}") for number in range(6)]
    for agent in agents:
        world.case(agent, member)
    world.change("UPDATE service_case SET questions = '1 2'")
    barrier = Barrier(len(agents))
    ended: list[str] = []

    def guess(agent: Operator) -> None:
        barrier.wait()
        try:
            ended.append(say(world, agent, member, 1, "Equivocada").outcome or "")
        except VerificationBlocked:
            ended.append("blocked")

    threads = [Thread(target=guess, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["blocked"] * 3 + ["failed"] * 3
    assert world.scalar("SELECT count(*) FROM verification_block") == 1


# ---------------------------------------------------------------- record, in person


def test_the_record_stands_in_only_while_there_are_no_questions(world: World) -> None:
    agent, member = caller(world, answers=False)
    state = record(world, agent, member)
    assert (state.outcome, state.level, state.factors, state.has_questions) == ("passed", 0, ("record",), False)
    assert not may(world, agent, member, Op.BALANCES_VIEW), "it identifies and proves nothing"
    state = check(world, agent, member, send(world, agent, member, "phone"))
    assert state.level == 2
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    assert second(world, agent, member).level == 3
    give_answers(world, member)
    with pytest.raises(InvalidInput):
        record(world, agent, member)


@pytest.mark.parametrize(
    "changes", [{"number": "50013"}, {"cedula": "8-700-1"}, {"birth_date": "14/02/1987"}, {"number": "050012"}]
)
def test_one_wrong_datum_is_a_failure_and_not_told_which(sqlite_world: World, changes: dict[str, str]) -> None:
    agent, member = caller(sqlite_world, answers=False)
    state = record(sqlite_world, agent, member, **changes)
    assert state.message == "Los datos no coinciden con el expediente. Quedan 2 intentos."


def test_the_record_is_compared_however_it_is_spelt(sqlite_world: World) -> None:
    agent, member = caller(sqlite_world, answers=False)
    state = record(sqlite_world, agent, member, number=" 50012 ", cedula="08–0700–050012", birth_date="14-2-1986")
    assert state.outcome == "passed"
    for bad in ({"cedula": "87001"}, {"birth_date": "31/02/1986"}, {"birth_date": "14/02/2030"}):
        with pytest.raises(InvalidInput):
            record(sqlite_world, agent, member, **bad)
    assert begin(sqlite_world, agent, member).tries_left == 3, "what is no cédula or date is no try"


def test_in_person_only_where_a_person_can_stand(world: World) -> None:
    agent, member = caller(world)
    with pytest.raises(NotPermitted):
        seen(world, agent, member)
    for channel in (Channel.BRANCH, Channel.CHAPTER):
        cashier = world.staff(f"en-{channel.value}", [Role.CASHIER], channel=channel)
        world.case(cashier, member)
        assert seen(world, cashier, member, " 08-0700-050012 ").level == 1
    assert world.events("caller.verify")[0]["result"] == "refused"


def test_a_member_without_contacts_needs_two_people_in_the_branch(world: World) -> None:
    cashier, member = caller(world, answers=False, channel=Channel.BRANCH, email=None, phone="+5072050911")
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    record(world, cashier, member)
    with pytest.raises(VerificationNeeded):
        second(world, cashier, member)
    assert seen(world, cashier, member).level == 1
    assert second(world, cashier, member).level == 3


def test_a_contact_that_is_too_recent_does_not_open_that_way(world: World) -> None:
    cashier, member = caller(world, channel=Channel.BRANCH, phone=None, email_since=world.clock.now())
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    seen(world, cashier, member)
    with pytest.raises(VerificationNeeded):
        second(world, cashier, member)


# ---------------------------------------------------------------- callback, second person


def test_callback_needs_n2_and_the_number_that_was_shown(world: World) -> None:
    agent, member = caller(world)
    answer_all(world, agent, member)
    for step in (
        lambda: v.callback_number(v.CallbackNumber(member), agent, world.uow),
        lambda: v.callback(v.CallbackDone(member, True), agent, world.uow),
    ):
        with pytest.raises(VerificationNeeded) as refused:
            step()
        assert refused.value.level == 2
    check(world, agent, member, send(world, agent, member))
    with pytest.raises(InvalidInput):
        v.callback(v.CallbackDone(member, True), agent, world.uow)
    target = v.callback_number(v.CallbackNumber(member), agent, world.uow)
    assert target.number == "6005-0012" and "6005" not in repr(target)
    assert len(world.events("verification.callback_number")) == 1
    state = v.callback(v.CallbackDone(member, False), agent, world.uow)
    assert (state.outcome, state.level, state.tries_left) == ("failed", 2, 3), "not answered is no guess"
    assert v.callback(v.CallbackDone(member, True), agent, world.uow).level == 3


def test_callback_only_to_a_number_that_has_been_there(world: World) -> None:
    agent, member = caller(world)
    reach_two(world, agent, member)
    set_member(world, member, phone_since=world.clock.now() - timedelta(hours=72) + timedelta(seconds=1))
    with pytest.raises(ContactTooRecent):
        v.callback_number(v.CallbackNumber(member), agent, world.uow)
    set_member(world, member, phone=None)
    with pytest.raises(ContactMissing):
        v.callback_number(v.CallbackNumber(member), agent, world.uow)


def test_who_may_not_be_the_second_person(world: World) -> None:
    agent, member = caller(world)
    boss = world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    world.staff("jcastillo", sign_in=False)
    with pytest.raises(VerificationNeeded):
        second(world, agent, member)
    assert world.events("second_person.give") == [], "below N2 no password is looked at"
    reach_two(world, agent, member)
    with pytest.raises(NotPermitted):
        second(world, agent, member, "jcastillo")
    with pytest.raises(NotPermitted):
        second(world, agent, member, agent.username)
    with pytest.raises(SignInRefused):
        v.second_person(v.SecondPerson(member, "sgomez", Secret("otra frase cualquiera")), agent, world.uow)
    with pytest.raises(SecondFactorNeeded):
        v.second_person(v.SecondPerson(member, "sgomez", Secret(PASSWORD)), agent, world.uow)
    world.relative(boss, member)
    with pytest.raises(NotPermitted) as refused:
        second(world, agent, member)
    assert "familiar" in refused.value.user_text and begin(world, agent, member).level == 2
    world.staff("dperez", [Role.SUPERVISOR], sign_in=False, member_id=member)
    with pytest.raises(NotPermitted):
        second(world, agent, member, "dperez")


# ---------------------------------------------------------------- the lease


def test_a_lease_lasts_fifteen_minutes_to_the_second(world: World) -> None:
    agent, member = caller(world)
    state = reach_two(world, agent, member)
    assert state.lease_expires_at == world.clock.now() + timedelta(minutes=15)
    wait(world, minutes=14, seconds=59)
    assert may(world, agent, member, Op.TRANSFER_OWN) and begin(world, agent, member).level == 2
    wait(world, seconds=1)
    assert not may(world, agent, member, Op.BALANCES_VIEW)
    state = begin(world, agent, member)
    assert (state.level, state.factors, [question.passed for question in state.questions]) == (0, (), [None, None])


def test_after_it_ran_out_everything_is_proven_anew(world: World) -> None:
    agent, member = caller(world)
    state = reach_two(world, agent, member)
    wait(world, minutes=15)
    drawn = [question.position for question in state.questions]
    assert say(world, agent, member, drawn[0]).level == 0
    assert say(world, agent, member, drawn[1]).level == 1, "the code of before counts no more"


def test_each_passed_step_renews_and_a_look_does_not(world: World) -> None:
    agent, member = caller(world)
    answer_all(world, agent, member)
    wait(world, minutes=10)
    begin(world, agent, member)
    send(world, agent, member)
    wait(world, minutes=4)
    state = check(world, agent, member, send(world, agent, member))
    assert (state.level, state.lease_expires_at) == (2, world.clock.now() + timedelta(minutes=15))
    wait(world, minutes=14)
    assert say(world, agent, member, state.questions[0].position, "Equivocada").lease_expires_at == (
        world.clock.now() + timedelta(minutes=1)
    ), "a failure renews nothing"


def test_steps_that_opened_nothing_yet_wait_fifteen_minutes(world: World) -> None:
    agent, member = caller(world)
    world.change("UPDATE service_case SET questions = '1 2'")
    say(world, agent, member, 1)
    wait(world, minutes=15)
    assert say(world, agent, member, 2).level == 0
    wait(world, minutes=14)
    assert say(world, agent, member, 1).level == 1


def test_an_old_step_is_not_revived_by_a_new_lease(world: World) -> None:
    cashier, member = caller(world, channel=Channel.BRANCH)
    assert check(world, cashier, member, send(world, cashier, member)).level == 0
    wait(world, minutes=20)
    assert seen(world, cashier, member).level == 1
    assert seen(world, cashier, member).level == 1, "the code of twenty minutes ago is not part of it"


def test_lock_sign_out_and_case_close_end_it_at_once(world: World) -> None:
    agent, member = caller(world)
    state = reach_two(world, agent, member)
    with world.uow.begin_system(agent) as tx:
        assert v.end_leases(tx, agent.session_id, "lock") == 1
        tx.record("staff.lock_screen")
        tx.commit()
    assert not may(world, agent, member, Op.BALANCES_VIEW)
    again = begin(world, agent, member)
    assert (again.level, again.factors) == (0, ())
    assert say(world, agent, member, state.questions[0].position).level == 0
    assert world.rows("SELECT end_reason FROM verification_lease") == [{"end_reason": "lock"}]


def test_half_a_verification_ends_with_the_lock_too(world: World) -> None:
    agent, member = caller(world)
    world.change("UPDATE service_case SET questions = '1 2'")
    say(world, agent, member, 1)
    with world.uow.begin_system(agent) as tx:
        v.end_leases(tx, agent.session_id, "lock")
        tx.record("staff.lock_screen")
        tx.commit()
    assert say(world, agent, member, 2).level == 0


def test_a_locked_station_verifies_nobody(world: World) -> None:
    agent, member = caller(world)
    world.clock.advance(minutes=5, seconds=1)
    with pytest.raises(SessionLocked):
        say(world, agent, member, 1)


# ---------------------------------------------------------------- red flags


def test_one_flag_lifts_the_level_and_two_want_a_supervisor(world: World) -> None:
    agent, member = caller(world)
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    reach_two(world, agent, member)
    assert may(world, agent, member, Op.TRANSFER_OWN)
    state = v.set_flags(v.SetFlags(member, ("urgencia",)), agent, world.uow)
    assert state.flags_on == 1 and not may(world, agent, member, Op.TRANSFER_OWN)
    assert may(world, agent, member, Op.BALANCES_VIEW)
    v.callback_number(v.CallbackNumber(member), agent, world.uow)
    assert v.callback(v.CallbackDone(member, True), agent, world.uow).level == 3
    assert may(world, agent, member, Op.TRANSFER_OWN)
    v.set_flags(v.SetFlags(member, ("urgencia", "tercero-apunta")), agent, world.uow)
    assert not may(world, agent, member, Op.TRANSFER_OWN)
    second(world, agent, member)
    assert may(world, agent, member, Op.TRANSFER_OWN)
    changes = [event["detail"] for event in world.events("verification.flags")]
    assert [change["after"] for change in changes] == [["urgencia"], ["urgencia", "tercero-apunta"]]


def test_only_flags_of_the_list_that_are_the_agents_to_tick(world: World) -> None:
    agent, member = caller(world)
    for flags in (("no-existe",), ("contacto-reciente",), ("urgencia", "x y")):
        with pytest.raises(InvalidInput):
            v.set_flags(v.SetFlags(member, flags), agent, world.uow)
    assert len(begin(world, agent, member).flags) >= 8


@pytest.mark.parametrize("column", ["email_since", "phone_since"])
def test_a_recent_contact_raises_a_flag_that_nobody_takes_back(world: World, column: str) -> None:
    agent, member = caller(world, **{column: world.clock.now() - timedelta(hours=72) + timedelta(seconds=1)})
    state = v.set_flags(v.SetFlags(member, ()), agent, world.uow)
    (flag,) = [flag for flag in state.flags if flag.on]
    assert (flag.id, flag.automatic) == ("contacto-reciente", True)
    world.clock.advance(seconds=1)
    assert begin(world, agent, member).flags_on == 0
    assert [event["detail"]["after"] for event in world.events("case.flag")] == [["contacto-reciente"], []]


def test_a_change_that_waits_is_a_recent_contact_too(world: World) -> None:
    from sqlalchemy import insert

    from data.engine import writing
    from data.tables import ContactChange

    agent, member = caller(world)
    now = world.clock.now()
    with writing(world.engine).begin() as connection:
        connection.execute(
            insert(ContactChange).values(
                member_id=member,
                field="email",
                new="n@example.com",
                state="waiting",
                requested_at=now,
                effective_at=now,
            )
        )
    assert [flag.id for flag in begin(world, agent, member).flags if flag.on] == ["contacto-reciente"]


def test_failures_in_other_contacts_raise_a_flag(world: World) -> None:
    agent, member = caller(world)
    world.change("UPDATE service_case SET questions = '1 2'")
    say(world, agent, member, 1, "Equivocada")
    assert begin(world, agent, member).flags_on == 0
    say(world, agent, member, 1, "Equivocada")
    assert begin(world, agent, member).flags_on == 0, "one's own slips in this call are no sign"
    colleague = world.staff("jcastillo")
    world.case(colleague, member)
    assert [flag.id for flag in begin(world, colleague, member).flags if flag.on] == ["intentos-fallidos"]


def test_a_state_shows_no_contact_and_no_cedula(world: World) -> None:
    agent, member = caller(world)
    shown = repr(reach_two(world, agent, member))
    for hidden in ("socio50012@", "60050012", "6005-0012", "8-700-50012", "Samudio"):
        assert hidden not in shown
    assert "s•••@example.com" in shown
