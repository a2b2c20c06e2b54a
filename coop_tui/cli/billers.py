"""`billers reconcile|orders`: a day against the gateway's file, and the orders that are in process."""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from typing import TYPE_CHECKING

from coop_tui.cli.running import answer, console_operator, settings_of
from data.values.dates import format_date, format_datetime, panama_date, parse_date
from data.values.money import Money

if TYPE_CHECKING:
    from services.open_orders import OpenOrder
    from services.reconciliation_lines import Reconciled


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACCIÓN")
    day = actions.add_parser("reconcile", help="compara un día con el archivo de la pasarela")
    day.add_argument("--day", metavar="DD/MM/AAAA", help="día; sin él, ayer")
    actions.add_parser("orders", help="órdenes a recaudadores que están en proceso")


def run(options: argparse.Namespace) -> int:
    return _reconcile(options) if options.action == "reconcile" else _orders(options)


def _reconcile(options: argparse.Namespace) -> int:
    """Exit code 1 while a difference waits for somebody."""
    from coop_tui.ways_out import biller_gateway_of
    from coop_tui.wiring import open_store
    from services.biller_payments import NoGateway
    from services.errors import InvalidInput
    from services.reconciliation import DAY_TO_COME, reconcile_by_itself

    settings = settings_of(options)
    uow = open_store(settings)
    gateway = biller_gateway_of(settings, uow.secrets)
    if gateway is None:
        raise NoGateway
    today = panama_date(uow.clock.now())
    day = _day(options.day) if options.day else today - timedelta(days=1)
    if day > today:
        raise InvalidInput(DAY_TO_COME, field="day")
    done = reconcile_by_itself(day, console_operator("biller.reconcile", settings), gateway, uow)
    answer(options, done, _reconciled(done))
    return 1 if done.open_lines else 0


def _day(typed: str) -> date:
    from data.values.errors import InvalidValue
    from services.errors import InvalidInput

    try:
        return parse_date(typed)
    except InvalidValue as error:
        raise InvalidInput(error.message_es, field="day") from None


def _reconciled(done: Reconciled) -> list[str]:
    ours, theirs = Money(done.ours).with_symbol(), Money(done.theirs).with_symbol()
    lines = [f"{format_date(done.day)}: {done.orders} órdenes en el archivo; aquí {ours}, allá {theirs}."]
    for line in done.lines:
        mark = f" (atendida: {line.note})" if line.attended_at else ""
        lines.append(f"{line.title}{mark}: {line.number or line.order_id}")
        lines += [f"  aquí: {line.ours}", f"  allá: {line.theirs}"]
        lines += [] if line.attended_at else [f"  {line.advice}"]
    return lines if done.lines else [*lines, "Sin diferencias."]


def _orders(options: argparse.Namespace) -> int:
    """Exit code 1 while one of them needs a person."""
    from coop_tui.wiring import open_store
    from services.open_orders import read_open_orders

    settings = settings_of(options)
    uow = open_store(settings)
    with uow.begin_system(console_operator("biller.orders", settings)) as tx:
        rows = read_open_orders(tx.connection, tx.now, tx.policy.billers.alert_after_minutes)
        tx.record("biller.orders_view", detail={"rows": len(rows)})
        tx.commit()
    answer(options, rows, [_order(row) for row in rows] or ["No hay órdenes en proceso."])
    return 1 if any(row.attention for row in rows) else 0


def _order(row: OpenOrder) -> str:
    mark = "POR REVISAR" if row.attention else "en proceso"
    amount, since = Money(row.amount).with_symbol(), format_datetime(row.since)
    what = f"{row.biller} {row.reference}  {amount}"
    return f"{row.number}  {mark}  {since}  {what}  {row.attempts} intentos: {row.trouble}"
