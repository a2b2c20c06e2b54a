"""A QR code on a page of a PDF, drawn as vectors: sharp at every size, the same bytes for the same text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas
    from segno import QRCode

QUIET = 4  # modules that stay white around it


def qr_side(text: str) -> int:
    """How many modules it is wide and high, with its quiet zone."""
    return len(_made(text).matrix) + 2 * QUIET


def draw_qr(canvas: Canvas, text: str, x: int, y: int, module: int) -> None:
    """Draw it with its lower left corner at `x`, `y`; `module` points a module. Runs of dark modules are one box."""
    matrix = _made(text).matrix
    for row, line in enumerate(matrix):
        top = y + (len(matrix) - 1 - row + QUIET) * module
        start: int | None = None
        for column, dark in enumerate([*line, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                canvas.rect(x + (start + QUIET) * module, top, (column - start) * module, module, stroke=0, fill=1)
                start = None


def _made(text: str) -> QRCode:
    import segno  # what prints no code needs none of it

    return segno.make(text, micro=False, error="m")
