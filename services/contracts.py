"""The contract of the online service: shown, signed, kept, asked for again when it changes (S70–S73, req. 36–37)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlmodel import col

from data.catalog import contract as catalog
from data.catalog.contract import Clause, ContractVersion, Party
from data.driver_sql import DriverSql
from data.secrets.signing import Signer
from data.tables import Access, AuditEvent, ContractSignature, Member, MemberSession, Outbox
from data.types import utc_text
from data.values.dates import panama_date
from data.values.uuid7 import uuid7
from services.access_states import AccessState, lock_member, walk
from services.audit_trail import chain_head
from services.contract_evidence import (
    Circumstances,
    Reading,
    SignedRecord,
    evidence_of,
    seal_message,
    text_hash,
)
from services.errors import DataChanged, InvalidInput, NotFound
from services.masking import full_name
from services.operations import Op
from services.operator import Operator
from services.outbox import notice
from services.unit_of_work import Transaction, UnitOfWork

CHANGED = "El contrato cambió mientras lo leía. Léalo de nuevo hasta el final."
NOT_READ = "Lea el contrato hasta el final y marque que lo acepta; después podrá firmarlo."
#: A clock of the desk may run a little ahead of the service's.
TOLERANCE = timedelta(seconds=2)
#: Events of the session that the evidence names, the latest.
PROOFS = 50
PROVEN = frozenset({"ok", "passed"})
AT_THE_DOOR = "anonymous"
LAST = DriverSql(
    "SELECT id, version FROM contract_signature WHERE member_id = :member_id ORDER BY signed_at DESC, id DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class ContractText:
    """The contract as this member reads it today. `date_line` is its last paragraph (S73); `signed`: this version is
    signed already."""

    version: str
    clauses: tuple[Clause, ...]
    text: str = field(repr=False)
    text_sha256: str
    date_line: str
    signed: bool


@dataclass(frozen=True, slots=True)
class SignContract:
    """What was shown (version and hash of the text) and what was done with it, by the service's own clock (UTC):
    `scrolled_at` when its end was displayed, `ticked_at` when the box was ticked."""

    version: str
    text_sha256: str
    scrolled_at: datetime | None
    ticked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Signed:
    """`copy_to`: the masked address that the copy goes to, empty where there is none. `existed`: signed before."""

    id: str
    version: str
    signed_at: datetime
    copy_to: str
    existed: bool = False


def current_contract(operator: Operator, uow: UnitOfWork) -> ContractText:
    """The text that holds today, for the member who is inside. Raises the errors of authorisation."""
    with uow.begin(operator, Op.PORTAL_CONTRACT, member_id=operator.member_id) as tx:
        version, _, text = _today(tx, operator.member_id)
        signed = signed_version(tx.connection, operator.member_id) == version.version
        tx.record("contract.read", detail={"version": version.version})
        tx.commit()
    line = text.rstrip("\n").rpartition("\n\n")[2]
    return ContractText(version.version, version.clauses, text, text_hash(text), line, signed)


def sign_contract(command: SignContract, operator: Operator, uow: UnitOfWork) -> Signed:
    """Keep the signature with its evidence (E1), open the accounts and queue the copy by e-mail, in one transaction.

    The same version again is answered with the first signature. Raises DataChanged if the text is not today's,
    InvalidInput if it was not read to its end and accepted, and the errors of authorisation.
    """
    with uow.begin(operator, Op.PORTAL_CONTRACT, member_id=operator.member_id) as tx:
        lock_member(tx, operator.member_id)
        access = tx.session.get(Access, operator.member_id)
        version, party, text = _today(tx, operator.member_id)
        if access is None:
            raise NotFound
        before = _signature(tx, operator.member_id, version.version)
        if before is not None:
            tx.record("contract.sign", about=f"contract:{before.id}", result="repeated")
            tx.commit()
            return Signed(before.id, version.version, before.signed_at, "", existed=True)
        if (command.version, command.text_sha256) != (version.version, text_hash(text)):
            raise DataChanged(CHANGED)
        started_at = _session_began(tx)
        reading = _reading(tx, command, started_at)
        signature_id = str(uuid7())
        copy = _queue_copy(tx, operator.member_id, signature_id)
        around = Circumstances(_proofs(tx, started_at), _head(tx), copy)
        evidence = evidence_of(signature_id, operator.member_id, party, version, text, reading, operator, around)
        _keep(tx, signature_id, version, text, evidence)
        if AccessState(access.state) is AccessState.FIRST_ACCESS:
            walk(tx, access, AccessState.CONTRACT_SIGNED, AccessState.ACTIVE)
        access.contract_at = tx.now
        tx.session.add(access)
        tx.record(
            "contract.sign",
            about=f"contract:{signature_id}",
            detail={
                "version": version.version,
                "text_sha256": text_hash(text),
                "evidence_sha256": text_hash(evidence),
            },
        )
        tx.commit()
    return Signed(signature_id, version.version, tx.now, str(copy["to"]) if copy else "")


def signed_version(connection: Connection, member_id: int) -> str | None:
    """The version that the member signed last."""
    found = LAST.first(connection, {"member_id": member_id})
    return None if found is None else str(found.version)


def last_signature(connection: Connection, member_id: int) -> SignedRecord:
    """What the member signed last. Raises NotFound."""
    found = LAST.first(connection, {"member_id": member_id})
    if found is None:
        raise NotFound("Aún no ha firmado el contrato.")
    return record_of(connection, found.id)


def must_sign(connection: Connection, member_id: int, moment: datetime) -> bool:
    """Whether the version that held at `moment` (UTC) is still to be signed (req. 37)."""
    return signed_version(connection, member_id) != catalog.version_on(panama_date(moment)).version


def record_of(connection: Connection, signature_id: str) -> SignedRecord:
    """A signature as it is kept. Raises NotFound."""
    row = connection.execute(
        select(*ContractSignature.__table__.c).where(col(ContractSignature.id) == signature_id)  # type: ignore[attr-defined]
    ).first()
    if row is None:
        raise NotFound("No hay una firma de contrato con ese número.")
    return SignedRecord(**row._mapping)


def _today(tx: Transaction, member_id: int) -> tuple[ContractVersion, Party, str]:
    member = tx.session.get(Member, member_id)
    if member is None:
        raise NotFound
    party = party_of(member)
    day = panama_date(tx.now)
    version = catalog.version_on(day)
    return version, party, version.render(party, day)


def party_of(member: Member) -> Party:
    """Who signs, as the contract names them."""
    return Party(full_name(member.given_names, member.surnames), member.cedula, member.kind, member.number)


def _session_began(tx: Transaction) -> datetime:
    """When this session began (UTC)."""
    began: datetime = tx.connection.execute(
        select(col(MemberSession.started_at)).where(col(MemberSession.id) == tx.operator.session_id)
    ).scalar_one()
    return began


def _reading(tx: Transaction, command: SignContract, started_at: datetime) -> Reading:
    """The end was displayed, then the box ticked, then the button pressed, all in this session. Raises InvalidInput."""
    scrolled, ticked = command.scrolled_at, command.ticked_at
    if scrolled is None or ticked is None or not started_at <= scrolled <= ticked <= tx.now + TOLERANCE:
        raise InvalidInput(NOT_READ, field="accept")
    return Reading(scrolled, ticked, tx.now)


def _signature(tx: Transaction, member_id: int, version: str) -> Any:
    return tx.connection.execute(
        select(col(ContractSignature.id), col(ContractSignature.signed_at)).where(
            col(ContractSignature.member_id) == member_id, col(ContractSignature.version) == version
        )
    ).first()


def _queue_copy(tx: Transaction, member_id: int, signature_id: str) -> Mapping[str, Any] | None:
    """The copy to the address on record; where there is none, a text message tells that it was signed."""
    outbox_id = notice(tx, member_id, "contract_signed", {"contract_id": signature_id})
    if outbox_id is None:
        return None
    masked = tx.connection.execute(select(col(Outbox.destination)).where(col(Outbox.id) == outbox_id)).scalar_one()
    return {"outbox": outbox_id, "to": masked}


def _proofs(tx: Transaction, started_at: datetime) -> list[dict[str, Any]]:
    """What the session rests on: the events of its sign-in (question, password, code) and its own since, without their
    content. {id, action, at}, oldest first."""
    rows = tx.connection.execute(
        select(col(AuditEvent.id), col(AuditEvent.body))
        .where(
            col(AuditEvent.member_id) == tx.operator.member_id,
            col(AuditEvent.at) >= utc_text(started_at - timedelta(minutes=tx.policy.portal.door_minutes)),
        )
        .order_by(col(AuditEvent.id).desc())
        .limit(PROOFS)
    ).all()
    told = [(row.id, json.loads(row.body)) for row in reversed(rows)]
    session, started = tx.operator.session_id[:16], utc_text(started_at)
    return [
        {"id": event, "action": body["action"], "at": body["at"]}
        for event, body in told
        if body["result"] in PROVEN
        and (body["session"] == session or (body["actor"] == AT_THE_DOOR and body["at"] <= started))
    ]


def _head(tx: Transaction) -> tuple[int, str]:
    seq, head = chain_head(tx.connection)
    return seq, head.hex()


def _keep(tx: Transaction, signature_id: str, version: ContractVersion, text: str, evidence: str) -> None:
    tx.connection.execute(
        insert(ContractSignature).values(
            id=signature_id,
            member_id=tx.operator.member_id,
            version=version.version,
            template_sha256=version.sha256,
            text=text,
            text_sha256=text_hash(text),
            evidence=evidence,
            evidence_sha256=text_hash(evidence),
            seal=Signer(tx.secrets.signing_key).sign(seal_message(evidence)),
            signed_at=tx.now,
        )
    )
