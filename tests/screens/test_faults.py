"""A fault shows a code and nothing else; the environment can't make Textual leak (req. 57)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from coop_tui.environment import SERVED_DRIVER, clean_environment
from coop_tui.faults import describe, log_fault, reference_code, user_text
from data.values.errors import InvalidValue

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("8-765-4321", "Tmp-SECRETA-77", "respuesta-del-perro")

CRASHING = """
import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
from coop_tui.environment import harden_process
harden_process()
from textual.widgets import Input
from coop_tui.base_app import BaseApp
from screens.base import BaseScreen

class Crash(BaseApp[None]):
    def on_mount(self):
        password = "Tmp-SECRETA-" + "77"
        self.push_screen(BaseScreen[None]())
        self.call_later(self.break_down, "8-765-" + "4321", password)

    def break_down(self, cedula, password):
        answer = "respuesta-" + "del-perro"
        try:
            {}[password]
        except KeyError:
            raise RuntimeError(f"no existe {cedula} {answer} [/]")

app = Crash()
app.run(headless=True)
sys.exit(app.return_code)
"""


def test_a_crash_prints_a_code_and_no_values() -> None:
    environment = {**os.environ, "TEXTUAL": "debug,devtools", "TEXTUAL_LOG": "leak.log", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", CRASHING],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 1
    codes = set(re.findall(r"Código ([A-Z]{3}-\d{3})", done.stderr))
    assert len(codes) == 1
    assert f"fault {codes.pop()}: builtins.RuntimeError" in done.stdout
    assert "break_down" in done.stdout and "builtins.KeyError" in done.stdout
    for secret in SECRETS:
        assert secret not in printed
    assert not (ROOT / "leak.log").exists()


def test_the_description_holds_types_and_lines_only(caplog: pytest.LogCaptureFixture) -> None:
    def fail(cedula: str) -> None:
        try:
            int(cedula)
        except ValueError as error:
            raise RuntimeError(cedula) from error

    with pytest.raises(RuntimeError) as caught:
        fail("8-765-4321")
    text = describe(caught.value)
    assert "builtins.RuntimeError" in text and "builtins.ValueError" in text and "in fail" in text
    assert "8-765-4321" not in text.replace('fail("8-765-4321")', "")
    assert re.fullmatch(r"Error interno\. Código [A-Z]{3}-\d{3}\.", log_fault(caught.value))
    assert "8-765-4321" not in caplog.text.replace('fail("8-765-4321")', "")


def test_codes_can_be_read_over_the_telephone() -> None:
    codes = {reference_code() for _ in range(200)}
    assert len(codes) > 190
    assert all(re.fullmatch(r"[A-HJ-NPR-Z]{3}-\d{3}", code) for code in codes)


def test_typed_errors_carry_their_text() -> None:
    assert user_text(InvalidValue("Monto no válido.")) == "Monto no válido."
    assert user_text(KeyError("x")) is None


def test_the_environment_is_cleaned() -> None:
    environment = {
        "TEXTUAL": "debug",
        "TEXTUAL_LOG": "/tmp/x",
        "TEXTUAL_DEVTOOLS_PORT": "1",
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_SCREENSHOT_LOCATION": "/tmp",
        "TEXTUAL_DEBUG": "1",
        "TEXTUAL_PRESS": "f10",
        "TEXTUAL_DRIVER": "evil:Driver",
        "TEXTUAL_DISABLE_KITTY_KEY": "1",
        "NO_COLOR": "1",
        "PATH": "/bin",
    }
    dropped = clean_environment(environment)
    assert len(dropped) == 8
    assert environment == {
        "TEXTUAL_DISABLE_KITTY_KEY": "1",
        "NO_COLOR": "1",
        "PATH": "/bin",
        "TEXTUAL_ANIMATIONS": "none",
    }
    served = {"TEXTUAL_DRIVER": SERVED_DRIVER}
    assert clean_environment(served) == [] and served["TEXTUAL_DRIVER"] == SERVED_DRIVER


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no core files")
def test_no_core_file_is_written() -> None:
    code = (
        "import resource; from coop_tui.environment import forbid_core_dumps; "
        "assert forbid_core_dumps(); print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert done.stdout.strip() == "(0, 0)"
