"""Months of ordinary life at the desks, made from a seed, and what an auditor wants to be told of planted in them.

Only the trail is made: events as the services write them, in the order in which they happen. Ordinary life is full of
what nearly looks like a pattern: families with one e-mail, callers who fail a question, people who come early.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from services.audit_trail import event_body
from services.operator import Channel, Operator, Role
from services.pattern_events import Kin

FIRST_DAY = date(2026, 10, 1)
PANAMA = timedelta(hours=-5)
MEMBERS = 4000


@dataclass(frozen=True)
class Plant:
    """What was hidden: the rule that must tell of it, whom, and the places of its events."""

    rule: str
    actor: str
    member: int | None
    places: frozenset[int]


@dataclass
class Event:
    at: datetime
    body: str
    place: int


@dataclass
class Life:
    """One month. `events` in order of time; `plants` what is in it; `kin` who is whose."""

    seed: int
    agents: int = 4
    days: int = 26
    events: list[Event] = field(default_factory=list)
    plants: list[Plant] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.places = 0
        self.cases = 0
        self.people = [self._person(n + 1, Role.CIS_AGENT) for n in range(self.agents)]
        self.supervisor = self._person(80, Role.SUPERVISOR)
        self.auditor = self._person(90, Role.AUDITOR)
        self.kin = Kin(
            {person.actor: frozenset({5000 + n}) for n, person in enumerate(self.people)},
            {person.actor: frozenset({90_000 + n}) for n, person in enumerate(self.people)},
        )

    def _person(self, number: int, role: Role) -> Operator:
        channel = Channel.CIS if number % 2 else Channel.BRANCH
        return Operator(f"staff:{number}", f"agente{number}", frozenset({role}), "001", f"T-{number}", channel, "")

    # ------------------------------------------------------------ writing

    def tell(self, at: datetime, who: Operator, action: str, **more: Any) -> int:
        """One event; answers its place, which names it until the whole is in order."""
        self.places += 1
        result = more.pop("result", "ok")
        body = event_body(at=at, operator=who, action=action, result=result, **more)
        self.events.append(Event(at, body, self.places))
        return self.places

    def moment(self, day: int, hour: int, minute: float = 0) -> datetime:
        """A moment of a day of the month, by the clock of Panama."""
        local = datetime.combine(FIRST_DAY + timedelta(days=day), time(hour), UTC)
        return local - PANAMA + timedelta(minutes=minute)

    def at_desk(self, who: Operator, day: int, terminal: str | None = None, part: int = 0) -> Operator:
        """This person's session of the day."""
        session = f"{who.actor[6:]:0>4}{day:04}{part:08}"
        return Operator(who.actor, who.username, who.roles, who.branch, terminal or who.terminal, who.channel, session)

    def case(self) -> str:
        self.cases += 1
        return f"case-{self.cases}"

    def address(self, member: int) -> str:
        """Two in a hundred share the e-mail of one other, a few that of two."""
        family = member - member % 50
        return f"mark-{family if member % 50 < (3 if family % 1000 == 0 else 2) else member}"

    # ------------------------------------------------------------ ordinary life

    def ordinary(self) -> None:
        """Every working day of the month."""
        for day in range(self.days):
            weekday = (FIRST_DAY + timedelta(days=day)).weekday()
            if weekday == 6:
                continue
            for person in self.people if weekday < 5 else self.people[::2]:
                self._day(person, day, 13 if weekday == 5 else self.chance.choice((16, 17, 17, 18, 20)))
            if weekday < 5:
                self._supervision(day)

    def _day(self, person: Operator, day: int, ends: int) -> None:
        chance = self.chance
        who = self.at_desk(person, day)
        at = self.moment(day, chance.choice((6, 7, 7, 8, 8, 8)), 30 * chance.random() + 5)
        self._sign_in(at, who, chance.choices((0, 1, 2, 3), (90, 7, 2, 1))[0])
        moved = chance.random() < 0.1
        while at < self.moment(day, ends):
            if moved and at > self.moment(day, 12):
                who, moved = self.at_desk(person, day, "T-70", 1), False
                self._sign_in(at, who, 0)
            self._call(at, who)
            at += timedelta(minutes=chance.uniform(5, 24))
        self.tell(at, who, "session.sign_out")

    def _sign_in(self, at: datetime, who: Operator, failures: int) -> None:
        door = Operator("anonymous", who.username, frozenset(), "", who.terminal, Channel.SYSTEM)
        for n in range(failures):
            self.tell(
                at - timedelta(seconds=20 * (failures - n)), door, "session.sign_in", result="refused", about=who.actor
            )
        self.tell(at, who, "session.sign_in", about=who.actor)

    def _call(self, at: datetime, who: Operator) -> None:
        chance = self.chance
        member = 1 + int(chance.triangular(0, MEMBERS, MEMBERS / 3))
        if chance.random() < 0.05:
            self.tell(at, who, "member.find", result="not_found")
        case = self.open(at, who, member)
        kind = chance.choices(list(CALLS), [weight for _, weight in CALLS.values()])[0]
        CALLS[kind][0](self, at + timedelta(seconds=30), who, member, case)
        if chance.random() < 0.8:
            self.tell(at + timedelta(minutes=4), who, "case.close", member=member, case=case)

    def open(self, at: datetime, who: Operator, member: int, case: str | None = None) -> str:
        """A search and the record."""
        case = case or self.case()
        self.tell(at, who, "member.find", member=member)
        self.tell(at, who, "case.open", member=member, case=case)
        self.tell(at, who, "record.view", member=member, case=case)
        return case

    def verified(self, at: datetime, who: Operator, member: int, case: str, failures: int = 0) -> datetime:
        """The caller answers; answers when it was done."""
        self.tell(at, who, "verification.begin", member=member, case=case)
        for n in range(failures + 2):
            at += timedelta(seconds=15)
            result = "failed" if n < failures else "passed"
            self.tell(
                at, who, "verification.step", result=result, member=member, case=case, detail={"kind": "question"}
            )
        self.tell(at, who, "lease.grant", member=member, case=case)
        return at + timedelta(seconds=10)

    def _supervision(self, day: int) -> None:
        chance = self.chance
        boss, auditor = self.at_desk(self.supervisor, day), self.at_desk(self.auditor, day)
        at = self.moment(day, 8)
        self._sign_in(at, boss, 0)
        while at < self.moment(day, 17):
            at += timedelta(minutes=chance.uniform(5, 40))
            for n in range(chance.choice((1, 1, 2, 3))):
                at += timedelta(seconds=chance.uniform(8, 60))
                self.tell(at, boss, "approval.give", member=1 + n, detail={"made_by": "agente1"})
            if chance.random() < 0.3:
                self.tell(at, boss, "record.view", member=1 + chance.randrange(MEMBERS))
        at = self.moment(day, 9)
        for _ in range(30):
            at += timedelta(minutes=chance.uniform(1, 12))
            self.tell(at, auditor, "record.view", member=1 + chance.randrange(MEMBERS))
            self.tell(at, auditor, "audit.read", detail={"rows": 200})

    def in_order(self) -> list[Event]:
        """Everything as it happened."""
        return sorted(self.events, key=lambda event: (event.at, event.place))


# ---------------------------------------------------------------- calls

Call = Callable[[Life, datetime, Operator, int, str], None]


def _looked(life: Life, at: datetime, who: Operator, member: int, case: str) -> None:
    """A general question: nobody is verified and nothing done."""


def _asked(life: Life, at: datetime, who: Operator, member: int, case: str) -> None:
    at = life.verified(at, who, member, case)
    life.tell(at, who, "balances.view", member=member, case=case)
    life.tell(at, who, "movements.view", member=member, case=case)


def _unlocked(life: Life, at: datetime, who: Operator, member: int, case: str) -> None:
    at = life.verified(at, who, member, case)
    life.tell(at, who, "access.unlock", member=member, case=case, reason="Escribió mal")


def _credential(life: Life, at: datetime, who: Operator, member: int, case: str) -> None:
    at = life.verified(at, who, member, case)
    action = life.chance.choice(("credential.issue", "access.activate"))
    life.tell(at, who, action, member=member, case=case, detail={"delivery": "mail", "address": life.address(member)})


def _contact(life: Life, at: datetime, who: Operator, member: int, case: str) -> None:
    at = life.verified(at, who, member, case)
    detail = {"field": "email", "address": life.address(member)}
    life.tell(at, who, "contact.change", member=member, case=case, detail=detail)


def _contact_and_reset(life: Life, at: datetime, who: Operator, member: int, case: str) -> None:
    """Ordinary, if rare: a new phone, and the questions forgotten."""
    _contact(life, at, who, member, case)
    life.tell(at + timedelta(minutes=2), who, "questions.reset", member=member, case=case)


def _paid(life: Life, at: datetime, who: Operator, member: int, case: str) -> None:
    at = life.verified(at, who, member, case)
    action = life.chance.choice(("transfer.third", "biller.pay", "quota.pay", "loan.pay", "transfer.own"))
    for _ in range(life.chance.choice((1, 1, 1, 2))):
        amount = min(int(life.chance.lognormvariate(9, 1.2)), 90_000)
        detail = {"from": member, "to": life.chance.randrange(50_000), "amount": amount}
        life.tell(at, who, action, member=member, case=case, detail=detail)


def _failed(life: Life, at: datetime, who: Operator, member: int, case: str) -> None:
    """A wrong answer, then right ones; now and then they hang up and call again."""
    if life.chance.random() < 0.7:
        life.verified(at, who, member, case, failures=1)
        return
    life.tell(at, who, "verification.step", result="failed", member=member, case=case, detail={"kind": "question"})
    later = at + timedelta(minutes=40)
    life.verified(later, who, member, life.open(later, who, member))


def _in_portal(life: Life, at: datetime, _who: Operator, member: int, _case: str) -> None:
    """At the same time somebody pays by themselves."""
    own = Operator(f"member:{member}", "socio", frozenset(), "", "web", Channel.WEB, f"m{member:015}")
    life.tell(at, own, "transfer.third", member=member, detail={"from": member, "to": 7, "amount": 5_000})


CALLS: dict[str, tuple[Call, int]] = {
    "looked": (_looked, 8),
    "asked": (_asked, 45),
    "unlocked": (_unlocked, 10),
    "credential": (_credential, 8),
    "contact": (_contact, 3),
    "contact_and_reset": (_contact_and_reset, 1),
    "paid": (_paid, 15),
    "failed": (_failed, 4),
    "portal": (_in_portal, 6),
}
