"""A recorded screen as it stood: the same characters in the same styles, scrolled where the terminal is smaller."""

from __future__ import annotations

import functools

from rich.errors import StyleSyntaxError
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from services.recording_frames import Frame, Line


class FrameView(Widget):
    """Shows one frame. `look` moves the view by columns and rows, never past the frame's edges."""

    DEFAULT_CSS = "FrameView { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._frame: Frame = ()
        self._left = self._top = 0

    def show(self, frame: Frame) -> None:
        """Show another frame."""
        self._frame = frame
        self.look(0, 0)
        self.refresh()

    def look(self, columns: int, rows: int) -> None:
        """Move the view."""
        width = max((sum(len(text) for text, _ in line) for line in self._frame), default=0)
        self._left = max(0, min(self._left + columns, width - self.size.width))
        self._top = max(0, min(self._top + rows, len(self._frame) - self.size.height))
        self.refresh()

    def on_resize(self) -> None:
        """The terminal has another size."""
        self.look(0, 0)

    def render_line(self, y: int) -> Strip:
        row = y + self._top
        line = self._frame[row] if row < len(self._frame) else ()
        return _strip(line).crop(self._left, self._left + self.size.width).adjust_cell_length(self.size.width)


@functools.lru_cache(maxsize=2000)
def _strip(line: Line) -> Strip:
    return Strip([Segment(_printable(text), _style(style)) for text, style in line])


@functools.lru_cache(maxsize=2000)
def _style(spelt: str) -> Style:
    try:
        return Style.parse(spelt)
    except StyleSyntaxError:
        return Style()


def _printable(text: str) -> str:
    """What a terminal takes for text: a recording is data too (T1)."""
    return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)
