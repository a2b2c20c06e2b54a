"""Who asks, how often, and with which pass: the door's own sums."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coop_tui.environment import ORIGIN_VARIABLE
from coop_tui.web import limits
from coop_tui.web.child import environment_of, size_within
from coop_tui.web.devices import browser_name
from coop_tui.web.limits import NoSeat, Rate, Seats
from coop_tui.web.origins import UnclearOrigin, networks, origin_of, public_url
from coop_tui.web.passes import OpenPasses, Pass, StationPasses


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


# ---------------------------------------------------------------- origins

PROXY = ("127.0.0.1", "10.0.0.0/24")
ORIGINS = {
    "nobody between": ("203.0.113.7", [], (), "203.0.113.7"),
    "told by a stranger": ("203.0.113.7", ["198.51.100.1"], PROXY, "203.0.113.7"),
    "told by the proxy": ("127.0.0.1", ["198.51.100.1"], PROXY, "198.51.100.1"),
    "the client's own words stand left": ("127.0.0.1", ["1.1.1.1, 198.51.100.1"], PROXY, "198.51.100.1"),
    "two proxies": ("127.0.0.1", ["1.1.1.1, 198.51.100.1, 10.0.0.9"], PROXY, "198.51.100.1"),
    "two headers": ("127.0.0.1", ["1.1.1.1", "198.51.100.1"], PROXY, "198.51.100.1"),
    "the proxy itself": ("127.0.0.1", [], PROXY, "127.0.0.1"),
    "no proxy is believed": ("127.0.0.1", ["198.51.100.1"], (), "127.0.0.1"),
    "a household": ("2001:db8:1:2:3:4:5:6", [], (), "2001:db8:1:2::/64"),
    "its neighbour": ("2001:db8:1:3::1", [], (), "2001:db8:1:3::/64"),
    "an old address in new clothes": ("::ffff:203.0.113.7", [], (), "203.0.113.7"),
}


@pytest.mark.parametrize("case", ORIGINS)
def test_an_origin_is_what_a_believed_proxy_saw(case: str) -> None:
    peer, forwarded, trusted, expected = ORIGINS[case]
    assert origin_of(peer, forwarded, networks(trusted)) == expected


@pytest.mark.parametrize("told", ["", "unknown", "198.51.100.1:443", "198.51.100.1, evil", "x" * 9000])
def test_a_proxy_that_tells_no_address_is_not_guessed_at(told: str) -> None:
    with pytest.raises(UnclearOrigin):
        origin_of("127.0.0.1", [told], networks(PROXY))


def test_the_public_address_is_spelled_as_browsers_spell_it() -> None:
    assert public_url("https://Coop.Example:443/").text == "https://coop.example"
    assert public_url("https://coop.example:8443").host == "coop.example:8443"
    assert public_url("http://127.0.0.1:8000").websocket == "ws://127.0.0.1:8000"
    assert public_url("https://coop.example").websocket == "wss://coop.example"
    assert public_url("http://[::1]:8000").host == "[::1]:8000"


@pytest.mark.parametrize(
    "text", ["http://coop.example", "https://coop.example/x", "coop.example", "https://a:b@coop.example", "ftp://x"]
)
def test_an_address_that_would_not_be_safe_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="dirección pública"):
        public_url(text)


# ---------------------------------------------------------------- how often, how many


def test_a_minute_s_worth_and_no_more() -> None:
    clock = Hands()
    rate = Rate(3, monotonic=clock)
    assert [rate.take("a") for _ in range(4)] == [True, True, True, False]
    assert rate.take("b"), "another origin has its own"
    clock.time += 20
    assert [rate.take("a") for _ in range(2)] == [True, False]
    clock.time += 3600
    assert [rate.take("a") for _ in range(4)] == [True, True, True, False], "no more is saved up"


def test_a_crowd_of_origins_does_not_eat_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REMEMBERED", 10)
    clock = Hands()
    rate = Rate(1, monotonic=clock)
    assert rate.take("first") and not rate.take("first")
    for number in range(9):
        assert rate.take(str(number))
        assert not rate.take("first"), "whoever keeps knocking is not forgotten"
    for number in range(100):
        rate.take(f"n{number}")
    assert len(rate) == 10


def test_seats_are_counted_for_each_origin_and_in_all() -> None:
    seats = Seats(3, 2)
    with seats.seat("a"), seats.seat("a"):
        with pytest.raises(NoSeat), seats.seat("a"):
            pass
        with seats.seat("b"):
            assert not seats.free_for("c") and seats.taken == 3
            with pytest.raises(NoSeat), seats.seat("c"):
                pass
        assert seats.free_for("c")
    assert seats.taken == 0
    with pytest.raises(ZeroDivisionError), seats.seat("a"):
        raise ZeroDivisionError
    assert seats.taken == 0, "a session that fails gives its seat back"


# ---------------------------------------------------------------- passes


def test_a_link_is_good_once_and_makes_a_station(tmp_path: Path) -> None:
    clock = Hands()
    stations = StationPasses(tmp_path / "web", hours=2, link_minutes=15, now=clock)
    key = stations.new_link("caja-3", "sucursal")
    cookie = stations.redeem(key)
    assert cookie is not None and stations.find(cookie) == Pass("caja-3", "sucursal")
    assert stations.redeem(key) is None, "used"
    assert stations.find(key) is None, "a link is no cookie"
    again = StationPasses(tmp_path / "web", hours=2, link_minutes=15, now=clock)
    assert again.find(cookie) == Pass("caja-3", "sucursal"), "a restart forgets nothing"
    clock.time += 2 * 3600
    assert again.find(cookie) is None
    again.purge()
    assert list((tmp_path / "web").rglob("*.json")) == []


def test_a_link_waits_for_its_minutes_only(tmp_path: Path) -> None:
    clock = Hands()
    stations = StationPasses(tmp_path / "web", hours=2, link_minutes=15, now=clock)
    key = stations.new_link(None, None)
    clock.time += 15 * 60
    assert stations.redeem(key) is None
    clock.time -= 60
    assert stations.redeem(key) is None, "trying it late has used it up"


def test_what_lies_in_the_folder_opens_nothing(tmp_path: Path) -> None:
    stations = StationPasses(tmp_path / "web", hours=2, link_minutes=15)
    key = stations.new_link("caja-3", None)
    cookie = stations.redeem(stations.new_link("caja-4", None))
    assert cookie is not None
    for path in (tmp_path / "web").rglob("*.json"):
        assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0
        assert key not in path.read_text() and cookie not in path.read_text()
        assert stations.redeem(path.stem) is None and stations.find(path.stem) is None
    for odd in ("", "x" * 5000, "../enlaces/x", "\udcff", "\0"):
        assert stations.redeem(odd) is None and stations.find(odd) is None


def test_a_station_is_struck_by_name(tmp_path: Path) -> None:
    stations = StationPasses(tmp_path / "web", hours=2, link_minutes=15)
    cookies = [stations.redeem(stations.new_link(name, None)) for name in ("caja-3", "caja-4")]
    waiting = stations.new_link("caja-3", None)
    assert stations.forget("caja-3") == 2
    assert [cookie is not None and stations.find(cookie) for cookie in cookies] == [None, Pass("caja-4")]
    assert stations.redeem(waiting) is None and stations.forget("nadie") == 0


def test_a_pass_of_the_portal_can_be_neither_made_up_nor_kept_for_ever(tmp_path: Path) -> None:
    clock = Hands()
    passes = OpenPasses(tmp_path / "web", 1, now=clock)
    cookie = passes.redeem("")
    assert cookie is not None and passes.find(cookie) is not None
    until, nonce, seal = cookie.split(".")
    for forged in (f"{int(until) + 1}.{nonce}.{seal}", f"{until}.{nonce}", "", "..", f"{until}.{nonce}.\udcff", "x"):
        assert passes.find(forged) is None
    assert OpenPasses(tmp_path / "web", 1, now=clock).find(cookie) is not None, "a restart forgets nothing"
    assert OpenPasses(tmp_path / "other", 1, now=clock).find(cookie) is None, "another server's"
    clock.time += 3600
    assert passes.find(cookie) is None


def test_a_remembered_device_is_one_browser_s_and_the_folder_tells_nothing(tmp_path: Path) -> None:
    passes = OpenPasses(tmp_path, 1)
    mine, other = (passes.find(passes.redeem("") or "") for _ in range(2))
    assert mine is not None and other is not None and mine.device is not None and other.device is not None
    assert mine.device.token() is None
    mine.device.keep("ficha-1")
    mine.device.keep("ficha-2")
    mine.device.keep("x" * 5000)
    assert (mine.device.token(), other.device.token()) == ("ficha-2", None)
    (kept,) = (tmp_path / "equipos").iterdir()
    assert kept.stat().st_mode & 0o077 == 0 and b"ficha" not in kept.read_bytes()
    assert mine.device.cookie.encode() not in kept.read_bytes()
    os.utime(kept, (0, 0))
    OpenPasses(tmp_path, 1)
    assert mine.device.token() is None


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0.0.0 Safari/537.36 Edg/156.0", "Edge en Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/156.0 Safari/537.36", "Chrome en Linux"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/156.0.0.0 Mobile Safari/537.36", "Chrome en Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1", "Safari en iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Firefox/150.0", "Firefox en Mac"),
        ("<script>alert(1)</script>\n[red]", "Navegador"),
        ("", "Navegador"),
    ],
)
def test_a_device_has_a_name_of_ours(agent: str, name: str) -> None:
    assert browser_name(agent) == name


# ---------------------------------------------------------------- what a process is told


def test_the_process_is_told_where_the_browser_is_by_the_server_alone() -> None:
    inherited = {"PATH": "/bin", "TEXTUAL_LOG": "/tmp/x", ORIGIN_VARIABLE: "forged", "COOP_TERMINAL": "server"}
    told = environment_of(inherited, (100, 30), "203.0.113.7", {"COOP_TERMINAL": "caja-3"})
    assert told[ORIGIN_VARIABLE] == "203.0.113.7" and told["COOP_TERMINAL"] == "caja-3"
    assert (told["COLUMNS"], told["ROWS"]) == ("100", "30") and "TEXTUAL_LOG" not in told


@pytest.mark.parametrize("asked", [(0, 24), (80, 100_000), ("80", 24), (True, 24), (80.5, 24), (None, None)])
def test_a_size_out_of_reason_is_none(asked: tuple[object, object]) -> None:
    assert size_within(*asked) is None and size_within(132, 43) == (132, 43)
