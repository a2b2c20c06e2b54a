"""What may come next on the filter line: the words of the language, and for the last word its values."""

import re
from collections.abc import Iterator, Sequence

from services.audit_filter import WORDS
from services.audit_words import ALL_WORDS
from services.text_cleaning import fold
from services.timeline_words import RESULTS

MOST = 12
_LAST = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))*$')


def completions(line: str, people: Sequence[str] = ()) -> tuple[str, ...]:
    """Whole lines that go on from `line`, at most 12: `age` → `agente:`, `acción:env` → `acción:"Envió una…"`.

    `people`: the user names that `agente:` offers.
    """
    match = _LAST.search(line)
    tail = match[0] if match else ""
    head = line[: len(line) - len(tail)]
    word, colon, value = tail.partition(":")
    if not colon:
        return tuple(f"{head}{name}:" for name in WORDS if fold(name).startswith(fold(word)))
    name = next((known for known in WORDS if fold(known) == fold(word)), "")
    wanted = fold(value.strip('"'))
    found = (text for text in _values(name, people) if fold(text) != wanted and _fits(name, fold(text), wanted))
    return tuple(f"{head}{name}:{_quoted(text)}" for text, _ in zip(found, range(MOST), strict=False))


def _fits(name: str, text: str, wanted: str) -> bool:
    return wanted in text if name == "acción" else text.startswith(wanted)


def _values(name: str, people: Sequence[str]) -> Iterator[str]:
    if name == "agente":
        yield from (*people, "sistema")
    elif name == "acción":
        yield from sorted(set(ALL_WORDS.values()))
    elif name == "resultado":
        yield from RESULTS.values()
    elif name in ("día", "desde", "hasta"):
        yield from ("hoy", "ayer")


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
