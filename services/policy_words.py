"""The policy document in words: places and values as people read them."""

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from data.values.money import Money
from services.audit_words import ALL_WORDS
from services.operator import ROLE_LABELS

LIMIT_WORDS: Mapping[str, str] = {
    "minimum": "monto mínimo",
    "maximum": "monto máximo",
    "member_daily": "por día del asociado",
    "agent_daily": "por día de quien registra",
    "single": "solo, en una operación",
}
RULE_WORDS: Mapping[str, str] = {
    "roles": "roles",
    "level": "nivel de verificación",
    "reauthenticate": "pide la contraseña",
    "reason": "pide un motivo",
    "second_person": "pide una segunda persona",
    "member": "en el portal",
}
TEXTS: Mapping[str, str] = {
    "next": "la siguiente hábil",
    "previous": "la anterior hábil",
    "same": "la misma",
    "refuse": "nadie le abre",
    "session": "sin más",
    "answer": "con una respuesta",
    "password": "con la contraseña",
    "code": "con un código",
    "charges": "cargos",
    "overdue_interest": "interés de mora",
    "interest": "interés",
    "principal": "capital",
    "asociado": "Asociado",
} | {role.value: label for role, label in ROLE_LABELS.items()}
AMOUNTS = frozenset({("cash", "reportable"), ("cash", "vault_alone")})
NOTHING = "—"


@functools.cache
def _catalogue() -> tuple[Mapping[str, str], Mapping[str, str]]:
    raw = (files("data") / "catalog" / "policy_words.toml").read_text(encoding="utf-8")
    document = tomllib.loads(raw)
    return document["sections"], document["values"]


def section_words(section: str) -> str:
    """What a section is about; the section's own name where nobody wrote it."""
    return _catalogue()[0].get(section, section)


def place_words(place: tuple[str, ...]) -> str:
    """A value's place in words: `Minutos que dura ese bloqueo`, `Transferencia a terceros, monto máximo`."""
    section, *rest = place
    if section == "limits":
        words = [ALL_WORDS.get(rest[0], rest[0]), *(LIMIT_WORDS.get(one) or TEXTS.get(one, one) for one in rest[1:])]
    elif section == "operations":
        words = [ALL_WORDS.get(rest[0], rest[0]), *(RULE_WORDS.get(one, one) for one in rest[1:])]
    else:
        kind = "web" if section.startswith("web_") else section
        return _catalogue()[1].get(".".join((kind, *rest)), ".".join(rest) or section_words(section))
    return ", ".join(words)


def value_words(place: tuple[str, ...], value: Any) -> str:
    """A value as people read it: amounts in balboas, roles by their names, sí and no."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, list):
        return ", ".join(_text(str(item)) for item in value) or "ninguno"
    if isinstance(value, int):
        return Money(value).with_symbol() if place[0] == "limits" or place in AMOUNTS else f"{value:,}"
    return str(value) if place == ("version",) else _text(str(value))


def _text(value: str) -> str:
    return TEXTS.get(value, value)
