"""(a) From exec to the first paint of the sign-in screen, against a bare Textual app on the same Python; memory."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.rounds import Figure, alone, paired
from benchmarks.terminal import Terminal
from coop_tui.settings import load_settings
from coop_tui.wiring import init_store

BARE = """
from textual.app import App
from textual.widgets import Footer, Header, Static
class Bare(App):
    def compose(self):
        yield Header()
        yield Static("LISTO")
        yield Footer()
Bare().run()
"""


def measure(folder: Path, *, rounds: int) -> list[Figure]:
    """Paint in milliseconds, memory in MB at sign-in and with the database open."""
    data = folder / "start"
    init_store(load_settings(data), vault_dir=folder / "start-vault")
    ours_command = [sys.executable, "-m", "coop_tui", "--data", str(data)]
    at_sign_in: list[float] = []
    with_database: list[float] = []

    def ours() -> float:
        with Terminal(ours_command) as terminal:
            paint = terminal.wait("Contraseña")
            at_sign_in.append(terminal.memory())
            terminal.wait("Base de datos lista")
            terminal.quiet(0.4)  # What loads behind it belongs to the figure.
            with_database.append(terminal.memory())
        return paint

    def bare() -> float:
        with Terminal([sys.executable, "-c", BARE]) as terminal:
            return terminal.wait("LISTO")

    ours(), bare()  # the first run of each warms the page cache
    at_sign_in.clear()
    with_database.clear()
    paint = paired(
        "arranque: exec → pantalla de ingreso", "ms", ours, bare, base_name="Textual vacío", rounds=rounds, at_most=1.3
    )
    return [
        paint,
        alone("memoria en la pantalla de ingreso", "MB", at_sign_in, at_most=45),
        alone("memoria con la base abierta", "MB", with_database, at_most=85),
    ]
