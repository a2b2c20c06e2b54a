"""The marked cash of a month as a report, for compliance alone (L4, req. 45): what `:efectivo` lists, to print."""

from data.values.dates import format_date, format_datetime
from services.cash_mark_list import IN, MarkRow, read_marks
from services.report_document import Column, Series, Table, summed
from services.report_reading import Built, Reading

MARKS = "Efectivo que se reporta"


def cash_report(reading: Reading) -> Built:
    """The marks in order, their sums, and the weeks of those who reached the amount."""
    rows = read_marks(reading, reading.period.first)
    reading.step(1, 1)
    columns = (
        Column("Cuándo"), Column("Comprobante"), Column("Operación"), Column("Asociado"), Column("Nombre"),
        Column("Cédula"), Column("Sentido"), Column("Monto", "money"), Column("Del"),
        Column("Semana", "money"), Column("Origen de los fondos"), Column("Suc."), Column("Agente"),
        Column("Estado"),
    )  # fmt: skip
    cells = tuple(_cells(row) for row in rows)
    kept = [row for row in rows if not row.reversed]
    sums = Table(
        "Sumas",
        (Column("Sentido"), Column("Pagos", "count"), Column("Monto", "money")),
        tuple(
            (name, len(here), sum(row.amount for row in here))
            for name, here in (
                ("Entradas", [row for row in kept if row.direction == IN]),
                ("Salidas", [row for row in kept if row.direction != IN]),
                ("Sin marca: avise a soporte", [row for row in kept if row.missing]),
            )
        ),
    )
    people = {row.member: row.name for row in kept}
    totals = tuple(
        (f"{member} {people[member]}", sum(row.amount for row in kept if row.member == member))
        for member in sorted(people)
    )
    total = summed(columns, cells) if cells else None
    if total:  # the weeks of one person would be added up once a payment
        total = (*total[:9], "", *total[10:])
    return Built(
        (sums, Table(MARKS, columns, cells, total, "No hay efectivo que reportar."),
         Series("Por asociado", totals, "money")),
        ("Solo para cumplimiento. Lo reversado está en la lista y no en las sumas.",),
    )  # fmt: skip


def _cells(row: MarkRow) -> tuple[str | int, ...]:
    state = "Reversada" if row.reversed else "Sin marca" if row.missing else "Aplicada"
    return (
        format_datetime(row.at), row.number, row.kind, row.member, row.name, row.cedula, row.direction, row.amount,
        format_date(row.week), row.week_total, row.source, row.branch, row.agent, state,
    )  # fmt: skip
