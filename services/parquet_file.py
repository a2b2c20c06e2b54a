"""Apache Parquet, the little that an export of texts needs, without a library (the usual one weighs 170 MB).

Flat, required columns, each page plain and gzipped, a row group for so many rows: memory does not grow with the file.
The footer is Thrift's compact protocol. Format: https://parquet.apache.org/docs/file-format/.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

MAGIC = b"PAR1"
GROUP_ROWS = 20_000
#: Enumerations of the format.
INT64, BYTE_ARRAY = 2, 6
REQUIRED, UTF8, PLAIN, RLE, GZIP, DATA_PAGE = 0, 0, 0, 3, 2, 0
#: Types of Thrift's compact protocol.
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
CREATED_BY = "coop-tui"

Value = str | int


@dataclass(frozen=True, slots=True)
class ParquetColumn:
    """`whole`: 64-bit integers; else UTF-8 texts. Every row has a value."""

    name: str
    whole: bool = False

    @property
    def kind(self) -> int:
        """Its physical type."""
        return INT64 if self.whole else BYTE_ARRAY


def write_parquet(file: IO[bytes], columns: Sequence[ParquetColumn], rows: Iterator[Sequence[Value]]) -> int:
    """Write a whole file at the place where `file` stands, which must be its beginning. Answers how many rows."""
    file.write(MAGIC)
    place, count, groups = len(MAGIC), 0, []
    while group := _some(rows):
        chunks, total = [], 0
        for column, values in zip(columns, zip(*group, strict=True), strict=True):
            header, page, whole = _page(column, values)
            file.write(header + page)
            size = len(header) + len(page)
            chunks.append(_chunk(column, len(values), place, len(header) + whole, size))
            place, total = place + size, total + len(header) + whole
        groups.append(_fields((1, _LIST, _list(_STRUCT, chunks)), (2, _I64, total), (3, _I64, len(group))))
        count += len(group)
    footer = _footer(columns, count, groups)
    file.write(footer + struct.pack("<I", len(footer)) + MAGIC)
    return count


def _some(rows: Iterator[Sequence[Value]]) -> list[Sequence[Value]]:
    return [row for _, row in zip(range(GROUP_ROWS), rows, strict=False)]


def _page(column: ParquetColumn, values: Sequence[Value]) -> tuple[bytes, bytes, int]:
    """The one page of a column in a row group: its header, its gzipped content, the content's length before."""
    if column.whole:
        plain = struct.pack(f"<{len(values)}q", *values)
    else:
        texts = [str(value).encode() for value in values]
        plain = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    packer = zlib.compressobj(wbits=31)  # a gzip member without a time: the same rows are the same bytes
    packed = packer.compress(plain) + packer.flush()
    data = _fields((1, _I32, len(values)), (2, _I32, PLAIN), (3, _I32, RLE), (4, _I32, RLE))
    header = _fields((1, _I32, DATA_PAGE), (2, _I32, len(plain)), (3, _I32, len(packed)), (5, _STRUCT, data))
    return header, packed, len(plain)


def _chunk(column: ParquetColumn, count: int, place: int, whole: int, packed: int) -> bytes:
    encodings = _list(_I32, [_number(PLAIN), _number(RLE)])
    path = _list(_BINARY, [_text(column.name)])
    facts = _fields(
        (1, _I32, column.kind), (2, _LIST, encodings), (3, _LIST, path), (4, _I32, GZIP), (5, _I64, count),
        (6, _I64, whole), (7, _I64, packed), (9, _I64, place),
    )  # fmt: skip
    return _fields((2, _I64, place), (3, _STRUCT, facts))


def _footer(columns: Sequence[ParquetColumn], count: int, groups: Sequence[bytes]) -> bytes:
    elements = [_fields((4, _BINARY, _text("schema")), (5, _I32, len(columns)))]
    for column in columns:
        facts: list[tuple[int, int, int | bytes]] = [
            (1, _I32, column.kind), (3, _I32, REQUIRED), (4, _BINARY, _text(column.name))
        ]  # fmt: skip
        elements.append(_fields(*facts, *(() if column.whole else ((6, _I32, UTF8),))))
    return _fields(
        (1, _I32, 1), (2, _LIST, _list(_STRUCT, elements)), (3, _I64, count), (4, _LIST, _list(_STRUCT, groups)),
        (6, _BINARY, _text(CREATED_BY)),
    )  # fmt: skip


# Thrift's compact protocol ---------------------------------------------------------------------------


def _fields(*fields: tuple[int, int, int | bytes]) -> bytes:
    """A struct: number, type and value of each field, in order; a whole number as itself, all else as its bytes."""
    out, last = bytearray(), 0
    for number, kind, value in fields:
        out.append((number - last) << 4 | kind)  # none of ours is more than 15 after the one before
        out += _number(value) if isinstance(value, int) else value
        last = number
    out.append(0)
    return bytes(out)


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    head = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xF0 | kind]) + _varint(len(items))
    return head + b"".join(items)


def _text(value: str) -> bytes:
    raw = value.encode()
    return _varint(len(raw)) + raw


def _number(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
