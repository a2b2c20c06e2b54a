"""The end of the day: what was posted by branch, kind and channel, what was undone, the drawers with what was over and
short, the billers, what is still in process, and whether ledger and trail stand (req. 41, 46, 50)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from data.catalog.billers import load_billers
from data.values.dates import format_date, format_datetime, format_time, panama_date, panama_midnight, to_panama
from services import report_day_queries as queries
from services.ledger_check import read_findings
from services.moments import span
from services.receipts import TITLES, receipt_number
from services.report_document import Cell, Column, Series, Table, summed
from services.report_periods import DAY, PeriodKind
from services.report_reading import Built, Reading
from services.short_marks import NO_CHECKPOINT, last_mark
from services.timeline_words import CHANNELS

OTHER_TITLES: Mapping[str, str] = {"history": "Historia importada", "opening": "Saldo inicial"}
TOTALS, REVERSALS, DRAWERS = "Operaciones aplicadas", "Reversas", "Cajas"
BILLERS, OPEN, STATE = "Recaudadores", "Órdenes en proceso", "Estado al cierre"
BRANCH = Column("Suc.")
STEPS = 8


def end_of_day(reading: Reading) -> Built:
    """The sections of the day, or of a longer period. The ledger is checked whole, as it stands now."""
    values = {"first": reading.period.first, "last": reading.period.last, "branch": reading.branch or ""}
    parts: list[Any] = []
    for number, part in enumerate((_totals, _activity, _reversals, _drawers, _billers, _open_orders)):
        reading.step(number, STEPS)
        parts.append(part(reading, values))
    reading.step(6, STEPS)
    state = _state(reading, values, parts)
    reading.step(STEPS, STEPS)
    return Built((state, *parts[:2], *_kinds(parts[0]), *parts[2:]), _notes(reading))


def kind_title(kind: str) -> str:
    """What an operation is called."""
    return TITLES.get(kind) or OTHER_TITLES.get(kind, kind)


def _totals(reading: Reading, values: Mapping[str, Any]) -> Table:
    columns = BRANCH, Column("Operación"), Column("Canal"), Column("N.º", "count"), Column("Monto", "money")
    rows = tuple(
        (row.branch, kind_title(row.kind), CHANNELS.get(row.channel, row.channel), row.many, row.amount)
        for row in reading.connection.execute(queries.TOTALS, values)
    )
    return Table(TOTALS, columns, rows, summed(columns, rows), "No se aplicó ninguna operación.")


def _activity(reading: Reading, values: Mapping[str, Any]) -> Series:
    """Operations by hour of the one day, or by day of a longer period."""
    if reading.period.kind is PeriodKind.DAY:
        hours = [0] * 24
        for row in reading.connection.execute(queries.MOMENTS, values, execution_options={"yield_per": 5000}):
            hours[to_panama(row.at).hour] += 1
        points = tuple((f"{hour:02d}", many) for hour, many in enumerate(hours))
        return Series("Operaciones por hora", points, shape="columns")
    days: dict[date, int] = {row.day: row.many for row in reading.connection.execute(queries.BY_DAY, values)}
    points = tuple((f"{day.day:02d}", days.get(day, 0)) for day in reading.period.days)
    return Series("Operaciones por día", points, shape="columns")


def _kinds(totals: Table) -> tuple[Series, ...]:
    """How much each kind moved, over branches and channels, the largest first."""
    kinds: dict[str, int] = {}
    for _, kind, _, _, amount in totals.rows:
        kinds[str(kind)] = kinds.get(str(kind), 0) + int(amount or 0)
    points = tuple(sorted(kinds.items(), key=lambda point: (-point[1], point[0])))
    return (Series("Monto por operación", points, "money"),) if points else ()


def _reversals(reading: Reading, values: Mapping[str, Any]) -> Table:
    columns = (
        BRANCH, Column("Comprobante"), Column("Anula"), Column("Operación"), Column("Agente"), Column("Monto", "money")
    )  # fmt: skip
    rows = tuple(
        (
            row.branch,
            receipt_number(row.seq, row.at),
            receipt_number(row.first_seq, row.first_at),
            kind_title(row.kind),
            row.username or row.actor,
            row.amount,
        )
        for row in reading.connection.execute(queries.REVERSALS, values)
    )
    return Table(REVERSALS, columns, rows, summed(columns, rows) if rows else None, "No hubo reversas.")


def _drawers(reading: Reading, values: Mapping[str, Any]) -> Table:
    columns = (
        BRANCH, Column("Cajero"), Column("Horas"), Column("Apertura", "money"), Column("Debe haber", "money"),
        Column("Contado", "money"), Column("Diferencia", "money"),
    )  # fmt: skip
    period = reading.period
    reach = {"start": panama_midnight(period.first), "end": panama_midnight(period.last + DAY)}
    rows: list[tuple[Cell, ...]] = []
    for row in reading.connection.execute(queries.DRAWERS, dict(values) | reach):
        difference = None if row.counted is None else row.counted - (row.expected or 0)
        hours = _hours(row, period.kind is PeriodKind.DAY)
        expected = row.opening + row.moved
        rows.append((row.branch, row.username, hours, row.opening, expected, row.counted, difference))
    found = tuple(rows)
    return Table(DRAWERS, columns, found, summed(columns, found) if found else None, "No hubo cajas abiertas.")


def _hours(row: Any, one_day: bool) -> str:
    """`08:02 16:31` of a day; with the date otherwise and where it lies on another day."""
    closed = row.closed_at
    if one_day and (closed is None or panama_date(closed) == panama_date(row.opened_at)):
        return f"{format_time(row.opened_at)} {format_time(closed) if closed else 'abierta'}"
    until = f"{format_date(panama_date(closed))[:5]} {format_time(closed)}" if closed else "abierta"
    return f"{format_date(panama_date(row.opened_at))[:5]} {format_time(row.opened_at)} {until}"


def _billers(reading: Reading, values: Mapping[str, Any]) -> Table:
    columns = (
        Column("Recaudador"), Column("Pedidas", "count"), Column("Pagadas", "count"), Column("Pagado", "money"),
        Column("Rechazadas", "count"), Column("En proceso", "count"), Column("Retenido", "money"),
    )  # fmt: skip
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for row in reading.connection.execute(queries.BILLERS, values):
        found.setdefault(row.biller, {})[row.state] = row.many, row.amount
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (biller_name(biller), *_biller_cells(states)) for biller, states in found.items()
    )
    return Table(BILLERS, columns, rows, summed(columns, rows) if rows else None, "No se pidió nada a recaudadores.")


def _biller_cells(states: Mapping[str, tuple[int, int]]) -> tuple[int, ...]:
    none = 0, 0
    asked = sum(many for many, _ in states.values())
    paid, refused = states.get("paid", none), states.get("refused", none)
    waiting = [states.get(name, none) for name in ("pending", "sent")]
    return asked, *paid, refused[0], sum(many for many, _ in waiting), sum(amount for _, amount in waiting)


def biller_name(biller: str) -> str:
    """Its name today; of one that the catalogue no longer has, its id."""
    known = load_billers().get(biller)
    return known.name if known else biller


def _open_orders(reading: Reading, values: Mapping[str, Any]) -> Table:
    columns = (
        BRANCH, Column("Comprobante"), Column("Recaudador"), Column("Desde"), Column("Hace"),
        Column("Intentos", "count"), Column("Monto", "money"),
    )  # fmt: skip
    rows = tuple(
        (
            row.branch,
            receipt_number(row.seq, row.at),
            biller_name(row.biller),
            format_datetime(row.at),
            span(reading.now - row.at),
            row.attempts,
            row.amount,
        )
        for row in reading.connection.execute(queries.OPEN_ORDERS, values)
    )
    return Table(OPEN, columns, rows, empty="Ninguna.")


def _state(reading: Reading, values: Mapping[str, Any], parts: list[Any]) -> Table:
    """The whole in a few lines, the proofs among them."""
    totals, _, reversals, drawers, _, waiting = parts
    differences = [int(row[-1]) for row in drawers.rows if row[-1] is not None]
    still_open = sum(row[5] is None for row in drawers.rows)
    rejected = reading.connection.execute(queries.REJECTED, values).scalar_one()
    findings = read_findings(reading.connection, lambda: reading.step(6, STEPS))
    reading.step(7, STEPS)
    mark = last_mark(reading.checkpoints)
    rows: tuple[tuple[Cell, ...], ...] = (
        ("Operaciones aplicadas", int(totals.total[3]), int(totals.total[4]), ""),
        ("Reversas", len(reversals.rows), sum(int(row[-1]) for row in reversals.rows), ""),
        ("Rechazadas por el libro mayor", int(rejected), None, ""),
        ("Órdenes en proceso", len(waiting.rows), sum(int(row[-1]) for row in waiting.rows), ""),
        ("Cajas sin cerrar", still_open, None, ""),
        ("Sobrantes de caja", sum(one > 0 for one in differences), sum(one for one in differences if one > 0), ""),
        ("Faltantes de caja", sum(one < 0 for one in differences), -sum(one for one in differences if one < 0), ""),
        ("Libro mayor", len(findings), None, findings[0].text if findings else "Cuadra: ningún hallazgo."),
        ("Auditoría", None, None, mark.line if mark else NO_CHECKPOINT),
    )
    return Table(STATE, (Column("Qué"), Column("N.º", "count"), Column("Monto", "money"), Column("Detalle")), rows)


def _notes(reading: Reading) -> tuple[str, ...]:
    when = format_datetime(reading.now)
    return (
        f"Libro mayor, cajas abiertas y órdenes en proceso: como estaban el {when}.",
        "El día de una operación es el de su asiento; el de una orden, el de su pedido.",
        "Lo que pasó después del punto de control lo cubre el siguiente.",
    )
