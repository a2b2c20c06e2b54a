"""A report on paper and in a spreadsheet: the document as it was seen, watermark, hash and event (req. 51).

Nothing is read again: what is written is the document that was on the screen, and the event names its hash and the
file's.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from data.secrets.private_file import write_private
from data.values.dates import format_datetime
from data.values.uuid7 import uuid7
from services.document_pdf import Bars, Code, Paragraph, Part, document_pdf, points_of
from services.document_pdf import Table as PdfTable
from services.errors import CoopError, InvalidInput
from services.operator import Operator
from services.report_document import Report, Series, Table, cell_text, figure_text
from services.report_xlsx import report_xlsx
from services.reports import kind_of
from services.unit_of_work import UnitOfWork

FORMATS = ("pdf", "xlsx")
ROOM, WIDE_ROOM = 504, 684  # points between the margins, upright and on its side


class ReportNotSaved(CoopError):
    code = "report_not_saved"
    default = "No se pudo guardar el reporte en el disco. Revise la carpeta y el espacio, y reintente."


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Write `report`, as it stands, into `folder`; `format`: pdf or xlsx."""

    report: Report
    format: str
    folder: Path


@dataclass(frozen=True, slots=True)
class ExportedReport:
    """`sha256` of the file in hex."""

    path: Path
    sha256: str


def export_report(command: ExportReport, operator: Operator, uow: UnitOfWork) -> ExportedReport:
    """Write the file, mode 0600, and the event that tells of it; without the event no file stays.

    Raises InvalidInput (field `format`), NotFound, ReportNotSaved and the errors of authorisation.
    """
    report = command.report
    path: Path | None = None
    try:
        with uow.begin(operator, kind_of(report.name).op) as tx:
            if command.format not in FORMATS:
                raise InvalidInput(f"El formato es uno de: {', '.join(FORMATS)}.", field="format")
            export_id = uuid7()
            watermark = f"{operator.username} · {format_datetime(tx.now)} · {export_id}"
            made = report_pdf(report, watermark) if command.format == "pdf" else report_xlsx(report, watermark)
            digest = hashlib.sha256(made).hexdigest()
            path = command.folder / f"{report.slug}-{export_id[-12:]}.{command.format}"
            write_private(path, made)
            facts = {"format": command.format, "sha256": digest, "report": report.digest, "label": report.slug}
            tx.record("report.export", about=f"export:{export_id}", detail=facts)
            tx.commit()
    except BaseException as error:
        if path is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ReportNotSaved from error
        raise
    return ExportedReport(path, digest)


def report_pdf(report: Report, watermark: str) -> bytes:
    """The document on letter paper; the watermark on each page, the checkpoint as a QR code at the end."""
    head = f"{report.period} · {report.scope} · hecho el {format_datetime(report.made_at)}"
    parts: list[Part] = [Paragraph(report.title, strong=True), Paragraph(head)]
    wide = any(_natural(section) > ROOM for section in report.sections if isinstance(section, Table))
    room = WIDE_ROOM if wide else ROOM
    for section in report.sections:
        parts += _table(section, room) if isinstance(section, Table) else _series(section)
    parts += [Paragraph(note) for note in report.notes]
    beside = f"Auditoría: {report.mark}\nReporte: {report.digest[:16]}\n«coop-tui audit printed» dice si coincide."
    parts.append(Code(report.mark, beside))
    return document_pdf(report.title, parts, watermark, wide=wide)


def _table(table: Table, room: int) -> list[Part]:
    title = Paragraph(table.title, strong=True)
    if not table.rows:
        return [title, Paragraph(table.empty)]
    right = frozenset(place for place, column in enumerate(table.columns) if column.is_figure)
    heads, *rows = _texts(table)
    return [title, PdfTable(heads, tuple(rows), widths_of([heads, *rows], room), right, wrap=True)]


def _texts(table: Table) -> list[tuple[str, ...]]:
    """Heads, rows and total as they are drawn."""
    whole = (*table.rows, *((table.total,) if table.total else ()))
    rows = [tuple(cell_text(*pair) for pair in zip(table.columns, row, strict=True)) for row in whole]
    return [tuple(column.title for column in table.columns), *rows]


def _natural(table: Table) -> int:
    """How wide the table would be with every text on one line, in points."""
    return sum(_widest(_texts(table))) if table.rows else 0


def _widest(rows: list[tuple[str, ...]], *, words: bool = False) -> list[int]:
    """By column, the points of its widest text, or of its widest word. The first row are the heads."""
    found = []
    for place in range(len(rows[0])):
        texts = [
            (row[place].split() or [""] if words else [row[place]], number == 0) for number, row in enumerate(rows)
        ]
        found.append(max(points_of(one, strong=strong) for parts, strong in texts for one in parts))
    return found


def widths_of(rows: list[tuple[str, ...]], room: int = ROOM) -> tuple[int, ...]:
    """Points of each column, `room` together: its widest word at least, what is left where texts want more."""
    wanted, widths = _widest(rows), _widest(rows, words=True)
    places = range(len(widths))
    while sum(widths) > room:  # not even the words fit: the widest gives way
        widths[max(places, key=lambda place: widths[place])] -= 1
    while sum(widths) < room and any(wanted[place] > widths[place] for place in places):
        widths[max(places, key=lambda place: wanted[place] - widths[place])] += 1
    widths[max(places, key=lambda place: widths[place])] += room - sum(widths)
    return tuple(widths)


def _series(series: Series) -> list[Part]:
    some = [place for place, (_, value) in enumerate(series.points) if value > 0]
    if not some:
        return []
    shown = series.points[some[0] : some[-1] + 1] if series.shape == "columns" else series.points
    rows = tuple((label, max(0, value), figure_text(series.kind, value)) for label, value in shown)
    return [Paragraph(series.title, strong=True), Bars(rows)]
