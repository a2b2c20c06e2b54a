"""The bank under faults: members with every kind of account, tellers with a drawer, and where their files lie."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from data.engine import make_engine
from data.tables import Drawer
from data.values.uuid7 import uuid7
from services.operations import Op
from services.operator import Channel, Operator, Role
from services.policy import load_policy
from services.unit_of_work import UnitOfWork
from tests.faults.issuing import cheap_hasher, fixed_secrets
from tests.faults.oracle import TOTAL
from tests.services.world import FrozenClock, World

TELLERS, PARTIES = 8, 5
#: What each member has: product, balance in centésimos, how many of them. Small savings, so that some run dry.
PRODUCTS = (("06", 60_00, 2), ("11", 0, 1), ("21", -50_000_00, 1), ("41", -5_000_00, 1), ("31", -5_000_00, 1))
LOAN = {"rate": "12.00", "quota": 500_00, "due_day": 30, "interest_paid_to": "2026-10-30", "next_due": "2026-11-30"}
IN_DRAWER = 30_00
#: Products that a payment of the kind may be made to.
TARGETS = {
    Op.TRANSFER_OWN: "06", Op.QUOTA_PAY: "11", Op.LOAN_PAY: "21", Op.CARD_PAY: "41", Op.SERVICE_PAY: "31",
    Op.TRANSFER_THIRD: "06", Op.QUOTA_PAY_THIRD: "11", Op.LOAN_PAY_THIRD: "21", Op.CARD_PAY_THIRD: "41",
    Op.SERVICE_PAY_THIRD: "31",
}  # fmt: skip
#: All the money that anybody can see: double entry makes it nothing.
ALL_MONEY = text(
    "SELECT (SELECT sum(balance) FROM account WHERE tracked) + (SELECT coalesce(sum(e.amount), 0) FROM entry e"
    " JOIN account a ON a.id = e.account_id WHERE NOT a.tracked)"
)


@dataclass(frozen=True, slots=True)
class Party:
    """A member and their accounts, by product."""

    member: int
    accounts: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Teller:
    """One desk: who works there, their drawer's account, their open case with each member, and who reverses."""

    number: int
    agent: Operator
    boss: Operator
    drawer: int
    cases: dict[int, str]


@dataclass(frozen=True, slots=True)
class BankStage:
    """A store with tellers; safe to carry over a fork, since it holds no connection. `wire` leads to `url` and breaks
    at times."""

    url: str
    wire: str
    folder: Path
    tellers: tuple[Teller, ...]
    parties: tuple[Party, ...]
    total: int
    gateway: str = ""  # its address

    @property
    def minted(self) -> Path:
        """Every key that a form ever had, one a line."""
        return self.folder / "minted.txt"

    @property
    def acks(self) -> Path:
        """What a screen had shown, one JSON object a line; `outcome` also «refused»."""
        return self.folder / "acks.jsonl"

    @property
    def resubmitted(self) -> Path:
        """What was asked again after a lost answer, in the same form."""
        return self.folder / "resubmitted.jsonl"

    def journal(self, teller: Teller) -> Path:
        return self.folder / f"desk-{teller.number}" / "journal-1.jsonl"

    def note_resubmitted(self, answer: dict[str, Any]) -> None:
        with self.resubmitted.open("ab", buffering=0) as file:
            file.write(json.dumps(answer).encode() + b"\n")

    def open(self, url: str) -> UnitOfWork:
        return UnitOfWork(
            make_engine(url), clock=FrozenClock(), policy=load_policy(), secrets=fixed_secrets(), hasher=cheap_hasher()
        )


def set_up_bank(url: str, wire: str, folder: Path) -> BankStage:
    """Put everybody in place in a migrated store."""
    world = World(url, fixed_secrets(), cheap_hasher())
    parties = tuple(party(world, number, PRODUCTS) for number in range(PARTIES))
    tellers = tuple(_teller(world, number, parties) for number in range(TELLERS))
    with world.engine.connect() as connection:
        total = int(connection.execute(TOTAL).scalar_one())
    world.close()
    for teller in tellers:
        os.makedirs(folder / f"desk-{teller.number}", mode=0o700)
    return BankStage(url, wire, folder, tellers, parties, total)


def party(world: World, number: int, products: Sequence[tuple[str, int, int]]) -> Party:
    """A member with accounts: product, opening balance in centésimos, how many."""
    member = world.member(str(50_000 + number))
    accounts: dict[str, list[int]] = {}
    for product, balance, count in products:
        lowest = min(0, balance)
        terms = json.dumps(LOAN) if product == "21" else None
        accounts[product] = [
            world.account(member, product=product, balance=balance, floor=lowest, min_balance=lowest, terms=terms)
            for _ in range(count)
        ]
    return Party(member, accounts)


def _teller(world: World, number: int, parties: tuple[Party, ...]) -> Teller:
    agent = world.staff(f"caja{number}", [Role.CASHIER], channel=Channel.BRANCH)
    boss = world.staff(f"jefa{number}", [Role.SUPERVISOR], channel=Channel.BRANCH)
    cases = {party.member: world.lease(agent, party.member, 3, ("question", "code")) for party in parties}
    return Teller(number, agent, boss, open_drawer(world, agent, IN_DRAWER), cases)


def open_drawer(world: World, agent: Operator, cash: int) -> int:
    """The account of the agent's open drawer with `cash` centésimos in it."""
    lowest = -1_000_000_00
    drawer = world.account(
        None, product="drawer", label=f"CAJA {agent.staff_id}", number=f"CAJ-001-{agent.staff_id}", balance=-cash,
        floor=lowest, min_balance=lowest,
    )  # fmt: skip
    world._insert(
        Drawer, staff_id=agent.staff_id, account_id=drawer, branch=agent.branch, opened_at=world.clock.now(),
        opening=cash, opening_count="{}", opening_key=uuid7(), opened_after=world.scalar("SELECT max(id) FROM entry"),
    )  # fmt: skip
    return drawer
