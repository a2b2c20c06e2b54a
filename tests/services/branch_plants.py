"""What an auditor wants to be told of, hidden in a month of ordinary life; and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from services.operator import Channel, Operator
from tests.services.branch_life import FIRST_DAY, Life, Plant

Hide = Callable[[Life, int], None]


def plant(life: Life, times: int = 1) -> None:
    """Hide everything, each so often, on days and agents that the seed chooses; twice in one day is one line."""
    for hide in (*PLANTS, *INNOCENT):
        for day in life.chance.sample(_working_days(life), times):
            hide(life, day)


def _working_days(life: Life, more: int = 0) -> list[int]:
    days = range(1, life.days - 5 + more)
    return [day for day in days if (FIRST_DAY + timedelta(days=day)).weekday() < 5]


def _agent(life: Life, day: int, terminal: str | None = None) -> Operator:
    return life.at_desk(life.chance.choice(life.people), day, terminal)


def _member(life: Life) -> int:
    """Somebody who appears nowhere else."""
    life.cases += 1
    return 10_000 + life.cases


def _hidden(life: Life, rule: str, who: Operator | None, member: int | None, places: list[int]) -> None:
    life.plants.append(Plant(rule, who.actor if who else "", member, frozenset(places)))


def _takeover(life: Life, day: int) -> None:
    """Contact in the morning, credential at noon, the money before the day is over."""
    who, member, case = _agent(life, day), _member(life), life.case()
    at = life.verified(life.moment(day, 9, 11), who, member, life.open(life.moment(day, 9, 10), who, member, case))
    about = {"address": f"mark-{member}"}
    places = [
        life.tell(at, who, "contact.change", member=member, case=case, detail=about | {"field": "email"}),
        life.tell(life.moment(day, 12), who, "password.reset", member=member, case=case, detail=about),
        life.tell(life.moment(day, 15), who, "transfer.third", member=member, case=case, detail={"amount": 30_000}),
    ]
    _hidden(life, "takeover", who, member, places)


def _takeover_by_portal(life: Life, day: int) -> None:
    """The agent prepares it; the money leaves in the portal the next morning, 23 hours later."""
    who, member = _agent(life, day), _member(life)
    own = Operator(f"member:{member}", "socio", frozenset(), "", "web", Channel.WEB, "f" * 16)
    places = [
        life.tell(life.moment(day, 10), who, "credential.issue", member=member, detail={"address": f"mark-{member}"}),
        life.tell(life.moment(day, 10, 5), who, "contact.change", member=member, detail={"address": f"new-{member}"}),
        life.tell(life.moment(day + 1, 9), own, "biller.pay", result="held", member=member, detail={"amount": 9_000}),
    ]
    _hidden(life, "takeover", who, member, places)


def _one_address(life: Life, day: int) -> None:
    """Three members' credentials to one mailbox within the week."""
    who, mark = life.chance.choice(life.people), f"drop-{life.case()}"
    places = []
    for n, on in enumerate([late for late in _working_days(life, 3) if late >= day][:3]):
        agent, member = life.at_desk(who, on), _member(life)
        at = life.verified(life.moment(on, 11), agent, member, life.case())
        action = ("credential.issue", "contact.change", "access.activate")[n]
        places.append(life.tell(at, agent, action, member=member, detail={"address": mark}))
    _hidden(life, "one_address", who, None, places)


def _guessed_caller(life: Life, day: int) -> None:
    """Two calls fail at two desks, the third is let in."""
    member, who = _member(life), _agent(life, day)
    places = []
    for hour in (9, 11):
        other, case = _agent(life, day), life.case()
        detail = {"kind": "question"}
        step = {"result": "failed", "member": member, "case": case, "detail": detail}
        places.append(life.tell(life.moment(day, hour), other, "verification.step", **step))
    case = life.case()
    places.append(life.tell(life.moment(day, 14), who, "lease.grant", member=member, case=case))
    _hidden(life, "guessed_caller", who, member, places)


def _splitting(life: Life, day: int) -> None:
    """Three transfers of 1,900 where 2,000 is what the agent may alone."""
    who, member, case = _agent(life, day), _member(life), life.case()
    at = life.verified(life.moment(day, 10), who, member, case)
    places = []
    for n in range(3):
        detail = {"from": 1, "to": 2, "amount": 190_000}
        moment = at + timedelta(hours=n)
        places.append(life.tell(moment, who, "transfer.third", member=member, case=case, detail=detail))
    _hidden(life, "splitting", who, member, places)


def _own_account(life: Life, day: int) -> None:
    """The program refuses it; that it was tried is told."""
    person = life.chance.choice(life.people)
    who, member = life.at_desk(person, day), next(iter(life.kin.members[person.actor]))
    place = life.tell(life.moment(day, 10), who, "record.view", result="refused", reason="not_permitted", member=member)
    _hidden(life, "related", who, member, [place])


def _paid_to_kin(life: Life, day: int) -> None:
    person = life.chance.choice(life.people)
    who, member, case = life.at_desk(person, day), _member(life), life.case()
    detail = {"from": 3, "to": next(iter(life.kin.accounts[person.actor])), "amount": 4_000}
    at = life.verified(life.moment(day, 13), who, member, case)
    place = life.tell(at, who, "transfer.third", member=member, case=case, detail=detail)
    _hidden(life, "related", who, member, [place])


def _out_of_hours(life: Life, day: int) -> None:
    who = _agent(life, day)
    places = [
        life.tell(life.moment(day, 23, 3 * n), who, "record.view", member=_member(life), case=life.case())
        for n in range(3)
    ]
    _hidden(life, "out_of_hours", who, None, places)


def _idle_looks(life: Life, day: int) -> None:
    """Sixteen members in two hours, between the calls of an ordinary afternoon, and nobody on the line."""
    who = _agent(life, day)
    places = []
    for n in range(16):
        member = _member(life)
        case = life.case()
        at = life.moment(day, 10, 7 * n)
        life.tell(at, who, "case.open", member=member, case=case)
        places.append(life.tell(at, who, "record.view", member=member, case=case))
    _hidden(life, "idle_looks", who, None, places)


def _probing(life: Life, day: int) -> None:
    who = _agent(life, day)
    places = [
        life.tell(life.moment(day, 9, 2 * n), who, "member.find", result="not_found", detail={"kind": "cedula"})
        for n in range(12)
    ]
    _hidden(life, "probing", who, None, places)


def _two_terminals(life: Life, day: int) -> None:
    """One session's events from two machines."""
    person = life.people[0]
    here, there = life.at_desk(person, day, part=7), life.at_desk(person, day, "T-66", part=7)
    places = [
        life.tell(life.moment(day, 10), here, "queue.view"),
        life.tell(life.moment(day, 10, 9), there, "record.view", member=_member(life), case=life.case()),
    ]
    _hidden(life, "two_terminals", here, None, places)


def _to_and_fro(life: Life, day: int) -> None:
    """Two people under one name."""
    person = life.chance.choice(life.people[1:])
    places = []
    for n in range(6):
        terminal, part = (None, 5) if n % 2 else ("T-67", 6)
        who = life.at_desk(person, day, terminal, part=part)
        places.append(life.tell(life.moment(day, 10, 5 * n), who, "queue.view"))
    _hidden(life, "two_terminals", person, None, places)


def _guessed_staff(life: Life, day: int) -> None:
    who = _agent(life, day)
    door = Operator("anonymous", who.username, frozenset(), "", who.terminal, Channel.SYSTEM)
    places = [
        life.tell(life.moment(day, 6, n), door, "session.sign_in", result="refused", about=who.actor) for n in range(4)
    ]
    places.append(life.tell(life.moment(day, 6, 4.5), who, "session.sign_in", about=who.actor))
    _hidden(life, "guessed_staff", who, None, places)


def _stamping(life: Life, day: int) -> None:
    boss = life.at_desk(life.supervisor, day)
    places = [
        life.tell(life.moment(day, 18, 0.1 * n), boss, "approval.give", member=40 + n, detail={"made_by": "agente1"})
        for n in range(6)
    ]
    _hidden(life, "stamping", boss, None, places)


# ---------------------------------------------------------------- what must stay silent


def _too_late(life: Life, day: int) -> None:
    """Reset, contact and money, with more than a day between."""
    who, member = _agent(life, day), _member(life)
    life.tell(life.moment(day, 9), who, "password.reset", member=member, detail={"address": f"mark-{member}"})
    life.tell(life.moment(day, 9, 5), who, "contact.change", member=member, detail={"address": f"mark-{member}"})
    after = life.at_desk(life.people[0], day + 1)
    life.tell(life.moment(day + 1, 10), after, "transfer.third", member=member, detail={"amount": 10_000})


def _refused(life: Life, day: int) -> None:
    """The third part was refused: nothing left."""
    who, member = _agent(life, day), _member(life)
    life.tell(life.moment(day, 9), who, "questions.reset", member=member)
    life.tell(life.moment(day, 9, 5), who, "contact.change", member=member, detail={"address": f"mark-{member}"})
    life.tell(life.moment(day, 9, 9), who, "transfer.third", result="refused", member=member)


def _two_people(life: Life, day: int) -> None:
    """One resets, another changes the contact: two people saw the caller."""
    member = _member(life)
    one, other = (life.at_desk(person, day) for person in life.people[:2])
    life.tell(life.moment(day, 9), one, "questions.reset", member=member)
    life.tell(life.moment(day, 11), other, "contact.change", member=member, detail={"address": f"mark-{member}"})
    life.tell(life.moment(day, 12), other, "transfer.third", member=member, detail={"amount": 10_000})


def _late_once(life: Life, day: int) -> None:
    """One record after hours: the last call was long."""
    who = _agent(life, day)
    life.tell(life.moment(day, 21, 5), who, "record.view", member=_member(life), case=life.case())


def _busy_hour(life: Life, day: int) -> None:
    """Fourteen short questions at noon, and the fifteenth caller is verified."""
    who = _agent(life, day)
    for n in range(10):
        member, case = _member(life), life.case()
        life.tell(life.moment(day, 12, 2 * n), who, "record.view", member=member, case=case)


PLANTS: tuple[Hide, ...] = (
    _takeover,
    _takeover_by_portal,
    _one_address,
    _guessed_caller,
    _splitting,
    _own_account,
    _paid_to_kin,
    _out_of_hours,
    _idle_looks,
    _probing,
    _two_terminals,
    _to_and_fro,
    _guessed_staff,
    _stamping,
)
INNOCENT: tuple[Hide, ...] = (_too_late, _refused, _two_people, _late_once, _busy_hour)
