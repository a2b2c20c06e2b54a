"""A stand-in for a biller gateway: an HTTP server on this machine with the thirteen billers of the catalogue.

It speaks the contract of services/biller_gateway.py (docs/contratos.md), for the demonstration and for tests, keeps its
orders in a folder and can be told to fail, by attribute or over HTTP (`/sandbox/fault`). Loopback only.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from data.secrets import Secret
from services.biller_answers import Body, OutOfForm
from services.biller_contract import BILLER, OrderRecord
from services.sandbox_biller_book import OrderBook
from services.sandbox_biller_desk import Reply, SandboxDesk, not_taken, said
from services.sandbox_biller_faults import Fault, FaultBoard

__all__ = ["Fault", "SandboxBillers"]
LONGEST_BODY: Final = 10_000
#: The longest that a held request waits before the sandbox hangs up.
HOLD_SECONDS: Final = 120
CONTROL: Final = "/sandbox/fault"
_ORDER: Final = re.compile(r"/orders/([0-9a-f-]{36})")
_DAY: Final = re.compile(r"/settlements/([0-9]{4}-[0-9]{2}-[0-9]{2})")


def _system_now() -> datetime:
    return datetime.now(UTC)


class SandboxBillers:
    """The server. `with SandboxBillers(folder) as sandbox: … sandbox.url …`; `sandbox.fault = Fault.DOWN` breaks it.

    With `token`, requests have to carry it. `faults` takes faults for some requests, one biller or some seconds.
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        token: Secret | None = None,
        now: Callable[[], datetime] = _system_now,
        slow_seconds: float = 3,
    ) -> None:
        self.faults = FaultBoard()
        self.requests = 0
        self.token = token
        self.desk = SandboxDesk(OrderBook(folder), now)
        self._slow_seconds = slow_seconds
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-billers", daemon=True
        )

    @property
    def url(self) -> str:
        """What COOP_BILLERS_URL takes."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def fault(self) -> Fault | None:
        """The fault that is on first, whatever it is limited to. Setting one puts all others out; None mends all."""
        rules = self.faults.rules()
        return rules[0].fault if rules else None

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self.faults.clear()
        if fault is not None:
            self.faults.add(fault)

    def orders(self) -> list[OrderRecord]:
        """The gateway's own record: every order that it decided, in the order in which they came."""
        return self.desk.records()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, raw: bytes) -> Reply | None:
        """One request of the contract, with whatever fault is on for it; None: hang up without a word."""
        order = _ORDER.fullmatch(path)
        ordering = method == "PUT" and order is not None
        fault = self.faults.next(_biller_in(raw) or (self.desk.biller_of(order[1]) if order else None), ordering)
        if fault is Fault.DOWN:
            return not_taken(503, "unavailable")
        if fault is Fault.NO_ANSWER:
            self._released.wait(HOLD_SECONDS)
            return None
        if fault is Fault.SLOW:
            self._released.wait(self._slow_seconds)
        reply = self._reply(method, path, raw, fault)
        if fault is Fault.ANSWER_LOST:
            return None
        if fault is Fault.MALFORMED:
            return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.content_type)
        return reply

    def _reply(self, method: str, path: str, raw: bytes, fault: Fault | None) -> Reply:
        if (method, path) == ("GET", "/catalogue"):
            return self.desk.catalogue()
        if (method, path) == ("POST", "/inquiries"):
            return self.desk.inquire(raw)
        if order := _ORDER.fullmatch(path):
            if method == "PUT":
                return self.desk.order(order[1], raw, fault)
            return self.desk.withdraw(order[1]) if method == "DELETE" else self.desk.status(order[1])
        if method == "GET" and (day := _DAY.fullmatch(path)):
            with contextlib.suppress(ValueError):
                return self.desk.settlement(date.fromisoformat(day[1]))
        return not_taken(404, "not_found")

    def switch(self, method: str, raw: bytes) -> Reply:
        """The control: GET tells the faults, DELETE mends all, POST puts one on.

        `{"fault": "slow", "times": 2, "biller": "ensa", "seconds": null}`, null where there is no limit.
        """
        if method == "POST":
            try:
                self.faults.add(**_switched(raw))
            except (OutOfForm, ValueError):
                return not_taken(400, "invalid")
        elif method == "DELETE":
            self.faults.clear()
        rules = [{"fault": rule.fault, "times": rule.times, "biller": rule.biller} for rule in self.faults.rules()]
        return said(200, {"faults": rules})


def _switched(raw: bytes) -> dict[str, Any]:
    body = Body(raw)
    found = {
        "fault": Fault(body.take("fault")),
        "times": body.maybe_amount("times", 1),
        "biller": body.maybe_matching("biller", BILLER),
        "seconds": body.maybe_amount("seconds", 1),
    }
    body.done()
    return found


def _biller_in(raw: bytes) -> str | None:
    try:
        return Body(raw).matching("biller", BILLER)
    except OutOfForm:
        return None


def _handler(sandbox: SandboxBillers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30  # of silence from a client

        def _serve(self) -> None:
            raw = _body(self)
            if raw is None:
                reply: Reply | None = not_taken(400, "invalid")
            elif self.path == CONTROL:
                # JSON only: a page in a browser can't send that here without asking first.
                typed = self.headers.get("Content-Type") == "application/json"
                reply = sandbox.switch(self.command, raw) if typed else not_taken(400, "invalid")
            else:
                sandbox.requests += 1
                reply = self._contract(raw)
            if reply is None:
                self.close_connection = True
            else:
                self._send(reply)

        do_GET = do_PUT = do_POST = do_DELETE = _serve

        def _contract(self, raw: bytes) -> Reply | None:
            shown = Secret(self.headers.get("Authorization", ""))
            if sandbox.token is not None and shown != Secret(f"Bearer {sandbox.token.reveal()}"):
                return not_taken(401, "unauthorized")
            if self.command == "PUT" and not self.path.endswith(f"/{self.headers.get('Idempotency-Key')}"):
                return not_taken(400, "invalid")
            return sandbox.answer(self.command, self.path, raw)

        def _send(self, reply: Reply) -> None:
            with contextlib.suppress(OSError):  # whoever asked has gone
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
            """Nothing: a test's terminal is no place for it."""

    return Handler


def _body(request: BaseHTTPRequestHandler) -> bytes | None:
    """The body, empty if there is none; None if it is too long or its length is no number."""
    length = request.headers.get("Content-Length", "0")
    if not re.fullmatch(r"[0-9]{1,6}", length) or int(length) > LONGEST_BODY:
        return None
    return request.rfile.read(int(length))
