"""`privacy …`: the registers of rights over personal data and of breaches, and a member's data to hand over."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coop_tui.cli.running import Usage, add_identity_arguments, answer, settings_of, signed_in

if TYPE_CHECKING:
    from datetime import date

    from services.breaches import BreachFacts, BreachRow
    from services.operator import Operator
    from services.privacy_requests import RequestRow
    from services.unit_of_work import UnitOfWork

KINDS = ("acceso", "rectificacion", "cancelacion", "oposicion", "portabilidad")
#: Field of the facts → its option; `--data` is the data folder's.
OPTIONS = {"data": "exposed"}
FACTS = ("nature", "data", "happened", "cause", "effects", "people", "measures", "advice", "contact")


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACCIÓN")
    requests = actions.add_parser("requests", help="solicitudes que esperan respuesta")
    requests.add_argument("--all", action="store_true", help="también las cerradas")
    register = actions.add_parser("register", help="registra una solicitud")
    register.add_argument("--number", required=True, metavar="ASOCIADO")
    register.add_argument("--kind", required=True, choices=KINDS)
    register.add_argument("--text", required=True, help="qué pide, con sus palabras")
    register.add_argument("--received", metavar="DD/MM/AAAA", help="día en que se recibió (hoy, si no se dice)")
    attend = actions.add_parser("attend", help="anota cómo va una solicitud")
    attend.add_argument("id", metavar="SOLICITUD")
    attend.add_argument("--note", required=True)
    close = actions.add_parser("close", help="cierra una solicitud")
    close.add_argument("id", metavar="SOLICITUD")
    close.add_argument("--outcome", required=True, choices=("granted", "partly", "denied"))
    close.add_argument("--reason", required=True)
    export = actions.add_parser("export", help="guarda los datos del asociado para entregarlos")
    export.add_argument("id", metavar="SOLICITUD")
    export.add_argument("--format", default="json", choices=("json", "csv"))
    export.add_argument("--folder", type=Path, default=Path(), metavar="CARPETA")
    breaches = actions.add_parser("breaches", help="vulneraciones abiertas, con su plazo")
    breaches.add_argument("--all", action="store_true", help="también las cerradas")
    breach = actions.add_parser("breach", help="registra una vulneración")
    breach.add_argument("--known", metavar="«DD/MM/AAAA HH:MM»", help="cuándo se conoció (ahora, si no se dice)")
    step = actions.add_parser("breach-step", help="agrega un paso a una vulneración")
    step.add_argument("id", metavar="VULNERACIÓN")
    step.add_argument("--state", required=True, choices=("updated", "told_authority", "told_people", "closed"))
    step.add_argument("--note", required=True)
    for one in (breach, step):
        for name in FACTS:
            one.add_argument(f"--{OPTIONS.get(name, name)}", dest=f"fact_{name}", metavar="TEXTO")
        one.add_argument("--no-risk", action="store_true", help="sin riesgo para las personas")
    for one in (requests, register, attend, close, export, breaches, breach, step):
        add_identity_arguments(one)


def run(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.staff_sessions import sign_out

    settings = settings_of(options)
    uow = open_store(settings)
    operator = signed_in(options, settings, uow)
    try:
        data, lines = ACTIONS[options.action](options, operator, uow)
    finally:
        sign_out(operator, uow)
    answer(options, data, lines)
    return 0


Done = tuple[Any, list[str]]


def _requests(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> Done:
    from services.privacy_requests import ListRequests, list_requests

    rows = list_requests(ListRequests(options.all), operator, uow)
    return list(rows), [_request_line(row) for row in rows] or ["No hay solicitudes que esperen."]


def _request_line(row: RequestRow) -> str:
    from services.privacy_requests import due_text

    return f"{row.request_id}  {row.kind.value:<13} {row.number:<8} {due_text(row)}"


def _register(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> Done:
    from data.values.uuid7 import uuid7
    from services.privacy_requests import RegisterRequest, RequestKind, register_request

    command = RegisterRequest(uuid7(), options.number, RequestKind(options.kind), options.text, _day(options.received))
    row = register_request(command, operator, uow)
    return row, [_request_line(row)]


def _day(typed: str | None) -> date | None:
    from data.values.dates import parse_date
    from data.values.errors import InvalidValue

    try:
        return parse_date(typed) if typed else None
    except InvalidValue as error:
        raise Usage(str(error)) from None


def _attend(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> Done:
    from services.privacy_requests import AttendRequest, attend_request

    row = attend_request(AttendRequest(options.id, options.note), operator, uow)
    return row, [_request_line(row)]


def _close(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> Done:
    from services.privacy_requests import CloseRequest, close_request

    row = close_request(CloseRequest(options.id, options.outcome, options.reason), operator, uow)
    return row, [f"Cerrada, {row.clock}."]


def _export(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> Done:
    from services.member_export import ExportMemberData, export_member_data

    done = export_member_data(ExportMemberData(options.id, options.format, options.folder), operator, uow)
    return done, [f"{done.path} ({done.rows} filas, SHA-256 {done.sha256})"]


def _breaches(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> Done:
    from services.breaches import ListBreaches, list_breaches

    rows = list_breaches(ListBreaches(options.all), operator, uow)
    return list(rows), [_breach_line(row) for row in rows] or ["No hay vulneraciones abiertas."]


def _breach_line(row: BreachRow) -> str:
    return f"{row.breach_id}  {row.clock}  {row.facts.nature}"


def _breach(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> Done:
    from data.values.errors import InvalidValue
    from data.values.uuid7 import uuid7
    from services.breaches import BreachFacts, RegisterBreach, parse_moment, register_breach

    try:
        known = parse_moment(options.known) if options.known else None
    except InvalidValue as error:
        raise Usage(str(error)) from None
    row = register_breach(RegisterBreach(uuid7(), _facts(options, BreachFacts()), known), operator, uow)
    return row, [_breach_line(row)]


def _facts(options: argparse.Namespace, before: BreachFacts) -> BreachFacts:
    from dataclasses import replace

    typed = {name: getattr(options, f"fact_{name}") for name in FACTS}
    given = {name: text for name, text in typed.items() if text is not None}
    facts = replace(before, **given)
    return replace(facts, risk=False) if options.no_risk else facts


def _breach_step(options: argparse.Namespace, operator: Operator, uow: UnitOfWork) -> Done:
    from services.breaches import AddToBreach, ListBreaches, add_to_breach, list_breaches

    rows = list_breaches(ListBreaches(closed=True), operator, uow)
    row = next((row for row in rows if row.breach_id == options.id), None)
    facts = _facts(options, row.facts) if row and options.state == "updated" else None
    done = add_to_breach(AddToBreach(options.id, options.state, options.note, facts), operator, uow)
    return done, [_breach_line(done)]


ACTIONS: dict[str, Callable[[argparse.Namespace, Operator, UnitOfWork], Done]] = {
    "requests": _requests,
    "register": _register,
    "attend": _attend,
    "close": _close,
    "export": _export,
    "breaches": _breaches,
    "breach": _breach,
    "breach-step": _breach_step,
}
