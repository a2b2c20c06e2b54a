"""A statement that the member asks for: a PDF to the e-mail on record, since neither kiosk nor browser keeps files."""

from dataclasses import dataclass
from datetime import timedelta

from data.tables import Member
from data.values.dates import panama_date
from services.errors import ContactMissing, NotFound
from services.masking import masked_email
from services.operations import Op
from services.operator import Operator
from services.outbox import enqueue, is_deliverable
from services.portal_place import mark_of
from services.portal_throttles import count_try
from services.statements import NO_ACCOUNT, card_at_cut, card_values, general_values, past_month
from services.unit_of_work import Transaction, UnitOfWork

ACTION = "portal.statement_mail"
WINDOW_MINUTES = 60
NO_MAIL = "No tiene un correo registrado que reciba mensajes. Visite una sucursal o llame al CIS, 205-0911."


@dataclass(frozen=True, slots=True)
class SendStatement:
    """The general statement of a month (`2026-10`)."""

    period: str


@dataclass(frozen=True, slots=True)
class SendCardStatement:
    """The statement of a card at its last cut."""

    account_id: int


@dataclass(frozen=True, slots=True)
class StatementSent:
    """`to`: the masked address."""

    to: str
    text: str


def send_statement(command: SendStatement, operator: Operator, uow: UnitOfWork) -> StatementSent:
    """Queue it. Raises InvalidInput for a month without one, NotFound without an account online, ContactMissing,
    RateLimited (policy), and the errors of authorisation."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        past_month(command.period, panama_date(tx.now))
        values = general_values(tx.connection, operator.member_id, command.period)
        if not values["accounts"]:
            raise NotFound(NO_ACCOUNT)
        return _send(tx, "account_statement_asked", values, f"period:{command.period}")


def send_card_statement(command: SendCardStatement, operator: Operator, uow: UnitOfWork) -> StatementSent:
    """Queue it. Raises NotFound for what is no card of theirs, and as `send_statement`."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        _, span = card_at_cut(tx, command.account_id)
        values = card_values(tx.connection, operator.member_id, command.account_id, span)
        return _send(tx, "card_statement_asked", values, f"account:{command.account_id}")


def _send(tx: Transaction, template: str, values: dict[str, str], about: str) -> StatementSent:
    member_id = tx.operator.member_id
    member = tx.session.get(Member, member_id)
    to = (member.email if member is not None else None) or ""
    if not is_deliverable("mail", to):
        raise ContactMissing(NO_MAIL)
    mark = mark_of(tx.secrets, "statements", str(member_id))
    count_try(tx, "statement", mark, most=tx.policy.statements.asked_per_hour, minutes=WINDOW_MINUTES)
    expires_at = tx.now + timedelta(hours=tx.policy.outbox.notice_hours)
    enqueue(tx, kind="mail", template=template, member_id=member_id, to=to, context=values, expires_at=expires_at)
    tx.record(ACTION, about=about)
    tx.commit()
    shown = masked_email(to)
    return StatementSent(shown, f"El PDF va en camino a {shown}.")
