"""The terminal's cells as the person sees them, followed from what Textual paints; secrets are blank in it.

It is fed and read in the recorder's thread. What it is given (strips, segments) is never changed by anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, InlineUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.widget import Widget

from services.recording_frames import HIDDEN, Frame, Line, without_cards
from widgets.unrecorded import UNRECORDED

Cell = tuple[str, str]  # a character (empty: the right half of a wide one) and its style in rich's spelling
_EMPTY: Final[Cell] = (" ", "")


class ShadowScreen:
    """`size` cells; `paint` changes them, `frame` gives lines of runs."""

    def __init__(self) -> None:
        self._rows: list[list[Cell]] = []
        self._lines: list[Line | None] = []
        self._size = Size(0, 0)

    def paint(self, update: CompositorUpdate, size: Size, hidden: Sequence[Region]) -> None:
        """Take over what was painted, then blank what may not be kept."""
        if size != self._size:
            self._size = size
            self._rows = [[_EMPTY] * size.width for _ in range(size.height)]
            self._lines = [None] * size.height
        if isinstance(update, LayoutUpdate):
            for y, strips in enumerate(update.strips, update.region.y):
                self._write(y, update.region.x, (segment for strip in strips for segment in strip))
        elif isinstance(update, ChopsUpdate):
            for y, left, right in update.spans:
                for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                    if strip is not None and x < right and end > left:
                        self._write(y, x, strip)
        elif isinstance(update, InlineUpdate):
            for y, line in enumerate(update.strips):
                self._write(y, 0, line)
        for region in hidden:
            self._blank(region)

    def frame(self) -> Frame:
        """The screen as it stands. Lines that did not change since the last call are the same objects."""
        for y, line in enumerate(self._lines):
            if line is None:
                self._lines[y] = tuple(
                    ("".join(character for character, _ in cells), style)
                    for style, cells in groupby(self._rows[y], itemgetter(1))
                )
        return tuple(without_cards(line) for line in self._lines if line is not None)

    def _write(self, y: int, x: int, segments: Iterable[Segment]) -> None:
        if not 0 <= y < len(self._rows):
            return
        row = self._rows[y]
        cells: list[Cell] = []
        for text, style, control in segments:
            if not control:
                spelt = str(style) if style else ""
                cells.extend(_cells(text, "" if spelt == "none" else spelt))
        del cells[max(0, len(row) - x) :]
        if row[x : x + len(cells)] != cells:
            row[x : x + len(cells)] = cells
            self._lines[y] = None

    def _blank(self, region: Region) -> None:
        inside = region.intersection(self._size.region)
        for y in inside.line_range:
            row = self._rows[y]
            for x in inside.column_range:
                row[x] = (HIDDEN, row[x][1])
            self._lines[y] = None


def _cells(text: str, style: str) -> list[Cell]:
    if text.isascii() or cell_len(text) == len(text):
        return [(character, style) for character in text]
    cells: list[Cell] = []
    for character in text:
        width = cell_len(character)
        if width == 0 and cells:  # a combining mark belongs to the character before it
            cells[-1] = (cells[-1][0] + character, style)
        else:
            cells += [(character, style), *[("", style)] * (width - 1)]
    return cells


def hidden_regions(screens: Sequence[Screen[object]]) -> list[Region]:
    """Where something stands on show that may not be kept. `screens`: those that are seen, the topmost last.

    On a screen beneath another one, what an opaque part of that one covers needs no blank.
    """
    if not any(widget.has_class(UNRECORDED) for screen in screens for widget in screen._compositor.visible_widgets):
        return []  # nearly always; this is asked at each paint
    found: list[Region] = []
    covers: list[Region] = []
    for screen in reversed(screens):
        shown = screen._compositor.visible_widgets
        secret = [region.intersection(clip) for widget, (region, clip) in shown.items() if widget.has_class(UNRECORDED)]
        found += [part for region in secret for part in _outside(region, covers)]
        covers += [region.intersection(clip) for widget, (region, clip) in shown.items() if _is_opaque(widget)]
    return found


def _is_opaque(widget: Widget) -> bool:
    return not isinstance(widget, Screen) and widget.styles.background.a == 1


def _outside(region: Region, covers: Sequence[Region]) -> list[Region]:
    """The region's lines without the cells that a cover hides."""
    if not any(region.overlaps(cover) for cover in covers):
        return [region] if region else []
    parts = []
    for y in region.line_range:
        hidden = {x for cover in covers if y in cover.line_range for x in cover.column_range}
        parts += [Region(x, y, 1, 1) for x in region.column_range if x not in hidden]
    return parts
