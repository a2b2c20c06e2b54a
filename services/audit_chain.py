"""The chain of the audit trail, without a database library: how events are bound, and the walk that checks them.

hash(n) = SHA-256(domain ‖ hash(n−1) ‖ n as 8 bytes ‖ length of body as 8 bytes ‖ body), from a first hash that is the
store's own. It is light on purpose: a helping process that walks a stretch of a file has to load nothing else.
"""

import hashlib
import sqlite3
import struct
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

DOMAIN = b"coop-tui audit v1\0"
POSITION = struct.Struct(">QQ")  # number of the event, length of its body
BATCH = 5000
STRETCH = 100_000  # events that are walked before a report
MAX_FINDINGS = 20
BEFORE = "SELECT seq, hash FROM audit_seal WHERE seq < :start ORDER BY seq DESC LIMIT 1"
WALK_FILE = (
    "SELECT s.seq, s.hash, CAST(e.body AS BLOB) FROM audit_seal s LEFT JOIN audit_event e ON e.id = s.event_id"
    " WHERE s.seq >= :start AND s.seq < :end ORDER BY s.seq"
)


def first_hash(store_id: str) -> bytes:
    """What the first event is chained to: events of another store don't fit."""
    return hashlib.sha256(DOMAIN + b"store\0" + store_id.encode()).digest()


def link(previous: bytes, seq: int, body: bytes) -> bytes:
    """The hash of event `seq` (from 1) with `body`, after the event whose hash is `previous`."""
    return hashlib.sha256(DOMAIN + previous + POSITION.pack(seq, len(body)) + body).digest()


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one stretch of the chain holds, up to `seq` and its hash `head`.

    `found` events have a body; `findings` are (code, seq, Spanish text); `met` are (seq, hash) of the events that a
    checkpoint names.
    """

    seq: int
    head: bytes
    found: int
    findings: list[tuple[str, int, str]]
    met: list[tuple[int, bytes]]


def walk_file(path: str, start: int, first: bytes, anchors: list[int], end: int | None = None) -> Stretch:
    """Check the events from `start` on, up to `end` (not included; default: STRETCH of them), in an SQLite file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        before = connection.execute(BEFORE, {"start": start}).fetchone()
        cursor = connection.execute(WALK_FILE, {"start": start, "end": end or start + STRETCH})
        return walk(iter(lambda: cursor.fetchmany(BATCH), []), before or (0, first), anchors)


def walk(batches: Iterable[Sequence[Any]], before: tuple[int, bytes], anchors: list[int]) -> Stretch:
    """Check batches of (seq, hash, body or None), all bytes, that follow the event `before` (seq, hash)."""
    state = _Walk(*before, frozenset(anchors))
    for batch in batches:
        state.take(batch)
    return Stretch(state.seq, state.head, state.found, state.findings, state.met)


class _Walk:
    """The state of one walk along a stretch."""

    def __init__(self, seq: int, head: bytes, anchors: frozenset[int]) -> None:
        self.seq = seq
        self.head = head
        self.anchors = anchors
        self.found = 0  # events that a seal points at
        self.findings: list[tuple[str, int, str]] = []
        self.met: list[tuple[int, bytes]] = []

    def take(self, batch: Sequence[Any]) -> None:
        """Check one batch: all at once where nothing is amiss, event by event where something is.

        This decides how long a million events take, so the good case is one comprehension.
        """
        seqs, hashes, bodies = zip(*batch, strict=True)
        expected = range(self.seq + 1, self.seq + 1 + len(batch))
        if None in bodies or seqs != tuple(expected) or self._digests(expected, hashes, bodies) != hashes:
            for number, stored, body in batch:
                self._take_one(number, stored, body)
            return
        self.found += len(batch)
        self.met += [(seq, hashes[seq - expected[0]]) for seq in self.anchors.intersection(expected)]
        self.seq, self.head = expected[-1], hashes[-1]

    def _digests(self, seqs: Sequence[int], hashes: Sequence[bytes], bodies: Sequence[bytes]) -> tuple[bytes, ...]:
        sha256, domain, pack = hashlib.sha256, DOMAIN, POSITION.pack
        return tuple(
            [
                sha256(domain + previous + pack(seq, len(body)) + body).digest()
                for seq, previous, body in zip(seqs, (self.head, *hashes), bodies, strict=False)
            ]
        )

    def _take_one(self, number: int, stored: bytes, body: bytes | None) -> None:
        expected = self.seq + 1
        if number != expected:
            self._find("missing", expected, f"Falta el evento {expected}: la numeración salta a {number}.")
        elif body is None:
            self._find("missing", expected, f"Falta el contenido del evento {expected}.")
        elif link(self.head, expected, body) != stored:
            self._find("edited", expected, f"El evento {expected} no es el que se selló, o el anterior fue cambiado.")
        elif expected in self.anchors:
            self.met.append((expected, stored))
        self.found += body is not None
        self.seq, self.head = number, stored

    def _find(self, code: str, seq: int, what: str) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append((code, seq, what))
