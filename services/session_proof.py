"""A transaction that a person of staff enters by giving their password again (req. 12, 13, 15)."""

from collections.abc import Iterator
from contextlib import contextmanager

from data.secrets import Secret
from data.tables import Staff
from services.errors import CoopError, SignInRefused, StoreUnavailable
from services.operator import Operator
from services.policy import SessionPolicy
from services.session_rows import live_session, unlocked_session
from services.staff_proof import Examined, Verdict, examine, reading, refusal, settle
from services.unit_of_work import Transaction, UnitOfWork


@contextmanager
def proven(
    uow: UnitOfWork, operator: Operator, password: Secret, action: str, *, locked_too: bool = False
) -> Iterator[tuple[Transaction, Staff]]:
    """A transaction of the operator's own session, entered with their password; failures count and lock (req. 12).

    The person's row is held. Refusals leave an event. Raises SignInRefused, SessionEnded, SessionLocked.
    """
    find = live_session if locked_too else unlocked_session
    try:
        with reading(uow) as connection:
            find(connection, operator, uow.clock.now(), uow.policy.session)
        examined = examine(uow, operator.username, password)
        with uow.begin_system(operator) as tx:
            staff, verdict = settle(tx, examined, None, ask_code=False)
            if staff is None or staff.id != operator.staff_id or verdict is not Verdict.PROVEN:
                raise _Recorded(refused(tx, action, examined, verdict, _wrong_password(tx.policy.session)))
            find(tx.connection, operator, tx.now, tx.policy.session)
            yield tx, staff
    except _Recorded as recorded:
        raise recorded.error from None
    except StoreUnavailable:
        raise
    except CoopError as error:
        uow.record_refusal(operator, action, error)
        raise


class _Recorded(Exception):
    """A refusal whose event is in the trail already."""

    def __init__(self, error: CoopError) -> None:
        self.error = error
        super().__init__(error.code)


def refused(
    tx: Transaction, action: str, examined: Examined, verdict: Verdict, error: CoopError | None = None
) -> CoopError:
    """Keep the failure and its event; answers the error to raise."""
    tx.record(action, result="refused", reason=verdict.value, about=examined.about)
    tx.commit()
    return refusal(verdict) if error is None or verdict is Verdict.EXPIRED else error


def _wrong_password(limits: SessionPolicy) -> SignInRefused:
    """The same words for wrong and for locked: a locked attempt tells nothing."""
    return SignInRefused(
        f"Contraseña incorrecta. Tras {limits.failures_before_lock} intentos fallidos su usuario se bloquea"
        f" {limits.lock_minutes} minutos; su supervisor puede desbloquearlo.",
        field="password",
    )
