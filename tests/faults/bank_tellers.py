"""A teller of the bank under faults: a process that pays, is killed, starts again and works off its journal."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from data.values.uuid7 import uuid7
from services.biller_payments import ConfirmBill, PrepareBill, confirm_bill, prepare_bill, resubmit_bill
from services.errors import CoopError, DataChanged, InsufficientFunds, NotPermitted, StoreUnavailable
from services.journal import Journal, OpenItem
from services.operations import Op
from services.payment_kinds import KINDS
from services.payment_limits import ApprovalNeeded
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare, resubmit
from services.receipts import BILLS as BILL_KINDS
from services.receipts import Receipt
from services.reversals import Reverse, reverse
from services.unit_of_work import UnitOfWork
from tests.faults.bank_gateway import BILLS, client
from tests.faults.bank_stage import TARGETS, BankStage, Party, Teller
from tests.faults.posting import REVERSAL, Wire
from tests.services.callers import say_payment_code

MOST = 20_00  # centésimos of one payment
#: What may be answered to an honest desk among others who pay at the same time.
REFUSALS = (ApprovalNeeded, DataChanged, InsufficientFunds)


class Counter:
    """One life of a teller's process."""

    def __init__(self, stage: BankStage, teller: Teller, seed: int) -> None:
        self.stage = stage
        self.teller = teller
        self.rng = random.Random(seed)
        self.uow: UnitOfWork = stage.open(stage.wire)
        self.journal = Journal(stage.journal(teller))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        minted, acks = (os.open(path, flags, 0o600) for path in (stage.minted, stage.acks))
        self.wire = Wire(self.journal, minted, acks)
        self.gateway = client(stage.gateway)
        self.done: list[str] = []

    def work(self, stop: int, answered: int) -> None:
        """Pay until `stop` can be read; `answered` gets a byte for each payment that was answered."""
        while not select.select([stop], [], [], 0)[0]:
            try:
                settle_open(self.stage, self.teller, self.journal, self.uow)
                self._turn()
            except StoreUnavailable:
                continue  # the journal knows what is open
            except REFUSALS:
                pass
            os.write(answered, b".")
        with_patience(self.stage, self.teller, self.journal, self.uow)

    def _turn(self) -> None:
        chance = self.rng.random()
        if self.done and chance < 0.1:
            self._undo(self.done.pop(self.rng.randrange(len(self.done))))
        elif chance < 0.3:
            self._pay_bill()
        else:
            self._pay()

    def _pay_bill(self) -> None:
        op, biller, reference, amounts = self.rng.choice(BILLS)
        party = self.rng.choice(self.stage.parties)
        asked = (op, party.member, self._savings(party), biller, reference, self.rng.choice(amounts))
        shown = prepare_bill(PrepareBill(*asked), self.teller.agent, self.uow)
        order = ConfirmBill(uuid7(), shown.hash, *asked)
        self._send(order, partial(confirm_bill, order, self.teller.agent, self.gateway, self.uow))

    def _pay(self) -> None:
        op, member, source, target = self._choose()
        amount = self.rng.randint(1, MOST)
        wanted = PreparePayment(op, member, source, target, amount)
        if KINDS[op].third:
            say_payment_code(self.uow, self.teller.agent, self.teller.cases[member], wanted)
        shown = prepare(wanted, self.teller.agent, self.uow)
        order = ConfirmPayment(uuid7(), shown.hash, op, member, source, target, amount)
        for _ in range(self.rng.choice((1, 1, 1, 2))):
            self._send(order, partial(confirm, order, self.teller.agent, self.uow))
        self.done.append(order.key)

    def _undo(self, key: str) -> None:
        undo = Reverse(key, "Cuenta equivocada por el agente", uuid7())
        with contextlib.suppress(NotPermitted):  # the loan was paid again since then
            self.wire.send(undo.key, REVERSAL, asdict(undo), partial(reverse, undo, self.teller.boss, self.uow))

    def _send(self, order: ConfirmPayment | ConfirmBill, pay: Callable[[], Receipt]) -> None:
        try:
            self.wire.send(order.key, order.op.value, order.payload(), pay)
        except REFUSALS:
            refused = {"key": order.key, "outcome": "refused"}
            os.write(self.wire.acks, json.dumps(refused).encode() + b"\n")
            raise

    def _choose(self) -> tuple[Op, int, int, int]:
        """A kind, the member who is served, where from and where to."""
        op = self.rng.choice([*TARGETS, Op.CASH_DEPOSIT, Op.CASH_WITHDRAW])
        mine, other = self.rng.sample(self.stage.parties, 2)
        drawer = self.teller.drawer
        if op is Op.CASH_DEPOSIT:
            return op, mine.member, drawer, self._savings(mine)
        if op is Op.CASH_WITHDRAW:
            return op, mine.member, self._savings(mine), drawer
        if op is Op.TRANSFER_OWN:
            source, target = self.rng.sample(mine.accounts["06"], 2)
            return op, mine.member, source, target
        payee = other if KINDS[op].third else mine
        by_cash = not KINDS[op].third and self.rng.random() < 0.2
        source = drawer if by_cash else self._savings(mine)
        return op, mine.member, source, self.rng.choice(payee.accounts[TARGETS[op]])

    def _savings(self, party: Party) -> int:
        return self.rng.choice(party.accounts["06"])


def settle_open(stage: BankStage, teller: Teller, journal: Journal, uow: UnitOfWork) -> None:
    """Ask again for all that has no answer yet, twice each. Raises StoreUnavailable; AssertionError for two answers."""
    for item in journal.open_items():
        try:
            first, second = again(teller, item, uow), again(teller, item, uow)
        except StoreUnavailable:
            raise
        except CoopError as error:
            stage.note_resubmitted({"key": item.key, "outcome": "refused", "code": error.code})
            journal.settle(item.key, error.code)
            continue
        # How a bill stands may have changed in between.
        same = item.kind in BILL_KINDS or first.outcome == second.outcome
        if not second.existed or first.number != second.number or not same:
            raise AssertionError(f"{item.key} answered differently the second time")
        stage.note_resubmitted({"key": item.key, "outcome": first.outcome})
        journal.settle(item.key, first.outcome)


def with_patience(stage: BankStage, teller: Teller, journal: Journal, uow: UnitOfWork) -> None:
    """The same over a wire that breaks: as often as it takes, at most a hundred times."""
    for _ in range(100):
        try:
            return settle_open(stage, teller, journal, uow)
        except StoreUnavailable:
            continue
    raise AssertionError("the journal could not be worked off")


def again(teller: Teller, item: OpenItem, uow: UnitOfWork) -> Receipt:
    payload: dict[str, Any] = item.payload
    if item.kind == REVERSAL:
        return reverse(Reverse(**payload), teller.boss, uow)
    if item.kind in BILL_KINDS:
        return resubmit_bill(payload, teller.agent, uow)
    return resubmit(payload, teller.agent, uow)


def serve(stage: BankStage, teller: Teller, seed: int, stop: int, answered: int) -> None:
    """One life of a teller, in a process of its own."""
    Counter(stage, teller, seed).work(stop, answered)
