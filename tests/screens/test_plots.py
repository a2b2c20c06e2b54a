"""Plots in characters fit their width, grow with the value, and show that something is more than nothing."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from data.values.dates import panama_midnight
from services.report_document import Column, Report, Series, Table
from widgets.plots import bar_lines, column_lines
from widgets.report_lines import report_lines, table_lines

LABELS = st.text("abcdefghij ñé", min_size=1, max_size=40).map(str.strip).filter(bool)
POINTS = st.lists(st.tuples(LABELS, st.integers(-5, 10**13)), min_size=1, max_size=40)


def weight(line: str) -> int:
    return sum(" ▏▎▍▌▋▊▉█".find(sign) for sign in line if sign in "▏▎▍▌▋▊▉█")


@given(POINTS, st.integers(60, 200))
def test_bars(points: list[tuple[str, int]], width: int) -> None:
    lines = bar_lines(points, [str(value) for _, value in points], width)
    assert len(lines) == len(points) and max(map(len, lines)) <= width
    bars = [weight(line) for line in lines]
    for value, bar in zip((value for _, value in points), bars, strict=True):
        assert (bar > 0) is (value > 0)
    ordered = sorted(zip((value for _, value in points), bars, strict=True))
    assert [bar for _, bar in ordered] == sorted(bars)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200), st.integers(40, 160))
def test_columns(values: list[int], width: int) -> None:
    lines = column_lines([(f"{number % 100:02d}", value) for number, value in enumerate(values)], width)
    assert max(map(len, lines)) <= width and len(lines) == 7
    marked = sum(sign in "▁▂▃▄▅▆▇█" for sign in lines[5])
    assert (marked > 0) is any(values)


def test_nothing_has_no_lines() -> None:
    assert bar_lines([], [], 80) == [] == column_lines([], 80)


@given(st.integers(40, 160), st.integers(0, 300))
def test_a_document_fits_and_its_total_stands_below_a_stroke(width: int, many: int) -> None:
    columns = Column("Sucursal"), Column("Operación"), Column("N.º", "count"), Column("Monto", "money")
    rows = tuple((f"{number:03d}", "Pago de préstamo de otra persona " * 3, number, 1_234_56) for number in range(many))
    made = Report(
        "x", "X", "hoy", "todo", panama_midnight(date(2026, 11, 23)),
        (Table("Uno", columns, rows, ("Total", "", 7, many * 1_234_56)), Series("Dos", (("a", 1), ("b", 0)))),
        ("Nota",),
    )  # fmt: skip
    lines, starts = report_lines(made, width)
    assert max(len(line.plain) for line in lines) <= max(width, 60)
    assert [lines[start].plain for start in starts[1:]] == ["Uno", "Dos"]
    if many:
        total = next(number for number, line in enumerate(lines) if line.plain.startswith("Total"))
        assert set(lines[total - 1].plain) == {"─"}
        body = [line.plain for line in lines[starts[1] + 2 : total - 1]]
        assert sum("1,234.56" in line for line in body) == many
        words = sum(line.count("persona") for line in body)
        assert words == 3 * many  # nothing is cut off


@given(st.integers(40, 90), st.integers(1, 5))
def test_a_table_that_is_too_wide_is_told_row_by_row(width: int, many: int) -> None:
    columns = tuple(Column(f"Columna {number}", "money" if number == 3 else "text") for number in range(14))
    rows = tuple(tuple(10_000_00 if place == 3 else f"dato{place}x{row}" for place in range(14)) for row in range(many))
    text = [line.plain for line in table_lines(Table("Ancha", columns, rows), width)]
    assert max(map(len, text)) <= width
    assert all(f"dato{place}x{row}" in " ".join(text) for place in (0, 7, 13) for row in range(many))
    assert sum("10,000.00" in line for line in text) == many
