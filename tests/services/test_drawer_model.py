"""Any day at the counter: a drawer holds what was taken in less what was given out, and never less than nothing.

Hypothesis makes the day; after each step the books must say what a purse of a few lines says, and at its end the ledger
must stand.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from data.secrets import Hasher, Secrets
from data.values.uuid7 import uuid7
from services.drawer_moves import MoveCash, move_cash
from services.errors import CoopError
from services.ledger_check import check
from services.operations import Op
from services.reversals import Reverse, reverse
from tests.services.counters import Counter, in_notes
from tests.services.world import World

VAULT = 50_000_00
SAVINGS = 1_000_00
amounts = st.integers(1, 600).map(lambda balboas: balboas * 100)


class Day(RuleBasedStateMachine):
    """One cashier, one member, one vault. `make` gives a world for each run."""

    make: Callable[[], Any]

    def __init__(self) -> None:
        super().__init__()
        self.opened = self.make()
        self.world: World = self.opened.__enter__()
        self.counter = Counter(self.world)
        self.open, self.cash, self.vault, self.savings, self.over = False, 0, VAULT, SAVINGS, 0
        self.opening = self.taken = self.given = 0
        self.today: list[tuple[str, int]] = []

    def teardown(self) -> None:
        """The ledger stands whatever happened."""
        try:
            assert check(self.world.uow) == ()
        finally:
            self.opened.__exit__(None, None, None)

    def moved(self, amount: int) -> None:
        self.cash += amount
        if amount > 0:
            self.taken += amount
        else:
            self.given -= amount

    @precondition(lambda self: not self.open)
    @rule(amount=amounts)
    def opens(self, amount: int) -> None:
        state = self.counter.open(amount)
        if self.cash:
            assert state.difference == amount - self.cash
            self.over += state.difference
        else:
            self.vault -= amount
        self.open, self.cash, self.opening, self.taken, self.given, self.today = True, amount, amount, 0, 0, []

    @precondition(lambda self: self.open)
    @rule(amount=amounts)
    def deposits(self, amount: int) -> None:
        done = self.counter.deposit(amount)
        self.today.append((done.operation_id, amount))
        self.savings += amount
        self.moved(amount)

    @precondition(lambda self: self.open)
    @rule(amount=amounts)
    def withdraws(self, amount: int) -> None:
        fits = amount <= min(self.cash, self.savings)
        try:
            done = self.counter.withdraw(amount)
        except CoopError as error:
            assert error.code == "insufficient_funds" and not fits
            return
        assert fits
        self.today.append((done.operation_id, -amount))
        self.savings -= amount
        self.moved(-amount)

    @precondition(lambda self: self.open)
    @rule(amount=amounts, inwards=st.booleans())
    def moves(self, amount: int, inwards: bool) -> None:
        fits = amount <= (self.vault if inwards else self.cash)
        command = MoveCash(uuid7(), "from_vault" if inwards else "to_vault", in_notes(amount))
        try:
            move_cash(command, self.counter.cashier, self.world.uow)
        except CoopError as error:
            assert error.code == "insufficient_funds" and not fits
            return
        assert fits
        self.vault += -amount if inwards else amount
        self.moved(amount if inwards else -amount)

    @precondition(lambda self: self.open and bool(self.today))
    @rule(place=st.integers(0, 99))
    def reverses(self, place: int) -> None:
        operation, amount = self.today[place % len(self.today)]
        fits = self.cash >= amount if amount > 0 else True
        fits = fits and (self.savings >= amount if amount > 0 else True)
        try:
            reverse(Reverse(operation, "Monto equivocado", uuid7()), self.counter.boss, self.world.uow)
        except CoopError as error:
            assert error.code == "insufficient_funds" and not fits
            return
        assert fits
        self.today.remove((operation, amount))
        self.savings -= amount
        self.moved(-amount)

    @precondition(lambda self: self.open)
    @rule(wrong=st.integers(-5, 5), keep=st.booleans(), stands=st.booleans())
    def closes(self, wrong: int, keep: bool, stands: bool) -> None:
        counted = max(0, self.cash + wrong * 100)
        closing = self.counter.close(counted, keep=keep)
        if not closing.closed and stands:
            closing = self.counter.close(counted, keep=keep, stands=True)
        assert closing.difference == counted - self.cash
        if not closing.closed:
            return
        # What was there, what came and what went is what was counted and the difference.
        assert self.opening + self.taken - self.given == counted - closing.difference
        self.over += closing.difference
        self.vault += 0 if keep else counted
        self.open, self.cash, self.today = False, counted if keep else 0, []

    @invariant()
    def the_books_say_the_same(self) -> None:
        counter = self.counter
        exists = self.world.scalar("SELECT count(*) FROM account WHERE product = 'drawer'")
        assert (counter.cash() if exists else 0) == self.cash >= 0
        assert counter.vault() == self.vault >= 0
        assert self.world.balance(counter.savings) == self.savings
        assert counter.differences() == self.over

    @precondition(lambda self: not self.open)
    @rule()
    def nothing_moves_through_a_closed_drawer(self) -> None:
        if self.world.scalar("SELECT count(*) FROM account WHERE product = 'drawer'"):
            with pytest.raises(CoopError):
                self.counter.prepare(Op.CASH_DEPOSIT, 1_00)


def run(make: Callable[[], Any], examples: int, steps: int) -> None:
    machine = type("Machine", (Day,), {"make": staticmethod(make)})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )


#: More of everything where time is no matter: LEDGER_EXAMPLES=10 is ten times as many.
TIMES = int(os.environ.get("LEDGER_EXAMPLES", "1"))


def test_any_day_on_sqlite(tmp_path: Path, sqlite_template: Path, secrets: Secrets, hasher: Hasher) -> None:
    @contextmanager
    def make() -> Iterator[World]:
        path = tmp_path / f"{uuid7()}.db"
        path.write_bytes(sqlite_template.read_bytes())
        world = World(f"sqlite:///{path.as_posix()}", secrets, hasher)
        try:
            yield world
        finally:
            world.close()
            for left in tmp_path.glob(f"{path.name}*"):
                left.unlink()

    run(make, 12 * TIMES, 20)


@pytest.mark.postgresql
def test_any_day_on_postgresql(databases: Any, secrets: Secrets, hasher: Hasher) -> None:
    from data.schema import upgrade

    @contextmanager
    def make() -> Iterator[World]:
        with databases.store("store", upgrade) as url:
            world = World(url, secrets, hasher)
            try:
                yield world
            finally:
                world.close()

    run(make, 3 * TIMES, 20)
