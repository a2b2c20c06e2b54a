"""The sandbox gateway through the real client: its accounts, its memory, each fault and what the client makes of it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.catalog.billers import Biller, PaymentKind, load_billers
from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.biller_answers import OutOfForm
from services.biller_gateway import (
    AnswerLost,
    BillerGateway,
    GatewayUnavailable,
    Inquiry,
    InquiryAnswer,
    Order,
    OrderConflict,
    OrderState,
    RefusalCode,
)
from services.sandbox_billers import Fault, SandboxBillers

NOW = datetime(2026, 11, 23, 14, 0, 7, 250_000, tzinfo=UTC)  # 09:00 in Panama
DAY = date(2026, 11, 23)
BILL, TOP_UP = PaymentKind.BILL, PaymentKind.TOP_UP


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxBillers]:
    with SandboxBillers(tmp_path / "recaudadores", now=lambda: NOW, slow_seconds=0.2) as running:
        yield running


@pytest.fixture
def gateway(sandbox: SandboxBillers) -> BillerGateway:
    return BillerGateway(sandbox.url, step_seconds=5, whole_seconds=5)


def bill(reference: str = "1234567", amount: int = 500, biller: str = "ensa", **change: Any) -> Order:
    return Order(**({"id": uuid7(), "mode": BILL, "extra": None} | change), **_words(biller, reference, amount))


def _words(biller: str, reference: str, amount: int) -> dict[str, Any]:
    return {"biller": biller, "reference": reference, "amount": amount}


def top_up(amount: int = 500, biller: str = "mas-movil", reference: str = "61234567") -> Order:
    return bill(reference, amount, biller, mode=TOP_UP)


# ---------------------------------------------------------------- its work


def test_thirteen_billers_of_which_eleven_can_be_paid(gateway: BillerGateway) -> None:
    offers = {offer.biller: offer for offer in gateway.catalogue()}
    assert list(offers) == list(load_billers().by_id)
    shut = {name: offer.note for name, offer in offers.items() if not offer.available}
    assert shut == {"digicel": "Digicel no está disponible.", "claro": "Claro se paga como +Móvil."}
    assert offers["mas-movil"].modes == (BILL, TOP_UP) and offers["metro"].modes == (TOP_UP,)


def example(biller: Biller, kind: PaymentKind) -> tuple[str, str | None]:
    """A reference that exists and owes something, and the second one where the biller insists on it."""
    reference = biller.references_for(kind)[0]
    typed = reference.parse(reference.example)
    second = biller.extra_reference
    extra = second.parse(second.example) if second is not None and second.required else None
    return (typed if typed[-1] not in "09" else typed[:-1] + "1"), extra


@pytest.mark.parametrize("biller_id", [biller for biller in load_billers().by_id if biller not in ("claro", "digicel")])
def test_every_payable_biller_pays_in_each_of_its_modes(
    gateway: BillerGateway, sandbox: SandboxBillers, biller_id: str
) -> None:
    biller = load_billers().by_id[biller_id]
    for mode in biller.modes:
        reference, extra = example(biller, mode.kind)
        asked = gateway.inquire(Inquiry(biller_id, mode.kind, reference, extra))
        assert asked.found and (asked.amount_due is None) == (mode.kind is TOP_UP)
        assert asked.minimum == mode.minimum.centesimos and asked.maximum is not None
        amount = min(asked.maximum, mode.maximum.centesimos)
        answer = gateway.order(Order(uuid7(), biller_id, mode.kind, reference, extra, amount))
        assert (answer.state, answer.amount) == (OrderState.ACCEPTED, amount)
    assert len(sandbox.orders()) == len(biller.modes)


@pytest.mark.parametrize("biller_id", ["claro", "digicel"])
def test_billers_that_cannot_be_paid(gateway: BillerGateway, biller_id: str) -> None:
    asked = gateway.inquire(Inquiry(biller_id, TOP_UP, "61234567"))
    assert asked == InquiryAnswer(False, note=load_billers().by_id[biller_id].unavailable_message)
    assert gateway.order(top_up(biller=biller_id)).code == RefusalCode.BILLER


def test_accounts_follow_from_the_reference(gateway: BillerGateway) -> None:
    def ask(reference: str) -> InquiryAnswer:
        return gateway.inquire(Inquiry("ensa", BILL, reference))

    owing = ask("1234567")
    assert owing == ask("1234567") and owing.found and owing.holder and owing.holder.isupper()
    assert owing.amount_due and 500 <= owing.amount_due < 20_500 and owing.maximum == owing.amount_due
    assert owing.due_date is not None and -5 <= (owing.due_date - DAY).days <= 25
    assert ask("1234560").amount_due == 0 and ask("1234560").found
    assert ask("1234569") == InquiryAnswer(False)
    assert len({ask(f"12345{number}1").holder for number in range(10, 30)}) > 5
    assert gateway.inquire(Inquiry("nadie", BILL, "1234567")) == InquiryAnswer(False)
    assert gateway.inquire(Inquiry("ensa", TOP_UP, "1234567")) == InquiryAnswer(False)
    assert gateway.inquire(Inquiry("attt", BILL, "8-123-456")) == InquiryAnswer(False), "without the control number"
    attt = gateway.inquire(Inquiry("attt", BILL, "8-123-456", "123456"))
    assert attt.note == "Las infracciones de corredores se pagan en ENA o ATTT, no en línea."


def test_what_is_paid_is_no_longer_due(gateway: BillerGateway) -> None:
    asked = Inquiry("ensa", BILL, "1234567")
    due = gateway.inquire(asked).amount_due
    assert due is not None
    assert gateway.order(bill(amount=due + 1)).code == RefusalCode.AMOUNT
    assert gateway.order(bill(amount=due - 5)).state is OrderState.ACCEPTED
    assert gateway.inquire(asked).amount_due == 5
    assert gateway.order(bill(amount=5)).state is OrderState.ACCEPTED
    assert gateway.inquire(asked).amount_due == 0
    assert gateway.order(bill(amount=1)).code == RefusalCode.NOTHING_DUE


def test_orders_that_are_refused(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    assert gateway.order(bill("1234569")).code == RefusalCode.UNKNOWN_REFERENCE
    assert gateway.order(bill("12")).code == RefusalCode.UNKNOWN_REFERENCE
    assert gateway.order(bill("1234560")).code == RefusalCode.NOTHING_DUE
    assert gateway.order(top_up(400)).code == RefusalCode.AMOUNT, "no denomination"
    assert gateway.order(bill(biller="nadie")).code == RefusalCode.BILLER
    assert all(record.state is OrderState.REFUSED and record.amount is None for record in sandbox.orders())


def test_an_order_is_one_however_often_it_is_sent(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    order = top_up()
    first = gateway.order(order)
    assert gateway.order(order) == first == gateway.status(order.id) == gateway.withdraw(order.id)
    refused = top_up(400)
    assert gateway.order(refused) == gateway.order(refused), "a refusal sticks"
    assert len(sandbox.orders()) == 2


def test_the_same_id_for_something_else_is_a_conflict(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    order = top_up()
    gateway.order(order)
    for change in ({"amount": 1000}, {"reference": "61234568"}, {"biller": "movistar"}, {"mode": BILL}, {"extra": "1"}):
        fields = {name: getattr(order, name) for name in Order.__slots__}
        with pytest.raises(OrderConflict):
            gateway.order(Order(**(fields | change)))
    assert [record.amount for record in sandbox.orders()] == [500]


def test_many_at_once_are_one(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    order, answers = top_up(), []
    threads = [threading.Thread(target=lambda: answers.append(gateway.order(order))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and len(set(answers)) == 1 and len(sandbox.orders()) == 1


def test_a_withdrawn_order_is_never_taken(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    order = top_up()
    assert gateway.status(order.id).state is OrderState.UNKNOWN
    assert gateway.withdraw(order.id).state is OrderState.WITHDRAWN
    assert gateway.withdraw(order.id) == gateway.status(order.id)
    late = gateway.order(order)
    assert (late.state, late.code) == (OrderState.REFUSED, RefusalCode.WITHDRAWN)
    assert [record.amount for record in sandbox.orders()] == [None]


def test_the_file_of_the_day_is_its_own_record(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    gateway.order(top_up())
    gateway.order(top_up(400))
    gateway.withdraw(uuid7())
    assert list(gateway.settlements(DAY)) == sandbox.orders() and len(sandbox.orders()) == 2
    assert sandbox.orders()[0].at == NOW.replace(microsecond=0)
    assert list(gateway.settlements(date(2026, 11, 22))) == []


# ---------------------------------------------------------------- its memory


def test_a_restart_remembers(tmp_path: Path) -> None:
    order, gone = bill(), uuid7()
    with SandboxBillers(tmp_path / "r", now=lambda: NOW) as first:
        gateway = BillerGateway(first.url)
        answer = gateway.order(order)
        gateway.withdraw(gone)
        due = gateway.inquire(Inquiry("ensa", BILL, "1234567")).amount_due
        before = first.orders()
    with SandboxBillers(tmp_path / "r", now=lambda: NOW) as second:
        gateway = BillerGateway(second.url)
        assert second.orders() == before
        assert gateway.order(order) == answer and gateway.status(gone).state is OrderState.WITHDRAWN
        assert gateway.inquire(Inquiry("ensa", BILL, "1234567")).amount_due == due
    file = tmp_path / "r" / "pedidos.jsonl"
    assert len(file.read_bytes().splitlines()) == 2
    if os.name == "posix":
        assert (file.stat().st_mode & 0o777, (tmp_path / "r").stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_line_that_was_cut_was_never_answered(tmp_path: Path) -> None:
    file = tmp_path / "pedidos.jsonl"
    with SandboxBillers(tmp_path, now=lambda: NOW) as sandbox:
        BillerGateway(sandbox.url).order(top_up())
        BillerGateway(sandbox.url).order(top_up())
    file.write_bytes(file.read_bytes()[:-20])
    with SandboxBillers(tmp_path, now=lambda: NOW) as sandbox:
        assert len(sandbox.orders()) == 1
        BillerGateway(sandbox.url).order(top_up())
    with SandboxBillers(tmp_path, now=lambda: NOW) as sandbox:
        assert [record.gateway_ref for record in sandbox.orders()] == ["SB-00000001", "SB-00000002"]
    file.write_bytes(file.read_bytes().replace(b'"amount": 500', b'"amount": 5.0', 1))
    with pytest.raises(OutOfForm):
        SandboxBillers(tmp_path)


# ---------------------------------------------------------------- its faults


def test_slow_is_late_and_right(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    sandbox.fault = Fault.SLOW
    began = time.monotonic()
    assert gateway.order(top_up()).state is OrderState.ACCEPTED
    assert time.monotonic() - began >= 0.2


def test_no_answer_takes_nothing_and_the_client_cannot_know(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    sandbox.fault = Fault.NO_ANSWER
    order = top_up()
    with pytest.raises(AnswerLost, match="timeout"):
        BillerGateway(sandbox.url, step_seconds=0.3).order(order)
    sandbox.fault = None
    assert gateway.status(order.id).state is OrderState.UNKNOWN and sandbox.orders() == []


@pytest.mark.parametrize(("fault", "code"), [(Fault.ANSWER_LOST, "closed"), (Fault.MALFORMED, "malformed")])
def test_an_order_whose_answer_got_lost_is_found_again(
    gateway: BillerGateway, sandbox: SandboxBillers, fault: Fault, code: str
) -> None:
    sandbox.fault = fault
    order = top_up()
    with pytest.raises(AnswerLost, match=code):
        gateway.order(order)
    sandbox.fault = None
    assert gateway.status(order.id).state is OrderState.ACCEPTED
    assert gateway.order(order) == gateway.withdraw(order.id) and len(sandbox.orders()) == 1


def test_down_takes_nothing_and_says_so(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    sandbox.fault = Fault.DOWN
    order = top_up()
    for call in (lambda: gateway.order(order), lambda: gateway.status(order.id), gateway.catalogue):
        with pytest.raises(GatewayUnavailable, match="unavailable"):
            call()
    with pytest.raises(GatewayUnavailable):
        list(gateway.settlements(DAY))
    sandbox.fault = None
    assert gateway.status(order.id).state is OrderState.UNKNOWN


def test_down_for_some_seconds(
    gateway: BillerGateway, sandbox: SandboxBillers, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("services.sandbox_biller_faults.time.monotonic", lambda: now[0])
    sandbox.faults.add(Fault.DOWN, seconds=30)
    now[0] = 129.9
    assert sandbox.fault is Fault.DOWN
    now[0] = 130.0
    assert sandbox.fault is None and sandbox.faults.next("ensa", ordering=True) is None


@pytest.mark.parametrize(
    ("fault", "state", "code", "amount"),
    [
        (Fault.REFUSED, OrderState.REFUSED, "rejected", None),
        (Fault.DUPLICATE, OrderState.REFUSED, "duplicate", None),
        (Fault.WRONG_AMOUNT, OrderState.ACCEPTED, None, 600),
    ],
)
def test_faults_that_answer(
    gateway: BillerGateway,
    sandbox: SandboxBillers,
    fault: Fault,
    state: OrderState,
    code: str | None,
    amount: int | None,
) -> None:
    sandbox.fault = fault
    order = top_up()
    answer = gateway.order(order)
    assert (answer.state, answer.code, answer.amount) == (state, code, amount)
    assert gateway.inquire(Inquiry("ensa", BILL, "1234567")).found, "an order's fault leaves inquiries alone"
    sandbox.fault = None
    assert gateway.order(order) == answer, "what was decided stays decided, no conflict"


def test_a_fault_for_the_next_two_requests(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    sandbox.faults.add(Fault.REFUSED, times=2)
    assert [gateway.order(top_up()).state for _ in range(3)] == ["refused", "refused", "accepted"]
    assert sandbox.fault is None


def test_a_fault_of_one_biller(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    paid = top_up()
    gateway.order(paid)
    sandbox.faults.add(Fault.DOWN, biller="mas-movil")
    with pytest.raises(GatewayUnavailable):
        gateway.order(top_up())
    with pytest.raises(GatewayUnavailable):
        gateway.status(paid.id)
    with pytest.raises(GatewayUnavailable):
        gateway.inquire(Inquiry("mas-movil", TOP_UP, "61234567"))
    assert gateway.order(top_up(biller="movistar")).state is OrderState.ACCEPTED
    assert gateway.catalogue()


def control(sandbox: SandboxBillers, method: str, body: object = None, **headers: str) -> httpx.Response:
    sent = {"Content-Type": "application/json"} | headers
    content = b"" if body is None else json.dumps(body).encode()
    url = f"{sandbox.url}/sandbox/fault"
    return httpx.request(method, url, content=content, headers=sent, trust_env=False)


def test_faults_are_switched_over_http(gateway: BillerGateway, sandbox: SandboxBillers) -> None:
    wanted = {"fault": "wrong-amount", "times": 1, "biller": "mas-movil", "seconds": None}
    assert control(sandbox, "POST", wanted).json() == {
        "faults": [{"fault": "wrong-amount", "times": 1, "biller": "mas-movil"}]
    }
    assert gateway.order(top_up()).amount == 600
    assert control(sandbox, "GET").json() == {"faults": []}
    sandbox.fault = Fault.DOWN
    assert control(sandbox, "DELETE").json() == {"faults": []}
    assert sandbox.fault is None and sandbox.requests == 1, "the control is no request of the contract"
    for bad in ({"fault": "fire"}, wanted | {"times": 0}, wanted | {"times": 1.5}, wanted | {"more": 1}, [], None):
        assert control(sandbox, "POST", bad).status_code == 400
    page = httpx.post(f"{sandbox.url}/sandbox/fault", content=json.dumps(wanted), trust_env=False)
    assert page.status_code == 400 and sandbox.fault is None, "not what a page in a browser may send"


# ---------------------------------------------------------------- round about


def test_a_token_is_asked_for(tmp_path: Path) -> None:
    with SandboxBillers(tmp_path, token=Secret("ficha-7"), now=lambda: NOW) as sandbox:
        for token in (None, Secret("ficha-8")):
            with pytest.raises(GatewayUnavailable, match="unauthorized"):
                BillerGateway(sandbox.url, token).order(top_up())
        assert BillerGateway(sandbox.url, Secret("ficha-7")).order(top_up()).state is OrderState.ACCEPTED


def test_requests_out_of_form_change_nothing(sandbox: SandboxBillers) -> None:
    order = top_up()
    fields = {"biller": "mas-movil", "mode": "R", "reference": "61234567", "extra": None, "amount": 500}

    def put(content: bytes, key: str | None = order.id, path: str = f"/orders/{order.id}") -> int:
        headers = {"Idempotency-Key": key} if key else {}
        return httpx.put(sandbox.url + path, content=content, headers=headers, trust_env=False).status_code

    good = json.dumps(fields).encode()
    for bad in (b"", b"[]", b"{", good[:-1], json.dumps(fields | {"amount": 5.0}).encode(), b" " * 20_000):
        assert put(bad) == 400
    assert put(good, key=None) == 400 and put(good, key=uuid7()) == 400
    for path in ("/orders/x", "/", "/orders", "/settlements/2026-02-30"):
        assert httpx.get(sandbox.url + path, trust_env=False).status_code == 404
    assert put(good, key=order.id.replace("-7", "-4"), path=f"/orders/{order.id.replace('-7', '-4')}") == 400
    assert sandbox.orders() == []
    assert put(good) == 200 and len(sandbox.orders()) == 1
