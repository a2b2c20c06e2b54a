"""Which part of the chain holds a period, with a signed checkpoint at each end where there is one."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Engine, text

from data.types import utc_text
from data.values.dates import panama_midnight

_SPAN = text(
    "SELECT min(s.seq) AS first, max(s.seq) AS last FROM audit_event e JOIN audit_seal s ON s.event_id = e.id"
    " WHERE e.at >= :since AND e.at < :until"
)


@dataclass(frozen=True, slots=True)
class Period:
    """Days in Panama, both included."""

    since: date
    until: date


def reach(engine: Engine, period: Period, anchors: list[int], total: int) -> tuple[int, int]:
    """The events to walk: from the last anchor before the period's first event (or 1) to the first anchor that is not
    before its last (or the end). A period without events walks nothing but the anchor before it."""
    values = {
        "since": utc_text(panama_midnight(period.since)),
        "until": utc_text(panama_midnight(period.until + timedelta(days=1))),
    }
    with engine.connect() as connection:
        span = connection.execute(_SPAN, values).one()
    first, last = (total, total) if span.first is None else (span.first, span.last)
    start = max((seq for seq in anchors if seq < first), default=1)
    end = min((seq for seq in anchors if seq >= last), default=total)
    return start, max(start, end)
