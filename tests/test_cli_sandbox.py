"""`coop-tui sandbox`, the settings and secrets of the gateways, and what the doctor says of them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coop_tui import doctor
from coop_tui.cli import main
from coop_tui.settings import load_settings
from coop_tui.ways_out import biller_gateway_of, transports_of
from data.catalog.billers import PaymentKind
from data.secrets import Secret, Secrets
from data.values.uuid7 import uuid7
from services.biller_gateway import AnswerLost, BillerGateway, GatewayUnavailable, Order, OrderState
from services.sandbox_billers import Fault, SandboxBillers
from services.transports import SmsGateway

ROOT = Path(__file__).resolve().parents[1]
KEYS = {"pepper": b"p" * 32, "data_key": b"d" * 32, "signing_key": b"s" * 32}


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def top_up() -> Order:
    return Order(uuid7(), "mas-movil", PaymentKind.TOP_UP, "61234567", None, 500)


@contextmanager
def server(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`coop-tui sandbox …` as a process, and the address that it printed."""
    command = [sys.executable, "-m", "coop_tui", "sandbox", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            variable, _, url = process.stdout.readline().strip().partition("=")
            assert variable == f"COOP_{words[0].upper()}_URL"
            yield process, url
        finally:
            process.kill()


def test_a_sandbox_that_is_killed_remembers_what_it_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order, folder = top_up(), str(tmp_path / "r")
    with server("billers", "--folder", folder) as (_, url):
        assert main(["--json", "sandbox", "fault", "answer-lost", "--url", url, "--times", "1"]) == 0
        assert json.loads(capsys.readouterr().out)["data"] == {
            "faults": [{"fault": "answer-lost", "times": 1, "biller": None}]
        }
        with pytest.raises(AnswerLost):
            BillerGateway(url).order(order)
    with server("billers", "--folder", folder) as (process, url):
        assert BillerGateway(url).status(order.id).state is OrderState.ACCEPTED
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_the_sandbox_for_messages_prints_its_address(tmp_path: Path) -> None:
    with server("sms", "--folder", str(tmp_path / "m")) as (_, url):
        SmsGateway(url).send("<1@x>", "+50761234567", "hola")
    assert len(list((tmp_path / "m").glob("*.json"))) == 1


def test_the_sandbox_asks_for_the_token_of_its_file(tmp_path: Path) -> None:
    token = private(tmp_path / "ficha", "ficha-7\n")
    with server("billers", "--folder", str(tmp_path / "r"), "--token-file", str(token)) as (_, url):
        with pytest.raises(GatewayUnavailable):
            BillerGateway(url).catalogue()
        assert len(BillerGateway(url, Secret("ficha-7")).catalogue()) == 13


def test_faults_from_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with SandboxBillers(tmp_path / "r") as sandbox:
        monkeypatch.setenv("COOP_BILLERS_URL", sandbox.url)
        assert main(["sandbox", "fault", "down", "--seconds", "60", "--biller", "ensa"]) == 0
        assert capsys.readouterr().out == "down ensa\n" and sandbox.fault is Fault.DOWN
        assert main(["sandbox", "fault", "none"]) == 0
        assert capsys.readouterr().out == "Sin fallas.\n" and sandbox.fault is None
        for wrong in (["fire"], ["slow", "--times", "0"]):
            with pytest.raises(SystemExit) as usage:
                main(["sandbox", "fault", *wrong])
            assert usage.value.code == 2
    assert main(["sandbox", "fault", "slow"]) == 2, "nobody there"
    monkeypatch.delenv("COOP_BILLERS_URL")
    assert main(["sandbox", "fault", "slow"]) == 2
    assert "falta --url" in capsys.readouterr().err


def test_a_book_that_is_not_the_sandbox_s_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pedidos.jsonl").write_text('{"biller": 1}\n')
    assert main(["sandbox", "billers", "--folder", str(tmp_path)]) == 2
    assert "use otra carpeta" in capsys.readouterr().err


def test_gateways_get_their_tokens(tmp_path: Path) -> None:
    environ = {"COOP_SMS_URL": "https://sms.example.com/v1", "COOP_BILLERS_URL": "https://pagos.example.com/v1"}
    settings = load_settings(tmp_path, environ=environ)
    secrets = Secrets(**KEYS, sms_token=Secret("ficha-s"), billers_token=Secret("ficha-b"))
    gateway, sms = biller_gateway_of(settings, secrets), transports_of(settings, secrets).sms
    assert gateway == BillerGateway("https://pagos.example.com/v1", Secret("ficha-b"))
    assert isinstance(sms, SmsGateway) and sms.token == Secret("ficha-s")
    assert biller_gateway_of(load_settings(tmp_path, environ={}), secrets) is None


def test_tokens_are_kept_with_the_store_s_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from coop_tui.wiring import secrets_of

    data = tmp_path / "datos"
    assert main(["--data", str(data), "init", "--yes"]) == 0
    for name in ("sms_token", "billers_token"):
        reading, writing = os.pipe()
        os.write(writing, f"ficha de {name}\n".encode())
        os.close(writing)
        assert main(["--data", str(data), "secret", "set", name, "--fd", str(reading)]) == 0
    secrets = secrets_of(load_settings(data))
    assert (secrets.sms_token, secrets.billers_token) == (
        Secret("ficha de sms_token"),
        Secret("ficha de billers_token"),
    )
    file = private(tmp_path / "b", "del archivo\n")
    secrets = secrets_of(load_settings(data, environ={"COOP_BILLERS_TOKEN_FILE": str(file)}))
    assert secrets.billers_token == Secret("del archivo") and "archivo" not in repr(secrets)


# ---------------------------------------------------------------- doctor


def said(name: str, tmp_path: Path, **environ: str) -> doctor.Check:
    found = doctor.checks(load_settings(tmp_path, environ=environ))
    return next(check for check in found if check.name == name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_doctor_asks_the_biller_gateway(tmp_path: Path) -> None:
    assert said("recaudadores", tmp_path).status == "warn"
    with SandboxBillers(tmp_path / "r") as sandbox:
        check = said("recaudadores", tmp_path, COOP_BILLERS_URL=sandbox.url)
        assert check.status == "ok" and "11 de 13" in check.detail
        sandbox.fault = Fault.MALFORMED
        assert said("recaudadores", tmp_path, COOP_BILLERS_URL=sandbox.url).status == "fail"
        sandbox.fault, sandbox.token = None, Secret("ficha-7")
        check = said("recaudadores", tmp_path, COOP_BILLERS_URL=sandbox.url)
        assert check.status == "fail" and "unauthorized" in check.detail and "billers_token" in check.advice
    assert said("recaudadores", tmp_path, COOP_BILLERS_URL=f"http://127.0.0.1:{free_port()}").status == "fail"


def test_the_doctor_knocks_at_the_message_gateway(tmp_path: Path) -> None:
    assert said("mensajes", tmp_path).status == "warn"
    assert "vencen" in said("mensajes", tmp_path, COOP_SMTP_HOST="127.0.0.1", COOP_SMTP_PORT="1").detail
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/sms"
        assert said("mensajes", tmp_path, COOP_SMS_URL=url).status == "ok"
    assert said("mensajes", tmp_path, COOP_SMS_URL=f"http://127.0.0.1:{free_port()}/sms").status == "fail"
