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
from services.document_pdf import Bars, Code, Paragraph, Part, document_pdf
from services.document_pdf import Table as PdfTable
from services.errors import CoopError, InvalidInput
from services.operator import Operator
from services.report_document import Report, Series, Table, cell_text, figure_text
from services.report_xlsx import report_xlsx
from services.reports import kind_of
from services.unit_of_work import UnitOfWork

FORMATS = ("pdf", "xlsx")
PAGE_WIDTH = 504  # points between the margins
CHARACTER = 5  # points of a wide character at the size of tables


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
    for section in report.sections:
        parts += _table(section) if isinstance(section, Table) else _series(section)
    parts += [Paragraph(note) for note in report.notes]
    beside = f"Auditoría: {report.mark}\nReporte: {report.digest[:16]}\n«coop-tui audit printed» dice si coincide."
    parts.append(Code(report.mark, beside))
    return document_pdf(report.title, parts, watermark)


def _table(table: Table) -> list[Part]:
    title = Paragraph(table.title, strong=True)
    if not table.rows:
        return [title, Paragraph(table.empty)]
    whole = (*table.rows, *((table.total,) if table.total else ()))
    rows = tuple(tuple(cell_text(*pair) for pair in zip(table.columns, row, strict=True)) for row in whole)
    right = frozenset(place for place, column in enumerate(table.columns) if column.is_figure)
    heads = tuple(column.title for column in table.columns)
    return [title, PdfTable(heads, rows, widths_of((heads, *rows)), right)]


def widths_of(rows: tuple[tuple[str, ...], ...]) -> tuple[int, ...]:
    """What each column wants; the widest gives what is too much and gets what is left. Points, 504 together."""
    wanted = [max(len(row[place]) for row in rows) * CHARACTER + 12 for place in range(len(rows[0]))]
    while (over := sum(wanted) - PAGE_WIDTH) > 0:
        widest = max(range(len(wanted)), key=lambda place: wanted[place])
        second = max((one for place, one in enumerate(wanted) if place != widest), default=0)
        wanted[widest] -= min(over, max(1, wanted[widest] - second))
    wanted[max(range(len(wanted)), key=lambda place: wanted[place])] += PAGE_WIDTH - sum(wanted)
    return tuple(wanted)


def _series(series: Series) -> list[Part]:
    some = [place for place, (_, value) in enumerate(series.points) if value > 0]
    if not some:
        return []
    shown = series.points[some[0] : some[-1] + 1] if series.shape == "columns" else series.points
    rows = tuple((label, max(0, value), figure_text(series.kind, value)) for label, value in shown)
    return [Paragraph(series.title, strong=True), Bars(rows)]
