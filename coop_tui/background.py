"""The program's own work inside the app, on the embedded database: deliver mail, apply what was waiting (req. 28).

On PostgreSQL `coop-tui worker` does it for every desk.
"""

from __future__ import annotations

from collections.abc import Callable

from coop_tui.settings import Settings
from coop_tui.ways_out import transports_of, worker_tasks
from services.unit_of_work import UnitOfWork
from services.worker import Round, Worker

STOP_SECONDS = 10


class Background:
    """The worker's thread. `told` is called from it after a round in which mail moved."""

    def __init__(self, settings: Settings, uow: UnitOfWork, told: Callable[[Round], None]) -> None:
        self._told = told
        self._worker = Worker(
            uow,
            transports_of(settings, uow.secrets),
            worker_tasks(settings, uow.secrets),
            after_round=self._after,
        )
        self._runs = settings.is_sqlite

    def start(self) -> None:
        """Work from now on."""
        if self._runs:
            self._worker.start()

    def nudge(self) -> None:
        """Something was committed: look now."""
        self._worker.nudge()

    def stop(self) -> bool:
        """End after the round that runs; tell whether it did in time."""
        return self._worker.stop(STOP_SECONDS)

    def _after(self, done: Round) -> None:
        if done.drained.total:
            self._told(done)
