"""One payment to a biller as it enters the ledger: looked at, shown, set aside, told. Used by the form, by a basket, by
the second person and by the program itself; each brings the transaction, this room brings the rules.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import insert

from data.tables import BillerOrder
from data.values.dates import format_time, panama_date
from data.values.money import Money
from services import bill_codes
from services.bill_facts import BillFacts, WantedBill, bill_fingerprint, read_bill_facts, twin_of
from services.bills import check_bill_amount
from services.errors import KeyReused
from services.operations import Op
from services.payment_earlier import Earlier
from services.payment_entry import Approval
from services.payment_facts import check_available, check_source
from services.payment_limits import ApprovalNeeded, check_amount, day_left, reasons_now
from services.posting import HoldPlaced, Maker, Posting, evidence, find, post, rejection
from services.receipts import Receipt, bill_receipt, receipt_now, receipt_number
from services.unit_of_work import Transaction

#: In the place of the holder, when the biller was asked and said nothing.
UNCHECKED = "SIN COMPROBAR: el recaudador no contesta"
NO_WAY_BACK = "Una recarga no se puede reversar."


@dataclass(slots=True)
class BillExecution:
    """One try at one payment; see payment_entry.Execution. `posting` is there once the ledger was asked."""

    wanted: WantedBill
    key: str
    maker: Maker | None = None
    approval: Approval | None = None
    lines: tuple[tuple[str, str], ...] = ()
    posting: Posting | None = None


@dataclass(frozen=True, slots=True)
class SeenBill:
    """What the person sees before agreeing; amounts in centésimos (see payments.Prepared)."""

    facts: BillFacts
    summary: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    hash: str
    available_after: int
    daily_left: int
    approval: tuple[str, ...]


def review_bill(
    tx: Transaction, wanted: WantedBill, *, earlier: Earlier | None = None, maker: Maker | None = None
) -> SeenBill:
    """Everything that a person should see before agreeing; nothing moves. `earlier`: the items before it in a basket.
    `maker`: who registered it, where that is not who looks now. Raises what the checks raise."""
    facts = read_bill_facts(tx, wanted, earlier=earlier, actor=maker.actor if maker else None)
    _check(tx, facts, wanted)
    check_available(facts.source, wanted.amount)
    limits = tx.policy.limits[wanted.bill.op]
    return SeenBill(
        facts=facts,
        summary=_summary(facts, wanted),
        warnings=_warnings(tx, facts, wanted),
        hash=bill_fingerprint(facts, wanted, tx.policy.sha256),
        available_after=facts.available - wanted.amount,
        daily_left=day_left(limits.member_daily, facts.member_day + wanted.amount),
        approval=_approval_reasons(tx, facts, wanted),
    )


def review_bill_later(tx: Transaction, wanted: WantedBill) -> tuple[BillFacts, tuple[str, ...]]:
    """See payment_entry.review_later."""
    facts = read_bill_facts(tx, wanted)
    _check(tx, facts, wanted)
    return facts, _approval_reasons(tx, replace(facts, member_day=0, agent_day=0), wanted)


def execute_bill(tx: Transaction, execution: BillExecution, *, agreed: Callable[[str], None]) -> Receipt:
    """Set the money aside in `tx`, write down the order, tell of it. The caller commits and then orders
    (biller_payments.order_now; the worker does it otherwise).

    `agreed` gets the fingerprint of what holds now and raises DataChanged if that is not what was agreed to. A key that
    was used answers how its order stands now. Raises what the checks raise, ApprovalNeeded, CodeNeeded, KeyReused, and
    from the ledger InsufficientFunds and AccountUnusable: `execution.posting` is then what to reject.
    """
    wanted = execution.wanted
    actor = execution.maker.actor if execution.maker else None
    facts = read_bill_facts(tx, wanted, key=execution.key, actor=actor, lock=True)
    if facts.used:
        return _repeated(tx, execution)
    agreed(bill_fingerprint(facts, wanted, tx.policy.sha256))
    _check(tx, facts, wanted)
    if execution.approval is None and (reasons := _approval_reasons(tx, facts, wanted)):
        raise ApprovalNeeded(f"{reasons[0]} {ApprovalNeeded.default}", field="amount")
    bill_codes.use(tx, wanted)
    execution.posting = hold_of(execution.key, wanted, facts, execution)
    done = post(tx, execution.posting)
    if done.outcome == "rejected":
        raise rejection(done)
    if done.existed:
        return _repeated(tx, execution)
    _write_order(tx, execution)
    detail = evidence(done) | {"biller": wanted.bill.biller.id, "from": wanted.from_account, "amount": wanted.amount}
    if wanted.unchecked:
        detail["unchecked"] = True
    if execution.approval:
        detail["approved_by"] = execution.approval.username
    if execution.maker:
        detail["made_by"] = execution.maker.username
    tx.record(wanted.bill.op.value, result="held", about=done.id, detail=detail)
    return bill_receipt(done, None)


def hold_of(key: str, wanted: WantedBill, facts: BillFacts | None, execution: BillExecution | None = None) -> Posting:
    """The posting that sets the money aside; without `facts` only what is needed to close its key."""
    lines = _receipt_lines(facts, wanted) if facts else []
    if execution:
        lines += [*map(list, execution.lines), *(execution.approval.lines if execution.approval else ())]
    return Posting(
        key=key,
        kind=wanted.bill.op.value,
        request={"asked": wanted.asked()},
        shown={"receipt": lines, "biller": wanted.bill.biller.name, "reference": wanted.bill.shown_reference},
        member_id=wanted.member_id,
        outcome="held",
        hold=HoldPlaced(wanted.from_account, wanted.amount),
        maker=execution.maker if execution else None,
    )


def _check(tx: Transaction, facts: BillFacts, wanted: WantedBill) -> None:
    check_source(facts.source)
    check_bill_amount(wanted.bill, wanted.amount)
    check_amount(wanted.amount, tx.policy.limits[wanted.bill.op])


def _approval_reasons(tx: Transaction, facts: BillFacts, wanted: WantedBill) -> tuple[str, ...]:
    return reasons_now(tx, facts, wanted.amount, tx.policy.limits[wanted.bill.op])


def _repeated(tx: Transaction, execution: BillExecution) -> Receipt:
    """How the order of this key stands now. Raises KeyReused if the key was used for something else."""
    done = find(tx, execution.key)
    wanted = execution.wanted
    if done is None or (done.kind, done.member_id) != (wanted.bill.op.value, wanted.member_id):
        raise KeyReused
    if done.content["request"].get("asked") != wanted.asked():
        raise KeyReused
    if done.outcome == "rejected":
        raise rejection(done)
    tx.record(wanted.bill.op.value, result="repeated", about=done.id)
    return receipt_now(tx, done)


def _write_order(tx: Transaction, execution: BillExecution) -> None:
    wanted, bill = execution.wanted, execution.wanted.bill
    tx.connection.execute(
        insert(BillerOrder).values(
            id=execution.key,
            member_id=wanted.member_id,
            biller=bill.biller.id,
            mode=bill.mode.kind.value,
            reference=bill.reference,
            extra=bill.extra,
            amount=wanted.amount,
            state="pending",
            day=panama_date(tx.now),
            # Whoever wrote it orders at once; the worker takes over when nothing came of that.
            next_at=tx.now + timedelta(seconds=tx.policy.billers.first_retry_seconds),
        )
    )


def _receipt_lines(facts: BillFacts, wanted: WantedBill) -> list[list[str]]:
    lines = [["Desde", facts.source_name], *([label, value] for label, value in wanted.bill.lines)]
    if wanted.holder or wanted.unchecked:
        lines.append(["Titular", wanted.holder or "sin comprobar"])
    lines.append(["Cargo", "Sin cargo"])
    return [*lines, ["Aviso", NO_WAY_BACK]] if wanted.bill.op is Op.BILLER_TOP_UP else lines


def _summary(facts: BillFacts, wanted: WantedBill) -> tuple[tuple[str, str], ...]:
    amount = Money(wanted.amount)
    rows = [("Desde", facts.source_name), *wanted.bill.lines]
    if wanted.bill.op is Op.BILLER_PAY:
        rows.append(("Titular", UNCHECKED if wanted.unchecked else wanted.holder or "—"))
    if wanted.amount_due is not None:
        rows.append(("Debe", Money(wanted.amount_due).with_symbol()))
    if wanted.due_on:
        rows.append(("Vence", wanted.due_on))
    return (
        *rows,
        ("Monto", amount.with_symbol()),
        ("Son", amount.in_words()),
        ("Cargo", "Sin cargo"),
        ("Disponible después", Money(facts.available - wanted.amount).with_symbol()),
    )


def _warnings(tx: Transaction, facts: BillFacts, wanted: WantedBill) -> tuple[str, ...]:
    """What a person should see before agreeing; none of it forbids anything."""
    found = []
    if wanted.bill.op is Op.BILLER_TOP_UP:
        found.append(NO_WAY_BACK)
    if wanted.unchecked:
        found.append(
            f"{wanted.bill.biller.name} no contestó la consulta. Lea en voz alta el número completo y el monto."
        )
    twin = twin_of(tx, wanted)
    if twin is not None:
        number = receipt_number(twin.seq, twin.at)
        found.append(f"Hoy a las {format_time(twin.at)} ya se ordenó una igual (comprobante {number}).")
    if wanted.amount_due is not None and wanted.amount > wanted.amount_due:
        found.append("El monto pasa lo que el recaudador dice que se debe.")
    if facts.available == wanted.amount:
        found.append("La cuenta de origen queda sin saldo disponible.")
    if wanted.bill.biller.notice:
        found.append(wanted.bill.biller.notice)
    return tuple(found)
