"""Why a drawer does not agree: the fewest mistakes in the day's entries that explain the difference (anchor C13).

Each usual mistake moves the difference (counted − expected) by a known amount: what the entry should have been less
what it is. A candidate is an entry, or a group of entries alike, that explains the whole of it with one mistake; pairs
of mistakes are looked for only where no single entry explains it. The order among candidates is in points, about the
base-two logarithm of how likely each is: a round amount is likelier than an odd one, an amount that came again that
day likelier than one that did not, a twin of the same member likelier than one by chance.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest
from itertools import combinations
from typing import Literal

from data.values.dates import format_time
from data.values.money import Money

Why = Literal["doubled", "missing", "transposed", "reversed_direction", "slipped_zero"]
NEAR = timedelta(minutes=5)
MOST = 10
TIMES_NAMED = 3
#: Points of an amount that divides by so many centésimos; cash comes in round amounts.
ROUND = ((20_00, 11), (10_00, 10), (5_00, 9), (1_00, 5), (25, 2), (5, 1))
SEEN_AGAIN = 3
MOST_COMMON = ROUND[0][1] + SEEN_AGAIN
SAME_MEMBER, SAME_MEMBER_NEAR, ONLY_NEAR = 4, 6, 1


@dataclass(frozen=True, slots=True)
class CashEntry:
    """One line of the drawer: `amount` centésimos, above zero into the drawer, below zero out of it; `at` in UTC."""

    operation_id: str
    at: datetime
    amount: int
    member_id: int | None
    kind: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake. Any one of `entries` (operation ids, the earliest first) may be the one; none for a payment that
    was never registered. `amount` as it stands in the books, `corrected` as it should; signed, 0: should not be there.
    """

    why: Why
    entries: tuple[str, ...]
    amount: int
    corrected: int

    @property
    def explains(self) -> int:
        """What it adds to counted − expected, centésimos."""
        return self.corrected - self.amount


@dataclass(frozen=True, slots=True)
class Suspect:
    """One mistake, or two that only together explain the difference, and the text that says so in Spanish."""

    faults: tuple[Fault, ...]
    explanation: str

    @property
    def entries(self) -> tuple[str, ...]:
        """Every operation to look at."""
        return tuple(dict.fromkeys(entry for fault in self.faults for entry in fault.entries))

    @property
    def why(self) -> Why:
        """The likelier one's kind where there are two."""
        return self.faults[0].why

    @property
    def explains(self) -> int:
        """Centésimos of difference: all of it."""
        return sum(fault.explains for fault in self.faults)


@dataclass(frozen=True, slots=True)
class _Candidate:
    fault: Fault
    points: int


def explain(entries: Sequence[CashEntry], difference: int, most: int = MOST) -> tuple[Suspect, ...]:
    """The suspects, one mistake before two, the likeliest first; empty when nothing differs.

    `difference` is counted − expected in centésimos: below zero, money is missing from the drawer.
    """
    if difference == 0:
        return ()
    day = sorted(entries, key=lambda entry: (entry.at, entry.operation_id))
    candidates = sorted(_candidates(day), key=_rank)
    alone = [one for one in candidates if one.fault.explains == difference]
    found = [(one.fault,) for one in sorted([*alone, _unregistered(day, difference)], key=_rank)]
    pairs = [] if alone else _pairs(candidates, difference, most)
    times = {entry.operation_id: format_time(entry.at) for entry in day}
    return tuple(Suspect(faults, _text(faults, times)) for faults in [*found, *pairs][:most])


# ---------------------------------------------------------------- one mistake


def _candidates(day: Sequence[CashEntry]) -> Iterator[_Candidate]:
    """Every mistake that the entries of a day can hold, whatever it explains."""
    alike: dict[int, list[CashEntry]] = defaultdict(list)
    for entry in day:
        alike[entry.amount].append(entry)
    for amount, group in alike.items():
        share = len(group).bit_length() - 1  # any of so many
        yield from _twins(group)
        yield _candidate("missing", group, 0, share)
        yield _candidate("reversed_direction", group, -amount, share)
        for why, corrected in _mistyped(amount):
            gain = _common(corrected, len(alike.get(corrected, ()))) - _common(amount, len(group) - 1)
            yield _candidate(why, group, corrected, gain + share)


def _candidate(why: Why, group: Iterable[CashEntry], corrected: int, points: int) -> _Candidate:
    entries = tuple(group)
    return _Candidate(Fault(why, tuple(one.operation_id for one in entries), entries[0].amount, corrected), points)


def _twins(group: Sequence[CashEntry]) -> Iterator[_Candidate]:
    """Entries alike that may be one payment registered twice, by how much they look like it."""
    by_points: dict[int, set[int]] = defaultdict(set)
    for earlier, later in combinations(range(len(group)), 2):
        if points := _likeness(group[earlier], group[later]):
            by_points[points] |= {earlier, later}
    for points, places in by_points.items():
        yield _candidate("doubled", (group[place] for place in sorted(places)), 0, points)


def _likeness(earlier: CashEntry, later: CashEntry) -> int:
    near = later.at - earlier.at <= NEAR
    if later.member_id is None or later.member_id != earlier.member_id:
        return ONLY_NEAR if near else 0
    return SAME_MEMBER_NEAR if near else SAME_MEMBER


def _mistyped(amount: int) -> Iterator[tuple[Why, int]]:
    """What the amount may have been before two digits changed places, or a zero or the point slipped."""
    sign, digits = (1 if amount > 0 else -1), str(abs(amount))
    swapped = {digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(len(digits) - 1)} - {digits}
    for other in sorted(swapped):
        if not other.startswith("0"):
            yield "transposed", sign * int(other)
    for factor in (10, 100):
        yield "slipped_zero", amount * factor
        if amount % factor == 0:
            yield "slipped_zero", sign * (abs(amount) // factor)


def _unregistered(day: Sequence[CashEntry], difference: int) -> _Candidate:
    """Cash that moved and was not registered: likelier the more usual its amount is."""
    seen = sum(entry.amount == difference for entry in day)
    return _Candidate(Fault("missing", (), 0, difference), _common(difference, seen) - MOST_COMMON)


def _common(amount: int, others: int) -> int:
    """How usual an amount is, in points; `others`: how many entries of the day have it besides the one in question."""
    roundness = next((points for unit, points in ROUND if amount % unit == 0), 0)
    return roundness + (SEEN_AGAIN if others > 0 else 0)


def _rank(one: _Candidate) -> int:
    return -one.points


# ---------------------------------------------------------------- two mistakes


def _pairs(ranked: Sequence[_Candidate], difference: int, most: int) -> list[tuple[Fault, ...]]:
    """The likeliest two that explain the difference together; not one entry twice."""
    by_effect: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(ranked):
        by_effect[one.fault.explains].append(place)
    found = (
        (ranked[place], ranked[other])
        for place in range(len(ranked))
        for other in by_effect.get(difference - ranked[place].fault.explains, ())
        if other >= place and len({*ranked[place].fault.entries, *ranked[other].fault.entries}) > 1
    )
    best = nsmallest(most, found, key=lambda pair: _rank(pair[0]) + _rank(pair[1]))
    return [(one.fault, other.fault) for one, other in best]


# ---------------------------------------------------------------- words


def _text(faults: Sequence[Fault], times: Mapping[str, str]) -> str:
    told = [_told(fault, times) for fault in faults]
    return " ".join([*told, "Solo las dos cosas juntas explican la diferencia."] if len(told) > 1 else told)


def _told(fault: Fault, times: Mapping[str, str]) -> str:
    should = Money(abs(fault.corrected)).with_symbol()
    if not fault.entries:
        return f"Falta registrar una {_way(fault.corrected)} de {should}."
    endings: dict[Why, str] = {
        "doubled": "puede estar registrada dos veces.",
        "missing": "pudo registrarse sin que se moviera el efectivo.",
        "transposed": f"pudo ser de {should}: dos cifras cambiadas de lugar.",
        "reversed_direction": f"pudo ser una {_way(fault.corrected)}.",
        "slipped_zero": f"pudo ser de {should}: un cero o el punto corrido.",
    }
    return f"{_subject(fault, times)} {endings[fault.why]}"


def _subject(fault: Fault, times: Mapping[str, str]) -> str:
    """«La entrada de B/.54.00 de las 10:42» or «Una de 4 entradas de B/.10.00 (09:10, 10:42, 11:05…)»."""
    way, amount, number = _way(fault.amount), Money(abs(fault.amount)).with_symbol(), len(fault.entries)
    if number == 1:
        return f"La {way} de {amount} de las {times[fault.entries[0]]}"
    named = ", ".join(times[entry] for entry in fault.entries[:TIMES_NAMED])
    return f"Una de {number} {way}s de {amount} ({named}{'…' if number > TIMES_NAMED else ''})"


def _way(amount: int) -> str:
    return "entrada" if amount > 0 else "salida"
