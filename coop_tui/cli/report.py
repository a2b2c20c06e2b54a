"""`report NAME`: a report as text, JSON, PDF or spreadsheet, for a close of day that nobody has to be there for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from coop_tui.cli.running import Usage, add_identity_arguments, answer, settings_of, signed_in

if TYPE_CHECKING:
    from services.report_document import Report
    from services.report_periods import ReportPeriod
    from services.reports import ReportKind

NAMES = ("cierre", "accesos", "tiempos", "canales", "efectivo")


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=NAMES, help="cuál")
    parser.add_argument("--period", metavar="PERIODO", help="23/11/2026, 11/2026, 2026-2; sin él, el de hoy")
    parser.add_argument("--branch", metavar="SUCURSAL", help="tres dígitos; sin ella, toda la cooperativa")
    parser.add_argument("--format", choices=("pdf", "xlsx"), help="lo guarda en un archivo; sin él, lo imprime")
    parser.add_argument("--folder", type=Path, default=Path(), metavar="CARPETA", help="dónde (esta, si no se dice)")
    add_identity_arguments(parser)


def run(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.report_files import ExportReport, export_report
    from services.reports import REPORTS, MakeReport, make_report
    from services.staff_sessions import sign_out

    settings = settings_of(options)
    uow = open_store(settings)
    kind = REPORTS[options.name]
    period = _period(options, kind)
    operator = signed_in(options, settings, uow)
    try:
        command = MakeReport(kind.word, period, options.branch, settings.checkpoints_path)
        report = make_report(command, operator, uow)
        if options.format:
            done = export_report(ExportReport(report, options.format, options.folder), operator, uow)
            answer(options, done, [f"{done.path} (SHA-256 {done.sha256})"])
        else:
            answer(options, report, text_of(report))
    finally:
        sign_out(operator, uow)
    return 0


def _period(options: argparse.Namespace, kind: ReportKind) -> ReportPeriod:
    from data.values.dates import panama_date
    from services.clock import SystemClock
    from services.errors import InvalidInput
    from services.report_periods import parse_period, period_of

    if not options.period:
        return period_of(kind.periods[0], panama_date(SystemClock().now()))
    try:
        return parse_period(options.period)
    except InvalidInput as error:
        raise Usage(error.user_text) from None


def text_of(report: Report) -> list[str]:
    """The tables, tab between two cells: for people and for `cut`."""
    from services.report_document import Table, cell_text

    lines = [f"{report.title}\t{report.period}\t{report.scope}", f"Auditoría\t{report.mark}"]
    for section in report.sections:
        if isinstance(section, Table):
            rows = [*section.rows, *([section.total] if section.total else [])]
            lines += ["", section.title, "\t".join(column.title for column in section.columns)]
            lines += ["\t".join(cell_text(*pair) for pair in zip(section.columns, row, strict=True)) for row in rows]
    return lines
