"""What the builder of a report reads from: one state of the store, the moment, and who listens to its progress."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from data.secrets import Secrets
from services.errors import CoopError
from services.policy import Policy
from services.report_document import Series, Table
from services.report_periods import ReportPeriod

Progress = Callable[[int, int], bool]
Sections = tuple[Table | Series, ...]


class ReportStopped(CoopError):
    code = "report_stopped"
    default = "Reporte detenido: no se mostró nada."


@dataclass(frozen=True, slots=True)
class Reading:
    """`connection` sees one snapshot; `branch` narrows what has one, None is the whole cooperative."""

    connection: Connection
    now: datetime
    policy: Policy
    secrets: Secrets
    period: ReportPeriod
    branch: str | None = None
    checkpoints: Path | None = None
    progress: Progress | None = None

    def step(self, done: int, total: int) -> None:
        """Tell how far it is. Raises ReportStopped when nobody wants it any more."""
        if self.progress is not None and not self.progress(done, total):
            raise ReportStopped


@dataclass(frozen=True, slots=True)
class Built:
    """What a builder answers."""

    sections: Sections
    notes: tuple[str, ...] = ()


Builder = Callable[[Reading], Built]
