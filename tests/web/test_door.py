"""The door over loopback, before a small program that tells what it was given: who comes in, and who does not."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import web

from coop_tui.web import child
from coop_tui.web.door import BAD_KEY, ELSEWHERE, FULL, TOO_MANY, Door, Place
from coop_tui.web.origins import networks, public_url
from coop_tui.web.passes import OpenPasses, Passes, StationPasses
from coop_tui.web.session import Program
from services.policy import load_policy
from services.web_policy import WebPolicy
from tests.web.visitor import PATIENCE, Visitor, gone, visitor

POLICY = replace(load_policy().web_portal, requests_per_minute=1000, starts_per_minute=1000)
ECHO = """
import json, os, signal, sys
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
out, inn = sys.stdout.buffer, sys.stdin.buffer
def say(kind, content):
    out.write(kind + len(content).to_bytes(4, "big") + content); out.flush()
out.write(b"__GANGLION__\\n")
names = ("COOP_ORIGIN", "COOP_TERMINAL", "COOP_CHANNEL", "COLUMNS", "ROWS", "TEXTUAL_DRIVER")
say(b"D", json.dumps({"pid": os.getpid()} | {name: os.environ.get(name) for name in names}).encode())
while len(head := inn.read(5)) == 5:
    content = inn.read(int.from_bytes(head[1:], "big"))
    if head[:1] == b"D" and content == b"leave":
        say(b"M", b'{"type": "exit"}')
    elif head[:1] == b"D" and content.startswith(b"remember "):
        say(b"M", json.dumps({"type": "device", "token": content[9:].decode()}).encode()); say(b"D", b"kept")
    elif b"quit" not in content:
        say(b"D", head[:1] + content)
    elif "stubborn" not in sys.argv:
        break
while "stubborn" in sys.argv:
    signal.pause()
"""


@dataclass
class House(Visitor):
    """A visitor whose server can be ended."""

    end: Callable[[], Awaitable[None]] | None = None


@asynccontextmanager
async def house(
    *words: str,
    passes: Passes | None = None,
    policy: WebPolicy = POLICY,
    trusted: tuple[str, ...] = (),
    public: str = "",
) -> AsyncIterator[House]:
    """The door on a free port before the small program; `words` are its arguments."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    place = Place("Cooperativa <&>", public_url(public or url), networks(trusted))
    program = Program([sys.executable, "-c", ECHO, *words], Path.cwd(), {"COOP_CHANNEL": "web"})
    with tempfile.TemporaryDirectory() as folder:
        door = Door(place, passes or OpenPasses(Path(folder), 1), policy, program)
        runner = web.AppRunner(door.application(), access_log=None)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        try:
            async with visitor(url) as coop:
                yield House(url, coop.client, end=runner.cleanup)
        finally:
            await runner.cleanup()


# ---------------------------------------------------------------- who comes in


async def test_the_way_of_a_member_s_browser() -> None:
    async with house() as coop:
        first = await coop.get()
        text = await first.text()
        assert first.status == 200 and "Entrar" in text and "Cooperativa &lt;&amp;&gt;" in text and "llave" not in text
        assert await coop.refusal() == 403, "no pass, no session"
        entered = await coop.enter()
        assert entered.status == 303 and entered.headers["Location"] == "/"
        kept = entered.headers["Set-Cookie"]
        assert "HttpOnly" in kept and "SameSite=Strict" in kept and "Path=/" in kept and "Secure" not in kept
        page = await (await coop.get()).text()
        assert f"ws{coop.url.removeprefix('http')}/ws" in page and "http://" not in page and "https://" not in page
        async with coop.tab() as tab:
            told = await tab.told()
            assert told["COOP_ORIGIN"] == "127.0.0.1" and told["COOP_CHANNEL"] == "web"
            assert (told["COLUMNS"], told["ROWS"]) == ("100", "30")
            assert told["TEXTUAL_DRIVER"] == "coop_tui.web.driver:ServedDriver"
            await tab.socket.send_json(["stdin", "señor"])
            assert await tab.drawn() == b"D" + "señor".encode()
            await tab.socket.send_json(["resize", {"width": 80, "height": 24}])
            assert json.loads((await tab.drawn())[1:]) == {"type": "resize", "width": 80, "height": 24}
            await tab.socket.send_json(["ping", "7"])
            assert (await tab.socket.receive_json(timeout=PATIENCE)) == ["pong", "7"]
        assert await gone(told["pid"])


async def test_a_remembered_device_is_told_to_its_own_sessions_alone() -> None:
    async with house() as coop:
        await coop.enter()
        async with coop.tab(**{"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/150.0"}) as tab:
            assert (await tab.told())["COOP_TERMINAL"] == "Firefox en Windows"
            await tab.socket.send_json(["stdin", "remember ficha-7"])
            assert await tab.drawn() == b"kept"
        async with coop.tab() as tab:
            await tab.told()
            assert json.loads((await tab.drawn())[1:]) == {"type": "device", "token": "ficha-7"}
        await coop.enter()
        async with coop.tab() as tab:
            await tab.told()
            await tab.socket.send_json(["stdin", "x"])
            assert await tab.drawn() == b"Dx", "another browser is told nothing"


async def test_a_station_of_staff_needs_its_link(tmp_path: Path) -> None:
    stations = StationPasses(tmp_path / "web", 1, 15)
    async with house(passes=stations) as coop:
        door = await coop.get()
        assert door.status == 403 and "Llave" in await door.text()
        wrong = await coop.enter("x" * 43)
        assert wrong.status == 403 and BAD_KEY in await wrong.text() and not coop.cookie
        assert (await coop.enter(stations.new_link("caja-3", "sucursal"))).status == 303
        async with coop.tab() as tab:
            told = await tab.told()
            assert (told["COOP_TERMINAL"], told["COOP_CHANNEL"]) == ("caja-3", "sucursal")
        assert stations.forget("caja-3") == 1
        assert await coop.refusal() == 403 and (await coop.get()).status == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:80", ""])
async def test_another_host_s_name_gets_nothing(host: str) -> None:
    async with house() as coop:
        await coop.enter()
        refused = await coop.get(Host=host)
        assert refused.status == 403 and ELSEWHERE in await refused.text()
        assert await coop.refusal(Host=host) == 403
        assert (await coop.enter(Host=host)).status == 403
        assert (await coop.get("/estatico/textual.js", Host=host)).status == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1", "http://127.0.0.1:1/"])
async def test_another_site_can_neither_open_a_session_nor_press_entrar(origin: str) -> None:
    async with house() as coop:
        await coop.enter()
        assert await coop.refusal(Origin=origin) == 403
        assert (await coop.enter(origin=origin)).status == 403


async def test_behind_a_proxy_the_cookie_is_for_tls_alone_and_origins_are_told() -> None:
    async with house(trusted=("127.0.0.1",), public="https://coop.example") as coop:
        host = {"Host": "coop.example", "X-Forwarded-For": "6.6.6.6, 198.51.100.4"}
        entered = await coop.enter(origin="https://coop.example", **host)
        kept = entered.headers["Set-Cookie"]
        assert kept.startswith("__Host-coop=") and "Secure" in kept and "Domain" not in kept
        assert entered.headers["Strict-Transport-Security"]
        async with coop.tab(Origin="https://coop.example", **host) as tab:
            assert (await tab.told())["COOP_ORIGIN"] == "198.51.100.4"
        assert await coop.refusal(**host) == 403, "the proxy's own address is no page of ours"
        assert (await coop.get(Host="coop.example", **{"X-Forwarded-For": "no idea"})).status == 400


async def test_a_proxy_that_nobody_trusts_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    async with house() as coop:
        for _ in range(3):
            assert (await coop.get(**{"X-Forwarded-For": "198.51.100.4"})).status == 200
    assert len([record for record in caplog.records if "none is trusted" in record.message]) == 1


async def test_every_answer_keeps_the_page_to_itself() -> None:
    async with house() as coop:
        answers = [await coop.get(path) for path in ("/", "/none", "/estatico/mono.ttf", "/ws", "/entrar")]
        assert [answer.status for answer in answers] == [200, 404, 200, 403, 405]
        for answer in answers:
            policy = answer.headers["Content-Security-Policy"]
            assert (
                "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
            )
            assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["Server"] == "coop-tui"
        for path in (
            "/estatico/",
            "/estatico/door.py",
            "/estatico/..%2fdoor.py",
            "/estatico/%2e%2e/door.py",
            "/download/x",
        ):
            assert (await coop.get(path)).status == 404


# ---------------------------------------------------------------- how often, how many


async def test_the_caps_of_sessions_hold() -> None:
    async with house(policy=replace(POLICY, sessions=3, sessions_per_origin=2), trusted=("127.0.0.1",)) as coop:
        await coop.enter()
        at = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(3)]
        async with coop.tab(**at[0]) as one, coop.tab(**at[0]) as two:
            pids = [(await tab.told())["pid"] for tab in (one, two)]
            assert await coop.refusal(**at[0]) == 503, "two of one origin"
            page = await coop.get(**at[0])
            assert page.status == 503 and FULL in await page.text() and page.headers["Retry-After"]
            async with coop.tab(**at[1]) as three:
                pids.append((await three.told())["pid"])
                assert await coop.refusal(**at[2]) == 503, "three in all"
        assert len(set(pids)) == 3 and [await gone(pid) for pid in pids] == [True] * 3
        while (await coop.get(**at[0])).status == 503:
            pass  # The process is gone; the session that ran it is about to be.
        async with coop.tab(**at[0]) as tab:
            assert await tab.told(), "a seat that was left is free"


async def test_the_rates_hold_for_each_origin() -> None:
    policy = replace(POLICY, requests_per_minute=6, starts_per_minute=2)
    async with house(policy=policy, trusted=("127.0.0.1",)) as coop:
        mine, other = {"X-Forwarded-For": "198.51.100.1"}, {"X-Forwarded-For": "198.51.100.2"}
        assert [(await coop.enter(**mine)).status for _ in range(3)] == [303, 303, 429]
        assert await coop.refusal(**mine) == 429, "sessions count with the presses"
        assert (await coop.get(**mine)).status == 200
        assert (await coop.get(**mine)).status == 200
        blocked = await coop.get(**mine)
        assert blocked.status == 429 and TOO_MANY in await blocked.text() and blocked.headers["Retry-After"]
        assert (await coop.get(**other)).status == 200


# ---------------------------------------------------------------- how a session ends

NONSENSE = ["{", "[]", '["stdin"]', '["stdin", 7]', '["deliver", "x"]', '{"a": 1}', "[" * 5000, '["resize", 3]']


@pytest.mark.parametrize("text", NONSENSE)
async def test_what_no_page_of_ours_sends_ends_the_session(text: str) -> None:
    async with house() as coop:
        await coop.enter()
        async with coop.tab() as tab:
            pid = (await tab.told())["pid"]
            await tab.socket.send_str(text)
            assert await tab.closed() == 1008 and await gone(pid)


async def test_a_flood_or_a_flood_in_one_message_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coop_tui.web.session.MESSAGES_PER_MINUTE", 50)
    async with house() as coop:
        await coop.enter()
        async with coop.tab() as tab:
            pid = (await tab.told())["pid"]
            for _ in range(60):
                await tab.socket.send_json(["resize", {"width": 10**9, "height": 10**9}])
            assert await tab.closed() == 1008 and await gone(pid)
        async with coop.tab() as tab:
            pid = (await tab.told())["pid"]
            await tab.socket.send_json(["stdin", "x" * 100_000])
            assert await tab.closed() == 1009 and await gone(pid)


async def test_an_idle_session_ends_and_looking_at_it_is_no_key() -> None:
    async with house(policy=replace(POLICY, idle_minutes=0.005)) as coop:  # type: ignore[arg-type]
        await coop.enter()
        async with coop.tab() as tab:
            pid = (await tab.told())["pid"]
            await tab.socket.send_json(["focus"])
            await tab.drawn()
            assert await tab.closed() == 1000 and await gone(pid)


async def test_a_program_that_leaves_or_never_starts_closes_the_tab() -> None:
    async with house() as coop:
        await coop.enter()
        async with coop.tab() as tab:
            pid = (await tab.told())["pid"]
            await tab.socket.send_json(["stdin", "leave"])
            assert await tab.closed() == 1000 and await gone(pid)
    for broken in ("raise SystemExit(3)", "print('no')"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(f"{__name__}.ECHO", broken)
            async with house() as coop:
                await coop.enter()
                async with coop.tab() as tab:
                    assert await tab.closed() == 1000


async def test_a_program_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "LEAVE_SECONDS", 0.2)
    async with house("stubborn") as coop:
        await coop.enter()
        async with coop.tab() as tab:
            pid = (await tab.told())["pid"]
        assert await gone(pid)


async def test_the_end_of_the_server_ends_the_sessions() -> None:
    async with house() as coop:
        await coop.enter()
        async with coop.tab() as one, coop.tab() as two:
            pids = [(await tab.told())["pid"] for tab in (one, two)]
            assert coop.end is not None
            ending = asyncio.ensure_future(coop.end())
            assert [await tab.closed() for tab in (one, two)] == [1001, 1001]
            await ending
    assert [await gone(pid) for pid in pids] == [True, True]
