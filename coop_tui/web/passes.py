"""Who may open a session: a station that was registered by a one-time link, or in the portal whoever pressed «Entrar».

A pass is not a sign-in: the program behind it asks for user and password as ever. It keeps strangers from starting
processes at a staff server, gives the station its name in the audit trail, and binds a websocket to a page of ours.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coop_tui.web.devices import Device, purge
from data.secrets import SecretsError
from data.secrets.private_file import make_private_dir, read_private, write_private

TOKEN_BYTES = 32
LONGEST_TOKEN = 200
Seconds = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Pass:
    """A browser that may open sessions, and as which station: name and channel of the settings, if they are its own.
    `device`: in the portal, what the browser keeps for a member who wanted it remembered."""

    terminal: str | None = None
    channel: str | None = None
    device: Device | None = None


class Passes(Protocol):
    """What the door asks. Tokens are what a cookie or a form brought: anything at all."""

    needs_key: bool

    def redeem(self, key: str) -> str | None:
        """The cookie for a browser that shows `key`, or None."""

    def find(self, cookie: str) -> Pass | None:
        """The pass behind a cookie, or None."""


class OpenPasses:
    """The portal: everybody gets one, good until `hours` have passed. None is kept: `folder` has the secret that
    seals them all, and what remembered devices keep."""

    needs_key = False

    def __init__(self, folder: Path, hours: int, *, now: Seconds = time.time) -> None:
        self._seconds, self._now = hours * 3600, now
        self._devices, path = folder / "equipos", folder / "portal.key"
        if not path.exists():
            write_private(path, secrets.token_bytes(TOKEN_BYTES))
        self._secret = read_private(path)
        purge(self._devices, hours)

    def redeem(self, key: str) -> str | None:
        """A new pass; there is no key to show."""
        del key
        body = f"{int(self._now()) + self._seconds}.{secrets.token_urlsafe(16)}"
        return f"{body}.{self._seal(body)}"

    def find(self, cookie: str) -> Pass | None:
        """The pass, if this server gave it and it is not over."""
        body, _, seal = cookie.rpartition(".")
        if not hmac.compare_digest(seal.encode("utf-8", "surrogatepass"), self._seal(body).encode()):
            return None
        return Pass(device=Device(self._devices, cookie)) if int(body.partition(".")[0]) > self._now() else None

    def _seal(self, body: str) -> str:
        digest = hmac.digest(self._secret, body.encode("utf-8", "surrogatepass"), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class StationPasses:
    """Staff: a link is good once; the browser that used it stays a registered station for `hours`.

    Both are private files in the data folder, named by the SHA-256 of the token, so that a restart forgets nothing and
    whoever reads the folder still cannot enter. Taking a link away is deleting its file: that works once.
    """

    needs_key = True

    def __init__(self, folder: Path, hours: int, link_minutes: int, *, now: Seconds = time.time) -> None:
        self._links, self._stations = folder / "enlaces", folder / "puestos"
        self._hours, self._link_minutes, self._now = hours, link_minutes, now

    def new_link(self, terminal: str | None, channel: str | None) -> str:
        """The key of a new link for a station."""
        key = secrets.token_urlsafe(TOKEN_BYTES)
        self._write(self._links, key, terminal, channel, self._link_minutes * 60)
        return key

    def redeem(self, key: str) -> str | None:
        """Make the browser a station, if the link is new and not over. It is used up either way."""
        found = self._read(self._links, key)
        try:
            self._path(self._links, key).unlink()
        except (FileNotFoundError, ValueError):
            return None  # Somebody else was first, or there never was one.
        if found is None:
            return None
        cookie = secrets.token_urlsafe(TOKEN_BYTES)
        self._write(self._stations, cookie, found.terminal, found.channel, self._hours * 3600)
        return cookie

    def find(self, cookie: str) -> Pass | None:
        """The registered station, if it is not over."""
        return self._read(self._stations, cookie)

    def forget(self, terminal: str) -> int:
        """Strike the stations and links of that name; answers how many they were."""
        gone = 0
        for path in self._files():
            if json.loads(read_private(path))["terminal"] == terminal:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def purge(self) -> None:
        """Delete what is over."""
        for path in self._files():
            if json.loads(read_private(path))["until"] <= self._now():
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return [path for folder in (self._links, self._stations) for path in sorted(folder.glob("*.json"))]

    def _path(self, folder: Path, token: str) -> Path:
        if not 0 < len(token) <= LONGEST_TOKEN:
            raise ValueError("no token of ours is that long")
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        return folder / f"{digest}.json"

    def _write(self, folder: Path, token: str, terminal: str | None, channel: str | None, seconds: int) -> None:
        content = {"terminal": terminal, "channel": channel, "until": int(self._now()) + seconds}
        make_private_dir(folder)
        write_private(self._path(folder, token), json.dumps(content, ensure_ascii=False).encode())

    def _read(self, folder: Path, token: str) -> Pass | None:
        with contextlib.suppress(SecretsError, ValueError):
            content = json.loads(read_private(self._path(folder, token)))
            if content["until"] > self._now():
                return Pass(content["terminal"], content["channel"])
        return None
