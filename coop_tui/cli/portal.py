"""`portal`: the members' own side, at a kiosk of a branch; `serve --portal` starts it for browsers."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace

from coop_tui.cli.running import settings_of

PLACES = ("kiosco", "web")


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    del parser


def run(options: argparse.Namespace) -> int:
    """Open the portal; what the settings name of staff's channels makes it a kiosk."""
    from coop_tui.environment import ORIGIN_VARIABLE
    from coop_tui.kiosk import keep_signals_out
    from coop_tui.portal_app import PortalApp, run_portal

    settings = settings_of(options)
    if settings.channel not in PLACES:
        settings = replace(settings, channel="kiosco")
    kiosk = settings.channel == "kiosco"
    if kiosk:
        keep_signals_out()
    origin = os.environ.get(ORIGIN_VARIABLE, "") if not kiosk else ""
    return run_portal(PortalApp(settings, origin=origin, own_terminal=kiosk))
