"""Transfer between a member's own savings, in two steps: prepare shows everything, confirm does exactly that (S12,
req. 39, 40, 44)."""

import hmac
from dataclasses import asdict, dataclass
from typing import Any

from data.values.card_number import NOTE_MESSAGE, contains_card_number
from data.values.dates import format_time, panama_date
from data.values.money import MAX_CENTESIMOS, Money
from services import outbox
from services.errors import AccountUnusable, CoopError, DataChanged, InsufficientFunds, InvalidInput
from services.faults import fault
from services.operations import Op
from services.operator import Operator
from services.posting import Leg, Posted, Posting, evidence, find, first_outcome, post, reject, rejection
from services.receipts import Receipt, concern, receipt_number, receipt_of
from services.retries import retrying
from services.text_cleaning import clean
from services.transfer_facts import (
    TWIN,
    Facts,
    Wanted,
    check_funds,
    check_limits,
    check_usable,
    fingerprint,
    read_facts,
)
from services.unit_of_work import Transaction, UnitOfWork

MEMO_LENGTH = 60
KIND = Op.TRANSFER_OWN.value


@dataclass(frozen=True, slots=True)
class PrepareTransfer:
    """Accounts by row id, `amount` in centésimos."""

    member_id: int
    from_account: int
    to_account: int
    amount: int
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the person reviews. `hash` stands for all of it; amounts in centésimos."""

    summary: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    hash: str
    balance_after: int
    amount_words: str
    daily_left: int  # of the member, after this transfer


@dataclass(frozen=True, slots=True)
class ConfirmTransfer:
    """`key` is the UUIDv7 minted when the form opened; `prepared_hash` what `prepare` answered."""

    key: str
    prepared_hash: str
    member_id: int
    from_account: int
    to_account: int
    amount: int
    memo: str = ""

    def payload(self) -> dict[str, Any]:
        """What the local journal keeps, to ask again after a crash."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class OutcomeOf:
    key: str


def prepare(command: PrepareTransfer, operator: Operator, uow: UnitOfWork) -> Prepared:
    """Fix everything on this side and show it; moves nothing (req. 40).

    Raises NotFound, InvalidInput, AccountUnusable, InsufficientFunds, LimitExceeded, and what authorisation raises.
    """
    with uow.begin(operator, Op.TRANSFER_OWN, member_id=command.member_id) as tx:
        wanted = _wanted(command)
        facts = read_facts(tx, wanted)
        _check(tx, facts, wanted)
        check_funds(facts, wanted.amount)
        prepared = Prepared(
            summary=_summary(facts, wanted),
            warnings=_warnings(tx, facts, wanted),
            hash=fingerprint(facts, wanted, tx.policy.sha256),
            balance_after=facts.after(wanted.amount),
            amount_words=Money(wanted.amount).in_words(),
            daily_left=facts.member_left(tx.policy.transfer) - wanted.amount,
        )
        tx.record("transfer.prepare", detail={"from": wanted.from_account, "to": wanted.to_account})
        tx.commit()
    return prepared


def confirm(command: ConfirmTransfer, operator: Operator, uow: UnitOfWork) -> Receipt:
    """Post what was prepared, once: the same key again answers with the first receipt (`existed`).

    Raises DataChanged, InsufficientFunds and AccountUnusable (both stick to the key), LimitExceeded, KeyReused,
    NotFound, OutcomeUnknown when the database fell silent, and what authorisation raises.
    """
    return retrying(lambda: _confirm(command, operator, uow))


def outcome(command: OutcomeOf, operator: Operator, uow: UnitOfWork) -> Receipt | None:
    """What became of a key whose answer was lost: its receipt (posted or rejected), or None if it never arrived.

    Needs no verified caller: it shows what was told, and after a crash the call may be over.
    """
    with uow.begin(operator, Op.RECEIPT_VIEW) as tx:
        done = find(tx, command.key)
        concern(tx, done.member_id if done else None)
        tx.record("transfer.outcome", about=command.key, result="ok" if done else "none")
        tx.commit()
    return receipt_of(done) if done is not None and done.kind == KIND else None


def resubmit(payload: dict[str, Any], operator: Operator, uow: UnitOfWork) -> Receipt:
    """After a crash: the outcome of a journal item's key, or the transfer itself if it never arrived.

    Raises what `confirm` raises: VerificationNeeded tells that nothing was moved and the caller must be verified again.
    """
    command = ConfirmTransfer(**payload)
    return outcome(OutcomeOf(command.key), operator, uow) or confirm(command, operator, uow)


def abandon(payload: dict[str, Any], operator: Operator, uow: UnitOfWork) -> Receipt:
    """Give a lost transfer up: its key is closed, so that it can't arrive late. Answers `rejected`, or the receipt of
    the transfer if it had arrived after all."""
    command = ConfirmTransfer(**payload)
    found = outcome(OutcomeOf(command.key), operator, uow)
    if found is not None:
        return found
    posting = _posting(command.key, _wanted(command), None)
    return receipt_of(retrying(lambda: reject(uow, operator, posting, Abandoned(), None)))


class Abandoned(CoopError):
    code = "abandoned"
    default = "La transferencia no se realizó: se descartó antes de aplicarse."


def _confirm(command: ConfirmTransfer, operator: Operator, uow: UnitOfWork) -> Receipt:
    fault("before_begin")
    posting = standing = None
    try:
        with uow.begin(operator, Op.TRANSFER_OWN, member_id=command.member_id, alone=True) as tx:
            standing = tx.standing
            wanted = _wanted(command)
            facts = read_facts(tx, wanted, key=command.key, lock=True)
            done = first_outcome(tx, _posting(command.key, wanted, facts)) if facts.used else None
            if done is None:
                shown = fingerprint(facts, wanted, tx.policy.sha256)
                if not hmac.compare_digest(shown, command.prepared_hash):
                    raise DataChanged
                _check(tx, facts, wanted)
                posting = _posting(command.key, wanted, facts)
                done = post(tx, posting)
            return _finish(tx, done, facts, wanted)
    except (InsufficientFunds, AccountUnusable) as error:
        if posting is None:
            raise
        done = reject(uow, operator, posting, error, standing)
        if done.outcome == "posted":  # somebody else sent the same key and was first
            return receipt_of(done)
        raise


def _finish(tx: Transaction, done: Posted, facts: Facts, wanted: Wanted) -> Receipt:
    """The event, the notice and the commit; of a repeated key the event alone."""
    if done.outcome == "rejected":
        raise rejection(done)
    receipt = receipt_of(done)
    if done.existed:
        tx.record(result="repeated", about=done.id)
    else:
        context = {
            "number": receipt.number,
            "from_account": facts.source_name,
            "to_account": facts.target_name,
            "amount": Money(wanted.amount).with_symbol(),
        }
        contact = (facts.source.email, facts.source.phone)
        outbox.notice(tx, wanted.member_id, "transfer_done", context, contact=contact)
        moved = {"from": wanted.from_account, "to": wanted.to_account, "amount": wanted.amount}
        tx.record(about=done.id, detail=evidence(done) | moved)
        fault("after_audit")
    tx.commit()
    return receipt


def _wanted(command: PrepareTransfer | ConfirmTransfer) -> Wanted:
    if not 0 < command.amount <= MAX_CENTESIMOS:
        raise InvalidInput("Escriba un monto mayor que cero.", field="amount")
    if command.memo and contains_card_number(command.memo):
        raise InvalidInput(NOTE_MESSAGE, field="memo")
    memo = clean(command.memo, MEMO_LENGTH)
    return Wanted(command.member_id, command.from_account, command.to_account, command.amount, memo)


def _check(tx: Transaction, facts: Facts, wanted: Wanted) -> None:
    check_usable(facts)
    check_limits(facts, wanted.amount, tx.policy.transfer)


def _posting(key: str, wanted: Wanted, facts: Facts | None) -> Posting:
    lines = [["Desde", facts.source_name], ["Hacia", facts.target_name], ["Titular", facts.holder]] if facts else []
    if wanted.memo:
        lines.append(["Detalle", wanted.memo])
    return Posting(
        key=key,
        kind=KIND,
        legs=(Leg(wanted.from_account, wanted.to_account, wanted.amount),),
        request={"memo": wanted.memo},
        shown={"receipt": [*lines, ["Cargo", "Sin cargo"]]},
        member_id=wanted.member_id,
    )


def _summary(facts: Facts, wanted: Wanted) -> tuple[tuple[str, str], ...]:
    amount, after = Money(wanted.amount), Money(facts.after(wanted.amount))
    return (
        ("Desde", facts.source_name),
        ("Hacia", facts.target_name),
        ("Titular", facts.holder),
        ("Monto", amount.with_symbol()),
        ("Son", amount.in_words()),
        ("Detalle", wanted.memo or "—"),
        ("Cargo", "Sin cargo"),
        ("Saldo después", after.with_symbol()),
    )


def _warnings(tx: Transaction, facts: Facts, wanted: Wanted) -> tuple[str, ...]:
    """What a person should see before agreeing; none of it forbids anything."""
    found = []
    twin = tx.connection.execute(
        TWIN,
        {
            "member_id": wanted.member_id,
            "from_account": wanted.from_account,
            "to_account": wanted.to_account,
            "amount": wanted.amount,
            "today": panama_date(tx.now),
        },
    ).first()
    if twin is not None:
        number = receipt_number(twin.seq, twin.at)
        found.append(f"Hoy a las {format_time(twin.at)} ya se aplicó una igual (comprobante {number}).")
    if facts.source.balance - facts.source.held - facts.source.min_balance == wanted.amount:
        found.append("La cuenta de origen queda sin saldo disponible.")
    return tuple(found)
