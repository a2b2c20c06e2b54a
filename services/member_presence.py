"""A member who is inside: being there, how long still, going out (req. 13, 33)."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlmodel import col

from data.tables import MemberSession
from services import member_authorisation
from services.errors import SessionEnded
from services.member_authorisation import absolute_after, idle_after
from services.member_sessions import end_session
from services.operator import Channel, Operator
from services.staff_proof import reading
from services.unit_of_work import UnitOfWork

SIGN_OUT: Final = "portal.sign_out"


@dataclass(frozen=True, slots=True)
class MemberSessionState:
    """How a session stands, in whole seconds; zeros where it has ended. `notice`: a kiosk should say that it is about
    to wipe the screen."""

    ended: bool
    idle_seconds_left: int
    absolute_seconds_left: int
    notice: bool = False
    end_reason: str = ""


def sign_out(operator: Operator, uow: UnitOfWork, reason: str = "sign_out") -> None:
    """End the session: «Salir», or the kiosk's own timer (`idle`). Nothing happens if it has ended already."""
    with uow.begin_system(operator, member_id=operator.member_id) as tx:
        open_ = tx.connection.execute(
            select(col(MemberSession.id)).where(
                col(MemberSession.id) == operator.session_id,
                col(MemberSession.member_id) == operator.member_id,
                col(MemberSession.ended_at).is_(None),
            )
        ).first()
        if open_ is None:
            return
        end_session(tx, operator.session_id, reason)
        tx.record(SIGN_OUT, reason=None if reason == "sign_out" else reason)
        tx.commit()


def session_state(operator: Operator, uow: UnitOfWork) -> MemberSessionState:
    """How the session stands. Asking doesn't count as being there, and leaves no event."""
    now, limits = uow.clock.now(), uow.policy.portal
    with reading(uow) as connection:
        row = connection.execute(
            select(
                col(MemberSession.started_at),
                col(MemberSession.last_seen_at),
                col(MemberSession.ended_at),
                col(MemberSession.end_reason),
            ).where(col(MemberSession.id) == operator.session_id, col(MemberSession.member_id) == operator.member_id)
        ).first()
        if row is None or row.ended_at is not None:
            return MemberSessionState(True, 0, 0, end_reason=(row.end_reason or "") if row else "")
        try:
            member_authorisation.standing(connection, operator, None, now, uow.policy, touch=False)
        except SessionEnded:
            return MemberSessionState(True, 0, 0)
    idle = int((row.last_seen_at + idle_after(operator.channel, limits) - now).total_seconds())
    left = int((row.started_at + absolute_after(operator.channel, limits) - now).total_seconds())
    notice = operator.channel is Channel.KIOSK and min(idle, left) <= limits.kiosk_notice_seconds
    return MemberSessionState(False, idle, left, notice)


def touch(operator: Operator, uow: UnitOfWork) -> None:
    """The member pressed a key: the idle time starts anew. No event. Raises SessionEnded.

    Cheap enough for every few seconds: it writes only when the last sign of life is older than ten.
    """
    with uow.begin_system(operator, member_id=operator.member_id) as tx:
        member_authorisation.standing(tx.connection, operator, None, tx.now, tx.policy)
        tx.connection.commit()
