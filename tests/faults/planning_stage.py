"""The store, the desks and the days on which the worker and a desk are killed (planning.py)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from data.engine import make_engine, writing
from data.tables import Lease, StaffSession
from services.biller_gateway import BillerGateway
from services.operator import Operator
from services.policy import load_policy
from services.unit_of_work import UnitOfWork
from tests.faults.issuing import cheap_hasher, fixed_secrets
from tests.services.world import START, FrozenClock, World

OPENING = 5_000_00
DESKS = 2
WIDE = 5_000_000_00  # limits that stand in nobody's way here


@dataclass(frozen=True, slots=True)
class Desk:
    """One agent with one verified member: savings with money, and where it goes."""

    agent: Operator
    member: int
    savings: int
    second: int
    quota: int
    card: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A store, desks, and a gateway at `gateway_url`, on the day `day` of the run; holds no connection."""

    url: str
    folder: Path
    gateway_url: str
    desks: tuple[Desk, ...]
    day: int = 0

    @property
    def total(self) -> int:
        return OPENING * len(self.desks)

    @property
    def journal(self) -> Path:
        return self.folder / "journal-1.jsonl"

    @property
    def minted(self) -> Path:
        """One JSON object a line: the keys of every basket that was ever sent, and every schedule's."""
        return self.folder / "minted.jsonl"

    @property
    def acks(self) -> Path:
        """What a screen had shown of each item, one JSON object a line."""
        return self.folder / "acks.jsonl"

    @property
    def gateway(self) -> BillerGateway:
        return BillerGateway(self.gateway_url, step_seconds=5, whole_seconds=5)

    def open(self) -> UnitOfWork:
        """The store on the stage's day, with everybody signed in and every caller verified."""
        policy = load_policy()
        limits = {
            op: replace(one, maximum=WIDE, member_daily=WIDE, agent_daily=WIDE, single=dict.fromkeys(one.single, WIDE))
            for op, one in policy.limits.items()
        }
        clock = FrozenClock(START + timedelta(days=self.day))
        uow = UnitOfWork(
            make_engine(self.url),
            clock=clock,
            policy=replace(policy, limits=limits),
            secrets=fixed_secrets(),
            hasher=cheap_hasher(),
        )
        now = clock.now()
        with writing(uow.engine).begin() as connection:
            connection.execute(update(StaffSession).values(started_at=now, last_seen_at=now, authenticated_at=now))
            connection.execute(update(Lease).values(expires_at=now + timedelta(minutes=15)))
        return uow


def set_up_plans(url: str, folder: Path, gateway_url: str) -> Stage:
    world = World(url, fixed_secrets(), cheap_hasher())
    desks = []
    for number in range(DESKS):
        agent, member = world.staff(f"agente{number}"), world.member(str(50_000 + number))
        world.lease(agent, member, level=2, factors=["question", "code"])
        owed = {"floor": -2 * WIDE, "min_balance": -2 * WIDE}
        savings, second = world.account(member, balance=OPENING), world.account(member)
        quota, card = world.account(member, product="11"), world.account(member, product="41", **owed)
        desks.append(Desk(agent, member, savings, second, quota, card))
    world.close()
    return Stage(url, folder, gateway_url, tuple(desks))
