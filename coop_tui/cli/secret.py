"""`secret set NAME`: keep a neighbouring server's password or token where this store keeps its keys."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from coop_tui.cli.running import Usage, answer, settings_of

NAMES = ("smtp_password", "database_password", "sms_token", "billers_token")


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACCIÓN", required=True)
    one = actions.add_parser("set", help="guarda la contraseña o la ficha de un servidor vecino")
    one.add_argument("name", choices=NAMES)
    one.add_argument("--fd", type=int, metavar="N", help="descriptor del que se lee; sin él se pregunta")


def run(options: argparse.Namespace) -> int:
    from coop_tui.wiring import StoreNotReady
    from data.secrets import Secret, SecretStore
    from data.secrets.sources import SecretName

    settings = settings_of(options)
    if settings.store_id is None:
        raise StoreNotReady
    store = SecretStore(settings.store_id, settings.secret_sources())
    store.set(SecretName(options.name), Secret(_typed(options)))
    answer(options, {"name": options.name}, [f"Guardado: {options.name}."])
    return 0


def _typed(options: argparse.Namespace) -> str:
    if options.fd is not None:
        with os.fdopen(options.fd, "r", encoding="utf-8") as stream:
            value = stream.readline().rstrip("\n")
    elif sys.stdin.isatty():
        value = getpass.getpass("Contraseña o ficha: ")
    else:
        value = sys.stdin.readline().rstrip("\n")
    if not value:
        raise Usage("la contraseña o la ficha está vacía")
    return value
