"""`ledger check`: does every balance equal the sum of its entries, and everything else that must hold?"""

from __future__ import annotations

import argparse

from coop_tui.cli.running import answer, console_operator, settings_of


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    parser.add_subparsers(dest="action", metavar="ACCIÓN", required=True).add_parser(
        "check", help="revisa todo el libro mayor"
    )


def run(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.ledger_check import check

    settings = settings_of(options)
    uow = open_store(settings)
    findings = check(uow)
    with uow.begin_system(console_operator("ledger.check", settings)) as tx:
        tx.record("ledger.check", result="ok" if not findings else "failed", detail={"findings": len(findings)})
        tx.commit()
    lines = [f"{finding.code}: {finding.text}" for finding in findings] or ["Libro mayor íntegro: no hay hallazgos."]
    answer(options, findings, lines)
    return 1 if findings else 0
