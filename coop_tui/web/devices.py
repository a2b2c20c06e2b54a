"""What a browser keeps for the member who wanted their device remembered (S68), and by which name they know it.

The token of the services is kept here for the browser, sealed under the browser's own cookie: whoever reads the folder
can open none of it. It goes to the process and back through the process's own pipe.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from data.secrets import SecretsError
from data.secrets.box import hmac, open_, seal
from data.secrets.private_file import make_private_dir, read_private, write_private

DOMAIN = "coop-tui web device 1"
LONGEST = 200
#: What User-Agent holds → what a member reads. The first that fits: each browser also names those that came before it.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Device:
    """One browser, by its cookie."""

    folder: Path
    cookie: str

    def token(self) -> str | None:
        """The token that it keeps, if any."""
        with contextlib.suppress(SecretsError):
            return open_(self._key(), read_private(self._path()), DOMAIN).decode()
        return None

    def keep(self, token: str) -> None:
        """Keep a token in the place of the last one."""
        if 0 < len(token) <= LONGEST:
            make_private_dir(self.folder)
            write_private(self._path(), seal(self._key(), token.encode(), DOMAIN))

    def _key(self) -> bytes:
        return hmac(self.cookie.encode("utf-8", "surrogatepass"), DOMAIN, b"key")

    def _path(self) -> Path:
        return self.folder / hashlib.sha256(self.cookie.encode("utf-8", "surrogatepass")).hexdigest()


def purge(folder: Path, hours: int) -> None:
    """Delete what was kept for longer than any cookie lives."""
    for path in folder.glob("*"):
        if path.stat().st_mtime < time.time() - hours * 3600:
            path.unlink(missing_ok=True)


def browser_name(user_agent: str) -> str:
    """The device's name in the member's list and in the trail: words of ours, nothing that the browser wrote."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "Navegador")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), None)
    return f"{browser} en {system}" if system else browser
