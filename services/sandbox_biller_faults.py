"""What can be made to go wrong at the sandbox gateway, for how often, for whom and how long."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """What the gateway does instead of its work. Those of ORDERS touch new orders only, the rest every request."""

    SLOW = "slow"  # works, but some seconds late
    NO_ANSWER = "no-answer"  # says nothing and takes nothing
    ANSWER_LOST = "answer-lost"  # takes the order and hangs up without a word
    REFUSED = "refused"  # code «rejected»
    DUPLICATE = "duplicate"  # code «duplicate»: the biller has an equal payment
    WRONG_AMOUNT = "wrong-amount"  # charges B/.1.00 more than was ordered
    DOWN = "down"  # 503: takes nothing
    MALFORMED = "malformed"  # works, and answers half a line


ORDERS: Final = frozenset({Fault.ANSWER_LOST, Fault.REFUSED, Fault.DUPLICATE, Fault.WRONG_AMOUNT})


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A fault for the next `times` requests (None: all), of one `biller` (None: any), until `ends` (monotonic)."""

    fault: Fault
    times: int | None = None
    biller: str | None = None
    ends: float | None = None


class FaultBoard:
    """The faults that are switched on; the first that fits a request is the one that happens. Thread-safe."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._lock = threading.Lock()

    def add(
        self, fault: Fault, *, times: int | None = None, biller: str | None = None, seconds: int | None = None
    ) -> None:
        ends = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            self._rules.append(FaultRule(fault, times, biller, ends))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def rules(self) -> list[FaultRule]:
        with self._lock:
            self._drop_over()
            return list(self._rules)

    def next(self, biller: str | None, ordering: bool) -> Fault | None:
        """The fault that happens to this request; one that is counted is one nearer to its end."""
        with self._lock:
            self._drop_over()
            for index, rule in enumerate(self._rules):
                if (rule.fault in ORDERS and not ordering) or rule.biller not in (None, biller):
                    continue
                if rule.times is not None:
                    self._rules[index] = replace(rule, times=rule.times - 1)
                return rule.fault
        return None

    def _drop_over(self) -> None:
        now = time.monotonic()
        self._rules = [rule for rule in self._rules if rule.times != 0 and (rule.ends is None or now < rule.ends)]
