"""Any order of steps, waits, locks and changes of member: a lease never opens more than was proven (C7, req. 24)."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import event

from data.secrets import Hasher, Secrets
from services import authorisation
from services import verification as v
from services.errors import CoopError, InvalidInput, NotPermitted, VerificationBlocked, VerificationNeeded
from services.operator import Channel, Role
from services.verification_state import complete_factors, level_of
from tests.services.callers import caller, check, give_answers, say, send, wait, wrong
from tests.services.world import World

QUARTER = timedelta(minutes=15)
#: What may stop a step, by name: the state of the case, the channel, the level, the block, five codes a case.
REFUSALS = (InvalidInput, NotPermitted, VerificationNeeded, VerificationBlocked, CoopError)
Step = tuple[datetime, str, str | None]


class Leases(RuleBasedStateMachine):
    """Two desks, two members. `proven` is the test's own notebook of what each desk saw since its last break."""

    folder: Path
    template: Path
    secrets: Secrets
    hasher: Hasher
    count = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).count += 1
        path = self.folder / f"coop{self.count}.db"
        shutil.copyfile(self.template, path)
        self.world = World(f"sqlite:///{path.as_posix()}", self.secrets, self.hasher)
        event.listen(self.world.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        agent, first = caller(self.world)
        second = self.world.member("50013")
        give_answers(self.world, second)
        cashier = self.world.staff("jcastillo", [Role.CASHIER], channel=Channel.BRANCH)
        self.world.case(cashier, first)
        self.members = [first, second]
        self.cedulas = {first: "8-700-50012", second: "8-700-50013"}
        self.desks = [agent, cashier]
        self.serving = [first, first]
        self.proven: list[list[Step]] = [[], []]
        self.failed: dict[int, list[datetime]] = {first: [], second: []}
        self.draw()

    def teardown(self) -> None:
        self.world.close()

    def draw(self) -> None:
        """The same questions everywhere, so that the notebook knows them."""
        self.world.change("UPDATE service_case SET questions = '1 2' WHERE questions IS NULL")

    def note(self, desk: int, kind: str, detail: str | None, state: v.VerificationState) -> None:
        member = self.serving[desk]
        if state.outcome == "passed":
            self.proven[desk].append((self.world.clock.now(), kind, detail))
        elif kind in ("question", "code", "in_person"):
            self.failed[member].append(self.world.clock.now())

    # ------------------------------------------------------------ what people do

    @rule(desk=st.integers(0, 1), position=st.sampled_from([1, 2]), right=st.sampled_from([True, True, True, False]))
    def answer(self, desk: int, position: int, right: bool) -> None:
        said = None if right else "Equivocada"
        try:
            state = say(self.world, self.desks[desk], self.serving[desk], position, said)
        except VerificationBlocked:
            return
        assert state.outcome == ("passed" if right else "failed")
        self.note(desk, "question", str(position), state)

    @rule(desk=st.integers(0, 1), right=st.sampled_from([True, True, True, False]))
    def code(self, desk: int, right: bool) -> None:
        try:
            code = send(self.world, self.desks[desk], self.serving[desk])
            state = check(self.world, self.desks[desk], self.serving[desk], code if right else wrong(code))
        except REFUSALS:
            return
        self.note(desk, "code", None, state)

    @rule(right=st.sampled_from([True, True, True, False]))
    def in_person(self, right: bool) -> None:
        member = self.serving[1]
        try:
            command = v.InPerson(member, self.cedulas[member] if right else "8-1-1")
            state = v.in_person(command, self.desks[1], self.world.uow)
        except VerificationBlocked:
            return
        self.note(1, "in_person", None, state)

    @rule(desk=st.integers(0, 1))
    def callback(self, desk: int) -> None:
        member = self.serving[desk]
        try:
            v.callback_number(v.CallbackNumber(member), self.desks[desk], self.world.uow)
            state = v.callback(v.CallbackDone(member, True), self.desks[desk], self.world.uow)
        except REFUSALS:
            return
        self.note(desk, "callback", None, state)

    @rule(minutes=st.sampled_from([1, 4, 7, 14, 15]))
    def time_goes_by(self, minutes: int) -> None:
        wait(self.world, minutes=minutes)

    @rule(desk=st.integers(0, 1), reason=st.sampled_from(["lock", "sign_out"]))
    def lock(self, desk: int, reason: str) -> None:
        with self.world.uow.begin_system(self.desks[desk]) as tx:
            v.end_leases(tx, self.desks[desk].session_id, reason)
            tx.record(reason)
            tx.commit()
        self.proven[desk] = []

    @rule(desk=st.integers(0, 1))
    def next_member(self, desk: int) -> None:
        self.lock(desk, "case_closed")
        self.world.change(
            "UPDATE service_case SET closed_at = opened_at WHERE session_id = :id", id=self.desks[desk].session_id
        )
        self.serving[desk] = next(member for member in self.members if member != self.serving[desk])
        self.world.case(self.desks[desk], self.serving[desk])
        self.draw()

    @precondition(lambda self: any(len(times) >= 3 for times in self.failed.values()))
    @rule()
    def supervisor_unblocks(self) -> None:
        boss = self.world.staff(f"jefa{self.world.scalar('SELECT count(*) FROM staff')}", [Role.SUPERVISOR])
        for member, times in self.failed.items():
            if len(times) >= 3:
                v.unblock(v.UnblockVerification(member, "Se identificó en persona"), boss, self.world.uow)
                times.clear()

    # ------------------------------------------------------------ what must hold

    def standing(self, desk: int, member: int) -> authorisation.Standing:
        with self.world.engine.connect() as connection:
            return authorisation.standing(
                connection, self.desks[desk], member, self.world.clock.now(), self.world.uow.policy, touch=False
            )

    @invariant()
    def nothing_is_open_that_was_not_proven(self) -> None:
        now = self.world.clock.now()
        for desk in range(2):
            for member in self.members:
                found = self.standing(desk, member)
                if member != self.serving[desk]:
                    assert found.level == 0, "a member who is not served"
                    continue
                chain = unbroken(self.proven[desk], now)
                most = level_of(complete_factors(((kind, detail) for _, kind, detail in chain), (1, 2)))
                assert found.level <= most, (found, chain)

    @invariant()
    def what_was_proven_just_now_is_open(self) -> None:
        now = self.world.clock.now()
        for desk in range(2):
            member = self.serving[desk]
            fresh = [(kind, detail) for at, kind, detail in self.proven[desk] if now - at < QUARTER]
            if len(self.failed[member]) >= 3 or len(fresh) != len(self.proven[desk]):
                continue  # blocked, or older steps that may have run out
            assert self.standing(desk, member).level == level_of(complete_factors(fresh, (1, 2)))

    @invariant()
    def a_block_leaves_only_who_was_seen(self) -> None:
        for member, times in self.failed.items():
            if len(times) < 3:
                continue
            for desk in range(2):
                found = self.standing(desk, member)
                assert found.level == 0 or "in_person" in found.factors


def unbroken(steps: list[Step], now: datetime) -> list[Step]:
    """The steps back from `now` without a pause of fifteen minutes between any two."""
    kept: list[Step] = []
    for step in reversed(steps):
        if now - step[0] >= QUARTER:
            break
        kept.append(step)
        now = step[0]
    return kept


@pytest.mark.timeout(240)
def test_any_order_of_things(sqlite_template: Path, tmp_path: Path, secrets: Secrets, hasher: Hasher) -> None:
    Leases.folder, Leases.template, Leases.secrets, Leases.hasher = tmp_path, sqlite_template, secrets, hasher
    run_state_machine_as_test(
        Leases,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
