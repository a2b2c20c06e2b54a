"""The demo pays billers out of the box: one sandbox for all its windows, which remembers what it took."""

from __future__ import annotations

from pathlib import Path

from coop_tui.demo_billers import demo_billers
from data.catalog.billers import PaymentKind
from data.values.uuid7 import uuid7
from services.biller_gateway import BillerGateway, Order, OrderState


def test_two_windows_share_one_sandbox_that_remembers(tmp_path: Path) -> None:
    order = Order(uuid7(), "mas-movil", PaymentKind.TOP_UP, "61234567", None, 5_00)
    with demo_billers(tmp_path / "recaudadores") as first:
        with demo_billers(tmp_path / "recaudadores") as second:
            assert second == first
            paid = BillerGateway(second).order(order)
        assert BillerGateway(first).status(order.id) == paid and paid.state is OrderState.ACCEPTED
    with demo_billers(tmp_path / "recaudadores") as later:
        assert BillerGateway(later).status(order.id) == paid
