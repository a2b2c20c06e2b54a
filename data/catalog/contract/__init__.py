"""The contract of the online service, by version (S70–S73, req. 36–37): texts that were signed are never taken away.

One TOML file a version, named after it. A text is rendered for one person and one day; its hash and that of the file's
bytes are what a signature rests on (G7).
"""

import functools
import hashlib
import re
import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources

from data.catalog.reader import CatalogError, Row, read_catalog
from data.values.dates import long_date
from data.values.text import clean

#: The shown contract has twenty-two numbered clauses (S72): no version has fewer.
LEAST_CLAUSES = 22
#: What a text may have filled in, and how much of it is shown.
FIELDS: Mapping[str, int] = {"name": 120, "cedula": 20, "kind": 20, "number": 20, "date": 60}
UNITS = ("PRIMERA", "SEGUNDA", "TERCERA", "CUARTA", "QUINTA", "SEXTA", "SÉPTIMA", "OCTAVA", "NOVENA")
TENS = ("DÉCIMA", "VIGÉSIMA", "TRIGÉSIMA", "CUADRAGÉSIMA")


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered clause."""

    ordinal: str
    text: str

    @property
    def whole(self) -> str:
        """`PRIMERA: …`, as it stands in the contract."""
        return f"{self.ordinal}: {self.text}"


@dataclass(frozen=True, slots=True)
class Party:
    """Who signs: full name, cédula, «asociado» or «tercero», número de asociado o cliente."""

    name: str
    cedula: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """One version. `model`: not yet the text of the cooperative's counsel. `sha256`: of the file's bytes."""

    version: str
    effective_from: date
    model: bool
    title: str
    notice: str
    preamble: str
    clauses: tuple[Clause, ...] = field(repr=False)
    closing: str = field(repr=False)
    sha256: str = ""

    def render(self, party: Party, day: date) -> str:
        """The whole text for `party`, dated `day` (in Panama) as S73: NFC, paragraphs parted by an empty line."""
        given = {
            "name": party.name,
            "cedula": party.cedula,
            "kind": party.kind,
            "number": party.number,
            "date": long_date(day),
        }
        values = {name: clean(value, FIELDS[name]) for name, value in given.items()}
        parts = [self.title, *([self.notice] if self.notice else []), _fill(self.preamble, values)]
        parts += [clause.whole for clause in self.clauses]
        parts.append(_fill(self.closing, values))
        return unicodedata.normalize("NFC", "\n\n".join(parts)) + "\n"


def parse_contract(source: bytes, name: str) -> ContractVersion:
    """Read one version from a file's bytes. Raises CatalogError."""
    try:
        top = read_catalog(f"contract/{name}", source.decode("utf-8"))
    except UnicodeDecodeError:
        raise CatalogError(f"contract/{name}: no es UTF-8") from None
    clauses = tuple(_clause(row) for row in top.rows("clause", "ordinal"))
    found = ContractVersion(
        version=top.text("version"),
        effective_from=top.day("effective_from"),
        model=top.flag("model", False),
        title=_one_line(top, "title"),
        notice=_one_line(top, "notice", ""),
        preamble=_one_line(top, "preamble"),
        clauses=clauses,
        closing=_one_line(top, "closing"),
        sha256=hashlib.sha256(source).hexdigest(),
    )
    top.done()
    _check(top, found, name)
    return found


@functools.cache
def load_contracts() -> Mapping[str, ContractVersion]:
    """Every version that the program ships, by its name, oldest first."""
    folder = resources.files("data.catalog").joinpath("contract")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    found = [parse_contract(entry.read_bytes(), entry.name) for entry in files]
    if not found:
        raise CatalogError("contract: no hay ninguna versión del contrato")
    return {one.version: one for one in sorted(found, key=lambda one: one.effective_from)}


def template_bytes(version: str) -> bytes:
    """The file of a version. Raises LookupError for one that the program never had."""
    if version not in load_contracts():
        raise LookupError(f"no contract {version}")
    return resources.files("data.catalog").joinpath("contract", f"{version}.toml").read_bytes()


def version_on(day: date) -> ContractVersion:
    """The version that holds on a day in Panama: the last one that had begun; before all of them, the first."""
    contracts = list(load_contracts().values())
    begun = [one for one in contracts if one.effective_from <= day]
    return begun[-1] if begun else contracts[0]


def ordinal(number: int) -> str:
    """`DÉCIMA PRIMERA` for 11; 1 to 49."""
    tens, units = divmod(number, 10)
    words = [TENS[tens - 1]] if tens else []
    return " ".join([*words, *([UNITS[units - 1]] if units else [])])


def _clause(row: Row) -> Clause:
    clause = Clause(row.text("ordinal"), _one_line(row, "text"))
    row.done()
    return clause


def _one_line(row: Row, key: str, default: str | None = None) -> str:
    """A paragraph: however the file breaks its lines, it is one."""
    return " ".join(row.text(key, default).split())


def _check(row: Row, found: ContractVersion, name: str) -> None:
    if name != f"{found.version}.toml" or not re.fullmatch(r"[0-9]{4}-[0-9]{2}[a-z]?", found.version):
        raise row.error("«version» debe ser el nombre del archivo, como 2026-11")
    if len(found.clauses) < LEAST_CLAUSES:
        raise row.error(f"el contrato lleva {LEAST_CLAUSES} cláusulas o más")
    for number, clause in enumerate(found.clauses, 1):
        if clause.ordinal != ordinal(number):
            raise row.error(f"la cláusula {number} se llama {ordinal(number)}")
    if _fields(found.preamble) != FIELDS.keys() - {"date"} or _fields(found.closing) != {"date"}:
        raise row.error("«preamble» lleva {name}, {cedula}, {kind} y {number}; «closing» lleva {date}")
    if any(_fields(text) for text in (found.title, found.notice, *(clause.text for clause in found.clauses))):
        raise row.error("las cláusulas no llevan campos")


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in, once: what a name holds is never read as a field itself."""
    return re.sub(r"\{([a-z]+)\}", lambda match: values[match[1]], text)
