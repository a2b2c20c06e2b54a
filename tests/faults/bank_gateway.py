"""The billers' side of the bank under faults: a gateway that fails at random, workers that go on with open orders."""

from __future__ import annotations

import contextlib
import random
import select
from pathlib import Path

import httpx  # noqa: F401 - loaded once, before the processes part
from sqlalchemy import text

from services.biller_contract import OrderState
from services.biller_gateway import BillerGateway
from services.biller_orders import settle_due
from services.errors import StoreUnavailable
from services.operations import Op
from services.sandbox_billers import Fault, SandboxBillers
from services.unit_of_work import UnitOfWork
from tests.faults.bank_stage import BankStage
from tests.services.world import FrozenClock

#: All but the wrong amount, which a person has to mend.
FAULTS = (
    Fault.SLOW, Fault.NO_ANSWER, Fault.ANSWER_LOST, Fault.REFUSED, Fault.DUPLICATE, Fault.DOWN, Fault.MALFORMED,
)  # fmt: skip
SLOW_SECONDS = 0.1
PATIENCE = 0.3  # of the client, seconds
#: What is paid: operation, biller, reference, amounts in centésimos.
BILLS = (
    (Op.BILLER_PAY, "ensa", "1234567", range(1, 20_00)),
    (Op.BILLER_PAY, "mas-movil", "61234567", range(1, 20_00)),
    (Op.BILLER_TOP_UP, "mas-movil", "61234567", (1_00, 2_00, 3_00, 5_00, 10_00)),
)
ORDERS = text("SELECT id, state, amount FROM biller_order")
ENDS = text("SELECT settles_hold, outcome FROM operation WHERE settles_hold IS NOT NULL")
HELD = text("SELECT sum(held) FROM account")


def sandbox(folder: Path) -> SandboxBillers:
    """The gateway with its book in `folder`, not yet at work; a second one after it goes on with the same book."""
    return SandboxBillers(folder / "billers", now=FrozenClock().now, slow_seconds=SLOW_SECONDS)


def client(url: str) -> BillerGateway:
    return BillerGateway(url, step_seconds=PATIENCE, whole_seconds=PATIENCE)


def serve_gateway(billers: SandboxBillers, seed: int, stop: int) -> None:
    """Answer until `stop` can be read; half of the time something is wrong."""
    rng = random.Random(seed)
    with billers:
        while not select.select([stop], [], [], 0.05)[0]:
            if not billers.faults.rules() and rng.random() < 0.5:
                billers.faults.add(rng.choice(FAULTS), times=rng.randint(1, 3))


def work(stage: BankStage, gateway: BillerGateway, stop: int) -> None:
    """One life of a worker: go on with what is due until `stop` can be read."""
    uow = stage.open(stage.wire)
    while not select.select([stop], [], [], 0.02)[0]:
        _go_on(uow, gateway)


def finish(stage: BankStage, billers: SandboxBillers) -> list[str]:
    """End what is open at a gateway that works; then both sides must say the same of every order."""
    uow, gateway = stage.open(stage.url), client(billers.url)
    for _ in range(100):
        _go_on(uow, gateway)
    accepted = {record.id: record.amount for record in billers.orders() if record.state is OrderState.ACCEPTED}
    with uow.engine.connect() as connection:
        orders = {row.id: row for row in connection.execute(ORDERS)}
        ends = {row.settles_hold: row.outcome for row in connection.execute(ENDS)}
        held = connection.execute(HELD).scalar()
    open_orders = [key for key, row in orders.items() if row.state not in ("paid", "refused")]
    problems = [f"order {key} is still open" for key in open_orders]
    if not accepted:
        problems.append("no bill was paid at all")
    if {key: row.amount for key, row in orders.items() if row.state == "paid"} != accepted:
        problems.append("the gateway's record and the orders differ")
    if ends != {key: "posted" if key in accepted else "released" for key in orders}:
        problems.append("what was set aside did not end as the gateway decided")
    return problems + ([f"{held} centésimos are still set aside"] if held else [])


def _go_on(uow: UnitOfWork, gateway: BillerGateway) -> None:
    """A round of the worker, a minute after the last: nobody waits for a clock here."""
    assert isinstance(uow.clock, FrozenClock)
    uow.clock.advance(minutes=1)
    with contextlib.suppress(StoreUnavailable):  # the next round then
        settle_due(uow, gateway)
