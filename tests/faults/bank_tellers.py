"""A teller of the bank under faults: a process that pays, is killed, starts again and works off its journal."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
from dataclasses import asdict
from functools import partial
from typing import Any

from data.tables import Factor
from data.values.uuid7 import uuid7
from services.errors import CoopError, DataChanged, InsufficientFunds, NotPermitted, StoreUnavailable
from services.journal import Journal, OpenItem
from services.operations import Op
from services.payment_codes import KIND as CODE
from services.payment_codes import purpose_of
from services.payment_entry import wanted_of
from services.payment_kinds import KINDS
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare, resubmit
from services.receipts import Receipt
from services.reversals import Reverse, reverse
from services.unit_of_work import UnitOfWork
from tests.faults.bank_stage import BankStage, Party, Teller
from tests.faults.posting import REVERSAL, Wire

MOST = 20_00  # centésimos of one payment
#: What may be answered to an honest desk among others who pay at the same time.
REFUSALS = (DataChanged, InsufficientFunds)
#: Products that a payment of the kind may be made to.
TARGETS = {
    Op.TRANSFER_OWN: "06", Op.QUOTA_PAY: "11", Op.LOAN_PAY: "21", Op.CARD_PAY: "41", Op.SERVICE_PAY: "31",
    Op.TRANSFER_THIRD: "06", Op.QUOTA_PAY_THIRD: "11", Op.LOAN_PAY_THIRD: "21", Op.CARD_PAY_THIRD: "41",
    Op.SERVICE_PAY_THIRD: "31",
}  # fmt: skip


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
        if self.done and self.rng.random() < 0.1:
            self._undo(self.done.pop(self.rng.randrange(len(self.done))))
        else:
            self._pay()

    def _pay(self) -> None:
        op, member, source, target = self._choose()
        amount = self.rng.randint(1, MOST)
        if KINDS[op].third:
            self._code(PreparePayment(op, member, source, target, amount))
        shown = prepare(PreparePayment(op, member, source, target, amount), self.teller.agent, self.uow)
        order = ConfirmPayment(uuid7(), shown.hash, op, member, source, target, amount)
        for _ in range(self.rng.choice((1, 1, 1, 2))):
            self._send(order)
        self.done.append(order.key)

    def _undo(self, key: str) -> None:
        undo = Reverse(key, "Cuenta equivocada por el agente", uuid7())
        with contextlib.suppress(NotPermitted):  # the loan was paid again since then
            self.wire.send(undo.key, REVERSAL, asdict(undo), partial(reverse, undo, self.teller.boss, self.uow))

    def _send(self, order: ConfirmPayment) -> None:
        pay = partial(confirm, order, self.teller.agent, self.uow)
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

    def _code(self, asked: PreparePayment) -> None:
        """The member has said the code of this very payment."""
        with self.uow.begin(self.teller.agent, Op.CALLER_VERIFY, member_id=asked.member_id) as tx:
            tx.session.add(
                Factor(
                    case_id=self.teller.cases[asked.member_id],
                    member_id=asked.member_id,
                    staff_id=self.teller.agent.staff_id,
                    kind=CODE,
                    detail=f"email:{purpose_of(wanted_of(asked))}",
                    result="passed",
                    at=tx.now,
                )
            )
            tx.record("payment.code", result="passed")
            tx.commit()


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
        if not second.existed or (first.number, first.outcome) != (second.number, second.outcome):
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
    return resubmit(payload, teller.agent, uow)


def serve(stage: BankStage, teller: Teller, seed: int, stop: int, answered: int) -> None:
    """One life of a teller, in a process of its own."""
    Counter(stage, teller, seed).work(stop, answered)
