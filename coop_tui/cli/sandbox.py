"""`sandbox sms`, `sandbox billers`: gateways on this machine that keep what they get in a folder; `sandbox fault`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from coop_tui.cli.running import Usage, answer, settings_of
from services.sandbox_biller_faults import Fault

if TYPE_CHECKING:
    from services.sandbox_billers import SandboxBillers
    from services.sandbox_sms import SandboxSms

#: The word that mends every fault.
MENDED = "none"
FAULTS = (*(fault.value for fault in Fault), MENDED)


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="SERVIDOR", required=True)
    for name, help_text in (("sms", "pasarela de mensajes de texto"), ("billers", "pasarela de recaudadores")):
        server = actions.add_parser(name, help=help_text)
        server.add_argument("--folder", type=Path, required=True, help="carpeta donde queda lo recibido (0700)")
        server.add_argument("--port", type=int, default=0, help="puerto en 127.0.0.1; 0 elige uno libre")
    server.add_argument("--token-file", type=Path, help="archivo 0600 con la ficha que debe traer cada petición")
    fault = actions.add_parser("fault", help="hace fallar la pasarela de recaudadores de prueba")
    fault.add_argument("fault", metavar="FALLA", choices=FAULTS, help=", ".join(FAULTS))
    fault.add_argument("--url", help="dirección de la pasarela de prueba; sin ella, COOP_BILLERS_URL")
    fault.add_argument("--times", type=_count, metavar="N", help="solo en las próximas N peticiones")
    fault.add_argument("--seconds", type=_count, metavar="N", help="solo durante N segundos")
    fault.add_argument("--biller", metavar="ID", help="solo con un recaudador")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("debe ser un número mayor que cero")
    return int(text)


def run(options: argparse.Namespace) -> int:
    if options.action == "fault":
        return _switch(options)
    server: AbstractContextManager[SandboxSms | SandboxBillers]
    if options.action == "sms":
        from services.sandbox_sms import SandboxSms

        server, variable = SandboxSms(options.folder, options.port), "COOP_SMS_URL"
    else:
        server, variable = _billers(options), "COOP_BILLERS_URL"
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with server as sandbox:
        answer(options, {"url": sandbox.url}, [f"{variable}={sandbox.url}"])
        sys.stdout.flush()  # a script that reads the address through a pipe waits for this line
        stop.wait()
    return 0


def _billers(options: argparse.Namespace) -> SandboxBillers:
    from data.secrets.sources import read_text
    from services.biller_answers import OutOfForm
    from services.sandbox_billers import SandboxBillers

    token = read_text(options.token_file) if options.token_file else None
    try:
        return SandboxBillers(options.folder, options.port, token=token)
    except OutOfForm:
        raise Usage(f"«{options.folder}» tiene pedidos que este programa no escribió; use otra carpeta") from None


def _switch(options: argparse.Namespace) -> int:
    """Tell a sandbox that runs what it should do wrong, or that it should do nothing wrong any more."""
    import httpx

    url = options.url or settings_of(options).billers_url
    if url is None:
        raise Usage("falta --url, o COOP_BILLERS_URL")
    wanted = {"fault": options.fault, "times": options.times, "biller": options.biller, "seconds": options.seconds}
    try:
        with httpx.Client(timeout=5, trust_env=False) as client:
            reply = client.request(
                "DELETE" if options.fault == MENDED else "POST",
                f"{url.rstrip('/')}/sandbox/fault",
                content=json.dumps(wanted),
                headers={"Content-Type": "application/json"},
            )
        faults = reply.json()["faults"] if reply.status_code == 200 else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError):
        faults = None
    if faults is None:
        raise Usage("en esa dirección no responde una pasarela de recaudadores de prueba")
    lines = [" ".join(str(value) for value in fault.values() if value is not None) for fault in faults]
    answer(options, {"faults": faults}, lines or ["Sin fallas."])
    return 0
