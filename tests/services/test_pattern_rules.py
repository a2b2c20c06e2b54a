"""Planted patterns are all found in generated months, and ordinary life draws hardly a line (C16)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.audit_policy import RULES
from services.pattern_events import Found, seen
from services.pattern_watch import ALWAYS, WAITING, Watch
from services.policy import Policy, load_policy
from tests.services.branch_life import Life, Plant
from tests.services.branch_plants import PLANTS, plant

ORDINARY_PER_FALSE_LINE = 500
CUT = 777


def lines(life: Life, policy: Policy | None = None) -> list[tuple[Found, frozenset[int]]]:
    """Every line once, with the places of its events."""
    events = life.in_order()
    watch = Watch(policy or load_policy(), life.kin)
    found: dict[str, Found] = {}
    for line in watch.see(seen(at, event.body) for at, event in enumerate(events)):
        found.setdefault(line.key, line)
    return [(line, frozenset(events[at].place for at in line.events)) for line in found.values()]


def tells_of(line: Found, places: frozenset[int], hidden: Plant) -> bool:
    """Whether a line is about this plant: its rule, its person, and at least half of the events behind it its own."""
    theirs = len(places & hidden.places)
    return line.rule == hidden.rule and line.actor == hidden.actor and 2 * theirs >= len(places)


def measured(seed: int, agents: int, days: int, times: int) -> tuple[list[Plant], list[Found], int]:
    """What was missed, which lines are about nothing planted, and how many ordinary events there were."""
    life = Life(seed, agents, days)
    life.ordinary()
    ordinary = len(life.events)
    plant(life, times)
    found = lines(life)
    missed = [hidden for hidden in life.plants if not any(tells_of(*line, hidden) for line in found)]
    planted = {place for hidden in life.plants for place in hidden.places}
    wrong = [line for line, places in found if not places & planted]
    return missed, wrong, ordinary


def test_a_small_month_gives_up_what_was_hidden_in_it() -> None:
    missed, wrong, ordinary = measured(seed=11, agents=3, days=12, times=2)
    assert not missed
    assert ordinary > 4_000 and len(wrong) * ORDINARY_PER_FALSE_LINE <= ordinary, wrong


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(1, 9))
def test_a_whole_month_gives_up_what_was_hidden_in_it(seed: int) -> None:
    missed, wrong, ordinary = measured(seed, agents=12, days=26, times=3)
    assert not missed
    assert ordinary > 40_000 and len(wrong) * ORDINARY_PER_FALSE_LINE <= ordinary, wrong


def test_every_rule_is_named_and_has_a_plant() -> None:
    life = Life(3, agents=2, days=8)
    plant(life)
    names = {rule.__name__ for rule in (*ALWAYS, *(rule for rule, _ in WAITING))}
    assert names == RULES.keys() == {hidden.rule for hidden in life.plants}
    assert len(life.plants) == len(PLANTS)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_that_is_off_draws_nothing(rule: str) -> None:
    life = Life(3, agents=2, days=8)
    plant(life)
    policy = load_policy()
    quiet = replace(policy, patterns=replace(policy.patterns, off=(rule,)))
    assert rule in {line.rule for line, _ in lines(life)}
    assert rule not in {line.rule for line, _ in lines(life, quiet)}


def test_a_line_says_its_parameters_and_they_tune_it() -> None:
    life = Life(3, agents=2, days=8)
    plant(life)
    policy = load_policy()
    wide = replace(policy, patterns=replace(policy.patterns, probing_misses=13))
    told = next(line for line, _ in lines(life) if line.rule == "probing")
    assert dict(told.params) == {"probing_misses": 12, "probing_minutes": 30} and len(told.events) == 12
    assert "probing" not in {line.rule for line, _ in lines(life, wide)}


def test_a_watch_made_anew_in_the_middle_finds_the_same() -> None:
    """A worker that was killed goes on with what it reads back of the last hours."""
    life = Life(21, agents=2, days=8)
    life.ordinary()
    plant(life)
    policy = load_policy()
    events = [seen(at, event.body) for at, event in enumerate(life.in_order())]
    whole = {line.key for line in Watch(policy, life.kin).see(events)}
    parts: set[str] = set()
    for start in range(0, len(events), CUT):
        watch = Watch(policy, life.kin)
        watch.remember(events[:start])
        parts |= {line.key for line in watch.see(events[start : start + CUT])}
    assert parts == whole
