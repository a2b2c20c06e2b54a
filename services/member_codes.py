"""Codes that a member gets at a contact on record and types into the portal: each for one purpose of one session or
door, single use, some minutes (req. 22, 42; L11).

The message says to type it and to tell nobody: on the phone other codes are read aloud, these never are.
"""

import secrets as random_source
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import insert, select, update
from sqlmodel import col

from data.secrets import Secret
from data.tables import Member, MemberCode, Outbox
from services import nobody, outbox
from services.errors import ContactMissing, ContactTooRecent, InvalidInput
from services.one_time_codes import DIGITS, CheckedCode, Contact, Destination, contacts
from services.portal_place import mark_of
from services.portal_throttles import count_try
from services.staff_proof import reading
from services.unit_of_work import Transaction, UnitOfWork
from services.verification_state import SentCode

TEMPLATE = "portal_code"
OTHER_WAY = " Visite una sucursal o llame al CIS, 205-0911."
NAMED: Mapping[str, str] = {"email": "correo", "phone": "celular"}


def ways(tx: Transaction, member: Member) -> tuple[Contact, ...]:
    """The contacts on record to which a code may go now, the mail first."""
    return tuple(contact for contact in contacts(tx, member) if contact.usable)


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code and its hash, bound to a holder and a purpose; made where a slow hash keeps nobody waiting."""

    code: Secret
    code_hash: str = field(repr=False)


def make(uow: UnitOfWork, holder: str, purpose: str) -> MadeCode:
    """Draw and hash a code; nothing is kept."""
    code = f"{random_source.randbelow(10**DIGITS):0{DIGITS}d}"
    return MadeCode(Secret(code), uow.hasher.hash(_bound(code, holder, purpose)))


def send(
    tx: Transaction, member: Member, holder: str, destination: Destination, purpose: str, *, about: str,
    made: MadeCode | None = None,
) -> SentCode:  # fmt: skip
    """Make a code, unless it was `made` for this holder and purpose, and queue it; the holder's former ones end and
    their messages are wiped. `about`: the operation in the program's own words.

    Raises ContactMissing, ContactTooRecent, RateLimited.
    """
    contact = _usable(tx, member, destination)
    _count(tx, str(member.id))
    end_codes(tx, holder)
    minutes = tx.policy.verification.code_minutes
    made = made or make(tx.uow, holder, purpose)
    expires_at = tx.now + timedelta(minutes=minutes)
    outbox_id = outbox.enqueue(
        tx,
        kind=contact.kind,
        template=TEMPLATE,
        member_id=member.id,
        to=contact.value or "",
        context={"code": made.code.reveal(), "operation": about, "minutes": str(minutes)},
        expires_at=expires_at,
    )
    tx.connection.execute(
        insert(MemberCode).values(
            holder=holder,
            member_id=member.id,
            purpose=purpose,
            destination=destination,
            code_hash=made.code_hash,
            outbox_id=outbox_id,
            sent_at=tx.now,
            expires_at=expires_at,
            tries=0,
        )
    )
    row = tx.connection.execute(select(Outbox).where(col(Outbox.id) == outbox_id)).mappings().one()
    tries = tx.policy.verification.code_tries
    return SentCode(row["destination"], about, expires_at, tries, "en cola", on_its_way=True)


def send_to_nobody(tx: Transaction, holder: str, mark: str) -> None:
    """What `send` asks of the store, for nobody: no code is kept, and none leaves. Raises RateLimited."""
    _count(tx, mark)
    end_codes(tx, holder)
    nobody.keep(tx)
    nobody.keep(tx)
    nobody.queued(tx)


def compare(uow: UnitOfWork, holder: str, code: Secret) -> CheckedCode:
    """Compare typed digits with the code that is good for this holder, outside of any transaction, at the same cost
    whether or not there is one. Raises InvalidInput for what can't be a code, which is no try."""
    typed = "".join(char for char in code.reveal()[:40] if char not in " -\u00a0")
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        raise InvalidInput(f"El código tiene {DIGITS} números.", field="code")
    with reading(uow) as connection:
        row = connection.execute(
            select(col(MemberCode.id), col(MemberCode.code_hash), col(MemberCode.purpose))
            .where(
                col(MemberCode.holder) == holder,
                col(MemberCode.ended_at).is_(None),
                col(MemberCode.passed_at).is_(None),
                col(MemberCode.expires_at) > uow.clock.now(),
            )
            .order_by(col(MemberCode.id).desc())
        ).first()
    if row is None:
        uow.hasher.verify_dummy(typed)
        return CheckedCode(None, False)
    return CheckedCode(row.id, uow.hasher.verify(row.code_hash, _bound(typed, holder, row.purpose)))


def settle(tx: Transaction, holder: str, checked: CheckedCode) -> bool:
    """Count the try: a right code is passed, three wrong ones end it. Raises InvalidInput when none is good now."""
    row = tx.connection.execute(
        select(col(MemberCode.id), col(MemberCode.tries)).where(
            col(MemberCode.id) == checked.code_id,
            col(MemberCode.holder) == holder,
            col(MemberCode.ended_at).is_(None),
            col(MemberCode.passed_at).is_(None),
            col(MemberCode.expires_at) > tx.now,
        )
    ).first()
    if row is None:
        raise InvalidInput("No hay un código vigente: venció o ya se usó. Pida otro.", field="code")
    tries = row.tries + 1
    over = not checked.matches and tries >= tx.policy.verification.code_tries
    values = {"tries": tries, "passed_at": tx.now if checked.matches else None, "ended_at": tx.now if over else None}
    tx.connection.execute(update(MemberCode).where(col(MemberCode.id) == row.id).values(**values))
    return checked.matches


def passed(tx: Transaction, holder: str, purpose: str) -> int | None:
    """The passed code of this purpose that wasn't used yet, by id."""
    since = tx.now - timedelta(minutes=tx.policy.verification.code_minutes)
    found = tx.connection.execute(
        select(col(MemberCode.id))
        .where(
            col(MemberCode.holder) == holder,
            col(MemberCode.purpose) == purpose,
            col(MemberCode.ended_at).is_(None),
            col(MemberCode.passed_at) > since,
        )
        .limit(1)
    ).scalar()
    return None if found is None else int(found)


def use(tx: Transaction, holder: str, purpose: str) -> bool:
    """Use the passed code up, once; answers whether there was one."""
    code_id = passed(tx, holder, purpose)
    if code_id is None:
        return False
    taken = tx.connection.execute(
        update(MemberCode)
        .where(col(MemberCode.id) == code_id, col(MemberCode.ended_at).is_(None))
        .values(ended_at=tx.now)
    )
    return taken.rowcount == 1


def end_codes(tx: Transaction, holder: str) -> None:
    """End what is still good of a holder, and wipe the messages that didn't leave yet."""
    rows = tx.connection.execute(
        update(MemberCode)
        .where(col(MemberCode.holder) == holder, col(MemberCode.ended_at).is_(None))
        .values(ended_at=tx.now)
        .returning(col(MemberCode.outbox_id))
    ).scalars()
    for outbox_id in rows.all():
        if outbox_id is not None:
            outbox.void(tx, outbox_id, "replaced")


def _count(tx: Transaction, whose: str) -> None:
    limits = tx.policy.portal
    mark = mark_of(tx.secrets, "codes", whose)
    count_try(tx, "code", mark, most=limits.codes_per_window, minutes=limits.registration_window_minutes)


def _usable(tx: Transaction, member: Member, destination: str) -> Contact:
    contact = next((way for way in contacts(tx, member) if way.destination == destination), None)
    if contact is None:
        raise InvalidInput("Elija correo o celular.", field="destination")
    if not contact.deliverable:
        raise ContactMissing(f"No tiene un {NAMED[destination]} registrado que reciba códigos.{OTHER_WAY}")
    if contact.recent:
        raise ContactTooRecent(f"Su {NAMED[destination]} cambió hace menos de 72 horas.{OTHER_WAY}")
    return contact


def _bound(code: str, holder: str, purpose: str) -> str:
    """The code with what it is for: its hash fits no other session and no other payment."""
    return f"{code}:{holder}:{purpose}"
