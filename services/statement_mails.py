"""The monthly statement and the card's statement by mail, to those who asked for them (S62, req. 34): once each.

That a statement was queued stands in the same transaction as the message: a worker that dies has sent neither or left
both, and two workers queue one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from data.driver_sql import DriverSql
from data.values.dates import panama_date
from services.errors import InvalidInput, StoreUnavailable
from services.operator import system_operator
from services.outbox import enqueue
from services.portal_policy import StatementsPolicy
from services.statement_rows import Span, cut_day, cut_span, is_card, last_cut, period_before
from services.statements import card_values, general_values
from services.unit_of_work import Transaction, UnitOfWork

WORKER = "estados"
ROUND = 200  # statements queued in one round
GENERAL = "general"
#: Who said yes last, has a working access, an address and an account online.
WILLING = (
    " FROM consent c JOIN access a ON a.member_id = c.member_id JOIN member m ON m.id = c.member_id"
    " WHERE c.service = :service AND c.given = :yes AND a.state = 'activo' AND m.email IS NOT NULL"
    " AND c.id = (SELECT max(x.id) FROM consent x WHERE x.member_id = c.member_id AND x.service = c.service)"
)
GENERALS = DriverSql(
    "SELECT c.member_id, m.email",
    WILLING,
    " AND EXISTS (SELECT 1 FROM account k WHERE k.member_id = c.member_id AND k.affiliated_at IS NOT NULL)"
    " AND NOT EXISTS (SELECT 1 FROM statement_mail s WHERE s.member_id = c.member_id AND s.subject = 'general'"
    " AND s.period = :period) ORDER BY c.member_id LIMIT :most",
)
CARDS = DriverSql(
    "SELECT c.member_id, m.email, k.id AS account_id, k.product, k.terms,"
    " (SELECT max(s.period) FROM statement_mail s WHERE s.member_id = c.member_id"
    "  AND s.subject = 'card:' || CAST(k.id AS text)) AS last_period",
    " FROM consent c JOIN access a ON a.member_id = c.member_id JOIN member m ON m.id = c.member_id"
    " JOIN account k ON k.member_id = c.member_id AND k.affiliated_at IS NOT NULL AND k.card_last4 IS NOT NULL"
    " WHERE c.service = :service AND c.given = :yes AND a.state = 'activo' AND m.email IS NOT NULL"
    " AND c.id = (SELECT max(x.id) FROM consent x WHERE x.member_id = c.member_id AND x.service = c.service)"
    " ORDER BY k.id",
)
KEEP = DriverSql(
    "INSERT INTO statement_mail (member_id, subject, period, outbox_id, at)"
    " VALUES (:member_id, :subject, :period, :outbox_id, :at)"
    " ON CONFLICT DO NOTHING RETURNING member_id"
)


@dataclass(frozen=True, slots=True)
class Due:
    """One statement to queue. `first` to `last`: its days, for a card."""

    member_id: int
    email: str
    subject: str
    period: str
    account_id: int | None = None
    first: date | None = None
    last: date | None = None


def mail_statements(uow: UnitOfWork) -> int:
    """Queue what is due today; answers how many. A worker's task. Raises StoreUnavailable."""
    try:
        with uow.engine.connect() as connection:
            due = due_statements(connection, uow.policy.statements, panama_date(uow.clock.now()))
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error
    return sum(_queue(uow, one) for one in due)


def due_statements(connection: Connection, policy: StatementsPolicy, today: date) -> list[Due]:
    """What should have been queued by `today` (in Panama) and is not: general statements first."""
    return [*_generals(connection, policy, today), *_cards(connection, policy, today)]


def keep_due(tx: Transaction, due: Due, outbox_id: int | None) -> bool:
    """Write down that a statement was queued; answers whether nobody had."""
    kept = {"member_id": due.member_id, "subject": due.subject, "period": due.period, "outbox_id": outbox_id}
    return KEEP.first(tx.connection, kept | {"at": tx.now}) is not None


def _generals(connection: Connection, policy: StatementsPolicy, today: date) -> Iterator[Due]:
    """In the first days of the month, the month before."""
    if not policy.first_day <= today.day <= policy.last_day:
        return
    period = period_before(today)
    values = {"service": "estado_cuenta", "yes": True, "period": period, "most": ROUND}
    for row in GENERALS.rows(connection, values):
        yield Due(row.member_id, row.email, GENERAL, period)


def _cards(connection: Connection, policy: StatementsPolicy, today: date) -> Iterator[Due]:
    """Some days after each card's cut."""
    for row in CARDS.rows(connection, {"service": "estado_tarjeta", "yes": True}):
        if not is_card(row.product):
            continue
        day = cut_day(row.terms, policy)
        cut = last_cut(day, today - timedelta(days=policy.card_after_days))
        if (today - cut).days > policy.card_within_days or row.last_period == cut.isoformat():
            continue
        span = cut_span(day, cut)
        subject = f"card:{row.account_id}"
        yield Due(row.member_id, row.email, subject, cut.isoformat(), row.account_id, span.first, span.last)


def _queue(uow: UnitOfWork, due: Due) -> bool:
    """Queue one, unless another worker has. An address that can't be used is kept as tried, and told."""
    with uow.begin_system(system_operator(WORKER), member_id=due.member_id) as tx:
        queued = _enqueue(tx, due)
        if not keep_due(tx, due, queued):
            return False  # another worker has it: what was queued here is not kept
        result = "ok" if queued else "failed"
        tx.record("statement.mail", result=result, about=due.subject, detail={"period": due.period})
        tx.commit()
        return queued is not None


def _enqueue(tx: Transaction, due: Due) -> int | None:
    """The message's outbox id, or None for an address that can't be used."""
    if due.account_id is None:
        template, context = "account_statement", general_values(tx.connection, due.member_id, due.period)
    else:
        span = Span(due.first or tx.now.date(), due.last or tx.now.date())
        template, context = "card_statement", card_values(tx.connection, due.member_id, due.account_id, span)
    expires_at = tx.now + timedelta(hours=tx.policy.outbox.notice_hours)
    try:
        return enqueue(
            tx,
            kind="mail",
            template=template,
            member_id=due.member_id,
            to=due.email,
            context=context,
            expires_at=expires_at,
        )
    except InvalidInput:
        return None
