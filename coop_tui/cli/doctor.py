"""`doctor`: is this installation fit for work?"""

from __future__ import annotations

import argparse

from coop_tui import doctor
from coop_tui.cli.running import answer, settings_of


def add_arguments(_name: str, _parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(options: argparse.Namespace) -> int:
    found = doctor.checks(settings_of(options))
    answer(options, found, [doctor.render(found)])
    return doctor.exit_code(found)
