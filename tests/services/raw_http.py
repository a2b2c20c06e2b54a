"""A server that says whatever bytes a test wants, on loopback: answers that no honest gateway gives."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Script = Callable[[socket.socket, threading.Event], None]


@contextmanager
def raw_server(script: Script, heard: list[bytes] | None = None, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """`http://127.0.0.1:<port>`; each connection's request is read (`heard`) and `script(connection, over)` answers.

    With `tls` it is `https://localhost:<port>`.
    """
    heard = [] if heard is None else heard
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                spoken = tls.wrap_socket(connection, server_side=True) if tls else connection
                with spoken:
                    heard.append(read_request(spoken))
                    script(spoken, over)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{'https://localhost' if tls else 'http://127.0.0.1'}:{listener.getsockname()[1]}"
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        listener.close()
        thread.join(5)


def read_request(connection: socket.socket) -> bytes:
    """Everything up to the end of the body that Content-Length tells of."""
    connection.settimeout(5)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(body: bytes, *, status: str = "200 OK", content_type: str = "application/json", more: str = "") -> Script:
    """An answer with its length."""

    def script(connection: socket.socket, _over: threading.Event) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        connection.sendall(head.encode() + body)

    return script
