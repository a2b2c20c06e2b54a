"""The policy document as text: flattened to values, compared, completed, and what is wrong with it at its line."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.policy import Policy, PolicyError, packaged_policy, parse_policy, policy_of_document, read_document

Path = tuple[str, ...]
"""Where a value stands: `("session", "lock_minutes")`, `("limits", "transfer.own", "single", "cajero")`."""
_LINE = re.compile(r"at line ([0-9]+)")
_PLACE = re.compile(r"\[(\w+)\](?: \"([^\"]+)\")?(?: (\w+))?")
_UNKNOWN = re.compile(r"(?:desconocida|sobran:) (.+)")


def values_of(document: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every single value of a document with its place, in the document's order."""
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from values_of(value, (*above, key))
        else:
            yield (*above, key), value


def differences(before: str, after: str) -> list[tuple[Path, Any, Any]]:
    """Place, value before and after of what differs between two documents; None where there is none."""
    old, new = (dict(values_of(read_document(text.encode()))) for text in (before, after))
    places = [*old, *(place for place in new if place not in old)]
    return [(place, old.get(place), new.get(place)) for place in places if old.get(place) != new.get(place)]


def complete(text: str, sha256: str) -> tuple[Policy, tuple[str, ...]]:
    """The policy of a stored document, whatever version of the program it was written for: what this program asks for
    and the document doesn't say is taken from the one that the program ships, and what is known no more is left out.
    Answers the places that were taken or left. Raises PolicyError for what can't be mended so.
    """
    document = read_document(text.encode())
    shipped = read_document(packaged_policy())
    changed: list[str] = []
    merged = _merged(document, shipped, changed, ())
    return policy_of_document(merged, sha256), tuple(changed)


def _merged(own: Mapping[str, Any], shipped: Mapping[str, Any], changed: list[str], above: Path) -> dict[str, Any]:
    merged: dict[str, Any] = {}  # rows of [limits] and [operations] stay whole: what one doesn't say is said on purpose
    for key, default in shipped.items():
        place = ".".join((*above, key))
        if key not in own:
            changed.append(place)
            merged[key] = default
        elif isinstance(default, Mapping) and isinstance(own[key], Mapping) and not above:
            merged[key] = _merged(own[key], default, changed, (*above, key))
        else:
            merged[key] = own[key]
    changed.extend(".".join((*above, key)) for key in own if key not in shipped)
    return merged


def check_text(text: str) -> Policy:
    """The policy of a document that somebody proposes. Raises PolicyError whose text begins with the line to blame."""
    try:
        return parse_policy(text.encode())
    except PolicyError as error:
        told = str(error).removeprefix("policy.toml").lstrip(": ")
        raise PolicyError(f"Línea {line_of(text, told)}: {told}") from None


def line_of(text: str, told: str) -> int:
    """The line (from 1) that a complaint is about, as well as it can be told."""
    if found := _LINE.search(told):
        return int(found[1])
    place, lines = _PLACE.search(told), text.splitlines()
    unknown = _UNKNOWN.search(told)
    named = [name.strip(' "') for name in unknown[1].split(",")] if unknown else []
    if place is None:
        return next((at for at, line in enumerate(lines, 1) if any(name in line for name in named)), 1)
    start = next((at for at, line in enumerate(lines) if line.strip() == f"[{place[1]}]"), 0)
    key = f'"{place[2]}"' if place[2] else place[3]
    wanted = [key] if key else named
    for at, line in enumerate(lines[start + 1 :], start + 2):
        if line.startswith("["):
            break
        if any(line.strip().lstrip('"').startswith(name.strip('"')) for name in wanted):
            return at
    return start + 1
