"""The filter line of the cases, and the line that writes a follow-up down."""

import re
from datetime import date, timedelta

from data.values.dates import parse_date
from data.values.errors import InvalidValue
from services.case_list import STATES, ListCases
from services.errors import InvalidInput
from services.text_cleaning import clean, fold

HELP = f"Escriba agente:mrodriguez, socio:50012, estado:{'|'.join(STATES)}; una o varias. Sin nada se ven todos."
FOLLOW_UP_HELP = "La fecha y qué hay que hacer: 25/11/2026 llamar para confirmar. También valen «hoy» y «mañana»."
_PAIR = re.compile(r"(\w+):(\S+)")
_NAMES = {"agente": "agent", "usuario": "agent", "socio": "number", "asociado": "number", "estado": "state"}
_DAYS = {"hoy": 0, "manana": 1}


def parse_cases(typed: str) -> ListCases:
    """`agente:mrodriguez estado:pendiente`. Raises InvalidInput (field `filter`)."""
    line = clean(typed, 200)
    if rest := _PAIR.sub(" ", line).split():
        raise InvalidInput(f"No se entiende «{rest[0]}». {HELP}", field="filter")
    found: dict[str, str] = {}
    for match in _PAIR.finditer(line):
        name = _NAMES.get(fold(match[1]))
        if name is None or name in found:
            raise InvalidInput(f"No se entiende «{match[1]}:». {HELP}", field="filter")
        found[name] = fold(match[2]) if name == "state" else match[2]
    return ListCases(found.get("agent"), found.get("number"), found.get("state"))


def parse_follow_up(typed: str, today: date) -> tuple[date, str]:
    """`25/11/2026 llamar para confirmar`: the day and the rest. Raises InvalidInput (fields `due_on`, `text`)."""
    word, _, text = clean(typed, 300).strip().partition(" ")
    if not text.strip():
        raise InvalidInput(FOLLOW_UP_HELP, field="text")
    if fold(word) in _DAYS:
        return today + timedelta(days=_DAYS[fold(word)]), text.strip()
    try:
        return parse_date(word), text.strip()
    except InvalidValue as error:
        raise InvalidInput(f"{error} {FOLLOW_UP_HELP}", field="due_on") from None
