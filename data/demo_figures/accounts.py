"""The demo's accounts and what happened on them: every balance is the sum of dated movements."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from data.catalog.products import LedgerNature, Product, load_products
from data.demo_figures.members import SEED, MemberFigure
from data.values.money import Money

#: How likely an asociado has a product whose accounts are drawn, in percent, and between which balances (centésimos).
LIKELY: dict[str, tuple[int, int, int]] = {
    "06": (85, 40_00, 6_500_00),
    "07": (20, 50_00, 900_00),
    "11": (25, 300_00, 9_000_00),
    "12": (12, 200_00, 4_000_00),
    "01": (100, 120_00, 4_000_00),
    "02": (55, 50_00, 2_500_00),
    "03": (45, 25_00, 150_00),
    "04": (45, 25_00, 150_00),
    "05": (35, 25_00, 150_00),
    "21": (30, 600_00, 9_000_00),
    "22": (10, 4_000_00, 18_000_00),
    "23": (7, 20_000_00, 90_000_00),
    "31": (30, 12_00, 95_00),
    "41": (28, 35_00, 2_400_00),
    "51": (18, 15_00, 60_00),
}
FOR_TERCEROS = {"06": 100, "21": 25, "51": 25}
RATES = {"21": "9.50", "22": "8.25", "23": "5.75", "41": "19.99"}
DEPOSITS = ("Depósito por descuento directo", "Depósito en caja", "Transferencia recibida", "Abono de planilla")
WITHDRAWALS = ("Retiro en caja", "Retiro en cajero automático", "Compra en comercio", "Pago de servicios")


@dataclass(frozen=True, slots=True)
class MovementFigure:
    """`amount` in centésimos, signed as the ledger has it, `days` days before today."""

    days: int
    description: str
    amount: int


@dataclass(frozen=True, slots=True)
class AccountFigure:
    """One account: what a row of `account` needs, and its movements, oldest first. `lowest`: its floor, centésimos."""

    number: str
    product: str
    label: str
    branch: str
    opened_on: date
    status: str
    affiliated: bool
    last4: str | None
    lowest: int
    terms: dict[str, object] | None
    movements: tuple[MovementFigure, ...]


def draw_accounts(member: MemberFigure) -> tuple[AccountFigure, ...]:
    """The member's accounts, always the same for the same member."""
    chance = random.Random(SEED * 100_000 + int(member.number))  # noqa: S311  figures of invented people
    found: list[AccountFigure] = []
    for row in _rows(member, chance):
        sequence = 1 + sum(account.product == row[0] for account in found)
        found.append(_account(member, sequence, row, chance))
    return tuple(found)


Row = tuple[str, int, str, str]


def _rows(member: MemberFigure, chance: random.Random) -> list[Row]:
    """(product, balance as people read it, mark, number) of each account."""
    if member.accounts is not None:
        return [_told(*row) for row in member.accounts]
    rows: list[Row] = []
    for product, (likely, low, high) in LIKELY.items():
        percent = likely if member.kind == "asociado" else FOR_TERCEROS.get(product, 0)
        if chance.randrange(100) < percent:
            rows.append((product, chance.randint(low, high), "", ""))
            if product == "06" and chance.randrange(100) < 35:
                rows.append((product, chance.randint(low, high), "", ""))
    return rows


def _told(product: str, balance: str, mark: str = "", number: str = "") -> Row:
    return product, Money.parse_signed(balance).centesimos, mark, number


def _account(member: MemberFigure, sequence: int, row: Row, chance: random.Random) -> AccountFigure:
    code, balance, mark, number = row
    product = load_products().by_code[code]
    number = number or _number(member, product, sequence, chance)
    movements = _history(product, balance, chance, long=member.accounts is not None)
    return AccountFigure(
        number=number,
        product=code,
        label=product.name,
        branch=member.branch,
        opened_on=member.joined_on,
        status=mark if mark in ("blocked", "closed") else "open",
        affiliated=mark != "unaffiliated",
        last4=number[-4:] if product.nature is LedgerNature.CARD else None,
        lowest=min(-_limit(product, balance), *accumulate((step.amount for step in movements), initial=0)),
        terms=_terms(product, balance, chance),
        movements=tuple(movements),
    )


def _number(member: MemberFigure, product: Product, sequence: int, chance: random.Random) -> str:
    """In the guide's form (S86, S90, S91)."""
    if product.nature is LedgerNature.CARD:
        return f"5216-XXXX-XXXX-{int(member.number) % 10_000:04d}"
    if product.nature is LedgerNature.INSURANCE:
        return f"0090703-{member.number}-{sequence}"
    check = f"-{chance.randrange(10)}" if product.check_digit else ""
    return f"{product.code}-{member.branch}-{member.number}-{sequence}{check}"


def _limit(product: Product, balance: int) -> int:
    """How far below zero the account may go: nothing for deposits, what was lent or the credit line for the rest."""
    if product.nature is LedgerNature.DEPOSIT:
        return 0
    return max(balance * 2, {LedgerNature.CARD: 2_500_00, LedgerNature.MOBILE: 250_00}.get(product.nature, 1_000_00))


def _terms(product: Product, balance: int, chance: random.Random) -> dict[str, object] | None:
    if product.nature is LedgerNature.DEPOSIT:
        return {"quota": chance.choice((500, 1000, 1500, 2500))} if product.accepts_quota else None
    terms: dict[str, object] = {"due_day": chance.choice((5, 10, 15, 30))}
    if product.nature is LedgerNature.CARD:
        # The statement was drawn up some purchases ago.
        statement = balance * 4 // 5
        minimum = max(10_00, statement * 5 // 100)
        terms |= {"limit": _limit(product, balance), "statement": statement, "minimum": minimum}
    elif product.nature is LedgerNature.LOAN:
        terms |= {"quota": max(25_00, balance // chance.choice((12, 24, 36, 48)))}
    else:
        terms |= {"quota": balance}
    if product.code in RATES:
        terms["rate"] = RATES[product.code]
    return terms


def _history(product: Product, balance: int, chance: random.Random, *, long: bool) -> list[MovementFigure]:
    """Movements whose sum is the balance, none of which passes zero on the wrong side; `long`: more than thirty."""
    if balance == 0:
        return []
    if product.code == "06":
        return _backwards(balance, _savings, chance, count=60 if long else chance.randint(4, 14), every=6)
    if product.nature is LedgerNature.DEPOSIT:
        return _backwards(balance, _quota, chance, count=chance.randint(2, 6), every=30)
    owed = {
        LedgerNature.LOAN: _loan,
        LedgerNature.CARD: _card,
        LedgerNature.INSURANCE: _bill,
        LedgerNature.MOBILE: _bill,
    }[product.nature]
    drawn = _backwards(balance, owed, chance, count=chance.randint(2, 8), every=15)
    return [MovementFigure(step.days, step.description, -step.amount) for step in drawn]


Step = Callable[[int, int, random.Random], tuple[str, int]]


def _backwards(balance: int, step: Step, chance: random.Random, *, count: int, every: int) -> list[MovementFigure]:
    """From today's balance back to the opening: what stood there before each movement is never below nothing."""
    found: list[MovementFigure] = []
    days, left = chance.randint(1, every), balance
    for place in range(count):
        description, amount = step(place, left, chance)
        if amount == 0 or left - amount <= 0:
            continue
        found.append(MovementFigure(days, description, amount))
        left -= amount
        days += chance.randint(1, every)
    found.append(MovementFigure(days + every, "Saldo inicial", left))
    return found[::-1]


def _savings(_place: int, left: int, chance: random.Random) -> tuple[str, int]:
    if chance.randrange(100) < 45:
        return chance.choice(DEPOSITS), chance.randint(10_00, max(10_01, left // 2))
    return chance.choice(WITHDRAWALS), -chance.randrange(5_00, 160_00, 5)


def _quota(_place: int, left: int, chance: random.Random) -> tuple[str, int]:
    return "Cuota mensual", min(left // 4, chance.choice((5_00, 10_00, 15_00, 25_00)))


def _loan(_place: int, left: int, _chance: random.Random) -> tuple[str, int]:
    return "Pago de cuota, capital", -max(20_00, left // 20)


def _card(_place: int, left: int, chance: random.Random) -> tuple[str, int]:
    if chance.randrange(100) < 70:
        return "Compra en comercio", chance.randint(3_00, max(3_01, left // 3))
    return "Pago de tarjeta", -chance.randrange(20_00, 120_00, 5)


def _bill(place: int, left: int, _chance: random.Random) -> tuple[str, int]:
    return ("Cargo del mes", left // 3) if place % 2 == 0 else ("Pago recibido", -(left // 3))
