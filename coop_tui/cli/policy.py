"""`policy show|check|fallback`: the policy in force, a draft checked before it is proposed, and the way back.

A policy is proposed and approved in the app, by two people. `fallback` is for whoever holds the store's files and keys:
it puts the policy that the program ships into force, where the store's own shuts everybody out. The trail marks it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from coop_tui.cli.running import answer, console_operator, settings_of


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACCIÓN", required=True)
    actions.add_parser("show", help="imprime la política en vigor")
    check = actions.add_parser("check", help="revisa un borrador y dice la línea de lo que no sirve")
    check.add_argument("file", metavar="ARCHIVO", type=Path)
    fallback = actions.add_parser("fallback", help="vuelve a la política que trae el programa; queda en la auditoría")
    fallback.add_argument("--reason", required=True, help="motivo, queda en la auditoría")


def run(options: argparse.Namespace) -> int:
    if options.action == "check":
        from services.policy_text import check_text

        policy = check_text(options.file.read_text(encoding="utf-8"))
        shown = {"version": policy.version, "sha256": policy.sha256}
        answer(options, shown, [f"La política «{policy.version}» es válida."])
        return 0
    from coop_tui.wiring import open_store

    settings = settings_of(options)
    if options.action == "fallback":
        from services.policy_trail import fall_back

        uow = open_store(settings, own_policy=False)
        name = fall_back(uow, console_operator("policy.fallback", settings), options.reason)
        answer(options, {"version": name}, [f"Está en vigor la política que trae el programa, como «{name}»."])
        return 0
    from services.policy_versions import text_in_force

    text = text_in_force(open_store(settings))
    if options.json:
        answer(options, {"text": text}, [])
    else:
        sys.stdout.write(text)
    return 0
