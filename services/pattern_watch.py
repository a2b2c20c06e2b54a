"""The watch over the trail: every event once, in order, through the rules that wait for its action (C16).

Pure: it knows events, the policy and who is kin, and nothing of a database. What it remembers follows from the last
hours alone, so it can be made anew at any place of the trail.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from services.operations import Op
from services.pattern_events import Found, Kin, Past, Seen
from services.pattern_members import (
    ADDRESSED,
    GRANT,
    MONEY_OUT,
    TAKEOVER,
    guessed_caller,
    one_address,
    splitting,
    takeover,
)
from services.pattern_staff import (
    OPENED,
    SIGN_IN,
    guessed_staff,
    idle_looks,
    out_of_hours,
    probing,
    related,
    stamping,
    two_terminals,
)
from services.policy import Policy

Rule = Callable[[Seen, Past, Policy, Kin], Iterator[Found]]
#: Rules that look at every event about a member or by staff, and those that wait for certain actions.
ALWAYS: tuple[Rule, ...] = (related, out_of_hours, two_terminals)
WAITING: tuple[tuple[Rule, frozenset[str]], ...] = (
    (takeover, TAKEOVER),
    (one_address, ADDRESSED),
    (guessed_caller, frozenset({GRANT})),
    (splitting, MONEY_OUT),
    (idle_looks, OPENED),
    (probing, frozenset({Op.MEMBER_FIND.value})),
    (guessed_staff, frozenset({SIGN_IN})),
    (stamping, frozenset({Op.APPROVAL_GIVE.value})),
)


class Watch:
    """Feed it events in the order of the chain."""

    def __init__(self, policy: Policy, kin: Kin) -> None:
        self._policy, self.kin = policy, kin
        self._past = Past(policy.patterns)
        off = set(policy.patterns.off)
        self._always = tuple(rule for rule in ALWAYS if rule.__name__ not in off)
        waiting: defaultdict[str, list[Rule]] = defaultdict(list)
        for rule, actions in WAITING:
            if rule.__name__ not in off:
                for action in actions:
                    waiting[action].append(rule)
        self._waiting = dict(waiting)

    def remember(self, events: Iterable[Seen]) -> None:
        """What was looked at before: it is past, and makes no line."""
        for event in events:
            self._past.keep(event)

    def see(self, events: Iterable[Seen]) -> Iterator[Found]:
        """The lines that these events complete; a line may come more than once, under one key."""
        for event in events:
            for rule in (*self._always, *self._waiting.get(event.action, ())):
                yield from rule(event, self._past, self._policy, self.kin)
            self._past.keep(event)
