"""`coop-tui serve` as a process of its own before the real program: how it starts, and that nothing outlives it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.web_driver import WebDriver
from textual.message import Message

from coop_tui.cli import main
from coop_tui.cli.serve import MISSING
from coop_tui.web.driver import ServedDriver
from tests.web.living import LivingWorld
from tests.web.served import ROOT, Branch
from tests.web.visitor import PATIENCE, gone, visitor

FIRST_SCREEN = "Usuario"


async def test_a_tab_is_the_program_whose_process_goes_with_the_tab_or_the_server(
    branch: Branch, living: LivingWorld
) -> None:
    with branch.served() as server:
        key = server.key("--terminal", "caja-3", "--channel", "sucursal")
        async with visitor(server.url) as browser:
            assert await browser.refusal() == 403 and await browser.refusal(Origin="http://evil.example") == 403
            assert (await browser.get(Host="evil.example")).status == 403
            assert (await browser.enter(key)).status == 303 and (await browser.get()).status == 200
            async with browser.tab() as tab:
                await tab.shows(FIRST_SCREEN)
                (pid,) = server.children()
                told = dict(entry.partition("=")[::2] for entry in _environment(pid))
                assert (told["COOP_TERMINAL"], told["COOP_CHANNEL"]) == ("caja-3", "sucursal")
                assert told["COOP_ORIGIN"] == "127.0.0.1"
            assert await gone(pid) and server.children() == []
            assert (await browser.enter(key)).status == 403, "the link is used up"
            cookie = browser.cookie.partition("=")[2]
            async with browser.tab() as tab:
                await tab.shows(FIRST_SCREEN)
                (pid,) = server.children()
                server.process.send_signal(signal.SIGTERM)
                assert await tab.closed() == 1001
                assert server.process.wait(PATIENCE) == 0 and await gone(pid)
        written = "".join(path.read_text("utf-8") for path in branch.data.glob("*.log*"))
        assert "refused 403: 127.0.0.1" in written and key not in written and cookie not in written
        assert "Traceback" not in written
    told = [event for event in living.events() if event["action"].startswith("web.")]
    assert {event["action"] for event in told} == {"web.start", "web.open", "web.close", "web.refused", "web.stop"}
    assert [event["action"] for event in (told[0], told[-1])] == ["web.start", "web.stop"]
    refused = {(event["reason"], event["detail"]["origin"]) for event in told if event["action"] == "web.refused"}
    assert refused == {(reason, "127.0.0.1") for reason in ("origin", "host", "no_pass", "key")}
    stations = [event["terminal"] for event in told if event["action"] in ("web.open", "web.close")]
    assert stations == ["caja-3"] * 4 and told[-1]["result"] == "ok"


async def test_a_server_that_is_killed_leaves_no_program_behind(branch: Branch, living: LivingWorld) -> None:
    with branch.served() as server:
        async with visitor(server.url) as browser:
            await browser.enter(server.key())
            async with browser.tab() as tab:
                await tab.shows(FIRST_SCREEN)
                (pid,) = server.children()
                (writer,) = server.trail()
                server.process.kill()
                server.process.wait(PATIENCE)
                assert await gone(pid) and await gone(writer)
    last = [event for event in living.events() if event["action"].startswith("web.")][-1]
    assert (last["action"], last["result"], last["reason"]) == ("web.stop", "failed", "killed")


def test_a_size_among_the_keys_is_dropped_and_keys_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    handed_on: list[Message] = []
    monkeypatch.setattr(WebDriver, "process_message", lambda _driver, message: handed_on.append(message))
    driver = object.__new__(ServedDriver)
    for event in XTermParser().feed("\x1b[48;9999;9999;9999;9999tñ"):
        driver.process_message(event)
    assert [event.character for event in handed_on if isinstance(event, events.Key)] == ["ñ"]
    assert not any(isinstance(event, events.Resize) for event in handed_on)


WRONG = {
    ("--listen", "0.0.0.0"): "--public-url https://",
    ("--public-url", "http://coop.example"): "empieza con https://",
    ("--public-url", "https://coop.example/x"): "sin ruta",
    ("--trusted-proxy", "proxy"): "--trusted-proxy es una dirección o una red",
    ("--terminal", "caja-3"): "van con --link",
    ("--portal", "--link"): "no tiene puestos",
    ("--port", "1", "--listen", "192.0.2.1", "--public-url", "https://coop.example"): "no se puede escuchar",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_what_would_not_be_safe_or_cannot_be_is_refused(
    branch: Branch, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(branch.data), "serve", *words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and WRONG[words] in said.err


def test_without_a_store_there_is_nothing_to_serve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "serve", "--port", "0"]) == 1
    assert "coop-tui init" in capsys.readouterr().err


def test_a_station_is_struck_from_the_shell(branch: Branch, capsys: pytest.CaptureFixture[str]) -> None:
    store = ["--data", str(branch.data), "serve"]
    assert main([*store, "--link", "--terminal", "caja-9"]) == 0
    link, minutes = capsys.readouterr().out.splitlines()
    assert link.startswith("http://127.0.0.1:8000/#") and "15 minutos" in minutes
    assert [main([*store, "--forget", "caja-9"]) for _ in range(2)] == [0, 1]


@pytest.mark.parametrize("package", ["aiohttp", "textual_serve"])
def test_without_the_web_part_it_says_what_is_missing(branch: Branch, package: str) -> None:
    program = (
        "import importlib.util, sys; real = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name, *more: None if name == {package!r} else real(name, *more)\n"
        f"sys.modules[{package!r}] = None\n"
        "from coop_tui.cli import main\n"
        f"sys.exit(main(['--data', {str(branch.data)!r}, 'serve', '--port', '0']))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=branch.environ, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2 and MISSING in done.stderr


def _environment(pid: int) -> list[str]:
    """What a process was started with (Linux)."""
    with open(f"/proc/{pid}/environ", encoding="utf-8") as told:
        return told.read().split("\0")
