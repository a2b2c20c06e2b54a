"""The reports: which there are, who may see each, and the one way to make one.

A report is read from one snapshot of the store, so that its tables agree with each other however long it takes, and no
writer waits for it. The look is an event with the document's hash; it stands before anybody sees a figure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from data.catalog.branches import load_branches
from data.engine import snapshot
from data.values.dates import panama_date
from services.errors import InvalidInput, NotFound
from services.operations import Op
from services.operator import Operator
from services.report_access import access_report
from services.report_cash import cash_report
from services.report_channels import channel_report
from services.report_day import end_of_day
from services.report_document import Report
from services.report_handling import handling_report
from services.report_periods import PeriodKind, ReportPeriod
from services.report_reading import Builder, Progress, Reading, ReportStopped
from services.short_marks import NO_CHECKPOINT, last_mark
from services.unit_of_work import UnitOfWork

WHOLE = "Toda la cooperativa"
FUTURE = "Ese periodo aún no empieza."
D, W, M, H = PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.HALF


@dataclass(frozen=True, slots=True)
class ReportKind:
    """`word` names it on the line and in files; `periods`: the lengths that it comes in, the usual first; `about`: what
    it answers; `branches`: whether it can be narrowed to one."""

    word: str
    title: str
    about: str
    op: Op
    periods: tuple[PeriodKind, ...]
    build: Builder
    branches: bool = True


REPORTS: Mapping[str, ReportKind] = MappingProxyType(
    {
        kind.word: kind
        for kind in (
            ReportKind(
                "cierre",
                "Fin de día",
                "Totales, cajas, recaudadores y libro mayor",
                Op.REPORT_DAY,
                (D, W, M),
                end_of_day,
            ),
            ReportKind(
                "accesos",
                "Accesos en línea",
                "Dónde se detiene el primer acceso",
                Op.REPORT_ACCESS,
                (M, W, D, H),
                access_report,
            ),
            ReportKind(
                "tiempos",
                "Tiempos de atención",
                "Duración por motivo, agente y canal",
                Op.REPORT_HANDLING,
                (W, D, M, H),
                handling_report,
            ),
            ReportKind(
                "canales",
                "Transacciones por canal",
                "El semestre por canal y operación",
                Op.REPORT_CHANNELS,
                (H, M, W, D),
                channel_report,
            ),
            ReportKind(
                "efectivo",
                "Efectivo que se reporta",
                "Las marcas del mes, para cumplimiento",
                Op.CASH_MARKS_VIEW,
                (M,),
                cash_report,
                branches=False,
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class MakeReport:
    """`name` is a key of `REPORTS`; `branch` three digits, or None for the whole; `checkpoints` the file of the signed
    checkpoints, for the short form that the report prints."""

    name: str
    period: ReportPeriod
    branch: str | None = None
    checkpoints: Path | None = None


def make_report(
    command: MakeReport, operator: Operator, uow: UnitOfWork, *, progress: Progress | None = None
) -> Report:
    """Read it. `progress(done, total)` is called now and then; when it answers False the reading ends.

    Raises NotFound, InvalidInput (fields `period`, `branch`), ReportStopped and the errors of authorisation.
    """
    kind = kind_of(command.name)
    period, branch = command.period, command.branch
    with uow.begin(operator, kind.op) as tx:  # nobody reads for long what they may not see
        now = tx.now
        if period.kind not in kind.periods:
            raise InvalidInput("Ese reporte no sale para ese periodo.", field="period")
        if period.first > panama_date(now):
            raise InvalidInput(FUTURE, field="period")
        if branch is not None and not (kind.branches and len(branch) == 3 and branch.isdecimal()):
            raise InvalidInput("La sucursal lleva tres dígitos.", field="branch")
    try:
        with snapshot(uow.engine) as connection:
            built = kind.build(
                Reading(connection, now, uow.policy, uow.secrets, period, branch, command.checkpoints, progress)
            )
    except ReportStopped:
        with uow.begin(operator, kind.op) as tx:
            tx.record(result="stopped", about=f"report:{kind.word}", detail={"period": period.slug})
            tx.commit()
        raise
    mark = last_mark(command.checkpoints)
    report = Report(
        name=kind.word,
        title=kind.title,
        period=period.text,
        scope=load_branches().name_of(branch) if branch else WHOLE,
        made_at=now,
        sections=built.sections,
        notes=built.notes,
        mark=mark.text if mark else NO_CHECKPOINT,
        slug="-".join([kind.word, period.slug, *([branch] if branch else [])]),
    )
    with uow.begin(operator, kind.op) as tx:
        facts = {"period": period.slug, "report": report.digest} | ({"branch": branch} if branch else {})
        tx.record(about=f"report:{kind.word}", detail=facts)
        tx.commit()
    return report


def kind_of(name: str) -> ReportKind:
    """The report of that name. Raises NotFound."""
    if (kind := REPORTS.get(name)) is None:
        raise NotFound(f"No hay un reporte «{name}».")
    return kind
