"""When the database is in the way rather than against it: the same work again, under the same key (req. 40).

A use case that is told twice is done once, because its key is in the ledger; so a lock that was not granted, a
deadlock or a connection that broke is tried again. When that does not help either, nobody knows yet whether the work
was done: the answer is OutcomeUnknown, never «failed», and the key is asked for later.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from services.errors import StoreUnavailable

TRIES = 5
FIRST_PAUSE = 0.02  # seconds; doubles each time
#: serialization failure, deadlock, lock not granted, server going down; every 08… is a broken connection.
PASSING = frozenset({"40001", "40P01", "55P03", "57P01"})

T = TypeVar("T")


class OutcomeUnknown(StoreUnavailable):
    """The database fell silent: the work may have been done. Ask with the same key before anything else."""

    code = "outcome_unknown"
    default = (
        "La base de datos no responde: resultado desconocido, se está comprobando. "
        "No repita la operación; consulte su resultado en un momento."
    )


def retrying(work: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """Do `work`, at most five times while the trouble may pass. `work` must carry an idempotency key.

    Raises OutcomeUnknown when the database stays silent, and whatever `work` raises besides.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except StoreUnavailable as error:
            if attempt == TRIES or not may_pass(error):
                raise OutcomeUnknown from error
            # Jitter, so that two who met once don't meet again; whole milliseconds of the doubled pause.
            most = int(FIRST_PAUSE * 1000) << (attempt - 1)
            sleep((most + secrets.randbelow(most)) * 0.001)
    raise AssertionError("unreachable")


def may_pass(error: StoreUnavailable) -> bool:
    """Whether what stood in the way may be gone in a moment."""
    cause = error.__cause__
    if not isinstance(cause, DBAPIError) or cause.orig is None:
        return False
    if type(cause.orig).__module__.partition(".")[0] == "sqlite3":
        return False  # the busy handler has waited its ten seconds already
    state: Any = getattr(cause.orig, "sqlstate", None)
    # No state at all: the connection broke before the server could give one.
    return state is None or state in PASSING or str(state).startswith("08")
