"""Queueing: sealed, masked, one Message-ID, nothing that could smuggle a header (req. 26, 28, 29)."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from data.catalog.messages import load_messages
from data.secrets import SealBroken, box
from data.values.phone import Phone
from services import outbox
from services.errors import InvalidInput
from services.operator import system_operator
from tests.services.world import START, World

CREDENTIALS = {"username": "50012", "password": "Kx7mPq2wTn4z", "valid_until": "24/11/2026 09:00"}


def queue(world: World, **changes: Any) -> int:
    values: dict[str, Any] = {
        "kind": "mail",
        "template": "temporary_credentials",
        "member_id": None,
        "to": "itzel@example.com",
        "context": CREDENTIALS,
        "expires_at": world.clock.now() + timedelta(hours=24),
    }
    with world.uow.begin_system(system_operator("prueba")) as tx:
        queued = outbox.enqueue(tx, **(values | changes))
        tx.record()
        tx.commit()
        return queued


def test_what_is_queued_is_sealed_and_masked(world: World) -> None:
    queued = queue(world)
    (row,) = world.rows("SELECT * FROM outbox")
    assert (row["id"], row["state"], row["attempts"]) == (queued, "pending", 0)
    assert row["destination"] == "i•••@example.com"
    sealed = bytes(row["sealed"])
    assert b"Kx7mPq2wTn4z" not in sealed and b"itzel" not in sealed
    payload = json.loads(box.open_(world.uow.secrets.data_key, sealed, row["message_id"]))
    assert payload["to"] == "itzel@example.com" and payload["context"]["password"] == "Kx7mPq2wTn4z"
    with pytest.raises(SealBroken):
        box.open_(world.uow.secrets.data_key, sealed, row["message_id"] + "x")


def test_nothing_of_a_message_stands_in_the_database_in_clear(sqlite_world: World) -> None:
    queue(sqlite_world)
    folder = sqlite_world.engine.url.database.rpartition("/")[0]  # type: ignore[union-attr]
    sqlite_world.close()
    from pathlib import Path

    whole = b"".join(path.read_bytes() for path in Path(folder).glob("coop.db*"))
    assert b"i\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2@example.com" in whole, "looked in the wrong place"
    for secret in (b"Kx7mPq2wTn4z", b"itzel@example.com"):
        assert secret not in whole


@pytest.mark.parametrize(
    "to",
    [
        "itzel@example.com\r\nBcc: otro@example.com",
        "itzel@example.com\n",
        "\ritzel@example.com",
        "itzel@example.com, otro@example.com",
        "Itzel <itzel@example.com>",
        "itzel@example.com\u2028",
        "",
        "50012",
    ],
)
def test_an_address_that_could_smuggle_a_header_is_refused(sqlite_world: World, to: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        queue(sqlite_world, to=to)
    assert refused.value.field == "email"
    assert sqlite_world.scalar("SELECT count(*) FROM outbox") == 0


@pytest.mark.parametrize("value", ["50012\r\nBcc: x@example.com", "a\nb", "\x1b]52;c;x\x07", "\u202eabc", "x" * 201])
def test_a_value_with_controls_is_refused(sqlite_world: World, value: str) -> None:
    with pytest.raises(InvalidInput):
        queue(sqlite_world, context=CREDENTIALS | {"username": value})


def test_a_template_gets_what_it_asks_for_and_no_more(sqlite_world: World) -> None:
    with pytest.raises(LookupError):
        queue(sqlite_world, template="no_such")
    with pytest.raises(LookupError):
        queue(sqlite_world, context={"username": "50012"})
    with pytest.raises(LookupError):
        queue(sqlite_world, kind="sms", to="+50761234567")  # credentials never go by text message
    queue(sqlite_world, context=CREDENTIALS | {"cedula": "8-700-12"})
    (row,) = sqlite_world.rows("SELECT * FROM outbox")
    payload = json.loads(box.open_(sqlite_world.uow.secrets.data_key, row["sealed"], row["message_id"]))
    assert set(payload["context"]) == {"username", "password", "valid_until", "at"}


def test_two_messages_never_share_a_message_id(sqlite_world: World) -> None:
    for _ in range(50):
        queue(sqlite_world)
    assert sqlite_world.scalar("SELECT count(DISTINCT message_id) FROM outbox") == 50


def test_void_wipes_a_waiting_message_and_leaves_a_sent_one(world: World) -> None:
    first, second = queue(world), queue(world)
    world.change("UPDATE outbox SET state = 'sent' WHERE id = :id", id=second)
    with world.uow.begin_system(system_operator("prueba")) as tx:
        outbox.void(tx, first, "replaced")
        outbox.void(tx, second, "replaced")
        tx.record()
        tx.commit()
    rows = {row["id"]: row for row in world.rows("SELECT * FROM outbox")}
    assert (rows[first]["state"], rows[first]["sealed"], rows[first]["error"]) == ("void", None, "replaced")
    assert rows[second]["state"] == "sent" and rows[second]["sealed"] is not None


@pytest.mark.parametrize(
    ("columns", "kind", "destination"),
    [
        ({}, "mail", "s•••@example.com"),
        ({"email": None}, "sms", Phone.parse("+50760050012").masked()),
        ({"email": "no es un correo"}, "sms", Phone.parse("+50760050012").masked()),
        ({"email": None, "phone": "+5072050911"}, None, None),
        ({"email": None, "phone": None}, None, None),
    ],
)
def test_a_notice_goes_to_what_is_on_record(
    world: World, columns: dict[str, Any], kind: str | None, destination: str | None
) -> None:
    member = world.member(**columns)
    with world.uow.begin_system(system_operator("prueba"), member_id=member) as tx:
        queued = outbox.notice(tx, member, "access_unlocked", {})
        tx.record()
        tx.commit()
    rows = world.rows("SELECT * FROM outbox")
    if kind is None:
        assert queued is None and rows == []
    else:
        assert [(row["kind"], row["destination"], row["id"]) for row in rows] == [(kind, destination, queued)]


def test_a_notice_to_nobody_is_none(sqlite_world: World) -> None:
    with sqlite_world.uow.begin_system(system_operator("prueba")) as tx:
        assert outbox.notice(tx, 999, "access_unlocked", {}) is None


@pytest.mark.parametrize(
    ("state", "attempts", "error", "line"),
    [
        ("pending", 0, None, "en cola"),
        ("pending", 1, "refused", "en cola, 1 intento: el servidor no responde"),
        ("pending", 2, "smtp_451", "en cola, 2 intentos"),
        ("sending", 1, None, "enviando"),
        ("sent", 1, None, "enviado 09:43"),
        ("sent", 1, "local", "en el buzón local 09:43"),
        ("failed", 1, "smtp_550", "rebotó: buzón no existe"),
        ("failed", 1, "smtp_599", "rebotó: el servidor lo rechazó"),
        ("failed", 8, "attempts", "no se envió: se agotaron los intentos"),
        ("expired", 3, None, "venció sin enviarse"),
        ("void", 0, "replaced", "anulado"),
    ],
)
def test_the_state_in_words(state: str, attempts: int, error: str | None, line: str) -> None:
    row = SimpleNamespace(state=state, attempts=attempts, error=error, settled_at=START + timedelta(minutes=43))
    assert outbox.state_line(row) == line
    assert outbox.state_line(row, START) == line
    if state == "sent":
        assert outbox.state_line(row, START + timedelta(days=1)).endswith("23/11/2026 09:43")


def test_every_notice_has_a_text_message_that_fits() -> None:
    longest = {
        "code": "123456",
        "operation": "restablecer sus preguntas de seguridad",
        "minutes": "10",
        "field": "celular",
        "new": "6•••-••21",
        "effective": "26/11/2026 09:41",
        "number": "2026-00012345",
        "original": "2026-00012344",
        "kind": "Pago de préstamo de otra persona",
        "biller": "Municipio de Panamá",
        "reference": "8-123-456-2019",
        "amount": "B/.100,000.00",
        "charged": "B/.100,001.00",
        "paid": "B/.100,001.00",
        "from_account": "06-018-•••12-1",
        "to_account": "06-018-•••13-2",
        "at": "23/11/2026 09:41",
        "label": "Pago de la cuota de la casa de mi mamá ya",
        "plan": "cada quincena, desde el 30/11/2026",
        "what": "sus preguntas de seguridad",
        "due": "30/11/2026",
        "reason": "una de las cuentas no admite la operación",
    }
    from services.mail_messages import compose_sms

    for message in load_messages().by_id.values():
        if message.id != "temporary_credentials" and "statement" not in message.id:  # by mail alone
            text = compose_sms(message.id, longest)
            assert "…" not in text and "{{" not in text and len(text) <= 160, message.id
            assert "205-0911" in text and "http" not in text
