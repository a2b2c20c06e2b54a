"""One event for people: every field in Spanish, before → after, and the words of the filter line that it answers to."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from data.values.dates import format_date, to_panama
from data.values.money import Money
from services.audit_words import FIELDS, VALUES, action_text, result_text
from services.operator import ROLE_LABELS, Role
from services.text_cleaning import clean
from services.timeline_words import CHANNELS

_VALUE = 300
_AMOUNTS = frozenset({"amount", "balance", "expected", "counted", "difference", "total", "week_total"})
_LEFT_OUT = frozenset({"v", "actor"})


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event. `seq` is its place in the chain (None while it waits for its seal); `at` UTC; `reviewed` who marked
    it; `comments` the thread below it. A page has 200 of them and one is read: `lines` and `words` are made when
    asked for."""

    event_id: int
    seq: int | None
    at: datetime
    who: str
    action: str
    member_number: str | None
    object: str | None
    result: str
    reason: str | None
    body: Mapping[str, Any] = field(repr=False)
    reviewed: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The whole body in Spanish, one field a line."""
        return tuple(body_lines(self.body, self.member_number))

    @property
    def words(self) -> dict[str, str]:
        """What the filter line may ask to find its like: `agente` → `mrodriguez`."""
        return _words(self.body, self.member_number)


def audit_row(row: Any, reviewed: tuple[str, ...] = (), comments: tuple[str, ...] = ()) -> AuditRow:
    """From a row with id, seq, body and the member's number."""
    body = json.loads(row.body)
    reason = body.get("reason")
    return AuditRow(
        event_id=row.id,
        seq=row.seq,
        at=datetime.fromisoformat(body["at"]),
        who=clean(str(body["user"]), 60),
        action=action_text(str(body["action"])),
        member_number=row.number,
        object=clean(str(body["object"]), 80) if "object" in body else None,
        result=result_text(str(body["result"])),
        reason=clean(str(reason), _VALUE) if reason is not None else None,
        body=body,
        reviewed=reviewed,
        comments=comments,
    )


def _words(body: Mapping[str, Any], number: str | None) -> dict[str, str]:
    amount = detail.get("amount") if isinstance(detail := body.get("detail"), dict) else None
    actor = str(body["actor"])
    found = {
        "agente": "sistema" if actor == "system" else str(body["user"]) if actor.startswith("staff:") else "",
        "socio": number or "",
        "monto": str(Money(amount)) if type(amount) is int and amount > 0 else "",
        "terminal": str(body["terminal"]),
        "acción": str(body["action"]),
        "resultado": str(body["result"]),
        "caso": str(body.get("case") or ""),
        "día": format_date(to_panama(datetime.fromisoformat(body["at"])).date()),
    }
    return {word: clean(value, 80) for word, value in found.items() if value}


def body_lines(body: Mapping[str, Any], number: str | None = None) -> Iterator[str]:
    """Every field of a body, the most important first, nested ones indented."""
    shown = dict(body)
    if number is not None and "member" in shown:
        shown["member"] = number
    yield from _lines(shown, "")


def _lines(body: Mapping[str, Any], indent: str) -> Iterator[str]:
    order = list(FIELDS)
    rest = body.keys() - _LEFT_OUT
    if rest >= {"before", "after"}:
        rest -= {"before", "after"}
        yield from (f"{indent}{line}" for line in _changes(body["before"], body["after"]))
    for name in sorted(rest, key=lambda key: (order.index(key) if key in order else len(order), key)):
        value, label = body[name], f"{indent}{FIELDS.get(name, clean(name, 40))}"
        if isinstance(value, dict):
            yield f"{label}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{label}: {_shown(name, value)}"


def _changes(before: Any, after: Any) -> Iterator[str]:
    """`Imagen: faro → —`; what did not change is told once."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield f"Cambio: {_shown('', before)} → {_shown('', after)}"
        return
    for name in sorted(before.keys() | after.keys()):
        old, new = (_shown(name, side.get(name)) for side in (before, after))
        label = FIELDS.get(name, clean(name, 40))
        yield f"{label}: {old} → {new}" if old != new else f"{label}: {old} (sin cambio)"


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(name, item) for item in value)[:_VALUE] or "—"
    if isinstance(value, bool):
        return "sí" if value else "no"
    if value is None:
        return "—"
    if type(value) is int and name in _AMOUNTS:
        return Money(value).with_symbol()
    text = str(value)
    if name == "at":
        local = to_panama(datetime.fromisoformat(text))
        return f"{format_date(local.date())} {local:%H:%M:%S} (Panamá)"
    if name == "action":
        return f"{action_text(text)} ({clean(text, 60)})"
    if name == "result":
        return result_text(text)
    if name == "roles":
        return ROLE_LABELS[Role(text)] if text in set(Role) else clean(text, 40)
    if name == "channel":
        return CHANNELS.get(text, clean(text, 40))
    return VALUES.get(text) or clean(text, _VALUE)
