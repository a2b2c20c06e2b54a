"""How long calls take, by what they were for, by channel and by agent, and at which hours they come.

A call that is still open has no time yet and is counted apart.
"""

from collections.abc import Callable

from data.values.dates import panama_midnight, to_panama
from services.case_kinds import KIND_LABELS, CaseKind, CaseTime, case_times
from services.report_document import Cell, Column, Series, Table, middle
from services.report_periods import DAY
from services.report_reading import Built, Reading
from services.timeline_words import CHANNELS

BY_KIND, BY_AGENT, BY_CHANNEL = "Por motivo", "Por agente", "Por canal"
FIGURES = (
    Column("Casos", "count"), Column("Abiertos", "count"), Column("Mediana", "clock"), Column("9 de 10", "clock"),
    Column("El mayor", "clock"), Column("Tiempo total", "clock"),
)  # fmt: skip


def handling_report(reading: Reading) -> Built:
    """Every case that was opened in the period, day by day so that a long reading can be stopped."""
    days = reading.period.days
    cases: list[CaseTime] = []
    for number, day in enumerate(days):
        reading.step(number, len(days))
        found = case_times(reading, panama_midnight(day), panama_midnight(day + DAY))
        cases += [case for case in found if reading.branch in (None, case.branch)]
    reading.step(len(days), len(days))
    medians = tuple(
        (KIND_LABELS[kind], middle(times) or 0)
        for kind in CaseKind
        if (times := _times([case for case in cases if case.kind is kind]))
    )
    hours = [0] * 24
    for case in cases:
        hours[to_panama(case.opened_at).hour] += 1
    return Built(
        (
            _table(BY_KIND, "Motivo", cases, lambda case: KIND_LABELS[case.kind]),
            Series("Mediana por motivo", medians, "clock"),
            Series("Casos por hora", tuple((f"{hour:02d}", many) for hour, many in enumerate(hours)), shape="columns"),
            _table(BY_AGENT, "Agente", cases, lambda case: case.agent),
            _table(BY_CHANNEL, "Canal", cases, lambda case: CHANNELS.get(case.channel, case.channel)),
        ),
        (
            "El motivo sale de lo que se hizo en el caso; de varias cosas, la de más peso.",
            "Un caso que terminó con la sesión de su agente dura hasta lo último que pasó en él.",
        ),
    )


def _times(cases: list[CaseTime]) -> list[int]:
    return [case.seconds for case in cases if case.seconds is not None]


def _table(title: str, head: str, cases: list[CaseTime], key: Callable[[CaseTime], str]) -> Table:
    columns = Column(head), *FIGURES
    groups: dict[str, list[CaseTime]] = {}
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    rows = tuple((name, *_figures(group)) for name, group in ordered)
    return Table(title, columns, rows, ("Total", *_figures(cases)) if rows else None, "No hubo casos.")


def _figures(cases: list[CaseTime]) -> tuple[Cell, ...]:
    times = _times(cases)
    still_open = sum(case.seconds is None for case in cases)
    return len(cases), still_open, middle(times), middle(times, 90), max(times, default=None), sum(times)
