"""A payment undone: a new operation, linked to the first, never a change of it (req. 41, 43)."""

from dataclasses import dataclass

from data.driver_sql import DriverSql
from data.values.dates import panama_date
from data.values.money import Money
from services import outbox
from services.errors import (
    AccountUnusable,
    AlreadyReversed,
    InsufficientFunds,
    NotFound,
    NotPermitted,
)
from services.faults import fault
from services.operations import Op
from services.operator import Operator
from services.payment_kinds import KINDS
from services.payment_legs import last_of_loan
from services.posting import (
    Leg,
    Posted,
    Posting,
    evidence,
    find,
    first_outcome,
    post,
    reject,
    rejection,
)
from services.reasons import check_reason
from services.receipts import Receipt, concern, receipt_number, receipt_of
from services.retries import retrying
from services.unit_of_work import Transaction, UnitOfWork

KIND = Op.OPERATION_REVERSE.value
LOAN_KINDS = frozenset({Op.LOAN_PAY.value, Op.LOAN_PAY_THIRD.value})
SELECT_DRAWERS = (
    "SELECT d.id, d.closed_at IS NULL AND d.opened_after < (SELECT min(e.id) FROM entry e"
    " WHERE e.operation_id = :operation_id AND e.account_id = d.account_id) AS still_open"
    " FROM drawer d WHERE d.account_id = :account_id ORDER BY d.id DESC LIMIT 1"
)
#: Shared: a drawer can't be closed before the reversal is committed or given up.
DRAWERS, DRAWERS_LOCKED = DriverSql(SELECT_DRAWERS), DriverSql(SELECT_DRAWERS, " FOR SHARE OF d")
REVERSIBLE = frozenset(op.value for op in KINDS)
#: What left the house comes back only from those who have it (B2).
NO_WAY_BACK = {
    Op.BILLER_PAY.value: "Un pago a un recaudador no se reversa aquí: pida la devolución al recaudador.",
    Op.BILLER_TOP_UP.value: "Una recarga no se puede reversar.",
}


@dataclass(frozen=True, slots=True)
class Reverse:
    """`operation_id` is the payment's key, `key` the UUIDv7 of this request, minted when the form opened."""

    operation_id: str
    reason: str
    key: str


def reverse(command: Reverse, operator: Operator, uow: UnitOfWork) -> Receipt:
    """Move the money back, once, within the policy's days, by somebody else than who made it.

    The same key again answers with the first receipt. Raises NotFound, NotPermitted (own work, too late),
    AlreadyReversed, InsufficientFunds and AccountUnusable (both stick to the key), InvalidInput (reason), KeyReused,
    OutcomeUnknown, and what authorisation raises.
    """
    return retrying(lambda: _reverse(command, operator, uow))


def _reverse(command: Reverse, operator: Operator, uow: UnitOfWork) -> Receipt:
    fault("before_begin")
    posting = standing = None
    try:
        with uow.begin(operator, Op.OPERATION_REVERSE) as tx:
            reason = check_reason(command.reason)
            first = find(tx, command.operation_id)
            if first is None or first.kind not in REVERSIBLE or first.outcome != "posted":
                raise NotFound(
                    NO_WAY_BACK.get(first.kind if first else "", "Esa operación no existe o no admite reversa.")
                )
            concern(tx, first.member_id)
            standing = tx.standing
            wanted = _posting(command.key, first)
            done = first_outcome(tx, wanted)
            if done is None:
                _check(tx, first)
                posting = wanted
                done = post(tx, posting)
            return _finish(tx, done, first, reason)
    except AlreadyReversed:
        # Two requests with one key that met in the database: the loser reads the winner.
        done = _winner(uow, operator, posting) if posting else None
        if done is None:
            raise
        return receipt_of(done)
    except (InsufficientFunds, AccountUnusable) as error:
        if posting is None:
            raise
        done = reject(uow, operator, posting, error, standing)
        if done.outcome == "posted":
            return receipt_of(done)
        raise type(error)(
            "No se puede reversar: la cuenta que recibió ya no tiene el dinero o no admite el débito. "
            "Comuníquese con el asociado."
        ) from error


def _check(tx: Transaction, first: Posted) -> None:
    if first.actor == tx.operator.actor:
        raise NotPermitted("No puede aprobar una operación que usted registró. Pida a otro supervisor que la reverse.")
    if first.kind in LOAN_KINDS and last_of_loan(tx, first.content["request"]["asked"]["to"]) != first.id:
        raise NotPermitted("Ese préstamo recibió otro pago después. Reverse primero el último.")
    age = panama_date(tx.now) - panama_date(first.at)
    if age.days > tx.policy.reversal.days:
        raise NotPermitted("El plazo para reversar esta operación venció. Haga una operación nueva con el asociado.")
    for account in {leg[side] for leg in first.content["legs"] for side in ("debit", "credit")}:
        _check_cash(tx, account, first)


def _check_cash(tx: Transaction, account: int, first: Posted) -> None:
    """Cash goes back while the drawer that it passed through is still open: once it was counted, it stays counted."""
    values = {"account_id": account, "operation_id": first.id}
    drawers = DRAWERS_LOCKED if tx.connection.dialect.name == "postgresql" else DRAWERS
    last = drawers.first(tx.connection, values)
    if last is not None and not last.still_open:
        raise NotPermitted(
            "La caja de esa operación ya se cerró. Haga una operación nueva en efectivo con el asociado."
        )


def _posting(key: str, first: Posted) -> Posting:
    """The legs of the first operation, each turned round, last one first."""
    content = first.content
    legs = tuple(Leg(leg["credit"], leg["debit"], leg["amount"]) for leg in reversed(content["legs"]))
    said = dict(content["shown"]["receipt"])
    lines = [["Desde", said.get("Hacia", "")], ["Hacia", said.get("Desde", "")], ["Titular", said.get("Titular", "")]]
    return Posting(
        key=key,
        kind=KIND,
        legs=legs,
        shown={"receipt": [*lines, ["Reversa a", receipt_number(first.seq, first.at)]]},
        member_id=first.member_id,
        reversal_of=first.id,
    )


def _finish(tx: Transaction, done: Posted, first: Posted, reason: str) -> Receipt:
    if done.outcome == "rejected":
        raise rejection(done)
    receipt = receipt_of(done)
    if done.existed:
        tx.record(result="repeated", about=done.id, reason=reason)
    else:
        if first.member_id is not None:
            context = {
                "number": receipt.number,
                "original": receipt_number(first.seq, first.at),
                "amount": Money(receipt.amount).with_symbol(),
            }
            outbox.notice(tx, first.member_id, "transfer_reversed", context)
        undone = {"reverses": first.id, "amount": receipt.amount}
        tx.record(about=done.id, reason=reason, detail=evidence(done) | undone)
        fault("after_audit")
    tx.commit()
    return receipt


def _winner(uow: UnitOfWork, operator: Operator, posting: Posting) -> Posted | None:
    with uow.begin_system(operator, member_id=posting.member_id) as tx:
        return first_outcome(tx, posting)
