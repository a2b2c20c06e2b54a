"""A terminal that goes away while nobody sends a signal: the program ends, and does not read its end for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coop_tui.settings import load_settings
from coop_tui.wiring import init_store


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
def test_the_program_ends_with_its_terminal(tmp_path: Path) -> None:
    import pty

    init_store(load_settings(tmp_path / "store"), vault_dir=tmp_path / "vault")
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "coop_tui", "--data", str(tmp_path / "store")]
    # A session of its own without a controlling terminal: the kernel tells it nothing.
    running = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    try:
        seen = b""
        while "Contraseña".encode() not in seen:
            seen += os.read(master, 4096)
        os.close(master)
        assert running.wait(timeout=60) == 0
    finally:
        running.kill()
        running.wait()
