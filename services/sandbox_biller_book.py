"""The sandbox gateway's own record of its orders: a file that only grows, so that a restart remembers what it took.

One JSON object a line in `pedidos.jsonl` (0600), on the disk before anybody is answered. A last line without its end
was never answered: it is cut off when the book is opened.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from data.catalog.billers import PaymentKind
from data.secrets.private_file import make_private_dir
from services.biller_answers import Body, OutOfForm, read_record
from services.biller_contract import Order, OrderRecord, OrderState

FILE: Final = "pedidos.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """An order as it was decided, and the amount that had been ordered."""

    record: OrderRecord
    ordered: int

    def is_of(self, order: Order) -> bool:
        """Whether this is that very order."""
        mine = (self.record.biller, self.record.mode, self.record.reference, self.record.extra, self.ordered)
        return mine == (order.biller, order.mode, order.reference, order.extra, order.amount)


class OrderBook:
    """Orders by id, in the order in which they came. Its owner sees to it that one thread writes at a time."""

    def __init__(self, folder: Path) -> None:
        """Open or begin the book. Raises: OutOfForm for a line that this program did not write, OSError."""
        make_private_dir(folder)
        self._path = folder / FILE
        self.entries: dict[str, Entry] = {}
        self.withdrawn: set[str] = set()
        if self._path.exists():
            self._read()

    def keep(self, entry: Entry) -> None:
        self._append({**plain(entry.record), "ordered": entry.ordered})
        self.entries[entry.record.id] = entry

    def withdraw(self, order_id: str) -> None:
        self._append({"id": order_id, "state": OrderState.WITHDRAWN.value})
        self.withdrawn.add(order_id)

    def charged(self, biller: str, reference: str) -> int:
        """What bills of a reference were paid, in centésimos."""
        records = (entry.record for entry in self.entries.values())
        return sum(
            record.amount or 0
            for record in records
            if (record.biller, record.reference, record.mode) == (biller, reference, PaymentKind.BILL)
        )

    def _append(self, line: dict[str, Any]) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> None:
        whole, _, torn = self._path.read_bytes().rpartition(b"\n")
        if torn:
            os.truncate(self._path, len(whole) + 1 if whole else 0)
        for line in whole.splitlines():
            body = Body(line)
            if not body.has("biller"):
                self.withdrawn.add(str(body.take("id")))
                continue
            ordered = body.amount("ordered", 1)
            record = read_record(body)
            if record.id in self.entries:
                raise OutOfForm("id")
            self.entries[record.id] = Entry(record, ordered)


def plain(record: OrderRecord) -> dict[str, Any]:
    """The fields of the contract, ready for JSON."""
    return {**asdict(record), "at": moment(record.at)}


def moment(at: datetime) -> str:
    """`2026-11-23T14:00:00Z`."""
    return at.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
