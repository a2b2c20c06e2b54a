"""Reads what a biller gateway answers, strictly: exactly the contract's form, or no answer (docs/contratos.md).

An answer has exactly the fields of its kind, with null where there is nothing, and repeats what it answers. Words that
were written outside (holder, note) are cleaned as they are read.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any, Final

from data.catalog.billers import PaymentKind
from data.values.money import MAX_CENTESIMOS
from data.values.uuid7 import is_uuid7
from services.biller_contract import (
    BILLER,
    REFERENCE,
    Inquiry,
    InquiryAnswer,
    Offer,
    OrderAnswer,
    OrderRecord,
    OrderState,
)
from services.text_cleaning import clean

MAX_HOLDER: Final = 100
MAX_NOTE: Final = 200
CODE: Final = re.compile(r"[a-z_]{1,40}")
_GATEWAY_REF: Final = re.compile(r"[0-9A-Za-z._:/-]{1,64}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class OutOfForm(ValueError):
    """A message is not what the contract says; the text names the field, never its value."""


class Body:
    """One JSON object, read field by field; `done` refuses fields that nobody asked for."""

    def __init__(self, raw: bytes) -> None:
        """Raises: OutOfForm unless `raw` is one JSON object in UTF-8 without a field twice."""
        try:
            fields = json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
        except (ValueError, RecursionError):
            raise OutOfForm("json") from None
        if type(fields) is not dict:
            raise OutOfForm("json")
        self._fields: dict[str, Any] = fields

    @classmethod
    def of(cls, fields: object) -> Body:
        """An object inside another. Raises: OutOfForm."""
        if type(fields) is not dict:
            raise OutOfForm("object")
        body = cls.__new__(cls)
        body._fields = dict(fields)
        return body

    def has(self, name: str) -> bool:
        return name in self._fields

    def take(self, name: str) -> Any:
        """The raw value. Raises: OutOfForm if it is not there (null is there)."""
        if name not in self._fields:
            raise OutOfForm(name)
        return self._fields.pop(name)

    def done(self) -> None:
        if self._fields:
            raise OutOfForm("unknown_field")

    def flag(self, name: str) -> bool:
        value = self.take(name)
        if type(value) is not bool:
            raise OutOfForm(name)
        return value

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        """A text of a form that needs no cleaning."""
        value = self.take(name)
        if type(value) is not str or not pattern.fullmatch(value):
            raise OutOfForm(name)
        return value

    def maybe_matching(self, name: str, pattern: re.Pattern[str]) -> str | None:
        return self.matching(name, pattern) if self._holds(name) else None

    def words(self, name: str, longest: int) -> str | None:
        """Words from outside, cleaned (req. 55); None if none are left."""
        if not self._holds(name):
            return None
        value = self.take(name)
        if type(value) is not str:
            raise OutOfForm(name)
        return clean(value, longest) or None

    def amount(self, name: str, least: int) -> int:
        """Centésimos, `least` or more. A bool is an int in Python and is none here; nor is 10.0 or "10"."""
        value = self.take(name)
        if type(value) is not int or not least <= value <= MAX_CENTESIMOS:
            raise OutOfForm(name)
        return value

    def maybe_amount(self, name: str, least: int) -> int | None:
        return self.amount(name, least) if self._holds(name) else None

    def maybe_day(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.matching(name, _DAY)) if self._holds(name) else None
        except ValueError:
            raise OutOfForm(name) from None

    def moment(self, name: str) -> datetime:
        try:
            return datetime.fromisoformat(self.matching(name, _MOMENT)).astimezone(UTC)
        except ValueError:
            raise OutOfForm(name) from None

    def payment(self) -> tuple[str, PaymentKind, str, str | None]:
        """biller, mode, reference and extra, which inquiries and orders share."""
        biller = self.matching("biller", BILLER)
        mode = self.kind(self.take("mode"))
        return biller, mode, self.matching("reference", REFERENCE), self.maybe_matching("extra", REFERENCE)

    @staticmethod
    def kind(value: object) -> PaymentKind:
        if type(value) is not str or value not in set(PaymentKind):
            raise OutOfForm("mode")
        return PaymentKind(value)

    def _holds(self, name: str) -> bool:
        """Whether there is more than null; a null is taken. Raises: OutOfForm if the field is missing."""
        if self._fields.get(name, 0) is not None:
            return True
        self.take(name)
        return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values for one name: readers differ on which one counts."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise OutOfForm("twice")
    return fields


def read_inquiry_answer(raw: bytes, asked: Inquiry) -> InquiryAnswer:
    """Raises: OutOfForm, also for an answer about something else than what was asked."""
    body = Body(raw)
    if body.payment() != (asked.biller, asked.mode, asked.reference, asked.extra):
        raise OutOfForm("reference")
    answer = InquiryAnswer(
        found=body.flag("found"),
        holder=body.words("holder", MAX_HOLDER),
        amount_due=body.maybe_amount("amount_due", 0),
        due_date=body.maybe_day("due_date"),
        minimum=body.maybe_amount("minimum", 1),
        maximum=body.maybe_amount("maximum", 1),
        note=body.words("note", MAX_NOTE),
    )
    body.done()
    if not answer.found and answer != InquiryAnswer(False, note=answer.note):
        raise OutOfForm("found")
    if answer.minimum is not None and answer.maximum is not None and answer.minimum > answer.maximum:
        raise OutOfForm("minimum")
    return answer


def read_order_answer(raw: bytes, order_id: str) -> OrderAnswer:
    """Raises: OutOfForm, also for an answer about another order."""
    body = Body(raw)
    if body.has("biller"):
        record = read_record(body)
        if record.id != order_id:
            raise OutOfForm("id")
        return OrderAnswer(record.state, record.gateway_ref, record.code, record.amount, record)
    if body.take("id") != order_id:
        raise OutOfForm("id")
    state = body.take("state")
    body.done()
    if state not in (OrderState.UNKNOWN.value, OrderState.WITHDRAWN.value):
        raise OutOfForm("state")
    return OrderAnswer(OrderState(state))


def read_record(body: Body) -> OrderRecord:
    """An accepted or refused order. Raises: OutOfForm."""
    order_id = body.take("id")
    if type(order_id) is not str or not is_uuid7(order_id):
        raise OutOfForm("id")
    biller, mode, reference, extra = body.payment()
    state = body.take("state")
    if state not in (OrderState.ACCEPTED.value, OrderState.REFUSED.value):
        raise OutOfForm("state")
    amount = body.maybe_amount("amount", 1)
    gateway_ref = body.maybe_matching("gateway_ref", _GATEWAY_REF)
    code = body.maybe_matching("code", CODE)
    at = body.moment("at")
    body.done()
    accepted = state == OrderState.ACCEPTED
    if accepted != (amount is not None) or accepted != (code is None) or (accepted and gateway_ref is None):
        raise OutOfForm("state")
    return OrderRecord(order_id, biller, mode, reference, extra, OrderState(state), amount, gateway_ref, code, at)


def read_catalogue(raw: bytes) -> tuple[Offer, ...]:
    """Raises: OutOfForm, also for a biller that is listed twice."""
    body = Body(raw)
    rows = body.take("billers")
    body.done()
    if type(rows) is not list:
        raise OutOfForm("billers")
    offers = tuple(_offer(Body.of(row)) for row in rows)
    if len({offer.biller for offer in offers}) != len(offers):
        raise OutOfForm("billers")
    return offers


def _offer(row: Body) -> Offer:
    biller, modes = row.matching("biller", BILLER), row.take("modes")
    if type(modes) is not list or not modes:
        raise OutOfForm("modes")
    kinds = tuple(Body.kind(mode) for mode in modes)
    offer = Offer(biller, kinds, row.flag("available"), row.words("note", MAX_NOTE))
    row.done()
    if len(set(kinds)) != len(kinds):
        raise OutOfForm("modes")
    return offer
