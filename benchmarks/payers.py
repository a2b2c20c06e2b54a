"""People who pay, for the parts that measure it: an agent with a drawer, verified members, forms ready to be sent.

Reviewing a form and saying its code are not what is timed; a biller's gateway accepts at once, so that no network is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from data.catalog.billers import PaymentKind, load_billers
from data.values.money import Money
from data.values.uuid7 import uuid7
from services.biller_contract import Order, OrderAnswer, OrderRecord, OrderState
from services.biller_gateway import BillerGateway
from services.biller_payments import ConfirmBill, PrepareBill, confirm_bill, prepare_bill
from services.operations import Op
from services.operator import Channel, Operator, Role
from services.payment_kinds import KINDS
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.receipts import BILLS, Receipt
from services.unit_of_work import UnitOfWork
from tests.faults.bank_stage import TARGETS, Party, open_drawer, party
from tests.services.callers import say_payment_code
from tests.services.world import World

AMOUNT = 1  # centésimos of each payment
DAY = date(2026, 11, 23)
PRODUCTS = (("06", 1_000_00, 2), ("11", 0, 1), ("21", -50_000_00, 1), ("41", -5_000_00, 1), ("31", -5_000_00, 1))
Send = Callable[[], Receipt]


class AtOnce(BillerGateway):
    """A gateway that accepts every order in no time."""

    def order(self, order: Order) -> OrderAnswer:
        accepted, ref, at = OrderState.ACCEPTED, f"G-{order.id[-12:]}", datetime(2026, 11, 23, 14, tzinfo=UTC)
        record = OrderRecord(
            order.id, order.biller, order.mode, order.reference, order.extra, accepted, order.amount, ref, None, at
        )
        return OrderAnswer(accepted, ref, None, order.amount, record)


GATEWAY = AtOnce("http://127.0.0.1:9")


def bills() -> list[tuple[str, str]]:
    """A biller and a reference of it, of every one that takes any amount and needs no second reference."""
    found = []
    for biller in load_billers().by_id.values():
        mode, references = biller.mode(PaymentKind.BILL), biller.references_for(PaymentKind.BILL)
        second = biller.extra_reference is not None and biller.extra_reference.required
        if biller.payable_on(DAY) and mode and mode.allows(Money(AMOUNT)) and references and not second:
            found.append((biller.id, references[0].example))
    return found


@dataclass(frozen=True, slots=True)
class Payer:
    """An agent at work, and the members whose calls they have. `uow` may be another process's own."""

    uow: UnitOfWork
    agent: Operator
    drawer: int
    parties: tuple[Party, ...]
    cases: dict[int, str]

    def form(self, op: Op, number: int, bill: tuple[str, str] = ("ensa", "1234567")) -> Send:
        """A reviewed form of the member with that number; sending it is what is timed."""
        mine, other = (self.parties[(number + step) % len(self.parties)] for step in (0, 1))
        if op.value in BILLS:
            asked = (op, mine.member, mine.accounts["06"][0], *bill, AMOUNT)
            order = ConfirmBill(uuid7(), prepare_bill(PrepareBill(*asked), self.agent, self.uow).hash, *asked)
            return lambda: confirm_bill(order, self.agent, GATEWAY, self.uow)
        return self._inside(op, mine, other)

    def _inside(self, op: Op, mine: Party, other: Party) -> Send:
        asked = (op, mine.member, *self._sides(op, mine, other), AMOUNT)
        wanted = PreparePayment(*asked)
        if KINDS[op].third:
            say_payment_code(self.uow, self.agent, self.cases[mine.member], wanted)
        order = ConfirmPayment(uuid7(), prepare(wanted, self.agent, self.uow).hash, *asked)
        return lambda: confirm(order, self.agent, self.uow)

    def _sides(self, op: Op, mine: Party, other: Party) -> tuple[int, int]:
        savings, second = mine.accounts["06"]
        if op is Op.CASH_DEPOSIT:
            return self.drawer, savings
        if op is Op.CASH_WITHDRAW:
            return savings, self.drawer
        if op is Op.TRANSFER_OWN:
            return savings, second
        return savings, (other if KINDS[op].third else mine).accounts[TARGETS[op]][-1]  # what nobody pays from


def payers(world: World, count: int, members: int, products: Sequence[tuple[str, int, int]] = PRODUCTS) -> list[Payer]:
    """`count` agents with `members` members each."""
    made = []
    for number in range(count):
        agent = world.staff(f"caja{number}", [Role.CASHIER], channel=Channel.BRANCH)
        parties = tuple(party(world, number * members + serial, products) for serial in range(members))
        cases = {each.member: world.lease(agent, each.member, 3, ("question", "code")) for each in parties}
        made.append(Payer(world.uow, agent, open_drawer(world, agent, 1_000_00), parties, cases))
    return made
