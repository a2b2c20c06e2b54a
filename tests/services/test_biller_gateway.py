"""The client of the biller gateway over real loopback HTTP: each answer, each failure, and which of the two it is."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.catalog.billers import PaymentKind
from data.secrets import Secret
from data.values.uuid7 import uuid7
from services import biller_gateway
from services.biller_gateway import (
    MAX_ANSWER,
    AnswerLost,
    BadSettlement,
    BillerGateway,
    GatewayFailure,
    GatewayUnavailable,
    Inquiry,
    InquiryAnswer,
    Order,
    OrderConflict,
    OrderState,
)
from tests.services.raw_http import Script, raw_server, says
from tests.services.smtp_server import make_certificate

ID = "01926b3c-0000-7000-8000-000000000001"
ORDER = Order(ID, "ensa", PaymentKind.BILL, "1234567", None, 1250)
INQUIRY = Inquiry("ensa", PaymentKind.BILL, "1234567")
DAY = date(2026, 11, 23)
RECORD: dict[str, Any] = {
    "id": ID,
    "biller": "ensa",
    "mode": "P",
    "reference": "1234567",
    "extra": None,
    "state": "accepted",
    "amount": 1250,
    "gateway_ref": "SB-00000001",
    "code": None,
    "at": "2026-11-23T14:00:00Z",
}
REFUSED = RECORD | {"state": "refused", "amount": None, "gateway_ref": None, "code": "nothing_due"}
FOUND: dict[str, Any] = {
    "biller": "ensa",
    "mode": "P",
    "reference": "1234567",
    "extra": None,
    "found": True,
    "holder": "ITZEL NÚÑEZ",
    "amount_due": 4250,
    "due_date": "2026-12-05",
    "minimum": 1,
    "maximum": 4250,
    "note": None,
}
NOT_TAKEN = {"error": "unavailable", "accepted": False}


def dumped(fields: object) -> bytes:
    return json.dumps(fields).encode()


@contextmanager
def gateway(script: Script, **options: Any) -> Iterator[BillerGateway]:
    with raw_server(script) as url:
        yield BillerGateway(url, **({"step_seconds": 2, "whole_seconds": 3} | options))


def lost(script: Script, **options: Any) -> str:
    """The code of the AnswerLost that an order ends with."""
    with gateway(script, **options) as client, pytest.raises(AnswerLost) as failed:
        client.order(ORDER)
    return failed.value.code


# ---------------------------------------------------------------- answers


def test_an_accepted_order_and_what_was_sent() -> None:
    sent: list[bytes] = []
    with raw_server(says(dumped(RECORD)), sent) as url:
        answer = BillerGateway(f"{url}/v1/", Secret("ficha-7")).order(ORDER)
    assert (answer.state, answer.gateway_ref, answer.code, answer.amount) == ("accepted", "SB-00000001", None, 1250)
    assert answer.record is not None and answer.record.at == datetime(2026, 11, 23, 14, tzinfo=UTC)
    head, _, body = sent[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == f"PUT /v1/orders/{ID} HTTP/1.1"
    for header in (f"Idempotency-Key: {ID}", "Authorization: Bearer ficha-7", "Accept-Encoding: identity"):
        assert header in lines
    assert json.loads(body) == {
        "biller": "ensa",
        "mode": "P",
        "reference": "1234567",
        "extra": None,
        "amount": 1250,
    }


def test_a_refused_order() -> None:
    with gateway(says(dumped(REFUSED))) as client:
        answer = client.order(ORDER)
    assert (answer.state, answer.code, answer.amount) == (OrderState.REFUSED, "nothing_due", None)


def test_another_amount_than_ordered_is_told() -> None:
    with gateway(says(dumped(RECORD | {"amount": 1350}))) as client:
        answer = client.order(ORDER)
    assert answer.state is OrderState.ACCEPTED and answer.amount == 1350


def test_an_inquiry() -> None:
    with gateway(says(dumped(FOUND))) as client:
        assert client.inquire(INQUIRY) == InquiryAnswer(True, "ITZEL NÚÑEZ", 4250, date(2026, 12, 5), 1, 4250, None)
    nothing = {**FOUND, **dict.fromkeys(("holder", "amount_due", "due_date", "minimum", "maximum")), "found": False}
    with gateway(says(dumped(nothing))) as client:
        assert client.inquire(INQUIRY) == InquiryAnswer(False)


def test_words_from_outside_are_cleaned() -> None:
    wild = FOUND | {"holder": "ITZEL\x1b[2J\u202e\ud800 N\u0303\n", "note": "[red]" + "a" * 5000}
    with gateway(says(dumped(wild))) as client:
        answer = client.inquire(INQUIRY)
    assert answer.holder == "ITZEL·[2J·· Ñ"
    assert answer.note is not None and len(answer.note) == 200 and answer.note.startswith("[red]a")
    with gateway(says(dumped(FOUND | {"holder": "  \t "}))) as client:
        assert client.inquire(INQUIRY).holder is None


@pytest.mark.parametrize("state", ["unknown", "withdrawn"])
def test_an_order_that_the_gateway_never_saw(state: str) -> None:
    with gateway(says(dumped({"id": ID, "state": state}))) as client:
        assert client.status(ID).state == state
        with pytest.raises(AnswerLost):  # no answer to a payment
            client.order(ORDER)


def test_a_withdrawal_is_final_or_no_answer() -> None:
    with gateway(says(dumped({"id": ID, "state": "withdrawn"}))) as client:
        assert client.withdraw(ID).state is OrderState.WITHDRAWN
    with gateway(says(dumped(RECORD))) as client:
        assert client.withdraw(ID).state is OrderState.ACCEPTED
    with gateway(says(dumped({"id": ID, "state": "unknown"}))) as client, pytest.raises(AnswerLost):
        client.withdraw(ID)


def test_a_catalogue() -> None:
    rows = [{"biller": "ensa", "modes": ["P"], "available": True, "note": None}]
    with gateway(says(dumped({"billers": rows}))) as client:
        (offer,) = client.catalogue()
    assert (offer.biller, offer.modes, offer.available) == ("ensa", (PaymentKind.BILL,), True)
    for bad in ({"billers": rows * 2}, {"billers": rows[0]}, {"billers": [rows[0] | {"modes": ["P", "P"]}]}, []):
        with gateway(says(dumped(bad))) as client, pytest.raises(AnswerLost, match="malformed"):
            client.catalogue()


# ---------------------------------------------------------------- nothing can have happened


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(GatewayUnavailable, match="unreachable"):
        BillerGateway(f"http://127.0.0.1:{port}").order(ORDER)


def test_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_named: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(GatewayUnavailable, match="unreachable"):
        BillerGateway("https://pagos.invalid").order(ORDER)


def test_no_room_for_a_connection() -> None:
    """A full backlog: the connection itself takes too long, no byte of the order leaves."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        with pytest.raises(GatewayUnavailable, match="unreachable"):
            BillerGateway(f"http://127.0.0.1:{port}", step_seconds=0.3).order(ORDER)
        for one in waiting:
            one.close()


def server_context(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of our own for «localhost», and a server's side of it."""
    certificate = make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, folder / "key.pem")
    return certificate, context


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_that_nobody_trusts_gets_no_order(tmp_path: Path, host: str) -> None:
    heard: list[bytes] = []
    server = raw_server(says(dumped(RECORD)), heard, server_context(tmp_path)[1])
    with server as url, pytest.raises(GatewayUnavailable, match="unreachable"):
        BillerGateway(url.replace("localhost", host), Secret("ficha")).order(ORDER)
    assert heard == []


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A machine whose authorities hold our own certificate."""
    certificate, context = server_context(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    biller_gateway._authorities.cache_clear()
    yield context
    biller_gateway._authorities.cache_clear()


def test_over_tls_answers_hold_and_dripping_ones_are_cut_off(trusting: ssl.SSLContext) -> None:
    with raw_server(says(dumped(RECORD)), tls=trusting) as url:
        assert BillerGateway(url).order(ORDER).state is OrderState.ACCEPTED
        with pytest.raises(GatewayUnavailable):  # a name that the certificate doesn't hold
            BillerGateway(url.replace("localhost", "127.0.0.1")).order(ORDER)
    slow = raw_server(drip(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 9000), tls=trusting)
    with slow as url, pytest.raises(AnswerLost, match="timeout"):
        BillerGateway(url, step_seconds=1, whole_seconds=0.6).order(ORDER)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 503])
def test_a_gateway_that_says_that_it_took_nothing(status: int) -> None:
    with gateway(says(dumped(NOT_TAKEN), status=f"{status} x")) as client:
        with pytest.raises(GatewayUnavailable, match="unavailable"):
            client.order(ORDER)
        with pytest.raises(GatewayUnavailable):
            client.status(ID)


def test_a_token_that_no_header_can_carry_is_not_shown() -> None:
    for token in ("ficha\r\nX: y", "fichá"):
        with pytest.raises(GatewayUnavailable, match="token") as failed:
            BillerGateway("http://127.0.0.1:9", Secret(token)).order(ORDER)
        assert "fich" not in repr(failed.value)
    assert "ficha" not in repr(BillerGateway("http://127.0.0.1:9", Secret("ficha")))


# ---------------------------------------------------------------- it may have happened


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504])
def test_a_status_without_the_contract_s_words_proves_nothing(status: int) -> None:
    line = f"{status} x"
    assert lost(says(b"<html>proxy</html>", status=line, content_type="text/html")) == f"http_{status}"
    assert lost(says(dumped(NOT_TAKEN | {"accepted": True}), status=line)) == f"http_{status}"
    assert lost(says(dumped({"error": "unavailable"}), status=line)) == f"http_{status}"
    assert lost(says(dumped(NOT_TAKEN), status=line, content_type="text/plain")) == f"http_{status}"


@pytest.mark.parametrize("status", [201, 202, 204, 301, 302, 307, 308, 409, 500, 502, 504])
def test_other_statuses_are_no_answer_whatever_they_say(status: int) -> None:
    more = "Location: http://127.0.0.1:9/\r\n" if 300 < status < 400 else ""
    body = b"" if status == 204 else dumped(NOT_TAKEN if status > 400 else RECORD)
    assert lost(says(body, status=f"{status} x", more=more)) == f"http_{status}"


def test_a_conflict() -> None:
    answer = says(dumped({"error": "conflict", "accepted": False}), status="409 Conflict")
    with gateway(answer) as client, pytest.raises(OrderConflict):
        client.order(ORDER)


def test_silence_after_the_request() -> None:
    assert lost(lambda _connection, over: over.wait(10) and None, step_seconds=0.3) == "timeout"


def test_a_server_that_dies_before_and_in_the_middle_of_its_answer() -> None:
    assert lost(lambda _connection, _over: None) == "closed"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    whole = dumped(RECORD)
    for cut in (b"HTTP/1.", head, head + b"Content-Length: 500\r\n\r\n" + whole, head + b"\r\n" + whole[:-1]):
        code = lost(lambda connection, _over, cut=cut: connection.sendall(cut))
        assert code in ("closed", "malformed")
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n" + f"{len(whole):x}\r\n".encode() + whole
    assert lost(lambda connection, _over: connection.sendall(chunked)) == "closed", "its last chunk is missing"


def drip(data: bytes) -> Script:
    """A byte every 50 ms, so that no silence is ever long."""

    def script(connection: socket.socket, over: threading.Event) -> None:
        for byte in data:
            if over.wait(0.05):
                return
            connection.sendall(bytes([byte]))

    return script


@pytest.mark.parametrize("part", ["head", "body", "continue"])
def test_an_answer_that_drips_is_cut_off_in_time(part: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n"
    data = {"head": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 9000, "body": head + b" " * 9000}
    data["continue"] = b"HTTP/1.1 100 Continue\r\n\r\n" * 400
    began = time.monotonic()
    assert lost(drip(data[part]), step_seconds=1, whole_seconds=0.6) == "timeout"
    assert time.monotonic() - began < 3


def test_a_huge_body_is_not_read() -> None:
    sent = 0

    def script(connection: socket.socket, over: threading.Event) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while not over.is_set() and sent < 200_000_000:
            connection.sendall(b" " * 65536)
            sent += 65536

    assert lost(script) == "too_large"
    assert sent < 50_000_000
    assert lost(says(b" " * MAX_ANSWER + dumped(RECORD))) == "too_large"
    assert lost(says(b"[" * 60_000)) == "malformed"


@pytest.mark.parametrize(
    "more", ["", "Content-Encoding: gzip\r\n", "Content-Encoding: identity, br\r\n"], ids=["type", "gzip", "br"]
)
def test_another_kind_of_body(more: str) -> None:
    content_type = "application/json" if more else "text/html"
    assert lost(says(dumped(RECORD), content_type=content_type, more=more)) == "malformed"


@pytest.mark.parametrize(
    "change",
    [
        *({"amount": amount} for amount in (12.5, 1250.0, -1250, 0, True, "1250", None, [1250], 10**15 + 1)),
        {"id": "01926b3c-0000-7000-8000-000000000002"},
        *({"biller": "naturgy"}, {"mode": "R"}, {"mode": ["P"]}, {"reference": "7654321"}, {"extra": "1"}),
        *({"state": state} for state in ("Accepted", "unknown", "pending", None, True, ["accepted"])),
        *({"gateway_ref": ref} for ref in (None, "", "SB\x1b[2J", 7, "a" * 65)),
        *({"code": code} for code in ("rejected", "", 0)),
        *({"at": at} for at in (None, "2026-11-23", "2026-11-23T14:00:00-05:00", "2026-02-30T14:00:00Z", 1)),
        {"surprise": 1},
    ],
    ids=lambda change: json.dumps(change)[:40],
)
def test_an_answer_out_of_form_is_no_answer(change: dict[str, Any]) -> None:
    assert lost(says(dumped(RECORD | change))) == "malformed"


def test_a_refusal_out_of_form_is_no_refusal() -> None:
    for change in ({"code": None}, {"code": "Sin saldo"}, {"amount": 1250}, {"state": "accepted"}):
        assert lost(says(dumped(REFUSED | change))) == "malformed"
    for name in RECORD:
        assert lost(says(dumped({key: value for key, value in RECORD.items() if key != name}))) == "malformed"


@pytest.mark.parametrize(
    "change",
    [
        *({"amount_due": amount} for amount in (-1, 42.5, "4250", True)),
        *({"due_date": day} for day in ("05/12/2026", "20261205", "2026-02-30", 1)),
        *({"found": found} for found in (None, 1, "true", False)),
        *({"holder": 7}, {"note": ["x"]}, {"minimum": 5000}, {"minimum": 0}, {"reference": "1"}, {"more": 1}),
    ],
    ids=lambda change: json.dumps(change)[:40],
)
def test_an_inquiry_out_of_form_is_no_answer(change: dict[str, Any]) -> None:
    with gateway(says(dumped(FOUND | change))) as client, pytest.raises(AnswerLost, match="malformed"):
        client.inquire(INQUIRY)


def test_two_amounts_in_one_answer() -> None:
    twice = dumped(RECORD)[:-1] + b', "amount": 1}'
    assert lost(says(twice)) == "malformed"
    assert lost(says(dumped(RECORD)[:-1] + b', "amount": ' + b"9" * 5000 + b"}")) == "malformed"
    assert lost(says(json.dumps(RECORD).encode("utf-16"))) == "malformed"


@pytest.fixture(scope="module")
def mangler() -> Iterator[tuple[list[bytes], BillerGateway]]:
    """What the server says next, and a client of it."""
    said = [b""]
    with raw_server(lambda connection, over: says(said[0])(connection, over)) as url:
        yield said, BillerGateway(url, step_seconds=5, whole_seconds=10)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_mangled_answer_is_never_a_success(mangler: tuple[list[bytes], BillerGateway], data: st.DataObject) -> None:
    """One field taken out, put in or changed, or some bytes of the text: what still passes says what was said."""
    said, client = mangler
    fields = dict(RECORD)
    name = data.draw(st.sampled_from([*RECORD, "surprise"]))
    if data.draw(st.booleans()):
        fields[name] = data.draw(JSON)
    else:
        fields.pop(name, None)
    said[0] = dumped(fields)
    if data.draw(st.booleans()):
        said[0] = dumped(RECORD)
        start = data.draw(st.integers(0, len(said[0]) - 1))
        said[0] = said[0][:start] + data.draw(st.binary(max_size=8)) + said[0][start + data.draw(st.integers(0, 8)) :]
    try:
        answer = client.order(ORDER)
    except AnswerLost:
        return
    # The mangling left an answer in form: only free values may differ, and each is reported as it came.
    read = json.loads(said[0])
    assert read.keys() == RECORD.keys()
    bound = ("id", "biller", "mode", "reference", "extra")
    assert {key: read[key] for key in bound} == {key: RECORD[key] for key in bound}
    assert (read["state"], read["amount"], read["gateway_ref"], read["code"]) == (
        *(str(answer.state), answer.amount, answer.gateway_ref),
        answer.code,
    )
    assert (answer.state is OrderState.ACCEPTED) == (answer.amount is not None and answer.amount > 0)


# ---------------------------------------------------------------- the file of a day


def line(number: int, **change: Any) -> dict[str, Any]:
    return RECORD | {"id": f"01926b3c-0000-7000-8000-{number:012d}"} | change


def file_of(*rows: dict[str, Any], end: dict[str, Any] | None = None) -> bytes:
    charged = sum(row["amount"] or 0 for row in rows if isinstance(row["amount"], int))
    closing = {"end": True, "orders": len(rows), "amount": charged} if end is None else end
    return b"".join(dumped(row) + b"\n" for row in (*rows, closing) if row)


def settled(raw: bytes, content_type: str = "application/x-ndjson", **options: Any) -> list[str]:
    with gateway(says(raw, content_type=content_type), **options) as client:
        return [record.id[-2:] for record in client.settlements(DAY)]


def test_a_day_s_file() -> None:
    late = "2026-11-24T04:59:59Z"  # 23:59:59 in Panama
    refused = {"state": "refused", "amount": None, "gateway_ref": None, "code": "rejected"}
    assert settled(file_of(line(1), line(2, at=late), line(3, **refused))) == ["01", "02", "03"]
    assert settled(file_of()) == []
    assert settled(file_of(line(1)).rstrip(b"\n")) == ["01"]


@pytest.mark.parametrize(
    ("raw", "where", "problem"),
    [
        (file_of(line(1), line(2, amount=-5)), 2, "amount"),
        (file_of(line(1), line(2, amount=12.5)), 2, "amount"),
        (file_of(line(1), line(1)), 2, "id"),
        (file_of(line(1, at="2026-11-24T05:00:00Z")), 1, "at"),
        (file_of(line(1), line(2)).replace(b'"state"', b'"sta', 1), 1, "json"),
        (file_of(line(1)) + dumped(line(2)), 3, "after_end"),
        (file_of(line(1), end={}), 2, "end"),
        (b"", 1, "end"),
        (file_of(line(1), end={"end": True, "orders": 2, "amount": 1250}), 2, "end"),
        (file_of(line(1), end={"end": True, "orders": 1, "amount": 1251}), 2, "end"),
        (file_of(line(1), end={"end": False, "orders": 1, "amount": 1250}), 2, "end"),
        (file_of(line(1)) + b"\n", 3, "after_end"),
        (file_of(line(1), line(2)).replace(b"\n", b"\n" + b" " * 70_000, 1), 2, "too_long"),
    ],
)
def test_a_file_out_of_form_is_told_by_its_line(raw: bytes, where: int, problem: str) -> None:
    with pytest.raises(BadSettlement) as failed:
        settled(raw)
    assert (failed.value.line, failed.value.problem) == (where, problem)


def test_a_file_that_is_cut_off_or_of_another_kind() -> None:
    whole = file_of(line(1), line(2))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: {len(whole)}\r\n\r\n".encode()
    cut = gateway(lambda connection, _over: connection.sendall(head + whole[:-9]))
    with cut as client, pytest.raises(AnswerLost):
        list(client.settlements(DAY))
    with pytest.raises(AnswerLost, match="malformed"):
        settled(whole, "text/csv")


def test_a_long_file_streams() -> None:
    """The first order is there before the last one has been written."""
    go_on = threading.Event()
    rows = [line(number) for number in range(1, 301)]
    whole = file_of(*rows)

    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n" + whole[:5000])
        if go_on.wait(10):
            connection.sendall(whole[5000:])

    with gateway(script, step_seconds=10) as client:
        records = client.settlements(DAY)
        assert next(records).id == rows[0]["id"]
        go_on.set()
        assert len(list(records)) == 299


def test_leaving_a_file_half_way_closes_the_connection() -> None:
    with gateway(says(file_of(line(1), line(2)), content_type="application/x-ndjson")) as client:
        records = client.settlements(DAY)
        next(records)
        records.close()  # type: ignore[attr-defined]
        assert client.settlements(DAY) is not None


# ---------------------------------------------------------------- round about


def test_orders_that_no_answer_could_repeat_are_not_made() -> None:
    good: dict[str, Any] = {"id": uuid7(), "biller": "ensa", "mode": PaymentKind.BILL, "reference": "1", "extra": None}
    assert Order(**good, amount=1).amount == 1
    for change in (
        *({"amount": amount} for amount in (0, -1, True, 10**16)),
        *({"id": "x"}, {"id": uuid7().upper()}, {"biller": "../x"}, {"reference": ""}, {"reference": "ñ"}),
        {"extra": "a b"},
    ):
        with pytest.raises(ValueError):
            Order(**({"amount": 1} | good | change))
    with pytest.raises(ValueError):
        replace(INQUIRY, reference="12\n")
    for call in (BillerGateway("http://127.0.0.1:9").status, BillerGateway("http://127.0.0.1:9").withdraw):
        with pytest.raises(ValueError):
            call("../catalogue")


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with gateway(says(dumped(RECORD))) as client:
        assert client.order(ORDER).state is OrderState.ACCEPTED


def test_neither_token_nor_reference_nor_holder_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with gateway(says(dumped(FOUND)), token=Secret("ficha-7")) as client:
        client.inquire(INQUIRY)
    broken = gateway(says(dumped(FOUND | {"holder": 7})), token=Secret("ficha-7"))
    with broken as client, pytest.raises(GatewayFailure) as failed:
        client.inquire(INQUIRY)
    for secret in ("ficha-7", "1234567", "ITZEL"):
        assert secret not in caplog.text and secret not in repr(failed.value)


def test_the_system_s_authorities_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    context: Callable[[], ssl.SSLContext] = biller_gateway._authorities
    assert context().verify_mode is ssl.CERT_REQUIRED and context().check_hostname
