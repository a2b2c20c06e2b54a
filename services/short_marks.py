"""The last signed checkpoint in the few signs that fit on paper: `1200-9F86-D081-884C-7D65` (req. 50, C1).

Number of the event and the first sixteen hexadecimal digits of its hash. Whoever keeps the paper can show later that
the trail up to that event is still the one that was signed. What happened after it, the paper's own operation among
it, is covered by the next checkpoint; nothing waits for that.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.values.dates import format_datetime
from services.checkpoints import Checkpoint, parse_checkpoint

DIGITS = 16
#: More than any line of the file.
TAIL = 4096
NO_CHECKPOINT = "aún no hay punto de control"


@dataclass(frozen=True, slots=True)
class ShortMark:
    """A checkpoint as paper shows it; `head` are its first digits in hex; `at` when it was signed (UTC)."""

    seq: int
    head: str
    at: datetime

    @property
    def text(self) -> str:
        """`1200-9F86-D081-884C-7D65`."""
        return grouped(self.seq, self.head)

    @property
    def line(self) -> str:
        """With the time: `1200-9F86-D081-884C-7D65, firmado 23/11/2026 09:00`."""
        return f"{self.text}, firmado {format_datetime(self.at)}"


def grouped(number: int, digest: str) -> str:
    """A number and the first sixteen digits of a hash, in fours: `123-AB12-CD34-EF56-7890`."""
    return "-".join([str(number), *(digest[start : start + 4].upper() for start in range(0, DIGITS, 4))])


def last_mark(path: Path | None) -> ShortMark | None:
    """The mark of the file's last checkpoint; None before the first. Reads the end of the file only.

    Raises CheckpointsUnreadable.
    """
    if path is None or not path.exists():
        return None
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        lines = file.read().split(b"\n")
    whole = [line for line in lines[:-1] if line.startswith(b"{")]  # what no line feed ends is still being written
    return mark_of(parse_checkpoint(_loaded(whole[-1]), 0)) if whole else None


def mark_of(point: Checkpoint) -> ShortMark:
    """The short form of a checkpoint."""
    return ShortMark(point.seq, point.head.hex()[:DIGITS], datetime.fromisoformat(point.at))


def _loaded(line: bytes) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None  # parse_checkpoint says it
