"""`staff add|change|enable|reset`, `staff proposals|approve|refuse`, `staff disable|unlock|list|factor` (req. 11–14).

What gives rights is proposed by one person and approved by another: the same services as on the screens.
"""

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
    from services.operator import Operator
    from services.staff_rights import AddPerson, Rights
    from services.unit_of_work import UnitOfWork


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACCIÓN", required=True)
    _add_rights_arguments(actions)
    for action, text in (
        ("disable", "cierra el acceso y las sesiones, al instante"),
        ("unlock", "quita el bloqueo por intentos fallidos, al instante"),
        ("enable", "propone abrir otra vez el acceso"),
        ("reset", "propone una contraseña temporal nueva"),
    ):
        one = actions.add_parser(action, help=text)
        one.add_argument("username", metavar="USUARIO")
        one.add_argument("--reason", required=True, help="motivo, queda en la auditoría")
        add_identity_arguments(one)
    add_identity_arguments(actions.add_parser("list", help="lista el personal"))
    add_identity_arguments(actions.add_parser("proposals", help="lista lo que espera aprobación"))
    approve = actions.add_parser("approve", help="muestra un cambio propuesto; con --hash lo aprueba")
    approve.add_argument("proposal", metavar="SOLICITUD")
    approve.add_argument("--hash", metavar="HUELLA", help="la huella de lo que se mostró")
    add_identity_arguments(approve)
    refuse = actions.add_parser("refuse", help="rechaza un cambio propuesto")
    refuse.add_argument("proposal", metavar="SOLICITUD")
    refuse.add_argument("--reason", required=True, help="motivo, queda en la auditoría")
    add_identity_arguments(refuse)
    factor = actions.add_parser("factor", help="registra el segundo factor de quien ingresa (--as)")
    factor.add_argument("--confirm-file", metavar="ARCHIVO", help="archivo 0600: secreto y, en otra línea, un código")
    add_identity_arguments(factor)


def _add_rights_arguments(actions: Any) -> None:
    add = actions.add_parser("add", help="propone a una persona; --first y --second crean a las dos primeras")
    add.add_argument("--name", required=True, help="nombre completo")
    add.add_argument("--member", help="su propio número de asociado, si lo es")
    order = add.add_mutually_exclusive_group()
    order.add_argument("--first", action="store_true", help="primer administrador de un almacén nuevo")
    order.add_argument("--second", action="store_true", help="quien aprobará, mientras no haya otra persona que pueda")
    change = actions.add_parser("change", help="propone otros derechos; lo que no se nombra queda como está")
    for one, branch, why in ((add, "001", "Ingreso de personal"), (change, None, None)):
        one.add_argument("username", metavar="USUARIO")
        one.add_argument(
            "--role",
            action="append",
            default=[],
            help="agente_cis, cajero, supervisor, auditor, administrador, cumplimiento",
        )
        one.add_argument("--branch", default=branch, help="sucursal, tres dígitos")
        one.add_argument("--hours", help="horario: «L-V 07:30-18:00; S 08:00-12:00»; vacío, a toda hora")
        one.add_argument("--single", help="tope por operación en balboas; vacío, el de su rol")
        one.add_argument("--daily", help="tope por día en balboas; vacío, el de su rol")
        one.add_argument("--reason", default=why, required=why is None, help="motivo, queda en la auditoría")
        add_identity_arguments(one)


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
    from services.staff_first import FirstAdministrator, first_administrator

    password, _ = read_secret_lines(options, settings, f"Contraseña nueva de {options.username}", options.username)
    first_administrator(FirstAdministrator(options.username, options.name, options.branch, password), uow)
    answer(
        options,
        {"username": options.username},
        [f"{options.username} es el primer administrador. Al ingresar registrará su segundo factor."],
    )
    return 0


def _act(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> int:
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
    if options.action == "add" and options.second:
        return _second(options, operator, uow)
    if options.action in ("add", "change", "enable", "reset"):
        return _propose(options, operator, uow)
    if options.action in ("proposals", "approve", "refuse"):
        return _decide(options, operator, uow)
    if options.action == "disable":
        staff.disable_staff(staff.DisableStaff(options.username, options.reason), operator, uow)
    else:
        staff.unlock_staff(staff.UnlockStaff(options.username, options.reason), operator, uow)
    answer(options, {"username": options.username}, [f"{options.username}: listo."])
    return 0


def _second(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> int:
    """The one time that a whole temporary password is shown: nobody is there yet to hold the other half."""
    from services.staff_first import SecondPerson, second_person

    added = second_person(SecondPerson(_new_person(options), options.reason), operator, uow)
    password = added.temporary_password.reveal()
    answer(
        options,
        {"username": options.username, "temporary_password": password},
        [
            f"Contraseña temporal de {options.username}: {password}",
            "Debe cambiarla en su primer ingreso. Desde ahora, lo que da derechos lo aprueba otra persona.",
        ],
    )
    return 0


def _propose(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> int:
    from data.values.uuid7 import uuid7
    from services import staff_rights
    from services.proposals import Propose, propose

    if options.action == "add":
        command: Any = _new_person(options)
    elif options.action == "change":
        command = staff_rights.ChangeRights(options.username, _rights(options, _present_rights(options, operator, uow)))
    else:
        kinds = {"enable": staff_rights.EnablePerson, "reset": staff_rights.ResetPerson}
        command = kinds[options.action](options.username)
    proposed = propose(Propose(command, options.reason, uuid7()), operator, uow)
    half = proposed.told.reveal() if proposed.told else None
    lines = [f"Propuesto: {proposed.proposal_id}. Vale cuando otra persona lo apruebe."]
    if half:
        lines.append(f"Primera mitad de la contraseña temporal de {options.username}: {half}")
    shown = {"username": options.username, "proposal": proposed.proposal_id, "first_half": half}
    answer(options, shown, lines)
    return 0


def _decide(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> int:
    from services.approval_inbox import approval_detail, pending_approvals
    from services.approval_views import GetApproval
    from services.proposals import Agree, Decline, agree, decline

    if options.action == "proposals":
        rows = [row for row in pending_approvals(operator, uow) if row.proposal]
        answer(options, rows, [f"{row.request_id}  {row.title}: {row.member}  ({row.maker})" for row in rows])
        return 0
    if options.action == "refuse":
        decline(Decline(options.proposal, options.reason), operator, uow)
        answer(options, {"proposal": options.proposal}, ["Rechazado."])
        return 0
    if not options.hash:
        detail = approval_detail(GetApproval(options.proposal), operator, uow)
        lines = [f"{detail.row.title}: {detail.row.member} · {detail.row.maker} · {detail.note}"]
        lines += [f"  {label}: {before} → {after}" for label, before, after in detail.differences]
        lines.append(f"No lo puede aprobar: {detail.trouble}" if detail.trouble else f"Huella: {detail.hash}")
        answer(options, detail, lines)
        return 0
    effect = agree(Agree(options.proposal, options.hash), operator, uow)
    half = effect.secret.reveal() if effect.secret else None
    answer(
        options,
        {"proposal": options.proposal, "second_half": half},
        [effect.text, *([f"Segunda mitad de su contraseña temporal: {half}"] if half else [])],
    )
    return 0


def _present_rights(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> Rights:
    from services.errors import NotFound
    from services.staff import list_staff

    for row in list_staff(operator, uow):
        if row.username == options.username:
            return row.rights
    raise NotFound


def _new_person(options: argparse.Namespace) -> AddPerson:
    from services.staff_rights import AddPerson, Rights

    rights = _rights(options, Rights(frozenset(), options.branch))
    return AddPerson(options.username, options.name, rights, options.member)


def _rights(options: argparse.Namespace, present: Rights) -> Rights:
    """What the words name, over what is there."""
    from services.operator import Role
    from services.staff_rights import Rights

    try:
        roles = frozenset(Role(name) for name in options.role) or present.roles
    except ValueError as error:
        raise Usage(f"rol desconocido: {error}") from None
    if not roles:
        raise Usage("falta --role")
    return Rights(
        roles,
        options.branch or present.branch,
        present.hours if options.hours is None else options.hours or None,
        _limit(options.single, present.single_limit),
        _limit(options.daily, present.daily_limit),
    )


def _limit(typed: str | None, present: int | None) -> int | None:
    from data.values.errors import InvalidValue
    from data.values.money import Money

    if not typed:
        return present if typed is None else None
    try:
        return Money.parse(typed).centesimos
    except InvalidValue as error:
        raise Usage(error.message_es) from None


def _factor(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> int:
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
