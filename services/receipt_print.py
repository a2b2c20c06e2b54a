"""A receipt on paper: text for a printer of 40 columns, and a PDF whose bytes are the same every time (req. 44)."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

from services.receipts import Receipt
from services.text_cleaning import clean

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

COLUMNS = 40
HOUSE = "COOPERATIVA EN LÍNEA"
FOOT = "Si usted no la solicitó, llame al 205-0911."
#: Receipt printers know the letters of Spanish (code page 850) but not these.
PLAIN = str.maketrans({"•": "*", "…": ".", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'"})
MILLIMETRE = 72000  # thousandths of a point are 25,400 of these: whole numbers until the very end
PAGE = (80, 150)  # millimetres: a slip that any printer takes
MARGIN = 6


def text40(receipt: Receipt) -> str:
    """The receipt in lines of at most 40 characters, each of them in code page 850, none a control character but the
    line feeds that end the lines."""
    lines = [HOUSE.center(COLUMNS), receipt.title.center(COLUMNS), "-" * COLUMNS]
    for label, value in receipt.lines:
        lines += _row(_printable(label), _printable(value))
    lines += ["-" * COLUMNS, *textwrap.wrap(FOOT, COLUMNS)]
    if receipt.copy:
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


def pdf(receipt: Receipt) -> bytes:
    """The receipt as a one-page PDF without dates or ids of its own: the same receipt is the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    width, height = (side * MILLIMETRE // 25400 for side in PAGE)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width, height), invariant=1, pageCompression=0)
    canvas.setTitle(f"Comprobante {receipt.number}")
    canvas.setAuthor(HOUSE)
    _draw(canvas, receipt, width, height)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, receipt: Receipt, width: int, height: int) -> None:
    left = MARGIN * MILLIMETRE // 25400
    y = height - 2 * left
    canvas.setFont("Helvetica-Bold", 10)
    canvas.drawCentredString(width // 2, y, HOUSE)
    y -= 14
    canvas.drawCentredString(width // 2, y, _drawable(receipt.title))
    y -= 8
    canvas.line(left, y, width - left, y)
    for label, value in receipt.lines:
        y -= 15
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
    canvas.drawString(left, y - 12, FOOT)


def _drawable(text: str) -> str:
    """What the PDF's own fonts hold (Windows-1252, which has «•» and «—»)."""
    return clean(text, 400).encode("cp1252", "replace").decode("cp1252")
