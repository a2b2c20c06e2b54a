"""What needs a second person: at the desk for one transaction, or from the queue (req. 42, 43, C10).

The maker shows the member everything and asks; the request keeps what both saw, and the evidence of who called. Whoever
approves looks at it as it stands then, agrees to that very fingerprint, and the money moves in their transaction. What
was refused, withdrawn or ran out has its key closed in the ledger: it can't arrive late.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from data.secrets import Secret
from data.tables import Staff
from services import posting
from services.approval_ends import end
from services.approval_families import AT_COUNTER, kind_of
from services.approval_kinds import ApprovalKind, Confirm
from services.approval_rows import (
    APPROVED,
    REFUSED,
    WAITING,
    WITHDRAWN,
    Request,
    decide,
    find,
    held,
    member_of,
    place,
)
from services.approval_rules import check_other_person, check_share, check_somebody_may, check_unrelated, over_share
from services.biller_gateway import BillerGateway
from services.errors import DataChanged, InvalidInput, KeyReused, NotPermitted, SecondPersonNeeded
from services.operations import Op
from services.operator import Operator, Role
from services.payment_entry import Approval
from services.payment_limits import ELSEWHERE
from services.reasons import check_reason
from services.receipts import Receipt
from services.retries import retrying
from services.second_person import OWN_WORK, StaffIdentity, check_staff, recheck_staff
from services.staff_proof import roles_of
from services.unit_of_work import Transaction, UnitOfWork


class NoApprovalNeeded(InvalidInput):
    code = "no_approval_needed"
    default = "Esta operación no necesita aprobación: aplíquela usted."


@dataclass(frozen=True, slots=True)
class RequestApproval:
    """`command`: the confirm that needs a second person, as it would be sent; `note`: why, in the maker's words."""

    command: Confirm
    note: str

    @property
    def key(self) -> str:
        """The operation's own."""
        return self.command.key


@dataclass(frozen=True, slots=True)
class Requested:
    """It waits. `existed`: the same request had been made before."""

    request_id: str
    expires_at: datetime
    existed: bool = False


@dataclass(frozen=True, slots=True)
class Approve:
    """`prepared_hash`: of what the approver has on the screen."""

    request_id: str
    prepared_hash: str

    @property
    def key(self) -> str:
        """For the journal: the operation's own key is its maker's there."""
        return f"approve:{self.request_id}"


@dataclass(frozen=True, slots=True)
class Refuse:
    request_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    request_id: str


# ---------------------------------------------------------------- the maker


def request_approval(command: RequestApproval, operator: Operator, uow: UnitOfWork) -> Requested:
    """Leave an operation in the queue; nothing moves. The same request again answers with the first.

    Raises what confirming it would (DataChanged, CodeNeeded, …), NoApprovalNeeded, LimitExceeded for what nobody may
    approve, InvalidInput (note), KeyReused, OutcomeUnknown.
    """
    return retrying(lambda: _request(command, operator, uow))


def _request(command: RequestApproval, operator: Operator, uow: UnitOfWork) -> Requested:
    asked = command.command
    kind = kind_of(asked.op)
    _not_a_member(operator)
    with uow.begin(operator, asked.op, member_id=asked.member_id, alone=True) as tx:
        if (earlier := _earlier(tx, asked)) is not None:
            tx.record("approval.request", result="repeated", about=earlier.id)
            tx.commit()
            return Requested(earlier.id, earlier.expires_at, existed=True)
        note = check_note(command.note)
        if asked.payload().get("funds"):
            # What was stated of the funds is kept sealed, and the person with the cash stands at the counter.
            raise NotPermitted(AT_COUNTER)
        seen = kind.look(tx, asked, None)
        _agreed(seen.hash, asked.prepared_hash)
        if not seen.reasons:
            raise NoApprovalNeeded
        share = over_share(tx.policy, asked.op, asked.amount, _roles(tx), _own_share(tx))
        if share:
            check_somebody_may(tx.policy, asked.op, asked.amount)
        kind.use_code(tx, asked)
        request = place(tx, asked, seen, share=share, note=note)
        detail = {"kind": asked.op.value, "amount": asked.amount, "hash": seen.hash, "evidence": request.evidence}
        tx.record("approval.request", about=request.id, reason=note, detail=detail)
        tx.commit()
    return Requested(request.id, request.expires_at)


def check_note(text: str) -> str:
    """The maker's words as they are kept: a reason like any other. Raises InvalidInput (field `note`)."""
    try:
        return check_reason(text)
    except InvalidInput as error:
        raise InvalidInput(error.user_text, field="note") from None


def withdraw(command: Withdraw, operator: Operator, uow: UnitOfWork) -> None:
    """The maker takes it back. Raises NotFound, NotPermitted (somebody else's), AlreadyDecided."""
    with uow.begin(operator, Op.APPROVAL_VIEW, member_id=member_of(uow, command.request_id)) as tx:
        request = held(tx, command.request_id)
        if request.maker_id != operator.staff_id:
            raise NotPermitted("Solo quien la registró puede retirarla. Un supervisor la rechaza.")
        request.check_open(tx)
        end(tx, request, WITHDRAWN, None, by=operator.staff_id)
        tx.record("approval.withdraw", about=request.id)
        tx.commit()


def confirm_with_second_person(
    command: Confirm,
    username: str,
    password: Secret,
    code: Secret | None,
    operator: Operator,
    uow: UnitOfWork,
    gateway: BillerGateway | None = None,
) -> Receipt:
    """Execute with a second person who proves who they are at this desk, for this one transaction.

    A key that was used answers with its first receipt and asks nobody. Raises what confirming it would, what proving a
    second person would, and NotPermitted or ShareTooSmall where that person may not approve this operation.
    """
    kind = kind_of(command.op)
    _not_a_member(operator)
    kind.check_way(gateway)
    second = None
    if _first_look(command, operator, uow):
        second = check_staff(username, password, code, operator, uow, op=Op.APPROVAL_GIVE)
    receipt = retrying(lambda: _confirm_with(command, second, operator, uow))
    return kind.after(receipt, operator, gateway, uow)


def _first_look(command: Confirm, operator: Operator, uow: UnitOfWork) -> bool:
    """Whether there is something to approve; asked before anybody's password is, and nothing of it is kept."""
    with uow.begin(operator, command.op, member_id=command.member_id) as tx:
        if posting.find(tx, command.key) is not None:
            return False
        _agreed(kind_of(command.op).look(tx, command, None).hash, command.prepared_hash)
    return True


def _confirm_with(command: Confirm, second: StaffIdentity | None, operator: Operator, uow: UnitOfWork) -> Receipt:
    kind = kind_of(command.op)
    with uow.begin(operator, command.op, member_id=command.member_id, alone=True) as tx:
        approval, request = None, _waiting_as(tx, command)
        if second is not None:
            _check_second(tx, second, command)
            approval = Approval(second.staff_id, second.username)
        receipt = kind.execute(
            tx, command, maker=None, approval=approval, agreed=lambda shown: _agreed(shown, command.prepared_hash)
        )
        if second is not None and request is not None and not receipt.existed:
            decide(tx, request, APPROVED, None, by=second.staff_id)
        tx.commit()
        return receipt


def _waiting_as(tx: Transaction, command: Confirm) -> Request | None:
    """What waits under this key, which is signed here now. Raises KeyReused if that is somebody else's or another."""
    request = find(tx, command.key, hold=True)
    if request is None:
        return None
    agreed = {"prepared_hash": ""}
    if request.maker_id != tx.operator.staff_id or request.confirm().payload() | agreed != command.payload() | agreed:
        raise KeyReused
    return request if request.state == WAITING else None


def _check_second(tx: Transaction, second: StaffIdentity, command: Confirm) -> None:
    recheck_staff(tx, second, Op.APPROVAL_GIVE)
    check_other_person(tx, second.staff_id, tx.operator.staff_id, OWN_WORK)
    check_unrelated(tx, second.staff_id, (command.member_id, kind_of(command.op).payee(tx, command)))
    if over_share(tx.policy, command.op, command.amount, _roles(tx), _own_share(tx)):
        staff = tx.session.get(Staff, second.staff_id)
        if staff is None:
            raise SecondPersonNeeded
        check_share(tx.policy, command.op, command.amount, roles_of(staff), staff.single_limit)


# ---------------------------------------------------------------- the approver


def approve(command: Approve, operator: Operator, uow: UnitOfWork, gateway: BillerGateway | None = None) -> Receipt:
    """Execute a waiting request in the approver's own transaction. Told twice it is done once.

    Raises NotFound, AlreadyDecided, NotPermitted (own work, own or a relative's account), ShareTooSmall, DataChanged
    when it is no longer what the approver saw, and what stands in its way (InsufficientFunds, AccountUnusable, …): it
    then goes on waiting. OutcomeUnknown when the database fell silent.
    """
    kind, receipt = retrying(lambda: _approve(command, operator, uow, gateway))
    return kind.after(receipt, operator, gateway, uow)


def _approve(
    command: Approve, operator: Operator, uow: UnitOfWork, gateway: BillerGateway | None
) -> tuple[ApprovalKind, Receipt]:
    member_id = member_of(uow, command.request_id)
    with uow.begin(operator, Op.APPROVAL_GIVE, member_id=member_id, alone=True) as tx:
        request = held(tx, command.request_id)
        asked = request.confirm()
        mine = request.state == APPROVED and request.decided_by == operator.staff_id
        again = mine and posting.find(tx, request.id) is not None  # never on the row's word alone
        seen_hash = command.prepared_hash
        if not again:
            request.check_open(tx)
            check_other_person(tx, operator.staff_id, request.maker_id)
            check_unrelated(tx, operator.staff_id, (request.member_id, request.kind.payee(tx, asked)))
            if request.share:
                check_share(tx.policy, request.op, request.amount, _roles(tx), _own_share(tx))
            request.kind.check_way(gateway)
            _agreed(request.kind.look(tx, asked, request.maker).hash, seen_hash)
        receipt = request.kind.execute(
            tx,
            asked,
            maker=request.maker,
            approval=Approval(operator.staff_id, operator.username),
            agreed=lambda shown: _agreed(shown, seen_hash),
        )
        if not again:
            decide(tx, request, APPROVED, None, by=operator.staff_id)
            hashes = {"asked": request.prepared_hash, "approved": seen_hash}
            tx.record(about=request.id, detail={"made_by": request.maker.username, "hashes": hashes})
        tx.commit()
    return request.kind, receipt


def refuse(command: Refuse, operator: Operator, uow: UnitOfWork) -> None:
    """Say no, with a reason. Raises NotFound, AlreadyDecided, NotPermitted (own work), InvalidInput (reason)."""
    with uow.begin(operator, Op.APPROVAL_GIVE, member_id=member_of(uow, command.request_id)) as tx:
        reason = check_reason(command.reason)
        request = held(tx, command.request_id)
        request.check_open(tx)
        check_other_person(tx, operator.staff_id, request.maker_id)
        end(tx, request, REFUSED, reason, by=operator.staff_id)
        tx.record("approval.refuse", about=request.id, reason=reason, detail={"made_by": request.maker.username})
        tx.commit()


def _earlier(tx: Transaction, asked: Confirm) -> Request | None:
    """The same request, made before. Raises KeyReused if the key was used for anything else."""
    earlier = find(tx, asked.key)
    if earlier is None:
        if posting.find(tx, asked.key) is not None:
            raise KeyReused
        return None
    if earlier.maker_id != tx.operator.staff_id or earlier.confirm() != asked:
        raise KeyReused
    return earlier


def _agreed(shown: str, prepared: str) -> None:
    if not hmac.compare_digest(shown.encode(), prepared.encode()):
        raise DataChanged


def _not_a_member(operator: Operator) -> None:
    """Nobody approves for a member in the portal: what is above their share is asked for at a desk (req. 42)."""
    if operator.is_member:
        raise NotPermitted(ELSEWHERE)


def _roles(tx: Transaction) -> frozenset[Role]:
    return tx.standing.roles if tx.standing else frozenset()


def _own_share(tx: Transaction) -> int | None:
    return tx.standing.single_limit if tx.standing else None
