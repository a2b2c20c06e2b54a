"""What proves that a member signed a contract, and the check of it from the record alone (E1, req. 36).

The record holds the text as it was shown, the hash of the template's bytes and of the text, and the evidence: canonical
JSON with who, when, where, by which proofs, what was read and pressed, and the head of the audit trail at that moment.
The cooperative's key signs the evidence; the trail's own event names its hash.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from data.catalog.contract import ContractVersion, Party, parse_contract
from data.catalog.reader import CatalogError
from data.secrets.signing import verify
from data.types import utc_text
from data.values.dates import to_panama
from data.version import __version__
from services.audit_trail import canonical
from services.operator import Operator

SEAL_DOMAIN = b"coop-tui contract v1\0"
BOX_LABEL = "He leído y acepto los términos y condiciones del contrato"
BUTTON_LABEL = "Firmar Contrato"
MISMATCH = "La evidencia no coincide"


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A signature as it is kept. `text` and `evidence` are the very characters that the hashes are of."""

    id: str
    member_id: int
    version: str
    template_sha256: str
    text: str = field(repr=False)
    text_sha256: str
    evidence: str = field(repr=False)
    evidence_sha256: str
    seal: bytes = field(repr=False)
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What the member did with the text: reached its end, ticked the box, pressed the button (UTC)."""

    scrolled_at: datetime
    ticked_at: datetime
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the service knows of the moment: proofs given in this session, the trail's head, where the copy went.

    `proofs` are events of the trail: {id, action, at}; `copy` is {outbox, to} or nothing; `staff` who was present.
    """

    proofs: Sequence[Mapping[str, Any]]
    chain: tuple[int, str]
    copy: Mapping[str, Any] | None = None
    staff: str | None = None


def text_hash(text: str) -> str:
    """SHA-256 in hex of the UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def seal_message(evidence: str) -> bytes:
    """What the cooperative's key signs."""
    return SEAL_DOMAIN + evidence.encode("utf-8")


def evidence_of(
    signature_id: str,
    member_id: int,
    party: Party,
    contract: ContractVersion,
    text: str,
    reading: Reading,
    operator: Operator,
    around: Circumstances,
) -> str:
    """The evidence of one signature (E1), canonical JSON. It holds no secret."""
    return canonical(
        {
            "v": 1,
            "id": signature_id,
            "contract": {
                "version": contract.version,
                "model": contract.model,
                "template_sha256": contract.sha256,
                "text_sha256": text_hash(text),
                "date": to_panama(reading.signed_at).date().isoformat(),
            },
            "member": {
                "id": member_id,
                "name": party.name,
                "cedula": party.cedula,
                "kind": party.kind,
                "number": party.number,
            },
            "signed_at": utc_text(reading.signed_at),
            "signed_at_panama": to_panama(reading.signed_at).isoformat(timespec="seconds"),
            "scrolled_to_end_at": utc_text(reading.scrolled_at),
            "ticked_at": utc_text(reading.ticked_at),
            "box": BOX_LABEL,
            "button": BUTTON_LABEL,
            "channel": operator.channel.value,
            "branch": operator.branch,
            "terminal": operator.terminal,
            "session": operator.session_id[:16],
            "proofs": list(around.proofs),
            "staff": around.staff,
            "chain": {"seq": around.chain[0], "head": around.chain[1]},
            "copy": around.copy,
            "app": __version__,
        }
    )


def check_record(record: SignedRecord, template: bytes | None, public_key: bytes) -> tuple[str, ...]:
    """What does not fit, in Spanish; empty if all does. `template`: the file of the version (None: it is missing)."""
    found: list[str] = []
    if text_hash(record.text) != record.text_sha256 or not unicodedata.is_normalized("NFC", record.text):
        found.append("el texto firmado no es el de su huella")
    if text_hash(record.evidence) != record.evidence_sha256:
        found.append("la evidencia no es la de su huella")
    if len(record.seal) != 64 or not verify(public_key, seal_message(record.evidence), record.seal):
        found.append("la firma de la cooperativa no corresponde a la evidencia")
    told = _read(record.evidence)
    if told is None:
        return (*found, "la evidencia no se puede leer")
    found += _columns(record, told)
    found += _template(record, told, template)
    return tuple(found)


def _read(evidence: str) -> dict[str, Any] | None:
    try:
        told = json.loads(evidence)
    except ValueError:
        return None
    return told if isinstance(told, dict) and canonical(told) == evidence else None


def _columns(record: SignedRecord, told: Mapping[str, Any]) -> list[str]:
    """The columns beside the evidence say the same as the evidence."""
    contract, member = _part(told, "contract"), _part(told, "member")
    pairs = [
        ("el número de la firma", record.id, told.get("id")),
        ("el firmante", record.member_id, member.get("id")),
        ("la versión", record.version, contract.get("version")),
        ("la huella de la plantilla", record.template_sha256, contract.get("template_sha256")),
        ("la huella del texto", record.text_sha256, contract.get("text_sha256")),
        ("la hora de la firma", utc_text(record.signed_at), told.get("signed_at")),
    ]
    return [f"{name} no es el de la evidencia" for name, kept, said in pairs if kept != said]


def _template(record: SignedRecord, told: Mapping[str, Any], template: bytes | None) -> list[str]:
    """The template is the one that was signed, and makes exactly this text for this person on this day."""
    if template is None:
        return ["falta la plantilla de la versión"]
    if hashlib.sha256(template).hexdigest() != record.template_sha256:
        return ["la plantilla no es la de su huella"]
    member, contract = _part(told, "member"), _part(told, "contract")
    try:
        version = parse_contract(template, f"{record.version}.toml")
        party = Party(*(str(member[name]) for name in ("name", "cedula", "kind", "number")))
        rendered = version.render(party, date.fromisoformat(str(contract["date"])))
    except (CatalogError, KeyError, ValueError):
        return ["la plantilla no da el texto firmado"]
    return [] if rendered == record.text else ["la plantilla no da el texto firmado"]


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}
