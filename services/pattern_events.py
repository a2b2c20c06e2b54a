"""An event as the rules of C16 see it, and what of the past they may look back on."""

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.audit_policy import PatternsPolicy

SESSION_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Seen:
    """One event of the trail. `at` in UTC; `member` an id; `address`: the keyed mark of the contact that it went to;
    `amount` in centésimos."""

    id: int
    at: datetime
    action: str
    result: str
    actor: str
    roles: tuple[str, ...] = ()
    member: int | None = None
    case: str | None = None
    session: str = ""
    terminal: str = ""
    about: str = ""
    address: str | None = None
    amount: int | None = None
    to: int | None = None

    @property
    def well(self) -> bool:
        """Whether it was done, or is on its way."""
        return self.result in ("ok", "held")

    @property
    def by_staff(self) -> bool:
        """Whether a person of staff did it."""
        return self.actor.startswith("staff:")


@dataclass(frozen=True, slots=True)
class Found:
    """A line: which rule, on whom, and the events behind it by id, oldest first. The same `key` is the same line.
    `actor`: the person of staff concerned, empty where it is nobody in particular."""

    rule: str
    key: str
    events: tuple[int, ...]
    params: Mapping[str, int]
    actor: str = ""
    member: int | None = None


@dataclass(frozen=True, slots=True)
class Kin:
    """Whom staff may not serve: by actor, their own and declared relatives' members and accounts (ids)."""

    members: Mapping[str, frozenset[int]] = field(default_factory=dict)
    accounts: Mapping[str, frozenset[int]] = field(default_factory=dict)


def seen(event_id: int, body: str) -> Seen:
    """From an event's body, the bytes that are hashed."""
    event: dict[str, Any] = json.loads(body)
    detail = event.get("detail")
    told: dict[str, Any] = detail if isinstance(detail, dict) else {}
    amount, to = told.get("amount"), told.get("to")
    return Seen(
        id=event_id,
        at=datetime.fromisoformat(event["at"]),
        action=event["action"],
        result=event["result"],
        actor=event["actor"],
        roles=tuple(event.get("roles", ())),
        member=event.get("member"),
        case=event.get("case"),
        session=event.get("session", ""),
        terminal=event.get("terminal", ""),
        about=str(event.get("object", "")),
        address=told.get("address"),
        amount=amount if type(amount) is int else None,
        to=to if type(to) is int else None,
    )


class Past:
    """The events before this one, as far back as any rule looks. Each kept list drops what is older by itself."""

    def __init__(self, policy: PatternsPolicy) -> None:
        self._of_actor = _Window(timedelta(minutes=policy.actor_minutes))
        self._of_member = _Window(timedelta(hours=policy.member_hours))
        self._of_address = _Window(timedelta(hours=policy.address_hours))
        self._of_user = _Window(timedelta(minutes=policy.sign_in_minutes))
        self._sessions: dict[str, Seen] = {}

    def keep(self, event: Seen) -> None:
        """One more event has become past."""
        if event.by_staff:
            self._of_actor.add(event.actor, event)
        if event.member is not None:
            self._of_member.add(event.member, event)
        if event.address is not None:
            self._of_address.add(event.address, event)
        if event.action == "session.sign_in" and event.about:
            self._of_user.add(event.about, event)
        if event.session:
            first = self._sessions.get(event.session)
            if first is None or event.at - first.at > SESSION_KEPT:
                self._sessions[event.session] = event

    def of_actor(self, actor: str, since: datetime) -> Iterator[Seen]:
        """What this person did from `since` on, newest first."""
        return self._of_actor.since(actor, since)

    def of_member(self, member: int, since: datetime) -> Iterator[Seen]:
        """What happened with this member, newest first."""
        return self._of_member.since(member, since)

    def of_address(self, address: str, since: datetime) -> Iterator[Seen]:
        """What went to this address, newest first."""
        return self._of_address.since(address, since)

    def of_user(self, about: str, since: datetime) -> Iterator[Seen]:
        """Who tried to come in as this person of staff (`staff:7`), newest first."""
        return self._of_user.since(about, since)

    def session_start(self, session: str) -> Seen | None:
        """The first event of a session."""
        return self._sessions.get(session)


class _Window:
    """Events by a key, each key's as long as the span."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._kept: defaultdict[Any, deque[Seen]] = defaultdict(deque)

    def add(self, key: Any, event: Seen) -> None:
        kept = self._kept[key]
        kept.append(event)
        oldest = event.at - self._span
        while kept[0].at < oldest:
            kept.popleft()

    def since(self, key: Any, since: datetime) -> Iterator[Seen]:
        for event in reversed(self._kept.get(key, ())):
            if event.at < since:
                return
            yield event
