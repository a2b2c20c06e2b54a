"""The families of operations that may wait for a second person: payments inside the cooperative, and bills."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from data.driver_sql import DriverSql
from data.values.money import Money
from services import cash_marks, payment_codes
from services.approval_kinds import ApprovalKind, Look
from services.bill_entry import BillExecution, execute_bill, hold_of, review_bill
from services.biller_gateway import BillerGateway
from services.biller_payments import ConfirmBill, NoGateway, confirm_bill_of, order_now, wanted_bill
from services.bills import BillerUnavailable
from services.errors import CoopError, InvalidInput, NotPermitted
from services.operations import Op
from services.operator import Operator
from services.payment_entry import Approval, Execution, execute, posting_of, review, wanted_of
from services.payment_kinds import KINDS
from services.payment_legs import PARTS
from services.payment_limits import DayTotals
from services.payments import ConfirmPayment, confirm_of
from services.posting import HoldPlaced, Maker, Posting, close_key
from services.receipts import Receipt
from services.unit_of_work import Transaction, UnitOfWork

AT_COUNTER: Final = "El efectivo se aprueba en el mostrador: pida al supervisor que ingrese sus datos ahí."
HOLDER = DriverSql("SELECT member_id FROM account WHERE id = :id")


class _Payments(ApprovalKind):
    """Payments inside the cooperative, and cash."""

    private = frozenset({"Saldo después", "Resultado", *PARTS.values()})

    def parse(self, payload: Mapping[str, Any]) -> ConfirmPayment:
        return confirm_of(dict(payload))

    def look(self, tx: Transaction, command: ConfirmPayment, maker: Maker | None) -> Look:
        wanted = wanted_of(command)
        seen = review(tx, wanted, maker=maker)
        if seen.funds_needed:
            if maker is not None:  # it became reportable while it waited
                raise NotPermitted(AT_COUNTER)
            cash_marks.stated(command.funds)
        return Look(seen.summary, seen.hash, seen.approval, _days(tx, wanted.op, seen.facts, maker))

    def payee(self, tx: Transaction, command: ConfirmPayment) -> int | None:
        return HOLDER.scalar(tx.connection, {"id": command.to_account}) if KINDS[command.op].third else None

    def use_code(self, tx: Transaction, command: ConfirmPayment) -> None:
        payment_codes.use(tx, wanted_of(command))

    def execute(
        self,
        tx: Transaction,
        command: ConfirmPayment,
        *,
        maker: Maker | None,
        approval: Approval | None,
        agreed: Callable[[str], None],
    ) -> Receipt:
        execution = Execution(
            wanted_of(command), command.key, maker, approval, code_used=maker is not None, funds=command.funds
        )
        return execute(tx, execution, agreed=agreed)

    def close(self, tx: Transaction, command: ConfirmPayment, maker: Maker, error: CoopError) -> str:
        wanted = wanted_of(command)
        posting = posting_of(command.key, wanted, None, execution=Execution(wanted, command.key, maker))
        return close_key(tx, posting, error).outcome


class _Bills(ApprovalKind):
    """Outside billers and top-ups: approving sets the money aside and writes the order; ordering follows the commit."""

    private = frozenset({"Disponible después"})

    def parse(self, payload: Mapping[str, Any]) -> ConfirmBill:
        return confirm_bill_of(dict(payload))

    def look(self, tx: Transaction, command: ConfirmBill, maker: Maker | None) -> Look:
        seen = review_bill(tx, wanted_bill(tx, command), maker=maker)
        return Look(seen.summary, seen.hash, seen.approval, _days(tx, command.op, seen.facts, maker))

    def check_way(self, gateway: BillerGateway | None) -> None:
        if gateway is None:
            raise NoGateway

    def execute(
        self,
        tx: Transaction,
        command: ConfirmBill,
        *,
        maker: Maker | None,
        approval: Approval | None,
        agreed: Callable[[str], None],
    ) -> Receipt:
        execution = BillExecution(wanted_bill(tx, command), command.key, maker, approval)
        return execute_bill(tx, execution, agreed=agreed)

    def after(self, receipt: Receipt, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork) -> Receipt:
        if receipt.existed or receipt.outcome != "held" or gateway is None:
            return receipt
        return order_now(receipt, operator, gateway, uow)

    def close(self, tx: Transaction, command: ConfirmBill, maker: Maker, error: CoopError) -> str:
        try:
            wanted = wanted_bill(tx, command)
            posting = hold_of(command.key, wanted, None, BillExecution(wanted, command.key, maker))
        except (InvalidInput, BillerUnavailable):  # the catalogue has changed: its key is closed as it was asked for
            posting = Posting(
                key=command.key,
                kind=command.op.value,
                request={"asked": command.payload()},
                member_id=command.member_id,
                outcome="held",
                hold=HoldPlaced(command.from_account, command.amount),
                maker=maker,
            )
        return close_key(tx, posting, error).outcome


def _days(tx: Transaction, op: Op, facts: DayTotals, maker: Maker | None) -> tuple[tuple[str, str], ...]:
    limits = tx.policy.limits[op]
    who = maker.username if maker else tx.operator.username
    return (
        ("asociado", _used(facts.member_day, limits.member_daily)),
        (who, _used(facts.agent_day, limits.agent_daily)),
    )


def _used(used: int, most: int) -> str:
    return f"{Money(used).with_symbol()} de {Money(most).with_symbol()}"


FAMILIES: Mapping[Op, ApprovalKind] = MappingProxyType(
    dict.fromkeys(KINDS, _Payments()) | dict.fromkeys((Op.BILLER_PAY, Op.BILLER_TOP_UP), _Bills())
)


def kind_of(op: Op) -> ApprovalKind:
    """Who knows how to do `op`. Raises LookupError for what never waits."""
    return FAMILIES[op]
