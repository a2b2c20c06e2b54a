"""What this desk has sent and not heard of yet: a small file beside the store that outlives a crash (req. 40).

One JSON object a line, only ever appended, on the disk before the request leaves. After a crash the open items are
asked for again under their own keys: what had arrived answers with its first outcome, what had not is done now.
"""

import contextlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from data.secrets.private_file import make_private_dir, own_file, write_private
from services.errors import CoopError, StoreUnavailable
from services.faults import fault

T = TypeVar("T")
SLOTS = 64  # windows on one machine
_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A request whose outcome this desk doesn't know. `payload` is the command, without secrets."""

    key: str
    kind: str
    payload: dict[str, Any]


class JournalBusy(CoopError):
    code = "journal_busy"
    default = "Otra ventana del programa usa esta libreta de operaciones. Ciérrela e intente de nuevo."


class Journal:
    """The file. One process writes it, which a lock sees to; threads may share it."""

    def __init__(self, path: Path) -> None:
        """Open or make `path` (mode 0600) and drop from it what is settled. Raises JournalBusy."""
        self._lock = threading.Lock()
        make_private_dir(path.parent)
        owned = own_file(path.with_suffix(".lock"))
        if owned is None:
            raise JournalBusy
        self._owned = owned
        kept = list(_read(path).values())
        write_private(path, b"".join(_line(_opening(item.key, item.kind, item.payload)) for item in kept))
        self._open = {item.key: item for item in kept}
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | _BINARY)

    def remember(self, key: str, kind: str, payload: Mapping[str, Any]) -> None:
        """Keep a request; when this returns it is on the disk. Give no secrets. The same key again changes nothing."""
        item = OpenItem(key, kind, dict(payload))
        with self._lock:
            if key in self._open:
                return
            self._append(_opening(key, kind, item.payload))
            self._open[key] = item

    def settle(self, key: str, outcome: str) -> None:
        """The outcome is known: posted, rejected or refused. Losing this line costs one question, nothing else."""
        with self._lock:
            if self._open.pop(key, None) is not None:
                self._append({"settled": key, "outcome": outcome})

    def open_items(self) -> tuple[OpenItem, ...]:
        """The requests without an outcome, oldest first."""
        with self._lock:
            return tuple(self._open.values())

    def close(self) -> None:
        """Let go of the file; what is open in it stays."""
        with self._lock:
            for descriptor in (self._descriptor, self._owned):
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _append(self, value: Mapping[str, Any]) -> None:
        left = memoryview(_line(value))
        while left:
            left = left[os.write(self._descriptor, left) :]
        os.fsync(self._descriptor)


def open_journal(folder: Path) -> Journal:
    """The first journal of `folder` that no other window uses, with the open items of windows that crashed."""
    free: list[Journal] = []
    for number in range(1, SLOTS + 1):
        path = folder / f"journal-{number}.jsonl"
        if free and not path.exists():
            continue
        with contextlib.suppress(JournalBusy):
            free.append(Journal(path))
    if not free:
        raise JournalBusy
    ours, *left_behind = free
    for other in left_behind:
        for item in other.open_items():
            ours.remember(item.key, item.kind, item.payload)
            other.settle(item.key, "moved")
        other.close()
    return ours


def submit(journal: Journal, key: str, kind: str, payload: Mapping[str, Any], send: Callable[[], T]) -> T:
    """Remember, send, settle. What is refused is settled too; what stays unknown stays open."""
    journal.remember(key, kind, payload)
    fault("id_saved")
    try:
        answer = send()
    except StoreUnavailable:
        raise
    except CoopError as error:
        journal.settle(key, error.code)
        raise
    fault("after_ack")
    journal.settle(key, "posted")
    return answer


def _opening(key: str, kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": key, "kind": kind, "payload": payload}


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=True, sort_keys=True).encode() + b"\n"


def _read(path: Path) -> dict[str, OpenItem]:
    """The open items of a file. A line that a crash tore was never relied on: nothing was sent before it was whole."""
    found: dict[str, OpenItem] = {}
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return found
    for line in content.split(b"\n"):
        try:
            value = json.loads(line)
            if "settled" in value:
                found.pop(value["settled"], None)
            else:
                item = OpenItem(str(value["key"]), str(value["kind"]), dict(value["payload"]))
                found[item.key] = item
        except (ValueError, KeyError, TypeError):
            continue
    return found
