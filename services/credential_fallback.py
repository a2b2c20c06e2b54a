"""For members whose mail never comes: a sealed slip, or the password dictated in two halves (C9, req. 28).

Always under a second person, always critical in the trail. Neither person alone learns the password: the slip comes
out of the printer sealed; of the halves each has about 35 bits, and five wrong tries block.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlmodel import col, select

from data.secrets import Secret
from data.tables import Access, Member, Staff, StaffRelative
from services import authorisation, outbox
from services.access_states import AccessState, lock_access, lock_member
from services.activation import BEFORE_ACTIVATION, activation_steps
from services.case_patterns import flag_change_and_reset
from services.credentials import (
    check_issue_limit,
    earlier_issue,
    end_credentials,
    member_id_of,
    place,
    sign_in_name,
    to_issued,
)
from services.errors import CoopError, InvalidInput, SecondPersonNeeded, StoreUnavailable
from services.masking import full_name
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.sealed_slip import Slip, discard_slip, slip_path, write_slip
from services.second_person import StaffIdentity, check_staff, recheck_staff
from services.temporary_passwords import Prepared, prepare
from services.unit_of_work import Transaction, UnitOfWork

Form = Literal["slip", "halves"]
FORMS: tuple[Form, ...] = ("slip", "halves")


@dataclass(frozen=True, slots=True)
class Fallback:
    """Hand a credential over without mail. `folder` is where the slip is written; `username`, `password` and `code` are
    the second person's."""

    member_id: int
    reason: str
    key: str
    form: Form
    username: str
    password: Secret
    code: Secret | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class SlipPrinted:
    """The slip to send to the sealed printer (then `discard_slip(path)`). None: an earlier one that is gone by now."""

    credential_id: str
    path: Path | None
    expires_at: datetime
    existed: bool = False
    text: str = "Imprima el sobre sellado y entréguelo al asociado sin abrirlo."


@dataclass(frozen=True, slots=True)
class Halves:
    """`first` is for the agent, `second` for the second person, never on the screen together.

    None when the key was applied before: what was shown once can't be shown again.
    """

    credential_id: str
    first: Secret | None = field(repr=False)
    second: Secret | None = field(repr=False)
    second_person: str
    expires_at: datetime
    existed: bool = False
    text: str = "Dicte su mitad; la segunda persona dicta la suya después."


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the first look found, for the slip that is written before the transaction."""

    name: str
    number: str
    username: str
    now: datetime
    expires_at: datetime


def fallback(command: Fallback, operator: Operator, uow: UnitOfWork) -> SlipPrinted | Halves:
    """Issue a credential that is handed over, from any state that may have one; activates or resets if need be.

    Activating and resetting need their own rights too. Raises the errors of authorisation, SignInRefused,
    SecondFactorNeeded and SecondPersonNeeded for the second person, InvalidInput, NotFound, NoAccess, IllegalStep,
    IssueLimitReached, KeyReused, SlipNotWritten.
    """
    prepared = prepare(command.key, uow)
    first_look = _look(command, operator, uow)
    if not isinstance(first_look, _Draft):
        return first_look
    second = check_staff(command.username, command.password, command.code, operator, uow)
    draft = first_look
    path: Path | None = None
    if command.form == "slip" and command.folder is not None:
        # On the disk before the commit: a credential that is live always has its slip. One without a credential opens
        # nothing and goes with the next purge.
        slip = Slip(draft.name, draft.number, draft.username, prepared.secret, draft.now, draft.expires_at)
        path = write_slip(command.folder, command.key, slip)
    try:
        earlier = _commit(command, operator, uow, prepared, second, draft)
    except StoreUnavailable:
        raise  # it may have been committed: the slip stays for the same key
    except CoopError:
        if path is not None:
            discard_slip(path)
        raise
    if earlier is not None:  # the same key, between the two looks: its slip has been overwritten by a dead one
        if path is not None:
            discard_slip(path)
        return earlier
    if command.form == "slip":
        return SlipPrinted(prepared.key, path, draft.expires_at)
    return _halves(prepared, second, draft)


def _look(command: Fallback, operator: Operator, uow: UnitOfWork) -> _Draft | SlipPrinted | Halves:
    """May it be done at all? Asked before the second person types anything, and with nothing written."""
    with uow.begin(operator, Op.CREDENTIAL_FALLBACK, member_id=command.member_id) as tx:
        check_reason(command.reason)
        if command.form not in FORMS or (command.form == "slip" and command.folder is None):
            raise InvalidInput("Elija sobre sellado o código en mitades.", field="form")
        member = lock_member(tx, command.member_id)
        if (earlier := _earlier(tx, member, command)) is not None:
            return earlier
        access = lock_access(tx, command.member_id)
        _check_rights(tx, access)
        check_issue_limit(tx, command.member_id)
        return _Draft(
            name=full_name(member.given_names, member.surnames),
            number=member.number,
            username=sign_in_name(member, access),
            now=tx.now,
            expires_at=tx.now + timedelta(hours=tx.policy.credential.valid_hours),
        )


def _commit(
    command: Fallback,
    operator: Operator,
    uow: UnitOfWork,
    prepared: Prepared,
    second: StaffIdentity,
    draft: _Draft,
) -> SlipPrinted | Halves | None:
    with uow.begin(operator, Op.CREDENTIAL_FALLBACK, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        recheck_staff(tx, second)
        _refuse_relative(tx, second, command.member_id)
        member = lock_member(tx, command.member_id)
        if (earlier := _earlier(tx, member, command)) is not None:
            return earlier
        flag_change_and_reset(tx)
        access = lock_access(tx, command.member_id)
        _check_rights(tx, access)
        check_issue_limit(tx, command.member_id)
        if AccessState(access.state) in BEFORE_ACTIVATION:
            detail = activation_steps(tx, access)
        else:
            detail = to_issued(tx, access)
        replaced = end_credentials(tx, command.member_id, "replaced")
        place(
            tx,
            member,
            access,
            prepared,
            delivery=command.form,
            outbox_id=None,
            expires_at=draft.expires_at,
        )
        outbox.notice(tx, member_id_of(member), "credential_handed", {})
        tx.record(
            about=f"credential:{prepared.key}",
            reason=reason,
            detail=detail
            | {
                "critical": True,
                "delivery": command.form,
                "second_person": second.username,
                "replaced": replaced,
            },
        )
        tx.commit()
        return None


def _check_rights(tx: Transaction, access: Access) -> None:
    """What the state makes of it, activation or reset, asks for its own rights on top."""
    state = AccessState(access.state)
    if state in BEFORE_ACTIVATION:
        op = Op.ACCESS_ACTIVATE
    elif state in (AccessState.CONTRACT_SIGNED, AccessState.ACTIVE):
        op = Op.PASSWORD_RESET
    else:
        return
    if tx.standing is None:
        raise LookupError("a use case without a standing")
    rule = tx.policy.operations[op]
    authorisation.decide(op, rule, tx.standing, member_id=tx.member_id, now=tx.now, policy=tx.policy)


def _refuse_relative(tx: Transaction, second: StaffIdentity, member_id: int) -> None:
    own = tx.session.exec(select(Staff.id).where(Staff.id == second.staff_id, Staff.member_id == member_id)).first()
    relative = tx.session.exec(
        select(StaffRelative.staff_id).where(
            col(StaffRelative.staff_id) == second.staff_id, col(StaffRelative.member_id) == member_id
        )
    ).first()
    if own is not None or relative is not None:
        raise SecondPersonNeeded(
            "La segunda persona es el asociado o un familiar declarado. Pida a otra persona que apruebe."
        )


def _earlier(tx: Transaction, member: Member, command: Fallback) -> SlipPrinted | Halves | None:
    earlier = earlier_issue(tx, member, command.key, (command.form,))
    if earlier is None:
        return None
    if command.form == "slip":
        path = slip_path(command.folder, command.key) if command.folder is not None else None
        if path is not None and not path.exists():
            path = None
        return SlipPrinted(earlier.credential_id, path, earlier.expires_at, True, "Ya aplicada: el sobre ya se emitió.")
    return Halves(
        earlier.credential_id,
        None,
        None,
        "",
        earlier.expires_at,
        True,
        "Ya aplicada: las mitades ya se mostraron.",
    )


def _halves(prepared: Prepared, second: StaffIdentity, draft: _Draft) -> Halves:
    password = prepared.secret.reveal()
    middle = (len(password) + 1) // 2
    return Halves(
        prepared.key,
        Secret(password[:middle]),
        Secret(password[middle:]),
        second.full_name,
        draft.expires_at,
    )
