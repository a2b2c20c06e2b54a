"""docs/contratos.md, «Pasarela de recaudadores», says what client and sandbox do."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.catalog.billers import PaymentKind
from services import biller_answers, biller_gateway, biller_settlement
from services.biller_gateway import BillerGateway, Inquiry, Order, OrderState, RefusalCode
from services.sandbox_biller_faults import ORDERS, Fault
from tests.services.raw_http import raw_server, says

SECTION = (
    (Path(__file__).resolve().parents[2] / "docs" / "contratos.md")
    .read_text("utf-8")
    .partition("## 2. Pasarela de recaudadores")[2]
    .partition("\n## ")[0]
)
ID = "01926b3c-0000-7000-8000-000000000001"
ORDER = Order(ID, "ensa", PaymentKind.BILL, "1234567", None, 1250)


def shown(mark: str) -> bytes:
    """The example between two marks, as it goes over the wire."""
    (found,) = re.findall(rf"<!-- {mark} -->\n(.*?)<!-- fin -->", SECTION, re.DOTALL)
    return "\n".join(line.removeprefix("    ") for line in found.strip("\n").split("\n")).encode()


def asked(call: str, said: bytes, *words: Any, content_type: str = "application/json") -> tuple[Any, str, bytes]:
    """What the client makes of an answer of the docs; its request's first line and body."""
    heard: list[bytes] = []
    with raw_server(says(said, content_type=content_type), heard) as url:
        answer = getattr(BillerGateway(url, step_seconds=5), call)(*words)
        answer = list(answer) if call == "settlements" else answer
    head, _, body = heard[0].partition(b"\r\n\r\n")
    method, path, _ = head.decode().split("\r\n")[0].split(" ")
    shown_path = path.replace(ID, "<id>").replace("2026-11-23", "<aaaa-mm-dd>")
    return answer, f"`{method} {shown_path}`", body


def test_the_examples_are_what_the_client_sends_and_takes() -> None:
    calls = [
        ("inquire", "consultado", (Inquiry("ensa", PaymentKind.BILL, "1234567"),)),
        ("order", "aceptada", (ORDER,)),
        ("status", "desconocida", (ID,)),
        ("withdraw", "retirada", (ID,)),
        ("catalogue", "catalogo", ()),
    ]
    seen = {name: asked(name, shown(mark), *words) for name, mark, words in calls}
    seen["settlements"] = asked("settlements", shown("cierre"), date(2026, 11, 23), content_type="application/x-ndjson")
    assert json.loads(seen["inquire"][2]) == json.loads(shown("consulta"))
    assert json.loads(seen["order"][2]) == json.loads(shown("orden"))
    assert seen["inquire"][0].amount_due == 4250 and seen["order"][0].amount == 1250
    assert (seen["status"][0].state, seen["withdraw"][0].state) == (OrderState.UNKNOWN, OrderState.WITHDRAWN)
    assert len(seen["catalogue"][0]) == 2 and [record.id for record in seen["settlements"][0]] == [ID]
    table = re.findall(r"(?m)^\| (`[A-Z]+ /[^|]*`) \|", SECTION)
    assert sorted(table) == sorted(request for _, request, _ in seen.values())


def rows(heading: str) -> list[str]:
    """The first column of the table under a heading."""
    table = SECTION.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return [row.strip() for row in re.findall(r"(?m)^\| ([^|]+) \|", table)]


def test_codes_and_faults_are_the_program_s() -> None:
    assert rows("`code`") == [f"`{code}`" for code in RefusalCode]
    assert rows("Falla") == [f"`{fault}`" + (" *" if fault in ORDERS else "") for fault in Fault]


@pytest.mark.parametrize(
    "words",
    [
        f"Se esperan {biller_gateway.STEP_SECONDS} s para conectar y entre bytes",
        f"{biller_gateway.WHOLE_SECONDS} s en total",
        f"({biller_gateway.FILE_SECONDS} s para el archivo del día)",
        f"hasta {biller_gateway.MAX_ANSWER // 1024} KB",
        f"Hasta {biller_gateway.MAX_FILE // 1024 // 1024} MB, y {biller_settlement.MAX_LINE // 1024} KB por línea",
        f"De `holder` se usan {biller_answers.MAX_HOLDER} caracteres y de `note` {biller_answers.MAX_NOTE}",
        ", ".join(str(status) for status in sorted(biller_gateway.NOT_TAKEN)[:-1])
        + f" o {max(biller_gateway.NOT_TAKEN)} **con**",
    ],
)
def test_limits_are_the_program_s(words: str) -> None:
    assert words in re.sub(r"\s+", " ", SECTION)
