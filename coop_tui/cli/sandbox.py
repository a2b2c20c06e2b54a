"""`sandbox sms`: a gateway on this machine that takes text messages and writes them into a folder."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from coop_tui.cli.running import answer


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    sms = parser.add_subparsers(dest="action", metavar="SERVIDOR", required=True).add_parser(
        "sms", help="pasarela de mensajes de texto"
    )
    sms.add_argument("--folder", type=Path, required=True, help="carpeta donde quedan los mensajes (0700)")
    sms.add_argument("--port", type=int, default=0, help="puerto en 127.0.0.1; 0 elige uno libre")


def run(options: argparse.Namespace) -> int:
    from services.sandbox_sms import SandboxSms

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with SandboxSms(options.folder, options.port) as sandbox:
        answer(options, {"url": sandbox.url}, [f"COOP_SMS_URL={sandbox.url}"])
        stop.wait()
    return 0
