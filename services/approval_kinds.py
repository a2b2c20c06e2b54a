"""What the queue asks of an operation that waits for a second person: how it is read, looked at, executed and closed.

The queue knows nothing of accounts or billers. The families of operations stand in services/approval_families.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from services.biller_gateway import BillerGateway
from services.errors import CoopError
from services.operations import Op
from services.operator import Operator
from services.payment_entry import Approval
from services.posting import Maker
from services.receipts import Receipt
from services.unit_of_work import Transaction, UnitOfWork


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
    """What an operation would do this moment. `reasons`: why its maker may not alone. `days`: whose day it is
    (`asociado` or a user name) and how much of its share is used."""

    summary: tuple[tuple[str, str], ...]
    hash: str
    reasons: tuple[str, ...]
    days: tuple[tuple[str, str], ...] = ()


class ApprovalKind(ABC):
    """One family of operations. `maker`: who registered it, where that is not the operator of the transaction."""

    private: frozenset[str]
    """Labels of summary lines that nobody sees without a verified caller (req. 16)."""

    @abstractmethod
    def parse(self, payload: Mapping[str, Any]) -> Confirm:
        """The command again. Raises TypeError, ValueError, KeyError for another's payload."""

    @abstractmethod
    def look(self, tx: Transaction, command: Any, maker: Maker | None) -> Look:
        """Look, move nothing. Raises what stands in the way of executing it."""

    def payee(self, tx: Transaction, command: Any) -> int | None:
        """The member who gets it, where that is somebody else."""
        del tx, command
        return None

    def use_code(self, tx: Transaction, command: Any) -> None:
        """Use up the code that the member said for it, where the kind asks for one. Raises CodeNeeded."""
        del tx, command

    def check_way(self, gateway: BillerGateway | None) -> None:
        """Raises NoGateway where the operation leaves the house and this installation has no way out."""
        del gateway

    @abstractmethod
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

    def after(self, receipt: Receipt, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork) -> Receipt:
        """What follows the commit, and undoes nothing of it."""
        del operator, gateway, uow
        return receipt

    @abstractmethod
    def close(self, tx: Transaction, command: Any, maker: Maker, error: CoopError) -> str:
        """Close its key, so that it can't arrive late; answers the outcome that the key has now."""
