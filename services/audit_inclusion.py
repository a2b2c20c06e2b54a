"""The proof of one event: a small file that anybody can check with the public key alone (docs/prueba-de-un-evento.md).

It holds the event's bytes, the hash before it, its way to the root of the tree that a signed checkpoint states, and
that checkpoint. No other event is in it.
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from data.secrets.private_file import write_private
from data.secrets.signing import key_id, verify
from data.tables import AuditEvent, AuditSeal
from services import merkle
from services.audit_chain import first_hash, link
from services.audit_trail import canonical
from services.checkpoints import Checkpoint, CheckpointsUnreadable, parse_checkpoint, read_checkpoints
from services.errors import CoopError, NotFound
from services.operations import Op
from services.operator import Operator
from services.unit_of_work import UnitOfWork

KIND = "coop-inclusion-v1"
_SIDES = frozenset({merkle.LEFT, merkle.RIGHT})


class NotYetProvable(CoopError):
    code = "not_yet_provable"
    default = (
        "Ningún punto de control firmado con raíz cubre este evento todavía. Se firma uno cada día y al cerrar el"
        " programa; para firmarlo ya: coop-tui audit checkpoint."
    )


class BadProof(CoopError):
    """The file proves nothing; the text says why."""

    code = "bad_proof"
    default = "El archivo no es una prueba de inclusión."


class ProofNotSaved(CoopError):
    code = "proof_not_saved"
    default = "No se pudo guardar la prueba en el disco. Revise la carpeta y reintente."


@dataclass(frozen=True, slots=True)
class ProveEvent:
    """Write the proof of event `seq` into `folder`: `prueba-evento-1204.json`."""

    seq: int
    checkpoints: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What a good proof says: the event, and the checkpoint that vouches for it."""

    seq: int
    body: dict[str, Any]
    store: str
    checkpoint: int
    at: str


def prove_event(command: ProveEvent, operator: Operator, uow: UnitOfWork) -> Path:
    """Raises NotFound, NotYetProvable, ProofNotSaved, CheckpointsUnreadable and the errors of authorisation."""
    with uow.begin(operator, Op.AUDIT_READ) as tx:
        proof = inclusion(tx.connection, read_checkpoints(command.checkpoints), command.seq)
        path = command.folder / f"prueba-evento-{command.seq}.json"
        try:
            write_private(path, (proof + "\n").encode())
        except OSError as error:
            raise ProofNotSaved from error
        tx.record("audit.prove", detail={"event": command.seq})
        tx.commit()
    return path


def inclusion(connection: Connection, points: list[Checkpoint], seq: int) -> str:
    """The proof of an event as canonical JSON. Raises NotFound, NotYetProvable."""
    body = connection.execute(
        select(col(AuditEvent.body))
        .join(AuditSeal, col(AuditSeal.event_id) == col(AuditEvent.id))
        .where(col(AuditSeal.seq) == seq)
    ).scalar()
    if body is None:
        raise NotFound(f"No hay un evento {seq:,} en la cadena.")
    point = next((point for point in points if point.root and point.first <= seq <= point.seq), None)
    if point is None:
        raise NotYetProvable
    hashes = seals(connection, point.first, point.seq)
    way = merkle.path(hashes, seq - point.first)
    return _written(seq, _before(connection, point.store, seq), body, way, point)


def check_inclusion(content: str, public_key: bytes) -> Inclusion:
    """What a proof says, if it holds: recomputed from its own bytes and the signature. Raises BadProof."""
    try:
        proof = json.loads(content)
        if proof["v"] != KIND:
            raise BadProof
        point = parse_checkpoint(proof["checkpoint"], 1)
        way = tuple((str(side), bytes.fromhex(other)) for side, other in proof["path"])
        seq, body, previous = int(proof["seq"]), str(proof["body"]), bytes.fromhex(proof["previous"])
        if _written(seq, previous, body, way, point) != content.strip() or not {side for side, _ in way} <= _SIDES:
            raise BadProof("El archivo no está escrito como una prueba de inclusión.")
        sealed = link(previous, seq, body.encode())
        told = json.loads(body)
    except (ValueError, KeyError, TypeError, OverflowError, CheckpointsUnreadable):
        raise BadProof from None
    if point.key != key_id(public_key) or not verify(public_key, canonical(point.payload()).encode(), point.signature):
        raise BadProof("La firma del punto de control no corresponde a esta llave pública.")
    if not point.root or not point.first <= seq <= point.seq:
        raise BadProof("El punto de control no cubre este evento.")
    if merkle.climb(sealed, way) != point.root:
        raise BadProof("El evento no es el que se selló: no lleva a la raíz firmada.")
    return Inclusion(seq, told, point.store, point.seq, point.at)


def _written(seq: int, previous: bytes, body: str, way: merkle.Path, point: Checkpoint) -> str:
    """The one form of a proof: canonical JSON."""
    proof = {
        "v": KIND,
        "seq": seq,
        "previous": previous.hex(),
        "body": body,
        "path": [[side, other.hex()] for side, other in way],
        "checkpoint": point.payload() | {"signature": base64.b64encode(point.signature).decode("ascii")},
    }
    return canonical(proof)


def seals(connection: Connection, first: int, last: int) -> list[bytes]:
    """The hashes of these events, in order."""
    query = select(col(AuditSeal.hash)).where(col(AuditSeal.seq) >= first, col(AuditSeal.seq) <= last)
    return list(connection.execute(query.order_by(col(AuditSeal.seq))).scalars())


def _before(connection: Connection, store: str, seq: int) -> bytes:
    if seq == 1:
        return first_hash(store)
    return bytes(connection.execute(select(col(AuditSeal.hash)).where(col(AuditSeal.seq) == seq - 1)).scalar_one())
