"""`coop-tui serve` as a process, and what it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Branch:
    """A store on disk, and who may sign in to it."""

    data: Path
    home: Path
    username: str = "rsanjur"
    password: str = "molino-ventana-cobre-ladera"

    @property
    def environ(self) -> dict[str, str]:
        """No keyring service and no settings of the developer's."""
        # Compiled code is kept, whatever the machine says: the program starts five times in these tests.
        alien = ("COOP_", "XDG_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(alien)}
        return kept | {
            "HOME": str(self.home),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.home}/no-bus",
            "PYTHONIOENCODING": "utf-8",
        }

    @contextmanager
    def served(self, *words: str) -> Iterator[Server]:
        """The server, answering; killed at the end if it still runs."""
        command = self.command("--json", "serve", "--port", "0", *words)
        with subprocess.Popen(command, **self.how(), stdout=subprocess.PIPE) as process:  # type: ignore[call-overload]
            try:
                assert process.stdout is not None
                yield Server(self, process, json.loads(process.stdout.readline())["data"]["url"])
            finally:
                process.kill()

    def command(self, *words: str) -> list[str]:
        """`coop-tui --data … words`."""
        return [sys.executable, "-m", "coop_tui", "--data", str(self.data), *words]

    def how(self) -> dict[str, object]:
        """The rest of what starts it."""
        return {"cwd": ROOT, "env": self.environ, "encoding": "utf-8"}


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    branch: Branch
    process: subprocess.Popen[str]
    url: str

    def key(self, *words: str) -> str:
        """The key of a new link for a station."""
        command = self.branch.command("--json", "serve", "--link", "--public-url", self.url, *words)
        done = subprocess.run(command, **self.branch.how(), capture_output=True, timeout=100, check=False)  # type: ignore[call-overload]
        link: str = json.loads(done.stdout)["data"]["link"]
        assert link.startswith(f"{self.url}/#"), done.stderr
        return link.partition("#")[2]

    def children(self) -> list[int]:
        """The processes of sessions that it has started and that still run; not the one that writes its trail."""
        listing = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        if not listing.exists():
            pytest.skip("this system does not list a process's children in /proc")
        return [int(pid) for pid in listing.read_text().split()]

    def trail(self) -> list[int]:
        """The process that writes its notes into the trail: a thread has started that."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        listings = [task / "children" for task in tasks if task.name != str(self.process.pid)]
        return [int(pid) for listing in listings for pid in listing.read_text().split()]
