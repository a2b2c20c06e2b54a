"""Is this the person? Passwords and codes of staff compared, failures counted, accounts locked (req. 12, A9).

Two steps, so that no transaction waits for a slow hash: `examine` compares the password outside of any transaction,
`settle` counts the outcome inside one, with the person's row locked. Whatever many guesses run at once, only those
that `settle` meets before the lock can be right: as many as if they had come one by one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import col, select

from data.secrets import Secret
from data.secrets.box import hmac
from data.tables import Staff
from services import second_factor
from services.errors import CoopError, SecondFactorNeeded, SignInRefused, StoreUnavailable
from services.operator import Role
from services.passwords import MAX_TYPED
from services.policy import SessionPolicy
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

USERNAME_TYPED: Final = 64


class Verdict(StrEnum):
    """How a proof ended; the audit trail keeps it, the person in front is told less."""

    PROVEN = "proven"
    UNKNOWN = "unknown_user"
    DISABLED = "disabled"
    LOCKED = "locked"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105  the name of an outcome
    WRONG_CODE = "wrong_code"
    CODE_NEEDED = "code_needed"
    EXPIRED = "temporary_password_expired"


@dataclass(frozen=True, slots=True)
class Examined:
    """What the comparison outside of the transaction found. `compared` is the stored hash that it was made with."""

    staff_id: int | None
    name: str  # for the trail: the username of a person on record, else a keyed mark
    matches: bool
    compared: str = field(repr=False)
    rehashed: str | None = field(repr=False, default=None)

    @property
    def about(self) -> str | None:
        """The object of the events that tell of it."""
        return None if self.staff_id is None else f"staff:{self.staff_id}"


@contextmanager
def reading(uow: UnitOfWork) -> Iterator[Connection]:
    """A connection that only looks and takes no write lock. Raises StoreUnavailable."""
    try:
        with uow.engine.connect() as connection:
            yield connection
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error


def known_username(typed: str) -> str:
    """The form in which usernames are stored: cleaned, lower case."""
    return clean(typed, USERNAME_TYPED).casefold()


def examine(uow: UnitOfWork, username: str, password: Secret) -> Examined:
    """Compare a typed password with the one on record, at the same cost whoever is meant (req. 12).

    One Argon2id comparison happens for the unknown, the disabled and the locked too; theirs is with nothing.
    """
    name = known_username(username)
    columns = (Staff.id, Staff.username, Staff.password_hash, Staff.enabled, Staff.locked_until)
    with reading(uow) as connection:
        row = connection.execute(select(*columns).where(col(Staff.username) == name)).first()  # type: ignore[call-overload]
    typed = password.reveal()
    if row is None or not row.enabled or _is_locked(row.locked_until, uow.clock.now()) or len(typed) > MAX_TYPED:
        uow.hasher.verify_dummy(typed[:MAX_TYPED])
        return Examined(row.id, name, False, "") if row else Examined(None, _mark(uow, name), False, "")
    matches = uow.hasher.verify(row.password_hash, typed)
    rehashed = uow.hasher.hash(typed) if matches and uow.hasher.needs_rehash(row.password_hash) else None
    return Examined(row.id, name, matches, row.password_hash, rehashed)


def settle(tx: Transaction, examined: Examined, code: Secret | None, *, ask_code: bool) -> tuple[Staff | None, Verdict]:
    """Decide, count and lock inside `tx`, the person's row held. The caller records the verdict and commits.

    Five failures in a row (policy) lock for half an hour; while locked nothing is compared or counted. A wrong code
    counts like a wrong password. A full proof starts the count anew.
    """
    if examined.staff_id is None:
        return None, Verdict.UNKNOWN
    staff = held(tx, examined.staff_id)
    if not staff.enabled:
        return staff, Verdict.DISABLED
    if _is_locked(staff.locked_until, tx.now):
        return staff, Verdict.LOCKED
    # Another hash than the compared one: the password was changed meanwhile, and what was typed is the old one.
    if not examined.matches or staff.password_hash != examined.compared:
        return staff, _failed(tx, staff, Verdict.WRONG_PASSWORD)
    if staff.password_expires_at is not None and staff.password_expires_at <= tx.now:
        return staff, Verdict.EXPIRED
    if ask_code and staff.totp_sealed is not None:
        if not code:
            return staff, Verdict.CODE_NEEDED
        secret = second_factor.unseal_secret(tx.secrets, examined.staff_id, staff.totp_sealed)
        step = second_factor.matching_step(secret, code, tx.now, staff.totp_last_step)
        if step is None:
            return staff, _failed(tx, staff, Verdict.WRONG_CODE)
        staff.totp_last_step = step
    staff.failed_count = 0
    staff.locked_until = None
    staff.password_hash = examined.rehashed or staff.password_hash
    tx.session.add(staff)
    return staff, Verdict.PROVEN


def held(tx: Transaction, staff_id: int) -> Staff:
    """The person's row as it is now, nobody else changing it until `tx` ends.

    NO KEY UPDATE on PostgreSQL: rows that only point to the person (cases, sessions) needn't wait.
    """
    found = select(Staff).where(col(Staff.id) == staff_id).with_for_update(key_share=True)
    return tx.session.exec(found.execution_options(populate_existing=True)).one()


def refusal(verdict: Verdict) -> CoopError:
    """What the person at sign-in is told: one text for unknown, wrong, disabled and locked (req. 12).

    Only who typed the right password learns more.
    """
    if verdict is Verdict.CODE_NEEDED:
        return SecondFactorNeeded(field="code")
    if verdict is Verdict.EXPIRED:
        return SignInRefused("Su contraseña temporal venció. Pida otra a un administrador.")
    return SignInRefused()


def roles_of(staff: Staff) -> frozenset[Role]:
    """The person's roles."""
    return frozenset(Role(name) for name in staff.roles.split())


def id_of(staff: Staff) -> int:
    """The id of a row that is in the database."""
    if staff.id is None:
        raise LookupError("not stored yet")
    return staff.id


def must_enrol(staff: Staff, policy: SessionPolicy) -> bool:
    """Whether a role of theirs asks for a second factor that isn't registered."""
    return staff.totp_sealed is None and second_factor.required(staff, policy)


def _is_locked(until: datetime | None, now: datetime) -> bool:
    return until is not None and until > now


def _failed(tx: Transaction, staff: Staff, verdict: Verdict) -> Verdict:
    limits = tx.policy.session
    staff.failed_count += 1
    if staff.failed_count % limits.failures_before_lock == 0:
        staff.locked_until = tx.now + timedelta(minutes=limits.lock_minutes)
        detail = {"user": staff.username, "failures": staff.failed_count, "minutes": limits.lock_minutes}
        tx.record("staff.lock", about=f"staff:{staff.id}", reason=verdict.value, detail=detail)
    tx.session.add(staff)
    return verdict


def _mark(uow: UnitOfWork, name: str) -> str:
    """A keyed mark for a name that nobody has: it may be a password in the wrong field, yet tries can be linked."""
    return "#" + hmac(uow.secrets.pepper, "coop-tui unknown user 1", name.encode("utf-8", "surrogatepass")).hex()[:12]
