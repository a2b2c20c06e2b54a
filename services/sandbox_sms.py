"""A stand-in for an SMS gateway: a small HTTP server on this machine that keeps messages in a folder.

It speaks the contract of `services.transports.SmsGateway`, for the demonstration and for tests, and can be told to
fail. It listens on loopback only. The folder: services/folder_sms.py.
"""

from __future__ import annotations

import json
import threading
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from data.secrets.private_file import make_private_dir
from services.folder_sms import SmsSummary, keep_sms, read_sms

__all__ = ["Fault", "SandboxSms", "SmsSummary", "read_sms"]
LONGEST_BODY = 10_000


class Fault(StrEnum):
    """What the gateway does instead of taking the message."""

    BUSY = "busy"  # 503
    THROTTLED = "throttled"  # 429
    REFUSED = "refused"  # 400: it will never take it
    CLOSED = "closed"  # hangs up without a word
    SILENT = "silent"  # takes it and never answers: nobody can know whether it arrived


class SandboxSms:
    """The server. `with SandboxSms(folder) as sandbox: … sandbox.url …`; set `fault` to make it fail."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.fault: Fault | None = None
        self.requests = 0
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-sms", daemon=True
        )

    @property
    def url(self) -> str:
        """Where to POST messages."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/messages"

    def __enter__(self) -> Self:
        make_private_dir(self.folder)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, message_id: str, to: str, text: str) -> int:
        """Keep one message; answers the HTTP status: 202, or 409 for an id that is there."""
        return 202 if keep_sms(self.folder, message_id, to, text) else 409

    def hold(self) -> None:
        """Say nothing until the server ends."""
        self._released.wait()


def _handler(sandbox: SandboxSms) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sandbox.requests += 1
            message = _message(self)
            if sandbox.fault is Fault.CLOSED:
                self.close_connection = True
                return
            if sandbox.fault in _STATUS:
                self._answer(_STATUS[sandbox.fault])
                return
            status = sandbox.take(**message) if message else 400
            if sandbox.fault is Fault.SILENT:
                sandbox.hold()
                self.close_connection = True
                return
            self._answer(status)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
            """Nothing: a request line tells who got a message."""

    return Handler


_STATUS: dict[Fault | None, int] = {Fault.BUSY: 503, Fault.THROTTLED: 429, Fault.REFUSED: 400}


def _message(request: BaseHTTPRequestHandler) -> dict[str, str] | None:
    """The three fields of a well-formed request, or None."""
    try:
        length = int(request.headers.get("Content-Length", "0"))
        body = json.loads(request.rfile.read(length)) if 0 < length <= LONGEST_BODY else None
    except ValueError:
        return None
    if not isinstance(body, dict) or not all(isinstance(body.get(key), str) for key in ("id", "to", "text")):
        return None
    return {"message_id": body["id"], "to": body["to"], "text": body["text"]}
