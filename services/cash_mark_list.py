"""The marked cash of a month, for compliance: on the screen and as CSV (req. 45, 51, A17)."""

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, column, text

from data.secrets.errors import SealBroken
from data.types import Bytes, Day, Int, String, Utc
from data.values.dates import format_date, format_datetime
from data.values.money import Money
from services.cash_marks import monday_of, opened
from services.errors import InvalidInput
from services.masking import full_name
from services.operations import Op
from services.operator import Operator
from services.reads import ReadsSealed
from services.receipts import TITLES, receipt_number
from services.unit_of_work import UnitOfWork

IN, OUT = "entrada", "salida"
NO_STATEMENT: Final = "(sin declaración)"
TAMPERED: Final = "(declaración alterada: avise a soporte)"
HEADER: Final = (
    "Fecha y hora", "Comprobante", "Operación", "Asociado", "Nombre", "Cédula", "Sentido", "Monto", "Semana del",
    "Total de la semana", "Origen de los fondos", "Sucursal", "Agente", "Estado",
)  # fmt: skip
#: Every cash payment of the weeks that touch the month, marked or not: which should be marked follows from the ledger.
CASH = text(
    "SELECT o.id, o.seq, o.kind, o.at, o.value_date, o.branch, o.actor, o.member_id, m.number, m.given_names,"
    " m.surnames, m.cedula, k.week_total, k.source_sealed, p.username,"
    " (SELECT CAST(sum(t.amount) AS bigint) FROM transfer t JOIN account a"
    "  ON a.id IN (t.debit, t.credit) AND a.member_id IS NULL AND a.product = 'drawer'"
    "  WHERE t.operation_id = o.id) AS amount,"
    " (SELECT max(CASE WHEN a.id = t.debit THEN 1 ELSE 0 END) FROM transfer t JOIN account a"
    "  ON a.id IN (t.debit, t.credit) AND a.member_id IS NULL AND a.product = 'drawer'"
    "  WHERE t.operation_id = o.id) AS inwards,"
    " (SELECT max(r.seq) FROM operation r WHERE r.reversal_of = o.id) AS undone"
    " FROM operation o JOIN member m ON m.id = o.member_id LEFT JOIN cash_mark k ON k.operation_id = o.id"
    " LEFT JOIN staff p ON o.actor = 'staff:' || CAST(p.id AS text)"
    " WHERE o.value_date BETWEEN :first AND :last AND o.outcome = 'posted' AND o.reversal_of IS NULL"
    " AND EXISTS (SELECT 1 FROM entry e JOIN account a ON a.id = e.account_id AND a.member_id IS NULL"
    "  AND a.product = 'drawer' WHERE e.operation_id = o.id) ORDER BY o.seq"
).bindparams(bindparam("first", type_=Day()), bindparam("last", type_=Day())).columns(
    column("id", String()), column("seq", Int()), column("kind", String()), column("at", Utc()),
    column("value_date", Day()), column("branch", String()), column("actor", String()), column("member_id", Int()),
    column("number", String()), column("given_names", String()), column("surnames", String()),
    column("cedula", String()), column("week_total", Int()), column("source_sealed", Bytes()),
    column("username", String()), column("amount", Int()), column("inwards", Int()), column("undone", Int()),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MarksOfMonth:
    """Any day of the month in Panama."""

    month: date


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One payment in cash that is reported; amounts in centésimos, unsigned. `source`: what the person stated.
    `missing`: the ledger says that it should be marked and it is not."""

    operation_id: str
    number: str
    at: datetime
    kind: str
    member: str
    name: str
    cedula: str
    direction: str
    amount: int
    week: date
    week_total: int
    source: str
    branch: str
    agent: str
    reversed: bool
    missing: bool


@dataclass(frozen=True, slots=True)
class MarksExport:
    """The CSV (RFC 4180, UTF-8) and the hex SHA-256 of its bytes, which the trail keeps."""

    text: str
    sha256: str
    rows: int


def marks_of_month(command: MarksOfMonth, operator: Operator, uow: UnitOfWork) -> tuple[MarkRow, ...]:
    """The month's marks in order. One event tells of the look and of nobody in it. Raises authorisation's errors."""
    with uow.begin(operator, Op.CASH_MARKS_VIEW) as tx:
        rows = read_marks(tx, command.month)
        tx.record(detail={"month": f"{command.month:%Y-%m}"})
        tx.commit()
    return rows


def export_marks(command: MarksOfMonth, operator: Operator, uow: UnitOfWork) -> MarksExport:
    """The same as CSV: who took it and when stands in its last line, its hash in the trail (req. 51)."""
    with uow.begin(operator, Op.CASH_MARKS_VIEW) as tx:
        rows = read_marks(tx, command.month)
        taken = [f"Exportado por {operator.username}", format_datetime(tx.now), f"Mes {command.month:%m/%Y}"]
        made = _csv([list(HEADER), *(_cells(row) for row in rows), taken])
        digest = hashlib.sha256(made.encode()).hexdigest()
        tx.record(detail={"month": f"{command.month:%Y-%m}", "export": digest})
        tx.commit()
    return MarksExport(made, digest, len(rows))


def parse_month(typed: str) -> date:
    """`11/2026` → its first day. Raises InvalidInput (field `month`)."""
    found = re.fullmatch(r"(0?[1-9]|1[0-2])/(2[0-9]{3})", typed.strip())
    if found is None:
        raise InvalidInput("Mes no válido (mm/aaaa).", field="month")
    return date(int(found[2]), int(found[1]), 1)


def read_marks(tx: ReadsSealed, month: date) -> tuple[MarkRow, ...]:
    """Those of the month, judged by whole weeks, as payments were when they were made. Asks for no right."""
    first = month.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    values = {"first": monday_of(first), "last": after - timedelta(days=1)}
    totals: dict[tuple[int, date], int] = {}
    found = []
    for row in tx.connection.execute(CASH, values):
        place = row.member_id, monday_of(row.value_date)
        if row.undone is None:
            totals[place] = totals.get(place, 0) + row.amount
        missing = row.source_sealed is None and row.undone is None and totals[place] >= tx.policy.cash.reportable
        if first <= row.value_date < after and (row.source_sealed is not None or missing):
            source = _source(tx, row.id, row.source_sealed)
            found.append(
                MarkRow(
                    operation_id=row.id,
                    number=receipt_number(row.seq, row.at),
                    at=row.at,
                    kind=TITLES.get(row.kind, row.kind),
                    member=row.number,
                    name=full_name(row.given_names, row.surnames),
                    cedula=row.cedula,
                    direction=IN if row.inwards else OUT,
                    amount=row.amount,
                    week=place[1],
                    week_total=row.week_total if row.week_total is not None else totals[place],
                    source=source,
                    branch=row.branch,
                    agent=row.username or row.actor,
                    reversed=row.undone is not None,
                    missing=missing,
                )
            )
    return tuple(found)


def _source(tx: ReadsSealed, operation_id: str, sealed: bytes | None) -> str:
    try:
        return NO_STATEMENT if sealed is None else opened(tx, operation_id, sealed)
    except SealBroken:  # the others must be readable all the same
        return TAMPERED


def _cells(row: MarkRow) -> list[str]:
    return [
        format_datetime(row.at),
        row.number,
        row.kind,
        row.member,
        row.name,
        row.cedula,
        row.direction,
        Money(row.amount).format(),
        format_date(row.week),
        Money(row.week_total).format(),
        row.source,
        row.branch,
        row.agent,
        "Reversada" if row.reversed else "Sin marca" if row.missing else "Aplicada",
    ]


def _csv(lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [[_harmless(cell) for cell in line] for line in lines]
    )
    return out.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet runs no cell of ours as a formula (A17)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\0")) else cell
