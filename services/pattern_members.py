"""Rules of C16 about what is done to members: how accounts are taken over, and how money is moved in pieces.

Each is a pure function of the event, the past, the policy and who is kin; it yields the same line as often as it sees
it, and the line's key makes it one.
"""

from collections.abc import Iterator
from datetime import timedelta

from services.case_patterns import RESETS
from services.operations import Op
from services.operator import Role
from services.pattern_events import Found, Kin, Past, Seen
from services.policy import Policy

RESET_ACTIONS = frozenset({*(op.value for op in RESETS), Op.ACCESS_ACTIVATE.value})
#: Money that leaves the member's own accounts, at the desk or in the portal.
MONEY_OUT = frozenset(
    op.value
    for op in (
        Op.TRANSFER_THIRD,
        Op.QUOTA_PAY_THIRD,
        Op.LOAN_PAY_THIRD,
        Op.CARD_PAY_THIRD,
        Op.SERVICE_PAY_THIRD,
        Op.BILLER_PAY,
        Op.BILLER_TOP_UP,
        Op.CASH_WITHDRAW,
    )
)
CONTACT = frozenset({Op.CONTACT_CHANGE.value})
TAKEOVER = RESET_ACTIONS | CONTACT | MONEY_OUT | {Op.TRANSFER_OWN.value}
ADDRESSED = frozenset({Op.CREDENTIAL_ISSUE.value, Op.ACCESS_ACTIVATE.value, Op.PASSWORD_RESET.value, *CONTACT})
STEP = "verification.step"
GRANT = "lease.grant"


def takeover(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """The same agent reset the access and changed the contact, and money left (by them or in the portal), in whatever
    order, within some hours on one member."""
    if event.member is None or not event.well:
        return
    rules = policy.patterns
    since = event.at - timedelta(hours=rules.takeover_hours)
    lately = [old for old in past.of_member(event.member, since) if old.well and old.action in TAKEOVER]
    for agent in dict.fromkeys(one.actor for one in (event, *lately) if one.by_staff):
        parts = [
            next((one for one in (event, *lately) if one.action in kind and _theirs(one, agent, kind)), None)
            for kind in (RESET_ACTIONS, CONTACT, TAKEOVER - RESET_ACTIONS - CONTACT)
        ]
        whole = [part for part in parts if part is not None]
        if len(whole) == len(parts) and event in whole:
            ids = tuple(sorted(part.id for part in whole))
            first = min(whole, key=lambda part: part.id)
            key = f"takeover:{agent}:{event.member}:{first.at:%Y-%m-%d}"
            yield Found("takeover", key, ids, {"takeover_hours": rules.takeover_hours}, agent, event.member)


def _theirs(event: Seen, agent: str, kind: frozenset[str]) -> bool:
    """By the agent; money also by the member themselves, or who passes for them."""
    return event.actor == agent or (kind.isdisjoint(RESET_ACTIONS | CONTACT) and event.actor.startswith("member:"))


def one_address(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """One agent sends credentials of different members to one e-mail, or gives them one contact."""
    if event.address is None or event.member is None or not (event.well and event.by_staff):
        return
    rules = policy.patterns
    since = event.at - timedelta(hours=rules.address_hours)
    first = {event.member: event}
    for old in past.of_address(event.address, since):
        if old.actor == event.actor and old.well and old.member is not None:
            first.setdefault(old.member, old)
    if len(first) >= rules.address_members:
        ids = tuple(sorted(one.id for one in first.values()))
        params = {"address_members": rules.address_members, "address_hours": rules.address_hours}
        yield Found("one_address", f"one_address:{event.actor}:{event.address}", ids, params, event.actor)


def guessed_caller(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """Somebody failed in other calls and then passed: questions are learnt by asking."""
    if event.member is None:
        return
    rules = policy.patterns
    since = event.at - timedelta(hours=rules.guess_hours)
    failed = [
        old
        for old in past.of_member(event.member, since)
        if old.action == STEP and old.result == "failed" and old.case != event.case
    ]
    if len(failed) >= rules.guess_failures and len({old.case for old in failed}) >= rules.guess_cases:
        ids = (*sorted(old.id for old in failed), event.id)
        params = {
            "guess_failures": rules.guess_failures,
            "guess_cases": rules.guess_cases,
            "guess_hours": rules.guess_hours,
        }
        yield Found("guessed_caller", f"guessed_caller:{event.member}:{ids[0]}", ids, params, event.actor, event.member)


def splitting(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """Several payments out of one member by one agent, each just within what that agent may alone."""
    if event.member is None or not (event.by_staff and event.well and _just_under(event, policy)):
        return
    rules = policy.patterns
    since = event.at - timedelta(hours=rules.split_hours)
    like = [
        old
        for old in past.of_member(event.member, since)
        if old.actor == event.actor and old.action == event.action and old.well and _just_under(old, policy)
    ]
    if len(like) + 1 >= rules.split_payments:
        ids = (*sorted(old.id for old in like), event.id)
        params = {
            "split_payments": rules.split_payments,
            "split_hours": rules.split_hours,
            "split_percent": rules.split_percent,
        }
        key = f"splitting:{event.actor}:{event.member}:{event.action}:{event.at:%Y-%m-%d}"
        yield Found("splitting", key, ids, params, event.actor, event.member)


def _just_under(event: Seen, policy: Policy) -> bool:
    if event.amount is None:
        return False
    roles = frozenset(Role(role) for role in event.roles if role in set(Role))
    most = policy.limits[Op(event.action)].single_of(roles)
    return most * policy.patterns.split_percent <= event.amount * 100 <= most * 100
