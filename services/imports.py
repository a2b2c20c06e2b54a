"""Import files whole or not at all: one transaction over all files of a call, with its audit event.

A file that came before, byte for byte, is skipped; a row that is there already, word for word, stays as it is; a row
with a known key and other content is an error. Accounts come affiliated (S74), so that they can be served; contacts
come as old ones, which wait for nothing (req. 26).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text
from sqlmodel import col

from data.imports import (
    Counts,
    FileKind,
    Merge,
    Problem,
    Problems,
    SourceFile,
    TooManyProblems,
    merge_accounts,
    merge_members,
    merge_movements,
    parse_account,
    parse_member,
    parse_movement,
    read_rows,
    read_source,
)
from data.imports.merging import Origin
from data.tables import ImportedFile
from data.values.dates import panama_date
from data.values.errors import InvalidValue
from services.errors import CoopError, StoreUnavailable
from services.operations import Op
from services.operator import Operator
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

_READ_EVERY = 2_000
_PARSERS: Mapping[FileKind, Callable[..., Any]] = {
    FileKind.MEMBERS: parse_member,
    FileKind.ACCOUNTS: parse_account,
    FileKind.MOVEMENTS: parse_movement,
}
_MERGERS: Mapping[FileKind, Callable[[Sequence[Any], Merge], dict[str, Counts]]] = {
    FileKind.MEMBERS: merge_members,
    FileKind.ACCOUNTS: merge_accounts,
    FileKind.MOVEMENTS: merge_movements,
}


class ImportRefused(CoopError):
    """The files can't be taken; nothing was changed. `problems` name file, line and reason; `cut`: there are more."""

    code = "import_refused"

    def __init__(self, problems: Sequence[Problem], *, cut: bool) -> None:
        self.problems = tuple(problems)
        self.cut = cut
        many = f"Se encontraron {len(self.problems)} errores" if len(self.problems) > 1 else "Se encontró un error"
        more = " y la revisión se detuvo ahí" if cut else ""
        lines = [f"{many}{more}. No se importó nada; corrija los archivos y repita.", *map(str, self.problems)]
        super().__init__("\n".join(lines))


class ImportCancelled(CoopError):
    code = "import_cancelled"
    default = "Importación cancelada. No se cambió nada."


class ImportBusy(CoopError):
    code = "import_busy"
    default = "Otra importación está en marcha. Espere a que termine y repita."


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """The files of one call, in any order and of any subset of the three kinds."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: `stage` is Spanish, `done` of `total` rows of that stage."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file. `skipped`: its very bytes were imported before."""

    name: str
    kind: str
    sha256: str
    rows: int
    added: int
    unchanged: int
    skipped: bool


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The files in the order of the call."""

    files: tuple[FileResult, ...]


Report = Callable[[Progress], None]


def import_files(
    command: ImportFiles,
    operator: Operator,
    uow: UnitOfWork,
    *,
    progress: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ImportResult:
    """Import the files for a signed-in administrator (Op.IMPORT), or for the console's system operator.

    `progress` is called every few hundred rows; `cancelled` is asked as often, the last time before the commit.
    Raises ImportRefused, ImportCancelled, ImportBusy, the errors of authorisation, StoreUnavailable.
    """
    run = _Run(operator, uow, progress or (lambda _step: None), cancelled or (lambda: False))
    with _transaction(operator, uow) as tx:  # the right first, before anything is read
        imported = _imported(tx)
    try:
        sources = run.read(command.paths)
        fresh = [source for source in sources if source.sha256 not in imported]
        rows = run.parse(fresh)
    except CoopError as error:
        uow.record_refusal(operator, Op.IMPORT.value, error)
        raise
    with _transaction(operator, uow) as tx:
        _one_at_a_time(tx)
        known = _imported(tx)
        if known != imported and any(source.sha256 in known for source in fresh):
            raise ImportBusy
        counts = run.merge(rows, tx)
        results = _results(sources, imported, counts)
        _keep(tx, results)
        run.step("Guardando", 1, 1)
        tx.commit()
    return ImportResult(results)


@dataclass(frozen=True, slots=True)
class _Run:
    operator: Operator
    uow: UnitOfWork
    report: Report
    cancelled: Callable[[], bool]

    def step(self, stage: str, done: int, total: int) -> None:
        """Tell how far it is. Raises ImportCancelled."""
        if self.cancelled():
            raise ImportCancelled
        self.report(Progress(stage, done, total))

    def read(self, paths: Sequence[Path]) -> list[SourceFile]:
        """Every file's bytes and header. Raises ImportRefused."""
        problems = Problems()
        with _refusing(problems):
            sources = [read_source(path, problems, label) for path, label in zip(paths, _labels(paths), strict=True)]
        return [source for source in sources if source is not None]

    def parse(self, sources: Sequence[SourceFile]) -> dict[FileKind, list[Any]]:
        """The rows by kind, in the order of the files. Raises ImportRefused, ImportCancelled."""
        rows: dict[FileKind, list[Any]] = {kind: [] for kind in FileKind}
        problems, total, done = Problems(), sum(source.lines for source in sources), 0
        today = panama_date(self.uow.clock.now())
        seen: set[str] = set()
        with _refusing(problems):
            for source in sources:
                if source.sha256 in seen:
                    continue
                seen.add(source.sha256)
                parse = _PARSERS[source.kind]
                for line, fields in read_rows(source, problems):
                    try:
                        rows[source.kind].append(parse(source.name, line, fields, today))
                    except InvalidValue as error:
                        problems.add(source.name, line, error.message_es)
                    done += 1
                    if done % _READ_EVERY == 0:
                        self.step("Leyendo", min(done, total), total)
        return rows

    def merge(self, rows: Mapping[FileKind, Sequence[Any]], tx: Transaction) -> dict[tuple[FileKind, str], Counts]:
        """Put the rows into the store, kind by kind. Raises ImportRefused, ImportCancelled."""
        origin = Origin(self.operator.actor, self.operator.branch, self.operator.terminal, self.operator.channel.value)
        found: dict[tuple[FileKind, str], Counts] = {}
        for kind in FileKind:
            problems, stage, total = Problems(), kind.value.capitalize(), len(rows[kind])

            def tick(done: int, stage: str = stage, total: int = total) -> None:
                self.step(stage, done, total)

            merge = Merge(tx.connection, tx.now, panama_date(tx.now), origin, problems, tick)
            self.step(stage, 0, total)
            with _refusing(problems):
                counts = _MERGERS[kind](rows[kind], merge)
            found.update({(kind, name): count for name, count in counts.items()})
        return found


def _labels(paths: Sequence[Path]) -> list[str]:
    """The files' names; two of one name are told apart by a number."""
    labels: list[str] = []
    for path in paths:
        name = clean(path.name, 100) or "archivo"
        labels.append(name if name not in labels else f"{name} ({len(labels) + 1})")
    return labels


@contextmanager
def _refusing(problems: Problems) -> Iterator[None]:
    """Turn what was found inside into ImportRefused."""
    cut = False
    try:
        yield
    except TooManyProblems:
        cut = True
    if problems:
        raise ImportRefused(problems.found, cut=cut)


@contextmanager
def _transaction(operator: Operator, uow: UnitOfWork) -> Iterator[Transaction]:
    """For a person of staff with the right to import, or for the machine's own console; refusals leave an event."""
    if operator.actor != "system":
        with uow.begin(operator, Op.IMPORT) as tx:
            yield tx
        return
    try:
        with uow.begin_system(operator) as tx:
            yield tx
    except StoreUnavailable:
        raise
    except CoopError as error:
        uow.record_refusal(operator, Op.IMPORT.value, error)
        raise


def _one_at_a_time(tx: Transaction) -> None:
    """Two imports at once could each take the other's rows for new. SQLite has one writer anyway."""
    if (
        tx.connection.dialect.name == "postgresql"
        and not tx.connection.execute(text("SELECT pg_try_advisory_xact_lock(7283462)")).scalar()
    ):
        raise ImportBusy


def _imported(tx: Transaction) -> frozenset[str]:
    return frozenset(tx.connection.execute(select(col(ImportedFile.sha256))).scalars())


def _results(
    sources: Sequence[SourceFile], imported: frozenset[str], counts: Mapping[tuple[FileKind, str], Counts]
) -> tuple[FileResult, ...]:
    results: list[FileResult] = []
    seen = set(imported)
    for source in sources:
        count = counts.get((source.kind, source.name), Counts())
        skipped = source.sha256 in seen
        seen.add(source.sha256)
        added, unchanged = (0, 0) if skipped else (count.added, count.unchanged)
        results.append(
            FileResult(source.name, source.kind.value, source.sha256, added + unchanged, added, unchanged, skipped)
        )
    return tuple(results)


def _keep(tx: Transaction, results: Sequence[FileResult]) -> None:
    """Remember the files and tell the audit trail what came from where."""
    kept = [
        {"sha256": result.sha256, "name": result.name, "kind": result.kind, "rows": result.rows, "at": tx.now}
        for result in results
        if not result.skipped
    ]
    if kept:
        tx.connection.execute(insert(ImportedFile), kept)
    files = [
        {
            "name": result.name,
            "kind": result.kind,
            "sha256": result.sha256,
            "rows": result.rows,
            "added": result.added,
            "skipped": result.skipped,
        }
        for result in results
    ]
    tx.record(Op.IMPORT.value, detail={"files": files})
