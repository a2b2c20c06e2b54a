"""`contract list|verify|export`: the signed contracts of the store, and the proof of one, here or from files alone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from coop_tui.cli.running import Usage, answer, console_operator, settings_of
from data.values.dates import format_datetime

if TYPE_CHECKING:
    from services.contract_proof import Verdict


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACCIÓN", required=True)
    listing = actions.add_parser("list", help="las firmas del almacén, o las de un asociado")
    listing.add_argument("--number", metavar="N", help="número de asociado o cliente")
    verify = actions.add_parser("verify", help="comprueba una firma; con --files, sin almacén")
    verify.add_argument("id", metavar="FIRMA", help="número de la firma")
    verify.add_argument("--files", metavar="DIR", type=Path, help="carpeta de una exportación (contiene FIRMA)")
    verify.add_argument("--public-key", metavar="PEM", type=Path, help="llave pública, con --files")
    export = actions.add_parser("export", help="escribe los archivos que prueban una firma")
    export.add_argument("id", metavar="FIRMA", help="número de la firma")
    export.add_argument("--to", metavar="DIR", type=Path, required=True, help="carpeta donde se escriben")


def run(options: argparse.Namespace) -> int:
    return {"list": _list, "verify": _verify, "export": _export}[options.action](options)


def _list(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.contract_proof import signatures

    settings = settings_of(options)
    rows = signatures(open_store(settings), console_operator("contract.list", settings), options.number)
    lines = [f"{row.id}  {row.number}  {row.version}  {format_datetime(row.signed_at)}" for row in rows]
    answer(options, [*rows], lines or ["No hay contratos firmados."])
    return 0


def _verify(options: argparse.Namespace) -> int:
    verdict = _of_files(options) if options.files else _of_store(options)
    data = {"intact": verdict.intact, "id": verdict.id, "version": verdict.version, "findings": [*verdict.findings]}
    answer(
        options, data | {"seq": verdict.seq}, [verdict.summary, *(f"También: {text}." for text in verdict.findings[1:])]
    )
    return 0 if verdict.intact else 1


def _of_store(options: argparse.Namespace) -> Verdict:
    from coop_tui.wiring import open_store
    from services.contract_proof import verify_contract

    settings = settings_of(options)
    return verify_contract(options.id, console_operator("contract.verify", settings), open_store(settings))


def _of_files(options: argparse.Namespace) -> Verdict:
    from data.secrets.signing import read_public_pem
    from services.contract_proof import verify_files

    if not options.public_key:
        raise Usage("con --files hace falta --public-key")
    try:
        key = read_public_pem(options.public_key.read_text("ascii"))
    except (OSError, ValueError):
        raise Usage(f"«{options.public_key}» no es una llave pública Ed25519 en PEM") from None
    folder = options.files if options.files.name == options.id else options.files / options.id
    return verify_files(folder, key)


def _export(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.contract_proof import export_contract

    settings = settings_of(options)
    operator = console_operator("contract.export", settings)
    folder = export_contract(options.id, options.to, operator, open_store(settings))
    answer(options, {"folder": str(folder)}, [f"Archivos de la firma en {folder}"])
    return 0
