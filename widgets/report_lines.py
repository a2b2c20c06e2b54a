"""A report as lines of a terminal: the same document that is printed, laid out for a width."""

from __future__ import annotations

import textwrap

from rich.text import Text

from data.values.dates import format_datetime
from services.report_document import Column, Report, Series, Table, cell_text, figure_text
from widgets.plots import bar_lines, column_lines
from widgets.text import plain, safe

GAP = 2
LEAST = 6
"""Cells that a column of texts keeps, however narrow the terminal is."""


def report_lines(report: Report, width: int) -> tuple[list[Text], list[int]]:
    """The lines, and the numbers of those on which a section begins."""
    lines = [safe(f"Hecho el {format_datetime(report.made_at)} · auditoría {report.mark}", "dim")]
    starts = [0]
    for section in report.sections:
        lines.append(Text(""))
        starts.append(len(lines))
        lines.append(safe(section.title, "bold"))
        lines += table_lines(section, width) if isinstance(section, Table) else series_lines(section, width)
    lines.append(Text(""))
    for note in report.notes:
        lines += [safe(line, "dim") for line in _wrapped(note, width)]
    return lines, starts


def table_lines(table: Table, width: int) -> list[Text]:
    """Heads, rows, and the total below a stroke; a text that doesn't fit goes on below itself, figures are whole."""
    if not table.rows:
        return [safe(table.empty, "dim")]
    heads = [column.title for column in table.columns]
    whole = [*table.rows, *([table.total] if table.total else [])]
    rows = [[plain(cell_text(*pair)) for pair in zip(table.columns, row, strict=True)] for row in whole]
    widths = _widths(table.columns, [heads, *rows], width)
    if sum(widths) + GAP * (len(widths) - 1) > width:
        return _records(heads, rows, len(table.rows), width)
    lines = [safe(line, "underline", multiline=True) for line in _row(table.columns, heads, widths)]
    for row in rows[: len(table.rows)]:
        lines += [safe(line, multiline=True) for line in _row(table.columns, row, widths)]
    if table.total:
        lines.append(safe("─" * (sum(widths) + GAP * (len(widths) - 1)), "dim"))
        lines += [safe(line, "bold", multiline=True) for line in _row(table.columns, rows[-1], widths)]
    return lines


def series_lines(series: Series, width: int) -> list[Text]:
    """The plot; of nothing at all, that there is nothing."""
    if not any(value > 0 for _, value in series.points):
        return [safe("Nada que dibujar.", "dim")]
    points = [(plain(label), value) for label, value in series.points]
    if series.shape == "columns":
        return [safe(line, multiline=True) for line in column_lines(points, width)]
    said = [figure_text(series.kind, value) for _, value in series.points]
    return [safe(line, multiline=True) for line in bar_lines(points, said, width)]


def _widths(columns: tuple[Column, ...], rows: list[list[str]], width: int) -> list[int]:
    wanted = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    over = sum(wanted) + GAP * (len(wanted) - 1) - width
    texts = [place for place, column in enumerate(columns) if not column.is_figure]
    while over > 0 and (wide := [place for place in texts if wanted[place] > LEAST]):
        widest = max(wide, key=lambda place: wanted[place])
        wanted[widest] -= 1
        over -= 1
    return wanted


def _records(heads: list[str], rows: list[list[str]], many: int, width: int) -> list[Text]:
    """A table that is wider than the terminal: each row as its heads and cells, one after the other."""
    lines: list[Text] = []
    for number, row in enumerate(rows):
        pairs = [f"{head}: {cell}" for head, cell in zip(heads, row, strict=True) if cell]
        told = textwrap.wrap(" · ".join(pairs), width, subsequent_indent="    ")
        lines += [safe(line, "bold" if number >= many else "", multiline=True) for line in told]
    return lines


def _row(columns: tuple[Column, ...], row: list[str], widths: list[int]) -> list[str]:
    """A row in as many lines as its longest text takes."""
    cells = [
        [cell] if len(cell) <= width else textwrap.wrap(cell, width) or [""]
        for cell, width in zip(row, widths, strict=True)
    ]
    lines = []
    for level in range(max(map(len, cells))):
        parts = [cell[level] if level < len(cell) else "" for cell in cells]
        aligned = [
            f"{part:>{width}}" if column.is_figure else f"{part:<{width}}"
            for column, part, width in zip(columns, parts, widths, strict=True)
        ]
        lines.append((" " * GAP).join(aligned).rstrip())
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(plain(text), max(20, width)) or [""]
