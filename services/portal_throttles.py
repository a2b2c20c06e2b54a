"""How often something may be tried at the portal: counted by keyed marks, in windows (req. 16; ASVS 6.1.1).

A throttle slows whoever tries many people from one place, and whoever tries one person from many places. It says
nothing about whether the person exists: marks are of what was typed.
"""

from datetime import timedelta

from sqlalchemy import delete, func, insert, select
from sqlmodel import col

from data.tables import AnswerFailure, Challenge, MemberCode, MemberDoor, PortalTry
from services.errors import RateLimited
from services.operator import system_operator
from services.unit_of_work import Transaction, UnitOfWork

TOO_MANY = "Demasiados intentos seguidos. Espere unos minutos o llame al CIS, 205-0911."
#: Well before the 24 h of req. 53; wrong answers count for a day and go after two.
KEPT = timedelta(hours=12)
ANSWERS_KEPT = timedelta(hours=48)


def tries(tx: Transaction, kind: str, mark: str, minutes: int) -> int:
    """How many tries stand in the window."""
    return tx.connection.execute(
        select(func.count())
        .select_from(PortalTry)
        .where(
            col(PortalTry.kind) == kind,
            col(PortalTry.mark) == mark,
            col(PortalTry.at) > tx.now - timedelta(minutes=minutes),
        )
    ).scalar_one()


def count_try(tx: Transaction, kind: str, mark: str, *, most: int, minutes: int) -> int:
    """Count one try; answers how many there were before. Raises RateLimited when there were `most`."""
    before = tries(tx, kind, mark, minutes)
    if before >= most:
        raise RateLimited(TOO_MANY)
    tx.connection.execute(insert(PortalTry).values(kind=kind, mark=mark, at=tx.now))
    return before


def purge(uow: UnitOfWork) -> int:
    """Drop what is over: tries, steps of sign-ins, challenges, codes, wrong answers (req. 53); answers how many rows.

    A task of the worker. Tells the trail only when there was something.
    """
    now = uow.clock.now()
    old = now - KEPT
    over = (
        (PortalTry, col(PortalTry.at) <= old),
        (MemberDoor, col(MemberDoor.expires_at) <= old),
        (Challenge, col(Challenge.expires_at) <= old),
        (MemberCode, col(MemberCode.expires_at) <= old),
        (AnswerFailure, col(AnswerFailure.at) <= now - ANSWERS_KEPT),
    )
    with uow.engine.connect() as connection:
        if not any(connection.execute(select(1).select_from(table).where(due).limit(1)).first() for table, due in over):
            return 0
    with uow.begin_system(system_operator("portal")) as tx:
        dropped = sum(tx.connection.execute(delete(table).where(due)).rowcount for table, due in over)
        tx.record("portal.purge", detail={"dropped": dropped})
        tx.commit()
        return dropped
