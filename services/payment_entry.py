"""One payment as it enters the ledger: looked at, shown, posted, told. Used by the form, by a basket, by the second
person and by the program itself; each brings the transaction, this room brings the rules.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from data.values.card_number import NOTE_MESSAGE, contains_card_number
from data.values.dates import format_time, panama_date
from data.values.money import MAX_CENTESIMOS, Money
from services import cash_marks, outbox, payment_codes
from services.errors import InvalidInput, KeyReused
from services.faults import fault
from services.favourite_uses import note_use
from services.operations import Op
from services.payment_earlier import Earlier
from services.payment_facts import (
    TWIN,
    Facts,
    Wanted,
    check_cash,
    check_funds,
    check_hands,
    check_usable,
    fingerprint,
    read_facts,
)
from services.payment_kinds import DRAWER
from services.payment_legs import Division, divide
from services.payment_limits import ApprovalNeeded, check_amount, day_left, reasons_now
from services.posting import Leg, Maker, Posted, Posting, evidence, find, post, rejection
from services.receipts import Receipt, receipt_number, receipt_of
from services.text_cleaning import clean
from services.unit_of_work import Transaction

MEMO_LENGTH = 60


class Asked(Protocol):
    """Any command that asks for a payment."""

    @property
    def op(self) -> Op: ...
    @property
    def member_id(self) -> int: ...
    @property
    def from_account(self) -> int: ...
    @property
    def to_account(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def memo(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Approval:
    """Who else answers for a payment: a second person, or the program for what was agreed to earlier."""

    staff_id: int | None
    username: str

    @property
    def lines(self) -> list[list[str]]:
        return [["Aprobó", self.username]]


@dataclass(slots=True)
class Execution:
    """One try at one payment. `maker`: who registered it, where that is not who executes it now. `posting` is there
    once the ledger was asked, for a rejection that must stick to the key. `lines`: what else the receipt says."""

    wanted: Wanted
    key: str
    maker: Maker | None = None
    approval: Approval | None = None
    code_used: bool = False  # when it was registered, if that was earlier
    funds: str = ""  # what the person states of their source, where cash asks for it
    lines: tuple[tuple[str, str], ...] = ()
    posting: Posting | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the person sees before agreeing; amounts in centésimos (see payments.Prepared)."""

    facts: Facts
    division: Division
    summary: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    hash: str
    balance_after: int | None
    daily_left: int
    approval: tuple[str, ...]
    code_needed: bool
    funds_needed: bool


def wanted_of(command: Asked) -> Wanted:
    """The request, cleaned. Raises InvalidInput."""
    if not 0 < command.amount <= MAX_CENTESIMOS:
        raise InvalidInput("Escriba un monto mayor que cero.", field="amount")
    if command.memo and contains_card_number(command.memo):
        raise InvalidInput(NOTE_MESSAGE, field="memo")
    memo = clean(command.memo, MEMO_LENGTH)
    return Wanted(command.op, command.member_id, command.from_account, command.to_account, command.amount, memo)


def review(tx: Transaction, wanted: Wanted, *, earlier: Earlier | None = None, maker: Maker | None = None) -> Seen:
    """Everything that a person should see before agreeing; nothing moves. `earlier`: the items before it in a basket.
    `maker`: who registered it, where that is not who looks now.

    Raises what the checks raise.
    """
    facts = read_facts(tx, wanted, earlier=earlier, actor=maker.actor if maker else None)
    _check(tx, facts, wanted, maker.actor if maker else None)
    check_funds(facts, wanted.amount)
    division = divide(tx, facts, wanted)
    limits = tx.policy.limits[wanted.op]
    return Seen(
        facts=facts,
        division=division,
        summary=_summary(facts, wanted, division),
        warnings=_warnings(tx, facts, wanted),
        hash=fingerprint(facts, wanted, division.parts, tx.policy.sha256),
        balance_after=None if facts.source.product == DRAWER else facts.after(wanted.amount),
        daily_left=day_left(limits.member_daily, facts.member_day + wanted.amount),
        approval=_approval_reasons(tx, facts, wanted),
        code_needed=payment_codes.is_needed(tx, wanted),
        funds_needed=cash_marks.reached(tx, facts, wanted) is not None,
    )


def review_later(tx: Transaction, wanted: Wanted) -> tuple[Facts, tuple[str, ...]]:
    """What can be said today of a payment for another day: everything but funds, division and what that day has seen.
    With it why a second person would have to approve it. Raises what the checks raise."""
    facts = read_facts(tx, wanted)
    _check(tx, facts, wanted)
    return facts, _approval_reasons(tx, replace(facts, member_day=0, agent_day=0), wanted)


def execute(tx: Transaction, execution: Execution, *, agreed: Callable[[str], None]) -> Receipt:
    """Post it in `tx` and write what goes with it: the event, the notices. The caller commits.

    `agreed` gets the fingerprint of what holds now and raises DataChanged if that is not what was agreed to. A key that
    was used answers with its first receipt. Raises what the checks raise, ApprovalNeeded, CodeNeeded, KeyReused, and
    from the ledger InsufficientFunds and AccountUnusable: `execution.posting` is then what to reject.
    """
    wanted = execution.wanted
    actor = execution.maker.actor if execution.maker else None
    facts = read_facts(tx, wanted, key=execution.key, actor=actor, lock=True)
    if facts.used:
        return _repeated(tx, execution)
    division = divide(tx, facts, wanted)
    agreed(fingerprint(facts, wanted, division.parts, tx.policy.sha256))
    _check(tx, facts, wanted, actor)
    if execution.approval is None and (reasons := _approval_reasons(tx, facts, wanted)):
        raise ApprovalNeeded(f"{reasons[0]} {ApprovalNeeded.default}", field="amount")
    week = cash_marks.reached(tx, facts, wanted)
    funds = cash_marks.stated(execution.funds) if week else ""
    if not execution.code_used:
        payment_codes.use(tx, wanted)
    posting = posting_of(execution.key, wanted, facts, division, execution)
    execution.posting = posting
    check_cash(facts, wanted.amount)
    done = post(tx, posting)
    if week and not done.existed:
        cash_marks.mark(tx, done, wanted, week, funds)
    return _told(tx, execution, facts, done)


def posting_of(
    key: str,
    wanted: Wanted,
    facts: Facts | None,
    division: Division | None = None,
    execution: Execution | None = None,
) -> Posting:
    """The posting of a payment; without `facts` only what is needed to close its key."""
    lines = _receipt_lines(facts, wanted, division) if facts and division else []
    if execution:
        lines += [*map(list, execution.lines), *(execution.approval.lines if execution.approval else ())]
    return Posting(
        key=key,
        kind=wanted.op.value,
        legs=division.legs if division else (Leg(wanted.from_account, wanted.to_account, wanted.amount),),
        request={"asked": wanted.asked(), "memo": wanted.memo} | (dict(division.state) if division else {}),
        shown={"receipt": [*lines, ["Cargo", "Sin cargo"]]},
        member_id=wanted.member_id,
        maker=execution.maker if execution else None,
    )


def _check(tx: Transaction, facts: Facts, wanted: Wanted, maker: str | None = None) -> None:
    check_usable(facts, wanted)
    if wanted.kind.third or wanted.kind.cash or DRAWER in (facts.source.product, facts.target.product):
        check_hands(tx, facts, wanted, maker)
    check_amount(wanted.amount, tx.policy.limits[wanted.op])


def _approval_reasons(tx: Transaction, facts: Facts, wanted: Wanted) -> tuple[str, ...]:
    return reasons_now(tx, facts, wanted.amount, tx.policy.limits[wanted.op])


def _repeated(tx: Transaction, execution: Execution) -> Receipt:
    """The first outcome of the key, told again. Raises KeyReused if it was used for something else."""
    done = find(tx, execution.key)
    wanted = execution.wanted
    if done is None or (done.kind, done.member_id) != (wanted.op.value, wanted.member_id):
        raise KeyReused
    request = done.content["request"]
    if (request.get("asked"), request.get("memo")) != (wanted.asked(), wanted.memo):
        raise KeyReused
    if done.outcome == "rejected":
        raise rejection(done)
    tx.record(wanted.op.value, result="repeated", about=done.id)
    return receipt_of(done)


def _told(tx: Transaction, execution: Execution, facts: Facts, done: Posted) -> Receipt:
    """The event and the notices of what was just posted."""
    if done.outcome == "rejected":
        raise rejection(done)
    wanted = execution.wanted
    receipt = receipt_of(done)
    if done.existed:
        tx.record(wanted.op.value, result="repeated", about=done.id)
        return receipt
    amount = Money(wanted.amount).with_symbol()
    context = {
        "number": receipt.number,
        "from_account": facts.source_name,
        "to_account": facts.target_name,
        "amount": amount,
    }
    if wanted.op is Op.TRANSFER_OWN:
        outbox.notice(tx, wanted.member_id, "transfer_done", context, contact=facts.contact)
    else:
        context["kind"] = wanted.kind.title
        outbox.notice(tx, wanted.member_id, "payment_done", context, contact=facts.contact)
    if wanted.kind.third:
        received = {"kind": wanted.kind.title, "to_account": facts.target_name, "amount": amount}
        contact = (facts.target.email, facts.target.phone)
        outbox.notice(tx, facts.target.member_id, "payment_received", received, contact=contact)
    if facts.favourite is not None:
        own_source = wanted.from_account if facts.source.member_id is not None else None
        note_use(tx, facts.favourite, wanted.amount, own_source)
    detail = evidence(done) | wanted.asked_accounts() | {"amount": wanted.amount}
    if execution.approval:
        detail["approved_by"] = execution.approval.username
    if execution.maker:
        detail["made_by"] = execution.maker.username
    tx.record(wanted.op.value, about=done.id, detail=detail)
    fault("after_audit")
    return receipt


def _receipt_lines(facts: Facts, wanted: Wanted, division: Division) -> list[list[str]]:
    lines = [["Desde", facts.source_name], ["Hacia", facts.target_name], ["Titular", facts.holder]]
    lines += [[label, Money(amount).with_symbol()] for label, amount in _told_parts(wanted, division)]
    return [*lines, ["Detalle", wanted.memo]] if wanted.memo else lines


def _told_parts(wanted: Wanted, division: Division) -> tuple[tuple[str, int], ...]:
    """How it was divided, for the member whose account it is: of somebody else's nothing is shown (S102)."""
    return () if wanted.kind.third else division.parts


def _summary(facts: Facts, wanted: Wanted, division: Division) -> tuple[tuple[str, str], ...]:
    amount = Money(wanted.amount)
    rows: list[tuple[str, str]] = [
        ("Desde", facts.source_name),
        ("Hacia", facts.target_name),
        ("Titular", facts.holder),
        ("Monto", amount.with_symbol()),
        ("Son", amount.in_words()),
    ]
    rows += [(label, Money(part).with_symbol()) for label, part in _told_parts(wanted, division)]
    if division.note and not wanted.kind.third:
        rows.append(("Resultado", division.note))
    rows += [("Detalle", wanted.memo or "—"), ("Cargo", "Sin cargo")]
    if facts.source.product != DRAWER:
        rows.append(("Saldo después", Money(facts.after(wanted.amount)).with_symbol()))
    return tuple(rows)


def _warnings(tx: Transaction, facts: Facts, wanted: Wanted) -> tuple[str, ...]:
    """What a person should see before agreeing; none of it forbids anything."""
    found = []
    values: dict[str, Any] = {
        "member_id": wanted.member_id,
        "from_account": wanted.from_account,
        "to_account": wanted.to_account,
        "amount": wanted.amount,
        "today": panama_date(tx.now),
        "kind": wanted.op.value,
    }
    twin = tx.connection.execute(TWIN, values).first()
    if twin is not None:
        number = receipt_number(twin.seq, twin.at)
        found.append(f"Hoy a las {format_time(twin.at)} ya se aplicó una igual (comprobante {number}).")
    source = facts.source
    if source.product != DRAWER and source.balance - source.held - source.min_balance == wanted.amount:
        found.append("La cuenta de origen queda sin saldo disponible.")
    return tuple(found)
