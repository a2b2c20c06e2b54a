"""Lists that a desk reads again every few seconds: the trail wants to know who saw which list, not how often."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.tables import AuditEvent
from data.types import utc_text
from services.unit_of_work import Transaction

SEEN_FOR = timedelta(minutes=10)


def record_once(tx: Transaction, name: str, shown: Sequence[Any]) -> None:
    """Leave the operation's event, with `shown` under `name`, and commit; unless the operator's last look at this list,
    a moment ago, showed the same."""
    event = select(col(AuditEvent.body)).where(
        col(AuditEvent.actor) == tx.operator.actor,
        col(AuditEvent.at) > utc_text(tx.now - SEEN_FOR),
        col(AuditEvent.action) == (tx.op.value if tx.op else None),
        col(AuditEvent.result) == "ok",
        col(AuditEvent.object).is_(None),
    )
    last = tx.connection.execute(event.order_by(col(AuditEvent.id).desc()).limit(1)).scalar()
    if last is None or json.loads(last).get("detail", {}).get(name) != list(shown):
        tx.record(detail={name: list(shown)})
        tx.commit()
