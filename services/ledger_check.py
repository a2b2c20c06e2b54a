"""Does the ledger stand? Everything that follows from something else is computed again (req. 41, 49).

Reads one snapshot, writes nothing, streams: memory does not grow with the ledger. What the database can compare it
compares (ledger_queries); bodies, request hashes and audit events are read here.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable

from data.engine import snapshot
from services.audit_trail import canonical
from services.ledger_queries import EVENTS, OPERATIONS, QUERIES, TRANSFERS
from services.operations import Op
from services.operator import Operator
from services.posting import evidence_digest, request_hash
from services.unit_of_work import UnitOfWork

BATCH = 1000
MAX_FINDINGS = 200
#: Operations that are told of as a whole: by the event of the import or of the making of the store.
TOLD_TOGETHER = frozenset({"history", "opening"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what kind, in which table, which row, and in words."""

    code: str
    table: str
    row: str
    text: str


def check(uow: UnitOfWork) -> tuple[Finding, ...]:
    """All findings, at most 200 of them; empty if the ledger stands. Asks for no right: see `check_ledger`."""
    with snapshot(uow.engine) as connection:
        return read_findings(connection)


def read_findings(connection: Connection, tick: Callable[[], None] = lambda: None) -> tuple[Finding, ...]:
    """The same of the state that this connection sees: for a report that tells of it with other things. `tick` is
    called before each part of the walk and may raise to end it."""
    return tuple(islice(_walk(connection, tick), MAX_FINDINGS))


def check_ledger(operator: Operator, uow: UnitOfWork) -> tuple[Finding, ...]:
    """`check` for a person of staff who may, with the event of it (`ledger.check`)."""
    with uow.begin(operator, Op.LEDGER_CHECK) as tx:
        tx.record(result="started")
        tx.commit()
    findings = check(uow)
    with uow.begin(operator, Op.LEDGER_CHECK) as tx:
        tx.record(detail={"findings": len(findings), "codes": sorted({finding.code for finding in findings})})
        tx.commit()
    return findings


def _walk(connection: Connection, tick: Callable[[], None]) -> Iterator[Finding]:
    for query in QUERIES:
        tick()
        for row in _stream(connection, query.statement):
            yield Finding(query.code, query.table, str(row[0]), query.text.format(*row))
    for batch in _stream(connection, OPERATIONS).partitions(BATCH):
        tick()
        yield from _check_operations(connection, list(batch))
    yield from _check_events(connection)


def _stream(connection: Connection, statement: Executable) -> CursorResult[Any]:
    return connection.execute(statement, execution_options={"yield_per": BATCH})


def _check_operations(connection: Connection, batch: list[Any]) -> Iterator[Finding]:
    """What each operation says against what was written for it."""
    legs: dict[str, list[tuple[int, int, int, int]]] = {}
    bounds = {"first": batch[0].seq, "last": batch[-1].seq}
    for row in connection.execute(TRANSFERS, bounds):
        legs.setdefault(row.operation_id, []).append((row.leg, row.debit, row.credit, row.amount))
    for row in batch:
        try:
            body = json.loads(row.body)
        except ValueError:
            yield Finding("body", "operation", row.id, f"El cuerpo de la operación {row.seq} no se puede leer.")
            continue
        wanted = [
            (number, leg.get("debit"), leg.get("credit"), leg.get("amount"))
            for number, leg in enumerate(body.get("legs") or (), 1)
        ]
        if sorted(legs.get(row.id, [])) != (wanted if row.outcome == "posted" else []):
            yield Finding(
                "legs", "transfer", row.id, f"Los traslados de la operación {row.seq} no son los de su cuerpo."
            )
        hold = body.get("hold") or {}
        if row.outcome == "held" and (row.hold_account, row.hold_amount) != (hold.get("account"), hold.get("amount")):
            yield Finding("hold", "hold", row.id, f"La retención de la operación {row.seq} no es la de su cuerpo.")
        if "v" in body or row.kind not in TOLD_TOGETHER:
            yield from _check_request(row, body)


def _check_request(row: Any, body: dict[str, Any]) -> Iterator[Finding]:
    core = {name: body.get(name) for name in ("kind", "member", "outcome", "legs", "hold", "request")}
    if row.request_hash != request_hash(core):
        yield Finding(
            "request_hash", "operation", row.id, f"La huella de la solicitud {row.seq} no es la de su cuerpo."
        )
    linked = row.outcome != "rejected"
    request = body.get("request") or {}
    said = [request.get(name) if linked else None for name in ("reversal_of", "settles_hold", "external_ref")]
    columns = [row.kind, row.member_id, row.reversal_of, row.settles_hold, row.external_ref]
    if columns != [body.get("kind"), body.get("member"), *said]:
        yield Finding(
            "columns", "operation", row.id, f"Las columnas de la operación {row.seq} no dicen lo que su cuerpo."
        )
    if canonical(body) != row.body:
        yield Finding("canonical", "operation", row.id, f"El cuerpo de la operación {row.seq} no es canónico.")


def _check_events(connection: Connection) -> Iterator[Finding]:
    """Every event of an operation against the operation whose bytes it was written for."""
    for row in _stream(connection, EVENTS):
        detail = json.loads(row.event).get("detail") or {}
        if "body" not in detail:
            continue
        if row.body is None:
            text = f"Falta la operación {row.object}, que la auditoría cuenta."
            yield Finding("operation_missing", "audit_event", str(row.id), text)
        elif (detail["body"], detail.get("seq")) != (evidence_digest(row.body), row.seq):
            yield Finding(
                "evidence", "operation", row.object, f"La operación {row.seq} no es la que la auditoría cuenta."
            )
