"""One item of a basket: a payment inside the cooperative or a bill, looked at behind the earlier items, then made."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import bindparam, text

from services.bill_entry import BillExecution, execute_bill, hold_of, review_bill
from services.biller_payments import PrepareBill, wanted_bill
from services.errors import CoopError, InvalidInput
from services.operations import Op
from services.payment_earlier import Earlier
from services.payment_entry import Execution, execute, posting_of, review, wanted_of
from services.payment_kinds import KINDS
from services.payment_limits import ApprovalNeeded
from services.payments import PreparePayment
from services.posting import Posting
from services.receipts import Receipt
from services.timeline_words import WORDS
from services.unit_of_work import Transaction

#: In the order of their ids, as the ledger locks them.
LOCK = text("SELECT id FROM account WHERE id IN :ids ORDER BY id FOR NO KEY UPDATE").bindparams(
    bindparam("ids", expanding=True)
)
ALONE = "Envíela sola, fuera de la canasta."


@dataclass(frozen=True, slots=True)
class ItemSeen:
    """What the person sees of one item: as its own review would show it, behind the earlier ones. `balance_after` of
    the source in centésimos (of a bill: what it can spare)."""

    op: Op
    title: str
    amount: int
    summary: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    balance_after: int | None
    code_needed: bool
    hash: str


class BasketItem(Protocol):
    """A payment inside the cooperative or a bill."""

    is_bill: bool

    @property
    def op(self) -> Op: ...
    @property
    def amount(self) -> int: ...
    @property
    def accounts(self) -> tuple[int, ...]: ...
    @property
    def destination(self) -> tuple[object, ...]: ...

    def look(self, tx: Transaction, earlier: Earlier) -> tuple[ItemSeen, tuple[str, ...]]:
        """What it will do behind the earlier ones, which it joins, and why a second person would have to approve it."""

    def execute(self, tx: Transaction, key: str, place: str) -> Receipt:
        """Make it. Whatever holds now was reviewed in this very transaction. A key that was used answers again."""

    def closing(self, tx: Transaction, key: str) -> Posting:
        """What its key is closed with."""


def item_of(payment: PreparePayment | PrepareBill) -> BasketItem:
    """The item that a request makes."""
    return _Bill(payment) if isinstance(payment, PrepareBill) else _Payment(payment)


def check_items(member_id: int, payments: Sequence[PreparePayment | PrepareBill], most: int) -> tuple[BasketItem, ...]:
    """Raises InvalidInput."""
    if not payments:
        raise InvalidInput("La canasta está vacía.")
    if len(payments) > most:
        raise InvalidInput(f"En una canasta caben {most} operaciones. Confirme estas y haga otra.")
    items = tuple(item_of(payment) for payment in payments)
    seen: set[tuple[object, ...]] = set()
    for place, (item, payment) in enumerate(zip(items, payments, strict=True), start=1):
        where = f"item{place}"
        if payment.member_id != member_id:
            raise InvalidInput("La canasta es de un solo asociado.", field=where)
        if item.op in KINDS and KINDS[item.op].cash:
            raise InvalidInput("El efectivo no va en la canasta: regístrelo aparte.", field=where)
        if item.destination in seen:
            raise InvalidInput("Ese destino ya está en la canasta: ponga un solo monto.", field=where)
        seen.add(item.destination)
    return items


def look(tx: Transaction, items: tuple[BasketItem, ...]) -> tuple[ItemSeen, ...]:
    """Every item behind the earlier ones. Raises ApprovalNeeded for one that has to be sent alone, and what its review
    raises, with the item named."""
    earlier = Earlier()
    seen = []
    for place, item in enumerate(items, start=1):
        with named(place, item):
            shown, reasons = item.look(tx, earlier)
            if reasons:
                raise ApprovalNeeded(f"{reasons[0]} {ALONE}")
        seen.append(shown)
    return tuple(seen)


@contextmanager
def named(place: int, item: BasketItem) -> Iterator[None]:
    """What is refused inside tells of which item."""
    try:
        yield
    except CoopError as error:
        error.user_text = f"{place}. {WORDS[item.op.value]}: {error.user_text}"
        error.field = f"item{place}"
        raise


def lock_accounts(tx: Transaction, items: tuple[BasketItem, ...]) -> None:
    """On PostgreSQL all at once and in the ledger's order; on SQLite who writes is alone."""
    if tx.connection.dialect.name == "postgresql":
        ids = sorted({account for item in items for account in item.accounts})
        tx.connection.execute(LOCK, {"ids": ids}).all()


class _Payment:
    is_bill = False

    def __init__(self, payment: PreparePayment) -> None:
        self.op, self.amount = payment.op, payment.amount
        self.accounts = (payment.from_account, payment.to_account)
        self.destination = (payment.op, payment.to_account)
        self._payment = payment

    def look(self, tx: Transaction, earlier: Earlier) -> tuple[ItemSeen, tuple[str, ...]]:
        wanted = wanted_of(self._payment)
        seen = review(tx, wanted, earlier=earlier)
        for leg in seen.division.legs:
            earlier.move(leg.debit, leg.credit, leg.amount)
        earlier.add(wanted.op, wanted.amount)
        title = wanted.kind.title
        shown = ItemSeen(
            self.op, title, self.amount, seen.summary, seen.warnings, seen.balance_after, seen.code_needed, seen.hash
        )
        return shown, seen.approval

    def execute(self, tx: Transaction, key: str, place: str) -> Receipt:
        execution = Execution(wanted_of(self._payment), key, lines=(("Canasta", place),))
        return execute(tx, execution, agreed=lambda _shown: None)

    def closing(self, tx: Transaction, key: str) -> Posting:  # noqa: ARG002  as a bill's
        return posting_of(key, wanted_of(self._payment), None)


class _Bill:
    is_bill = True

    def __init__(self, payment: PrepareBill) -> None:
        self.op, self.amount = payment.op, payment.amount
        self.accounts = (payment.from_account,)
        self.destination = (payment.op, payment.biller, payment.reference, payment.extra)
        self._payment = payment

    def look(self, tx: Transaction, earlier: Earlier) -> tuple[ItemSeen, tuple[str, ...]]:
        seen = review_bill(tx, wanted_bill(tx, self._payment), earlier=earlier)
        earlier.hold(self._payment.from_account, self.amount)
        earlier.add(self.op, self.amount)
        title = WORDS[self.op.value]
        shown = ItemSeen(
            self.op, title, self.amount, seen.summary, seen.warnings, seen.available_after, False, seen.hash
        )
        return shown, seen.approval

    def execute(self, tx: Transaction, key: str, place: str) -> Receipt:
        execution = BillExecution(wanted_bill(tx, self._payment), key, lines=(("Canasta", place),))
        return execute_bill(tx, execution, agreed=lambda _shown: None)

    def closing(self, tx: Transaction, key: str) -> Posting:
        return hold_of(key, wanted_bill(tx, self._payment), None)
