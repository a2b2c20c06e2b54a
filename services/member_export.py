"""What the cooperative holds of a member, handed over for a request of access or portability, in JSON or CSV (req. 54).

Every column is named here: what isn't named is not handed over. Left out on purpose: what only proves who somebody is
(hashes, codes, images, tickets), what staff alone may see of its own work, and what the law forbids to tell the person
(marks on cash, L5). Amounts are texts with two decimals, times are UTC (ISO 8601), cards their last four digits.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import SQLModel, col

from data.secrets.private_file import write_private
from data.tables import Account, Entry, Operation
from data.types import utc_text
from data.values.dates import format_datetime
from data.values.money import Money
from data.values.uuid7 import uuid7
from services.errors import CoopError, InvalidInput
from services.operations import Op
from services.operator import Operator
from services.privacy_requests import RequestKind, RequestRow, note_export, open_request
from services.report_day import kind_title
from services.unit_of_work import Transaction, UnitOfWork

GIVES_DATA = frozenset({RequestKind.ACCESS, RequestKind.PORTABILITY})
#: Section → table, its column that holds the member, and the columns that are handed over.
SECTIONS: Mapping[str, tuple[str, str, tuple[str, ...]]] = MappingProxyType(
    {
        "persona": (
            "member",
            "id",
            (
                "number", "kind", "cedula", "given_names", "surnames", "birth_date", "email", "email_since", "phone",
                "phone_since", "branch", "joined_on",
            ),
        ),
        "cuentas": (
            "account",
            "member_id",
            ("number", "product", "label", "branch", "opened_on", "status", "affiliated_at", "card_last4", "balance",
             "held"),
        ),
        "acceso_en_linea": (
            "access",
            "member_id",
            ("state", "route", "requested_at", "verified_at", "activated_at", "username", "password_at", "username_at",
             "image_at", "questions_at", "services_at", "relogin_at", "contract_at", "last_visit_at", "closed_at"),
        ),
        "consentimientos": ("consent", "member_id", ("service", "text_version", "given", "at", "channel")),
        "equipos_recordados": ("remembered_device", "member_id", ("name", "added_at", "expires_at", "forgotten_at")),
        "cambios_de_contacto": (
            "contact_change", "member_id", ("field", "old", "new", "state", "requested_at", "effective_at"),
        ),
        "casos": ("service_case", "member_id", ("channel", "branch", "opened_at", "closed_at", "outcome")),
        "notas": ("member_note", "member_id", ("at", "text")),
        "favoritos": (
            "favourite", "member_id", ("kind", "label", "biller", "reference", "created_at", "removed_at"),
        ),
        "pagos_programados": (
            "schedule", "member_id", ("kind", "label", "every", "first_on", "until", "state", "created_at"),
        ),
        "pagos_a_recaudadores": (
            "biller_order", "member_id", ("biller", "mode", "reference", "amount", "state", "day"),
        ),
        "contratos": ("contract_signature", "member_id", ("version", "signed_at", "text_sha256", "text")),
        "solicitudes": ("privacy_request", "member_id", ("kind", "received_on", "due_on", "asked")),
    }
)  # fmt: skip
MONEY = frozenset({"balance", "held", "amount", "balance_after"})
Row = dict[str, Any]
Data = dict[str, list[Row]]


class NoDataToGive(CoopError):
    code = "no_data_to_give"
    default = "Los datos se entregan por una solicitud abierta de acceso o de portabilidad. Esta es de otro tipo."


class DataNotSaved(CoopError):
    code = "data_not_saved"
    default = "No se pudieron guardar los datos en el disco. Revise la carpeta y el espacio, y reintente."


@dataclass(frozen=True, slots=True)
class ExportMemberData:
    """Write what answers an open request into `folder`; `format`: json (one file) or csv (a ZIP, a file a section)."""

    request_id: str
    format: str
    folder: Path


@dataclass(frozen=True, slots=True)
class MemberDataExported:
    """`sha256` of the file in hex; `rows` over all sections."""

    path: Path
    sha256: str
    rows: int


def export_member_data(command: ExportMemberData, operator: Operator, uow: UnitOfWork) -> MemberDataExported:
    """Write the file, mode 0600, the step in the register and the event; without the event no file stays.

    Raises InvalidInput (field `format`), NotFound, RequestClosed, NoDataToGive, DataNotSaved and the errors of
    authorisation.
    """
    path: Path | None = None
    try:
        with uow.begin(operator, Op.PRIVACY_EXPORT) as tx:
            if command.format not in WRITERS:
                raise InvalidInput(f"El formato es uno de: {', '.join(WRITERS)}.", field="format")
            request = open_request(tx, command.request_id)
            if request.kind not in GIVES_DATA:
                raise NoDataToGive
            data = collect(tx, request.member_id)
            rows = sum(map(len, data.values()))
            head = _head(tx, request)
            made = WRITERS[command.format](head, data)
            digest = hashlib.sha256(made).hexdigest()
            suffix = "json" if command.format == "json" else "zip"
            path = command.folder / f"datos-{request.number}-{head['id'][-12:]}.{suffix}"
            write_private(path, made)
            note_export(tx, command.request_id, f"{command.format.upper()}, huella {digest[:16]}")
            facts = {"format": command.format, "rows": rows, "sha256": digest}
            tx.record(about=f"privacy:{command.request_id}", detail=facts)
            tx.commit()
    except BaseException as error:
        if path is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise DataNotSaved from error
        raise
    return MemberDataExported(path, digest, rows)


def collect(tx: Transaction, member_id: int) -> Data:
    """Every section, each row as texts, numbers, yes or no, or nothing."""
    data: Data = {}
    for section, (name, key, names) in SECTIONS.items():
        columns = SQLModel.metadata.tables[name].c
        query: Select[Any] = select(*(columns[one] for one in names)).where(columns[key] == member_id)
        rows = tx.connection.execute(query.order_by(*SQLModel.metadata.tables[name].primary_key.columns))
        data[section] = [_plain(row._mapping) for row in rows]
    data["movimientos"] = _movements(tx, member_id)
    return data


def _movements(tx: Transaction, member_id: int) -> list[Row]:
    """Every entry of the member's accounts, the oldest first."""
    columns: tuple[Any, ...] = (
            col(Account.number).label("account"), col(Operation.value_date), col(Operation.at), col(Operation.kind),
            col(Operation.channel), col(Entry.amount), col(Entry.balance_after),
    )  # fmt: skip
    query: Select[Any] = (
        select(*columns)
        .select_from(Entry)
        .join(Account, col(Account.id) == col(Entry.account_id))
        .join(Operation, col(Operation.id) == col(Entry.operation_id))
        .where(col(Account.member_id) == member_id)
        .order_by(col(Entry.id))
    )
    rows = [_plain(row._mapping) for row in tx.connection.execute(query)]
    return [row | {"kind": kind_title(row["kind"])} for row in rows]


def _plain(row: Mapping[Any, Any]) -> Row:
    return {str(name): _value(str(name), value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if name in MONEY and isinstance(value, int):
        return Money(value).format().replace(",", "")
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if isinstance(value, date) else value


def _head(tx: Transaction, request: RequestRow) -> dict[str, str]:
    return {
        "id": uuid7(),
        "solicitud": request.request_id,
        "tipo": request.kind.value,
        "asociado": request.number,
        "entregado_por": tx.operator.username,
        "entregado": format_datetime(tx.now),
    }


def _json(head: dict[str, str], data: Data) -> bytes:
    return (json.dumps({"entrega": head} | data, ensure_ascii=False, indent=2) + "\n").encode()


def _csv(head: dict[str, str], data: Data) -> bytes:
    """A ZIP with a file a section: UTF-8 with its mark, RFC 4180, no cell that a spreadsheet would run (A17)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for section, rows in {"entrega": [dict(head)], **data}.items():
            text = io.StringIO()
            writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
            names = list(rows[0]) if rows else ["vacio"]
            writer.writerow(names)
            writer.writerows([[_cell(name, row[name]) for name in names] for row in rows])
            book.writestr(f"{section}.csv", text.getvalue().encode("utf-8-sig"))
    return out.getvalue()


def _cell(name: str, value: Any) -> str:
    text = "" if value is None else str(value)
    # An amount is a plain number, with its sign: no spreadsheet runs that.
    risky = text.startswith(("=", "+", "-", "@", "\t", "\0")) and name not in MONEY
    return f"'{text}" if risky else text


WRITERS: Mapping[str, Callable[[dict[str, str], Data], bytes]] = MappingProxyType({"json": _json, "csv": _csv})
