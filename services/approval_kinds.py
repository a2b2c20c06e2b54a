"""What may wait for a second person, by operation: how it is read back, looked at, executed and closed.

The queue knows nothing of accounts or billers. Each family of operations that can wait stands here once, with the few
functions that the queue asks of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from data.driver_sql import DriverSql
from data.values.money import Money
from services import payment_codes
from services.errors import CoopError
from services.operations import Op
from services.payment_entry import Approval, Execution, execute, posting_of, review, wanted_of
from services.payment_kinds import KINDS
from services.payment_legs import PARTS
from services.payments import ConfirmPayment, confirm_of
from services.posting import Maker, close_key
from services.receipts import Receipt
from services.unit_of_work import Transaction

HOLDER = DriverSql("SELECT member_id FROM account WHERE id = :id")


class Confirm(Protocol):
    """The command that would execute the operation, were nobody else needed. `key` is the operation's own."""

    @property
    def key(self) -> str: ...
    @property
    def prepared_hash(self) -> str: ...
    @property
    def op(self) -> Op: ...
    @property
    def member_id(self) -> int: ...
    @property
    def amount(self) -> int: ...

    def payload(self) -> dict[str, Any]:
        """What is kept of it, without secrets."""


@dataclass(frozen=True, slots=True)
class Look:
    """What an operation would do this moment. `reasons`: why its maker may not alone; `days`: how much of the day's
    shares is used, label and value in Spanish."""

    summary: tuple[tuple[str, str], ...]
    hash: str
    reasons: tuple[str, ...]
    days: tuple[tuple[str, str], ...] = ()


class ApprovalKind(Protocol):
    """One family of operations. `maker`: who registered it, where that is not the operator of the transaction."""

    private: frozenset[str]  # labels of summary lines that nobody sees without a verified caller (req. 16)

    def parse(self, payload: Mapping[str, Any]) -> Confirm:
        """The command again. Raises TypeError, ValueError, KeyError for another's payload."""

    def look(self, tx: Transaction, command: Any, maker: Maker | None) -> Look:
        """Look, move nothing. Raises what stands in the way of executing it."""

    def payee(self, tx: Transaction, command: Any) -> int | None:
        """The member who gets it, where that is somebody else."""

    def use_code(self, tx: Transaction, command: Any) -> None:
        """Use up the code that the member said for it. Raises CodeNeeded."""

    def execute(
        self,
        tx: Transaction,
        command: Any,
        *,
        maker: Maker | None,
        approval: Approval | None,
        agreed: Callable[[str], None],
    ) -> Receipt:
        """Do it in `tx`; the caller commits. With a maker its code was used when it was registered. A key that was used
        answers with its first receipt."""

    def close(self, tx: Transaction, command: Any, maker: Maker, error: CoopError) -> str:
        """Close its key, so that it can't arrive late; answers the outcome that the key has now."""


class _Payments:
    """Payments inside the cooperative, and cash."""

    private = frozenset({"Saldo después", "Resultado", *PARTS.values()})

    def parse(self, payload: Mapping[str, Any]) -> ConfirmPayment:
        return confirm_of(dict(payload))

    def look(self, tx: Transaction, command: ConfirmPayment, maker: Maker | None) -> Look:
        wanted = wanted_of(command)
        seen = review(tx, wanted, maker=maker)
        limits, facts = tx.policy.limits[wanted.op], seen.facts
        who = maker.username if maker else tx.operator.username
        days = (
            ("Día del asociado", _used(facts.member_day, limits.member_daily)),
            (f"Día de {who}", _used(facts.agent_day, limits.agent_daily)),
        )
        return Look(seen.summary, seen.hash, seen.approval, days)

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


def _used(used: int, most: int) -> str:
    return f"{Money(used).with_symbol()} de {Money(most).with_symbol()}"


_PAYMENTS: ApprovalKind = _Payments()
APPROVAL_KINDS: Mapping[Op, ApprovalKind] = MappingProxyType(dict.fromkeys(KINDS, _PAYMENTS))


def kind_of(op: Op) -> ApprovalKind:
    """Who knows how to do `op`. Raises LookupError for what never waits."""
    return APPROVAL_KINDS[op]
