"""The filter line of the audit: `agente:mrodriguez acción:credencial desde:01/11/2026 resultado:negado socio:50012`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches

from data.values.dates import format_date, parse_date
from data.values.errors import InvalidValue
from data.values.money import Money
from services.audit_words import actions_like, results_like
from services.errors import InvalidInput
from services.text_cleaning import clean, fold

HELP = (
    "Escriba palabra:valor, una o varias: agente:mrodriguez acción:credencial resultado:negado socio:50012 "
    "monto:75.00 terminal:T-1 caso:… evento:1204 señal:3 desde:01/11/2026 hasta:30/11/2026 día:hoy. "
    "Sin nada se ve todo."
)
LONGEST = 200
WORDS = (
    "agente",
    "acción",
    "resultado",
    "socio",
    "monto",
    "terminal",
    "caso",
    "evento",
    "señal",
    "día",
    "desde",
    "hasta",
)
_PAIR = re.compile(r"(\w+):(?:\"([^\"]*)\"|(\S+))")
_NAMES = {
    "agente": "who",
    "usuario": "who",
    "quien": "who",
    "accion": "action",
    "resultado": "result",
    "desde": "since",
    "hasta": "until",
    "dia": "day",
    "socio": "member",
    "asociado": "member",
    "monto": "amount",
    "terminal": "terminal",
    "caso": "case",
    "evento": "seq",
    "senal": "line",
}
_DAYS = {"hoy": 0, "ayer": 1}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to show; None: any. `actions` and `results` are the trail's own names; dates are days in Panama; `amount` is
    in centésimos; `seq` is the number of one event in the chain; `line_id` a line of the patterns,
    for the events behind it."""

    who: str | None = None
    actions: tuple[str, ...] | None = None
    results: tuple[str, ...] | None = None
    since: date | None = None
    until: date | None = None
    member_number: str | None = None
    amount: int | None = None
    terminal: str | None = None
    case_id: str | None = None
    seq: int | None = None
    line_id: int | None = None


def parse_filter(typed: str, today: date | None = None) -> AuditFilter:
    """Read a filter line. `today`: what «hoy» and «ayer» count from.

    Raises InvalidInput (field `filter`), naming the word that it does not understand and the
    nearest one that it does.
    """
    found = _pairs(clean(typed, LONGEST))
    day = _day(found.get("day"), today)
    since, until = _day(found.get("since"), today), _day(found.get("until"), today)
    if day is not None and (since or until):
        raise InvalidInput("Escriba «día:» o «desde:» y «hasta:», no los tres.", field="filter")
    if since and until and since > until:
        raise InvalidInput("La fecha «desde» es posterior a «hasta».", field="filter")
    return AuditFilter(
        who=found["who"].casefold() if "who" in found else None,
        actions=_known("una acción", actions_like, found.get("action")),
        results=_known("un resultado", results_like, found.get("result")),
        since=day or since,
        until=day or until,
        member_number=found.get("member"),
        amount=_amount(found.get("amount")),
        terminal=found.get("terminal"),
        case_id=found.get("case"),
        seq=_number(found.get("seq")),
        line_id=_number(found.get("line")),
    )


def with_word(line: str, word: str, value: str) -> str:
    """The line with `word:value` in it, in the place of the same word if it was there; without a value, without it."""
    kept = [m.group(0) for m in _PAIR.finditer(line) if _NAMES.get(fold(m[1])) != _NAMES[fold(word)]]
    if value:
        kept.append(f'{word}:"{value}"' if " " in value else f"{word}:{value}")
    return " ".join(kept)


def on_day(line: str, day: date) -> str:
    """The line, for this day alone."""
    for word in ("desde", "hasta"):
        line = with_word(line, word, "")
    return with_word(line, "día", format_date(day))


def day_of(line: str, today: date, step: int) -> date:
    """The day `step` days from the one that the line is about; today where it names none, never after today."""
    wanted = parse_filter(line, today)
    day = wanted.until or wanted.since
    return min(today, (day + timedelta(days=step)) if day else today + timedelta(days=min(0, step)))


def _pairs(line: str) -> dict[str, str]:
    if rest := _PAIR.sub(" ", line).split():
        raise InvalidInput(f"No se entiende «{rest[0]}». {HELP}", field="filter")
    found: dict[str, str] = {}
    for match in _PAIR.finditer(line):
        name = _NAMES.get(fold(match[1]))
        if name is None:
            near = get_close_matches(fold(match[1]), _NAMES, 1, 0.6)
            hint = f"¿Quiso decir «{near[0]}:»?" if near else HELP
            raise InvalidInput(f"No se entiende «{match[1]}:». {hint}", field="filter")
        if name in found:
            raise InvalidInput(f"«{match[1]}:» está dos veces. Deje una.", field="filter")
        found[name] = match[2] or match[3] or ""
    return found


def _known(label: str, look: Callable[[str], tuple[str, ...]], typed: str | None) -> tuple[str, ...] | None:
    if typed is None:
        return None
    names = look(typed)
    if not names:
        raise InvalidInput(f"No hay {label} que se llame «{typed}».", field="filter")
    return names


def _day(typed: str | None, today: date | None) -> date | None:
    if typed is None:
        return None
    if today is not None and fold(typed) in _DAYS:
        return today - timedelta(days=_DAYS[fold(typed)])
    try:
        return parse_date(typed)
    except InvalidValue as error:
        raise InvalidInput(f"{error} También valen «hoy» y «ayer».", field="filter") from None


def _amount(typed: str | None) -> int | None:
    try:
        return None if typed is None else Money.parse(typed).centesimos
    except InvalidValue as error:
        raise InvalidInput(str(error), field="filter") from None


def _number(typed: str | None) -> int | None:
    if typed is None:
        return None
    digits = typed.replace(",", "")
    if not (digits.isascii() and digits.isdecimal() and 0 < int(digits[:19]) < 10**18):
        raise InvalidInput(f"«{typed}» no es el número de un evento.", field="filter")
    return int(digits)
