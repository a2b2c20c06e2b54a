"""The program's own work beside the desks: deliver, apply what was waiting, end codes, seal, sign checkpoints.

Inside the app on the embedded database (`Worker.start`, `Worker.nudge` after a commit), as `coop-tui worker` in
production (`Worker.run_forever`). Several may run against one database.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import col

from data.engine import writing
from data.tables import OneTimeCode
from services.audit_trail import seal_pending
from services.delivery import Drained, drain
from services.errors import CoopError, StoreUnavailable
from services.operator import system_operator
from services.transports import Transports
from services.unit_of_work import UnitOfWork

#: One more thing to do each round: applies due contact changes, makes a checkpoint. Takes the unit of work.
Task = Callable[[UnitOfWork], object]

SECONDS_BETWEEN_ROUNDS = 15
#: Rows of ended codes go away well before the 24 h of req. 53.
PURGE_AFTER = timedelta(hours=12)
FAULT = "fault"
T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did."""

    drained: Drained
    codes_ended: int
    sealed: int
    failures: tuple[str, ...]  # codes of the parts that could not be done this time, FAULT of one that broke


def run_once(uow: UnitOfWork, transports: Transports, tasks: Sequence[Task] = ()) -> Round:
    """One round. A part that fails leaves the others alone and is tried again next time.

    Tasks run before the delivery, so that what they queue goes out in the same round.
    """
    failures: list[str] = []
    for task in tasks:
        _attempt(getattr(task, "__name__", "task"), partial(task, uow), failures)
    drained = _attempt("deliver", partial(drain, uow, transports), failures) or Drained()
    ended = _attempt("end codes", partial(end_codes, uow), failures) or 0
    sealed = _attempt("seal", partial(seal, uow), failures) or 0
    return Round(drained, ended, sealed, tuple(failures))


def _attempt(name: str, part: Callable[[], T], failures: list[str]) -> T | None:
    """Do one part. A fault of ours in it, met in a row that should not be there, must not keep the mail from going out;
    the log tells its kind and place, never its text, which can hold what nobody may read (req. 57)."""
    try:
        return part()
    except CoopError as error:
        failures.append(error.code)
        _log.warning("worker, %s: %s", name, error.code)
    except Exception as error:  # noqa: BLE001
        failures.append(FAULT)
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
        _log.error("worker, %s: %s at %s", name, type(error).__name__, " ".join(places))
    return None


def end_codes(uow: UnitOfWork) -> int:
    """End one-time codes whose minutes are over and drop the rows of old ones (req. 22, 53); answers how many."""
    now = uow.clock.now()
    late = (col(OneTimeCode.ended_at).is_(None), col(OneTimeCode.expires_at) <= now)
    old = col(OneTimeCode.expires_at) <= now - PURGE_AFTER
    with uow.engine.connect() as connection:
        if connection.execute(select(col(OneTimeCode.id)).where(late[0] & late[1] | old).limit(1)).first() is None:
            return 0
    with uow.begin_system(system_operator("codigos")) as tx:
        ended = tx.connection.execute(update(OneTimeCode).where(*late).values(ended_at=now)).rowcount
        dropped = tx.connection.execute(delete(OneTimeCode).where(old)).rowcount
        tx.record("code.expired", detail={"ended": ended, "dropped": dropped})
        tx.commit()
        return ended


def seal(uow: UnitOfWork) -> int:
    """Chain the events that wait for it. On SQLite each commit did it already; on PostgreSQL this does."""
    if uow.engine.dialect.name == "sqlite":
        return 0
    try:
        with writing(uow.engine).begin() as connection:
            return seal_pending(connection)
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error


class Worker:
    """Rounds in a row, each at once after a nudge and otherwise every `interval` seconds."""

    def __init__(
        self,
        uow: UnitOfWork,
        transports: Transports,
        tasks: Sequence[Task] = (),
        *,
        interval: int = SECONDS_BETWEEN_ROUNDS,
        after_round: Callable[[Round], None] | None = None,
    ) -> None:
        self._uow = uow
        self._transports = transports
        self._tasks = tuple(tasks)
        self._interval = interval
        self._after_round = after_round
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def run_once(self) -> Round:
        """One round now, in this thread."""
        return run_once(self._uow, self._transports, self._tasks)

    def request_stop(self) -> None:
        """End after the round that runs, without waiting for it (a signal handler may call it)."""
        self._stop.set()
        self._wake.set()

    def run_forever(self) -> None:
        """Rounds until `stop` is called, from any thread."""
        while not self._stop.is_set():
            self._wake.clear()  # before the round: a nudge during it leads to another one
            if self._stop.is_set():
                return
            done = self.run_once()
            if self._after_round is not None:
                self._after_round(done)
            self._wake.wait(self._interval)

    def nudge(self) -> None:
        """Something was committed that may have to go out: don't wait for the next round."""
        self._wake.set()

    def start(self) -> None:
        """Work in a thread of this process. Call once."""
        if self._thread is not None:
            raise RuntimeError("the worker runs already")
        self._thread = threading.Thread(target=self.run_forever, name="worker", daemon=True)
        self._thread.start()

    def stop(self, timeout: int = 20) -> bool:
        """Ask the thread to end after the round it is in; answers whether it did within `timeout` seconds."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True
