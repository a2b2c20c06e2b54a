"""How things are timed here: ours and a baseline in turns, several rounds, so that a busy machine slows both."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. `ours` and `base` are medians in `unit`; the ratio is ours/base, round by round."""

    name: str
    unit: str
    ours: float
    base: float | None
    base_name: str
    ratio: float | None
    low: float
    high: float
    goal: str
    met: bool

    def row(self) -> list[str]:
        """The figure as the table prints it."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} ({self.low:.2f}–{self.high:.2f})"
        base = "" if self.base is None else f"{self.base:,.2f} {self.unit} ({self.base_name})"
        return [
            self.name,
            f"{self.ours:,.2f} {self.unit}",
            base,
            ratio,
            self.goal,
            ("cumple" if self.met else "NO CUMPLE") if self.goal else "",
        ]

    def plain(self) -> dict[str, object]:
        """The figure for the JSON file."""
        return asdict(self)


def paired(
    name: str,
    unit: str,
    ours: Callable[[], float],
    base: Callable[[], float],
    *,
    base_name: str,
    rounds: int,
    at_most: float | None = None,
    at_least: float | None = None,
    either_first: bool = False,
) -> Figure:
    """Measure both `rounds` times in turns. The goal, if there is one, is on the median of the rounds' ratios.

    `either_first`: every other round begins with the base, for what is small beside what the call before leaves behind.
    """
    pairs = []
    for number in range(rounds):
        if either_first and number % 2:
            theirs = base()
            pairs.append((ours(), theirs))
        else:
            pairs.append((ours(), base()))
    ratios = [mine / theirs for mine, theirs in pairs]
    ratio = statistics.median(ratios)
    met = (at_most is None or ratio <= at_most) and (at_least is None or ratio >= at_least)
    bounds = [f"{sign} {bound}" for sign, bound in (("≤", at_most), ("≥", at_least)) if bound is not None]
    return Figure(
        name,
        unit,
        statistics.median(mine for mine, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
        base_name,
        ratio,
        min(ratios),
        max(ratios),
        f"razón {' '.join(bounds)}" if bounds else "",
        met,
    )


def alone(name: str, unit: str, values: list[float], *, at_most: float, share: float = 0.5) -> Figure:
    """A figure without a baseline: the `share` quantile of `values` against a bound."""
    value = quantile(values, share)
    goal = f"≤ {at_most:g} {unit}"
    return Figure(name, unit, value, None, "", None, min(values), max(values), goal, value <= at_most)


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of them do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def latency(
    name: str, taken: list[tuple[list[float], list[float]]], *, base_name: str, at_most: float | None = None
) -> list[Figure]:
    """The median and the 99th percentile of milliseconds, ours and the base's of each round. A goal, if there is one,
    is on the ratio of the medians, round by round."""
    ratios = [statistics.median(ours) / statistics.median(base) for ours, base in taken]
    every = [[value for pair in taken for value in pair[side]] for side in (0, 1)]
    ratio = statistics.median(ratios)
    goal, met = ("", True) if at_most is None else (f"razón ≤ {at_most}", ratio <= at_most)
    p50, p99 = ([quantile(values, share) for values in every] for share in (0.5, 0.99))
    whole = p99[0] / p99[1]
    return [
        Figure(f"{name}, p50", "ms", p50[0], p50[1], base_name, ratio, min(ratios), max(ratios), goal, met),
        Figure(f"{name}, p99", "ms", p99[0], p99[1], base_name, whole, whole, whole, "", True),
    ]
