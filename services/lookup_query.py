"""What somebody typed into the search box, read as the identifiers that it may be. No database here."""

import re
from dataclasses import dataclass

from data.name_index import name_words
from data.secrets.box import hmac
from data.values.account_number import AccountNumber
from data.values.cedula import Cedula
from data.values.errors import InvalidValue
from data.values.typed import DASHES, SPACES
from services.text_cleaning import clean, fold

LONGEST = 80
_SEPARATORS = re.compile(rf"[{DASHES}{SPACES}]+")
_DIGITS = re.compile(r"[0-9]+")
_ACCOUNT_DIGITS = range(8, 20)


@dataclass(frozen=True, slots=True, repr=False)
class Query:
    """The readings of one text. `words` are those of a name, empty where it can't be one."""

    kind: str  # numero | cedula | cuenta | nombre | otro
    numbers: tuple[str, ...]
    cedula: str | None
    accounts: tuple[str, ...]
    words: tuple[str, ...]
    canonical: str

    def fingerprint(self, key: bytes) -> str:
        """16 hex digits that stand for the text in the audit trail.

        Equal texts are equal, and none can be read.
        """
        return hmac(key, "coop-tui lookup 1", self.canonical.encode("utf-8", "surrogatepass")).hex()[:16]


def read_query(typed: str) -> Query:
    """Read a member number, a cédula in any spelling, an account number in any spacing, or else a name.

    Takes any text whatever: what is nothing of the kind becomes a query that finds nobody.
    """
    text = clean(typed[: LONGEST * 4], LONGEST * 4)
    if not text or len(text) > LONGEST:
        return Query("otro", (), None, (), (), fold(text))
    if (cedula := _cedula(text)) is not None:
        return Query("cedula", (), cedula, (), (), cedula)
    parts = _SEPARATORS.split(text.strip())
    if all(_DIGITS.fullmatch(part) for part in parts):
        if len(parts) == 1:
            stripped = text.lstrip("0") or "0"
            return Query("numero", tuple(dict.fromkeys((text, stripped))), None, _bare_account(text), (), stripped)
        accounts = _account_spellings(text, parts)
        return Query("cuenta", ("".join(parts),), None, accounts, (), accounts[0])
    words = tuple(name_words(text))[:6] if any(char.isalpha() for char in text) else ()
    return Query("nombre" if words else "otro", (text.upper(),), None, (), words, fold(text))


def _cedula(text: str) -> str | None:
    try:
        return Cedula.parse(text).format()
    except InvalidValue:
        return None


def _account_spellings(text: str, parts: list[str]) -> tuple[str, ...]:
    """The forms in which a number typed in parts may be stored.

    Canonical first, then joined in the usual ways.
    """
    joined = ("-".join(parts), " ".join(parts), "".join(parts))
    try:
        return tuple(dict.fromkeys((AccountNumber.parse(text).format(), *joined)))
    except InvalidValue:
        return tuple(dict.fromkeys((*joined, *_bare_account("".join(parts)))))


def _bare_account(digits: str) -> tuple[str, ...]:
    """The account numbers that bare digits can be: only holder, sequence and check digit leave a choice."""
    if len(digits) not in _ACCOUNT_DIGITS:
        return ()
    head, rest = f"{digits[:2]}-{digits[2:5]}", digits[5:]
    found = [digits]
    tails = (
        (rest[:-1], rest[-1:]),
        (rest[:-2], rest[-2:]),
        (rest[:-2], rest[-2:-1], rest[-1:]),
        (rest[:-3], rest[-3:-1], rest[-1:]),
    )
    for tail in tails:
        try:
            found.append(AccountNumber.parse("-".join((head, *tail))).format())
        except InvalidValue:
            continue
    return tuple(dict.fromkeys(found))
