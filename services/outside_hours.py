"""Signing in outside of one's working hours: refused, or let in by a second person at the door (req. 12, 43)."""

from dataclasses import dataclass, field

from data.secrets import Secret
from data.tables import Staff
from services.approval_rules import check_other_person
from services.errors import CoopError, HoursRefused, NotPermitted, OutsideHours, SecondPersonNeeded
from services.operations import Op
from services.second_person import OWN_WORK, unfit
from services.staff_proof import Examined, Verdict, examine, id_of, refusal, settle
from services.unit_of_work import Transaction, UnitOfWork
from services.working_hours import parse_hours


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """The second person's own user name, password and code."""

    username: str
    password: Secret = field(repr=False)
    code: Secret | None = field(repr=False, default=None)


def outside(staff: Staff, tx: Transaction) -> bool:
    """Whether the person has hours and this moment lies outside of them."""
    return staff.hours is not None and not parse_hours(staff.hours).hold(tx.now)


def examine_doorkeeper(uow: UnitOfWork, given: Doorkeeper | None) -> Examined | None:
    """Compare the second person's password, outside of any transaction."""
    return None if given is None else examine(uow, given.username, given.password)


def let_in(tx: Transaction, staff: Staff, given: Doorkeeper | None, examined: Examined | None) -> CoopError | None:
    """The second person's proof for somebody who stands outside of their hours; what is wrong with it, or None.

    Failures are counted in `tx`, so the caller commits either way.
    """
    if tx.policy.session.outside_hours != "supervisor":
        return HoursRefused()
    if given is None or examined is None:
        return OutsideHours()
    keeper, verdict = settle(tx, examined, given.code, ask_code=True)
    wrong: CoopError | None = None
    if keeper is None or verdict is not Verdict.PROVEN:
        wrong = refusal(verdict)
    else:
        wrong = unfit(tx, keeper, Op.SECOND_PERSON) or _same(tx, keeper, staff)
    reason = verdict.value if wrong is None or verdict is not Verdict.PROVEN else wrong.code
    tx.record(
        Op.SECOND_PERSON.value,
        result="refused" if wrong else "ok",
        reason=reason,
        about=examined.about,
        detail={"user": examined.name, "for": staff.username},
    )
    return None if wrong is None else SecondPersonNeeded(wrong.user_text)


def _same(tx: Transaction, keeper: Staff, staff: Staff) -> CoopError | None:
    try:
        check_other_person(tx, id_of(keeper), id_of(staff), OWN_WORK)
    except NotPermitted as error:
        return error
    return None
