"""What a person of staff changes of their own: the password and the second factor (req. 11, 15, A4)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from data.secrets import Secret
from data.tables import Staff
from services import second_factor
from services.errors import CoopError, InvalidInput, NotPermitted, ReauthenticationNeeded, StoreUnavailable
from services.operator import Operator
from services.passwords import minimum_length, require_good_password, same_password
from services.session_proof import proven
from services.session_rows import change_session, end_sessions_of, unlocked_session
from services.staff_proof import held, id_of
from services.unit_of_work import Transaction, UnitOfWork

CHANGE: Final = "staff.change_password"
ENROL: Final = "staff.enrol_second_factor"
ENROLLED: Final = "Ya tiene un segundo factor. Si cambió de teléfono, pida a un administrador que lo restablezca."


@dataclass(frozen=True, slots=True)
class ChangePassword:
    current: Secret
    new: Secret


@dataclass(frozen=True, slots=True)
class SecondFactorOffer:
    """What the person's phone needs. `uri` and `qr_rows` hold the secret too: show them once, copy them nowhere."""

    uri: Secret
    secret: Secret
    qr_rows: tuple[str, ...]

    def __repr__(self) -> str:
        return "SecondFactorOffer(•••)"


@dataclass(frozen=True, slots=True)
class ConfirmSecondFactor:
    """The offer's secret, and the code that the phone shows for it."""

    secret: Secret
    code: Secret


def change_password(command: ChangePassword, operator: Operator, uow: UnitOfWork) -> None:
    """Choose a new password with the present one, temporary or not (req. 11; ASVS 6.2.3).

    Raises SignInRefused (present one wrong: counts), InvalidInput (field `new`), SessionEnded, SessionLocked.
    """
    # Hashed before: nobody waits for it inside the transaction. Nothing is kept if the present one is wrong.
    fresh = uow.hasher.hash(command.new.reveal())
    with proven(uow, operator, command.current, CHANGE) as (tx, staff):
        if same_password(command.current, command.new):
            raise InvalidInput("La contraseña nueva debe ser distinta de la actual.", field="new")
        minimum = minimum_length(tx.policy.session, second_factor=staff.totp_sealed is not None)
        require_good_password(command.new, context=(staff.username, staff.full_name), minimum=minimum)
        temporary = staff.password_expires_at is not None
        staff.password_hash = fresh
        staff.password_expires_at = None
        tx.session.add(staff)
        end_sessions_of(tx, id_of(staff), "password_changed", but=operator.session_id)
        change_session(tx, operator.session_id, authenticated_at=tx.now, last_seen_at=tx.now)
        tx.record(CHANGE, about=operator.actor, detail={"temporary": temporary})
        tx.commit()


def begin_second_factor(operator: Operator, uow: UnitOfWork) -> SecondFactorOffer:
    """A new secret for the person's phone. Nothing is stored until a code of it comes back.

    Raises ReauthenticationNeeded (password older than the policy allows), NotPermitted (they have one already; an
    administrator can reset it), SessionEnded, SessionLocked.
    """
    with _enrolling(operator, uow):
        secret = second_factor.new_secret()
        uri = second_factor.provisioning_uri(secret, operator.username)
        return SecondFactorOffer(uri, secret, second_factor.qr_rows(uri))


def confirm_second_factor(command: ConfirmSecondFactor, operator: Operator, uow: UnitOfWork) -> None:
    """Store the second factor once the phone shows the right code. That code can't be used again.

    Raises InvalidInput (field `code`), and what `begin_second_factor` raises.
    """
    with _enrolling(operator, uow) as (tx, staff):
        if not second_factor.well_formed(command.secret):
            raise InvalidInput("El secreto no es válido. Empiece de nuevo.", field="secret")
        step = second_factor.matching_step(command.secret, command.code, tx.now, None)
        if step is None:
            raise InvalidInput(
                "El código no corresponde. Espere el siguiente y revise la hora del teléfono.", field="code"
            )
        staff.totp_sealed = second_factor.seal_secret(tx.secrets, id_of(staff), command.secret)
        staff.totp_last_step = step
        tx.session.add(staff)
        change_session(tx, operator.session_id, last_seen_at=tx.now)
        tx.record(ENROL, about=operator.actor)
        tx.commit()


@contextmanager
def _enrolling(operator: Operator, uow: UnitOfWork) -> Iterator[tuple[Transaction, Staff]]:
    """The operator's own unlocked session, freshly authenticated, without a second factor so far."""
    try:
        with uow.begin_system(operator) as tx:
            staff = held(tx, operator.staff_id)
            session = unlocked_session(tx.connection, operator, tx.now, tx.policy.session)
            if tx.now - session.authenticated_at > timedelta(minutes=tx.policy.session.reauthentication_minutes):
                raise ReauthenticationNeeded
            if staff.totp_sealed is not None:
                raise NotPermitted(ENROLLED)
            yield tx, staff
    except StoreUnavailable:
        raise
    except CoopError as error:
        uow.record_refusal(operator, ENROL, error)
        raise
