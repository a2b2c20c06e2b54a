"""`staff add|disable|enable|reset|unlock|list`: people who work here, by an administrator (req. 11–14)."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coop_tui.cli.running import (
    Usage,
    add_identity_arguments,
    answer,
    read_secret_lines,
    settings_of,
    signed_in,
)

if TYPE_CHECKING:
    from coop_tui.settings import Settings
    from services.unit_of_work import UnitOfWork


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACCIÓN", required=True)
    add = actions.add_parser("add", help="agrega una persona; --first crea al primer administrador")
    add.add_argument("username", metavar="USUARIO")
    add.add_argument("--name", required=True, help="nombre completo")
    add.add_argument(
        "--role",
        action="append",
        default=[],
        help="agente_cis, cajero, supervisor, auditor, administrador, cumplimiento",
    )
    add.add_argument("--branch", default="001", help="sucursal, tres dígitos")
    add.add_argument("--member", help="su propio número de asociado, si lo es")
    add.add_argument("--first", action="store_true", help="primer administrador de un almacén nuevo")
    add.add_argument("--reason", default="Ingreso de personal")
    add_identity_arguments(add)
    for action, text in (
        ("disable", "cierra el acceso y las sesiones"),
        ("enable", "vuelve a abrir el acceso"),
        ("reset", "da una contraseña temporal nueva"),
        ("unlock", "quita el bloqueo por intentos fallidos"),
    ):
        one = actions.add_parser(action, help=text)
        one.add_argument("username", metavar="USUARIO")
        one.add_argument("--reason", required=True, help="motivo, queda en la auditoría")
        add_identity_arguments(one)
    add_identity_arguments(actions.add_parser("list", help="lista el personal"))
    factor = actions.add_parser("factor", help="registra el segundo factor de quien ingresa (--as)")
    factor.add_argument("--confirm-file", metavar="ARCHIVO", help="archivo 0600: secreto y, en otra línea, un código")
    add_identity_arguments(factor)


def run(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store

    settings = settings_of(options)
    uow = open_store(settings)
    if options.action == "add" and options.first:
        return _first(options, settings, uow)
    from services.staff_sessions import sign_out

    operator = signed_in(options, settings, uow)
    try:
        return _act(options, operator, uow)
    finally:
        sign_out(operator, uow)


def _first(options: argparse.Namespace, settings: Settings, uow: UnitOfWork) -> int:
    from services.staff import FirstAdministrator, first_administrator

    password, _ = read_secret_lines(options, settings, f"Contraseña nueva de {options.username}", options.username)
    first_administrator(FirstAdministrator(options.username, options.name, options.branch, password), uow)
    answer(
        options,
        {"username": options.username},
        [f"{options.username} es el primer administrador. Al ingresar registrará su segundo factor."],
    )
    return 0


def _act(options: argparse.Namespace, operator: Any, uow: UnitOfWork) -> int:
    from services import staff

    if options.action == "factor":
        return _factor(options, operator, uow)
    if options.action == "list":
        rows = staff.list_staff(operator, uow)
        answer(
            options,
            rows,
            [f"{row.username:<16} {row.full_name:<28} {row.roles:<28} {row.branch}  {row.state}" for row in rows],
        )
        return 0
    if options.action == "add":
        added = staff.add_staff(_new_person(options), operator, uow)
        return _temporary(options, added.temporary_password.reveal())
    if options.action == "reset":
        reset = staff.reset_staff(staff.ResetStaff(options.username, options.reason), operator, uow)
        return _temporary(options, reset.temporary_password.reveal())
    if options.action == "disable":
        staff.disable_staff(staff.DisableStaff(options.username, options.reason), operator, uow)
    elif options.action == "enable":
        staff.enable_staff(staff.EnableStaff(options.username, options.reason), operator, uow)
    else:
        staff.unlock_staff(staff.UnlockStaff(options.username, options.reason), operator, uow)
    answer(options, {"username": options.username}, [f"{options.username}: listo."])
    return 0


def _new_person(options: argparse.Namespace) -> Any:
    from services.operator import Role
    from services.staff import AddStaff

    try:
        roles = frozenset(Role(name) for name in options.role)
    except ValueError as error:
        raise Usage(f"rol desconocido: {error}") from None
    if not roles:
        raise Usage("falta --role")
    return AddStaff(options.username, options.name, roles, options.branch, options.member, options.reason)


def _factor(options: argparse.Namespace, operator: Any, uow: UnitOfWork) -> int:
    """Offer a second factor, or confirm the offered one with a code of the phone (req. 11)."""
    from data.secrets import Secret
    from data.secrets.private_file import read_private
    from services.staff_sessions import ConfirmSecondFactor, begin_second_factor, confirm_second_factor

    if options.confirm_file:
        lines = read_private(Path(options.confirm_file)).decode("utf-8").split()
        if len(lines) != 2:
            raise Usage("el archivo lleva dos líneas: el secreto y un código")
        confirm_second_factor(ConfirmSecondFactor(Secret(lines[0]), Secret(lines[1])), operator, uow)
        answer(options, {"username": operator.username}, ["Segundo factor registrado."])
        return 0
    offer = begin_second_factor(operator, uow)
    shown = {"secret": offer.secret.reveal(), "uri": offer.uri.reveal()}
    if options.json or not sys.stdin.isatty():
        answer(options, shown, [shown["uri"], "Confirme con: coop-tui staff factor --confirm-file ARCHIVO"])
        return 0
    print("\n".join((*offer.qr_rows, f"Secreto: {shown['secret']}")))
    code = Secret(getpass.getpass("Código que muestra su teléfono: ").strip())
    confirm_second_factor(ConfirmSecondFactor(offer.secret, code), operator, uow)
    print("Segundo factor registrado.")
    return 0


def _temporary(options: argparse.Namespace, password: str) -> int:
    """The one time that the temporary password is shown: the administrator hands it over, the person changes it."""
    answer(
        options,
        {"username": options.username, "temporary_password": password},
        [f"Contraseña temporal de {options.username}: {password}", "Debe cambiarla en su primer ingreso."],
    )
    return 0
