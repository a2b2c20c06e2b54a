"""The formats of an audit export, each written row by row: CSV (RFC 4180), JSON lines, XLSX and Parquet.

A cell that a spreadsheet could take for a formula gets an apostrophe before it (A17). Amounts are whole centésimos and
never negative; XLSX holds texts only.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import IO, Any
from xml.sax.saxutils import escape

from data.values.dates import format_date, to_panama
from services.audit_trail import canonical
from services.audit_words import action_text, result_text
from services.parquet_file import ParquetColumn, Value
from services.parquet_file import write_parquet as parquet
from services.text_cleaning import clean

COLUMNS = (
    "evento", "hora_utc", "hora_panama", "agente", "actor", "roles", "sucursal", "terminal", "canal", "sesion", "caso",
    "accion", "accion_texto", "resultado", "asociado", "objeto", "motivo", "monto_centesimos", "detalle", "hash",
    "marca_de_agua",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\0")
Row = dict[str, str]


def export_row(found: Any, watermark: str) -> tuple[str, Row]:
    """The event's exact body, and its cells by column, from a row with id, body, seq, hash and the member's number."""
    body = json.loads(found.body)
    local = to_panama(datetime.fromisoformat(body["at"]))
    detail = body.get("detail") or {}
    amount = detail.get("amount") if isinstance(detail, dict) else None
    cells = {
        "evento": str(found.seq or ""),
        "hora_utc": body["at"],
        "hora_panama": f"{format_date(local.date())} {local:%H:%M:%S}",
        "agente": body["user"],
        "actor": body["actor"],
        "roles": " ".join(body["roles"]),
        "sucursal": body["branch"],
        "terminal": body["terminal"],
        "canal": body["channel"],
        "sesion": body["session"],
        "caso": body.get("case", ""),
        "accion": body["action"],
        "accion_texto": action_text(body["action"]),
        "resultado": result_text(body["result"]),
        "asociado": found.number or "",
        "objeto": body.get("object", ""),
        "motivo": body.get("reason", ""),
        "monto_centesimos": str(amount) if type(amount) is int and amount >= 0 else "",
        "detalle": canonical(detail) if detail else "",
        "hash": found.hash.hex() if found.hash else "",
        "marca_de_agua": watermark,
    }
    return found.body, {name: _cell(str(value)) for name, value in cells.items()}


def _cell(value: str) -> str:
    """One clean line that no spreadsheet runs."""
    risky = value.startswith(_FORMULA)
    text = clean(value, 32_000)
    return f"'{text}" if risky or text.startswith(_FORMULA) else text


def write_csv(file: IO[bytes], rows: Iterator[tuple[str, Row]]) -> int:
    """UTF-8 with its mark (spreadsheets look for it), CRLF, every field quoted. Answers how many rows."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    count = 0
    for _, cells in rows:
        writer.writerow([cells[name] for name in COLUMNS])
        count += 1
    text.flush()
    text.detach()
    return count


def write_jsonl(file: IO[bytes], rows: Iterator[tuple[str, Row]]) -> int:
    """One object a line: `seq`, `hash`, `body` (the very bytes that were sealed, as a text), `watermark`."""
    count = 0
    for body, cells in rows:
        told = {"seq": int(cells["evento"] or 0) or None, "hash": cells["hash"], "body": body}
        file.write((canonical(told | {"watermark": cells["marca_de_agua"]}) + "\n").encode())
        count += 1
    return count


def write_xlsx(file: IO[bytes], rows: Iterator[tuple[str, Row]]) -> int:
    """One sheet of texts."""
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in _PARTS.items():
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            sheet.write(_xlsx_row(COLUMNS))
            for _, cells in rows:
                sheet.write(_xlsx_row([cells[name] for name in COLUMNS]))
                count += 1
            sheet.write(b"</sheetData></worksheet>")
    return count


def write_parquet(file: IO[bytes], rows: Iterator[tuple[str, Row]]) -> int:
    """The columns of the CSV, `evento` as a whole number (0 while it has no seal), and `cuerpo`: the sealed bytes."""
    columns = [ParquetColumn(name, whole=name == "evento") for name in (*COLUMNS, "cuerpo")]
    return parquet(file, columns, (_parquet_row(body, cells) for body, cells in rows))


def _parquet_row(body: str, cells: Row) -> list[Value]:
    return [int(cells["evento"] or 0), *(cells[name] for name in COLUMNS[1:]), body]


def _xlsx_row(values: list[str] | tuple[str, ...]) -> bytes:
    cells = (f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>' for value in values)
    return f"<row>{''.join(cells)}</row>".encode()


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f"{_OFFICE}/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATED = f"{_OFFICE}/officeDocument/2006/relationships"
_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_OFFICE}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>'
        '<sheet name="Auditoria" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_OFFICE}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATED}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
)
WRITERS: Mapping[str, Callable[[IO[bytes], Iterator[tuple[str, Row]]], int]] = MappingProxyType(
    {"csv": write_csv, "xlsx": write_xlsx, "jsonl": write_jsonl, "parquet": write_parquet}
)
