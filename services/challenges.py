"""«No soy un robot»: pictures to choose, drawn anew for each challenge (S34).

Drawn from random bytes that nobody keeps; what is stored is a keyed mark of the right choice. One try a challenge, some
minutes, for the origin that got it.
"""

import secrets as random_source
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlmodel import col

from data.catalog.images import Picture
from data.catalog.images.tiles import deal
from data.secrets import Secrets
from data.tables import Challenge as ChallengeRow
from services.doors import at_the_door
from services.errors import CoopError
from services.portal_place import PortalPlace, mark_of
from services.unit_of_work import Transaction, UnitOfWork

SEED_BYTES = 32
ID_BYTES = 18


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the person sees. `tiles` are pixels, numbered from 0 in the answer; `subject_label` completes «Seleccione
    las imágenes con …»."""

    id: str
    subject_label: str
    tiles: tuple[Picture, ...] = field(repr=False)
    expires_at: datetime


class ChallengeNeeded(CoopError):
    """The pictures must be chosen first, or anew: `challenge` is the one to answer."""

    code = "challenge_needed"
    default = "Seleccione las imágenes que se piden."

    def __init__(self, challenge: Challenge, user_text: str | None = None) -> None:
        self.challenge = challenge
        super().__init__(user_text, field="challenge")


def new_challenge(place: PortalPlace, uow: UnitOfWork) -> Challenge:
    """Draw one, outside of the transaction that keeps it. Raises StoreUnavailable."""
    drawn = deal(random_source.token_bytes(SEED_BYTES))
    challenge_id = random_source.token_urlsafe(ID_BYTES)
    with at_the_door(uow, place, "portal.challenge") as tx:
        expires_at = tx.now + timedelta(minutes=tx.policy.portal.challenge_minutes)
        tx.connection.execute(
            insert(ChallengeRow).values(
                id=challenge_id,
                origin_mark=mark_of(tx.secrets, "origin", place.origin),
                subject=drawn.kind.id,
                answer_mark=_answer_mark(tx.secrets, challenge_id, drawn.right),
                made_at=tx.now,
                expires_at=expires_at,
            )
        )
        tx.record("portal.challenge", detail={"subject": drawn.kind.id})
        tx.commit()
    return Challenge(challenge_id, drawn.kind.label, drawn.tiles, expires_at)


def is_answered(tx: Transaction, challenge_id: str | None, chosen: Set[int], place: PortalPlace) -> bool:
    """Whether the choice is right; the challenge is used up either way."""
    row = tx.connection.execute(
        select(ChallengeRow.answer_mark).where(  # type: ignore[call-overload]
            col(ChallengeRow.id) == challenge_id,
            col(ChallengeRow.origin_mark) == mark_of(tx.secrets, "origin", place.origin),
            col(ChallengeRow.used_at).is_(None),
            col(ChallengeRow.expires_at) > tx.now,
        )
    ).first()
    if row is None or challenge_id is None:
        return False
    taken = tx.connection.execute(
        update(ChallengeRow)
        .where(col(ChallengeRow.id) == challenge_id, col(ChallengeRow.used_at).is_(None))
        .values(used_at=tx.now)
    )
    return taken.rowcount == 1 and bool(row.answer_mark == _answer_mark(tx.secrets, challenge_id, chosen))


def _answer_mark(secrets: Secrets, challenge_id: str, chosen: Set[int]) -> str:
    return mark_of(secrets, "challenge", f"{challenge_id} {sorted(chosen)}")
