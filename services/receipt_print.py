"""A slip on paper: text for a printer of 40 columns, and a PDF whose bytes are the same every time (req. 44).

Receipts and the reports of drawers are slips.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from services.paper_seal import PaperSeal
from services.qr_drawing import draw_qr, qr_side
from services.text_cleaning import clean

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

COLUMNS = 40
HOUSE = "COOPERATIVA EN LÍNEA"
#: Receipt printers know the letters of Spanish (code page 850) but not these.
PLAIN = str.maketrans({"•": "*", "…": ".", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'"})
MILLIMETRE = 72000  # thousandths of a point are 25,400 of these: whole numbers until the very end
PAGE = (80, 150)  # millimetres: a slip that any printer takes; longer where the lines need it
LINE = 15  # points
MARGIN = 6
MODULE = 2  # points of a module of the QR code: 0.7 mm


class Slip(Protocol):
    """What is printed: label and value a line, `foot` below them, `file_name` on the disk."""

    @property
    def number(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def lines(self) -> Sequence[tuple[str, str]]: ...
    @property
    def copy(self) -> bool: ...
    @property
    def foot(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def sealed(self) -> tuple[int, str] | None: ...


def text40(slip: Slip, seal: PaperSeal | None = None) -> str:
    """The receipt in lines of at most 40 characters, each of them in code page 850, none a control character but the
    line feeds that end the lines."""
    lines = [HOUSE.center(COLUMNS), slip.title.center(COLUMNS), "-" * COLUMNS]
    for label, value in (*slip.lines, *(seal.lines if seal else ())):
        lines += _row(_printable(label), _printable(value))
    lines += ["-" * COLUMNS, *textwrap.wrap(slip.foot, COLUMNS)]
    if slip.copy:
        lines.append("*** COPIA ***".center(COLUMNS))
    return "".join(f"{_printable(line).rstrip()}\n" for line in lines)


def _row(label: str, value: str) -> list[str]:
    """Label on the left, value on the right; below it where both don't fit."""
    if len(label) + 1 + len(value) <= COLUMNS:
        return [f"{label}{value:>{COLUMNS - len(label)}}"]
    return [label, *(f"{part:>{COLUMNS}}" for part in textwrap.wrap(value, COLUMNS - 2) or [""])]


def _printable(text: str) -> str:
    """One character a column: what the printer's code page lacks becomes «?»."""
    plain = clean(text, 400).translate(PLAIN) if text.strip() else text
    return plain.encode("cp850", "replace").decode("cp850")


def pdf(slip: Slip, seal: PaperSeal | None = None) -> bytes:
    """The receipt as a one-page PDF without dates or ids of its own: the same receipt is the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    width, height = (side * MILLIMETRE // 25400 for side in PAGE)
    lines = (*slip.lines, *(seal.lines if seal else ()))
    height = max(height, LINE * (len(lines) + 10)) + (qr_side(seal.code) * MODULE if seal else 0)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width, height), invariant=1, pageCompression=0)
    canvas.setTitle(f"{slip.title.capitalize()} {slip.number}")
    canvas.setAuthor(HOUSE)
    y = _draw(canvas, slip, lines, width, height)
    if seal:
        side = qr_side(seal.code) * MODULE
        draw_qr(canvas, seal.code, (width - side) // 2, y - side, MODULE)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, slip: Slip, lines: Sequence[tuple[str, str]], width: int, height: int) -> int:
    """Everything but the code; answers how far down it came."""
    left = MARGIN * MILLIMETRE // 25400
    y = height - 2 * left
    canvas.setFont("Helvetica-Bold", 10)
    canvas.drawCentredString(width // 2, y, HOUSE)
    y -= 14
    canvas.drawCentredString(width // 2, y, _drawable(slip.title))
    y -= 8
    canvas.line(left, y, width - left, y)
    for label, value in lines:
        y -= LINE
        canvas.setFont("Helvetica", 7)
        canvas.drawString(left, y, _drawable(label))
        canvas.setFont("Helvetica-Bold", 8)
        label_end = left + int(canvas.stringWidth(label, "Helvetica", 7)) + 8
        fits = label_end + canvas.stringWidth(value, "Helvetica-Bold", 8) <= width - left
        parts = [value] if fits else textwrap.wrap(value, 42)
        if not fits:
            y -= 10
        for index, part in enumerate(parts):
            y -= 10 if index else 0
            canvas.drawRightString(width - left, y, _drawable(part))
    y -= 12
    canvas.line(left, y, width - left, y)
    canvas.setFont("Helvetica", 7)
    canvas.drawString(left, y - 12, _drawable(slip.foot))
    return y - 16


def _drawable(text: str) -> str:
    """What the PDF's own fonts hold (Windows-1252, which has «•» and «—»)."""
    return clean(text, 400).encode("cp1252", "replace").decode("cp1252")
