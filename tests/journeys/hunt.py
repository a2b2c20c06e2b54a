"""Looks for secrets where none may be: files byte by byte, database cell by cell, texts, log records."""

from __future__ import annotations

import base64
import functools
import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

from services.text_cleaning import fold

SHORT = 8
"""Characters up to which a secret counts only where it stands alone: six digits stand in any long number."""


@dataclass
class Hunt:
    """Secrets by what they are. What it finds is told by that name; the secret itself is in no message."""

    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def add(self, what: str, secret: str) -> None:
        """Look for one more."""
        assert len(secret) >= 6, f"{what} is too short to be looked for"
        self.secrets[what] = secret

    def in_text(self, text: str | bytes, where: str) -> set[tuple[str, str]]:
        """(what, where) of every secret in a text, in any of the forms in which a program writes a string."""
        content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        small = content.lower()
        return {
            (what, where)
            for what, secret in self.secrets.items()
            if any(_holds(content, small, form) for form in _forms(secret))
        }

    def in_texts(self, texts: Mapping[str, str] | Iterable[str], where: str) -> set[tuple[str, str]]:
        """Of many texts, all called `where`."""
        found: set[tuple[str, str]] = set()
        for text in texts.values() if isinstance(texts, Mapping) else texts:
            found |= self.in_text(text, where)
        return found

    def in_files(self, *folders: Path) -> set[tuple[str, str]]:
        """In every file below the folders, names included."""
        found: set[tuple[str, str]] = set()
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                found |= self.in_text(path.name, path.name)
                if path.is_file():
                    found |= self.in_text(path.read_bytes(), path.name)
        return found

    def in_database(self, path: Path) -> set[tuple[str, str]]:
        """In every cell of every table, rows that only the write-ahead log holds included."""
        found: set[tuple[str, str]] = set()
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            database.text_factory = bytes
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for name in sorted(row[0].decode() for row in names):
                for row in database.execute(f'SELECT * FROM "{name}"'):
                    for cell in row:
                        if isinstance(cell, bytes | int):
                            found |= self.in_text(cell if isinstance(cell, bytes) else str(cell), f"table {name}")
        return found


@functools.cache
def _forms(secret: str) -> frozenset[bytes]:
    """The secret as it stands, folded, grouped, escaped, encoded."""
    plain = {secret, secret.lower(), secret.upper(), fold(secret), json.dumps(secret)[1:-1], quote_plus(secret)}
    plain |= {re.sub(r"[\s-]", "", secret), " ".join(secret)}
    plain |= {" ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}
    encoded = secret.encode()
    coded = {encoded.hex().encode(), encoded.hex().upper().encode(), base64.b64encode(encoded).rstrip(b"=")}
    coded |= {secret.encode("utf-16-le")}
    return frozenset({form.encode() for form in plain if len(form) >= 6} | coded)


def _holds(content: bytes, small: bytes, form: bytes) -> bool:
    if form.lower() not in small:
        return False
    if len(form) > SHORT:
        return True
    return re.search(rb"(?<![0-9A-Za-z])" + re.escape(form) + rb"(?![0-9A-Za-z])", content) is not None
