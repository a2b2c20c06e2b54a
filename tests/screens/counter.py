"""A member with an account of every kind, and another person to pay to: what tests of payments at the desk share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.values.uuid7 import uuid7
from services.drawer_moves import MoveVault, move_vault
from services.drawers import OpenDrawer, open_drawer
from services.operator import Role
from tests.screens.member_desk import MemberDesk, member_desk
from tests.screens.support import NARROW
from tests.services.counters import in_notes
from tests.services.world import World

LOAN = {"rate": "12.00", "quota": 125_00, "due_day": 30, "interest_paid_to": "2026-10-30", "next_due": "2026-11-30"}
CARD = {"minimum": 35_00, "statement": 280_00}


@dataclass
class Counter:
    """The desk, and the row ids of the accounts. Their numbers in the list: savings 1 and 2, plan 3, contributions 4,
    loan 5, insurance 6, card 7, mobile 8."""

    desk: MemberDesk
    plan: int
    contributions: int
    loan: int
    insurance: int
    card: int
    mobile: int
    stranger: int
    theirs: int

    @property
    def world(self) -> World:
        return self.desk.world


def counter(
    world: World, folder: Path, *, size: tuple[int, int] = NARROW, more: bool = False, **options: Any
) -> Counter:
    """`more`: the other person has two savings accounts and a plan instead of one account."""
    desk = member_desk(world, folder, size=size, **options)

    def account(product: str, label: str, balance: int = 0, terms: Any = None, **columns: Any) -> int:
        lowest = min(0, balance * 2)
        return world.account(
            columns.pop("member", desk.member), product=product, label=label, balance=balance, floor=lowest,
            min_balance=lowest, terms=json.dumps(terms) if terms else None, **columns,
        )  # fmt: skip

    other = world.member("50233", given_names="Rubén", surnames="Ñato Díaz")
    theirs = account("06", "AHORROS", 10_00, member=other, number="06-018-50233-1")
    if more:
        account("06", "AHORROS", member=other, number="06-018-50233-2")
        account("11", "PLAN DE CAPITALIZACIÓN", member=other, number="11-018-50233-1")
    return Counter(
        desk,
        plan=account("11", "PLAN DE CAPITALIZACIÓN", terms={"quota": 20_00}),
        contributions=account("01", "APORTACIONES", 250_00, {"quota": 5_00}),
        loan=account("21", "PRÉSTAMO PERSONAL", -900_00, LOAN),
        insurance=account("31", "SEG.VIDA", -62_68),
        card=account(
            "41", "MASTERCARD CLASICA PROFECARD", -322_64, CARD, number="5216-XXXX-XXXX-4471", card_last4="4471"
        ),
        mobile=account("51", "PLAN CELULAR", -18_50, {"quota": 18_50}),
        stranger=other,
        theirs=theirs,
    )


def with_till(world: World, folder: Path, **options: Any) -> Counter:
    """The same with «caja», a cashier of branch 018 whose drawer is not open yet, and money in its vault."""
    boss = world.staff("jefa", [Role.SUPERVISOR], branch="018")
    move_vault(MoveVault(uuid7(), "in", in_notes(50_000_00), "Remesa del banco"), boss, world.uow)
    world.staff("caja", [Role.CASHIER], branch="018", sign_in=False)
    return counter(world, folder, **options)


def open_till(served: Counter, amount: int = 500_00) -> None:
    """The cashier who has signed in opens the drawer."""
    open_drawer(OpenDrawer(uuid7(), in_notes(amount)), served.desk.app.operator, served.world.uow)


def everything(served: Counter) -> None:
    """The other person has an account of every kind besides the savings: plan, loan, insurance, card."""
    for product, label, balance, terms, columns in (
        ("11", "PLAN DE CAPITALIZACIÓN", 0, {"quota": 20_00}, {}),
        ("21", "PRÉSTAMO PERSONAL", -900_00, LOAN, {}),
        ("31", "SEG.VIDA", -62_68, None, {}),
        ("41", "MASTERCARD", -322_64, CARD, {"number": "5216-XXXX-XXXX-2019", "card_last4": "2019"}),
    ):
        lowest = balance * 2
        served.world.account(
            served.stranger, product=product, label=label, balance=balance, floor=lowest, min_balance=lowest,
            terms=json.dumps(terms) if terms else None, **columns,
        )  # fmt: skip
