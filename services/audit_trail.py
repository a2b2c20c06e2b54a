"""How events are written and sealed (req. 47–50). The chain itself: services/audit_chain.py.

An event's body is canonical JSON: sorted keys, no blanks, UTF-8. Exactly these bytes are stored and hashed.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text
from sqlmodel import col

from data.driver_sql import DriverSql
from data.tables import StoreMeta
from data.types import utc_text
from data.version import __version__
from services.audit_chain import first_hash, link
from services.operator import Operator

# Every commit runs these: the driver's own SQL (data/driver_sql.py).
INSERT_EVENT = DriverSql("INSERT INTO audit_event (body) VALUES (:body)")
ONE_SEAL = DriverSql("INSERT INTO audit_seal (seq, event_id, hash) VALUES (:seq, :event_id, :hash)")
INSERT_SEAL = text("INSERT INTO audit_seal (seq, event_id, hash) VALUES (:seq, :event_id, :hash)")
LAST_SEAL = text("SELECT seq, hash FROM audit_seal ORDER BY seq DESC LIMIT 1")
PENDING_SQLITE = DriverSql(
    "SELECT e.id, e.body, s.seq, s.hash FROM audit_event e LEFT JOIN audit_seal s"
    " ON s.seq = (SELECT max(seq) FROM audit_seal)"
    " WHERE e.id > coalesce((SELECT max(event_id) FROM audit_seal), 0) ORDER BY e.id LIMIT :limit"
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
# What the encoder makes anew for each text, made once; an interpreter without json's C part has none.
_MAKE: Any = getattr(json.encoder, "c_make_encoder", None)
_CHUNKS: Any = _MAKE and _MAKE(
    None, _ENCODER.default, json.encoder.encode_basestring, None, ":", ",", True, False, False
)


def canonical(value: Mapping[str, Any]) -> str:
    """The one text that stands for `value`: what is hashed, signed and compared."""
    return "".join(_CHUNKS(value, 0)) if _CHUNKS else _ENCODER.encode(value)


def event_body(
    *,
    at: datetime,
    operator: Operator,
    action: str,
    result: str,
    member: int | None = None,
    case: str | None = None,
    about: str | None = None,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
    policy: str | None = None,
) -> str:
    """The canonical body of one event. Nothing secret may be in `detail`; times are UTC, amounts centésimos. `policy`:
    the name of the version under which it was decided."""
    body: dict[str, Any] = {
        "v": 1,
        "at": utc_text(at),
        "app": __version__,
        "actor": operator.actor,
        "user": operator.username,
        "roles": sorted(operator.roles),
        "branch": operator.branch,
        "terminal": operator.terminal,
        "channel": operator.channel.value,
        "session": operator.session_id[:16],
        "action": action,
        "result": result,
    }
    optional = {"member": member, "case": case, "object": about, "reason": reason, "detail": detail, "policy": policy}
    body.update({key: value for key, value in optional.items() if value is not None})
    return canonical(body)


def seal_pending(connection: Connection, *, limit: int = 5000) -> int:
    """Chain the events that no seal covers yet, in order; answers how many.

    SQLite: called inside the writing transaction, which holds the only write lock. PostgreSQL: called by one sealer at
    a time (advisory lock); takes only events whose transactions are older than the oldest still running, so that no
    event can appear behind the head.
    """
    if connection.dialect.name == "sqlite":
        rows = PENDING_SQLITE.rows(connection, {"limit": limit})
    else:
        if not connection.execute(text("SELECT pg_try_advisory_xact_lock(7283461)")).scalar():
            return 0
        pending = text(
            "SELECT e.id, e.body, NULL AS seq, NULL AS hash FROM audit_event e WHERE (e.xid, e.id) >"
            " (SELECT s.xid, s.id FROM (SELECT xid, id FROM audit_event WHERE id ="
            " (SELECT event_id FROM audit_seal ORDER BY seq DESC LIMIT 1)"
            " UNION ALL SELECT '0'::xid8, 0 ORDER BY 1 DESC LIMIT 1) s)"
            " AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY e.xid, e.id LIMIT :limit"
        )
        rows = list(connection.execute(pending, {"limit": limit}))
    if not rows:
        return 0
    seq, head = (rows[0].seq, rows[0].hash) if rows[0].seq is not None else chain_head(connection)
    seals = []
    for row in rows:
        seq += 1
        head = link(head, seq, row.body.encode())
        seals.append({"seq": seq, "event_id": row.id, "hash": head})
    if len(seals) == 1:
        ONE_SEAL.run(connection, seals[0])
    else:
        connection.execute(INSERT_SEAL, seals)
    return len(rows)


def chain_head(connection: Connection) -> tuple[int, bytes]:
    """The last seq and its hash; (0, the store's first hash) for an empty trail."""
    row = connection.execute(LAST_SEAL).first()
    if row is not None:
        return row[0], row[1]
    store_id = connection.execute(select(col(StoreMeta.value)).where(col(StoreMeta.key) == "store_id")).scalar()
    return 0, first_hash(store_id or "")
