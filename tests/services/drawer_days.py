"""Synthetic days of a cash drawer, with one mistake planted where it is asked for.

The amounts follow how people use a cooperative's counter: savings come and go in round amounts, quotas are small and
the same for many, loans and bills have centésimos. Nothing here knows how the difference will be explained.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from services.drawer_difference import CashEntry

OPENING = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
MISTAKES = ("doubled", "not_moved", "unregistered", "transposed", "reversed_direction", "slipped_zero")
QUOTAS = (2_00, 5_00, 5_00, 10_00, 10_00, 15_00, 25_00)


@dataclass(frozen=True)
class Day:
    """What the books say, what the drawer lacks or has over, and which operation is to blame (None: none is there)."""

    entries: tuple[CashEntry, ...]
    difference: int
    culprits: frozenset[str]


def _round_amount(chance: random.Random) -> int:
    unit = chance.choice((5_00, 5_00, 10_00, 10_00, 20_00, 20_00, 50_00))
    return unit * max(1, int(chance.lognormvariate(1.4, 0.9)))


def _amount(chance: random.Random) -> tuple[str, int]:
    kind = chance.choices(
        ("cash.deposit", "cash.withdrawal", "quota.pay", "loan.pay", "bill.pay"), (30, 27, 15, 16, 12)
    )[0]
    if kind == "cash.deposit" and chance.random() < 0.2:
        return kind, chance.randrange(5_00, 900_00)
    if kind in ("cash.deposit", "cash.withdrawal"):
        return kind, _round_amount(chance) * (1 if kind == "cash.deposit" else -1)
    if kind == "quota.pay":
        return kind, chance.choice(QUOTAS)
    if kind == "loan.pay":
        quota = chance.randrange(35_00, 480_00)
        return kind, quota if chance.random() < 0.6 else -(-quota // 5_00) * 5_00
    return kind, chance.randrange(6_00, 140_00)


def ordinary_day(chance: random.Random) -> list[CashEntry]:
    """30 to 90 operations, now and then two alike of one member that are both right."""
    at, entries = OPENING, list[CashEntry]()
    for number in range(chance.randint(30, 90)):
        at += timedelta(seconds=chance.randint(40, 600))
        kind, amount = _amount(chance)
        entries.append(CashEntry(f"op{number:03d}", at, amount, chance.randint(1, 4000), kind))
        if chance.random() < 0.02:
            at += timedelta(seconds=chance.randint(30, 150))
            entries.append(replace(entries[-1], operation_id=f"op{number:03d}b", at=at))
    return entries


def _swapped(amount: int, chance: random.Random) -> int | None:
    digits = str(abs(amount))
    places = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1] and (i or digits[1] != "0")]
    if not places:
        return None
    i = chance.choice(places)
    mistyped = int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])
    return mistyped if amount > 0 else -mistyped


def _slipped(amount: int, chance: random.Random) -> int:
    factor, sign = chance.choice((10, 10, 10, 100)), 1 if amount > 0 else -1
    return sign * (abs(amount) // factor) if amount % factor == 0 and chance.random() < 0.5 else amount * factor


def spoil(entries: list[CashEntry], mistake: str, chance: random.Random) -> Day | None:
    """The day with one entry gone wrong; None where the one drawn can't go wrong like that."""
    place = chance.randrange(len(entries))
    right = entries[place]
    if mistake == "unregistered":
        return Day(tuple(entries[:place] + entries[place + 1 :]), right.amount, frozenset())
    if mistake == "not_moved":
        return Day(tuple(entries), -right.amount, frozenset({right.operation_id}))
    if mistake == "doubled":
        again = replace(right, operation_id="again", at=right.at + timedelta(seconds=chance.randint(5, 400)))
        return Day((*entries, again), -right.amount, frozenset({right.operation_id, "again"}))
    mistyped: int | None = -right.amount
    if mistake == "transposed":
        mistyped = _swapped(right.amount, chance)
    elif mistake == "slipped_zero":
        mistyped = _slipped(right.amount, chance)
    if mistyped is None:
        return None
    wrong = replace(right, amount=mistyped)
    return Day(
        (*entries[:place], wrong, *entries[place + 1 :]), right.amount - mistyped, frozenset({right.operation_id})
    )


def spoilt_day(mistake: str, seed: int) -> Day:
    """An ordinary day with that mistake, always the same for the same seed."""
    chance = random.Random(seed)
    while (day := spoil(ordinary_day(chance), mistake, chance)) is None:
        pass
    return day
