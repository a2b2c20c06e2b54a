"""A report as a workbook (XLSX, written without a library): a sheet a table or plot, figures as figures.

Amounts are written as decimals of two places from whole centésimos; texts are inline, so that none of them can be a
formula.
"""

import io
import re
import zipfile
from xml.sax.saxutils import escape

from data.values.dates import format_datetime
from services.report_document import Cell, Column, Report, Series, Table
from services.text_cleaning import clean

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f"{_OFFICE}/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATED = f"{_OFFICE}/officeDocument/2006/relationships"
_PLAIN, _BOLD, _MONEY, _COUNT = 0, 1, 2, 3
#: Styles by number: plain, bold, `#,##0.00` (built-in 4), `#,##0` (built-in 3).
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="1"><fill/></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf/><xf fontId="1" applyFont="1"/>'
    '<xf numFmtId="4" applyNumberFormat="1"/><xf numFmtId="3" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same document is the same bytes
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def report_xlsx(report: Report, watermark: str) -> bytes:
    """The workbook: what it is about on the first sheet, with the notes and the watermark; then its sections."""
    sheets = [("Reporte", _about(report, watermark))]
    for number, section in enumerate(report.sections, 1):
        lines = _table(section) if isinstance(section, Table) else _series(section)
        sheets.append((sheet_name(number, section.title), lines))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        parts = {
            "[Content_Types].xml": _content_types(len(sheets)),
            "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_OFFICE}/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": _workbook([name for name, _ in sheets]),
            "xl/_rels/workbook.xml.rels": _relations(len(sheets)),
            "xl/styles.xml": _STYLES,
        }
        for number, (_, lines) in enumerate(sheets, 1):
            body = "".join(f"<row>{line}</row>" for line in lines)
            content = f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'
            parts[f"xl/worksheets/sheet{number}.xml"] = content
        for name, content in parts.items():
            book.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def sheet_name(number: int, title: str) -> str:
    """At most 31 characters, none of those that a sheet's name may not have, each once."""
    return f"{number} {_FORBIDDEN.sub(' ', clean(title, 200))}"[:31].strip()


def _about(report: Report, watermark: str) -> list[str]:
    facts = (
        ("Reporte", report.title),
        ("Periodo", report.period),
        ("Alcance", report.scope),
        ("Hecho", format_datetime(report.made_at)),
        ("Auditoría", report.mark),
        ("Huella del reporte", report.digest),
        ("Marca de agua", watermark),
        *(("Nota", note) for note in report.notes),
    )
    return [_text(label, _BOLD) + _text(value) for label, value in facts]


def _table(table: Table) -> list[str]:
    lines = ["".join(_text(column.title, _BOLD) for column in table.columns)]
    rows = [*table.rows, *([table.total] if table.total else [])]
    lines += ["".join(_cell(*pair) for pair in zip(table.columns, row, strict=True)) for row in rows]
    return lines if table.rows else [*lines, _text(table.empty)]


def _series(series: Series) -> list[str]:
    column = Column(series.title, series.kind)
    lines = [_text("", _BOLD) + _text(series.title, _BOLD)]
    return lines + [_text(label) + _cell(column, value) for label, value in series.points]


def _cell(column: Column, cell: Cell) -> str:
    """A figure as a number; times in whole seconds."""
    if isinstance(cell, int) and column.is_figure:
        if column.kind != "money":
            return f'<c s="{_COUNT}"><v>{cell}</v></c>'
        whole, cents = divmod(abs(cell), 100)
        return f'<c s="{_MONEY}"><v>{"-" if cell < 0 else ""}{whole}.{cents:02d}</v></c>'
    return _text("" if cell is None else str(cell))


def _text(value: str, style: int = _PLAIN) -> str:
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(clean(value, 32_000))}</t></is></c>'


def _content_types(sheets: int) -> str:
    pages = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        for number in range(1, sheets + 1)
    )
    return (
        f'{_HEAD}<Types xmlns="{_OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>{pages}</Types>'
    )


def _workbook(names: list[str]) -> str:
    sheets = "".join(
        f'<sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>{sheets}</sheets></workbook>'


def _relations(sheets: int) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATED}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, sheets + 1)
    )
    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_RELATED}/styles" Target="styles.xml"/>'
    return f'{_HEAD}<Relationships xmlns="{_OFFICE}/package/2006/relationships">{rows}{styles}</Relationships>'
