"""`replay list|verify|purge`: the recorded sessions of the store (C5, req. 53). They are watched in the app alone."""

from __future__ import annotations

import argparse

from coop_tui.cli.running import answer, console_operator, settings_of
from data.values.dates import format_datetime

STATES = {"open": "en curso", "closed": "cerrada", "lost": "sin cierre", "purged": "borrada"}


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACCIÓN", required=True)
    actions.add_parser("list", help="las sesiones grabadas: de quién, cuándo, cuántos pasos, hasta cuándo se guardan")
    verify = actions.add_parser("verify", help="comprueba que ninguna grabación fue alterada, cortada o quitada")
    verify.add_argument("id", nargs="?", metavar="GRABACIÓN", help="una sola (todas, si no se dice)")
    actions.add_parser("purge", help="borra ahora las que cumplieron su plazo; el worker lo hace solo")


def run(options: argparse.Namespace) -> int:
    return {"list": _list, "verify": _verify, "purge": _purge}[options.action](options)


def _list(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.recording_views import all_recordings

    settings = settings_of(options)
    rows = all_recordings(console_operator("replay.list", settings), open_store(settings))
    lines = [
        f"{row.recording_id}  {format_datetime(row.started_at)}  {row.username}  {row.terminal}  {row.steps} pasos"
        f"  {STATES[row.state]}"
        for row in rows
    ]
    answer(options, [*rows], lines or ["No hay sesiones grabadas."])
    return 0


def _verify(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.recording_views import verify_recordings

    settings = settings_of(options)
    checked = verify_recordings(options.id, console_operator("replay.verify", settings), open_store(settings))
    bad = [one for one in checked if one.problems]
    lines = [f"{one.recording_id} ({one.username}): {problem}" for one in bad for problem in one.problems]
    steps = sum(one.steps for one in checked)
    lines.append(
        f"{len(bad)} de {len(checked)} grabaciones no son lo que hizo su estación."
        if bad
        else f"Íntegras: {len(checked)} grabaciones, {steps} pasos."
    )
    answer(options, {"intact": not bad, "recordings": [*checked]}, lines)
    return 1 if bad else 0


def _purge(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.recording_upkeep import end_lost, purge_recordings

    uow = open_store(settings_of(options))
    closed, purged = end_lost(uow), purge_recordings(uow)
    days = uow.policy.recording.kept_days
    answer(
        options,
        {"closed": closed, "purged": purged, "days": days},
        [f"{purged} grabaciones de más de {days} días borradas; {closed} sin cierre, cerradas."],
    )
    return 0
