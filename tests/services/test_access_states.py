"""The state machine of req. 25: every pair of states, and any sequence of what staff and member can do."""

from __future__ import annotations

import itertools
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import update

from data.engine import writing
from data.secrets import Hasher, Secret, Secrets
from data.tables import Access, Lease, StaffSession
from data.values.uuid7 import uuid7
from services.access_mending import (
    Close,
    ResetPassword,
    Resume,
    Suspend,
    Unlock,
    close,
    reset_password,
    resume,
    suspend,
    unlock,
)
from services.access_states import BLOCKABLE, FORWARD, PAUSES, AccessState, allowed, lock_access, transition, walk
from services.activation import Activate, activate
from services.credentials import IssueCredential, issue_credential
from services.errors import CoopError, IllegalStep, IssueLimitReached
from services.operator import system_operator
from services.temporary_passwords import check_temporary, match_temporary
from tests.services.access_cases import REASON, mails
from tests.services.world import START, World

S = AccessState
WAY = [S.REQUESTED, S.VERIFIED, S.ACTIVATED, S.ISSUED, S.FIRST_ACCESS, S.CONTRACT_SIGNED, S.ACTIVE]
LEGAL = (
    set(itertools.pairwise(WAY))
    | {(state, S.ISSUED) for state in WAY[4:]}
    | {(state, S.BLOCKED) for state in WAY[3:]}
    | {(state, S.SUSPENDED) for state in (*WAY, S.BLOCKED)}
    | {(state, S.CLOSED) for state in S if state is not S.CLOSED}
)
"""Written out on its own, so that a slip in the program's table shows. A pause also leads back to where it began."""


@pytest.mark.parametrize("before", list(S))
def test_every_pair_of_states(sqlite_world: World, before: S) -> None:
    world = sqlite_world
    member = world.member()
    back = S.ACTIVE if before in PAUSES else None
    world.access(member, before.value, state_before_block=back)
    for after in S:
        with world.uow.begin_system(system_operator("test")) as tx:
            access = lock_access(tx, member)
            if (before, after) in LEGAL or (before in PAUSES and after is back):
                assert walk(tx, access, after) == {"before": before, "after": after}
                assert access.state == after
            else:
                with pytest.raises(IllegalStep) as refused:
                    transition(tx, access, after)
                assert refused.value.user_text == f"No se puede pasar de {before.label} a {after.label}."
                assert access.state == before


def test_labels_have_no_underscore() -> None:
    assert S.ISSUED.label == "credencial emitida"


def test_a_suspension_of_a_blocked_access_leads_back_before_the_block(world: World) -> None:
    member = world.member()
    world.access(member, "bloqueado", state_before_block="activo", failed_count=5, blocked_at=world.clock.now())
    with world.uow.begin_system(system_operator("test")) as tx:
        detail = walk(tx, lock_access(tx, member), S.SUSPENDED, S.ACTIVE)
        tx.record(detail=detail)
        tx.commit()
    assert detail == {"before": "bloqueado", "after": "activo", "steps": ["suspendido", "activo"]}
    (row,) = world.rows("SELECT state_before_block, failed_count, blocked_at, suspended_at FROM access")
    assert row == {"state_before_block": None, "failed_count": 0, "blocked_at": None, "suspended_at": None}


class AccessMachine(RuleBasedStateMachine):
    """One member, one desk and one portal against a model of ten states."""

    world_maker: Any

    def __init__(self) -> None:
        super().__init__()
        self.world: World = type(self).world_maker()
        self.uow = self.world.uow
        self.agent = self.world.staff()
        self.member = self.world.member()
        self.world.lease(self.agent, self.member, 3)
        self.start: S = S.REQUESTED
        self.state: S = S.REQUESTED
        self.before_pause: S = S.REQUESTED
        self.wrong_tries = 0

    @initialize(start=st.sampled_from([*WAY, S.ISSUED, S.ACTIVE]), pause=st.sampled_from([None, *sorted(PAUSES)]))
    def begins(self, start: S, pause: S | None) -> None:
        """Anywhere on the way or off it, so that its end is met as often as its beginning."""
        self.before_pause = start
        columns: dict[str, Any] = {}
        if pause is S.SUSPENDED:
            columns = {"state_before_block": start.value, "suspended_at": self.world.clock.now()}
        elif pause is S.BLOCKED and start in BLOCKABLE:
            self.wrong_tries = 5
            columns = {"state_before_block": start.value, "blocked_at": self.world.clock.now(), "failed_count": 5}
        self.start = self.state = pause if pause is not None and columns else start
        self.world.access(self.member, self.state.value, **columns)

    def teardown(self) -> None:
        self.world.close()

    def does(self, work: Any, after: S | None) -> None:
        """`work` leads to `after`; None: it must be refused and change nothing. The day's limit may refuse as well."""
        try:
            work()
        except IssueLimitReached:
            assert after is S.ISSUED
            return
        except CoopError:
            assert after is None, f"{self.state} → {after} was refused"
            return
        assert after is not None, f"a step from {self.state} that must not be"
        if after in PAUSES and self.state not in PAUSES:
            self.before_pause = self.state
        if (self.state in PAUSES and after not in PAUSES) or after is S.ISSUED:
            self.wrong_tries = 0
        self.state = after

    @rule()
    def activate(self) -> None:
        after = S.ISSUED if self.state in WAY[:3] else None
        self.does(lambda: activate(Activate(self.member, REASON, uuid7()), self.agent, self.uow), after)

    @rule()
    def issue(self) -> None:
        after = S.ISSUED if self.state in (S.ACTIVATED, S.ISSUED, S.FIRST_ACCESS) else None
        command = IssueCredential(self.member, REASON, uuid7())
        self.does(lambda: issue_credential(command, self.agent, self.uow), after)

    @rule()
    def reset(self) -> None:
        after = S.ISSUED if self.state in BLOCKABLE else None
        self.does(lambda: reset_password(ResetPassword(self.member, REASON, uuid7()), self.agent, self.uow), after)

    @rule()
    def unlock(self) -> None:
        after = self.before_pause if self.state is S.BLOCKED else None
        self.does(lambda: unlock(Unlock(self.member, REASON), self.agent, self.uow), after)

    @rule()
    def suspend(self) -> None:
        after = S.SUSPENDED if self.state not in (S.SUSPENDED, S.CLOSED) else None
        self.does(lambda: suspend(Suspend(self.member, REASON), self.agent, self.uow), after)

    @rule()
    def resume(self) -> None:
        after = self.before_pause if self.state is S.SUSPENDED else None
        self.does(lambda: resume(Resume(self.member, REASON), self.agent, self.uow), after)

    @precondition(lambda self: self.state is not S.CLOSED)
    @rule(lots=st.integers(0, 9))
    def close(self, lots: int) -> None:
        if lots == 0:  # seldom, for nothing comes after it
            self.does(lambda: close(Close(self.member, REASON), self.agent, self.uow), S.CLOSED)

    @rule()
    def member_tries_right(self) -> None:
        sent = [mail for mail in mails(self.world, "temporary_credentials") if "context" in mail]
        if self.member_types(sent[-1]["context"]["password"] if sent else "Incorrecta23") == "accepted":
            assert self.state is S.ISSUED
            self.state, self.wrong_tries = S.FIRST_ACCESS, 0

    @rule(times=st.integers(1, 5))
    def member_tries_wrong(self, times: int) -> None:
        for _ in range(times):
            assert self.member_types("Incorrecta23") == "wrong"

    def member_types(self, password: str) -> str:
        match = match_temporary(self.member, Secret(password), self.uow)
        with self.uow.begin_system(system_operator("portal"), member_id=self.member) as tx:
            answer = check_temporary(tx, self.member, match)
            tx.commit()
        if match.credential_id is None and self.state in BLOCKABLE:
            self.wrong_tries += 1
            if self.wrong_tries >= 5:
                self.before_pause, self.state = self.state, S.BLOCKED
        return answer.outcome.value

    @rule(target_state=st.sampled_from([S.CONTRACT_SIGNED, S.ACTIVE]))
    def portal_step(self, target_state: S) -> None:
        def step() -> None:
            with self.uow.begin_system(system_operator("portal"), member_id=self.member) as tx:
                tx.record("portal.step", detail=walk(tx, lock_access(tx, self.member), target_state))
                tx.commit()

        legal = target_state in FORWARD.get(self.state, ()) or (
            self.state in PAUSES and self.before_pause is target_state
        )
        self.does(step, target_state if legal else None)

    @rule()
    def next_day(self) -> None:
        self.world.clock.advance(hours=25)
        now = self.world.clock.now()
        with writing(self.world.engine).begin() as connection:
            connection.execute(update(StaffSession).values(started_at=now, last_seen_at=now, authenticated_at=now))
            connection.execute(update(Lease).values(expires_at=now + timedelta(minutes=15)))

    @invariant()
    def the_row_is_in_one_state(self) -> None:
        (row,) = self.world.rows("SELECT * FROM access")
        assert row["state"] == self.state
        assert (row["blocked_at"] is not None) is (self.state is S.BLOCKED)
        assert (row["suspended_at"] is not None) is (self.state is S.SUSPENDED)
        assert (row["closed_at"] is not None) is (self.state is S.CLOSED)
        assert row["state_before_block"] == (self.before_pause if self.state in PAUSES else None)
        assert row["failed_count"] == (0 if self.state is S.CLOSED else self.wrong_tries)

    @invariant()
    def at_most_one_credential_lives(self) -> None:
        live = self.world.scalar("SELECT count(*) FROM temporary_credential WHERE used_at IS NULL AND ended_at IS NULL")
        assert live <= (self.state not in (S.SUSPENDED, S.CLOSED))

    @invariant()
    def the_trail_tells_every_step(self) -> None:
        at = self.start
        for event in self.world.events():
            detail = event.get("detail") or {}
            if event["result"] == "refused" or not isinstance(detail.get("before"), str):
                continue
            assert detail["before"] == at, event["action"]
            for after in detail.get("steps", [detail["after"]]):
                back = at in PAUSES and after not in PAUSES
                assert after == at or (at, S(after)) in LEGAL or back, (at, after)
                at = S(after)
        assert at is self.state


def test_no_sequence_reaches_an_illegal_step(
    sqlite_template: Path, tmp_path: Path, secrets: Secrets, hasher: Hasher
) -> None:
    number = itertools.count()

    def make() -> World:
        path = tmp_path / f"{next(number)}.db"
        shutil.copyfile(sqlite_template, path)
        return World(f"sqlite:///{path.as_posix()}", secrets, hasher)

    machine = type("Machine", (AccessMachine,), {"world_maker": staticmethod(make)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_pauses_never_offer_more_than_the_way_back() -> None:
    for pause, before in itertools.product(PAUSES, WAY):
        access = Access(
            member_id=1,
            state=pause,
            state_before_block=before,
            route="web",
            request_kind="acceso",
            requested_at=START,
        )
        assert allowed(access) - {S.CLOSED, S.SUSPENDED} == {before}
