"""The auditor's export: events as CSV, XLSX or JSONL with a signed manifest, hash and watermark (req. 51, A17)."""

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from data.secrets.private_file import write_private
from data.secrets.signing import Signer
from data.tables import AuditEvent, AuditSeal, Member, StoreMeta
from data.types import utc_text
from data.values.dates import format_datetime
from data.values.uuid7 import uuid7
from services.audit_export_files import WRITERS, export_row
from services.audit_filter import AuditFilter
from services.audit_log import filter_facts
from services.audit_query import selected
from services.audit_trail import canonical
from services.errors import CoopError, InvalidInput
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.unit_of_work import Transaction, UnitOfWork

KIND = "coop-audit-export-v1"


class ExportNotSaved(CoopError):
    code = "export_not_saved"
    default = "No se pudo guardar la exportación en el disco. Revise la carpeta y el espacio, y reintente."


@dataclass(frozen=True, slots=True)
class ExportAudit:
    """Write what fits the filter into `folder`. `format`: csv, xlsx, jsonl or parquet; `line`: the filter as typed."""

    format: str
    reason: str
    folder: Path
    filter: AuditFilter = field(default_factory=AuditFilter)
    line: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """`path` beside its `manifest`; `sha256` of the file in hex."""

    path: Path
    manifest: Path
    rows: int
    sha256: str


def export_audit(command: ExportAudit, operator: Operator, uow: UnitOfWork) -> Exported:
    """Write file and manifest, mode 0600, and the event that tells of both; without the event no file stays.

    Raises InvalidInput (fields `reason`, `format`, `filter`: too many events), ExportNotSaved and the errors of
    authorisation.
    """
    made: list[Path] = []
    try:
        with uow.begin(operator, Op.AUDIT_EXPORT) as tx:
            reason = check_reason(command.reason)
            if command.format not in WRITERS:
                raise InvalidInput(f"El formato es uno de: {', '.join(WRITERS)}.", field="format")
            export_id = uuid7()
            path = command.folder / f"auditoria-{export_id}.{command.format}"
            made += [path, path.with_suffix(".manifiesto.json")]
            done = _write(tx, command, path, f"{operator.username} · {format_datetime(tx.now)} · {export_id}")
            manifest = _manifest(tx, command, reason, export_id, done)
            write_private(done.manifest, manifest)
            facts = {"format": command.format, "rows": done.rows, "sha256": done.sha256}
            tx.record(
                about=f"export:{export_id}", reason=reason, detail=facts | {"filter": filter_facts(command.filter)}
            )
            tx.commit()
    except BaseException as error:
        for one in made:
            with suppress(OSError):
                one.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ExportNotSaved from error
        raise
    return done


def _write(tx: Transaction, command: ExportAudit, path: Path, watermark: str) -> Exported:
    most = tx.policy.audit.export_most
    count = tx.connection.execute(selected(tx, command.filter, func.count())).scalar_one()
    if count > most:
        raise InvalidInput(f"Son {count:,} eventos y caben {most:,}. Acote los días del filtro.", field="filter")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        rows = WRITERS[command.format](file, (export_row(row, watermark) for row in _events(tx, command.filter)))
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Exported(path, path.with_suffix(".manifiesto.json"), rows, digest)


def _events(tx: Transaction, wanted: AuditFilter) -> Iterator[Any]:
    """Streamed, in the order of ids."""
    columns = (col(AuditEvent.id), col(AuditEvent.body), col(AuditSeal.seq), col(AuditSeal.hash), col(Member.number))
    query = (
        selected(tx, wanted, *columns)
        .outerjoin(AuditSeal, col(AuditSeal.event_id) == col(AuditEvent.id))
        .outerjoin(Member, col(Member.id) == col(AuditEvent.member_id))
        .order_by(col(AuditEvent.id))
        .execution_options(yield_per=2000)
    )
    yield from tx.connection.execute(query)


def _manifest(tx: Transaction, command: ExportAudit, reason: str, export_id: str, done: Exported) -> bytes:
    """Canonical JSON, signed like a checkpoint: over itself without `signature`."""
    signer = Signer(tx.secrets.signing_key)
    store = tx.connection.execute(select(col(StoreMeta.value)).where(col(StoreMeta.key) == "store_id")).scalar()
    facts = {
        "v": KIND,
        "id": export_id,
        "store": store or "",
        "by": tx.operator.username,
        "actor": tx.operator.actor,
        "at": utc_text(tx.now),
        "reason": reason,
        "line": command.line,
        "filter": filter_facts(command.filter),
        "rows": done.rows,
        "file": done.path.name,
        "format": command.format,
        "sha256": done.sha256,
        "policy": tx.policy.sha256,
        "key": signer.key_id,
    }
    signature = base64.b64encode(signer.sign(canonical(facts).encode())).decode("ascii")
    return (canonical(facts | {"signature": signature}) + "\n").encode()
