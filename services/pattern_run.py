"""The watch at work: the worker takes every sealed event once, in the order of the chain, and adds the lines (C16).

How far it got stands in the store and moves in the transaction that adds the lines: killed anywhere, it goes on where
it was; two workers never take the same events, for only one of them moves the mark from where both saw it. What the
rules remember is read back from the last hours of the trail. A round that finds nothing leaves no event, or the trail
would grow by itself.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import col

from data.driver_sql import DriverSql
from data.engine import writing
from data.tables import Account, PatternLine, Staff, StaffRelative
from data.types import utc_text
from services.audit_trail import canonical
from services.errors import StoreUnavailable
from services.operator import system_operator
from services.pattern_events import Found, Kin, Seen, seen
from services.pattern_watch import Watch
from services.unit_of_work import UnitOfWork

TASK: Final = "pattern.line"
BATCH: Final = 1000
#: Of one round: an old and long trail is taken in pieces, so that the worker's other tasks get their turn.
MOST_BATCHES: Final = 20
NEXT = DriverSql(
    "SELECT s.seq, e.id, e.body FROM audit_seal s JOIN audit_event e ON e.id = s.event_id"
    " WHERE s.seq > :after ORDER BY s.seq LIMIT :limit"
)
BETWEEN = DriverSql(
    "SELECT s.seq, e.id, e.body FROM audit_seal s JOIN audit_event e ON e.id = s.event_id"
    " WHERE s.seq > :after AND s.seq <= :until AND e.at >= :since ORDER BY s.seq"
)
LAST_AT = DriverSql(
    "SELECT e.at FROM audit_seal s JOIN audit_event e ON e.id = s.event_id WHERE s.seq <= :until"
    " ORDER BY s.seq DESC LIMIT 1"
)
READ_MARK = DriverSql("SELECT value FROM store_meta WHERE key = 'patterns_seq'")
MAKE_MARK = text("INSERT INTO store_meta (key, value) VALUES ('patterns_seq', '0') ON CONFLICT (key) DO NOTHING")
MOVE_MARK = text("UPDATE store_meta SET value = :to WHERE key = 'patterns_seq' AND value = :from")


class PatternWatch:
    """A worker's task. One object keeps what the rules remember between its rounds."""

    __name__ = "pattern_watch"

    def __init__(self, *, batch: int = BATCH) -> None:
        self._batch = batch
        self._watch: Watch | None = None
        self._at = 0  # the last seq that the watch knows

    def __call__(self, uow: UnitOfWork) -> int:
        """Take what is new; answers how many lines were added. Raises StoreUnavailable, AuditUnavailable."""
        added = 0
        for _ in range(MOST_BATCHES):
            more, lines = self._step(uow)
            added += lines
            if not more:
                break
        return added

    def run_all(self, uow: UnitOfWork, *, again: bool = False) -> int:
        """To the end of the trail, from its first event if `again` (what is known stays one line); answers how many
        lines were added."""
        if again:
            self._watch, self._at = None, 0
            with writing(uow.engine).begin() as connection:
                connection.execute(MAKE_MARK)
                connection.execute(text("UPDATE store_meta SET value = '0' WHERE key = 'patterns_seq'"))
        added, more = 0, True
        while more:
            more, lines = self._step(uow)
            added += lines
        return added

    def _step(self, uow: UnitOfWork) -> tuple[bool, int]:
        """One batch, whole or not at all."""
        try:
            return self._take(uow)
        except BaseException as error:
            self._watch = None  # it may know what the store does not
            if isinstance(error, OperationalError | InterfaceError):
                raise StoreUnavailable from error
            raise

    def _take(self, uow: UnitOfWork) -> tuple[bool, int]:
        """One batch; answers whether there may be more, and how many lines it added."""
        with uow.engine.connect() as connection:
            mark = int(READ_MARK.scalar(connection, {}) or 0)
            rows = NEXT.rows(connection, {"after": mark, "limit": self._batch})
            if not rows:
                return False, 0
            watch = self._ready(connection, uow, mark)
        events = [seen(row.id, row.body) for row in rows]
        self._at = rows[-1].seq
        found: dict[str, Found] = {}
        for line in watch.see(events):
            found.setdefault(line.key, line)
        lines = _new(uow, list(found.values())) if found else []
        if not _keep(uow, mark, rows[-1].seq, lines, events):
            self._watch = None  # another worker was here: its mark holds, and what this one saw counts for nothing
            return True, 0
        return len(rows) == self._batch, len(lines)

    def _ready(self, connection: Connection, uow: UnitOfWork, mark: int) -> Watch:
        """The watch as it stands at the mark: caught up where another worker was, made anew where it knows too much."""
        kin = read_kin(connection)
        if self._watch is None or self._at > mark:
            self._watch, self._at = Watch(uow.policy, kin), 0
        self._watch.kin = kin
        if self._at < mark:
            last = LAST_AT.scalar(connection, {"until": mark})
            since = _text_before(last, uow.policy.patterns.longest_hours) if last else ""
            values = {"after": self._at, "until": mark, "since": since}
            self._watch.remember(seen(row.id, row.body) for row in BETWEEN.rows(connection, values))
            self._at = mark
        return self._watch


def _text_before(at: str, hours: int) -> str:
    return utc_text(datetime.fromisoformat(at) - timedelta(hours=hours))


def _new(uow: UnitOfWork, found: Sequence[Found]) -> list[Found]:
    """Those that the store has not got yet."""
    with uow.engine.connect() as connection:
        query = select(col(PatternLine.key)).where(col(PatternLine.key).in_([line.key for line in found]))
        known = set(connection.execute(query).scalars())
    return [line for line in found if line.key not in known]


def _keep(uow: UnitOfWork, mark: int, to: int, lines: Sequence[Found], events: Sequence[Seen]) -> bool:
    """Move the mark and add the lines, all or nothing; False if the mark was moved meanwhile."""
    values = {"from": str(mark), "to": str(to)}
    if not lines:
        with writing(uow.engine).begin() as connection:
            if not mark:
                connection.execute(MAKE_MARK)
            return bool(connection.execute(MOVE_MARK, values).rowcount)
    with uow.begin_system(system_operator(TASK)) as tx:
        if not mark:
            tx.connection.execute(MAKE_MARK)
        if not tx.connection.execute(MOVE_MARK, values).rowcount:
            return False
        moments = {event.id: event.at for event in events}
        for line in lines:
            happened = max((moments[one] for one in line.events if one in moments), default=tx.now)
            row = _row(line) | {"policy": tx.policy.sha256, "happened_at": happened, "at": tx.now}
            added = tx.connection.execute(insert(PatternLine).values(**row)).inserted_primary_key
            about = f"line:{added[0]}" if added else None
            tx.record(TASK, about=about, detail={"rule": line.rule, "events": len(line.events)})
        tx.commit()
    return True


def _row(line: Found) -> dict[str, Any]:
    kind, _, number = line.actor.partition(":")
    return {
        "key": line.key,
        "rule": line.rule,
        "staff_id": int(number) if kind == "staff" and number.isdecimal() else None,
        "member_id": line.member,
        "events": json.dumps(line.events),
        "params": canonical(line.params),
    }


def read_kin(connection: Connection) -> Kin:
    """Whom staff may not serve, as it is declared now."""
    members: dict[str, set[int]] = {}
    own = select(col(Staff.id), col(Staff.member_id)).where(col(Staff.member_id).is_not(None))
    theirs: list[Any] = [*connection.execute(own)]
    theirs += connection.execute(select(col(StaffRelative.staff_id), col(StaffRelative.member_id)))
    for staff_id, member_id in theirs:
        members.setdefault(f"staff:{staff_id}", set()).add(member_id)
    everybody = {member for one in members.values() for member in one}
    accounts: dict[int, set[int]] = {}
    query = select(col(Account.id), col(Account.member_id)).where(col(Account.member_id).in_(everybody))
    owned: list[Any] = [*connection.execute(query)] if everybody else []
    for account_id, member_id in owned:
        accounts.setdefault(member_id, set()).add(account_id)
    return Kin(
        {actor: frozenset(kin) for actor, kin in members.items()},
        {
            actor: frozenset(account for member in kin for account in accounts.get(member, ()))
            for actor, kin in members.items()
        },
    )
