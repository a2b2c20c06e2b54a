"""«Registrar»: a member asks for online access in the portal (S32–S38, req. 16, 25).

The answer, the steps and the slow work are the same whether or not there is such a person; who is found stands in the
desk's queue of activations with the place as the route. Staff activate, never the portal (S39).
"""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlmodel import col

from data.tables import Access, Member
from data.values.cedula import Cedula
from data.values.dates import panama_date
from data.values.errors import InvalidValue
from services import nobody, outbox
from services.access_states import AccessState, held_access
from services.challenges import Challenge, ChallengeNeeded, is_answered, new_challenge
from services.doors import at_the_door
from services.errors import InvalidInput
from services.portal_place import PortalPlace, mark_of
from services.portal_throttles import count_try, tries
from services.unit_of_work import Transaction, UnitOfWork

__all__ = ["Challenge", "ChallengeNeeded", "Register", "Registered", "register"]
ACTION = "portal.register"
NUMBER_LENGTH = 10
OLDEST_YEARS = 120
NOT_THOSE = "No eran esas imágenes, o se tardó. Seleccione las de este grupo."


@dataclass(frozen=True, slots=True)
class Register:
    """The form. `birth` None: nothing that is a date was chosen. `tiles`: the positions chosen, counted from 0."""

    number: str
    birth: date | None
    cedula: str = field(repr=False)
    challenge_id: str | None = None
    tiles: Set[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Registered:
    """What everybody reads who sent a whole form."""

    text: str = (
        "Recibimos sus datos. Para activar su acceso llame al CIS, 205-0911, o visite una sucursal o capítulo. Sus"
        " credenciales llegarán al correo que tiene registrado."
    )


def register(command: Register, place: PortalPlace, uow: UnitOfWork) -> Registered:
    """Take the request. Raises InvalidInput for what no member's data can look like, ChallengeNeeded, RateLimited.

    Pictures are asked for from the third try of an origin in an hour on (policy), and from the second of a number.
    """
    number, cedula, birth = _shape(command, uow)
    limits, minutes = uow.policy.portal, uow.policy.portal.registration_window_minutes
    answered, needed = False, False
    with at_the_door(uow, place, ACTION) as tx:
        origin, mark = mark_of(tx.secrets, "origin", place.origin), mark_of(tx.secrets, "number", number)
        before = count_try(tx, "register_origin", origin, most=limits.registrations_per_origin, minutes=minutes)
        needed = before + 1 >= limits.challenge_from or tries(tx, "register_number", mark, minutes) > 0
        if needed and command.challenge_id is not None:
            answered = is_answered(tx, command.challenge_id, command.tiles, place)
        if not needed or answered:
            most = limits.registrations_per_number
            count_try(tx, "register_number", mark, most=most, minutes=minutes)
        reason = "challenge" if needed and not answered else None
        tx.record("portal.register_try", result="refused" if reason else "ok", reason=reason, about=f"user:{mark[:12]}")
        tx.commit()
    if needed and not answered:
        raise ChallengeNeeded(new_challenge(place, uow), NOT_THOSE if command.challenge_id else None)
    uow.hasher.verify_dummy(number)  # far more work than what a found member causes below
    with at_the_door(uow, place, ACTION) as tx:
        member_id = _found(tx, number, cedula, birth)
        detail = _ask(tx, member_id, place) if member_id is not None else _ask_nobody(tx)
        result = "ok" if member_id is not None else "not_found"
        tx.record(ACTION, result=result, member=member_id, about=f"user:{mark[:12]}", detail=detail)
        tx.commit()
    return Registered()


def _shape(command: Register, uow: UnitOfWork) -> tuple[str, str, date]:
    """The three facts in their stored forms. Raises InvalidInput at the field."""
    number = command.number.strip()
    if not (number.isascii() and number.isdigit()) or len(number) > NUMBER_LENGTH:
        raise InvalidInput("Escriba su número de asociado o cliente: solo números.", field="number")
    today = panama_date(uow.clock.now())
    if command.birth is None or not today.year - OLDEST_YEARS <= command.birth.year or command.birth > today:
        raise InvalidInput("Escriba su fecha de nacimiento (dd/mm/aaaa).", field="birth")
    try:
        return number, Cedula.parse(command.cedula).format(), command.birth
    except InvalidValue as error:
        raise InvalidInput(error.message_es, field="cedula") from None


def _found(tx: Transaction, number: str, cedula: str, birth: date) -> int | None:
    """Whose three facts these are."""
    row = tx.connection.execute(
        select(col(Member.id)).where(
            col(Member.number) == number, col(Member.cedula) == cedula, col(Member.birth_date) == birth
        )
    ).first()
    return None if row is None else int(row.id)


def _ask_nobody(tx: Transaction) -> dict[str, object]:
    """What the same form asks of the store when it is nobody's."""
    held_access(tx, None)
    nobody.keep(tx)
    outbox.notice(tx, nobody.NOBODY, "registration_received", {})
    nobody.keep(tx)
    return {}


def _ask(tx: Transaction, member_id: int, place: PortalPlace) -> dict[str, object]:
    """Put the member into the queue, unless they stand there already or are past it; tell them either way."""
    access = held_access(tx, member_id)
    if access is not None:
        if access.state != AccessState.REQUESTED:
            outbox.notice(tx, member_id, "registration_repeated", {})
        return {"existed": True, "after": access.state}
    state = AccessState.REQUESTED.value
    tx.session.add(
        Access(member_id=member_id, state=state, route=place.channel.value, request_kind="acceso", requested_at=tx.now)
    )
    outbox.notice(tx, member_id, "registration_received", {})
    return {"kind": "acceso", "route": place.channel.value, "after": state}
