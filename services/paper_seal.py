"""What ties a paper to the trail: the last checkpoint in short form and the digest of the paper's own operation (C1).

Both stand in the text and in the QR code: `COOP1 1200-9F86-D081-884C-7D65 123-AB12-CD34-EF56-7890`. The first says that
the trail up to event 1200 was signed when the paper was printed; the second is operation 123 of the ledger and the
first digits of the hash of all that it says. The operation's own event is younger than the checkpoint as a rule: which
later one covers it, `coop-tui audit printed` tells. Printing never waits for one.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from services.short_marks import DIGITS, NO_CHECKPOINT, grouped, last_mark

KIND = "COOP1"
NONE = "0"
_MARK = re.compile(r"([1-9][0-9]{0,17})[- ]((?:[0-9A-F]{4}-?){3}[0-9A-F]{4})[0-9A-F]*")


@dataclass(frozen=True, slots=True)
class Printed:
    """A number and the first sixteen hexadecimal digits of a hash, as somebody read them from paper."""

    number: int
    digits: str


@dataclass(frozen=True, slots=True)
class PaperSeal:
    """`lines` are label and value, as the paper has them; `code` is the text of the QR code."""

    lines: tuple[tuple[str, str], ...]
    code: str


def paper_seal(checkpoints: Path, operation: tuple[int, str] | None = None) -> PaperSeal:
    """For a paper that is printed now. `operation`: its number in the ledger and the hex digest of its body.

    Raises CheckpointsUnreadable.
    """
    mark = last_mark(checkpoints)
    lines = [("Control", mark.text if mark else NO_CHECKPOINT)]
    words = [KIND, mark.text if mark else NONE]
    if operation is not None:
        words.append(grouped(operation[0], operation[1]))
        lines.append(("Sello", words[-1]))
    return PaperSeal(tuple(lines), " ".join(words))


def read_printed(typed: str) -> tuple[Printed | None, Printed | None]:
    """What a code, or the short forms typed one after the other, say: the checkpoint and the operation.

    A head as the report of a drawer prints it (`1234 9f86d081884c7d65`) counts as a checkpoint. Raises ValueError.
    """
    text = " ".join(typed.upper().split()).removeprefix(KIND).strip()
    if text.startswith(f"{NONE} "):
        return None, _printed(text[2:])
    if (found := _MARK.match(text)) is None:
        raise ValueError("no short form")
    rest = text[found.end() :].strip()
    return _read(found), _printed(rest) if rest else None


def _printed(text: str) -> Printed:
    if (found := _MARK.fullmatch(text)) is None:
        raise ValueError("no short form")
    return _read(found)


def _read(found: re.Match[str]) -> Printed:
    return Printed(int(found[1]), found[2].replace("-", "").lower()[:DIGITS])
