"""The steps of a recorded session and their bytes: a key, and the screen that came to rest after it (C5).

A screen is lines of runs; a run is characters that share a style, in rich's own spelling (`bold #d0d0d0 on #121212`).
A chunk stands alone: its first step has the whole screen, each other one the lines that changed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from data.values.card_number import card_digits

Run = tuple[str, str]
Line = tuple[Run, ...]
Frame = tuple[Line, ...]

VERSION: Final = 1
HIDDEN: Final = "▒"
"""Stands in each cell of what is not kept."""
MOST_BYTES: Final = 16_000_000
"""Of one chunk unpacked: more is no recording."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class BadChunk(ValueError):
    """These bytes are no chunk of steps."""


@dataclass(frozen=True, slots=True)
class Step:
    """`key`: what was pressed (`enter`, `ñ`, `•` in a secret's field), empty where the screen moved by itself. `frame`:
    the screen at rest after it. `lost`: steps before this one that could not be kept."""

    at: datetime
    key: str
    frame: Frame
    lost: int = 0


@lru_cache(maxsize=512)
def without_cards(line: Line) -> Line:
    """The line as it may be kept: of what may be a card number, typed or pasted, the first six digits (req. 52)."""
    hidden = set(card_digits("".join(text for text, _ in line)))
    if not hidden:
        return line
    kept, start = [], 0
    for text, style in line:
        shown = (HIDDEN if start + at in hidden else character for at, character in enumerate(text))
        kept.append(("".join(shown), style))
        start += len(text)
    return tuple(kept)


def text_of(frame: Frame) -> list[str]:
    """The characters alone, line by line, without trailing blanks."""
    return ["".join(text for text, _ in line).rstrip() for line in frame]


def encode(steps: Sequence[Step]) -> bytes:
    """The packed bytes of at least one step."""
    styles: dict[str, int] = {}
    first = _milliseconds(steps[0].at)
    shown: Frame = ()
    rows = []
    for step in steps:
        changed = [
            [y, *_spelt(line, styles)]
            for y, line in enumerate(step.frame)
            if y >= len(shown) or (line is not shown[y] and line != shown[y])
        ]
        rows.append([_milliseconds(step.at) - first, step.key, step.lost, len(step.frame), changed])
        shown = step.frame
    document = {"v": VERSION, "at": first, "styles": list(styles), "steps": rows}
    return zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def decode(packed: bytes) -> list[Step]:
    """The steps that `encode` packed; lines that did not change are the same object. Raises BadChunk."""
    try:
        unpacker = zlib.decompressobj()
        document = json.loads(unpacker.decompress(packed, MOST_BYTES))
        if document["v"] != VERSION:
            raise BadChunk
        return list(_steps(document))
    except (zlib.error, ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise BadChunk from error


def _steps(document: dict[str, Any]) -> Iterator[Step]:
    styles: list[str] = document["styles"]
    shown: list[Line] = []
    for offset, key, lost, height, changed in document["steps"]:
        del shown[height:]
        for y, *spelt in changed:
            line = tuple((text, styles[style]) for style, text in zip(spelt[::2], spelt[1::2], strict=True))
            if y == len(shown):
                shown.append(line)
            else:
                shown[y] = line
        yield Step(_EPOCH + (document["at"] + offset) * _MILLISECOND, key, tuple(shown), lost)


def _spelt(line: Line, styles: dict[str, int]) -> list[int | str]:
    return [part for text, style in line for part in (styles.setdefault(style, len(styles)), text)]


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
