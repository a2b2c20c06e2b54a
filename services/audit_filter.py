"""The filter line of the audit: `agente:mrodriguez acción:credencial desde:01/11/2026 resultado:negado socio:50012`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from data.values.dates import parse_date
from data.values.errors import InvalidValue
from services.audit_words import actions_like, results_like
from services.errors import InvalidInput
from services.text_cleaning import clean, fold

HELP = (
    "Escriba palabra:valor, una o varias: agente:mrodriguez acción:credencial resultado:negado socio:50012 "
    "desde:01/11/2026 hasta:30/11/2026. Sin nada se ve todo."
)
LONGEST = 200
_PAIR = re.compile(r"(\w+):(?:\"([^\"]*)\"|(\S+))")
_NAMES = {
    "agente": "who",
    "usuario": "who",
    "quien": "who",
    "accion": "action",
    "resultado": "result",
    "desde": "since",
    "hasta": "until",
    "socio": "member",
    "asociado": "member",
}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to show; None: any. `actions` and `results` are the trail's own names; dates are days in Panama."""

    who: str | None = None
    actions: tuple[str, ...] | None = None
    results: tuple[str, ...] | None = None
    since: date | None = None
    until: date | None = None
    member_number: str | None = None


def parse_filter(typed: str) -> AuditFilter:
    """Read a filter line. Raises InvalidInput (field `filter`), naming the word that it does not understand."""
    line = clean(typed, LONGEST)
    if rest := _PAIR.sub(" ", line).split():
        raise InvalidInput(f"No se entiende «{rest[0]}». {HELP}", field="filter")
    found: dict[str, str] = {}
    for match in _PAIR.finditer(line):
        name = _NAMES.get(fold(match[1]))
        if name is None:
            raise InvalidInput(f"No se entiende «{match[1]}:». {HELP}", field="filter")
        found[name] = match[2] or match[3] or ""
    return AuditFilter(
        who=found["who"].casefold() if "who" in found else None,
        actions=_known("acción", actions_like, found.get("action")),
        results=_known("resultado", results_like, found.get("result")),
        since=_day(found.get("since")),
        until=_day(found.get("until")),
        member_number=found.get("member"),
    )


def _known(label: str, look: Callable[[str], tuple[str, ...]], typed: str | None) -> tuple[str, ...] | None:
    if typed is None:
        return None
    names = look(typed)
    if not names:
        raise InvalidInput(f"No hay {label} que se llame «{typed}».", field="filter")
    return names


def _day(typed: str | None) -> date | None:
    try:
        return None if typed is None else parse_date(typed)
    except InvalidValue as error:
        raise InvalidInput(str(error), field="filter") from None
