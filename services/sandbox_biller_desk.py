"""What the sandbox gateway answers: inquiries, orders, the file of a day. It speaks the contract and knows no HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from data.catalog.billers import Biller, PaymentKind, load_billers
from data.values.dates import panama_date
from data.values.money import Money
from services.biller_answers import Body, OutOfForm
from services.biller_contract import Order, OrderRecord, OrderState, RefusalCode
from services.sandbox_biller_accounts import SandboxAccount, account_of
from services.sandbox_biller_book import Entry, OrderBook, plain
from services.sandbox_biller_faults import Fault

_SURPLUS = 100  # what the fault «wrong-amount» charges too much, in centésimos


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status and a body."""

    status: int
    body: bytes
    content_type: str = "application/json"


def said(status: int, fields: object) -> Reply:
    return Reply(status, json.dumps(fields).encode())


def not_taken(status: int, error: str) -> Reply:
    """The contract's own words for a request that changed nothing."""
    return said(status, {"error": error, "accepted": False})


class SandboxDesk:
    """The thirteen billers of the catalogue over one book. Safe to call from several threads."""

    def __init__(self, book: OrderBook, now: Callable[[], datetime]) -> None:
        self._book = book
        self._now = now
        self._lock = threading.Lock()

    def records(self) -> list[OrderRecord]:
        """Every order that was decided, as it was, in the order in which they came."""
        with self._lock:
            return [entry.record for entry in self._book.entries.values()]

    def biller_of(self, order_id: str) -> str | None:
        with self._lock:
            entry = self._book.entries.get(order_id)
        return entry.record.biller if entry else None

    def catalogue(self) -> Reply:
        rows = [
            {
                "biller": biller.id,
                "modes": [mode.kind.value for mode in biller.modes],
                "available": self._payable(biller),
                "note": biller.unavailable_message or biller.notice or None,
            }
            for biller in load_billers().by_id.values()
        ]
        return said(200, {"billers": rows})

    def inquire(self, raw: bytes) -> Reply:
        try:
            body = Body(raw)
            biller_id, mode, reference, extra = body.payment()
            body.done()
        except OutOfForm:
            return not_taken(400, "invalid")
        asked = {"biller": biller_id, "mode": mode.value, "reference": reference, "extra": extra}
        return said(200, asked | self._found(biller_id, mode, reference, extra))

    def order(self, order_id: str, raw: bytes, fault: Fault | None) -> Reply:
        """Decide an order once: the same again gets the same answer, another under its id a conflict."""
        try:
            body = Body(raw)
            order = Order(order_id, *body.payment(), body.amount("amount", 1))
            body.done()
        except ValueError:
            return not_taken(400, "invalid")
        with self._lock:
            entry = self._book.entries.get(order_id)
            if entry is None:
                entry = Entry(self._decide(order, fault), order.amount)
                self._book.keep(entry)
            elif not entry.is_of(order):
                return not_taken(409, "conflict")
        return said(200, plain(entry.record))

    def status(self, order_id: str) -> Reply:
        with self._lock:
            return self._state_of(order_id)

    def withdraw(self, order_id: str) -> Reply:
        """Close an id that never came; an order that did come stays as it is."""
        with self._lock:
            if order_id not in self._book.entries and order_id not in self._book.withdrawn:
                self._book.withdraw(order_id)
            return self._state_of(order_id)

    def settlement(self, day: date) -> Reply:
        records = [record for record in self.records() if panama_date(record.at) == day]
        charged = sum(record.amount or 0 for record in records)
        rows: list[dict[str, Any]] = [plain(record) for record in records]
        rows.append({"end": True, "orders": len(records), "amount": charged})
        return Reply(200, "".join(json.dumps(row) + "\n" for row in rows).encode(), "application/x-ndjson")

    def _state_of(self, order_id: str) -> Reply:
        if (entry := self._book.entries.get(order_id)) is not None:
            return said(200, plain(entry.record))
        state = OrderState.WITHDRAWN if order_id in self._book.withdrawn else OrderState.UNKNOWN
        return said(200, {"id": order_id, "state": state.value})

    def _found(self, biller_id: str, kind: PaymentKind, reference: str, extra: str | None) -> dict[str, Any]:
        names = ("holder", "amount_due", "due_date", "minimum", "maximum")
        nothing: dict[str, Any] = {"found": False, **dict.fromkeys(names), "note": None}
        biller = load_billers().get(biller_id)
        if biller is None:
            return nothing
        if not self._payable(biller):
            return nothing | {"note": biller.unavailable_message or None}
        mode, account = biller.mode(kind), self._account(biller, kind, reference, extra)
        if mode is None or account is None:
            return nothing
        due = None if account.due is None else self._left(biller, reference, account.due)
        return {
            "found": True,
            "holder": account.holder,
            "amount_due": due,
            "due_date": account.due_date.isoformat() if account.due_date and due else None,
            "minimum": mode.minimum.centesimos if due != 0 else None,
            "maximum": (due or mode.maximum.centesimos) if due != 0 else None,
            "note": account.note or biller.notice or None,
        }

    def _decide(self, order: Order, fault: Fault | None) -> OrderRecord:
        code = self._refusal(order, fault)
        amount = order.amount + (_SURPLUS if fault is Fault.WRONG_AMOUNT else 0)
        return OrderRecord(
            id=order.id,
            biller=order.biller,
            mode=order.mode,
            reference=order.reference,
            extra=order.extra,
            state=OrderState.REFUSED if code else OrderState.ACCEPTED,
            amount=None if code else amount,
            gateway_ref=None if code else f"SB-{len(self._book.entries) + 1:08d}",
            code=code,
            at=self._now().replace(microsecond=0),
        )

    def _refusal(self, order: Order, fault: Fault | None) -> RefusalCode | None:
        if order.id in self._book.withdrawn:
            return RefusalCode.WITHDRAWN
        if fault in (Fault.REFUSED, Fault.DUPLICATE):
            return RefusalCode.REJECTED if fault is Fault.REFUSED else RefusalCode.DUPLICATE
        biller = load_billers().get(order.biller)
        mode = biller.mode(order.mode) if biller else None
        if biller is None or mode is None or not self._payable(biller):
            return RefusalCode.BILLER
        account = self._account(biller, order.mode, order.reference, order.extra)
        if account is None:
            return RefusalCode.UNKNOWN_REFERENCE
        left = None if account.due is None else self._left(biller, order.reference, account.due)
        if left == 0:
            return RefusalCode.NOTHING_DUE
        allowed = mode.allows(Money(order.amount)) and (left is None or order.amount <= left)
        return None if allowed else RefusalCode.AMOUNT

    def _account(self, biller: Biller, kind: PaymentKind, reference: str, extra: str | None) -> SandboxAccount | None:
        """The account, unless the biller insists on a second reference that isn't there."""
        second = biller.extra_reference
        if second is not None and second.required and extra is None:
            return None
        return account_of(biller, kind, reference, panama_date(self._now()))

    def _left(self, biller: Biller, reference: str, due: int) -> int:
        return max(0, due - self._book.charged(biller.id, reference))

    def _payable(self, biller: Biller) -> bool:
        return biller.payable_on(panama_date(self._now()))
