"""Several payments of one call, reviewed and confirmed together («canasta»): all of them or none (req. 40–42).

Inside the cooperative each item is an operation with a receipt of its own; all are posted in one transaction. A payment
to a biller is set aside in that transaction too and then goes its own way. Authorisation, limits and codes count item
by item, with the earlier items in them.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from services import authorisation
from services.basket_items import BasketItem, ItemSeen, check_items, item_of, lock_accounts, look, named
from services.biller_gateway import BillerGateway
from services.biller_payments import NoGateway, PrepareBill, order_now
from services.errors import AccountUnusable, CoopError, DataChanged, InsufficientFunds, KeyReused
from services.faults import fault
from services.operations import Op
from services.operator import Operator
from services.payments import Abandoned, PreparePayment
from services.posting import Posted, close_key, find
from services.receipts import Receipt, concern, receipt_now
from services.retries import retrying
from services.unit_of_work import Transaction, UnitOfWork

DOMAIN = b"coop-tui prepared basket v1\0"


@dataclass(frozen=True, slots=True)
class PrepareBasket:
    """In the order in which they are paid, all of one member."""

    member_id: int
    items: tuple[PreparePayment | PrepareBill, ...]


@dataclass(frozen=True, slots=True)
class BasketPrepared:
    """What the person reviews: each item with the balances that the earlier ones leave. `hash` stands for all of it,
    `total` in centésimos."""

    items: tuple[ItemSeen, ...]
    total: int
    hash: str

    @property
    def code_needed(self) -> bool:
        """Whether some item still waits for the code that the member has to say."""
        return any(item.code_needed for item in self.items)


@dataclass(frozen=True, slots=True)
class KeyedItem:
    """One item and the UUIDv7 of its operation, minted when the basket was reviewed."""

    key: str
    payment: PreparePayment | PrepareBill


@dataclass(frozen=True, slots=True)
class ConfirmBasket:
    """`key`: the basket's own, for the journal; `prepared_hash` what `prepare_basket` answered."""

    key: str
    prepared_hash: str
    member_id: int
    items: tuple[KeyedItem, ...]

    def payload(self) -> dict[str, Any]:
        """What the local journal keeps."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BasketPaid:
    """A receipt an item, in its order. `existed`: it had been paid before this request."""

    receipts: tuple[Receipt, ...]
    existed: bool


def basket_of(payload: Mapping[str, Any]) -> ConfirmBasket:
    """The command that the journal keeps. Raises TypeError, ValueError, KeyError for another's."""
    items = []
    for item in payload["items"]:
        plain = item["payment"] | {"op": Op(item["payment"]["op"])}
        kind = PreparePayment if "to_account" in plain else PrepareBill
        items.append(KeyedItem(item["key"], kind(**plain)))
    return ConfirmBasket(payload["key"], payload["prepared_hash"], payload["member_id"], tuple(items))


def prepare_basket(command: PrepareBasket, operator: Operator, uow: UnitOfWork) -> BasketPrepared:
    """Show every item as it will find the accounts, and the total; moves nothing (req. 40).

    Raises InvalidInput (empty, too many, cash, the same twice, another member's), ApprovalNeeded for an item that has
    to be sent alone, and for an item what its own review raises: the text then names the item, `field` is `item2`.
    """
    items = check_items(command.member_id, command.items, uow.policy.baskets.most_items)
    with uow.begin(operator, items[0].op, member_id=command.member_id) as tx:
        _decide(tx, items)
        seen = look(tx, items)
        tx.record("basket.prepare", detail={"items": len(items), "total": sum(item.amount for item in items)})
        tx.commit()
    return BasketPrepared(seen, sum(item.amount for item in items), _hash(seen))


def confirm_basket(
    command: ConfirmBasket, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork
) -> BasketPaid:
    """Pay all of it, once: the same keys again answer with the first receipts, bills as they stand now.

    Raises DataChanged, CodeNeeded, ApprovalNeeded, KeyReused, NoGateway, OutcomeUnknown when the database fell silent,
    InsufficientFunds and AccountUnusable (both stick to every key: nothing was paid and nothing can arrive late), and
    what authorisation raises for any item.
    """
    paid = retrying(partial(_confirm, command, operator, gateway, uow))
    if paid.existed or gateway is None:
        return paid
    fault("basket_committed")
    receipts = (order_now(one, operator, gateway, uow) if one.outcome == "held" else one for one in paid.receipts)
    return BasketPaid(tuple(receipts), existed=False)


def resubmit_basket(payload: dict[str, Any], operator: Operator, uow: UnitOfWork) -> BasketPaid:
    """After a crash: what became of the basket. One that never arrived is closed, every key of it, so that it can't
    arrive late; the receipts are then `rejected`. Raises KeyReused, OutcomeUnknown, and what authorisation raises."""
    command = basket_of(payload)
    with uow.begin(operator, Op.RECEIPT_VIEW) as tx:
        concern(tx, command.member_id)
        tx.record("payment.outcome", about=command.key)
        tx.commit()
    return retrying(partial(_close, command, operator, uow, Abandoned(), None))


def _confirm(command: ConfirmBasket, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork) -> BasketPaid:
    fault("before_begin")
    items = check_items(command.member_id, [one.payment for one in command.items], uow.policy.baskets.most_items)
    keys = [one.key for one in command.items]
    standing = None
    try:
        with uow.begin(operator, items[0].op, member_id=command.member_id, alone=True) as tx:
            _decide(tx, items)
            standing = tx.standing
            if _before(tx, keys) is not None:
                return _repeated(tx, items, keys)
            if gateway is None and any(item.is_bill for item in items):
                raise NoGateway
            lock_accounts(tx, items)  # what the review sees now holds until the commit
            if not hmac.compare_digest(_hash(look(tx, items)), command.prepared_hash):
                raise DataChanged
            receipts = _execute(tx, items, keys)
            about = {"operations": keys, "total": sum(item.amount for item in items)}
            tx.record("basket.confirm", about=command.key, detail=about)
            tx.commit()
            return BasketPaid(receipts, existed=False)
    except (InsufficientFunds, AccountUnusable) as error:
        closed = retrying(partial(_close, command, operator, uow, error, standing))
        if closed.receipts[0].outcome != "rejected":  # somebody else sent the same keys and was first
            return closed
        raise


def _decide(tx: Transaction, items: tuple[BasketItem, ...]) -> None:
    """The rights of every item, not of the first alone. Raises what authorisation raises."""
    if tx.standing is None:
        raise LookupError("a basket is somebody's")
    for item in items:
        rule = tx.policy.operations[item.op]
        authorisation.decide(item.op, rule, tx.standing, member_id=tx.member_id, now=tx.now, policy=tx.policy)


def _execute(tx: Transaction, items: tuple[BasketItem, ...], keys: list[str]) -> tuple[Receipt, ...]:
    receipts = []
    for place, (item, key) in enumerate(zip(items, keys, strict=True), start=1):
        with named(place, item):
            receipts.append(item.execute(tx, key, f"{place} de {len(items)}"))
        fault("basket_item")
    return tuple(receipts)


def _before(tx: Transaction, keys: list[str]) -> list[Posted] | None:
    """What these keys were used for; None if for nothing. Raises KeyReused if some were and some weren't."""
    found = [find(tx, key) for key in keys]
    used = [one for one in found if one is not None]
    if not used:
        return None
    if len(used) != len(keys) or len(set(keys)) != len(keys):
        raise KeyReused
    return used


def _repeated(tx: Transaction, items: tuple[BasketItem, ...], keys: list[str]) -> BasketPaid:
    """The first outcome told again. Raises KeyReused if a key was used for something else, and the first refusal."""
    receipts = tuple(item.execute(tx, key, "") for item, key in zip(items, keys, strict=True))
    tx.commit()
    return BasketPaid(receipts, existed=True)


def _close(command: ConfirmBasket, operator: Operator, uow: UnitOfWork, error: CoopError, standing: Any) -> BasketPaid:
    """Close every key with `rejected` in one transaction, unless they were used; answers how they stand."""
    items = tuple(item_of(one.payment) for one in command.items)
    with uow.begin_system(operator, member_id=command.member_id) as tx:
        tx.standing = standing
        authorisation.member_alone(tx.connection, command.member_id)
        used = _before(tx, [one.key for one in command.items])
        if used is None:
            pairs = zip(items, command.items, strict=True)
            used = [close_key(tx, item.closing(tx, one.key), error) for item, one in pairs]
            tx.commit()
        receipts = tuple(receipt_now(tx, done) for done in used)
    return BasketPaid(receipts, existed=True)


def _hash(seen: tuple[ItemSeen, ...]) -> str:
    return hashlib.sha256(DOMAIN + "\n".join(item.hash for item in seen).encode()).hexdigest()
