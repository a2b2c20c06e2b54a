"""What has to leave the house, written in the transaction that causes it (req. 26, 28, 29, 44).

A message is a template's name and the values that fill it, sealed with the data key and bound to its
Message-ID; it is put into words when it is delivered (services/delivery.py) and wiped once it is sent,
bounced, expired or void. People read a masked destination and a state, nothing else.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sqlalchemy import update
from sqlmodel import col

from data.catalog.messages import OFFICIAL_HOST, load_messages
from data.driver_sql import DriverSql
from data.secrets import box
from data.tables import Outbox
from data.values.dates import format_datetime, format_time, panama_date
from data.values.email_address import EmailAddress
from data.values.errors import InvalidValue
from data.values.phone import Phone
from data.values.uuid7 import uuid7
from services.audit_trail import canonical
from services.errors import InvalidInput
from services.unit_of_work import Transaction

Kind = Literal["mail", "sms"]
#: The `error` of a row that was sent into the local folder, because no mail server is set up.
LOCAL = "local"
#: Characters of a value that stands in a text, and of one that only a document is made from (the accounts of a member).
READ_LONGEST, HIDDEN_LONGEST = 200, 20_000

ERROR_TEXTS: Mapping[str, str] = {
    "smtp_550": "buzón no existe",
    "smtp_551": "buzón no existe",
    "smtp_553": "dirección no aceptada",
    "smtp_552": "buzón lleno",
    "smtp_554": "el servidor lo rechazó",
    "attempts": "se agotaron los intentos",
    "sealed": "no se pudo abrir el mensaje",
    "document": "no se pudo hacer el documento adjunto",
    "no_gateway": "no hay servicio de mensajes",
}
WAITING_TEXTS: Mapping[str, str] = {
    "smtp_auth": "el servidor no aceptó la cuenta de correo",
    "tls": "la conexión segura falló",
    "refused": "el servidor no responde",
    "timeout": "el servidor no responde",
    "no_gateway": "no hay servicio de mensajes",
}


INSERT = DriverSql(
    "INSERT INTO outbox (kind, template, member_id, destination, message_id, sealed, state, attempts, created_at,"
    " next_at, expires_at) VALUES (:kind, :template, :member_id, :destination, :message_id, :sealed, 'pending', 0,"
    " :now, :now, :expires_at) RETURNING id"
)
CONTACT = DriverSql("SELECT email, phone FROM member WHERE id = :member_id")


class OutboxRow(Protocol):
    """What `state_line` reads of a row of the table, or of a select with these columns."""

    @property
    def state(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def settled_at(self) -> datetime | None: ...
    @property
    def error(self) -> str | None: ...


def enqueue(
    tx: Transaction,
    *,
    kind: Kind,
    template: str,
    member_id: int | None,
    to: str,
    context: Mapping[str, str],
    expires_at: datetime,
) -> int:
    """Queue one message in `tx` and answer its outbox id. `context` may hold secrets; `at` is added to it.

    `to` is the clear address or the E.164 number. Raises InvalidInput for a destination or a value that could
    smuggle a header or a control character (req. 29); LookupError for an unknown template or a missing value.
    """
    return _queue(tx, kind, template, member_id, _destination(kind, to), context, expires_at)


def _queue(
    tx: Transaction,
    kind: Kind,
    template: str,
    member_id: int | None,
    destination: tuple[str, str],
    context: Mapping[str, str],
    expires_at: datetime,
) -> int:
    message = load_messages().get(template)
    if kind == "sms" and not message.sms:
        raise LookupError(f"template {template} has no text message")
    values = {key: context[key] for key in message.keys} | {"at": format_datetime(tx.now)}
    for key, value in values.items():
        if not value.isprintable() or len(value) > (HIDDEN_LONGEST if key in message.hidden else READ_LONGEST):
            raise InvalidInput("Un dato del mensaje tiene caracteres que no se admiten. Corríjalo.")
    address, masked = destination
    message_id = f"<{uuid7()}@{OFFICIAL_HOST}>"
    payload = canonical({"to": address, "context": values}).encode()
    row = {
        "kind": kind,
        "template": template,
        "member_id": member_id,
        "destination": masked,
        "message_id": message_id,
        "sealed": box.seal(tx.secrets.data_key, payload, message_id),
        "now": tx.now,
        "expires_at": expires_at,
    }
    return int(INSERT.scalar(tx.connection, row))


def notice(
    tx: Transaction,
    member_id: int,
    template: str,
    context: Mapping[str, str],
    *,
    contact: tuple[str | None, str | None] | None = None,
) -> int | None:
    """Tell a member what happened (req. 44): to the e-mail on record, else the mobile, else nobody (None).

    `contact` is e-mail and mobile for a caller that has read them in this transaction.
    """
    if contact is None:
        row = CONTACT.first(tx.connection, {"member_id": member_id})
        if row is None:
            return None
        contact = (row.email, row.phone)
    expires_at = tx.now + timedelta(hours=tx.policy.outbox.notice_hours)
    routes: list[tuple[Kind, str | None]] = [("mail", contact[0]), ("sms", contact[1])]
    for kind, to in routes:
        if to:
            try:
                destination = _destination(kind, to)
            except InvalidInput:
                continue
            return _queue(tx, kind, template, member_id, destination, context, expires_at)
    return None


def void(tx: Transaction, outbox_id: int, reason: str) -> None:
    """Wipe a message that must not go out any more, a newer one having replaced it. `reason` is a code.

    One that is being sent this moment may still arrive: what it says must be dead by itself.
    """
    tx.connection.execute(
        update(Outbox)
        .where(col(Outbox.id) == outbox_id, col(Outbox.state).in_(("pending", "sending")))
        .values(state="void", sealed=None, settled_at=tx.now, error=reason)
    )


def state_line(row: OutboxRow, now: datetime | None = None) -> str:
    """The delivery in a few Spanish words: «enviado 09:43», «rebotó: buzón no existe», «en cola, 2 intentos».

    With `now`, a moment of another day is shown with its date.
    """
    if row.state == "sent":
        word = "en el buzón local" if row.error == LOCAL else "enviado"
        return f"{word} {_moment(row.settled_at, now)}".rstrip()
    if row.state == "failed":
        code = row.error or ""
        word = "rebotó" if code.startswith("smtp_5") else "no se envió"
        return f"{word}: {ERROR_TEXTS.get(code, 'el servidor lo rechazó')}"
    if row.state == "expired":
        return "venció sin enviarse"
    if row.state == "void":
        return "anulado"
    if row.state == "sending":
        return "enviando"
    if not row.attempts:
        return "en cola"
    times = "1 intento" if row.attempts == 1 else f"{row.attempts} intentos"
    cause = WAITING_TEXTS.get(row.error or "")
    return f"en cola, {times}: {cause}" if cause else f"en cola, {times}"


def is_deliverable(kind: Kind, to: str) -> bool:
    """Whether a message of this kind can go to this destination: a plain address, a mobile of Panama."""
    try:
        _destination(kind, to)
    except InvalidInput:
        return False
    return True


def _destination(kind: Kind, to: str) -> tuple[str, str]:
    """The destination to use and the one to show. Refused: line breaks, and what is no address."""
    try:
        # The parsers trim outer line ends; in a destination they are refused (req. 29).
        if not to.isprintable():
            raise InvalidValue("La dirección tiene caracteres que no se admiten. Escríbala de nuevo.")
        if kind == "mail":
            address = EmailAddress.parse(to)
            return address.format(), address.masked()
        phone = Phone.parse_mobile(to)
        return phone.e164, phone.masked()
    except InvalidValue as error:
        raise InvalidInput(error.message_es, field="email" if kind == "mail" else "phone") from None


def _moment(at: datetime | None, now: datetime | None) -> str:
    if at is None:
        return ""
    return format_time(at) if now is None or panama_date(at) == panama_date(now) else format_datetime(at)
