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
            "cumple" if self.met else "NO CUMPLE",
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
) -> Figure:
    """Measure both `rounds` times in turns. The goal is on the median of the rounds' ratios."""
    pairs = [(ours(), base()) for _ in range(rounds)]
    ratios = [mine / theirs for mine, theirs in pairs]
    ratio = statistics.median(ratios)
    met = (at_most is None or ratio <= at_most) and (at_least is None or ratio >= at_least)
    goal = f"≤ {at_most}" if at_most is not None else f"≥ {at_least}"
    return Figure(
        name,
        unit,
        statistics.median(mine for mine, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
        base_name,
        ratio,
        min(ratios),
        max(ratios),
        f"razón {goal}",
        met,
    )


def alone(name: str, unit: str, values: list[float], *, at_most: float, share: float = 0.5) -> Figure:
    """A figure without a baseline: the `share` quantile of `values` against a bound."""
    ordered = sorted(values)
    value = ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    return Figure(name, unit, value, None, "", None, ordered[0], ordered[-1], f"≤ {at_most:g} {unit}", value <= at_most)
