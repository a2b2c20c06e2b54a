"""The signed contract as a PDF, for the member's copy and the house's file (S71, E1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.exc import InterfaceError, OperationalError

from data.values.dates import format_datetime
from services.contract_evidence import SignedRecord
from services.contracts import last_signature, record_of
from services.document_pdf import Paragraph, document_pdf
from services.errors import NotFound, StoreUnavailable
from services.mail_messages import Attachment
from services.operations import Op
from services.operator import Operator
from services.unit_of_work import UnitOfWork

TITLE = "Contrato de Servicios"


@dataclass(frozen=True, slots=True)
class ContractCopy:
    """A copy for the member: the PDF and a name for the file."""

    name: str
    content: bytes = field(repr=False)


def contract_pdf(record: SignedRecord) -> bytes:
    """The text as it was signed, and below it how that is proven. The same record is the same bytes."""
    first, *rest = record.text.rstrip("\n").split("\n\n")
    parts = [Paragraph(first, strong=True), *(Paragraph(text) for text in rest)]
    parts += [
        Paragraph("Firma electrónica", strong=True),
        Paragraph(f"Firmado el {format_datetime(record.signed_at)} (hora de Panamá). Número de firma: {record.id}."),
        Paragraph(f"Huella SHA-256 del texto: {record.text_sha256}"),
        Paragraph(f"Huella SHA-256 de la plantilla {record.version}: {record.template_sha256}"),
        Paragraph(f"Huella SHA-256 de la evidencia: {record.evidence_sha256}"),
    ]
    return document_pdf(TITLE, parts, f"{record.id} · versión {record.version} · CIS 205-0911")


def my_contract(operator: Operator, uow: UnitOfWork) -> ContractCopy:
    """The member's own copy of what they signed last. Raises NotFound before the first signature, and the errors of
    authorisation."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        record = last_signature(tx.connection, operator.member_id)
        tx.record("contract.copy", about=f"contract:{record.id}")
        tx.commit()
    return ContractCopy(_name(record), contract_pdf(record))


def contract_attachment(uow: UnitOfWork, member_id: int, context: Mapping[str, str]) -> Attachment:
    """The copy that goes along with the message. Raises NotFound for a signature that is not the addressee's."""
    try:
        with uow.engine.connect() as connection:
            record = record_of(connection, context["contract_id"])
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error
    if record.member_id != member_id:
        raise NotFound
    return Attachment(_name(record), contract_pdf(record))


def _name(record: SignedRecord) -> str:
    return f"contrato-{record.version}.pdf"
