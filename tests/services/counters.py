"""A counter for tests of cash: a cashier, a funded vault, a member with savings, and short ways to move cash."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.cash_count import CashCount
from services.drawer_moves import MoveVault, move_vault
from services.drawers import CloseDrawer, Closing, DrawerState, OpenDrawer, close_drawer, open_drawer
from services.operations import Op
from services.operator import Channel, Operator, Role
from services.payments import ConfirmPayment, Prepared, PreparePayment, confirm, prepare
from services.receipts import Receipt
from services.vault_hands import SecondPerson
from tests.services.world import PASSWORD, World


def pieces(**number: int) -> CashCount:
    """`pieces(b20=3, m25=4)`: three notes of 20 and four coins of 25 centésimos."""
    names = {"b100": "billete-100", "b20": "billete-20", "b10": "billete-10", "b5": "billete-5", "b1": "billete-1"}
    return CashCount.of({names.get(name, name): count for name, count in number.items()})


def in_notes(amount: int) -> CashCount:
    """An amount of whole balboas as notes of 100, 20 and 1."""
    assert amount % 1_00 == 0
    units, counts = amount // 1_00, {}
    for name, value in (("billete-100", 100), ("billete-20", 20), ("billete-1", 1)):
        counts[name], units = divmod(units, value)
    return CashCount.of(counts)


@dataclass
class Counter:
    """Branch 018 with B/.50,000.00 in its vault; «caja» opened nothing yet."""

    world: World
    cashier: Operator = field(init=False)
    boss: Operator = field(init=False)
    member: int = field(init=False)
    savings: int = field(init=False)

    def __post_init__(self) -> None:
        world = self.world
        self.boss = world.staff("jefa", [Role.SUPERVISOR], branch="018", channel=Channel.BRANCH)
        self.cashier = world.staff("caja", [Role.CASHIER], branch="018", channel=Channel.BRANCH)
        self.member = world.member()
        self.savings = world.account(self.member, balance=1_000_00)
        world.lease(self.cashier, self.member, level=2)
        move_vault(MoveVault(uuid7(), "in", in_notes(50_000_00), "Remesa del banco"), self.boss, world.uow)

    def second(self, steps: int = 0) -> SecondPerson:
        """The supervisor at the cashier's desk; each code is good once."""
        return SecondPerson("jefa", Secret(PASSWORD), self.world.code(steps))

    def open(self, amount: int = 500_00, operator: Operator | None = None) -> DrawerState:
        return open_drawer(OpenDrawer(uuid7(), in_notes(amount)), operator or self.cashier, self.world.uow)

    def close(self, amount: int, *, keep: bool = False, stands: bool = False) -> Closing:
        return close_drawer(CloseDrawer(uuid7(), in_notes(amount), keep, stands), self.cashier, self.world.uow)

    def drawer(self, operator: Operator | None = None) -> int:
        """The row id of the cashier's account."""
        number = f"CAJ-018-{(operator or self.cashier).staff_id}"
        return int(self.world.scalar("SELECT id FROM account WHERE number = :number", number=number))

    def cash(self, operator: Operator | None = None) -> int:
        """What the books say is in the drawer, centésimos."""
        return -self.world.balance(self.drawer(operator))

    def vault(self) -> int:
        return -int(self.world.scalar("SELECT balance FROM account WHERE number = 'BOV-018'"))

    def differences(self) -> int:
        """Cash over (+) or short (−) that was posted."""
        sql = (
            "SELECT coalesce(sum(e.amount), 0) FROM entry e JOIN account a ON a.id = e.account_id"
            " WHERE a.number = 'CAJ-DIFERENCIAS'"
        )
        return int(self.world.scalar(sql))

    def prepare(self, op: Op, amount: int, **sides: int) -> Prepared:
        return prepare(PreparePayment(op, self.member, *self._sides(op, sides), amount), self.cashier, self.world.uow)

    def form(self, op: Op, amount: int, **sides: int) -> ConfirmPayment:
        prepared = self.prepare(op, amount, **sides)
        return ConfirmPayment(uuid7(), prepared.hash, op, self.member, *self._sides(op, sides), amount)

    def confirm(self, command: ConfirmPayment) -> Receipt:
        return confirm(command, self.cashier, self.world.uow)

    def deposit(self, amount: int) -> Receipt:
        return self.confirm(self.form(Op.CASH_DEPOSIT, amount))

    def withdraw(self, amount: int) -> Receipt:
        return self.confirm(self.form(Op.CASH_WITHDRAW, amount))

    def _sides(self, op: Op, sides: dict[str, int]) -> tuple[int, int]:
        default = (self.savings, self.drawer()) if op is Op.CASH_WITHDRAW else (self.drawer(), self.savings)
        return sides.get("from_account", default[0]), sides.get("to_account", default[1])
