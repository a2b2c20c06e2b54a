"""The command line: `coop-tui [--data DIR] [--json] SUB-COMMAND`; without one, the app opens.

Only argparse is loaded before a sub-command is known, and for the app alone not even that: its first screen waits for
nothing that it does not show.
Exit codes: 0 fine, 1 a check failed or the request was refused, 2 wrong usage.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from data.version import __version__

if TYPE_CHECKING:
    import argparse

#: sub-command → (module, help); the module adds its options and runs it.
SUBCOMMANDS = {
    "init": ("coop_tui.cli.store", "crea el almacén vacío, sus llaves y su base de datos"),
    "demo": ("coop_tui.cli.demo", "crea una cooperativa de demostración y la abre"),
    "import": ("coop_tui.cli.imports", "importa socios, cuentas y movimientos (CSV)"),
    "find": ("coop_tui.cli.find", "busca un asociado o tercero"),
    "staff": ("coop_tui.cli.staff", "personal: add, change, approve, disable, list y más"),
    "policy": ("coop_tui.cli.policy", "política: show, check, fallback"),
    "billers": ("coop_tui.cli.billers", "recaudadores: reconcile, orders"),
    "ledger": ("coop_tui.cli.ledger", "libro mayor: check"),
    "audit": ("coop_tui.cli.audit", "auditoría: verify, printed, prove, checkpoint, public-key"),
    "replay": ("coop_tui.cli.replay", "sesiones grabadas: list, verify, purge"),
    "contract": ("coop_tui.cli.contract", "contratos firmados: list, verify, export"),
    "cash": ("coop_tui.cli.cash", "efectivo que se reporta: marks"),
    "report": ("coop_tui.cli.report", "reportes: cierre, accesos, tiempos, canales, efectivo"),
    "privacy": ("coop_tui.cli.privacy", "datos personales: solicitudes, vulneraciones, entrega de datos"),
    "db": ("coop_tui.cli.store", "base de datos: upgrade, check, grants, backup, restore"),
    "worker": ("coop_tui.cli.worker", "envía correos y hace las tareas de fondo"),
    "portal": ("coop_tui.cli.portal", "el portal de los asociados, en el quiosco de una sucursal"),
    "serve": ("coop_tui.cli.serve", "atiende en el navegador, detrás de un proxy con TLS"),
    "doctor": ("coop_tui.cli.doctor", "revisa si esta instalación está en condiciones"),
    "secret": ("coop_tui.cli.secret", "guarda la contraseña o la ficha de un servidor vecino"),
    "keys": ("coop_tui.cli.keys", "imprime la hoja de teclas"),
    "sandbox": ("coop_tui.cli.sandbox", "servidores de prueba: sms, billers, fault"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the program; answers the exit code."""
    os.umask(0o077)  # whatever is written here is its owner's alone (req. 58)
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or (len(arguments) == 2 and arguments[0] == "--data" and not arguments[1].startswith("-")):
        return _app(arguments[1] if arguments else None)
    options = _parser(arguments).parse_args(arguments)
    if options.command is None:
        return _app(options.data)
    if options.command in ("demo", "portal"):
        from coop_tui.environment import harden_process

        harden_process()  # Textual reads the environment when it is imported.
    from coop_tui.cli.running import run_command

    return run_command(importlib.import_module(SUBCOMMANDS[options.command][0]).run, options)


def _app(data: str | None) -> int:
    """Open the app on the store in `data`; answers its exit code."""
    from coop_tui.environment import forbid_collection, harden_process

    harden_process()  # Textual reads the environment when it is imported.
    forbid_collection()
    from coop_tui.app import run

    return run(data)


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    """The global options, every sub-command, and the options of the one that `arguments` name."""
    import argparse

    parser = argparse.ArgumentParser(prog="coop-tui", description="Mostrador, CIS y auditoría de Cooperativa en Línea")
    parser.add_argument("--data", metavar="DIR", help="carpeta de datos (también COOP_DATA)")
    parser.add_argument("--json", action="store_true", help="responde en JSON")
    parser.add_argument("--version", action="version", version=f"coop-tui {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="ORDEN")
    wanted = _sub_command(arguments)
    for name, (module, help_text) in SUBCOMMANDS.items():
        sub = commands.add_parser(name, help=help_text, description=help_text)
        if name == wanted:
            importlib.import_module(module).add_arguments(name, sub)
    return parser


def _sub_command(arguments: list[str]) -> str | None:
    """The first word that is no option and no option's value: the one module whose options have to be known."""
    words = iter(arguments)
    for word in words:
        if word == "--data":
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None
