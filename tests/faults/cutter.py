"""A wire to PostgreSQL that sometimes breaks at COMMIT: before it arrives, or after it was done and before the answer.

Clients reach it by a Unix socket in `folder`; it speaks no protocol and hands bytes on. The second cut is the one that
matters: the money has moved and the desk has not been told.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

LOST_REQUEST, LOST_ANSWER = 0.02, 0.04
NAME = ".s.PGSQL.5432"
CUT_BEFORE, CUT_AFTER = b"b", b"a"


@dataclass
class Line:
    """One connection on its way through. `drop`: the next answer is lost."""

    client: socket.socket
    server: socket.socket
    drop: bool = False

    def close(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@dataclass
class Cutter:
    """`url` is the real store; `tally` is a descriptor that gets a byte for each cut."""

    url: str
    folder: Path
    tally: int
    seed: int

    def listen(self) -> socket.socket:
        """The socket that clients may connect to from now on."""
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self.folder / NAME))
        listening.listen(64)
        return listening

    def address(self) -> str:
        """The store's address by way of this wire."""
        url = make_url(self.url).set(host=None, port=None).update_query_dict({"host": str(self.folder)})
        return url.render_as_string(hide_password=False)

    def serve(self, listening: socket.socket, stop: int) -> None:
        """Hand on until `stop` can be read."""
        rng = random.Random(self.seed)
        while stop not in select.select([listening, stop], [], [])[0]:
            client, _ = listening.accept()
            try:
                line = Line(client, self._upstream())
            except OSError:
                client.close()
                continue
            for pump in (self._forth, self._back):
                threading.Thread(target=pump, args=(line, rng), daemon=True).start()

    def _upstream(self) -> socket.socket:
        url = make_url(self.url)
        host, port = str(url.query.get("host") or url.host or "localhost"), url.port or 5432
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(f"{host}/.s.PGSQL.{port}")
        return upstream

    def _forth(self, line: Line, rng: random.Random) -> None:
        with contextlib.suppress(OSError):
            while data := line.client.recv(65536):
                if b"COMMIT" in data:
                    fate = rng.random()
                    if fate < LOST_REQUEST:
                        os.write(self.tally, CUT_BEFORE)
                        break
                    line.drop = fate < LOST_REQUEST + LOST_ANSWER
                line.server.sendall(data)
        line.close()

    def _back(self, line: Line, _rng: random.Random) -> None:
        with contextlib.suppress(OSError):
            while data := line.server.recv(65536):
                if line.drop:
                    os.write(self.tally, CUT_AFTER)
                    break
                line.client.sendall(data)
        line.close()
