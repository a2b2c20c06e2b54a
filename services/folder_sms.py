"""A folder in place of an SMS gateway: nothing leaves the machine, and the demonstration reads it on a key.

Folder 0700, one JSON file 0600 a message: `{"id": …, "to": "+50761234567", "text": …}`. The texts hold one-time codes.
A file's name comes from the message's id, so that a message sent twice is one file. `services/sandbox_sms.py` keeps
its messages in the same form.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from data.secrets.private_file import make_private_dir, write_private
from services.transports import TemporaryFailure


@dataclass(frozen=True, slots=True)
class SmsSummary:
    """One message of the folder, as the demonstration shows it. `text` may hold a code; `at` is when it was kept."""

    id: str
    to: str
    at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FolderSms:
    """Writes each text message as a file under `path`."""

    path: Path

    @property
    def local(self) -> bool:
        return True

    def send(self, message_id: str, to: str, text: str) -> None:
        """One file, whole or not at all. Raises TemporaryFailure if the folder can't be written."""
        try:
            keep_sms(self.path, message_id.strip("<>"), to, text)
        except OSError:
            raise TemporaryFailure("folder") from None


def keep_sms(folder: Path, message_id: str, to: str, text: str) -> bool:
    """Keep one message; False if one with this id is there, which then stays as it is. Raises OSError."""
    make_private_dir(folder)
    if os.name == "posix":
        os.chmod(folder, 0o700)
    path = folder / f"{hashlib.sha256(message_id.encode()).hexdigest()[:32]}.json"
    if path.exists():
        return False
    write_private(path, json.dumps({"id": message_id, "to": to, "text": text}, ensure_ascii=False).encode())
    return True


def read_sms(folder: Path, limit: int = 50) -> list[SmsSummary]:
    """The messages in the folder, newest first; empty if there is no such folder. A broken file is left out."""
    found = [summary for file in sorted(folder.glob("[!.]*.json")) if (summary := _summary(file)) is not None]
    return sorted(found, key=lambda message: message.at, reverse=True)[:limit]


def _summary(file: Path) -> SmsSummary | None:
    try:
        at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        message = json.loads(file.read_bytes())
        return SmsSummary(str(message["id"]), str(message["to"]), at, str(message["text"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
