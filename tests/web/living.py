"""The branch's own store by its own clock, with the short ways of the service tests."""

from __future__ import annotations

from services.unit_of_work import UnitOfWork
from tests.services.world import World


class LivingWorld(World):
    """A world that a running program shares: nothing in it stands still."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow, self.engine, self.hasher = uow, uow.engine, uow.hasher
        self.url = str(uow.engine.url)
        self.clock = uow.clock  # type: ignore[assignment]
        self._control = None
