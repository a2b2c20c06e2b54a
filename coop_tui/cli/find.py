"""`find TEXT --as USER`: the one search box, from the command line."""

from __future__ import annotations

import argparse

from coop_tui.cli.running import add_identity_arguments, answer, settings_of, signed_in


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXTO", help="asociado, cliente, cédula o cuenta")
    add_identity_arguments(parser)


def run(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.lookup import Find, find
    from services.staff_sessions import sign_out

    settings = settings_of(options)
    uow = open_store(settings)
    operator = signed_in(options, settings, uow)
    try:
        found = find(Find(options.text), operator, uow)
    finally:
        sign_out(operator, uow)
    answer(
        options,
        found.hits,
        [f"{hit.number:<8} {hit.name:<32} {hit.cedula:<14} {hit.kind:<10} {hit.access}" for hit in found.hits],
    )
    return 0
