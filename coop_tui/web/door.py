"""The server before the program: who may come in, how often, how many, and with what the pages may be used.

Every request is looked at before anything else happens to it: where it comes from, whether it is meant for this server
(Host, against DNS rebinding), how many came before it. A session needs a pass (`coop_tui.web.passes`) and the Origin of
our own page, so that no other site can open one in a visitor's name.
"""

from __future__ import annotations

import hmac
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus

from aiohttp import web

from coop_tui.faults import log_fault
from coop_tui.web.devices import browser_name
from coop_tui.web.limits import NoSeat, Rate, Seats
from coop_tui.web.origins import Network, PublicUrl, UnclearOrigin, origin_of
from coop_tui.web.pages import entry_page, notice_page, static_files, terminal_page
from coop_tui.web.passes import Pass, Passes
from coop_tui.web.session import Program, Sessions
from coop_tui.web.trail import NoTrail, Trail
from services.web_policy import CLOSE, OPEN, REFUSED, WebPolicy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
logger = logging.getLogger("coop_tui.web")

FORM_BYTES = 4096
SHUTDOWN_SECONDS = 15
"""The sessions' own way out takes less; whatever is left then is cut off."""
ORIGIN = web.RequestKey("origin", str)

ELSEWHERE = "Esta dirección no es la de este servicio."
UNCLEAR = "La solicitud no se entiende."
TOO_MANY = "Hay demasiadas solicitudes desde su red. Espere un minuto y pruebe de nuevo."
FULL = "Hay demasiadas sesiones abiertas. Cierre las que no use o espere unos minutos."
NO_PAGE = "Esa página no existe."
UNKNOWN = "Abra primero la página de entrada."
BAD_KEY = "Esa llave no sirve: ya se usó, venció o está mal escrita. Pida otra a su administrador."


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server stands: its title, the address that browsers use, the proxies that it believes."""

    title: str
    url: PublicUrl
    trusted: tuple[Network, ...] = ()


class Door:
    """One server. `program` is what a session runs."""

    def __init__(
        self, place: Place, passes: Passes, policy: WebPolicy, program: Program, trail: Trail | None = None
    ) -> None:
        self._place, self._passes = place, passes
        self._trail = trail or NoTrail()
        self.unsaid = 0
        """Refusals since the last one that was told of: a flood of them leaves a few notes a minute."""
        self._requests, self._starts = Rate(policy.requests_per_minute), Rate(policy.starts_per_minute)
        self._complaints, self._told_of_proxy = Rate(6), False
        self._seats = Seats(policy.sessions, policy.sessions_per_origin)
        self._sessions = Sessions(program, idle_seconds=policy.idle_minutes * 60)
        self._cookie = "__Host-coop" if place.url.secure else "coop"
        self._pass_seconds = policy.pass_hours * 3600
        self._headers = headers_of(place.url)

    def application(self) -> web.Application:
        """The routes behind the door."""
        app = web.Application(middlewares=[web.middleware(partial(self._guard))], client_max_size=FORM_BYTES)
        app.router.add_get("/", self._page)
        app.router.add_post("/entrar", self._enter)
        app.router.add_get("/ws", self._session)
        app.router.add_get("/estatico/{name}", self._static)
        app.on_response_prepare.append(self._head)
        app.on_shutdown.append(self._end_sessions)
        return app

    def serve(self, listening: socket.socket) -> None:
        """Answer on a bound socket until SIGTERM or SIGINT; then every session is ended before this returns."""
        web.run_app(
            self.application(),
            sock=listening,
            print=None,
            access_log=None,
            handle_signals=True,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )

    # Before everything else --------------------------------------------------------------------------

    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Look at a request, then answer it in a page of ours, whatever happens."""
        try:
            return await self._judged(request, handler)
        except web.HTTPException as refusal:
            text = NO_PAGE if refusal.status == HTTPStatus.NOT_FOUND else UNCLEAR
            return self._notice(HTTPStatus(refusal.status), text)
        except Exception as error:  # noqa: BLE001 - the last resort: a fault tells a number, never a traceback with data
            return self._notice(HTTPStatus.INTERNAL_SERVER_ERROR, log_fault(error))

    async def _head(self, _request: web.Request, answer: web.StreamResponse) -> None:
        """Say to the browser, with every answer, what a page of ours may do."""
        for name, value in self._headers.items():
            answer.headers[name] = value
        answer.headers.setdefault("Cache-Control", "no-store")

    async def _judged(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        forwarded = request.headers.getall("X-Forwarded-For", ())
        if forwarded and not self._place.trusted and not self._told_of_proxy:
            self._told_of_proxy = True
            logger.warning("a proxy stands before the server, and none is trusted: all browsers count as one origin")
        try:
            origin = origin_of(request.remote or "", forwarded, self._place.trusted)
        except UnclearOrigin:
            return self._refuse(request, HTTPStatus.BAD_REQUEST, UNCLEAR, "unclear_origin")
        request[ORIGIN] = origin
        if not self._requests.take(origin):
            return self._refuse(request, HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY, "rate")
        if [host.lower() for host in request.headers.getall("Host", ())] != [self._place.url.host]:
            return self._refuse(request, HTTPStatus.FORBIDDEN, ELSEWHERE, "host")
        return await handler(request)

    def _refuse(self, request: web.Request, status: HTTPStatus, text: str, reason: str) -> web.Response:
        """A refusal, and a line in log and trail of who got one; a flood of them writes six lines a minute."""
        origin = request.get(ORIGIN, "?")
        if self._complaints.take(""):
            logger.warning("refused %s: %s %s", status.value, origin, status.phrase)
            unsaid, self.unsaid = self.unsaid, 0
            self._trail.note(REFUSED, reason=reason, origin=origin, unsaid=unsaid)
        else:
            self.unsaid += 1
        return self._notice(status, text)

    def _notice(self, status: HTTPStatus, text: str) -> web.Response:
        answer = _html(notice_page(self._place.title, text), status)
        if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            answer.headers["Retry-After"] = "60"
        return answer

    # The pages ---------------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.Response:
        """The program for whoever has a pass, else the entry."""
        if self._pass_of(request) is None:
            return self._entry(HTTPStatus.FORBIDDEN if self._passes.needs_key else HTTPStatus.OK)
        if not self._seats.free_for(request[ORIGIN]):
            return self._refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, FULL, "full")
        return _html(terminal_page(self._place.title, self._place.url), HTTPStatus.OK)

    def _entry(self, status: HTTPStatus, error: str = "") -> web.Response:
        return _html(entry_page(self._place.title, needs_key=self._passes.needs_key, error=error), status)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """«Entrar»: a pass for this browser, from a form of ours alone."""
        if not self._is_ours(request):
            return self._refuse(request, HTTPStatus.FORBIDDEN, ELSEWHERE, "origin")
        if not self._starts.take(request[ORIGIN]):
            return self._refuse(request, HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY, "rate")
        form = await request.post()
        cookie = self._passes.redeem(str(form.get("llave", "")).strip())
        if cookie is None:
            self._trail.note(REFUSED, reason="key", origin=request[ORIGIN])
            return self._entry(HTTPStatus.FORBIDDEN, BAD_KEY)
        answer = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/"})
        answer.set_cookie(
            self._cookie,
            cookie,
            max_age=self._pass_seconds,
            path="/",
            httponly=True,
            samesite="Strict",
            secure=self._place.url.secure,
        )
        return answer

    async def _static(self, request: web.Request) -> web.StreamResponse:
        """One of the files that the pages name; there are no others."""
        found = static_files().get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        path, content_type = found
        return web.FileResponse(path, headers={"Content-Type": content_type, "Cache-Control": "max-age=3600"})

    # The session -------------------------------------------------------------------------------------

    async def _session(self, request: web.Request) -> web.StreamResponse:
        """The websocket of a tab: one process, until either end goes."""
        found, origin = self._pass_of(request), request[ORIGIN]
        if not self._is_ours(request):
            return self._refuse(request, HTTPStatus.FORBIDDEN, ELSEWHERE, "origin")
        if found is None:
            return self._refuse(request, HTTPStatus.FORBIDDEN, UNKNOWN, "no_pass")
        if not self._starts.take(origin):
            return self._refuse(request, HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY, "rate")
        if not self._passes.needs_key:
            found = replace(found, terminal=browser_name(request.headers.get("User-Agent", "")))
        try:
            with self._seats.seat(origin), self._told(found.terminal or "", origin):
                return await self._sessions.run(request, found, origin)
        except NoSeat:
            return self._refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, FULL, "full")

    @contextmanager
    def _told(self, terminal: str, origin: str) -> Iterator[None]:
        """The trail hears of a session's beginning and of its end, however it ends."""
        started = time.monotonic()
        self._trail.note(OPEN, terminal, origin=origin)
        try:
            yield
        finally:
            self._trail.note(CLOSE, terminal, origin=origin, seconds=round(time.monotonic() - started))

    async def _end_sessions(self, _app: web.Application) -> None:
        await self._sessions.end_all()

    def _is_ours(self, request: web.Request) -> bool:
        """Whether a page of ours sent it: browsers say so truly, and leave it out of nothing that changes something."""
        sent = request.headers.get("Origin", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(sent, self._place.url.text.encode())

    def _pass_of(self, request: web.Request) -> Pass | None:
        cookie = request.cookies.get(self._cookie)
        return self._passes.find(cookie) if cookie else None


def headers_of(url: PublicUrl) -> dict[str, str]:
    """What a page of ours may do: ask this server alone, stand in no other page, and read no clipboard by itself.

    Styles may stand in the page: the terminal makes its own while it runs.
    """
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:"
        f"; connect-src {url.websocket}/ws; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), clipboard-read=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "same-origin",  # without any, a form of ours would send no Origin either
        "Server": "coop-tui",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    return headers | ({"Strict-Transport-Security": "max-age=31536000"} if url.secure else {})


def _html(text: str, status: HTTPStatus) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")
