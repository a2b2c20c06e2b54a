"""Empties the outbox: claim a message, send it outside of any transaction, write down how it ended (req. 28).

At least once, under one Message-ID: a process that dies between sending and settling leaves the row claimed, and
when the claim lapses the same message goes out again. At most once would lose a member's credentials.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import col

from data.engine import writing
from data.secrets import SealBroken, box
from data.tables import Outbox
from services.attachments import attachment_of
from services.errors import CoopError, StoreUnavailable
from services.faults import fault
from services.mail_messages import Attachment, compose_mail, compose_sms
from services.operator import Operator, system_operator
from services.outbox import LOCAL
from services.transports import PermanentFailure, TemporaryFailure, Transports
from services.unit_of_work import Transaction, UnitOfWork

#: How long a claim holds: longer than a whole conversation with a slow server (10 steps of 15 s).
LEASE: Final = timedelta(minutes=3)
LONGEST_PAUSE: Final = 3600  # seconds
WORKER: Final = "entregas"

_DUE = ("pending", "sending")


@dataclass(frozen=True, slots=True)
class Drained:
    """What one round did: messages that went out, failed for good, ran out of time, or wait for another try."""

    sent: int = 0
    failed: int = 0
    expired: int = 0
    deferred: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.failed + self.expired + self.deferred


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A row that this worker has for `LEASE`. `attempts` is the claim's own number."""

    id: int
    kind: str
    template: str
    member_id: int | None
    message_id: str
    sealed: bytes | None = field(repr=False)
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How one attempt ended: the new state and a code."""

    state: str  # sent | failed | pending
    error: str | None = None
    retry_at: datetime | None = None


def drain(uow: UnitOfWork, transports: Transports, limit: int = 50) -> Drained:
    """Send up to `limit` messages that are due, oldest first. Several workers may drain at the same time.

    Raises StoreUnavailable; never anything for a message that could not be sent.
    """
    counts = {"sent": 0, "failed": 0, "pending": 0}
    expired = expire(uow)
    for outbox_id in _due(uow, limit):
        row = _claim(uow, outbox_id)
        if row is None:  # another worker has it
            continue
        fault("outbox_claimed")
        outcome = _attempt(uow, transports, row)
        fault("outbox_sent")
        if _settle(uow, row, outcome):
            counts[outcome.state] += 1
    return Drained(counts["sent"], counts["failed"], expired, counts["pending"])


def expire(uow: UnitOfWork) -> int:
    """Wipe what was not sent in time and say so in the trail; answers how many messages."""
    now = uow.clock.now()
    late = (col(Outbox.state).in_(_DUE), col(Outbox.expires_at) <= now, _unclaimed(now))
    with uow.engine.connect() as connection:
        if connection.execute(select(col(Outbox.id)).where(*late).limit(1)).first() is None:
            return 0
    with uow.begin_system(_worker()) as tx:
        rows = tx.connection.execute(
            update(Outbox)
            .where(*late)
            .values(state="expired", sealed=None, settled_at=now)
            .returning(col(Outbox.id), col(Outbox.member_id), col(Outbox.kind), col(Outbox.template))
        ).all()
        for row in rows:
            _tell(tx, row.id or 0, row.member_id, "expired", {"kind": row.kind, "template": row.template})
        if rows:
            tx.commit()
        return len(rows)


def _due(uow: UnitOfWork, limit: int) -> list[int]:
    now = uow.clock.now()
    query = (
        select(col(Outbox.id))
        .where(col(Outbox.state).in_(_DUE), col(Outbox.next_at) <= now, col(Outbox.expires_at) > now)
        .order_by(col(Outbox.next_at), col(Outbox.id))
        .limit(limit)
    )
    try:
        with uow.engine.connect() as connection:
            return [outbox_id for outbox_id in connection.execute(query).scalars() if outbox_id is not None]
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error


def _claim(uow: UnitOfWork, outbox_id: int) -> _Claimed | None:
    """Take one row for `LEASE`, or None if it is not to be had.

    A claim is bookkeeping, not a change that the trail tells of: how the attempt ended is the event.
    """
    now = uow.clock.now()
    claim = (
        update(Outbox)
        .where(
            col(Outbox.id) == outbox_id,
            col(Outbox.state).in_(_DUE),
            col(Outbox.next_at) <= now,
            col(Outbox.expires_at) > now,
        )
        .values(state="sending", attempts=col(Outbox.attempts) + 1, next_at=now + LEASE)
        .returning(
            col(Outbox.id),
            col(Outbox.kind),
            col(Outbox.template),
            col(Outbox.member_id),
            col(Outbox.message_id),
            col(Outbox.sealed),
            col(Outbox.attempts),
            col(Outbox.created_at),
        )
    )
    try:
        with writing(uow.engine).begin() as connection:
            row = connection.execute(claim).first()
            return _Claimed(**row._mapping) if row is not None else None
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error


def _attempt(uow: UnitOfWork, transports: Transports, row: _Claimed) -> _Outcome:
    """Send one claimed message. No transaction is open while a server takes its time."""
    try:
        local = _send(uow, transports, row)
    except PermanentFailure as failure:
        return _Outcome("failed", failure.code)
    except TemporaryFailure as failure:
        if row.attempts >= uow.policy.outbox.attempts:
            return _Outcome("failed", "attempts")
        return _Outcome("pending", failure.code, uow.clock.now() + _pause(uow, row.attempts))
    return _Outcome("sent", LOCAL if local else None)


def _send(uow: UnitOfWork, transports: Transports, row: _Claimed) -> bool:
    """Open, word and send; answers whether it only landed on this machine."""
    to, context = _open(uow.secrets.data_key, row)
    if row.kind == "sms":
        if transports.sms is None:
            raise TemporaryFailure("no_gateway")
        transports.sms.send(row.message_id, to, compose_sms(row.template, context))
        return transports.sms.local
    mail = compose_mail(
        transports.identity,
        template=row.template,
        context=context,
        to=to,
        message_id=row.message_id,
        written_at=row.created_at,
        attachment=_attachment(uow, row, context),
    )
    transports.mail.send(mail, to)
    return transports.mail.local


def _attachment(uow: UnitOfWork, row: _Claimed, context: Mapping[str, str]) -> Attachment | None:
    """The document that the template sends along, made anew: the same row gives the same bytes."""
    try:
        return attachment_of(uow, row.template, row.member_id, context)
    except CoopError as error:
        if isinstance(error, StoreUnavailable):
            raise TemporaryFailure("document") from None
        raise PermanentFailure("document") from None


def _open(data_key: bytes, row: _Claimed) -> tuple[str, Mapping[str, str]]:
    """Destination and values of a row. A row that was tampered with or moved never goes out."""
    try:
        payload = json.loads(box.open_(data_key, row.sealed or b"", row.message_id))
        return payload["to"], payload["context"]
    except (SealBroken, ValueError, KeyError):
        raise PermanentFailure("sealed") from None


def _settle(uow: UnitOfWork, row: _Claimed, outcome: _Outcome) -> bool:
    """Write down how the attempt ended, with its event, unless the claim is no longer ours (void, taken over)."""
    done = outcome.retry_at is None
    values: dict[str, Any] = {"state": outcome.state, "error": outcome.error}
    if done:
        values |= {"sealed": None, "settled_at": uow.clock.now()}
    else:
        values["next_at"] = outcome.retry_at
    with uow.begin_system(_worker()) as tx:
        settled = tx.connection.execute(
            update(Outbox)
            .where(
                col(Outbox.id) == row.id,
                col(Outbox.state) == "sending",
                col(Outbox.attempts) == row.attempts,
            )
            .values(**values)
        )
        if settled.rowcount != 1:
            return False
        detail = {"kind": row.kind, "template": row.template, "attempt": row.attempts}
        detail |= {"error": outcome.error} if outcome.error else {}
        _tell(tx, row.id, row.member_id, outcome.state if done else "deferred", detail)
        tx.commit()
        return True


def _tell(tx: Transaction, outbox_id: int, member_id: int | None, ending: str, detail: Mapping[str, Any]) -> None:
    """The event of one message: its id, kind and template, never where it went or what it said (req. 28)."""
    result = "failed" if ending in ("failed", "expired") else "ok"
    tx.record(f"outbox.{ending}", result=result, member=member_id, about=f"outbox:{outbox_id}", detail=detail)


def _pause(uow: UnitOfWork, attempt: int) -> timedelta:
    """Twice as long after each try, up to an hour, and up to a quarter more so that not all come back at once."""
    seconds = min(uow.policy.outbox.first_retry_seconds << (attempt - 1), LONGEST_PAUSE)
    return timedelta(seconds=seconds + secrets.randbelow(seconds // 4 + 1))


def _unclaimed(now: datetime) -> Any:
    return or_(col(Outbox.state) == "pending", and_(col(Outbox.state) == "sending", col(Outbox.next_at) <= now))


def _worker() -> Operator:
    return system_operator(WORKER)
