"""How far the caller is verified: the levels, as pure functions of what was proven, and what the screen shows.

N0 nothing · N1 two answers, or the cédula seen in person · N2 = N1 and a one-time code · N3 = N2 and one of: in
person, a call back to the number on record, a second person (req. 17). Two substitutes, each for one gap only:

* `record` (number, cédula and birth date as the caller says them) stands for the answers while the member has none
  on record, as before a first activation by phone (S39). It identifies and proves nothing (C1): alone it opens
  nothing, with the code it opens N2.
* Where the record holds no e-mail and no mobile at all, no code can be sent. The cédula seen in person then counts
  as N1, and with a second person as N3, since two people saw who stands there. Nothing else skips the code.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from services import authorisation

BASE = frozenset({"question", "in_person"})
STRONG = frozenset({"in_person", "callback", "second_person"})


def level_of(factors: Set[str], *, code_possible: bool = True) -> int:
    """The level 0–3 that a set of passed factors reaches. `question` is in it only if all drawn ones were passed."""
    base = bool(factors & BASE)
    if "code" in factors and (base or "record" in factors):
        return 3 if factors & STRONG else 2
    if not code_possible and {"in_person", "second_person"} <= factors:
        return 3
    return 1 if base else 0


def complete_factors(passed: Iterable[tuple[str, str | None]], drawn: tuple[int, ...]) -> frozenset[str]:
    """Passed steps (kind, detail) as a set of factors: answers count when every drawn question was answered right."""
    steps = set(passed)
    answered = {int(detail or 0) for kind, detail in steps if kind == "question"}
    kinds = {kind for kind, _ in steps if kind != "question"}
    return frozenset(kinds | ({"question"} if drawn and answered >= set(drawn) else set()))


def missing_for(factors: Set[str], level: int, *, has_questions: bool, code_possible: bool = True) -> Mapping[int, str]:
    """For each level above `level`, in Spanish, what is still missing for it, in order («Falta: …»)."""
    found = {}
    for target in range(level + 1, 4):
        if code_possible:
            needed = _missing_base(factors, target, has_questions) + _missing_above(factors, target)
        else:
            needed = _missing_without_code(factors, target, has_questions)
        found[target] = "; ".join(needed) or "verificar de nuevo"
    return MappingProxyType(found)


def _missing_base(factors: Set[str], target: int, has_questions: bool) -> list[str]:
    if factors & BASE or (target > 1 and "record" in factors):
        return []
    if has_questions:
        return [authorisation.FACTOR_NAMES[1]]
    return ["cédula en persona" if target == 1 else "datos del expediente o cédula en persona"]


def _missing_above(factors: Set[str], target: int) -> list[str]:
    code = [authorisation.FACTOR_NAMES[2]] if target > 1 and "code" not in factors else []
    strong = [authorisation.FACTOR_NAMES[3]] if target > 2 and not factors & STRONG else []
    return code + strong


def _missing_without_code(factors: Set[str], target: int, has_questions: bool) -> list[str]:
    if target == 1:
        return _missing_base(factors, target, has_questions)
    seen = [] if "in_person" in factors else ["cédula en persona, porque no hay correo ni celular registrado"]
    return seen + ([] if "second_person" in factors else ["segunda persona"])


@dataclass(frozen=True, slots=True)
class DrawnQuestion:
    """One of the questions drawn for this case. `passed`: None = not asked yet in this verification."""

    position: int
    text: str
    weak: bool
    passed: bool | None


@dataclass(frozen=True, slots=True)
class FactorOffer:
    """A way to go on. `kind`: question, record, in_person, code_email, code_phone, callback, second_person."""

    kind: str
    label: str
    reason_disabled: str | None = None
    destination: str | None = None  # masked


@dataclass(frozen=True, slots=True)
class Flag:
    """One line of the checklist of red flags; the agent can't take back an automatic one."""

    id: str
    text: str
    help: str
    on: bool
    automatic: bool


@dataclass(frozen=True, slots=True)
class SentCode:
    """The code that is good this moment: where it went (masked), what for, until when, how its delivery stands."""

    destination: str
    operation: str
    expires_at: datetime
    tries_left: int
    delivery: str
    on_its_way: bool = False


@dataclass(frozen=True, slots=True)
class VerificationState:
    """Everything that the verification screen shows; never an answer, a code or a clear contact (req. 18)."""

    case_id: str  # "" when the operator has no case open with the member
    member_id: int
    level: int
    lease_expires_at: datetime | None
    questions: tuple[DrawnQuestion, ...]
    has_questions: bool
    tries_left: int
    blocked: bool
    factors: tuple[str, ...]
    offers: tuple[FactorOffer, ...]
    flags: tuple[Flag, ...]
    missing_for: Mapping[int, str]
    code: SentCode | None = None
    outcome: str | None = None  # passed | failed: of the step that was just made
    message: str = field(default="")  # Spanish, about that step

    @property
    def flags_on(self) -> int:
        """How many red flags are up: one lifts each verified operation by a level, two want a supervisor."""
        return sum(flag.on for flag in self.flags)
