"""Members' ids follow one another, so opening by id must not be a way round the limit of look-ups (req. 16).

Whoever sees members, found or not, sees no more different ones in the window than they may look up. The trail is where
it is counted, as for look-ups.
"""

from datetime import timedelta

from sqlalchemy import text

from data.types import utc_text
from services.errors import RateLimited
from services.unit_of_work import Transaction

SEEN = text(
    "SELECT DISTINCT member_id FROM audit_event WHERE actor = :actor AND at > :since AND member_id IS NOT NULL"
    " AND action IN ('record.view', 'timeline.view', 'notes.view') AND result = 'ok' LIMIT :most"
)


def check_views(tx: Transaction) -> None:
    """May the operator see the member of `tx`, or is it one too many? One whose case is open or who was seen in the
    window costs nothing. Raises RateLimited.
    """
    if tx.case_id is not None:
        return
    limits = tx.policy.lookup
    values = {
        "actor": tx.operator.actor,
        "since": utc_text(tx.now - timedelta(minutes=limits.window_minutes)),
        "most": limits.per_window + 1,
    }
    seen = set(tx.connection.execute(SEEN, values).scalars())
    if len(seen) >= limits.per_window and tx.member_id not in seen:
        raise RateLimited
