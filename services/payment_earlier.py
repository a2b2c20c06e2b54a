"""What is agreed to before a payment and not posted yet: the earlier items of its basket."""

from dataclasses import dataclass, field
from typing import Any

from services.operations import Op


@dataclass(slots=True)
class Earlier:
    """What they will have done: to balances and holds by account, to the day by kind. In centésimos."""

    moved: dict[int, int] = field(default_factory=dict)
    held: dict[int, int] = field(default_factory=dict)
    day: dict[Op, int] = field(default_factory=dict)

    def after(self, row: Any) -> Any:
        """An account's row as it will be then."""
        balance = row.balance + self.moved.get(row.id, 0)
        return row._replace(balance=balance, held=row.held + self.held.get(row.id, 0))

    def add(self, op: Op, amount: int) -> None:
        """One item's share of the day."""
        self.day[op] = self.day.get(op, 0) + amount

    def move(self, debit: int, credit: int, amount: int) -> None:
        self.moved[debit] = self.moved.get(debit, 0) - amount
        self.moved[credit] = self.moved.get(credit, 0) + amount

    def hold(self, account: int, amount: int) -> None:
        self.held[account] = self.held.get(account, 0) + amount
