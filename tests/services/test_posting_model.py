"""Any sequence of postings, rejections, holds, releases and reversals, against a ledger of a few lines (req. 41).

Hypothesis makes the sequence; the store and the model must answer alike, and the ledger must stand after each.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
)

from data.secrets import Hasher, Secrets
from data.values.uuid7 import uuid7
from services.errors import AlreadyReversed, CoopError, KeyReused
from services.ledger_check import check
from services.posting import HoldPlaced, Leg, Posting, balance_of
from tests.services.machines import postgresql_world, run, sqlite_worlds
from tests.services.test_posting import CLERK, place
from tests.services.world import World

ACCOUNTS = 4  # the last one keeps no balance of its own
OPENING = 100
amounts = st.integers(1, 130)
accounts = st.integers(0, ACCOUNTS - 1)


@dataclass
class Model:
    """What the ledger is supposed to be, without a database."""

    balances: list[int] = field(default_factory=lambda: [OPENING] * (ACCOUNTS - 1) + [0])
    held: list[int] = field(default_factory=lambda: [0] * ACCOUNTS)
    outcomes: dict[str, tuple[Posting, str]] = field(default_factory=dict)
    open_holds: dict[str, tuple[int, int]] = field(default_factory=dict)
    reversed: set[str] = field(default_factory=set)

    def post(self, posting: Posting) -> str:
        """The outcome, or the code of the refusal. A refusal for funds keeps the key."""
        if posting.key in self.outcomes:
            before, outcome = self.outcomes[posting.key]
            if before != posting:
                return KeyReused.code
            return "insufficient_funds" if outcome == "rejected" else outcome
        if posting.reversal_of in self.reversed and posting.reversal_of is not None:
            return AlreadyReversed.code
        if posting.settles_hold is not None and posting.settles_hold not in self.open_holds:
            return "hold_ended"
        balances, held = list(self.balances), list(self.held)
        if posting.settles_hold is not None:
            account, amount = self.open_holds[posting.settles_hold]
            held[account] -= amount
        if posting.hold is not None:
            held[posting.hold.account] += posting.hold.amount
        fits = self._fits(balances, held)
        for leg in posting.legs:
            balances[leg.debit] -= leg.amount
            fits = fits and self._fits(balances, held)
            balances[leg.credit] += leg.amount
        self.outcomes[posting.key] = (posting, posting.outcome if fits else "rejected")
        if not fits:
            return "insufficient_funds"
        self.balances, self.held = balances, held
        self.open_holds.pop(posting.settles_hold or "", None)
        if posting.hold is not None:
            self.open_holds[posting.key] = (posting.hold.account, posting.hold.amount)
        if posting.reversal_of is not None:
            self.reversed.add(posting.reversal_of)
        return posting.outcome

    @staticmethod
    def _fits(balances: list[int], held: list[int]) -> bool:
        return all(balances[n] - held[n] >= 0 for n in range(ACCOUNTS - 1))


class Ledger(RuleBasedStateMachine):
    """Each rule is done in both; `sent` are postings that were tried, `holds` those that were placed."""

    open_world: Callable[[], Any]
    numbers = itertools.count()
    sent, holds = Bundle("sent"), Bundle("holds")

    @initialize()
    def begin(self) -> None:
        self.context = type(self).open_world()
        self.world: World = self.context.__enter__()
        self.model = Model()
        member = self.world.member(str(50_000 + next(self.numbers)))
        hot = {"product": "control", "tracked": False}
        self.rows = [self.world.account(member, balance=OPENING) for _ in range(ACCOUNTS - 1)]
        self.rows.append(self.world.account(None, **hot))

    def teardown(self) -> None:
        if hasattr(self, "context"):
            try:
                assert check(self.world.uow) == ()
                total = self.world.scalar("SELECT coalesce(sum(amount), 0) FROM entry")
                assert int(total) == 0
            finally:
                self.context.__exit__(None, None, None)

    def both(self, posting: Posting) -> str:
        expected = self.model.post(posting)
        real = replace(
            posting,
            legs=tuple(Leg(self.rows[leg.debit], self.rows[leg.credit], leg.amount) for leg in posting.legs),
            hold=HoldPlaced(self.rows[posting.hold.account], posting.hold.amount) if posting.hold else None,
        )
        try:
            answer = place(self.world, real).outcome
        except CoopError as error:
            answer = error.code
        assert answer == expected
        with self.world.uow.begin_system(CLERK) as tx:
            assert [balance_of(tx, row) for row in self.rows] == self.model.balances
        held = [self.world.scalar("SELECT held FROM account WHERE id = :id", id=row) for row in self.rows]
        assert held == self.model.held
        return answer

    @rule(target=sent, legs=st.lists(st.tuples(accounts, accounts, amounts), min_size=1, max_size=3))
    def post(self, legs: list[tuple[int, int, int]]) -> Any:
        whole = tuple(Leg(a, b if b != a else (a + 1) % ACCOUNTS, n) for a, b, n in legs)
        posting = Posting(uuid7(), "test", whole)
        self.both(posting)
        return posting

    @rule(posting=sent)
    def again(self, posting: Posting) -> None:
        self.both(posting)

    @rule(posting=sent, more=st.integers(1, 5))
    def same_key_for_something_else(self, posting: Posting, more: int) -> None:
        first = posting.legs[0]
        assert self.both(replace(posting, legs=(replace(first, amount=first.amount + more),))) == KeyReused.code

    @rule(posting=sent)
    def reverse(self, posting: Posting) -> None:
        """Only what was posted can be undone: the link to a rejected operation is the use case's to refuse."""
        if self.model.outcomes[posting.key][1] == "posted":
            legs = tuple(Leg(leg.credit, leg.debit, leg.amount) for leg in reversed(posting.legs))
            self.both(Posting(uuid7(), "test", legs, reversal_of=posting.key))

    @rule(target=holds, account=st.integers(0, ACCOUNTS - 2), amount=amounts)
    def hold(self, account: int, amount: int) -> Any:
        posting = Posting(uuid7(), "test", outcome="held", hold=HoldPlaced(account, amount))
        return posting if self.both(posting) == "held" else multiple()

    @rule(hold=holds, to=accounts)
    def use(self, hold: Posting, to: int) -> None:
        placed = hold.hold
        assert placed is not None
        target = to if to != placed.account else (to + 1) % ACCOUNTS
        self.both(Posting(uuid7(), "test", (Leg(placed.account, target, placed.amount),), settles_hold=hold.key))

    @rule(hold=consumes(holds))
    def release(self, hold: Posting) -> None:
        self.both(Posting(uuid7(), "test", outcome="released", settles_hold=hold.key))


#: More of everything where time is no matter: LEDGER_EXAMPLES=10 is ten times as many.
TIMES = int(os.environ.get("LEDGER_EXAMPLES", "1"))


def test_any_sequence_on_sqlite(tmp_path: Path, sqlite_template: Path, secrets: Secrets, hasher: Hasher) -> None:
    run(Ledger, sqlite_worlds(tmp_path, sqlite_template, secrets, hasher), 25 * TIMES, 15)


@pytest.mark.postgresql
def test_any_sequence_on_postgresql(databases: Any, secrets: Secrets, hasher: Hasher) -> None:
    with postgresql_world(databases, secrets, hasher) as open_world:
        run(Ledger, open_world, 8 * TIMES, 12)
