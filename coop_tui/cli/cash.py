"""`cash marks --month MM/AAAA --as USER`: the cash that is reported, as CSV for compliance (req. 45, 51)."""

from __future__ import annotations

import argparse
import sys

from coop_tui.cli.running import add_identity_arguments, answer, settings_of, signed_in


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACCIÓN")
    marks = actions.add_parser("marks", help="efectivo que se reporta en un mes, en CSV; solo cumplimiento")
    marks.add_argument("--month", required=True, metavar="MM/AAAA", help="mes, por ejemplo 11/2026")
    add_identity_arguments(marks)


def run(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.cash_mark_list import MarksOfMonth, export_marks, parse_month
    from services.staff_sessions import sign_out

    month = parse_month(options.month)
    settings = settings_of(options)
    uow = open_store(settings)
    operator = signed_in(options, settings, uow)
    try:
        made = export_marks(MarksOfMonth(month), operator, uow)
    finally:
        sign_out(operator, uow)
    if options.json:
        answer(options, {"csv": made.text, "sha256": made.sha256, "rows": made.rows}, [])
    else:
        sys.stdout.buffer.write(made.text.encode())
    print(f"SHA-256 {made.sha256}", file=sys.stderr)
    return 0
