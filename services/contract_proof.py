"""Whether a signed contract still fits its evidence: in the store, or from exported files alone (E1, req. 36).

A store's check holds the record against its hashes, the version's file, the cooperative's key, and the event that the
trail sealed. An export is a folder of plain files with a signed list of their hashes, enough to check it elsewhere.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text
from sqlmodel import col

from data.catalog.contract import template_bytes
from data.secrets.private_file import make_private_dir, write_private
from data.secrets.signing import Signer, key_id, verify
from data.tables import AuditEvent, AuditSeal, ContractSignature, Member
from data.types import utc_text
from services.audit_chain import first_hash, link
from services.audit_trail import canonical
from services.contract_copies import contract_pdf
from services.contract_evidence import MISMATCH, SignedRecord, check_record
from services.contracts import record_of
from services.errors import CoopError
from services.operator import Operator
from services.unit_of_work import UnitOfWork

TEXT, TEMPLATE, EVIDENCE, RECORD = "contrato.txt", "plantilla.toml", "evidencia.json", "registro.json"
CHAIN, PDF, SEAL = "cadena.json", "contrato.pdf", "sello.json"
FILES = (TEXT, TEMPLATE, EVIDENCE, RECORD, CHAIN, PDF)
EXPORT_DOMAIN = b"coop-tui contract export v1\0"
PREVIOUS = text("SELECT hash FROM audit_seal WHERE seq = :seq")
STORE = text("SELECT value FROM store_meta WHERE key = 'store_id'")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`findings` in Spanish, empty if all fits; `seq` is the event's place in the trail (None: not sealed yet)."""

    id: str
    version: str
    signed_at: datetime | None
    findings: tuple[str, ...]
    seq: int | None = None

    @property
    def intact(self) -> bool:
        return not self.findings

    @property
    def summary(self) -> str:
        """One line: «La evidencia no coincide: …» names the first finding."""
        if self.findings:
            return f"{MISMATCH}: {self.findings[0]}."
        place = f"evento {self.seq} de la auditoría" if self.seq else "su evento espera el sello de la auditoría"
        return f"La evidencia coincide: firma {self.id}, versión {self.version}; {place}."


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """One signature in a list: whose number, which version, when (UTC)."""

    id: str
    number: str
    version: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class ChainLink:
    """The event of the signature as the trail holds it: hash = link(previous, seq, body). Hex; None: not sealed."""

    body: str
    seq: int | None
    previous: str
    hash: str


class ExportFailed(CoopError):
    """The disk refused, or the signature does not fit its evidence: what doesn't fit is never handed out as proof."""

    code = "export_failed"
    default = "No se pudieron escribir los archivos. Revise la carpeta e intente de nuevo."


def signatures(uow: UnitOfWork, operator: Operator, number: str | None = None) -> tuple[SignatureRow, ...]:
    """The signatures of the store, or of one member by número de asociado o cliente; the latest first."""
    query = select(
        col(ContractSignature.id),
        col(Member.number),
        col(ContractSignature.version),
        col(ContractSignature.signed_at),
    ).join(Member, col(Member.id) == col(ContractSignature.member_id))
    if number is not None:
        query = query.where(col(Member.number) == number)
    with uow.begin_system(operator) as tx:
        rows = tx.connection.execute(query.order_by(col(ContractSignature.signed_at).desc())).all()
        tx.record("contract.list", detail={"rows": len(rows)})
        tx.commit()
    return tuple(SignatureRow(*row) for row in rows)


def verify_contract(signature_id: str, operator: Operator, uow: UnitOfWork) -> Verdict:
    """Check one signature in the store; an event tells of it. Raises NotFound."""
    with uow.begin_system(operator) as tx:
        record = record_of(tx.connection, signature_id)
        chained = _chained(tx.connection, record.id)
        verdict = _verdict(record, _template(record.version), chained, Signer(tx.secrets.signing_key).public_key)
        tx.record(
            "contract.verify",
            result="ok" if verdict.intact else "failed",
            member=record.member_id,
            about=_name(record.id),
        )
        tx.commit()
    return verdict


def export_contract(signature_id: str, folder: Path, operator: Operator, uow: UnitOfWork) -> Path:
    """Write the files that prove one signature into `folder`/<id>, private (0700, 0600); answers that folder.

    Raises NotFound; ExportFailed if it does not fit its evidence or the disk refuses.
    """
    with uow.begin_system(operator) as tx:
        signer = Signer(tx.secrets.signing_key)
        record = record_of(tx.connection, signature_id)
        chained, template = _chained(tx.connection, record.id), _template(record.version)
        verdict = _verdict(record, template, chained, signer.public_key)
        if not verdict.intact or template is None or chained is None:
            raise ExportFailed(verdict.summary)
        tx.record("contract.export", member=record.member_id, about=_name(record.id))
        tx.commit()
    contents = _contents(record, template, chained)
    sums = canonical({name: hashlib.sha256(content).hexdigest() for name, content in contents.items()})
    sealed = {"files": json.loads(sums), "key": signer.key_id, "signature": _base64(signer.sign(_sealed(sums)))}
    own_folder = folder / record.id
    try:
        make_private_dir(own_folder)
        for name, content in {**contents, SEAL: canonical(sealed).encode()}.items():
            write_private(own_folder / name, content)
    except OSError as error:
        raise ExportFailed from error
    return own_folder


def verify_files(folder: Path, public_key: bytes) -> Verdict:
    """Check an exported folder with nothing but its files and the cooperative's public key (32 raw bytes)."""
    try:
        contents = {name: (folder / name).read_bytes() for name in (*FILES, SEAL)}
        seal, kept, told = (json.loads(contents[name]) for name in (SEAL, RECORD, CHAIN))
        record = SignedRecord(
            **{**kept, "seal": base64.b64decode(kept["seal"]), "signed_at": datetime.fromisoformat(kept["signed_at"])},
            text=contents[TEXT].decode(),
            evidence=contents[EVIDENCE].decode(),
        )
        sums = canonical(seal["files"])
        signature = base64.b64decode(seal["signature"], validate=True)
        chained = ChainLink(**told)
    except OSError as error:
        return Verdict(folder.name, "", None, (f"falta el archivo «{Path(str(error.filename)).name}»",))
    except (ValueError, KeyError, TypeError):
        return Verdict(folder.name, "", None, ("un archivo no se puede leer",))
    found = [name for name in FILES if seal["files"].get(name) != hashlib.sha256(contents[name]).hexdigest()]
    problems = [f"el archivo «{name}» cambió" for name in found]
    whole = {"files": seal["files"], "key": key_id(public_key), "signature": _base64(signature)}
    genuine = len(signature) == 64 and verify(public_key, _sealed(sums), signature)
    if not genuine or canonical(whole).encode() != contents[SEAL]:
        problems.append("el sello de los archivos no corresponde")
    verdict = _verdict(record, contents[TEMPLATE], chained, public_key)
    return Verdict(record.id, record.version, record.signed_at, (*problems, *verdict.findings), verdict.seq)


def _verdict(record: SignedRecord, template: bytes | None, chained: ChainLink | None, public_key: bytes) -> Verdict:
    findings = [*check_record(record, template, public_key), *_event_problems(record, chained)]
    seq = chained.seq if chained else None
    return Verdict(record.id, record.version, record.signed_at, tuple(findings), seq)


def _event_problems(record: SignedRecord, chained: ChainLink | None) -> list[str]:
    """The trail tells of exactly this signature, and its bytes make the hash that was chained."""
    if chained is None:
        return ["la auditoría no tiene el evento de la firma"]
    try:
        event = json.loads(chained.body)
        detail: Mapping[str, Any] = event["detail"]
        same = (event["object"], event["member"], detail["evidence_sha256"], detail["text_sha256"], event["at"]) == (
            _name(record.id),
            record.member_id,
            record.evidence_sha256,
            record.text_sha256,
            utc_text(record.signed_at),
        )
        fits = chained.seq is None or (
            link(bytes.fromhex(chained.previous), chained.seq, chained.body.encode()).hex() == chained.hash
        )
    except (ValueError, KeyError, TypeError):
        return ["el evento de la auditoría no se puede leer"]
    if not same:
        return ["el evento de la auditoría habla de otra firma"]
    return [] if fits else ["el evento de la auditoría no es el que se selló"]


def _chained(connection: Connection, signature_id: str) -> ChainLink | None:
    row = connection.execute(
        select(col(AuditEvent.body), col(AuditSeal.seq), col(AuditSeal.hash))
        .outerjoin(AuditSeal, col(AuditSeal.event_id) == col(AuditEvent.id))
        .where(
            col(AuditEvent.action) == "contract.sign",
            col(AuditEvent.object) == _name(signature_id),
            col(AuditEvent.result) == "ok",
        )
        .order_by(col(AuditEvent.id))
        .limit(1)
    ).first()
    if row is None:
        return None
    if row.seq is None:
        return ChainLink(row.body, None, "", "")
    previous = connection.execute(PREVIOUS, {"seq": row.seq - 1}).scalar()
    if previous is None:
        previous = first_hash(connection.execute(STORE).scalar() or "")
    return ChainLink(row.body, row.seq, bytes(previous).hex(), row.hash.hex())


def _contents(record: SignedRecord, template: bytes, chained: ChainLink) -> dict[str, bytes]:
    kept = {
        "id": record.id,
        "member_id": record.member_id,
        "version": record.version,
        "template_sha256": record.template_sha256,
        "text_sha256": record.text_sha256,
        "evidence_sha256": record.evidence_sha256,
        "seal": _base64(record.seal),
        "signed_at": utc_text(record.signed_at),
    }
    return {
        TEXT: record.text.encode(),
        TEMPLATE: template,
        EVIDENCE: record.evidence.encode(),
        RECORD: canonical(kept).encode(),
        CHAIN: canonical(asdict(chained)).encode(),
        PDF: contract_pdf(record),
    }


def _template(version: str) -> bytes | None:
    try:
        return template_bytes(version)
    except LookupError:
        return None


def _name(signature_id: str) -> str:
    return f"contract:{signature_id}"


def _sealed(sums: str) -> bytes:
    return EXPORT_DOMAIN + sums.encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
