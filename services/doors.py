"""One step of a member's sign-in: what the person gets to see, and the ticket to the next (S42, S64–S66, req. 35).

Nobody is known at the door, so an unknown user gets the same steps: a question and a picture drawn from a keyed mark of
the user, the same ones every time. Tickets are random, good once, for some minutes, in the place that got them; only
their SHA-256 is stored.
"""

import hashlib
import secrets as random_source
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update
from sqlmodel import col

from data.catalog.images import load_images
from data.catalog.questions import load_questions
from data.secrets import Secret, Secrets
from data.secrets.box import hmac
from data.tables import Access, Member, MemberDoor, RememberedDevice, SecurityAnswer
from services.errors import CoopError, SignInRefused, StoreUnavailable
from services.portal_place import PortalPlace, door_operator, mark_of
from services.staff_proof import reading
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

StepKind = Literal["question", "image", "temporary", "forgotten", "renew"]
USER_TYPED = 64
TICKET_BYTES = 32
#: One in so many unknown users is asked like a member whose first access is unfinished.
ODD_ONE = 8
#: Names that people give to their picture; an unknown user's picture bears one of them.
PICTURE_NAMES = (
    "Mi casa", "Recuerdo", "La finca", "Domingo", "Mi pueblo", "Vacaciones", "Abuela", "Verano", "Mi lugar", "Familia",
    "Camino", "Paseo", "Mi foto", "Luna", "El patio", "Tranquilo",
)  # fmt: skip


class DoorClosed(CoopError):
    """The ticket is over, used, or was given out elsewhere."""

    code = "door_closed"
    default = "Este paso venció. Escriba su usuario otra vez."


@dataclass(frozen=True, slots=True)
class DoorStep:
    """What to show next. `ticket` goes into the next command, and is good for it alone."""

    ticket: Secret
    kind: StepKind
    question_text: str | None = None
    image_id: str | None = None
    image_name: str | None = None


class DoorRefused(SignInRefused):
    """What was given was not right; `again` is the step from which to try anew."""

    default = "Los datos no coinciden. Revise su usuario, su respuesta y su contraseña."

    def __init__(self, user_text: str | None = None, *, again: DoorStep | None = None) -> None:
        self.again = again
        super().__init__(user_text)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is meant, by the user that was typed: `member_id` None for nobody's."""

    member_id: int | None
    mark: str
    #: The first access is unfinished, or staff took question or picture away: identified otherwise.
    unfinished: bool


@dataclass(frozen=True, slots=True)
class Door:
    """A row of `member_door`, as the use cases need it."""

    id: str
    member_id: int | None
    mark: str
    kind: str
    position: int | None
    answered: bool


@contextmanager
def at_the_door(uow: UnitOfWork, place: PortalPlace, action: str) -> Iterator[Transaction]:
    """A transaction of somebody not known yet. A refusal leaves its own event."""
    operator = door_operator(place)
    try:
        with uow.begin_system(operator) as tx:
            yield tx
    except StoreUnavailable:
        raise
    except CoopError as error:
        uow.record_refusal(operator, action, error)
        raise


def visitor(connection: Connection, secrets: Secrets, typed: str) -> Visitor:
    """Whom a typed user means. Numbers of members are no chosen users: who types one is at the first access, or nobody.

    The same statements run for everybody.
    """
    name, mark = _user(typed), user_mark(secrets, typed)
    row = connection.execute(
        select(
            col(Access.member_id), col(Access.state), col(Access.password_hash), col(Access.image_id),
            col(Access.username_at), col(Access.image_at), col(Access.questions_at), col(Access.services_at),
        )
        .join(Member, col(Member.id) == col(Access.member_id))
        .where(col(Member.number) == name if _is_number(name) else col(Access.username_folded) == name)
    ).first()  # fmt: skip
    if row is None or row.state == "cerrado":
        odd = digest(secrets, mark, "kind")[0] % ODD_ONE == 0
        return Visitor(None, mark, unfinished=_is_number(name) or odd)
    steps = (row.password_hash, row.username_at, row.image_at, row.image_id, row.questions_at, row.services_at)
    return Visitor(row.member_id, mark, unfinished=_is_number(name) or None in steps)


def user_mark(secrets: Secrets, typed: str) -> str:
    """The keyed mark of a typed user, the same however it was spelled."""
    return mark_of(secrets, "user", _user(typed))


def first_step(tx: Transaction, who: Visitor, place: PortalPlace) -> DoorStep:
    """The step after the user: temporary data, a question, or the picture at once on a device that is remembered."""
    if who.unfinished:
        return open_door(tx, who, place, "temporary")
    device = _device(tx, who.member_id, place)
    position, text = question_of(tx, who)
    if device:
        return picture_step(tx, who, place, answered=True)
    step = open_door(tx, who, place, "question", position=position)
    return DoorStep(step.ticket, "question", question_text=text)


def picture_step(tx: Transaction, who: Visitor, place: PortalPlace, *, answered: bool) -> DoorStep:
    """The step with the picture: the member's own after a right answer, else the false one of the user."""
    step = open_door(tx, who, place, "image", answered=answered)
    image_id, name = _false_picture(tx.secrets, who.mark)
    row = tx.connection.execute(
        select(col(Access.image_id), col(Access.image_name)).where(col(Access.member_id) == who.member_id)
    ).first()
    if answered and row is not None and row.image_id is not None:
        image_id, name = row.image_id, row.image_name or ""
    return DoorStep(step.ticket, "image", image_id=image_id, image_name=name)


def open_door(
    tx: Transaction, who: Visitor, place: PortalPlace, kind: StepKind, *, position: int | None = None,
    answered: bool = False,
) -> DoorStep:  # fmt: skip
    """A new ticket for one step."""
    ticket = random_source.token_urlsafe(TICKET_BYTES)
    tx.connection.execute(
        insert(MemberDoor).values(
            id=_ticket_id(Secret(ticket)),
            member_id=who.member_id,
            user_mark=who.mark,
            kind=kind,
            position=position,
            answered=answered,
            made_at=tx.now,
            expires_at=tx.now + timedelta(minutes=tx.policy.portal.door_minutes),
            **_bounds(place),
        )
    )
    return DoorStep(Secret(ticket), kind)


def look_at(uow: UnitOfWork, ticket: Secret, place: PortalPlace, kind: StepKind) -> Door:
    """The step of a ticket, before the slow comparison. Raises DoorClosed, StoreUnavailable."""
    with reading(uow) as connection:
        row = connection.execute(_live(ticket, place, kind, uow.clock.now())).first()
    if row is None:
        raise DoorClosed
    return Door(row.id, row.member_id, row.user_mark, row.kind, row.position, bool(row.answered))


def use_up(tx: Transaction, door: Door, ticket: Secret, place: PortalPlace) -> None:
    """Take the ticket, once. Raises DoorClosed if somebody else did meanwhile, or its minutes are over."""
    live = _live(ticket, place, door.kind, tx.now).subquery()
    taken = tx.connection.execute(
        update(MemberDoor)
        .where(col(MemberDoor.used_at).is_(None), col(MemberDoor.id).in_(select(live.c.id)))
        .values(used_at=tx.now)
    )
    if taken.rowcount != 1:
        raise DoorClosed


def visitor_of(door: Door) -> Visitor:
    """Who stands at a door, for another try."""
    return Visitor(door.member_id, door.mark, unfinished=door.kind == "temporary")


def digest(secrets: Secrets, mark: str, what: str) -> bytes:
    """32 keyed bytes that are always the same for a user: what is false about unknown ones is drawn from them."""
    return hmac(secrets.pepper, f"coop-tui decoy {what} 1", mark.encode())


def door_position(tx: Transaction, member_id: int) -> int | None:
    """The position of the question that the door asks of this member."""
    username = tx.connection.execute(select(col(Access.username_folded)).where(col(Access.member_id) == member_id))
    mark = mark_of(tx.secrets, "user", username.scalar() or "")
    return question_of(tx, Visitor(member_id, mark, unfinished=False))[0]


def _user(typed: str) -> str:
    return clean(typed, USER_TYPED).casefold()


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


def question_of(tx: Transaction, who: Visitor) -> tuple[int | None, str]:
    """The one question of this user at the door, by position and text: always the same, never a weak one if there is a
    better one (req. 21). A stranger never sees the member's other questions."""
    catalogue = load_questions()
    rows = tx.connection.execute(
        select(col(SecurityAnswer.position), col(SecurityAnswer.question_id))
        .where(col(SecurityAnswer.member_id) == who.member_id)
        .order_by(col(SecurityAnswer.position))
    ).all()
    own = [(row.position, question) for row in rows if (question := catalogue.get(row.question_id)) is not None]
    strong = [pair for pair in own if not pair[1].weak] or own
    number = int.from_bytes(digest(tx.secrets, who.mark, "question")[:4])
    if strong:
        position, question = strong[number % len(strong)]
        return position, question.text
    false = [question for question in catalogue.offered() if not question.weak]
    return None, false[number % len(false)].text


def _false_picture(secrets: Secrets, mark: str) -> tuple[str, str]:
    drawn = digest(secrets, mark, "picture")
    offered = load_images().offered()
    return offered[int.from_bytes(drawn[:4]) % len(offered)].id, PICTURE_NAMES[drawn[4] % len(PICTURE_NAMES)]


def _device(tx: Transaction, member_id: int | None, place: PortalPlace) -> bool:
    """Whether the place is a device that this member had remembered and that is still good."""
    token = place.device_token.reveal() if place.device_token else ""
    row = tx.connection.execute(
        select(col(RememberedDevice.id)).where(
            col(RememberedDevice.member_id) == member_id,
            col(RememberedDevice.token_hash) == hashlib.sha256(token.encode()).hexdigest(),
            col(RememberedDevice.forgotten_at).is_(None),
            col(RememberedDevice.expires_at) > tx.now,
        )
    ).first()
    return row is not None


def _ticket_id(ticket: Secret) -> str:
    return hashlib.sha256(ticket.reveal().encode("utf-8", "surrogatepass")).hexdigest()


def _bounds(place: PortalPlace) -> dict[str, str]:
    return {"channel": place.channel.value, "terminal": door_operator(place).terminal, "origin": place.origin}


def _live(ticket: Secret, place: PortalPlace, kind: str, now: Any) -> Any:
    bounds = _bounds(place)
    return select(
        col(MemberDoor.id), col(MemberDoor.member_id), col(MemberDoor.user_mark), col(MemberDoor.kind),
        col(MemberDoor.position), col(MemberDoor.answered),
    ).where(
        col(MemberDoor.id) == _ticket_id(ticket),
        col(MemberDoor.kind) == kind,
        col(MemberDoor.channel) == bounds["channel"],
        col(MemberDoor.terminal) == bounds["terminal"],
        col(MemberDoor.origin) == bounds["origin"],
        col(MemberDoor.used_at).is_(None),
        col(MemberDoor.expires_at) > now,
    )  # fmt: skip
