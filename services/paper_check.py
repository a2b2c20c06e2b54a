"""Does the trail still say what a paper says? Which event, of which time, and which signed checkpoint covers it (C1).

Compares what stands on the paper with what the store has now, and the event's own link in the chain. Whether the chain
holds together from end to end is `audit_proof.verify`'s to say.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, column, text

from data.engine import snapshot
from data.types import Bytes, Int, String
from data.values.dates import format_datetime
from data.values.money import Money
from services.audit_chain import first_hash, link
from services.audit_words import action_text
from services.checkpoints import Checkpoint, bad_checkpoint
from services.paper_seal import Printed
from services.posting import evidence_digest
from services.receipts import TITLES

EVENT = text(
    "SELECT s.seq, s.hash, e.body, (SELECT p.hash FROM audit_seal p WHERE p.seq = s.seq - 1) AS previous"
    " FROM audit_seal s LEFT JOIN audit_event e ON e.id = s.event_id WHERE s.seq = :seq"
).columns(column("seq", Int()), column("hash", Bytes()), column("body", String()), column("previous", Bytes()))
OPERATION = text("SELECT id, kind, body FROM operation WHERE seq = :seq")
TOLD_BY = text(
    "SELECT s.seq, e.body FROM audit_event e LEFT JOIN audit_seal s ON s.event_id = e.id WHERE e.object = :id"
    " ORDER BY e.id"
)


@dataclass(frozen=True, slots=True)
class PaperCheck:
    """`fits`: nothing on the paper is contradicted; `lines` say what was found, in Spanish."""

    fits: bool
    lines: tuple[str, ...]


def check_paper(
    engine: Engine, points: list[Checkpoint], public_key: bytes, mark: Printed | None, operation: Printed | None
) -> PaperCheck:
    """Only reads: a copy of the database, the file of the checkpoints and the public key are enough."""
    wrong = bad_checkpoint(points, public_key)
    good = points[: wrong[0] - 1] if wrong else points
    found = [(False, f"Punto de control, línea {wrong[0]}: {wrong[1]}.")] if wrong else []
    with snapshot(engine) as connection:
        store = connection.execute(text("SELECT value FROM store_meta WHERE key = 'store_id'")).scalar() or ""
        good = [point for point in good if point.store == store]
        if mark is not None:
            found += _mark(connection, good, mark, store)
        else:
            found.append((True, "Se imprimió antes del primer punto de control."))
        if operation is not None:
            found += _operation(connection, good, operation)
    return PaperCheck(all(fits for fits, _ in found), tuple(line for _, line in found))


def _mark(connection: Connection, points: list[Checkpoint], mark: Printed, store: str) -> list[tuple[bool, str]]:
    row = connection.execute(EVENT, {"seq": mark.number}).first()
    if row is None:
        return [(False, f"Falta el evento {mark.number}, que está impreso: la cadena fue cortada.")]
    if not row.hash.hex().startswith(mark.digits):
        return [(False, f"El evento {mark.number} no es el que se imprimió: la cadena fue escrita de nuevo.")]
    before = row.previous if row.previous is not None else first_hash(store)
    if row.body is None or link(before, row.seq, row.body.encode()) != row.hash:
        return [(False, f"El evento {mark.number} fue alterado: ya no da la huella impresa.")]
    said = json.loads(row.body)
    at = format_datetime(datetime.fromisoformat(said["at"]))
    lines = [(True, f"Coincide: evento {mark.number}, del {at}: {action_text(said['action'])}.")]
    point = next((point for point in points if point.seq == mark.number), None)
    if point is None:
        lines.append((True, "No es un punto de control firmado: es la cabeza que la cadena tenía en ese momento."))
    elif not point.head.hex().startswith(mark.digits):
        lines.append((False, f"El punto de control firmado del evento {mark.number} dice otra huella."))
    else:
        lines.append((True, f"Punto de control firmado el {format_datetime(datetime.fromisoformat(point.at))}."))
    return lines


def _operation(connection: Connection, points: list[Checkpoint], paper: Printed) -> list[tuple[bool, str]]:
    row = connection.execute(OPERATION, {"seq": paper.number}).first()
    if row is None:
        return [(False, f"Falta la operación {paper.number}, que está impresa.")]
    digest = evidence_digest(row.body)
    if not digest.startswith(paper.digits):
        return [(False, f"La operación {paper.number} no es la que se imprimió: su contenido fue cambiado.")]
    lines = [(True, f"Coincide: operación {paper.number}, {_what(row)}.")]
    told = next((one for one in connection.execute(TOLD_BY, {"id": row.id}) if _tells(one.body, digest)), None)
    if told is None:
        return [*lines, (False, f"La auditoría no cuenta la operación {paper.number}.")]
    at = format_datetime(datetime.fromisoformat(json.loads(told.body)["at"]))
    if told.seq is None:
        return [*lines, (True, f"Su evento, del {at}, espera su sello.")]
    point = next((point for point in points if point.seq >= told.seq), None)
    covered = (
        f"lo cubre el punto de control del evento {point.seq}, firmado el"
        f" {format_datetime(datetime.fromisoformat(point.at))}"
        if point
        else "aún sin punto de control: lo cubrirá el siguiente"
    )
    return [*lines, (True, f"La cuenta el evento {told.seq}, del {at}; {covered}.")]


def _tells(body: str, digest: str) -> bool:
    detail = json.loads(body).get("detail")
    return isinstance(detail, dict) and detail.get("body") == digest


def _what(row: Any) -> str:
    """`Pago de cuota por B/.25.00`."""
    body = json.loads(row.body)
    hold = (body.get("hold") or {}).get("amount") or 0
    amount = hold or sum(leg["amount"] for leg in body.get("legs") or ())
    return f"{TITLES.get(row.kind, row.kind)} por {Money(amount).with_symbol()}"
