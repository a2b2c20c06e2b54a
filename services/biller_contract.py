"""What is said between the program and a biller gateway: requests, answers, failures (req. 8; docs/contratos.md).

Amounts are integer centésimos, days `aaaa-mm-dd`, moments UTC to the second (`2026-11-23T14:00:00Z`). How answers are
read: services/biller_answers.py; how they are asked for: services/biller_gateway.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from data.catalog.billers import PaymentKind
from data.values.money import MAX_CENTESIMOS
from data.values.uuid7 import is_uuid7

BILLER: Final = re.compile(r"[a-z0-9-]{1,40}")
REFERENCE: Final = re.compile(r"[0-9A-Z-]{1,40}")


class OrderState(StrEnum):
    """What became of an order. `withdrawn`: it never came before it was withdrawn, and will not be taken any more."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class RefusalCode(StrEnum):
    """Why an order was refused. A gateway may have codes of its own beside these."""

    UNKNOWN_REFERENCE = "unknown_reference"
    AMOUNT = "amount_not_allowed"
    NOTHING_DUE = "nothing_due"
    BILLER = "biller_unavailable"
    DUPLICATE = "duplicate"  # the biller has an equal payment under another id
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # the order came after it had been withdrawn


def check_words(biller: str, reference: str, extra: str | None) -> None:
    """Raises: ValueError (without the words) for what the contract can't carry."""
    if not (BILLER.fullmatch(biller) and REFERENCE.fullmatch(reference) and REFERENCE.fullmatch(extra or "0")):
        raise ValueError("a biller's id, a reference or an extra reference is out of form")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Who owes what. `reference` and `extra` as `Reference.parse` gives them.

    Raises: ValueError for words that no answer could repeat.
    """

    biller: str
    mode: PaymentKind
    reference: str
    extra: str | None = None

    def __post_init__(self) -> None:
        check_words(self.biller, self.reference, self.extra)


@dataclass(frozen=True, slots=True)
class InquiryAnswer:
    """`amount_due`, `minimum`, `maximum` in centésimos, None where the biller doesn't say; holder and note cleaned."""

    found: bool
    holder: str | None = None
    amount_due: int | None = None
    due_date: date | None = None
    minimum: int | None = None
    maximum: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Pay `amount` centésimos. `id` is the ledger's key (UUIDv7): the same id is the same order, however often sent.

    Raises: ValueError for an id or an amount that no ledger writes, and for words that no answer could repeat.
    """

    id: str
    biller: str
    mode: PaymentKind
    reference: str
    extra: str | None
    amount: int

    def __post_init__(self) -> None:
        if not is_uuid7(self.id):
            raise ValueError("an order's id is a canonical UUIDv7")
        if type(self.amount) is not int or not 0 < self.amount <= MAX_CENTESIMOS:
            raise ValueError("an order's amount is a positive int of centésimos")
        check_words(self.biller, self.reference, self.extra)


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order as the gateway keeps it. Accepted: `amount` is what it charged. Refused: no amount, a `code`."""

    id: str
    biller: str
    mode: PaymentKind
    reference: str
    extra: str | None
    state: OrderState
    amount: int | None
    gateway_ref: str | None
    code: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """What became of an order; `record` holds the details unless it is unknown or withdrawn.

    `amount` (centésimos) is what the gateway charged. Where it is not what was ordered the money moved all the same:
    the caller decides what to do about the difference.
    """

    state: OrderState
    gateway_ref: str | None = None
    code: str | None = None
    amount: int | None = None
    record: OrderRecord | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One biller of the gateway's catalogue."""

    biller: str
    modes: tuple[PaymentKind, ...]
    available: bool
    note: str | None


class GatewayFailure(Exception):
    """No usable answer. `code` is short and safe to store: nothing of the gateway's own words but its error code."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class GatewayUnavailable(GatewayFailure):
    """This request changed nothing at the gateway: it never got there, or the gateway says that it did not take it.

    Exactly these: no connection could be made (DNS, refused, no route, TLS, no connection in time), so that no byte
    of the request left; or a 400, 401, 403, 404, 422, 429 or 503 whose body is the contract's own
    `{"error": …, "accepted": false}`. It tells nothing about *earlier* requests for the same order: whoever got
    `AnswerLost` before asks for the order's status, or withdraws it, and concludes from that alone.
    """


class AnswerLost(GatewayFailure):
    """This request may have been carried out. Everything that is not surely `GatewayUnavailable` is this:

    silence after a byte may have left, a cut connection, 5xx, a redirect, a status without the contract's body (a
    proxy may have written it after the gateway had worked), an answer out of form, too large or for another order.
    """


class OrderConflict(GatewayFailure):
    """409: the gateway knows this id with other data. Nothing new was taken; what the id means there, `status` says."""


class BadSettlement(AnswerLost):
    """The file of the day is out of form. `line` counts from 1; nothing of the file is to be relied upon."""

    def __init__(self, line: int, problem: str) -> None:
        self.line = line
        self.problem = problem
        super().__init__(f"settlement_line_{line}_{problem}")
