"""The player's texts: where it stands, the key and the events of a step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.text import Text

from data.values.dates import to_panama
from services.audit_body import AuditRow
from services.recording_frames import Line, Step
from services.recording_views import RecordingRow, Watched
from services.text_cleaning import fold
from widgets.keys import key_name
from widgets.text import joined, safe

KEYS: Final = "←→ paso  Espacio ▶  1-4 ritmo  e evento  F6 eventos  g ir  / buscar  v ocultar  Esc"
SPEEDS: Final = {1: "1×", 4: "4×", 16: "16×", 0: "máx."}
LONGEST_GAP: Final = timedelta(seconds=2)
"""Nobody watches a desk at which nothing happens."""
SHORTEST_GAP: Final = 0.02
STATES: Final = {"open": "en curso", "closed": "cerrada", "lost": "sin cierre", "purged": "borrada"}


def pressed(step: Step) -> str:
    """The key of a step, for people."""
    if not step.key:
        return "sin tecla"
    if step.key.startswith("clic ") or step.key in ("•", "pegar"):
        return step.key
    return f"«{step.key}»" if len(step.key) == 1 else key_name(step.key)


def place_line(watched: Watched, at: int, *, playing: bool, speed: int) -> Text:
    """The first line: what this is, how it plays, step, time, whose, key."""
    step = watched.steps[at]
    tag = safe(" REPETICIÓN ", "bold reverse")
    sign = f" {'▶' if playing else '‖'} {SPEEDS[speed]}"
    place = f"paso {watched.numbers[at]} de {watched.numbers[-1]} · {to_panama(step.at):%H:%M:%S}"
    lost = f" · faltan {step.lost} antes" if step.lost else ""
    return joined(tag, f"{sign} · {place}{lost} · {watched.row.username} · ", safe(pressed(step), "bold"))


def events_line(rows: Sequence[AuditRow]) -> str:
    """The second line: what the trail has of this step."""
    if not rows:
        return " ○ sin eventos en este paso"
    told = [" · ".join(part for part in (row.action, row.result, row.member_number or "") if part) for row in rows]
    return " ● " + "  ● ".join(told)


def recording_cells(row: RecordingRow) -> tuple[str, ...]:
    """One session of the list."""
    began = to_panama(row.started_at)
    until = to_panama(row.kept_until)
    return (
        f"{began:%d/%m/%Y %H:%M}",
        row.username,
        row.terminal,
        str(row.steps),
        STATES.get(row.state, row.state),
        "" if row.state == "purged" else f"{until:%d/%m/%Y}",
    )


def gap(steps: Sequence[Step], at: int, speed: int) -> float:
    """Seconds until the next step is shown; speed 0: as fast as it goes."""
    if not speed or at + 1 >= len(steps):
        return SHORTEST_GAP
    waited = min(max(steps[at + 1].at - steps[at].at, timedelta()), LONGEST_GAP)
    return max(SHORTEST_GAP, waited.total_seconds() / speed)  # seconds of a clock, no money


def find_text(steps: Sequence[Step], wanted: str, start: int) -> int | None:
    """The first step from `start` on whose screen shows the text; case and accents don't count."""
    needle = fold(wanted)
    known: dict[int, bool] = {}

    def shows(line: Line) -> bool:
        if id(line) not in known:
            known[id(line)] = needle in fold("".join(text for text, _ in line))
        return known[id(line)]

    return next((at for at in range(start, len(steps)) if any(shows(line) for line in steps[at].frame)), None)


def step_at(watched: Watched, moment: datetime) -> int:
    """The step that stood on the screen at a moment."""
    return max(0, sum(step.at <= moment for step in watched.steps) - 1)


def step_named(watched: Watched, typed: str) -> int | None:
    """The step with this number, or that stood there at this time of its day (`09:41`, `09:41:07`)."""
    if typed.isdecimal():
        wanted = int(typed)
        return max(0, sum(number <= wanted for number in watched.numbers) - 1)
    parts = typed.split(":")
    if not 2 <= len(parts) <= 3 or not all(part.isdecimal() for part in parts):
        return None
    hour, minute, second = (int(part) for part in [*parts, "59"][:3])
    if hour > 23 or minute > 59 or second > 59:
        return None
    day = to_panama(watched.steps[0].at)
    return step_at(watched, day.replace(hour=hour, minute=minute, second=second, microsecond=999_999))
