"""Payments inside the cooperative: prepare shows everything, confirm does exactly that (S10–S17, req. 39–44).

One path for every kind: between own savings, to somebody else's, quotas, loans, cards, the cooperative's own services,
cash over the counter. What differs stands in payment_kinds (what it is called, where it pays to) and payment_legs
(what the amount is divided into).
"""

import hmac
from dataclasses import asdict, dataclass
from typing import Any

from data.values.money import Money
from services.errors import AccountUnusable, CoopError, DataChanged, InsufficientFunds
from services.faults import fault
from services.operations import Op
from services.operator import Operator
from services.payment_entry import Execution, execute, posting_of, review, wanted_of
from services.posting import find, reject
from services.receipts import Receipt, concern, receipt_now, receipt_of
from services.retries import retrying
from services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class PreparePayment:
    """`op` names the kind; accounts by row id (a cashier's drawer is one), `amount` in centésimos."""

    op: Op
    member_id: int
    from_account: int
    to_account: int
    amount: int
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the person reviews. `hash` stands for all of it; amounts in centésimos. `approval`: why a second person must
    approve it, empty when the operator may alone. `code_needed`: the member must first name a code that was sent for
    this very payment (L11, req. 42)."""

    summary: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    hash: str
    balance_after: int | None  # None of a drawer
    amount_words: str
    daily_left: int | None  # of the member, after this payment; None of one for another day
    approval: tuple[str, ...] = ()
    code_needed: bool = False
    funds_needed: bool = False  # the form must ask for the source of the funds (cash_marks.FUNDS_LABEL)


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """`key` is the UUIDv7 minted when the form opened; `prepared_hash` what `prepare` answered. `funds`: the statement
    that the form asked for; the local journal (0600) keeps it in clear until the answer, the store sealed."""

    key: str
    prepared_hash: str
    op: Op
    member_id: int
    from_account: int
    to_account: int
    amount: int
    memo: str = ""
    funds: str = ""

    def payload(self) -> dict[str, Any]:
        """What the local journal keeps, to ask again after a crash."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class OutcomeOf:
    key: str


def confirm_of(payload: dict[str, Any]) -> ConfirmPayment:
    """The command that a journal or a waiting request keeps. Raises TypeError, ValueError, KeyError for another's."""
    return ConfirmPayment(**payload | {"op": Op(payload["op"])})


def prepare(command: PreparePayment, operator: Operator, uow: UnitOfWork) -> Prepared:
    """Fix everything on this side and show it; moves nothing (req. 40).

    Raises NotFound, InvalidInput, AccountUnusable, InsufficientFunds, LimitExceeded (more than anybody may), and what
    authorisation raises.
    """
    with uow.begin(operator, command.op, member_id=command.member_id) as tx:
        wanted = wanted_of(command)
        seen = review(tx, wanted)
        prepared = Prepared(
            summary=seen.summary,
            warnings=seen.warnings,
            hash=seen.hash,
            balance_after=seen.balance_after,
            amount_words=Money(wanted.amount).in_words(),
            daily_left=seen.daily_left,
            approval=seen.approval,
            code_needed=seen.code_needed,
            funds_needed=seen.funds_needed,
        )
        tx.record("payment.prepare", detail={"kind": command.op.value} | wanted.asked_accounts())
        tx.commit()
    return prepared


def confirm(command: ConfirmPayment, operator: Operator, uow: UnitOfWork) -> Receipt:
    """Post what was prepared, once: the same key again answers with the first receipt (`existed`).

    Raises DataChanged, InsufficientFunds and AccountUnusable (both stick to the key), ApprovalNeeded, CodeNeeded,
    LimitExceeded, KeyReused, NotFound, OutcomeUnknown when the database fell silent, and what authorisation raises.
    """
    return retrying(lambda: _confirm(command, operator, uow))


def outcome(command: OutcomeOf, operator: Operator, uow: UnitOfWork) -> Receipt | None:
    """What became of a key whose answer was lost: its receipt (posted or rejected), or None if it never arrived.

    Needs no verified caller: it shows what was told, and after a crash the call may be over.
    """
    with uow.begin(operator, Op.RECEIPT_VIEW) as tx:
        done = find(tx, command.key)
        concern(tx, done.member_id if done else None, there=done is not None)
        receipt = receipt_now(tx, done) if done else None
        tx.record("payment.outcome", about=command.key, result="ok" if done else "none")
        tx.commit()
    return receipt


def resubmit(payload: dict[str, Any], operator: Operator, uow: UnitOfWork) -> Receipt:
    """After a crash: the outcome of a journal item's key, or the payment itself if it never arrived.

    Raises what `confirm` raises: VerificationNeeded tells that nothing was moved and the caller must be verified again.
    """
    command = confirm_of(payload)
    return outcome(OutcomeOf(command.key), operator, uow) or confirm(command, operator, uow)


def abandon(payload: dict[str, Any], operator: Operator, uow: UnitOfWork) -> Receipt:
    """Give a lost payment up: its key is closed, so that it can't arrive late. Answers `rejected`, or the receipt of
    the payment if it had arrived after all."""
    command = confirm_of(payload)
    found = outcome(OutcomeOf(command.key), operator, uow)
    if found is not None:
        return found
    posting = posting_of(command.key, wanted_of(command), None)
    return receipt_of(retrying(lambda: reject(uow, operator, posting, Abandoned(), None)))


class Abandoned(CoopError):
    code = "abandoned"
    default = "La operación no se realizó: se descartó antes de aplicarse."


def _confirm(command: ConfirmPayment, operator: Operator, uow: UnitOfWork) -> Receipt:
    fault("before_begin")
    execution = Execution(wanted_of(command), command.key, funds=command.funds)
    standing = None
    try:
        with uow.begin(operator, command.op, member_id=command.member_id, alone=True) as tx:
            standing = tx.standing
            receipt = execute(tx, execution, agreed=lambda shown: _agreed(shown, command.prepared_hash))
            tx.commit()
            return receipt
    except (InsufficientFunds, AccountUnusable) as error:
        if execution.posting is None:
            raise
        done = reject(uow, operator, execution.posting, error, standing)
        if done.outcome == "posted":  # somebody else sent the same key and was first
            return receipt_of(done)
        raise


def _agreed(shown: str, prepared: str) -> None:
    if not hmac.compare_digest(shown, prepared):
        raise DataChanged
