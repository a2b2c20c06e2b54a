"""Documents on letter paper as PDF: the contract, account statements. The same content is the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.qr_drawing import draw_qr, qr_side
from services.text_cleaning import clean

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

HOUSE = "COOPERATIVA EN LÍNEA"
#: Letter, in points; margins on all sides.
WIDTH, HEIGHT, MARGIN = 612, 792, 54
BODY, SMALL, LEADING = 10, 8, 14
TEXT_LIMIT = 5000


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; `strong` for a heading."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. `widths` in points, together the room between the margins (504, or 684 on a wide page);
    `right`: the columns of figures. `wrap`: a text that is too long goes on below itself instead of being cut."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    right: frozenset[int] = frozenset()
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar a row: label, value (0 or more), the value in words. The longest fills the room between both."""

    rows: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code of `text` with a line beside it."""

    text: str
    beside: str


Part = Paragraph | Table | Bars | Code
#: Of bars and codes, in points.
LABEL, BAR, MODULE = 170, 230, 2
GAP = 6  # between two columns of a table


def document_pdf(title: str, parts: Sequence[Part], foot: str, *, wide: bool = False) -> bytes:
    """`parts` from top to bottom over as many pages as they take; `foot` and the page's number on each. `wide`: the
    paper lies on its side."""
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    size = (HEIGHT, WIDTH) if wide else (WIDTH, HEIGHT)
    canvas = Canvas(out, pagesize=size, invariant=1, pageCompression=1)
    canvas.setTitle(_drawable(title))
    canvas.setAuthor(HOUSE)
    page = _Page(canvas, _drawable(title), _drawable(foot), size)
    for part in parts:
        page.draw(part)
    page.end()
    canvas.save()
    return out.getvalue()


class _Page:
    """A pen that moves down and turns the page."""

    def __init__(self, canvas: Canvas, title: str, foot: str, size: tuple[int, int]) -> None:
        self._canvas, self._title, self._foot = canvas, title, foot
        self._width, self._height = size
        self._number, self._y = 0, 0
        self._turn()

    def draw(self, part: Part) -> None:
        """Whatever it is."""
        if isinstance(part, Paragraph):
            self.paragraph(part)
        elif isinstance(part, Table):
            self.table(part)
        elif isinstance(part, Bars):
            self.bars(part)
        else:
            self.code(part)

    def bars(self, part: Bars) -> None:
        most = max((value for _, value, _ in part.rows), default=0)
        for label, value, said in part.rows:
            self._room(LEADING)
            self._canvas.setFont("Helvetica", SMALL)
            self._canvas.drawString(MARGIN, self._y, self._fit(_drawable(label), "Helvetica", LABEL - 6))
            length = value * BAR // most if most else 0
            if length:
                self._canvas.rect(MARGIN + LABEL, self._y - 1, length, SMALL, stroke=0, fill=1)
            self._canvas.drawString(MARGIN + LABEL + length + 6, self._y, _drawable(said))
        self._y -= LEADING

    def code(self, part: Code) -> None:
        side = qr_side(part.text) * MODULE
        self._room(side + LEADING)
        draw_qr(self._canvas, part.text, MARGIN, self._y, MODULE)
        self._canvas.setFont("Helvetica", SMALL)
        for number, line in enumerate(part.beside.split("\n")):
            self._canvas.drawString(MARGIN + side + 10, self._y + side - SMALL - number * LEADING, _drawable(line))
        self._y -= LEADING

    def paragraph(self, part: Paragraph) -> None:
        from reportlab.lib.utils import simpleSplit

        font = "Helvetica-Bold" if part.strong else "Helvetica"
        for line in simpleSplit(_drawable(part.text), font, BODY, self._width - 2 * MARGIN) or [""]:
            self._room(LEADING)
            self._canvas.setFont(font, BODY)
            self._canvas.drawString(MARGIN, self._y, line)
        self._y -= LEADING // 2

    def table(self, part: Table) -> None:
        self._heads(part)
        for row in part.rows:
            lines = self._lines(row, part)
            if self._room(LEADING * len(lines)):
                self._heads(part)
                self._room(LEADING * len(lines))
            self._y += LEADING * (len(lines) - 1)
            for number, line in enumerate(lines):
                self._y -= LEADING if number else 0
                self._cells(line, part, "Helvetica")
        self._y -= LEADING

    def _lines(self, row: Sequence[str], part: Table) -> list[tuple[str, ...]]:
        """A row, in as many lines as its longest text takes where the table wraps."""
        if not part.wrap:
            return [tuple(row)]
        from reportlab.lib.utils import simpleSplit

        cells = [
            [text] if place in part.right else simpleSplit(_drawable(text), "Helvetica", SMALL, width - GAP) or [""]
            for place, (text, width) in enumerate(zip(row, part.widths, strict=True))
        ]
        return [
            tuple(cell[level] if level < len(cell) else "" for cell in cells) for level in range(max(map(len, cells)))
        ]

    def end(self) -> None:
        """Close the last page."""
        self._canvas.setFont("Helvetica", SMALL)
        self._canvas.drawString(MARGIN, MARGIN - LEADING, self._foot)
        self._canvas.drawRightString(self._width - MARGIN, MARGIN - LEADING, f"Página {self._number}")
        self._canvas.showPage()

    def _heads(self, part: Table) -> None:
        self._room(2 * LEADING)
        self._y += LEADING
        self._cells(part.heads, part, "Helvetica-Bold")
        self._canvas.line(MARGIN, self._y - 3, self._width - MARGIN, self._y - 3)
        self._y -= 3

    def _cells(self, row: Sequence[str], part: Table, font: str) -> None:
        self._canvas.setFont(font, SMALL)
        left = MARGIN
        for column, (text, width) in enumerate(zip(row, part.widths, strict=True)):
            shown = self._fit(_drawable(text), font, width - GAP)
            if column in part.right:
                gap = 8 if column + 1 < len(row) else 0  # the next column may begin with a text
                self._canvas.drawRightString(left + width - gap, self._y, shown)
            else:
                self._canvas.drawString(left, self._y, shown)
            left += width

    def _fit(self, text: str, font: str, width: int) -> str:
        if self._canvas.stringWidth(text, font, SMALL) <= width:
            return text
        while text and self._canvas.stringWidth(f"{text}…", font, SMALL) > width:
            text = text[:-1]
        return f"{text}…"

    def _room(self, height: int) -> bool:
        """Go down; answers whether a new page was begun for it."""
        turned = self._y - height < MARGIN
        if turned:
            self.end()
            self._turn()
        self._y -= height
        return turned

    def _turn(self) -> None:
        self._number += 1
        self._y = self._height - MARGIN
        self._canvas.setFont("Helvetica-Bold", BODY)
        self._canvas.drawString(MARGIN, self._y, HOUSE)
        self._canvas.drawRightString(self._width - MARGIN, self._y, self._title)
        self._canvas.line(MARGIN, self._y - 6, self._width - MARGIN, self._y - 6)
        self._y -= 2 * LEADING


def points_of(text: str, *, strong: bool = False) -> int:
    """How wide a cell of a table must be for this text, in points."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return int(stringWidth(_drawable(text), "Helvetica-Bold" if strong else "Helvetica", SMALL)) + GAP + 2


def _drawable(text: str) -> str:
    """What the PDF's own fonts hold (Windows-1252)."""
    return clean(text, TEXT_LIMIT).encode("cp1252", "replace").decode("cp1252")
