"""A member at the desk, and billers behind a sandbox gateway over real HTTP: what tests of bills share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.biller_contract import OrderState
from services.favourites import KeepFavourite, keep_favourite
from services.operations import Op
from services.sandbox_billers import SandboxBillers
from tests.screens.counter import Counter, counter
from tests.screens.support import screen_text
from tests.services.world import World

ENSA, MOBILE = "1234567", "61234567"


@dataclass
class BillCounter:
    """The desk of `served`; orders go to `sandbox`."""

    served: Counter
    sandbox: SandboxBillers

    @property
    def screen(self) -> Any:
        return self.served.desk.app.screen

    @property
    def world(self) -> World:
        return self.served.world

    async def keys(self, script: str) -> None:
        await self.served.desk.keys(script)

    def shown(self) -> str:
        """What the terminal shows, without frames, in one line."""
        return " ".join(screen_text(self.served.desk.app).replace("│", " ").split())

    def favourite(self, kind: Op, label: str, **target: Any) -> int:
        """Kept by whoever has signed in."""
        command = KeepFavourite(self.served.desk.member, kind, label, **target)
        return keep_favourite(command, self.served.desk.app.operator, self.world.uow).favourite_id

    def used(self, favourite: int, amount: int) -> None:
        """It was paid before."""
        self.world.change("UPDATE favourite SET last_amount = :amount WHERE id = :id", id=favourite, amount=amount)

    def orders(self) -> list[tuple[str, str, str, int]]:
        """What was set aside: kind, biller, reference, centésimos."""
        rows = self.world.rows("SELECT o.kind, b.* FROM biller_order b JOIN operation o ON o.id = b.id ORDER BY o.seq")
        return [(row["kind"], row["biller"], row["reference"], row["amount"]) for row in rows]

    def paid(self) -> list[int]:
        """What the gateway took."""
        return [one.amount or 0 for one in self.sandbox.orders() if one.state is OrderState.ACCEPTED]


@contextmanager
def bill_counter(
    world: World,
    folder: Path,
    *,
    slow_seconds: float = 2,
    made_by: Callable[..., Counter] = counter,
    **options: Any,
) -> Iterator[BillCounter]:
    """`slow_seconds`: how late a slow answer comes."""
    served = made_by(world, folder, **options)
    with SandboxBillers(folder / "sandbox", now=world.clock.now, slow_seconds=slow_seconds) as sandbox:
        app = served.desk.app
        app.settings = replace(app.settings, billers_url=sandbox.url)
        yield BillCounter(served, sandbox)
