"""Statements of account and of card: on the screen, as a PDF, and with the monthly mail (S62, S92)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from data.driver_sql import DriverSql
from data.values.dates import format_date, panama_date
from services.document_pdf import Paragraph, Part, Table, document_pdf
from services.errors import InvalidInput, NotFound, StoreUnavailable
from services.mail_messages import Attachment
from services.masking import full_name
from services.operations import Op
from services.operator import Operator
from services.portal_accounts import detail_lines, own_account
from services.statement_rows import (
    Span,
    StatementAccount,
    account_of,
    cut_day,
    cut_span,
    is_card,
    last_cut,
    month_span,
    month_words,
    newest_entry,
    statement_of,
)
from services.unit_of_work import UnitOfWork

HEADS = ("Fecha", "Descripción", "Débito", "Crédito", "Saldo")
WIDTHS = (60, 228, 72, 72, 72)
RIGHT = frozenset({2, 3, 4})
FOOT = "Si no reconoce un movimiento, llame al CIS, 205-0911."
CARD_LINES = frozenset({"Límite", "Pago mínimo", "Próximo vencimiento"})
MONTHS_BACK = 24
HOLDER = DriverSql("SELECT number, given_names, surnames FROM member WHERE id = :member_id")
AFFILIATED = DriverSql(
    "SELECT id FROM account WHERE member_id = :member_id AND affiliated_at IS NOT NULL ORDER BY product, number"
)


@dataclass(frozen=True, slots=True)
class GetStatement:
    """The general statement of a whole month that is over: `2026-10`."""

    period: str


@dataclass(frozen=True, slots=True)
class GetCardStatement:
    """The statement of a card at its last cut."""

    account_id: int


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A PDF and a name for its file."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CardStatement:
    """«Extracto de tarjeta»: `lines` are label and value (limit, minimum, due date); `since`: what moved after."""

    account: StatementAccount
    since: StatementAccount
    cut: str
    lines: tuple[tuple[str, str], ...]
    file: StatementFile


def my_statement(command: GetStatement, operator: Operator, uow: UnitOfWork) -> StatementFile:
    """The member's general statement of a month as a PDF. Raises InvalidInput for a month that is not over or too far
    back, NotFound if no account is affiliated, and the errors of authorisation."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        today = panama_date(tx.now)
        try:
            span = month_span(command.period)
        except ValueError:
            raise InvalidInput("Elija un mes de la lista.", field="period") from None
        if span.last >= today or (today - span.first).days > MONTHS_BACK * 31:
            raise InvalidInput("Elija un mes que ya terminó, de los últimos 24.", field="period")
        accounts = affiliated(tx.connection, operator.member_id)
        content = general_pdf(tx.connection, operator.member_id, command.period, accounts, newest_entry(tx.connection))
        tx.record("portal.statement", about=f"period:{command.period}")
        tx.commit()
    return StatementFile(_general_name(command.period), content)


def card_statement(command: GetCardStatement, operator: Operator, uow: UnitOfWork) -> CardStatement:
    """A card's statement at its last cut, and what moved since. Raises NotFound for what is no card of theirs, and the
    errors of authorisation."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        row = own_account(tx, command.account_id)
        if not is_card(row.product):
            raise NotFound
        today = panama_date(tx.now)
        day = cut_day(row.terms, tx.policy.statements)
        cut, upto = last_cut(day, today), newest_entry(tx.connection)
        account = statement_of(tx.connection, row, cut_span(day, cut), upto)
        since = statement_of(tx.connection, row, Span(date.fromordinal(cut.toordinal() + 1), today), upto)
        lines = tuple(line for line in detail_lines(row, today) if line[0] in CARD_LINES)
        content = card_pdf(tx.connection, operator.member_id, command.account_id, cut_span(day, cut), upto)
        tx.record("portal.statement", about=f"account:{command.account_id}", detail={"cut": cut.isoformat()})
        tx.commit()
    return CardStatement(account, since, format_date(cut), lines, StatementFile(_card_name(cut), content))


def affiliated(connection: Connection, member_id: int) -> tuple[int, ...]:
    """The accounts that the member sees online, by product and number."""
    return tuple(row.id for row in AFFILIATED.rows(connection, {"member_id": member_id}))


def general_pdf(connection: Connection, member_id: int, period: str, accounts: Sequence[int], upto: int) -> bytes:
    """The general statement of a month. Raises NotFound without an account, or for one that isn't the member's."""
    if not accounts:
        raise NotFound("No tiene cuentas afiliadas en este servicio. Pídalo al CIS, 205-0911, o en una sucursal.")
    span = month_span(period)
    found = [
        statement_of(connection, account_of(connection, one, member_id), span, upto, masked=True) for one in accounts
    ]
    parts = [*_holder(connection, member_id, span), *(part for one in found for part in _parts(one))]
    return document_pdf(f"Estado de cuenta · {month_words(period)}", parts, FOOT)


def card_pdf(connection: Connection, member_id: int, account_id: int, span: Span, upto: int) -> bytes:
    """The statement of one card over the days up to its cut. Raises NotFound for another's account."""
    row = account_of(connection, account_id, member_id)
    parts = [*_holder(connection, member_id, span), *_parts(statement_of(connection, row, span, upto, masked=True))]
    return document_pdf(f"Estado de cuenta de tarjeta · corte {format_date(span.last)}", parts, FOOT)


def general_attachment(uow: UnitOfWork, member_id: int, context: Mapping[str, str]) -> Attachment:
    """What goes along with the monthly mail: the accounts and the last entry are those of when it was queued."""
    accounts = [int(one) for one in context["accounts"].split()]
    with _reading(uow) as connection:
        content = general_pdf(connection, member_id, context["period"], accounts, int(context["upto"]))
    return Attachment(_general_name(context["period"]), content)


def card_attachment(uow: UnitOfWork, member_id: int, context: Mapping[str, str]) -> Attachment:
    """What goes along with the card's mail."""
    first, cut = date.fromisoformat(context["first"]), date.fromisoformat(context["cut"])
    with _reading(uow) as connection:
        content = card_pdf(connection, member_id, int(context["account_id"]), Span(first, cut), int(context["upto"]))
    return Attachment(_card_name(cut), content)


class _reading:
    """A connection that reads. Raises StoreUnavailable when the database does not answer."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._engine = uow.engine

    def __enter__(self) -> Connection:
        try:
            self._connection = self._engine.connect()
        except (OperationalError, InterfaceError) as error:
            raise StoreUnavailable from error
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        self._connection.close()
        if isinstance(error, OperationalError | InterfaceError):
            raise StoreUnavailable from error


def _holder(connection: Connection, member_id: int, span: Span) -> list[Part]:
    member = HOLDER.first(connection, {"member_id": member_id})
    if member is None:
        raise NotFound
    name = full_name(member.given_names, member.surnames)
    return [Paragraph(f"{name} · número {member.number}", strong=True), Paragraph(span.text)]


def _parts(account: StatementAccount) -> list[Part]:
    rows = [("", "Saldo anterior", "", "", account.opening)]
    rows += [(row.date, row.description, row.debit, row.credit, row.balance) for row in account.rows]
    rows.append(("", "Saldo final", account.debits, account.credits, account.closing))
    return [
        Paragraph(f"{account.number} · {account.label}", strong=True),
        Table(HEADS, tuple(rows), WIDTHS, RIGHT),
    ]


def _general_name(period: str) -> str:
    return f"estado-de-cuenta-{period}.pdf"


def _card_name(cut: date) -> str:
    return f"tarjeta-{cut.isoformat()}.pdf"
