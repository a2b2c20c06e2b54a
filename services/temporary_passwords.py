"""Temporary passwords: how they are made, and how the member's first sign-in uses one up (req. 27, 28, S40).

Nobody of staff sees one: the clear text goes from here into a sealed message, a sealed slip or two halves.
"""

import secrets as random_source
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import update
from sqlmodel import col, select

from data.secrets import Secret
from data.tables import Access, TemporaryCredential
from data.values.uuid7 import is_uuid7
from services import nobody, outbox
from services.access_states import BLOCKABLE, AccessState, held_access, walk
from services.errors import InvalidInput, SignInRefused
from services.operator import system_operator
from services.unit_of_work import Transaction, UnitOfWork

UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O
LOWER = "abcdefghijkmnopqrstuvwxyz"  # without l
DIGITS = "23456789"  # without 0 and 1
ALPHABET = UPPER + LOWER + DIGITS
LEAST_BITS = 64
#: How long a hash is kept after its password is over: less than the day of req. 53.
KEPT_AFTER = timedelta(hours=20)
SIGN_IN_ACTION = "access.temporary_sign_in"


def entropy_bits(length: int) -> int:
    """Whole bits of a password of `length` drawn evenly from those with an upper-case letter and a digit.

    Counted by inclusion and exclusion: 57^n - 33^n - 49^n + 25^n. For 12 characters that is 69.7 bits, so 69.
    """
    upper, digits, every = len(UPPER), len(DIGITS), len(ALPHABET)
    count: int = every**length - (every - upper) ** length - (every - digits) ** length
    count += (every - upper - digits) ** length
    return count.bit_length() - 1


def new_password(length: int) -> Secret:
    """A random password that can be read aloud and typed: no 0 O 1 l I, one upper-case letter and one digit at least.

    Drawn anew until it has both, so that each allowed password is equally likely: 69.7 bits for 12 characters. Raises
    ValueError for a length under 64 bits (req. 27).
    """
    if length < 1 or entropy_bits(length) < LEAST_BITS:
        raise ValueError(f"a temporary password of {length} characters has less than {LEAST_BITS} bits")
    while True:
        text = "".join(random_source.choice(ALPHABET) for _ in range(length))
        if any(char in UPPER for char in text) and any(char in DIGITS for char in text):
            return Secret(text)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A password made and hashed before the transaction opens: Argon2 must not hold the database's write lock."""

    key: str
    secret: Secret
    secret_hash: str = field(repr=False)


def prepare(key: str, uow: UnitOfWork) -> Prepared:
    """Make and hash the password for the credential `key`, the UUIDv7 that the form minted. Raises InvalidInput."""
    if not is_uuid7(key):
        raise InvalidInput("La clave del formulario no es válida. Abra el formulario de nuevo.", field="key")
    secret = new_password(uow.policy.credential.length)
    return Prepared(key, secret, uow.hasher.hash(secret.reveal()))


class TemporaryOutcome(StrEnum):
    """How a try with a temporary password ended."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    USED = "used"
    EXPIRED = "expired"
    ENDED = "ended"
    PAUSED = "paused"


TEXTS = {
    TemporaryOutcome.ACCEPTED: "Contraseña temporal aceptada.",
    TemporaryOutcome.WRONG: SignInRefused.default,
    TemporaryOutcome.USED: "Su contraseña temporal ya se usó. Para recibir otra llame al 205-0911.",
    TemporaryOutcome.EXPIRED: "Su contraseña temporal venció. Llame al 205-0911.",
    TemporaryOutcome.ENDED: "Su contraseña temporal ya no sirve. Use la del último correo o llame al 205-0911.",
    TemporaryOutcome.PAUSED: "Su acceso está bloqueado o suspendido. Llame al 205-0911.",
}


@dataclass(frozen=True, slots=True)
class TemporaryMatch:
    """Which credential a typed password belongs to (None: to none). Says nothing yet about whether it is still good."""

    member_id: int | None
    credential_id: str | None


@dataclass(frozen=True, slots=True)
class TemporaryCheck:
    """The answer to the member. Only who typed the right password learns more than «incorrectos» (req. 12)."""

    outcome: TemporaryOutcome
    user_text: str


def match_temporary(member_id: int | None, secret: Secret, uow: UnitOfWork) -> TemporaryMatch:
    """Compare a typed password with the member's last credential: the slow part, outside of any write transaction.

    One Argon2 verification in every case, also for nobody (None) and for members without a credential.
    """
    query = (
        select(TemporaryCredential.id, TemporaryCredential.secret_hash)
        .where(col(TemporaryCredential.member_id) == member_id)
        .order_by(col(TemporaryCredential.issued_at).desc(), col(TemporaryCredential.id).desc())
        .limit(1)
    )
    with uow.engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None or not row.secret_hash:
        uow.hasher.verify_dummy(secret.reveal())
        return TemporaryMatch(member_id, None)
    right = uow.hasher.verify(row.secret_hash, secret.reveal())
    return TemporaryMatch(member_id, row.id if right else None)


def wipe_over(uow: UnitOfWork) -> int:
    """Take the hashes of credentials away that are over for long, before a day has passed (req. 53); answers how many.

    The rows stay: the X-ray tells from them what was sent and what became of it. Until then somebody who types an old
    password hears that it is over; from then on it is a wrong one like any other.
    """
    over = col(TemporaryCredential.expires_at) <= uow.clock.now() - KEPT_AFTER
    whole = col(TemporaryCredential.secret_hash) != ""
    with uow.engine.connect() as connection:
        if connection.execute(select(TemporaryCredential.id).where(over, whole).limit(1)).first() is None:
            return 0
    with uow.begin_system(system_operator("credenciales")) as tx:
        wiped = tx.connection.execute(update(TemporaryCredential).where(over, whole).values(secret_hash="")).rowcount
        tx.record("credential.wiped", detail={"wiped": wiped})
        tx.commit()
        return wiped


def check_temporary(tx: Transaction, member_id: int, match: TemporaryMatch) -> TemporaryCheck:
    """Use the matched password up, once: accepted → primer_acceso. A wrong one counts and may block the access.

    Writes its own event; the caller commits, whatever the outcome (else the wrong try wouldn't count). Raises
    ValueError for the match of another member.
    """
    if match.member_id != member_id:
        raise ValueError("the match is of another member")
    access = held_access(tx, member_id)
    if access is None:  # never asked for access: the same answer as a wrong password
        return _answer(tx, member_id, TemporaryOutcome.WRONG, {})
    return check_held(tx, access, match)


def check_held(tx: Transaction, access: Access, match: TemporaryMatch) -> TemporaryCheck:
    """`check_temporary` for an access that the caller holds already."""
    member_id = access.member_id
    if match.credential_id is None:
        return _answer(tx, member_id, TemporaryOutcome.WRONG, wrong_try(tx, access))
    credential = tx.session.get(TemporaryCredential, match.credential_id)
    outcome = _judge(tx, access, credential)
    detail = {}
    if outcome is TemporaryOutcome.ACCEPTED and credential is not None:
        credential.used_at = tx.now
        tx.session.add(credential)
        access.failed_count = 0
        detail = walk(tx, access, AccessState.FIRST_ACCESS)
    return _answer(tx, member_id, outcome, detail, match.credential_id)


def _judge(tx: Transaction, access: Access, credential: TemporaryCredential | None) -> TemporaryOutcome:
    if AccessState(access.state) in (AccessState.BLOCKED, AccessState.SUSPENDED):
        return TemporaryOutcome.PAUSED
    if credential is None or credential.ended_at is not None:
        return TemporaryOutcome.ENDED
    if credential.used_at is not None:
        return TemporaryOutcome.USED
    if credential.expires_at <= tx.now:
        return TemporaryOutcome.EXPIRED
    return TemporaryOutcome.ACCEPTED if access.state == AccessState.ISSUED else TemporaryOutcome.ENDED


def wrong_try(tx: Transaction, access: Access) -> dict[str, object]:
    """Count a wrong try and block at the policy's number, with what the event says of it (req. 12, A9). A block is told
    to the member, who may not have tried at all."""
    if AccessState(access.state) not in BLOCKABLE:
        return nobody.wrong_try(tx)
    access.failed_count += 1
    tx.session.add(access)
    detail: dict[str, object] = {"failed": access.failed_count}
    if access.failed_count >= tx.policy.member_access.failures_before_block:
        detail |= walk(tx, access, AccessState.BLOCKED)
        access.blocked_reason = "intentos fallidos"
        detail["notice"] = outbox.notice(tx, access.member_id, "access_blocked", {})
    return detail


def _answer(
    tx: Transaction,
    member_id: int,
    outcome: TemporaryOutcome,
    detail: dict[str, object],
    credential_id: str | None = None,
) -> TemporaryCheck:
    tx.record(
        SIGN_IN_ACTION,
        result="ok" if outcome is TemporaryOutcome.ACCEPTED else "failed",
        member=member_id,
        about=f"credential:{credential_id}" if credential_id else None,
        detail={"outcome": outcome.value} | detail,
    )
    return TemporaryCheck(outcome, TEXTS[outcome])
