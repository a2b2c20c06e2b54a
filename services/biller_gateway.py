"""The client of a biller gateway: asks, orders, asks again, over HTTP (req. 8-9; docs/contratos.md).

It holds no money and knows no ledger: services/biller_payments.py decides. Each call is one request on a connection of
its own, so that a failure says exactly what it says: a connection that was kept open may be closed by the other side
just as the request leaves, and nobody could tell whether it arrived.
"""

from __future__ import annotations

import contextlib
import functools
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from data.secrets import Secret
from data.values.uuid7 import is_uuid7
from services.biller_answers import (
    CODE,
    Body,
    OutOfForm,
    read_catalogue,
    read_inquiry_answer,
    read_order_answer,
)
from services.biller_contract import (
    AnswerLost,
    BadSettlement,
    GatewayFailure,
    GatewayUnavailable,
    Inquiry,
    InquiryAnswer,
    Offer,
    Order,
    OrderAnswer,
    OrderConflict,
    OrderRecord,
    OrderState,
    RefusalCode,
)
from services.biller_settlement import read_settlement

if TYPE_CHECKING:
    import httpx

__all__ = [
    "AnswerLost",
    "BadSettlement",
    "BillerGateway",
    "GatewayFailure",
    "GatewayUnavailable",
    "Inquiry",
    "InquiryAnswer",
    "Offer",
    "Order",
    "OrderAnswer",
    "OrderConflict",
    "OrderRecord",
    "OrderState",
    "RefusalCode",
]

#: Seconds to connect, and of silence while answering.
STEP_SECONDS: Final = 10
#: Seconds from the first byte of the request to the last of the answer, however steadily it drips.
WHOLE_SECONDS: Final = 20
#: The same for the file of a day.
FILE_SECONDS: Final = 120
MAX_ANSWER: Final = 64 * 1024
MAX_FILE: Final = 64 * 1024 * 1024
#: With these the gateway may say that it did not take the request.
NOT_TAKEN: Final = frozenset({400, 401, 403, 404, 422, 429, 503})


@dataclass(frozen=True, slots=True)
class BillerGateway:
    """A gateway at `url` (https, or http on this machine). No proxy of the environment, no redirect, no keep-alive.

    Every call raises GatewayUnavailable or AnswerLost (services/biller_contract.py says which is which).
    """

    url: str
    token: Secret | None = None
    step_seconds: float = STEP_SECONDS
    whole_seconds: float = WHOLE_SECONDS
    file_seconds: float = FILE_SECONDS

    def inquire(self, inquiry: Inquiry) -> InquiryAnswer:
        """Whether the reference exists, whose it is and what is due. Changes nothing, whatever it raises."""
        body = {
            "biller": inquiry.biller,
            "mode": inquiry.mode,
            "reference": inquiry.reference,
            "extra": inquiry.extra,
        }
        with self._exchange("POST", "/inquiries", body=body) as answer:
            return read_inquiry_answer(_whole(answer), inquiry)

    def order(self, order: Order) -> OrderAnswer:
        """Pay: accepted or refused. The same order again gets the same answer and pays nothing twice.

        `amount` of an accepted order is what the gateway charged: compare it. Raises: OrderConflict if the gateway
        knows the id with other data.
        """
        wanted = (order.biller, order.mode, order.reference, order.extra)
        body = dict(zip(("biller", "mode", "reference", "extra"), wanted, strict=True)) | {"amount": order.amount}
        with self._exchange("PUT", f"/orders/{order.id}", body=body, key=order.id) as answer:
            found = read_order_answer(_whole(answer), order.id)
            record = found.record
            if record is None or (record.biller, record.mode, record.reference, record.extra) != wanted:
                raise OutOfForm("record")
            return found

    def status(self, order_id: str) -> OrderAnswer:
        """What became of an order: accepted, refused, withdrawn, or unknown: the gateway never saw it *until now*.

        An order that is unknown may still be on its way; only `withdraw` makes sure that it won't be taken. A failure
        here tells nothing about the order.
        """
        with self._exchange("GET", f"/orders/{_checked(order_id)}") as answer:
            return read_order_answer(_whole(answer), order_id)

    def withdraw(self, order_id: str) -> OrderAnswer:
        """Close an id that the gateway never saw: withdrawn, for ever. Otherwise: accepted or refused, as it is.

        The last word before money goes back. It undoes nothing (B2: nobody can undo a recarga). A failure here tells
        nothing about the order; asking again is safe.
        """
        with self._exchange("DELETE", f"/orders/{_checked(order_id)}") as answer:
            found = read_order_answer(_whole(answer), order_id)
            if found.state is OrderState.UNKNOWN:
                raise OutOfForm("state")
            return found

    def catalogue(self) -> tuple[Offer, ...]:
        """What the gateway offers, billers that it can't pay today included."""
        with self._exchange("GET", "/catalogue") as answer:
            return read_catalogue(_whole(answer))

    def settlements(self, day: date) -> Iterator[OrderRecord]:
        """The gateway's own record of a day in Panama, one order a line, as it comes in.

        Nothing of it is to be relied upon before the last one came: the closing line with count and sum proves that
        the file is whole. Raises: BadSettlement with the line.
        """
        with self._exchange("GET", f"/settlements/{day.isoformat()}", seconds=self.file_seconds) as answer:
            yield from read_settlement(_chunks(answer, "application/x-ndjson", MAX_FILE), day)

    @contextmanager
    def _exchange(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        key: str | None = None,
        seconds: float | None = None,
    ) -> Iterator[httpx.Response]:
        """One request; the 200 whose body is to be read, or the failure that it is, also while it is read."""
        import httpx

        content = None if body is None else json.dumps(body).encode("ascii")
        deadline = _Deadline(seconds or self.whole_seconds)
        try:
            with (
                httpx.Client(timeout=self.step_seconds, trust_env=False, verify=_authorities()) as client,
                client.stream(
                    method,
                    self.url.rstrip("/") + path,
                    content=content,
                    headers=self._headers(content is not None, key),
                    extensions={"trace": deadline.trace},
                    follow_redirects=False,
                ) as answer,
            ):
                if answer.status_code != 200:
                    raise _failure(answer)
                yield answer
        except OutOfForm:
            raise AnswerLost("malformed") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.ConnectError, httpx.ConnectTimeout):
            # Raised before or while a connection is made and at no other time: not one byte of the request has left.
            raise GatewayUnavailable("unreachable") from None
        except httpx.TimeoutException:
            raise AnswerLost("timeout") from None
        except httpx.HTTPError:
            raise AnswerLost("timeout" if deadline.passed else "closed") from None
        finally:
            deadline.end()

    def _headers(self, with_body: bool, key: str | None) -> dict[str, str]:
        # Not compressed: a small body must not become a huge one behind our bounds.
        headers = {"Accept-Encoding": "identity", "User-Agent": "coop-tui"}
        if with_body:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        if self.token:
            token = self.token.reveal()
            if not (token.isascii() and token.isprintable()):
                raise GatewayUnavailable("token")
            headers["Authorization"] = f"Bearer {token}"
        return headers


class _Deadline:
    """Cuts the connection when the whole conversation takes too long: httpx counts the silences between bytes only."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx tells each step: begin when the connection is made, TLS included."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
        elif event == "http11.send_request_headers.started":
            self._timer.start()

    def end(self) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.passed = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket's own: it would let what is still in the buffer be read in the clear.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@functools.cache
def _authorities() -> ssl.SSLContext:
    """The system's certificate authorities, read once."""
    return ssl.create_default_context()


def _checked(order_id: str) -> str:
    if not is_uuid7(order_id):
        raise ValueError("an order's id is a canonical UUIDv7")
    return order_id


def _chunks(answer: httpx.Response, media_type: str, limit: int) -> Iterator[bytes]:
    """The body as it comes. Raises: OutOfForm for another kind of body, AnswerLost for one that is too large."""
    found = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if found != media_type or answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise OutOfForm("content_type")
    size = 0
    for chunk in answer.iter_raw():
        size += len(chunk)
        if size > limit:
            raise AnswerLost("too_large")
        yield chunk


def _whole(answer: httpx.Response) -> bytes:
    return b"".join(_chunks(answer, "application/json", MAX_ANSWER))


def _failure(answer: httpx.Response) -> GatewayFailure:
    """What any answer but 200 means. Only the contract's own words say that nothing was taken."""
    lost = AnswerLost(f"http_{answer.status_code}")
    try:
        body = Body(_whole(answer))
        code, accepted = body.matching("error", CODE), body.flag("accepted")
        body.done()
    except OutOfForm:
        return lost
    if accepted:
        return lost
    if answer.status_code == 409 and code == "conflict":
        return OrderConflict(code)
    return GatewayUnavailable(code) if answer.status_code in NOT_TAKEN else lost
