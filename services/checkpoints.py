"""Signed statements of how far the audit trail reached, kept in a file outside the database (req. 50, A15).

A chain inside a database proves nothing against whoever owns the database: the end can be cut off, or all of it made
anew. A checkpoint says «at this moment there were N events and the head was H», signed with a key that the database
does not hold, each bound to the one before. It states the root of a tree over the events since the one before too, so
that a single event can be proven without any other (services/audit_inclusion.py). One JSON object a line; `signature`
is Ed25519 over the canonical JSON of the rest.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from data.secrets.signing import Signer, key_id, verify
from data.types import utc_text
from services.audit_trail import canonical, chain_head, seal_pending
from services.errors import CoopError
from services.merkle import root
from services.operator import system_operator
from services.unit_of_work import UnitOfWork

SEALS = text("SELECT hash FROM audit_seal WHERE seq >= :first AND seq <= :last ORDER BY seq").execution_options(
    yield_per=5000
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One line of the file. `head` is the hash of event `seq`; `previous` the SHA-256 of the line before, in hex.
    `root` is of the Merkle tree over the hashes of events `first` to `seq` (lines of version 1 have none)."""

    store: str
    seq: int
    head: bytes
    at: str
    previous: str
    key: str
    signature: bytes
    line: int  # where it stands in the file, from 1
    first: int = 0
    root: bytes = b""

    def payload(self) -> dict[str, Any]:
        """What is signed."""
        tree = {"first": self.first, "root": self.root.hex()} if self.root else {}
        return tree | {
            "v": 2 if self.root else 1,
            "store": self.store,
            "seq": self.seq,
            "head": self.head.hex(),
            "at": self.at,
            "previous": self.previous,
            "key": self.key,
        }


_UNREADABLE = "La línea {} del archivo de puntos de control no se puede leer."


class CheckpointsUnreadable(CoopError):
    """The file has a line that is no checkpoint; the text names the line."""

    code = "checkpoints_unreadable"


def read_checkpoints(path: Path) -> list[Checkpoint]:
    """The checkpoints of the file in order; none if there is no file. Raises CheckpointsUnreadable."""
    if not path.exists():
        return []
    return list(_parse(path.read_text("utf-8").splitlines()))


def _parse(lines: list[str]) -> Iterator[Checkpoint]:
    for number, line in enumerate(lines, 1):
        try:
            yield parse_checkpoint(json.loads(line), number)
        except ValueError:
            raise CheckpointsUnreadable(_UNREADABLE.format(number)) from None


def parse_checkpoint(row: Any, number: int) -> Checkpoint:
    """From the object of a line. Raises CheckpointsUnreadable, naming the line `number`."""
    try:
        return Checkpoint(
            store=row["store"],
            seq=int(row["seq"]),
            head=bytes.fromhex(row["head"]),
            at=row["at"],
            previous=row["previous"],
            key=row["key"],
            signature=base64.b64decode(row["signature"], validate=True),
            line=number,
            first=int(row.get("first", 0)),
            root=bytes.fromhex(row.get("root", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CheckpointsUnreadable(_UNREADABLE.format(number)) from None


def bad_checkpoint(checkpoints: list[Checkpoint], public_key: bytes) -> tuple[int, str] | None:
    """The first line whose signature, order or link is wrong, with the reason (Spanish); None if all are right."""
    previous, seq = "", 0
    for point in checkpoints:
        payload = canonical(point.payload())
        if point.key != key_id(public_key):
            return point.line, "está firmado con otra llave"
        if not verify(public_key, payload.encode(), point.signature):
            return point.line, "la firma no corresponde"
        if point.previous != previous or point.seq < seq:
            return point.line, "no sigue al anterior: falta o sobra una línea"
        previous, seq = hashlib.sha256(payload.encode()).hexdigest(), point.seq
    return None


def checkpoint(uow: UnitOfWork, path: Path, *, force: bool = False) -> Checkpoint | None:
    """Seal what is pending and add a checkpoint if one is due by events or by time, or anything is new and `force`.

    Answers None if none was due. The line is on the disk when this returns. Raises CheckpointsUnreadable.
    """
    with uow.begin_system(system_operator("audit.checkpoint")) as tx:
        if tx.connection.dialect.name != "sqlite":
            while seal_pending(tx.connection):
                pass
            tx.connection.commit()
        seq, head = chain_head(tx.connection)
        now = tx.now
        store = tx.connection.exec_driver_sql("SELECT value FROM store_meta WHERE key = 'store_id'").scalar() or ""
        made = read_checkpoints(path)
        last = made[-1] if made else None
        new = seq - (last.seq if last else 0)
        if new <= 0 or not (force or _due(uow, last, new, now)):
            return None
        first = last.seq + 1 if last else 1
        hashes = tx.connection.execute(SEALS, {"first": first, "last": seq}).scalars()
        tree = root(bytes(one) for one in hashes)
    previous = hashlib.sha256(canonical(last.payload()).encode()).hexdigest() if last else ""
    signer = Signer(uow.secrets.signing_key)
    unsigned = Checkpoint(
        store, seq, head, utc_text(now), previous, signer.key_id, b"", len(made) + 1, first=first, root=tree
    )
    return _append(path, signer, unsigned)


def _due(uow: UnitOfWork, last: Checkpoint | None, new: int, now: datetime) -> bool:
    policy = uow.policy.audit
    if last is None or new >= policy.checkpoint_events:
        return True
    return now - datetime.fromisoformat(last.at) >= timedelta(hours=policy.checkpoint_hours)


def _append(path: Path, signer: Signer, unsigned: Checkpoint) -> Checkpoint:
    signature = signer.sign(canonical(unsigned.payload()).encode())
    row = unsigned.payload() | {"signature": base64.b64encode(signature).decode("ascii")}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, (canonical(row) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return replace(unsigned, signature=signature)
