"""The demo's signed contracts: whoever is past that step has a signature whose evidence fits (S70–S73, E1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, update
from sqlmodel import col

from data.catalog.contract import Party, version_on
from data.demo_figures import MemberFigure
from data.secrets.signing import Signer
from data.tables import Access, ContractSignature
from data.values.dates import panama_date
from services.audit_trail import chain_head
from services.contract_evidence import Circumstances, Reading, evidence_of, seal_message, text_hash
from services.demo_access import moment_uuid, times_of
from services.masking import full_name
from services.operator import Channel, Operator
from services.unit_of_work import Transaction

TERMINAL = "demo"
READ_FOR, TICKED_BEFORE = timedelta(seconds=95), timedelta(seconds=6)


def add_contracts(tx: Transaction, members: Mapping[str, int], figures: Sequence[MemberFigure]) -> int:
    """Sign for everybody whose first access got that far; answers how many."""
    signed = [(figure, times_of(figure, tx.now).get("contrato")) for figure in figures]
    made = [(figure, at) for figure, at in signed if at is not None]
    for figure, at in made:
        _sign(tx, members[figure.number], figure, at)
    return len(made)


def _sign(tx: Transaction, member_id: int, figure: MemberFigure, at: datetime) -> None:
    day = panama_date(at)
    version = version_on(day)
    party = Party(full_name(figure.given_names, figure.surnames), figure.cedula, figure.kind, figure.number)
    text = version.render(party, day)
    signature_id = moment_uuid(at, f"contract {figure.number}")
    seq, head = chain_head(tx.connection)
    operator = Operator(f"member:{member_id}", figure.number, frozenset(), figure.branch, TERMINAL, Channel.WEB)
    evidence = evidence_of(
        signature_id,
        member_id,
        party,
        version,
        text,
        Reading(at - READ_FOR, at - TICKED_BEFORE, at),
        operator,
        Circumstances([], (seq, head.hex())),
    )
    tx.connection.execute(
        insert(ContractSignature).values(
            id=signature_id,
            member_id=member_id,
            version=version.version,
            template_sha256=version.sha256,
            text=text,
            text_sha256=text_hash(text),
            evidence=evidence,
            evidence_sha256=text_hash(evidence),
            seal=Signer(tx.secrets.signing_key).sign(seal_message(evidence)),
            signed_at=at,
        )
    )
    tx.connection.execute(update(Access).where(col(Access.member_id) == member_id).values(contract_at=at))
    _tell(tx, member_id, signature_id, {"version": version.version, "text_sha256": text_hash(text)}, evidence, at)


def _tell(
    tx: Transaction, member_id: int, signature_id: str, detail: Mapping[str, str], evidence: str, at: datetime
) -> None:
    """The event, at the moment of the signature as everything else of the demo's past."""
    present, tx.now = tx.now, at
    told = {**detail, "evidence_sha256": text_hash(evidence)}
    tx.record("contract.sign", member=member_id, about=f"contract:{signature_id}", detail=told)
    tx.now = present
