"""An import file as bytes, then as rows: UTF-8, comma, a header that tells the kind. No content can crash it."""

import codecs
import csv
import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from io import StringIO
from operator import itemgetter
from pathlib import Path

from data.imports.problems import Problems
from data.values.text import UNSAFE_CATEGORIES, clean

MAX_BYTES = 256 * 1024 * 1024
MAX_FIELD = 254  # the longest honest value is an e-mail address
NAME_LENGTH = 100


class FileKind(StrEnum):
    """What a file holds, in the order in which kinds are imported."""

    MEMBERS = "socios"
    ACCOUNTS = "cuentas"
    MOVEMENTS = "movimientos"


COLUMNS: dict[FileKind, tuple[str, ...]] = {
    FileKind.MEMBERS: (
        "numero",
        "tipo",
        "cedula",
        "nombres",
        "apellidos",
        "fecha_nacimiento",
        "correo",
        "celular",
        "sucursal",
    ),
    FileKind.ACCOUNTS: ("cuenta", "socio", "producto", "apertura"),
    FileKind.MOVEMENTS: ("referencia", "cuenta", "fecha", "sentido", "monto", "saldo"),
}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that could be read. `lines` is about how many rows it has, for the progress bar."""

    name: str
    sha256: str
    kind: FileKind
    lines: int
    text: str = field(repr=False)


def read_source(path: Path, problems: Problems, label: str | None = None) -> SourceFile | None:
    """Read the bytes, the encoding and the header; None if the file can't be used (the reason is in `problems`).

    `label` is how people shall know the file if not by its name.
    Raises TooManyProblems.
    """
    name = label or clean(path.name, NAME_LENGTH) or "archivo"
    try:
        if path.stat().st_size > MAX_BYTES:
            problems.add(name, 0, "el archivo pasa de 256 MB. Divídalo en partes.")
            return None
        raw = path.read_bytes()
    except OSError as error:
        problems.add(name, 0, f"no se puede leer ({error.strerror}).")
        return None
    except ValueError:  # a NUL in the name
        problems.add(name, 0, "el nombre del archivo no es válido.")
        return None
    text = _decode(name, raw, problems)
    kind = _kind(name, text, problems) if text is not None else None
    if text is None or kind is None:
        return None
    return SourceFile(name, hashlib.sha256(raw).hexdigest(), kind, raw.count(b"\n"), text)


def read_rows(source: SourceFile, problems: Problems) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows as (line, fields in the order of COLUMNS), outer blanks cut; faulty ones go to `problems` instead.

    Raises TooManyProblems.
    """
    reader = csv.reader(StringIO(source.text, newline=""), strict=True)
    columns = COLUMNS[source.kind]
    header = [name.strip().lower() for name in next(reader)]
    in_order = itemgetter(*(header.index(name) for name in columns))
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # After broken quotes nobody can tell where the next row begins.
            problems.add(source.name, line, "las comillas no cierran bien; de ahí en adelante no se pudo leer.")
            return
        if not row:
            continue
        if len(row) != len(header):
            problems.add(source.name, line, f"tiene {len(row)} columnas y el encabezado {len(header)}.")
        elif (reason := _unusable(row, header)) is not None:
            problems.add(source.name, line, reason)
        else:
            yield line, tuple(value.strip() for value in in_order(row))


def _decode(name: str, raw: bytes, problems: Problems) -> str | None:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        problems.add(name, 1, "está en UTF-16. Guárdelo como CSV UTF-8.")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add(name, line, "tiene caracteres que no son UTF-8. Guárdelo como CSV UTF-8.")
        return None


def _kind(name: str, text: str, problems: Problems) -> FileKind | None:
    first = text.split("\n", 1)[0][:2000]
    try:
        header = next(csv.reader([first.rstrip("\r")], strict=True), [])
    except csv.Error:
        header = []
    found = [column.strip().lower() for column in header]
    for kind, columns in COLUMNS.items():
        if set(found) == set(columns) and len(found) == len(columns):
            return kind
    problems.add(name, 1, _header_reason(found, first))
    return None


def _header_reason(found: list[str], first: str) -> str:
    """Say of the nearest kind what is missing and what is too much."""
    if not first.strip():
        return "está vacío; falta el encabezado."
    kind, columns = max(COLUMNS.items(), key=lambda item: len(set(item[1]) & set(found)))
    if not set(columns) & set(found):
        hint = " Separe las columnas con coma, no con punto y coma." if ";" in first else ""
        return f"el encabezado no es de socios, cuentas ni movimientos.{hint}"
    missing = [column for column in columns if column not in found]
    extra = len(found) - len(columns) + len(missing)
    parts = [f"faltan {', '.join(missing)}" if missing else "", f"sobran {extra}" if extra else ""]
    return f"el encabezado no es el de {kind.value}: {'; '.join(filter(None, parts))}. Debe ser: {','.join(columns)}."


def _unusable(row: list[str], header: list[str]) -> str | None:
    """Why a row may not go on, or None: invisible characters and endless fields have no place in any column."""
    if "".join(row).isprintable() and max(map(len, row)) <= MAX_FIELD:
        return None
    for name, value in zip(header, row, strict=True):
        if len(value) > MAX_FIELD:
            return f"{name}: tiene {len(value)} caracteres; el máximo es {MAX_FIELD}."
        if not value.isprintable() and (code := _hidden(value)) is not None:
            return f"{name}: tiene un carácter invisible (U+{code:04X}). Bórrelo en el archivo."
    return None


def _hidden(value: str) -> int | None:
    """The code point of the first control, format, surrogate or private-use character (req. 55)."""
    return next((ord(char) for char in value if unicodedata.category(char) in UNSAFE_CATEGORIES), None)
