"""Reads the gateway's file of a day: one order a line (JSON), then a closing line with their count and sum.

Without the closing line nobody could tell a short day from a file that was cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from data.values.dates import panama_date
from services.biller_answers import Body, OutOfForm, read_record
from services.biller_contract import BadSettlement, OrderRecord

MAX_LINE: Final = 4 * 1024


def read_settlement(chunks: Iterable[bytes], day: date) -> Iterator[OrderRecord]:
    """The orders of a day in Panama as they come. Raises: BadSettlement with the line that is out of form."""
    seen: set[str] = set()
    number, charged, ended = 0, 0, False
    for number, line in enumerate(_lines(chunks), start=1):
        try:
            if ended:
                raise OutOfForm("after_end")
            body = Body(line)
            if ended := body.has("end"):
                _check_end(body, len(seen), charged)
                continue
            record = read_record(body)
            if record.id in seen:
                raise OutOfForm("id")
            if panama_date(record.at) != day:
                raise OutOfForm("at")
        except OutOfForm as error:
            raise BadSettlement(number, str(error)) from None
        seen.add(record.id)
        charged += record.amount or 0
        yield record
    if not ended:
        raise BadSettlement(number + 1, "end")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines without their ends; what follows the last end is a line too. Raises: BadSettlement."""
    rest, number = b"", 0
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            yield line
        if len(rest) > MAX_LINE:
            raise BadSettlement(number + 1, "too_long")
    if rest:
        yield rest


def _check_end(body: Body, orders: int, charged: int) -> None:
    if not body.flag("end") or body.amount("orders", 0) != orders or body.amount("amount", 0) != charged:
        raise OutOfForm("end")
    body.done()
