"""Rules of C16 about how a person of staff works: when, where, for whom, and how they came in.

Each is a pure function of the event, the past, the policy and who is kin; it yields the same line as often as it sees
it, and the line's key makes it one.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from data.values.dates import to_panama
from services.operations import Op
from services.operator import Role
from services.pattern_events import Found, Kin, Past, Seen
from services.policy import Policy
from services.timeline_words import LOOKS

#: What opens a member's data; searching alone shows a masked line.
OPENED = frozenset({Op.RECORD_VIEW.value, Op.TIMELINE_VIEW.value, Op.NOTES_VIEW.value})
#: Said by opening and closing alone; nothing in it shows that anybody was on the line.
SILENT = LOOKS | {Op.CASE_OPEN.value, Op.CASE_CLOSE.value, Op.QUEUE_VIEW.value}
SERVING = frozenset({Role.CIS_AGENT.value, Role.CASHIER.value})
SIGN_IN = "session.sign_in"
WRONG = frozenset({"refused", "failed"})


def related(event: Seen, _past: Past, _policy: Policy, kin: Kin) -> Iterator[Found]:
    """Somebody at their own or a declared relative's record, or paying into their account; refused or not."""
    theirs = event.member is not None and event.member in kin.members.get(event.actor, frozenset())
    paid = event.to is not None and event.well and event.to in kin.accounts.get(event.actor, frozenset())
    if (theirs or paid) and event.action != Op.MEMBER_FIND:
        day = to_panama(event.at).date()
        key = f"related:{event.actor}:{'to' if paid else event.member}:{day}"
        yield Found("related", key, (event.id,), {}, event.actor, event.member)


def out_of_hours(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """Members' data opened or changed when the offices are closed."""
    night = _night(event, policy)
    if night is None:
        return
    rules = policy.patterns
    late = [event]
    for old in past.of_actor(event.actor, event.at - timedelta(hours=12)):
        if old.member is not None and _night(old, policy) == night:
            late.append(old)
    if len(late) >= rules.late_events:
        ids = tuple(sorted(one.id for one in late))[: rules.late_events]
        params = {
            "office_opens": rules.office_opens,
            "office_closes": rules.office_closes,
            "office_days": rules.office_days,
            "late_events": rules.late_events,
        }
        yield Found("out_of_hours", f"out_of_hours:{event.actor}:{night}", ids, params, event.actor)


def _night(event: Seen, policy: Policy) -> date | None:
    """Which night or closed day it is; None inside the hours and for whom nobody serves."""
    if event.member is None or not event.by_staff:
        return None
    local, rules = to_panama(event.at), policy.patterns
    if local.weekday() < rules.office_days and rules.office_opens <= local.hour < rules.office_closes:
        return None
    return (local - timedelta(hours=rules.office_opens)).date()


def idle_looks(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """One who serves opens member after member, and with none of them anything is asked, said or done."""
    if event.member is None or event.result != "ok" or SERVING.isdisjoint(event.roles):
        return
    rules = policy.patterns
    looked: dict[int, Seen] = {}
    served: set[int] = set()
    for old in past.of_actor(event.actor, event.at - timedelta(minutes=rules.idle_minutes)):
        if old.member is None or old.member == event.member:
            continue
        if old.action in OPENED and old.result == "ok":
            looked[old.member] = old
        elif old.action not in SILENT:
            served.add(old.member)
    idle = {member: old for member, old in looked.items() if member not in served}
    if len(idle) >= rules.idle_members:
        ids = tuple(sorted(old.id for old in idle.values()))
        params = {"idle_members": rules.idle_members, "idle_minutes": rules.idle_minutes}
        day = to_panama(event.at).date()
        yield Found("idle_looks", f"idle_looks:{event.actor}:{day}", ids, params, event.actor)


def probing(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """Search after search that finds nobody: numbers are being tried."""
    if not (event.by_staff and event.result == "not_found"):
        return
    rules = policy.patterns
    missed = [event]
    for old in past.of_actor(event.actor, event.at - timedelta(minutes=rules.probing_minutes)):
        if old.action == event.action and old.result == "not_found":
            missed.append(old)
    if len(missed) >= rules.probing_misses:
        ids = tuple(sorted(one.id for one in missed))
        params = {"probing_misses": rules.probing_misses, "probing_minutes": rules.probing_minutes}
        day = to_panama(event.at).date()
        yield Found("probing", f"probing:{event.actor}:{day}", ids, params, event.actor)


def two_terminals(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """One session at two terminals, or one person who moves to and fro faster than they could."""
    if not event.by_staff:
        return
    rules = policy.patterns
    params = {"terminal_changes": rules.terminal_changes, "terminal_minutes": rules.terminal_minutes}
    first = past.session_start(event.session) if event.session else None
    if first is not None and first.terminal != event.terminal and first.actor == event.actor:
        yield Found("two_terminals", f"two_terminals:{event.session}", (first.id, event.id), params, event.actor)
        return
    moves, later = [event], event
    for old in past.of_actor(event.actor, event.at - timedelta(minutes=rules.terminal_minutes)):
        if old.terminal != later.terminal:
            moves.append(old)
        later = old
    if len(moves) > rules.terminal_changes:
        ids = tuple(sorted(one.id for one in moves))
        day = to_panama(event.at).date()
        yield Found("two_terminals", f"two_terminals:{event.actor}:{day}", ids, params, event.actor)


def guessed_staff(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """A person of staff came in after several wrong passwords or codes."""
    if event.result != "ok" or not event.about:
        return
    rules = policy.patterns
    wrong = []
    for old in past.of_user(event.about, event.at - timedelta(minutes=rules.sign_in_minutes)):
        if old.result == "ok":
            break
        if old.result in WRONG:
            wrong.append(old)
    if len(wrong) >= rules.sign_in_failures:
        ids = (*sorted(old.id for old in wrong), event.id)
        params = {"sign_in_failures": rules.sign_in_failures, "sign_in_minutes": rules.sign_in_minutes}
        yield Found("guessed_staff", f"guessed_staff:{event.about}:{ids[0]}", ids, params, event.actor)


def stamping(event: Seen, past: Past, policy: Policy, _kin: Kin) -> Iterator[Found]:
    """A supervisor approves faster than anybody reads."""
    if not (event.by_staff and event.result == "ok"):
        return
    rules = policy.patterns
    given = [event]
    for old in past.of_actor(event.actor, event.at - timedelta(seconds=rules.stamp_seconds)):
        if old.action == event.action and old.result == "ok":
            given.append(old)
    if len(given) >= rules.stamp_approvals:
        ids = tuple(sorted(one.id for one in given))
        params = {"stamp_approvals": rules.stamp_approvals, "stamp_seconds": rules.stamp_seconds}
        key = f"stamping:{event.actor}:{to_panama(event.at):%Y-%m-%d %H}"
        yield Found("stamping", key, ids, params, event.actor)
